/* curl_internal.h - what the files of the libcurl transport share.
 *
 *   curl_client.c  the multi handle on our loop, sessions, the life of a call
 *   curl_setup.c   a request as options of an easy handle
 *   curl_cookies.c cookies, for those who get some
 *   curl_answer.c  what libcurl reports, as a result of ours
 *
 * Invariants: libcurl's callbacks only record.  Nothing calls into libcurl
 * from inside one of them; what they ask for is done by the loop.
 */
#ifndef NET_CURL_INTERNAL_H
#define NET_CURL_INTERNAL_H

#include <curl/curl.h>

#include "net/http.h"

struct transfer {
    struct http_call call; /* first: a call is its transfer */
    struct http_client *client;
    struct http_session *session;
    CURL *easy;
    struct transfer *prev, *next; /* the session's active or free ones */
    struct timer timeout;
    int64_t deadline; /* of the whole call, redirects included */
    int active;       /* added to the multi */
    int cookies;      /* the cookie engine is on */

    /* what the easy handle is set to, so that only changes are set again */
    int tainted; /* has special options: to be reset before its next use */
    int set_headers, set_cookies, set_body, set_custom, set_nobody, set_mime;
    int set_encoding, set_fresh;
    long buffer_size; /* of libcurl's reads */
    char *set_url;    /* what CURLOPT_URL is; NULL: something else */
    struct curl_slist *headers;
    curl_mime *mime;
    char *redirect_url;                  /* followed to here */
    char *host_header, *connect_to_text; /* for a server_name of its own */
    struct curl_slist *connect_to;
    size_t body_at;     /* of an upload through the read callback */
    int drop_auth;      /* redirected to another host */
    const char *method; /* a redirect may change it */
    int no_body;

    /* what the callbacks saw */
    int socket_errno; /* of our own socket(), 0: fine */
    int head_done;
    unsigned length_lines;
    char length_value[24];
    int length_conflict;
    int body_overflow;
    struct buf cookie_lines; /* Set-Cookie, while the engine is off */
    uint64_t head_bytes, body_bytes;
    uint64_t last_bytes; /* of the answer before */
    char error_text[CURL_ERROR_SIZE];
};

struct http_client {
    struct loop *loop;
    CURLM *multi;
    struct http_options options;
    char *ca_file;
    struct timer timer; /* libcurl's one */
    int kick;           /* libcurl wants to be called, now */
    struct sock *free_socks;
    struct sock *events, **events_tail; /* what has come, oldest first */
    uint64_t no_fds, no_ports;
};

struct http_session {
    struct http_client *client;
    CURLSH *share;
    int cookies; /* it got some */
    struct transfer *active, *free;
};

/* curl_setup.c */
void curl_setup_base(struct transfer *t);
int curl_setup_request(struct transfer *t); /* -1: call.error says why */
void curl_setup_clear(struct transfer *t);  /* what one request needed */

/* curl_cookies.c */
void curl_cookies_note(struct transfer *t, const char *line, size_t len);
void curl_cookies_adopt(struct transfer *t);     /* after the transfer */
void curl_cookies_switch_on(struct transfer *t); /* resets the handle */

/* curl_answer.c */
size_t curl_on_header(char *bytes, size_t size, size_t n, void *arg);
size_t curl_on_body(char *bytes, size_t size, size_t n, void *arg);
void curl_answer_reset(struct transfer *t); /* before each attempt */
void curl_answer_finish(struct transfer *t, CURLcode rc);
void curl_answer_timeout(struct transfer *t);

#endif
