/* stress.c - see stress.h */
#include "bind/stress.h"

#include <lauxlib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "bind/args.h"
#include "bind/env.h"
#include "bind/timer.h"
#include "engine/executor.h"
#include "engine/iteration.h"
#include "engine/worker.h"

/* ---- checks ---- */

static void record_check(struct vu *vu, const char *name, size_t len, int ok)
{
    struct recorder *r = vu_recorder(vu);
    if (r == NULL || vu->run == NULL)
        return;
    struct tag tags[2] = { { "check", recorder_text(r, name, len) }, { 0 } };
    size_t n = 1;
    const char *group = strand_running()->group;
    if (group[0] != '\0')
        tags[n++] = (struct tag){ "group", group };
    record_rate(recorder_at(r, vu->run->slot, M_CHECKS), ok);
    unsigned slot = recorder_detail(r, vu->slot, tags, n);
    if (slot != RECORDER_NO_SLOT)
        record_rate(recorder_at(r, slot, M_CHECKS), ok);
}

/* stress.check(name, ok) -> boolean    [-2, +1, v] */
static int l_check(lua_State *L)
{
    size_t len;
    const char *name = luaL_checklstring(L, 1, &len);
    luaL_argcheck(L, len > 0, 1, "a check needs a name");
    luaL_checkany(L, 2);
    int ok = lua_toboolean(L, 2);
    struct vu *vu = vu_current(L);
    if (vu == NULL)
        return luaL_error(L, "stress.check: there is nothing to check while "
                             "the suite is being loaded");
    if (!ok)
        vu->flags |= VU_FAILED;
    record_check(vu, name, len, ok);
    lua_pushboolean(L, ok);
    return 1;
}

/* stress.fail(message): ends the iteration    [-1, +0, v] */
static int l_fail(lua_State *L)
{
    size_t len;
    const char *message = luaL_optlstring(L, 1, "stress.fail", &len);
    push_fail_error(L, message);
    return lua_error(L);
}

/* stress.abort(message): ends the run    [-1, +0, v] */
static int l_abort(lua_State *L)
{
    const char *message = luaL_optstring(L, 1, "stress.abort");
    worker_abort(worker_of(L), message);
    push_fail_error(L, message);
    return lua_error(L);
}

/* ---- groups ---- */

static void record_group(struct vu *vu, const char *group, int64_t us)
{
    struct recorder *r = vu_recorder(vu);
    if (r == NULL || vu->run == NULL)
        return;
    record_trend(recorder_at(r, vu->run->slot, M_GROUP_DURATION), (uint64_t)us);
    struct tag tag = { "group", group };
    unsigned slot = recorder_detail(r, vu->slot, &tag, 1);
    if (slot != RECORDER_NO_SLOT)
        record_trend(recorder_at(r, slot, M_GROUP_DURATION), (uint64_t)us);
}

/* Stack: name, fn, begin, outer group, results... */
static int finish_group(lua_State *L, int status, lua_KContext ctx)
{
    struct strand *s = strand_running();
    (void)ctx;
    record_group(s->vu, s->group, clock_us() - (int64_t)lua_tointeger(L, 3));
    s->group = lua_touserdata(L, 4);
    if (status != LUA_OK && status != LUA_YIELD)
        return lua_error(L);
    return lua_gettop(L) - 4;
}

/* stress.group(name, fn) -> what fn returns    [-2, +*, v] */
static int l_group(lua_State *L)
{
    size_t len;
    const char *name = luaL_checklstring(L, 1, &len);
    luaL_checktype(L, 2, LUA_TFUNCTION);
    struct strand *s = strand_running();
    if (s == NULL)
        return luaL_error(L, "stress.group: only in run, setup or teardown");
    lua_settop(L, 2);
    lua_pushinteger(L, (lua_Integer)clock_us());
    lua_pushlightuserdata(L, (void *)s->group);
    const char *full = lua_pushfstring(L, "%s::%s", s->group, name);
    s->group = recorder_text(&worker_of(L)->recorder, full, strlen(full));
    lua_pop(L, 1);
    lua_pushvalue(L, 2);
    int status = lua_pcallk(L, 0, LUA_MULTRET, 0, 0, finish_group);
    return finish_group(L, status, 0);
}

/* ---- batch ---- */

struct branches {
    struct strand *parent;
    int n, left;
    struct branch {
        struct strand strand;
        int status, nresults;
    } branch[];
};

static void on_branch_ended(struct strand *s, int status, int nresults)
{
    struct branches *b = s->arg;
    struct branch *branch = (struct branch *)s;
    branch->status = status;
    branch->nresults = nresults;
    if (--b->left == 0)
        strand_wake(b->parent);
}

static void close_branches(struct branches *b)
{
    for (int i = 0; i < b->n; i++)
        strand_close(&b->branch[i].strand);
    b->n = 0;
}

static void cancel_branches(struct strand *s)
{
    close_branches(s->wait);
}

