/* http_internal.h - what the two transports and what stands above them share.
 *
 *   http.c          sessions, the life of a call: redirects, cookies, time
 *                   limits; which transport carries a hop
 *   multipart.c     a list of parts as a body
 *   curl_*.c        the transport over libcurl: everything
 *   native_*.c      the transport of our own: HTTP/1.1
 *
 * A flight is a call and all that is needed to carry it out.  It makes one
 * hop, or several when redirects are followed; a transport knows hops only.
 * It starts one, fills in the result, and says http_hop_over() once, never
 * from inside start() or cancel().
 */
#ifndef NET_HTTP_INTERNAL_H
#define NET_HTTP_INTERNAL_H

#include "net/cookies.h"
#include "net/http.h"
#include "net/sock.h"
#include "net/url.h"

struct flight {
    struct http_call call; /* first: a call is its flight */
    struct http_session *session;
    struct flight *prev, *next; /* the session's active or free ones */
    /* May be armed earlier than needed, also at rest: it is looked at when
     * it fires, so that most requests never touch the heap of timers. */
    struct timer limit;
    int64_t deadline;
    const struct transport *transport; /* of the hop under way; NULL: none */
    void *carrier;                     /* its connection, or its transfer */

    /* of this hop; after a redirect not what the request says */
    const char *method, *url;
    struct url_parts parts_of_url; /* of url */
    int bad_url;
    const char *body;
    size_t body_len;
    int has_body;     /* to be declared, also when it is empty */
    int no_body;      /* redirected with GET */
    int drop_auth;    /* redirected to another host */
    int head_done;    /* the head of an answer was complete */
    int cookie_lines; /* the answer's head has Set-Cookie */
    int answer_began; /* some byte came, be it of a 1xx */
    int lost_kept;    /* a kept connection was closed before the answer */
    unsigned retries; /* of this hop, because of that */
    int refused;      /* could not be started; ends in the next turn */
    char *redirect_url;
    struct buf cookies; /* the value of the header; empty: none */
    struct buf parts;   /* a multipart body */
    char *parts_type;   /* its "Content-Type: ..." */
    char error_text[256];
};

struct transport {
    const char *name;
    /* Returns 0, or -1 with the call's error set. */
    int (*start)(struct flight *f);
    /* Lets go of it; what was seen so far is filled in. */
    void (*cancel)(struct flight *f);
};

extern const struct transport transport_curl, transport_native;

struct curl_client;
struct native_client;

struct http_client {
    struct loop *loop;
    struct http_options options;
    struct sock_set socks;
    uint64_t no_fds, no_ports;
    struct curl_client *curl;     /* NULL until it is needed */
    struct native_client *native; /* the same */
};

struct http_session {
    struct http_client *client;
    struct flight *active, *free;
    struct cookie_jar jar;
    struct curl_session *curl; /* NULL until it is needed */
    struct conn *conns;        /* of the native transport, newest first */
    unsigned nconns;
    struct tls_ticket *tickets;
};

/* What this hop is about, after the defaults. */
const struct http_special *http_special_of(const struct flight *f);

/* Whether the request's header belongs to this hop as well. */
int http_header_wanted(const struct flight *f, const char *line);
int http_header_is(const char *line, const char *name);

/* The hop failed: a class in one word, a sentence that lives as long as the
 * call (f->error_text is for that). */
void http_fail(struct flight *f, int code, const char *class,
               enum http_origin origin, const char *text);
/* ...by a failed system call of the connection. */
void http_fail_connect(struct flight *f, int err);

/* The hop is over; its stamps are settled here. */
void http_hop_over(struct flight *f);

/* multipart.c: makes f->parts and f->parts_type. */
void http_multipart(struct flight *f);

/* curl_client.c */
void curl_client_free(struct curl_client *c);
void curl_session_free(struct curl_session *s);
int curl_client_send(struct curl_client *c);

/* native_client.c */
void native_client_free(struct native_client *c);
void native_session_free(struct http_session *s);

/* Reads the CA store, which takes 25 ms, before the load begins. */
void native_prepare(struct http_client *http);

/* Why the native transport cannot carry it; NULL: it can. */
const char *native_obstacle(const struct http_request *req,
                            const struct http_special *special);

#endif
