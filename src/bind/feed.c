/* feed.c - see feed.h */
#include "bind/feed.h"

#include <lauxlib.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/rng.h"
#include "bind/args.h"
#include "bind/copy.h"
#include "bind/json.h"
#include "engine/worker.h"

#define FEED_TYPE "stress.feed"

struct feed {
    char *key;
    char *bytes;    /* the rows, packed one after the other */
    size_t *starts; /* n + 1: where row i begins, and where it ends */
    size_t n;
    _Atomic uint64_t next;
    _Atomic uint64_t unique;
    struct feed *link;
};

struct feeds {
    struct feed *first;
};

static char feeds_key;

/* ---- the list ---- */

struct feeds *feeds_new(void)
{
    return xcalloc(1, sizeof(struct feeds));
}

static void free_feed(struct feed *f)
{
    free(f->key);
    free(f->bytes);
    free(f->starts);
    free(f);
}

void feeds_free(struct feeds *feeds)
{
    if (feeds == NULL)
        return;
    while (feeds->first != NULL) {
        struct feed *f = feeds->first;
        feeds->first = f->link;
        free_feed(f);
    }
    free(feeds);
}

static struct feed *find(const struct feeds *feeds, const char *key)
{
    struct feed *f = feeds->first;
    while (f != NULL && strcmp(f->key, key) != 0)
        f = f->link;
    return f;
}

void feeds_install(lua_State *L, struct feeds *f)
{
    lua_pushlightuserdata(L, f);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &feeds_key);
}

static struct feeds *installed(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &feeds_key);
    struct feeds *f = lua_touserdata(L, -1);
    lua_pop(L, 1);
    if (f == NULL)
        bug("stress.feed in a state without feeds");
    return f;
}

/* ---- loading ---- */

/* An error at the place where the function of stress.data was called. */
static int fail_caller(lua_State *L, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    luaL_where(L, 2);
    lua_pushvfstring(L, fmt, ap);
    va_end(ap);
    lua_concat(L, 2);
    return lua_error(L);
}

/* The number of rows in the table, which must have the keys 1..n only. */
static size_t check_rows(lua_State *L, int t, const char *key)
{
    size_t n = lua_rawlen(L, t), keys = 0;
    if (lua_getmetatable(L, t) && !json_is_array(L, t))
        fail_caller(L,
                    "stress.data: %s: expected an array of rows, got a "
                    "table with a metatable",
                    key);
    for (lua_pushnil(L); lua_next(L, t); lua_pop(L, 1)) {
        lua_Integer i = lua_isinteger(L, -2) ? lua_tointeger(L, -2) : 0;
        if (i < 1 || (size_t)i > n)
            fail_caller(L,
                        "stress.data: %s: expected an array of rows (the "
                        "keys 1 to n), but it has the key %s",
                        key, arg_describe(L, -2));
        keys++;
    }
    if (keys != n)
        fail_caller(L, "stress.data: %s: the array has holes", key);
    return n;
}

/* The rows of the table at `t` as a feed; raises nothing.  NULL: see err. */
static struct feed *pack_rows(lua_State *L, int t, size_t n, const char *key,
                              char *err, size_t errlen)
{
    struct feed *f = xcalloc(1, sizeof *f);
    struct buf bytes = { 0 };
    char root[80];
    f->key = xstrdup(key);
    f->starts = xmalloc((n + 1) * sizeof *f->starts);
    for (f->n = 0; f->n < n; f->n++) {
        f->starts[f->n] = bytes.len;
        lua_rawgeti(L, t, (lua_Integer)f->n + 1);
        snprintf(root, sizeof root, "row %zu", f->n + 1);
        int rc = copy_pack(L, -1, &bytes, root, err, errlen);
        lua_pop(L, 1);
        if (rc != 0) {
            buf_free(&bytes);
            free_feed(f);
            return NULL;
        }
    }
    f->starts[n] = bytes.len;
    size_t len = bytes.len;
    f->bytes = xrealloc(buf_detach(&bytes), len);
    return f;
}

/* Calls the function at 2 for the rows. [-0, +2, v] */
static struct feed *load(lua_State *L, const char *key)
{
    char err[400];
    lua_pushvalue(L, 2);
    lua_call(L, 0, 2);
    int rows = lua_gettop(L) - 1;
    if (lua_isnil(L, rows) && lua_isstring(L, rows + 1))
        fail_caller(L, "stress.data: %s", lua_tostring(L, rows + 1));
    if (!lua_istable(L, rows))
        fail_caller(L, "stress.data: %s: expected an array of rows, got %s",
                    key, arg_describe(L, rows));
    luaL_checkstack(L, 10, key);
    size_t n = check_rows(L, rows, key);
    struct feed *f = pack_rows(L, rows, n, key, err, sizeof err);
    if (f == NULL)
        fail_caller(L, "stress.data: %s: %s", key, err);
    return f;
}

