/* native_internal.h - what the files of our own transport share.
 *
 *   native_client.c   places and their addresses, sessions' connections
 *   native_conn.c     one connection: connecting, TLS, bytes in and out
 *   native_request.c  a request as bytes
 *   native_answer.c   bytes as an answer
 *
 * A connection belongs to one session and carries one flight at a time.  The
 * request is written as soon as the script asks for it, straight to the
 * socket; what the socket does not take is kept and written when it does.
 * Answers are read into one buffer of the client, so that an idle connection
 * holds no memory for bytes.
 */
#ifndef NET_NATIVE_INTERNAL_H
#define NET_NATIVE_INTERNAL_H

#include "net/address.h"
#include "net/dial.h"
#include "net/http1.h"
#include "net/tls.h"

/* Where connections can lead: the scheme, host and port of a URL, and the
 * options that make one connection different from another. */
struct origin {
    struct origin *next;
    char *text; /* "https://host:port", as URLs write it */
    size_t len;
    char *extra; /* the options, as a text to compare; "" for none */
    int tls;
    char *host; /* without brackets */
    unsigned port;
    char *host_line; /* "Host: ...\r\n" */
    size_t host_line_len;
    char *server_name; /* for TLS */
    int resume;
    struct tls_context *context;
    struct addresses to;   /* empty: not known yet */
    struct lookup *lookup; /* under way, for those who wait */
    unsigned lookup_no;
    struct conn *waiting;
};

enum conn_state { CONN_LOOKUP, CONN_DIAL, CONN_TLS, CONN_BUSY, CONN_IDLE };

struct conn {
    struct sock sock; /* first; once it is connected */
    struct http_session *session;
    struct conn *next;         /* of the session */
    struct conn *next_waiting; /* for the same lookup */
    struct origin *origin;
    struct flight *flight; /* NULL when idle */
    struct dial *dial;
    SSL *ssl;
    struct http1 parser;
    /* what the socket has not taken yet: rest[rest_at...], then the body
     * from body_at on */
    struct buf rest;
    size_t rest_at, body_at;
    unsigned served; /* answers */
    unsigned char state, writing, open;
    unsigned char close_after;  /* the request said so, or sending failed */
    unsigned char broken;       /* OpenSSL forbids a shutdown then */
    int write_errno;            /* why sending failed; 0: it did not */
    unsigned lookup_no;         /* which it waits for */
    int64_t phase_began;        /* of dialling or the handshake */
    uint64_t wire_in, wire_out; /* of TLS, seen so far */
};

struct tls_ticket { /* a session remembered for the next connection */
    struct tls_ticket *next;
    struct origin *origin;
    SSL_SESSION *session;
};

enum { IN_SIZE = 64 * 1024 };

struct native_client {
    struct http_client *http;
    struct origin *origins;
    struct tls_context *contexts;
    char *extra;    /* of the client's own options */
    struct buf out; /* a request being composed */
    char in[IN_SIZE];
};

/* native_client.c */
struct origin *native_origin(struct native_client *c, struct flight *f);
void native_forget(struct conn *conn);         /* unlinks it from its session */
void native_make_room(struct http_session *s); /* for one connection more */

/* native_conn.c: conn_open() makes a connection for the flight; -1: it failed
 * at once, with the error set; conn_request() takes an idle one for it */
int conn_open(struct flight *f, struct origin *o);
void conn_request(struct conn *conn, struct flight *f);
void conn_close(struct conn *conn);
/* An idle one that has been closed by the server, or has said something. */
int conn_is_stale(struct conn *conn);
/* What the flight moved over the wire since it was last asked. */
void conn_count_bytes(struct conn *conn);

/* native_request.c: a request without its body */
void native_compose(struct conn *conn, struct flight *f, struct buf *out);

/* native_answer.c */
enum answer { ANSWER_MORE, ANSWER_DONE, ANSWER_BAD };
void native_answer_begin(struct conn *conn);
/* Takes all of it; *left tells how many bytes are not of this answer. */
enum answer native_answer_feed(struct conn *conn, const char *in, size_t len,
                               int64_t now, size_t *left);
enum answer native_answer_end(struct conn *conn); /* the server closed */

/* --http-debug: heads at level 1, bodies at 2 */
void native_print(const char *mark, const char *bytes, size_t len);

static inline int native_debug(const struct conn *conn)
{
    return conn->session->client->options.debug;
}

#endif