/* The first error counts; it is raised once all have ended. */
static int raise_first(lua_State *L, struct branches *b)
{
    for (int i = 0; i < b->n; i++) {
        lua_State *co = b->branch[i].strand.co;
        if (b->branch[i].status == LUA_OK)
            continue;
        lua_xmove(co, L, 1);
        close_branches(b);
        return lua_error(L);
    }
    return 0;
}

static int finish_branches(lua_State *L, int status, lua_KContext ctx)
{
    struct branches *b = ((struct strand *)ctx)->wait;
    (void)status;
    raise_first(L, b);
    lua_createtable(L, b->n, 0);
    for (int i = 0; i < b->n; i++) {
        struct branch *branch = &b->branch[i];
        if (branch->nresults > 0) {
            lua_settop(branch->strand.co,
                       lua_gettop(branch->strand.co) - branch->nresults + 1);
            lua_xmove(branch->strand.co, L, 1);
        } else {
            lua_pushnil(L);
        }
        lua_rawseti(L, -2, i + 1);
    }
    close_branches(b);
    return 1;
}

enum { BRANCHES_MAX = 1000 };

static int l_open_branches(lua_State *L) /* list, branches; [-2, +0, v] */
{
    struct branches *b = lua_touserdata(L, 2);
    struct strand *parent = b->parent;
    lua_Integer n = luaL_len(L, 1);
    for (lua_Integer i = 1; i <= n; i++) {
        if (lua_geti(L, 1, i) != LUA_TFUNCTION)
            luaL_error(L, "stress.batch: item %d must be a function, got %s",
                       (int)i, arg_describe(L, -1));
        struct branch *branch = &b->branch[b->n];
        strand_open(L, &branch->strand, parent->vu);
        branch->strand.ended = on_branch_ended;
        branch->strand.arg = b;
        branch->strand.group = parent->group;
        b->n++;
    }
    return 0;
}

/* stress.batch{fn, ...} -> list of their first results    [-1, +1, v] */
static int l_batch(lua_State *L)
{
    struct strand *s = strand_self(L, "stress.batch");
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    lua_Integer n = luaL_len(L, 1);
    luaL_argcheck(L, n <= BRANCHES_MAX, 1, "at most 1000 functions at once");
    arg_list(L, 1, "functions");
    if (n == 0) {
        lua_newtable(L);
        return 1;
    }
    struct branches *b =
        lua_newuserdatauv(L, sizeof *b + (size_t)n * sizeof *b->branch, 0);
    b->parent = s;
    b->n = 0;
    lua_pushcfunction(L, l_open_branches);
    lua_pushvalue(L, 1);
    lua_pushvalue(L, 2);
    if (lua_pcall(L, 2, 0, 0) != LUA_OK) {
        close_branches(b);
        luaL_where(L, 1);
        lua_insert(L, -2);
        lua_concat(L, 2);
        return lua_error(L);
    }
    b->left = b->n;
    for (int i = 0; i < b->n; i++)
        strand_start(&b->branch[i].strand, 0);
    return strand_park(L, s, cancel_branches, b, finish_branches);
}

/* ---- randomness ---- */

/* As Lua's own math.random, from the VU's seeded generator: random() in
 * [0, 1), random(m) in 1..m, random(m, n) in m..n, random(0) any integer. */
int stress_random(lua_State *L) /* [-2, +1, v] */
{
    struct rng *r = vu_rng(L);
    lua_Integer low = 1, up;
    switch (lua_gettop(L)) {
    case 0:
        lua_pushnumber(L, rng_unit(r));
        return 1;
    case 1:
        up = luaL_checkinteger(L, 1);
        if (up == 0) {
            lua_pushinteger(L, (lua_Integer)rng_next(r));
            return 1;
        }
        break;
    case 2:
        low = luaL_checkinteger(L, 1);
        up = luaL_checkinteger(L, 2);
        break;
    default:
        return luaL_error(L, "wrong number of arguments");
    }
    luaL_argcheck(L, low <= up, lua_gettop(L), "interval is empty");
    lua_pushinteger(
        L, (lua_Integer)((lua_Unsigned)low +
                         rng_below(r, (lua_Unsigned)up - (lua_Unsigned)low)));
    return 1;
}

int luaopen_stress(lua_State *L) /* [-0, +1, m] */
{
    static const luaL_Reg functions[] = {
        { "check", l_check },     { "fail", l_fail },
        { "abort", l_abort },     { "group", l_group },
        { "batch", l_batch },     { "random", stress_random },
        { "sleep", timer_sleep }, { "now", timer_now },
        { NULL, NULL },
    };
    luaL_newlib(L, functions);
    env_push(L);
    lua_setfield(L, -2, "env");
    env_push_target(L);
    lua_setfield(L, -2, "target");
    env_push_profile(L);
    lua_setfield(L, -2, "profile");
    return 1;
}
