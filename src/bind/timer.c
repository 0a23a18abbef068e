/* timer.c - see timer.h
 *
 * The coroutine of a function that waits for its time is made when the timer
 * is set, since that allocates and may raise.  The function lies on its stack;
 * when it is due a copy is pushed and started, which neither allocates nor
 * raises.  A finished coroutine can be started again, so that a repetition
 * makes no garbage.
 */
#include "bind/timer.h"

#include <assert.h>
#include <lauxlib.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/units.h"
#include "bind/args.h"
#include "engine/worker.h"

#define HANDLE_TYPE "stress.timer"
#define DEADLINE_TYPE "stress.deadline"

enum { FUNCTION_AT = 1 }; /* on the coroutine's stack */

struct sleeper {
    struct timer timer; /* its arg: the strand that sleeps */
    struct sleeper *next;
};

/* A function that waits for its time, or runs. */
struct callback {
    struct timer timer;
    struct strand strand;
    struct handle *handle; /* the script's; NULL once detached */
    int handle_ref;        /* keeps it alive until then */
    int64_t period;        /* 0: once */
    int running;           /* started and not yet ended */
    int stopped;           /* not to be started again */
    struct callback *prev, *next;
};

struct handle {
    struct callback *callback; /* NULL: nothing is left of it */
    lua_Integer skipped;
};

struct vu_timers {
    struct callback *active;
    struct callback *opening; /* or given up by an error meanwhile */
    struct callback *spare;
    unsigned nactive;
    int closing; /* branches are being closed: nothing new */
    struct sleeper *sleepers;
};

static struct vu_timers *timers_of(struct vu *vu)
{
    if (vu->timers == NULL)
        vu->timers = xcalloc(1, sizeof(struct vu_timers));
    return vu->timers;
}

static struct loop *loop_of(const struct vu *vu)
{
    return &vu->worker->loop;
}

/* A time so far away that it never comes must not overflow. */
static int64_t from_now(int64_t us)
{
    return clock_us() + (us < INT64_MAX / 2 ? us : INT64_MAX / 2);
}

/* ---- sleep ---- */

static void put_sleeper(struct vu *vu, struct sleeper *sl)
{
    struct vu_timers *t = timers_of(vu);
    sl->next = t->sleepers;
    t->sleepers = sl;
}

static void on_slept(struct timer *timer)
{
    struct strand *s = timer->arg;
    put_sleeper(s->vu, s->wait);
    strand_wake(s);
}

static void cancel_sleep(struct strand *s)
{
    struct sleeper *sl = s->wait;
    loop_disarm(loop_of(s->vu), &sl->timer);
    put_sleeper(s->vu, sl);
}

static struct sleeper *take_sleeper(struct strand *s)
{
    struct vu_timers *t = timers_of(s->vu);
    struct sleeper *sl = t->sleepers;
    if (sl != NULL)
        t->sleepers = sl->next;
    else
        sl = xcalloc(1, sizeof *sl);
    sl->timer.fire = on_slept;
    sl->timer.arg = s;
    return sl;
}

static int finish_sleep(lua_State *L, int status, lua_KContext ctx)
{
    (void)L;
    (void)status;
    assert(!((struct strand *)ctx)->parked);
    (void)ctx;
    return 0;
}

int timer_sleep(lua_State *L)
{
    int64_t us = arg_check_duration(L, 1);
    struct strand *s = strand_self(L, "stress.sleep");
    struct sleeper *sl = take_sleeper(s);
    loop_arm(loop_of(s->vu), &sl->timer, from_now(us));
    return strand_park(L, s, cancel_sleep, sl, finish_sleep);
}

/* ---- the life of a callback ---- */

static void link_active(struct vu_timers *t, struct callback *c)
{
    c->prev = NULL;
    c->next = t->active;
    if (t->active != NULL)
        t->active->prev = c;
    t->active = c;
    t->nactive++;
}

