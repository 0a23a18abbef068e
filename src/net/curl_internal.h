/* curl_internal.h - what the files of the libcurl transport share.
 *
 *   curl_client.c  the multi handle on our loop, the life of a transfer
 *   curl_setup.c   a request as options of an easy handle
 *   curl_answer.c  what libcurl reports, as a result of ours
 *
 * Invariants: libcurl's callbacks only record.  Nothing calls into libcurl
 * from inside one of them; what they ask for is done by the loop.
 */
#ifndef NET_CURL_INTERNAL_H
#define NET_CURL_INTERNAL_H

#include <curl/curl.h>

#include "net/http_internal.h"

struct transfer { /* an easy handle, and the flight that it carries */
    struct flight *flight;
    struct http_call *call; /* the flight's */
    struct curl_client *client;
    struct transfer *next; /* the session's free ones */
    CURL *easy;
    CURLSH *share; /* the session's */

    /* what the easy handle is set to, so that only changes are set again */
    int tainted; /* has special options: to be reset before its next use */
    int set_headers, set_cookies, set_body, set_custom, set_nobody;
    int set_encoding;
    long buffer_size; /* of libcurl's reads */
    char *set_url;    /* what CURLOPT_URL is; NULL: something else */
    struct curl_slist *headers;
    char *host_header, *connect_to_text; /* for a server_name of its own */
    struct curl_slist *connect_to;
    size_t body_at; /* of an upload through the read callback */

    /* what the callbacks saw */
    int socket_errno; /* of our own socket(), 0: fine */
    unsigned length_lines;
    char length_value[24];
    int length_conflict;
    int body_overflow;
    uint64_t head_bytes, body_bytes;
    uint64_t last_bytes; /* of the answer before */
    char error_text[CURL_ERROR_SIZE];
};

struct curl_client {
    struct http_client *http;
    CURLM *multi;
    struct timer timer; /* libcurl's one */
    int kick;           /* libcurl wants to be called, now */
    struct curl_sock *free_socks;
};

struct curl_session {
    CURLSH *share;
    struct transfer *free;
};

/* curl_setup.c */
void curl_setup_base(struct transfer *t);
int curl_setup_request(struct transfer *t); /* -1: call.error says why */
void curl_setup_clear(struct transfer *t);  /* what one request needed */

/* curl_answer.c */
size_t curl_on_header(char *bytes, size_t size, size_t n, void *arg);
size_t curl_on_body(char *bytes, size_t size, size_t n, void *arg);
void curl_answer_reset(struct transfer *t); /* before each hop */
void curl_answer_finish(struct transfer *t, CURLcode rc);
void curl_answer_cancel(struct transfer *t); /* with what there is */

#endif
