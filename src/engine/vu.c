/* vu.c - see vu.h */
#include "engine/vu.h"

#include <assert.h>
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "engine/executor.h"
#include "engine/watchdog.h"
#include "engine/worker.h"

/* lua_closethread came with 5.4.6; Debian 12 has 5.4.4. */
#if LUA_VERSION_RELEASE_NUM >= 50406
#define close_thread(co, from) lua_closethread(co, from)
#else
#define close_thread(co, from) ((void)(from), lua_resetthread(co))
#endif

/* The strand that this thread runs.  Not found through the Lua state, since
 * the script may be inside a coroutine of its own. */
static _Thread_local struct strand *running;

static char worker_key, fail_key;

static struct strand **place_of(lua_State *L)
{
    return lua_getextraspace(L);
}

/* ---- coroutines ---- */

void strand_open(lua_State *L, struct strand *s, struct vu *vu)
{
    *s = (struct strand){ .vu = vu, .group = "", .ref = LUA_NOREF };
    s->co = lua_newthread(L);
    *place_of(s->co) = s;
    lua_insert(L, -2);
    lua_xmove(L, s->co, 1);
    s->ref = luaL_ref(L, LUA_REGISTRYINDEX);
}

static void unlink_ready(struct worker *w, struct strand *s)
{
    if (!s->ready)
        return;
    for (struct strand **p = &w->ready_head; *p != NULL; p = &(*p)->next) {
        if (*p != s)
            continue;
        *p = s->next;
        if (s->next == NULL)
            w->ready_tail = p;
        break;
    }
    s->ready = 0;
}

/* Puts a new coroutine in the place of the strand's. */
static int l_renew(lua_State *L) /* strand; [-1, +0, m] */
{
    struct strand *s = lua_touserdata(L, 1);
    lua_State *co = lua_newthread(L);
    watch_forget(s->co);
    lua_rawseti(L, LUA_REGISTRYINDEX, s->ref);
    *place_of(s->co) = NULL;
    *place_of(co) = s;
    s->co = co;
    return 0;
}

/* Lua 5.4 leaves hooks off for good in a coroutine that a hook ended with an
 * error, and so the next script that never waits could not be interrupted.
 * Without memory for a new coroutine the old one must do. */
static void renew(struct strand *s)
{
    lua_State *L = s->vu->worker->L;
    s->interrupted = 0;
    lua_pushcfunction(L, l_renew);
    lua_pushlightuserdata(L, s);
    if (lua_pcall(L, 1, 0, 0) != LUA_OK)
        lua_pop(L, 1);
}

/* ---- ends ---- */

/* A script error of an iteration that is cancelled counts here; any other has
 * been counted by who ended it. */
static void note_interrupted_close(struct strand *s)
{
    char text[WATCH_TEXT_MAX];
    struct vu *vu = s->vu;
    struct recorder *r = &vu->worker->recorder;
    size_t place = watch_message(text, sizeof text);
    error_list_add_at(&r->tally->errors, text, place, 1, NULL);
    if (vu->run != NULL && vu->flags & VU_CANCELLED)
        record_count(recorder_at(r, vu->run->slot, M_SCRIPT_ERRORS), 1);
}

static void close_watched(lua_State *co, lua_State *from)
{
    struct watch watch;
    watch_enter(&watch, co, 0);
    close_thread(co, from);
    watch_leave(&watch);
}

/* Closes the coroutine in a slice of its own, unless there is one. */
static void close_strand(struct strand *s)
{
    struct worker *w = s->vu->worker;
    struct watch_grace grace;
    int alone = !watch_active(w);
    if (alone)
        watch_begin(w, clock_us());
    watch_pause(&grace, s->co);
    close_watched(s->co, w->L);
    if (watch_fired())
        note_interrupted_close(s);
    s->interrupted |= grace.fired || watch_fired();
    watch_resume(&grace);
    if (alone && watch_end(w) == WATCH_LIMIT)
        w->recorder.tally->health.killed_slices++;
}