static void unlink_active(struct vu_timers *t, struct callback *c)
{
    if (c->prev != NULL)
        c->prev->next = c->next;
    else
        t->active = c->next;
    if (c->next != NULL)
        c->next->prev = c->prev;
    t->nactive--;
}

static void put_spare(struct vu_timers *t, struct callback *c)
{
    c->next = t->spare;
    t->spare = c;
}

static void detach_handle(struct worker *w, struct callback *c)
{
    if (c->handle != NULL)
        c->handle->callback = NULL;
    c->handle = NULL;
    luaL_unref(w->L, LUA_REGISTRYINDEX, c->handle_ref);
    c->handle_ref = LUA_NOREF;
}

/* Says nothing to the VU about what it waits for. */
static void release(struct callback *c)
{
    struct vu *vu = c->strand.vu;
    struct vu_timers *t = vu->timers;
    unlink_active(t, c);
    loop_disarm(loop_of(vu), &c->timer);
    detach_handle(vu->worker, c);
    strand_close(&c->strand); /* may run <close> variables */
    put_spare(t, c);
}

/* Between its start and its first instruction a strand is only on the ready
 * list, and may still be stopped as if it had not been due. */
static int has_begun(const struct callback *c)
{
    lua_Debug ar;
    lua_State *co = c->strand.co;
    return lua_status(co) != LUA_OK || lua_getstack(co, 0, &ar);
}

static void stop(struct callback *c)
{
    struct vu *vu = c->strand.vu;
    int counted = c->period == 0 || c->running;
    c->stopped = 1;
    loop_disarm(loop_of(vu), &c->timer);
    if (c->running && has_begun(c))
        return; /* released when it ends */
    release(c);
    if (counted)
        vu_pending_done(vu);
}

static void branch_ended(struct strand *s, int status, int nresults)
{
    struct callback *c = s->arg;
    struct vu *vu = s->vu;
    if (status != LUA_OK) {
        /* It fails the iteration, which releases all callbacks. */
        vu->main.ended(s, status, nresults);
        return;
    }
    c->running = 0;
    if (c->period == 0 || c->stopped)
        release(c);
    else
        lua_settop(s->co, FUNCTION_AT);
    vu_pending_done(vu);
}

/* Arms the next due time that is not yet past. */
static void arm_next(struct callback *c)
{
    int64_t missed = (clock_us() - c->timer.at) / c->period;
    c->handle->skipped += missed;
    loop_arm(loop_of(c->strand.vu), &c->timer,
             c->timer.at + (missed + 1) * c->period);
}

static void on_due(struct timer *timer)
{
    struct callback *c = timer->arg;
    if (c->period > 0)
        arm_next(c);
    if (c->running) {
        c->handle->skipped++;
        return;
    }
    if (c->period > 0)
        c->strand.vu->pending++;
    c->running = 1;
    lua_pushvalue(c->strand.co, FUNCTION_AT);
    strand_start(&c->strand, 0);
}

/* ---- after and every ---- */

static struct vu *check_vu(lua_State *L, const char *what)
{
    struct vu *vu = vu_current(L);
    if (vu == NULL)
        luaL_error(L,
                   "%s: the suite is only being loaded; call it in run, "
                   "setup or teardown",
                   what);
    const struct vu_timers *t = timers_of(vu);
    if (t->closing)
        luaL_error(L, "%s: the iteration is being ended", what);
    if (t->nactive == VU_TIMERS_MAX)
        luaL_error(L, "%s: a VU may have no more than %d timers at a time",
                   what, VU_TIMERS_MAX);
    return vu;
}

static struct callback *begin_opening(struct vu_timers *t)
{
    struct callback *c = t->spare;
    if (c != NULL)
        t->spare = c->next;
    else
        c = xcalloc(1, sizeof *c);
    c->handle_ref = LUA_NOREF;
    c->next = t->opening;
    t->opening = c;
    return c;
}