/* Only the main state loads, and only before there are workers: so nobody
 * reads the list while it grows. */
static void check_may_load(lua_State *L, const char *key)
{
    if (vu_current(L) != NULL)
        fail_caller(L,
                    "stress.data: %s: load data at the top of the suite, "
                    "not inside run, setup or teardown",
                    key);
    if (worker_of(L)->index >= 0)
        fail_caller(L,
                    "stress.data: %s was not loaded when the suite was "
                    "read first; it must not depend on time or chance",
                    key);
}

static int l_feed(lua_State *L) /* [-2, +1, v] */
{
    const char *key = luaL_checkstring(L, 1);
    luaL_checktype(L, 2, LUA_TFUNCTION);
    struct feeds *feeds = installed(L);
    struct feed *f = find(feeds, key);
    if (f == NULL) {
        check_may_load(L, key);
        f = load(L, key);
        f->link = feeds->first;
        feeds->first = f;
    }
    struct feed **p = lua_newuserdatauv(L, sizeof(struct feed *), 0);
    *p = f;
    luaL_setmetatable(L, FEED_TYPE);
    return 1;
}

/* ---- dealing ---- */

static struct feed *check_feed(lua_State *L)
{
    return *(struct feed **)luaL_checkudata(L, 1, FEED_TYPE);
}

static int push_row(lua_State *L, const struct feed *f, uint64_t i)
{
    copy_unpack(L, f->bytes + f->starts[i], f->starts[i + 1] - f->starts[i]);
    return 1;
}

static void need_rows(lua_State *L, const struct feed *f)
{
    if (f->n == 0)
        luaL_error(L, "stress.data: %s has no rows", f->key);
}

/* While the suite is loaded each worker would take rows that no VU sees. */
static void need_vu(lua_State *L, const struct feed *f, const char *what)
{
    if (vu_current(L) == NULL)
        luaL_error(L,
                   "stress.data: %s: %s deals out rows in run, setup and "
                   "teardown; while the suite is loaded use feed[i]",
                   f->key, what);
}

static int l_next(lua_State *L) /* [-1, +1, v] */
{
    struct feed *f = check_feed(L);
    need_vu(L, f, "next");
    need_rows(L, f);
    uint64_t i = atomic_fetch_add_explicit(&f->next, 1, memory_order_relaxed);
    return push_row(L, f, i % f->n);
}

static int l_unique(lua_State *L) /* [-1, +1, v] */
{
    struct feed *f = check_feed(L);
    need_vu(L, f, "unique");
    uint64_t i = atomic_fetch_add_explicit(&f->unique, 1, memory_order_relaxed);
    if (i < f->n)
        return push_row(L, f, i);
    lua_pushnil(L);
    return 1;
}

static int l_random(lua_State *L) /* [-1, +1, v] */
{
    const struct feed *f = check_feed(L);
    need_rows(L, f);
    return push_row(L, f, rng_below(vu_rng(L), f->n - 1));
}

static int push_at(lua_State *L, const struct feed *f, lua_Integer i)
{
    if (i >= 1 && (lua_Unsigned)i <= f->n)
        return push_row(L, f, (uint64_t)i - 1);
    lua_pushnil(L);
    return 1;
}

static int l_get(lua_State *L) /* [-2, +1, v] */
{
    const struct feed *f = check_feed(L);
    return push_at(L, f, luaL_checkinteger(L, 2));
}

/* feed[i] is a row, feed.name a method. [-2, +1, v] */
static int l_index(lua_State *L)
{
    const struct feed *f = check_feed(L);
    if (lua_type(L, 2) == LUA_TNUMBER)
        return push_at(L, f, lua_tointeger(L, 2)); /* 0: no integer */
    lua_settop(L, 2);
    lua_rawget(L, lua_upvalueindex(1));
    return 1;
}

static int l_len(lua_State *L) /* [-1, +1, v] */
{
    lua_pushinteger(L, (lua_Integer)check_feed(L)->n);
    return 1;
}

static int l_tostring(lua_State *L) /* [-1, +1, v] */
{
    const struct feed *f = check_feed(L);
    lua_pushfstring(L, "feed: %s (%I rows)", f->key, (LUAI_UACINT)f->n);
    return 1;
}

static const luaL_Reg methods[] = {
    { "next", l_next }, { "unique", l_unique }, { "random", l_random },
    { "get", l_get },   { NULL, NULL },
};

int luaopen_stress_feed(lua_State *L)
{
    luaL_newmetatable(L, FEED_TYPE);
    luaL_newlib(L, methods);
    lua_pushcclosure(L, l_index, 1);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, l_len);
    lua_setfield(L, -2, "__len");
    lua_pushcfunction(L, l_tostring);
    lua_setfield(L, -2, "__tostring");
    lua_pop(L, 1);
    lua_pushcfunction(L, l_feed);
    return 1;
}