/* Ends what the strand does; it may be started again after. */
static void strand_reset(struct strand *s)
{
    struct worker *w = s->vu->worker;
    unlink_ready(w, s);
    if (s->parked) {
        s->parked = 0;
        if (s->cancel != NULL)
            s->cancel(s);
    }
    s->ending = 1;
    close_strand(s);
    lua_settop(s->co, 0);
    s->ending = 0;
    if (s->interrupted)
        renew(s);
}

void strand_close(struct strand *s)
{
    if (s->co == NULL)
        return;
    strand_reset(s);
    *place_of(s->co) = NULL;
    watch_forget(s->co);
    luaL_unref(s->vu->worker->L, LUA_REGISTRYINDEX, s->ref);
    s->co = NULL;
    s->ref = LUA_NOREF;
}

void strand_start(struct strand *s, int nargs)
{
    s->nargs = nargs;
    strand_wake(s);
}

/* ---- waiting ---- */

static const char *why_not(lua_State *L, const struct strand *s)
{
    if (running == NULL)
        return "the suite is only being loaded; call it in run, setup or "
               "teardown";
    if (s == NULL)
        return "this is a coroutine of the script's own, which the engine "
               "cannot wake; to do things at once use stress.batch";
    if (s->ending)
        return "the iteration was ended early and only its <close> variables "
               "run";
    if (!lua_isyieldable(L))
        return "Lua cannot wait inside require, a sort comparator, a gsub "
               "callback, an iterator written in C or a metamethod called "
               "from C; call it outside";
    return NULL;
}

struct strand *strand_self(lua_State *L, const char *what)
{
    struct strand *s = *place_of(L);
    const char *reason = why_not(L, s);
    if (reason != NULL)
        luaL_error(L, "%s cannot wait here: %s", what, reason);
    return s;
}

struct strand *strand_running(void)
{
    return running;
}

struct vu *vu_current(lua_State *L)
{
    (void)L;
    return running ? running->vu : NULL;
}

struct worker *worker_of(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &worker_key);
    struct worker *w = lua_touserdata(L, -1);
    lua_pop(L, 1);
    return w;
}

struct rng *vu_rng(lua_State *L)
{
    return running ? &running->vu->rng : &worker_of(L)->load_rng;
}

int strand_park(lua_State *L, struct strand *s, void (*cancel)(struct strand *),
                void *wait, lua_KFunction finish)
{
    assert(!s->parked && s == running);
    s->parked = 1;
    s->cancel = cancel;
    s->wait = wait;
    return lua_yieldk(L, 0, (lua_KContext)s, finish);
}

void strand_wake(struct strand *s)
{
    struct worker *w = s->vu->worker;
    s->parked = 0;
    if (s->ready)
        return;
    s->ready = 1;
    s->next = NULL;
    *w->ready_tail = s;
    w->ready_tail = &s->next;
    loop_stay(&w->loop, 1);
}

/* ---- errors ---- */

void push_fail_error(lua_State *L, const char *message)
{
    lua_createtable(L, 1, 0);
    lua_pushstring(L, message);
    lua_rawseti(L, -2, 1);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &fail_key);
    lua_setmetatable(L, -2);
}

int is_fail_error(lua_State *L, int idx, const char **message)
{
    idx = lua_absindex(L, idx);
    if (lua_type(L, idx) != LUA_TTABLE || !lua_getmetatable(L, idx))
        return 0;
    lua_rawgetp(L, LUA_REGISTRYINDEX, &fail_key);
    int same = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
    if (same && message != NULL) {
        lua_rawgeti(L, idx, 1);
        *message = lua_tostring(L, -1); /* the table keeps it alive */
        lua_pop(L, 1);
    }
    return same;
}

static int l_fail_tostring(lua_State *L) /* [-1, +1, -] */
{
    lua_rawgeti(L, 1, 1);
    return 1;
}

