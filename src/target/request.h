/* request.h - one request, from its header to the end of its answer.
 *
 * A request belongs to one worker thread of the server.  The only other
 * thread that ever holds one is the timer, between MHD_suspend_connection
 * and MHD_resume_connection, when the worker does not look at it.
 */
#ifndef TARGET_REQUEST_H
#define TARGET_REQUEST_H

#include <jansson.h>
#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum method {
    METHOD_GET,
    METHOD_HEAD,
    METHOD_POST,
    METHOD_PUT,
    METHOD_PATCH,
    METHOD_DELETE,
    METHOD_OPTIONS,
    METHOD_OTHER,
    METHODS
};

/* Sets of methods.  Whatever answers GET answers HEAD: the server library
 * leaves the body out. */
enum {
    ON_GET = 1 << METHOD_GET | 1 << METHOD_HEAD,
    ON_POST = 1 << METHOD_POST,
    ON_ANY = (1 << METHODS) - 1,
};

enum { REQUEST_ARGS = 2 };

/* The largest body that is kept in memory. */
#define BODY_MAX ((size_t)256 << 20)

struct request {
    struct MHD_Connection *conn;
    const struct route *route; /* never NULL, see router.h */
    enum method method;
    const char *method_name;
    const char *path; /* without the query, unescaped */
    /* What stood in the variable segments of the route.  Not terminated,
     * except the last segment of a path. */
    const char *arg[REQUEST_ARGS];
    size_t arg_len[REQUEST_ARGS];
    int64_t started_us;
    struct buf body;   /* if the route keeps bodies */
    uint64_t received; /* bytes of body, kept or not */
    bool too_large;    /* the body was larger than the route allows */
    bool answered;
    bool woken;  /* the timer is done with it, see delay.c */
    void *state; /* the endpoint's own, released by free_state */
    void (*free_state)(void *);
};

const char *method_name(enum method m);

/* Never NULL.  `path` and `method` must live as long as the request. */
struct request *request_new(struct MHD_Connection *conn, const char *path,
                            const char *method);

void request_free(struct request *r);

/* Takes the next bytes of the body. */
void request_feed(struct request *r, const char *bytes, size_t len);

/* The header, or the parameter of the query, or NULL. */
const char *request_header(const struct request *r, const char *name);
const char *request_query(const struct request *r, const char *name);

/* The body as a JSON object, owned by the caller; or NULL with the reason, a
 * sentence, in `why`. */
json_t *request_object(const struct request *r, char *why, size_t size);

/* A parameter of the query as an integer: 0 with `*value` set or, if the
 * parameter is absent, unchanged; -1 if it is no integer in [min, max]. */
int request_query_int(const struct request *r, const char *name, int64_t min,
                      int64_t max, int64_t *value);

#endif
