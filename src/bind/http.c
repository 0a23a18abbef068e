/* http.c - see http.h and http_internal.h */
#include "bind/http.h"

#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "bind/args.h"
#include "bind/http_internal.h"
#include "engine/executor.h"

/* One wait for several exchanges, on the stopped stack of its strand. */
struct batch {
    struct strand *strand;
    size_t n, left;
    struct exchange *exchanges[];
};

/* ---- exchanges ---- */

static struct vu_http *vu_http(struct vu *vu)
{
    if (vu->http == NULL) {
        struct http_state *h = vu->worker->http;
        struct vu_http *v = xcalloc(1, sizeof *v);
        v->session = http_session_new(h->client);
        vu->http = v;
    }
    return vu->http;
}

/* The exchange for the next request stays first in the free list until it is
 * started, so an error while the options are read loses nothing. */
static struct exchange *next_exchange(struct vu *vu)
{
    struct vu_http *v = vu_http(vu);
    if (v->free == NULL) {
        v->free = xcalloc(1, sizeof *v->free);
        v->free->vu = vu;
    }
    struct exchange *x = v->free;
    if (x->call == NULL)
        x->call = http_call_take(v->session);
    return x;
}

static void activate(struct exchange *x)
{
    struct vu_http *v = x->vu->http;
    v->free = x->next;
    x->next = v->active;
    v->active = x;
}

static void retire(struct exchange *x)
{
    struct vu_http *v = x->vu->http;
    for (struct exchange **p = &v->active; *p != NULL; p = &(*p)->next)
        if (*p == x) {
            *p = x->next;
            break;
        }
    if (!x->over) {
        http_record_cut(x);
        http_call_cancel(x->call);
    }
    http_call_release(x->call);
    x->call = NULL;
    x->batch = NULL;
    x->next = v->free;
    v->free = x;
}

static void free_exchange(struct exchange *x)
{
    if (x->call != NULL)
        http_call_release(x->call);
    arena_fini(&x->arena);
    free(x);
}

/* ---- one call ---- */

static void on_hop(struct http_call *call)
{
    http_record_hop(call->arg);
}

static void on_done(struct http_call *call)
{
    struct exchange *x = call->arg;
    x->over = 1;
    http_record(x);
    if (x->batch == NULL || --x->batch->left == 0)
        strand_wake(x->strand);
}

/* In an open model the first request of an iteration carries its lateness:
 * a user who came on time would have waited that much longer. */
static int64_t lateness_of(struct vu *vu)
{
    if (vu->run == NULL || (vu->flags & VU_SENT_FIRST))
        return 0;
    vu->flags |= VU_SENT_FIRST;
    return executor_is_open(vu->scenario->executor) ? vu->started - vu->intended
                                                    : 0;
}

static void start(struct exchange *x, struct strand *s, struct batch *batch)
{
    x->strand = s;
    x->batch = batch;
    x->over = 0;
    x->call->done = on_done;
    x->call->hop = on_hop;
    x->call->arg = x;
    activate(x);
    if (x->options.clear_cookies)
        http_session_clear_cookies(((struct vu_http *)x->vu->http)->session);
    http_call_start(x->call);
    x->intended = x->call->times.started - lateness_of(x->vu);
}

static void cancel_call(struct strand *s)
{
    retire(s->wait);
}

static int finish_call(lua_State *L, int status, lua_KContext ctx)
{
    struct strand *s = (struct strand *)ctx;
    struct exchange *x = s->wait;
    (void)status;
    http_push_response(L, x);
    retire(x);
    return 1;
}