/* ---- the VU's table ---- */

/* vu.iteration changes; so it is looked up, and an iteration writes nothing. */
static int l_vu_index(lua_State *L) /* [-2, +1, -] */
{
    const struct vu *vu = lua_touserdata(L, lua_upvalueindex(1));
    if (lua_rawequal(L, 2, lua_upvalueindex(2)))
        lua_pushinteger(L, (lua_Integer)vu->iteration);
    else
        lua_pushnil(L);
    return 1;
}

static void push_new_table(lua_State *L, struct vu *vu)
{
    struct worker *w = vu->worker;
    lua_createtable(L, 0, 6);
    lua_pushinteger(L, (lua_Integer)vu->id);
    lua_setfield(L, -2, "id");
    if (vu->scenario != NULL) {
        lua_pushstring(L, vu->scenario->name);
        lua_setfield(L, -2, "scenario");
    }
    if (w->data_ref != LUA_NOREF) {
        lua_rawgeti(L, LUA_REGISTRYINDEX, w->data_ref);
        lua_setfield(L, -2, "data");
    }
    lua_createtable(L, 0, 1);
    lua_pushlightuserdata(L, vu);
    lua_pushstring(L, "iteration");
    lua_pushcclosure(L, l_vu_index, 2);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
}

void vu_open(lua_State *L, struct vu *vu)
{
    vu->table_ref = LUA_NOREF;
    lua_pushnil(L);
    strand_open(L, &vu->main, vu);
    lua_settop(vu->main.co, 0);
    push_new_table(L, vu);
    vu->table_ref = luaL_ref(L, LUA_REGISTRYINDEX);
}

void vu_close(struct vu *vu)
{
    struct worker *w = vu->worker;
    if (vu->main.co == NULL)
        return;
    vu_cancel(vu);
    if (w->hooks->vu_closed != NULL)
        w->hooks->vu_closed(vu);
    strand_close(&vu->main);
    luaL_unref(w->L, LUA_REGISTRYINDEX, vu->table_ref);
}

void vu_push(lua_State *L, const struct vu *vu)
{
    lua_rawgeti(L, LUA_REGISTRYINDEX, vu->table_ref);
}

void vu_cancel(struct vu *vu)
{
    struct worker *w = vu->worker;
    struct strand *before = running;
    running = &vu->main; /* its <close> variables may count and draw */
    /* First its own wait, which gives back what it waited for; then what is
     * left of the iteration, also what the <close> variables began. */
    strand_reset(&vu->main);
    if (w->hooks->vu_ended != NULL)
        w->hooks->vu_ended(vu);
    running = before;
    vu->pending = 0;
}

void vu_pending_done(struct vu *vu)
{
    assert(vu->pending > 0);
    if (--vu->pending == 0 && vu->main_done)
        executor_iteration_over(vu);
}

/* ---- coroutines of the script's own ---- */

/* What L ran was interrupted, and so L must end. */
static int end_own(lua_State *L, lua_State *co) /* [-0, +1, v] */
{
    struct watch_grace grace;
    watch_pause(&grace, co);
    if (lua_status(co) != LUA_OK)
        close_watched(co, L);
    watch_resume(&grace);
    if (watch_may_yield(L))
        return lua_yield(L, 0);
    watch_push_message(L);
    return lua_error(L);
}

int own_resume(lua_State *L, lua_State *co, int nargs, int *nresults)
{
    struct watch watch;
    watch_enter(&watch, co, 1);
    int status = lua_resume(co, L, nargs, nresults);
    watch_leave(&watch);
    return watch_fired() ? end_own(L, co) : status;
}

int own_close(lua_State *L, lua_State *co)
{
    struct watch watch;
    watch_enter(&watch, co, 0);
    int status = close_thread(co, L);
    watch_leave(&watch);
    return watch_fired() ? end_own(L, co) : status;
}