static void end_opening(struct vu_timers *t, struct callback *c)
{
    struct callback **p = &t->opening;
    while (*p != c)
        p = &(*p)->next;
    *p = c->next;
    link_active(t, c);
}

/* A callback with the function and its coroutine.  Making that may raise, or
 * run a __gc that sets a timer too: so it is neither spare nor active
 * meanwhile.  Nothing may raise once there is a coroutine. [-0, +0, m] */
static struct callback *open_callback(lua_State *L, struct vu *vu, int handle,
                                      int fn)
{
    struct vu_timers *t = timers_of(vu);
    struct callback *c = begin_opening(t);
    lua_pushvalue(L, handle);
    c->handle_ref = luaL_ref(L, LUA_REGISTRYINDEX);
    lua_pushvalue(L, fn);
    strand_open(L, &c->strand, vu);
    end_opening(t, c);
    return c;
}

/* The function is at 2. [-0, +1, v] */
static int set_timer(lua_State *L, const char *what, int64_t us, int64_t period)
{
    luaL_checktype(L, 2, LUA_TFUNCTION);
    struct vu *vu = check_vu(L, what);
    struct handle *h = lua_newuserdatauv(L, sizeof *h, 0);
    *h = (struct handle){ 0 };
    luaL_setmetatable(L, HANDLE_TYPE);
    struct callback *c = open_callback(L, vu, lua_gettop(L), 2);
    c->timer = (struct timer){ .fire = on_due, .arg = c };
    c->strand.arg = c;
    c->strand.ended = branch_ended;
    c->strand.group = strand_running()->group;
    c->handle = h;
    c->period = period;
    c->running = c->stopped = 0;
    h->callback = c;
    if (period == 0)
        vu->pending++;
    loop_arm(loop_of(vu), &c->timer, from_now(us));
    return 1;
}

static int l_after(lua_State *L) /* [-2, +1, v] */
{
    int64_t us = arg_check_duration(L, 1);
    return set_timer(L, "stress.timer.after", us, 0);
}

static int l_every(lua_State *L) /* [-2, +1, v] */
{
    int64_t us = arg_check_duration(L, 1);
    luaL_argcheck(L, us > 0, 1, "expected a duration above 0");
    const struct vu *vu = vu_current(L);
    if (vu != NULL && vu->main_done)
        return luaL_error(L, "stress.timer.every: the VU's main function has "
                             "returned, with which all repetition ends");
    if (us > INT64_MAX / 4)
        us = INT64_MAX / 4;
    return set_timer(L, "stress.timer.every", us, us);
}

/* handle:cancel() -> whether it kept something from running [-1, +1, v] */
static int l_cancel(lua_State *L)
{
    const struct handle *h = luaL_checkudata(L, 1, HANDLE_TYPE);
    struct callback *c = h->callback;
    int too_late = c == NULL || c->stopped ||
                   (c->period == 0 && c->running && has_begun(c));
    if (!too_late && c->strand.vu != vu_current(L))
        return luaL_error(L, "a timer can be cancelled only by the VU that "
                             "set it");
    if (!too_late)
        stop(c);
    lua_pushboolean(L, !too_late);
    return 1;
}

static int l_skipped(lua_State *L) /* [-1, +1, v] */
{
    const struct handle *h = luaL_checkudata(L, 1, HANDLE_TYPE);
    lua_pushinteger(L, h->skipped);
    return 1;
}

/* ---- hooks ---- */

void timers_vu_returned(struct vu *vu)
{
    const struct vu_timers *t = vu->timers;
    struct callback *next;
    for (struct callback *c = t ? t->active : NULL; c != NULL; c = next) {
        next = c->next;
        if (c->period > 0)
            stop(c);
    }
}

/* No Lua runs, so what is being opened never will be. */
static void reclaim_given_up(struct worker *w, struct vu_timers *t)
{
    while (t->opening != NULL) {
        struct callback *c = t->opening;
        t->opening = c->next;
        detach_handle(w, c);
        put_spare(t, c);
    }
}