static const char *checked_method(lua_State *L, const char *method)
{
    /* The methods that exist are kept as literals: samples compare them by
     * their address. */
    static const char *const known[] = { "GET",     "POST",   "PUT",
                                         "PATCH",   "DELETE", "HEAD",
                                         "OPTIONS", "TRACE",  "CONNECT" };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i], method) == 0)
            return known[i];
    size_t len = strlen(method);
    if (len == 0 || strspn(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-_") != len)
        luaL_error(L, "\"%s\" is not an HTTP method: upper-case letters",
                   method);
    return recorder_text(&worker_of(L)->recorder, method, len);
}

/* The body that was made is left on the stopped stack, which keeps it. */
static int perform(lua_State *L, const char *what, const char *method,
                   int url_idx, int opts_idx)
{
    struct strand *s = strand_self(L, what);
    struct exchange *x = next_exchange(s->vu);
    http_parse_request(L, s->vu->worker->http, x, method, url_idx, opts_idx);
    start(x, s, NULL);
    return strand_park(L, s, cancel_call, x, finish_call);
}

/* http.get(url, opts?) and its like; upvalue 1: method, 2: name */
static int l_verb(lua_State *L) /* [-2, +1, v] */
{
    const char *method = lua_touserdata(L, lua_upvalueindex(1));
    const char *what = lua_touserdata(L, lua_upvalueindex(2));
    lua_settop(L, 2);
    return perform(L, what, method, 1, 2);
}

/* Pushes url and checks the method of a table for request and batch. */
static const char *unpack_request(lua_State *L, int idx)
{
    const char *method = "GET";
    if (!lua_istable(L, idx))
        luaL_error(L, "expected a table { method =, url =, ... }, got %s",
                   arg_describe(L, idx));
    if (lua_getfield(L, idx, "method") == LUA_TSTRING)
        method = checked_method(L, lua_tostring(L, -1));
    else if (!lua_isnil(L, -1))
        luaL_error(L, "method must be a string");
    lua_pop(L, 1);
    lua_getfield(L, idx, "url");
    return method;
}

/* http.request{ method =, url =, ... } */
static int l_request(lua_State *L) /* [-1, +1, v] */
{
    lua_settop(L, 1);
    const char *method = unpack_request(L, 1);
    return perform(L, "http.request", method, 2, 1);
}

/* ---- batch ---- */

static void retire_all(struct batch *b)
{
    for (size_t i = 0; i < b->n; i++)
        if (b->exchanges[i] != NULL)
            retire(b->exchanges[i]);
    b->n = 0;
}

static void cancel_batch(struct strand *s)
{
    retire_all(s->wait);
}

static int finish_batch(lua_State *L, int status, lua_KContext ctx)
{
    struct strand *s = (struct strand *)ctx;
    struct batch *b = s->wait;
    (void)status;
    lua_createtable(L, (int)b->n, 0);
    for (size_t i = 0; i < b->n; i++) {
        http_push_response(L, b->exchanges[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    retire_all(b);
    return 1;
}

/* One request of the list: a URL or a table.  Its body is kept in the table
 * at index 3. */
static void start_one(lua_State *L, struct batch *b, lua_Integer i)
{
    struct strand *s = b->strand;
    struct exchange *x = next_exchange(s->vu);
    const char *method = "GET";
    lua_geti(L, 1, i);
    int item = lua_gettop(L), opts = 0;
    if (!lua_isstring(L, item)) {
        method = unpack_request(L, item);
        opts = item;
    } else {
        lua_pushvalue(L, item);
    }
    int url = lua_gettop(L);
    http_parse_request(L, s->vu->worker->http, x, method, url, opts);
    lua_rawseti(L, 3, i);
    lua_settop(L, 3);
    b->exchanges[b->n] = x;
    start(x, s, b);
    b->n++;
    b->left++;
}

/* Starts them all; when one of them is not valid, none goes on. */
static int l_start_all(lua_State *L) /* list, batch, keep; [-3, +0, v] */
{
    struct batch *b = lua_touserdata(L, 2);
    lua_Integer n = luaL_len(L, 1);
    for (lua_Integer i = 1; i <= n; i++)
        start_one(L, b, i);
    return 0;
}

/* http.batch{ url | { method =, url =, ... }, ... } -> list of responses */
static int l_batch(lua_State *L) /* [-1, +1, v] */
{
    struct strand *s = strand_self(L, "http.batch");
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    lua_Integer n = luaL_len(L, 1);
    luaL_argcheck(L, n <= 1000, 1, "at most 1000 requests at once");
    arg_list(L, 1, "requests");
    if (n == 0) {
        lua_newtable(L);
        return 1;
    }
    struct batch *b = lua_newuserdatauv(
        L, sizeof *b + (size_t)n * sizeof(struct exchange *), 0);
    b->strand = s;
    b->n = b->left = 0;
    lua_newtable(L);
    lua_pushcfunction(L, l_start_all);
    lua_pushvalue(L, 1);
    lua_pushvalue(L, 2);
    lua_pushvalue(L, 3);
    if (lua_pcall(L, 3, 0, 0) != LUA_OK) {
        retire_all(b);
        luaL_where(L, 1);
        lua_insert(L, -2);
        lua_concat(L, 2);
        return lua_error(L);
    }
    return strand_park(L, s, cancel_batch, b, finish_batch);
}

/* ---- life ---- */

void http_open(lua_State *L, struct worker *w, const char *target,
               int defaults_idx, int debug)
{
    struct http_state *h = xcalloc(1, sizeof *h);
    w->http = h;
    h->target = xstrdup(target);
    http_parse_defaults(L, h, defaults_idx);
    struct http_options options = {
        .special = h->defaults.special,
        .debug = debug,
    };
    h->client = http_client_new(&w->loop, &options);
    http_client_prepare(h->client, h->target);
}

void http_close(struct worker *w)
{
    struct http_state *h = w->http;
    if (h == NULL)
        return;
    if (h->client != NULL)
        http_client_free(h->client);
    http_record_fini(h);
    arena_fini(&h->arena);
    free(h->target);
    free(h);
    w->http = NULL;
}

const char *http_default_socket(const struct worker *w)
{
    const struct http_state *h = w->http;
    return h->defaults.special.unix_socket;
}

int http_default_proxy(const struct worker *w)
{
    const struct http_state *h = w->http;
    return h->defaults.special.proxy != NULL;
}

int http_events(struct worker *w)
{
    struct http_state *h = w->http;
    return h != NULL && h->client != NULL ? http_client_receive(h->client) : 0;
}

int http_send(struct worker *w)
{
    struct http_state *h = w->http;
    return h != NULL && h->client != NULL ? http_client_send(h->client) : 0;
}

/* Requests that nobody waits for any more: of branches that were ended. */
void http_vu_ended(struct vu *vu)
{
    struct vu_http *v = vu->http;
    while (v != NULL && v->active != NULL)
        retire(v->active);
}

void http_vu_closed(struct vu *vu)
{
    struct vu_http *v = vu->http;
    if (v == NULL)
        return;
    http_vu_ended(vu);
    while (v->free != NULL) {
        struct exchange *x = v->free;
        v->free = x->next;
        free_exchange(x);
    }
    http_session_free(v->session);
    free(v);
    vu->http = NULL;
}

int luaopen_stress_http(lua_State *L) /* [-0, +1, m] */
{
    static const struct {
        const char *name, *method, *what;
    } verbs[] = {
        { "get", "GET", "http.get" },
        { "post", "POST", "http.post" },
        { "put", "PUT", "http.put" },
        { "patch", "PATCH", "http.patch" },
        { "del", "DELETE", "http.del" },
        { "head", "HEAD", "http.head" },
        { "options", "OPTIONS", "http.options" },
    };
    http_response_setup(L);
    lua_newtable(L);
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        lua_pushlightuserdata(L, (void *)checked_method(L, verbs[i].method));
        lua_pushlightuserdata(L, (void *)verbs[i].what);
        lua_pushcclosure(L, l_verb, 2);
        lua_setfield(L, -2, verbs[i].name);
    }
    lua_pushcfunction(L, l_request);
    lua_setfield(L, -2, "request");
    lua_pushcfunction(L, l_batch);
    lua_setfield(L, -2, "batch");
    return 1;
}
