/* http_internal.h - what the files of the module stress.http share.
 *
 *   http.c           the module: get, post, request, batch
 *   http_options.c   a table of options as a request
 *   http_fields.c    its headers, names with values, and bodies
 *   http_response.c  the answer as a Lua object
 *   http_record.c    the answer as samples
 *
 * An exchange is one request of a VU with what the layer below needs kept
 * until it is over.  Exchanges are pooled by the VU; their arena is emptied
 * before the next use, so that in the steady state nothing is allocated.
 */
#ifndef BIND_HTTP_INTERNAL_H
#define BIND_HTTP_INTERNAL_H

#include <lua.h>

#include "base/arena.h"
#include "engine/worker.h"
#include "net/http.h"

enum { EXPECT_MAX = 8 };

struct request_options {
    int64_t timeout_us;
    int max_redirects;
    unsigned retries;
    unsigned flags;
    int expect[EXPECT_MAX];
    int nexpect; /* 0: 200 to 399 */
    int clear_cookies;
    int has_special;
    struct http_special special;
    const char **headers;
    size_t nheaders, headers_cap;
    const char *cookies;
    const char *query; /* encoded, or NULL */
    const char *name;  /* NULL: the URL without its query */
    size_t name_len;
    const struct tagset *tags; /* NULL: none */
    const char *body;
    size_t body_len;
    struct http_part *parts;
    size_t nparts;
};

/* The module's state in one worker. */
struct http_state {
    struct http_client *client;
    struct arena arena;              /* of the defaults */
    struct request_options defaults; /* the suite's `http` table */
    char *target;                    /* base URL without trailing slash */
    struct sample_cache *samples;
};

struct exchange {
    struct vu *vu;
    struct strand *strand; /* waits for it */
    struct batch *batch;   /* NULL, or one of several at once */
    struct http_call *call;
    struct arena arena;
    struct request_options options;
    const char *method;
    const char *name; /* interned */
    int64_t intended; /* from when its response time counts */
    int over;
    struct exchange *next; /* the VU's free ones, or those in flight */
};

struct vu_http {
    struct http_session *session;
    struct exchange *free;
    struct exchange *active;
};

/* http_options.c: fills in x->options and x->call->req from the URL at
 * `url_idx` and the table at `opts_idx` (or none or nil).  A body that was
 * made here is left on top of the stack, else nil.  [-0, +1, v] */
void http_parse_request(lua_State *L, struct http_state *h, struct exchange *x,
                        const char *method, int url_idx, int opts_idx);

/* The suite's defaults, at any index; raises with the option's name. */
void http_parse_defaults(lua_State *L, struct http_state *h, int idx);

/* ---- a table of options that is being read ----
 *
 * Each option has a function that is called with its value on top of the
 * stack, leaves the stack as it was, and raises an error with the option's
 * name and what was expected.  What it keeps is in the arena. */

struct http_parse {
    lua_State *L;
    struct http_state *h;
    struct arena *arena;
    struct request_options *o;
    int idx;   /* of the options table */
    int body;  /* of the body's slot on the stack */
    int whole; /* the table is the request: method and url are in it */
};

struct http_pair {
    const char *key, *value;
    size_t key_len, value_len;
    size_t place; /* in the table: what has the same name stays in order */
};

/* http_options.c: raises; the text of a string without NUL bytes. */
int http_bad_option(struct http_parse *p, const char *key,
                    const char *expected);
const char *http_take_text(struct http_parse *p, const char *key);

/* http_fields.c: the text of a string, number or boolean, not a copy; the
 * text of a field of the table, or NULL; the table as a sorted list of names
 * with values; adds a header, or replaces that of the same name. */
const char *http_take_scalar(struct http_parse *p, const char *key,
                             size_t *len);
const char *http_take_field(struct http_parse *p, const char *key,
                            const char *field);
struct http_pair *http_take_pairs(struct http_parse *p, const char *key,
                                  size_t *n);
/* The text, unless it has a line break: that is an error.  [v] */
const char *http_check_line(struct http_parse *p, const char *text);
void http_add_header(struct http_parse *p, const char *line);

/* http_fields.c: these options. */
void http_option_headers(struct http_parse *p, const char *key);
void http_option_query(struct http_parse *p, const char *key);
void http_option_body(struct http_parse *p, const char *key);
void http_option_json(struct http_parse *p, const char *key);
void http_option_form(struct http_parse *p, const char *key);
void http_option_multipart(struct http_parse *p, const char *key);

/* http_record.c */
void http_record(struct exchange *x);
void http_record_hop(struct exchange *x);
/* It is about to be cancelled: counts it if the end of the run does that. */
void http_record_cut(struct exchange *x);
int http_is_expected(const struct exchange *x);
int http_error_code(const struct http_call *call); /* k6's; 0: none */
void http_record_fini(struct http_state *h);

/* http_response.c */
void http_response_setup(lua_State *L);
void http_push_response(lua_State *L, const struct exchange *x);

#endif