void timers_vu_ended(struct vu *vu)
{
    struct vu_timers *t = vu->timers;
    if (t == NULL || t->closing)
        return;
    reclaim_given_up(vu->worker, t);
    /* A <close> variable of a branch may cancel the others or set new ones:
     * the handles lead nowhere by then, and new ones are refused. */
    t->closing = 1;
    for (struct callback *c = t->active; c != NULL; c = c->next) {
        loop_disarm(loop_of(vu), &c->timer);
        detach_handle(vu->worker, c);
    }
    while (t->active != NULL)
        release(t->active);
    t->closing = 0;
}

void timers_vu_closed(struct vu *vu)
{
    struct vu_timers *t = vu->timers;
    if (t == NULL)
        return;
    timers_vu_ended(vu);
    while (t->spare != NULL) {
        struct callback *c = t->spare;
        t->spare = c->next;
        free(c);
    }
    while (t->sleepers != NULL) {
        struct sleeper *sl = t->sleepers;
        t->sleepers = sl->next;
        free(sl);
    }
    free(t);
    vu->timers = NULL;
}

/* ---- the clock ---- */

int timer_now(lua_State *L)
{
    lua_pushnumber(L, (lua_Number)clock_us() / US_PER_S);
    return 1;
}

/* timer.deadline(d) -> deadline [-1, +1, v] */
static int l_deadline(lua_State *L)
{
    int64_t us = arg_check_duration(L, 1);
    int64_t *at = lua_newuserdatauv(L, sizeof *at, 0);
    *at = from_now(us);
    luaL_setmetatable(L, DEADLINE_TYPE);
    return 1;
}

static int64_t check_left(lua_State *L) /* [-0, +0, v] */
{
    const int64_t *at = luaL_checkudata(L, 1, DEADLINE_TYPE);
    int64_t left = *at - clock_us();
    return left > 0 ? left : 0;
}

static int l_left(lua_State *L) /* [-1, +1, v] */
{
    lua_pushnumber(L, (lua_Number)check_left(L) / US_PER_S);
    return 1;
}

static int l_passed(lua_State *L) /* [-1, +1, v] */
{
    lua_pushboolean(L, check_left(L) == 0);
    return 1;
}

static int l_deadline_tostring(lua_State *L) /* [-1, +1, v] */
{
    char text[UNITS_TEXT_MAX];
    int64_t left = check_left(L);
    if (left == 0)
        lua_pushliteral(L, "deadline: passed");
    else
        lua_pushfstring(L, "deadline: %s left",
                        format_duration(text, sizeof text, (double)left));
    return 1;
}

/* ---- the module ---- */

static const luaL_Reg handle_methods[] = {
    { "cancel", l_cancel },
    { "skipped", l_skipped },
    { NULL, NULL },
};

static const luaL_Reg deadline_methods[] = {
    { "left", l_left },
    { "passed", l_passed },
    { NULL, NULL },
};

static const luaL_Reg functions[] = {
    { "sleep", timer_sleep }, { "now", timer_now }, { "deadline", l_deadline },
    { "after", l_after },     { "every", l_every }, { NULL, NULL },
};

/* Leaves the metatable on the stack. [-0, +1, m] */
static void new_type(lua_State *L, const char *name, const luaL_Reg *methods)
{
    luaL_newmetatable(L, name);
    lua_newtable(L);
    luaL_setfuncs(L, methods, 0);
    lua_setfield(L, -2, "__index");
}

int luaopen_stress_timer(lua_State *L)
{
    new_type(L, HANDLE_TYPE, handle_methods);
    new_type(L, DEADLINE_TYPE, deadline_methods);
    lua_pushcfunction(L, l_deadline_tostring);
    lua_setfield(L, -2, "__tostring");
    lua_pop(L, 2);
    luaL_newlib(L, functions);
    return 1;
}
