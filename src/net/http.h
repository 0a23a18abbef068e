/* http.h - HTTP requests, whichever transport carries them out.
 *
 * A client belongs to one worker's loop; a session to one VU: its
 * connections and cookies; a call is one request in flight and its answer.
 * A call is started once, and ends once: by its done(), never from inside
 * http_call_start(); or by http_call_cancel(), and then done() is not called.
 * hop() and piece() may not start, cancel or release calls.
 *
 * What the server does is a result.  A transport problem gives status 0 (or
 * the status seen before it), an error code in k6's numbering, a class that
 * reads like a word, and a sentence.
 *
 * All times are clock_us() stamps of our own; a phase that did not happen is
 * 0 long.  Nothing here knows Lua or VUs.
 */
#ifndef NET_HTTP_H
#define NET_HTTP_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/loop.h"

struct http_client;
struct http_session;

enum http_version {
    HTTP_DEFAULT, /* 1.1 */
    HTTP_1_0,
    HTTP_1_1,
    HTTP_2,       /* over TLS, by ALPN */
    HTTP_2_PRIOR, /* in clear text, known beforehand */
};

enum http_auth { HTTP_AUTH_NONE, HTTP_AUTH_DIGEST, HTTP_AUTH_NTLM };

/* What a few requests want and most do not.  NULL and 0: not asked for. */
struct http_special {
    const char *proxy;
    const char *unix_socket;
    enum http_version version;
    enum http_auth auth; /* basic and bearer are plain headers */
    const char *user, *password;
    int insecure;  /* certificates are not checked */
    int no_resume; /* every connection makes a full TLS handshake */
    const char *ca, *cert, *key, *server_name;
};

struct http_part { /* of a multipart body */
    const char *name;
    const char *data;
    size_t len;
    const char *filename; /* NULL: none */
    const char *type;     /* NULL: none */
};

enum http_flag {
    HTTP_DISCARD_BODY = 1,
    HTTP_COMPRESSED = 2, /* accept and undo compression */
    HTTP_HEAD = 4,       /* the answer has no body */
    HTTP_USE_CURL = 8,   /* with neither the transport is chosen */
    HTTP_USE_NATIVE = 16,
};

/* All pointers must live until the call is over. */
struct http_request {
    const char *method;         /* upper case */
    const char *url;            /* absolute, http or https */
    const char *const *headers; /* "Name: value" */
    size_t nheaders;
    const char *body; /* NULL: none */
    size_t body_len;
    const struct http_part *parts; /* instead of body */
    size_t nparts;
    const char *cookies; /* "a=b; c=d", besides the session's */
    int64_t timeout_us;  /* of the whole call, redirects included */
    int max_redirects;   /* 0: do not follow */
    unsigned retries;    /* on a kept connection that turns out closed */
    unsigned flags;
    const struct http_special *special; /* NULL: as the client */
};

struct http_times {     /* clock_us; 0: did not come to that */
    int64_t started;    /* handed to the transport */
    int64_t send;       /* the last attempt began to send */
    int64_t sent;       /* the last byte was handed over; a body of up to
                           64 KB leaves with the head: then it is `send` */
    int64_t first_byte; /* of an answer with status >= 200 */
    int64_t done;
    int64_t looking_up, connecting, tls; /* durations; 0 when reused */
};

enum http_origin {
    ORIGIN_NONE,
    ORIGIN_GENERATOR,
    ORIGIN_NETWORK,
    ORIGIN_SUT,
    ORIGIN_SCRIPT
};

struct http_call {
    struct http_request req;
    void (*done)(struct http_call *call);
    /* An answer was a redirect that is going to be followed; may be NULL.
     * The result fields are those of that answer. */
    void (*hop)(struct http_call *call);
    /* NULL, or is given the body as it comes, which then is not kept. */
    void (*piece)(struct http_call *call, const char *bytes, size_t len);
    void *arg;

    int status;        /* 0: there was no answer */
    const char *proto; /* "HTTP/1.1", "" */
    int error_code;    /* k6's; 0: no transport problem */
    const char *error_class;
    enum http_origin origin;
    int timed_out;
    const char *error; /* a sentence, or ""; the call's own */
    struct buf head;   /* header lines of the last answer, CRLF kept */
    struct buf body;
    struct http_times times;
    unsigned attempts;  /* sent so often; more than 1: silently re-sent */
    unsigned redirects; /* followed */
    int new_connection;
    uint64_t bytes_sent, bytes_received;
    const char *url; /* that answered; after redirects not req.url */
    const char *transport;
};

struct http_options {
    struct http_special special; /* of every request without its own */
    int debug;                   /* 1: print heads to stderr, 2: bodies too */
    size_t body_max;             /* 0: BUF_MAX */
};

/* The strings in `options` must outlive the client. */
struct http_client *http_client_new(struct loop *loop,
                                    const struct http_options *options);
void http_client_free(struct http_client *c); /* after its sessions */

/* Before the load begins, if it goes to this URL: what else the first request
 * there would wait for. */
void http_client_prepare(struct http_client *c, const char *url);

/* Why the transport of our own cannot carry the request; NULL: it can. */
const char *http_native_obstacle(const struct http_client *c,
                                 const struct http_request *req);

/* Takes a few of the connections' events that the loop has collected; some
 * calls are done.  Tells whether events are left. */
int http_client_receive(struct http_client *c);

/* After requests were started; tells whether it must be called again before
 * the loop may wait. */
int http_client_send(struct http_client *c);

/* Sockets that could not be opened for want of descriptors, and connects
 * that found no local port, since the last call. */
void http_client_take_shortages(struct http_client *c, uint64_t *no_fds,
                                uint64_t *no_ports);

/* Connections and cookies of one user. */
struct http_session *http_session_new(struct http_client *c);
void http_session_free(struct http_session *s); /* cancels its calls */
void http_session_clear_cookies(struct http_session *s);

/* A call to be filled in and started; its fields are zero. */
struct http_call *http_call_take(struct http_session *s);
void http_call_start(struct http_call *call);
void http_call_cancel(struct http_call *call);
/* Gives the call back; its results are gone. */
void http_call_release(struct http_call *call);

/* The value of a header in a head, case-insensitively, the n-th (0-based) of
 * that name; returns NULL when there is none.  Not NUL-terminated. */
const char *http_head_find(const char *head, size_t len, const char *name,
                           size_t name_len, unsigned nth, size_t *value_len);

/* Before any thread starts. */
void http_global_init(void);

/* "libcurl/7.88.1 OpenSSL/3.0.17 ..." */
const char *http_library_version(void);

#endif