/* ---- resuming ---- */

/* The coroutine yielded without a wait: the script did, outside of any
 * coroutine of its own, and nothing would ever wake it. */
static int l_stray_yield(lua_State *L) /* place; [-1, +0, v] */
{
    const char *place = lua_touserdata(L, 1);
    return luaL_error(L,
                      "%scoroutine.yield outside a coroutine of the "
                      "script's own: nothing would resume it",
                      place);
}

static int fail_stray_yield(struct strand *s)
{
    char place[WATCH_PLACE_MAX];
    watch_find_place(s->co, place, sizeof place);
    strand_reset(s);
    lua_pushcfunction(s->co, l_stray_yield);
    lua_pushlightuserdata(s->co, place);
    return lua_pcall(s->co, 1, 0, 0);
}

static int l_interrupted(lua_State *L) /* [-0, +1, m] */
{
    watch_push_message(L);
    return 1;
}

/* The watchdog made it yield: an error on top of the stack that it left. */
static int fail_interrupted(struct strand *s)
{
    lua_State *L = s->vu->worker->L;
    lua_pushcfunction(L, l_interrupted);
    int status = lua_pcall(L, 0, 1, 0); /* leaves one value in any case */
    if (!lua_checkstack(s->co, 1))
        strand_reset(s);
    lua_xmove(L, s->co, 1);
    return status == LUA_OK ? LUA_ERRRUN : status;
}

static int resume(struct worker *w, struct strand *s, struct watch *watch,
                  int *nresults)
{
    running = s;
    int nargs = s->nargs;
    s->nargs = 0;
    int status = lua_resume(s->co, w->L, nargs, nresults);
    watch->resumed = 0;
    if (status == LUA_YIELD && !s->parked && !s->ready)
        status = watch_fired() ? fail_interrupted(s) : fail_stray_yield(s);
    running = NULL;
    return status;
}

/* One slice: what a strand does between two waits, and what follows from its
 * end; for then <close> variables run, and __tostring of an error. */
static int64_t run_slice(struct worker *w, struct strand *s, int64_t now)
{
    struct watch watch;
    int nresults = 0;
    watch_begin(w, now);
    watch_enter(&watch, s->co, 1);
    if (s == &s->vu->main && s->vu->started == 0)
        s->vu->started = now;
    int status = resume(w, s, &watch, &nresults);
    if (status != LUA_YIELD)
        s->ended(s, status, nresults);
    watch_leave(&watch);
    if (watch_end(w) == WATCH_LIMIT)
        w->recorder.tally->health.killed_slices++;
    int64_t after = clock_us();
    if (after - now > w->recorder.tally->health.slice_max_us)
        w->recorder.tally->health.slice_max_us = after - now;
    return after;
}

int strands_run(struct worker *w, int64_t budget_us)
{
    if (w->ready_head == NULL)
        return 0;
    /* Who becomes ready meanwhile runs in the next turn: a strand that never
     * really waits must not keep the others from their events. */
    struct strand **end = w->ready_tail;
    int64_t now = clock_us(), stop = now + budget_us;
    int last;
    do {
        struct strand *s = w->ready_head;
        last = &s->next == end;
        w->ready_head = s->next;
        if (w->ready_head == NULL)
            w->ready_tail = &w->ready_head;
        s->ready = 0;
        now = run_slice(w, s, now);
    } while (!last && now < stop && w->ready_head != NULL);
    return w->ready_head != NULL;
}

void vu_setup_state(lua_State *L, struct worker *w) /* [-0, +0, m] */
{
    /* Lua copies it into every new coroutine, but leaves that of the main
     * state as the allocator gave it. */
    *place_of(L) = NULL;
    lua_pushlightuserdata(L, w);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &worker_key);
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, l_fail_tostring);
    lua_setfield(L, -2, "__tostring");
    lua_rawsetp(L, LUA_REGISTRYINDEX, &fail_key);
}
