/* vu.h - virtual users: coroutines that wait and are woken.
 *
 * A strand is one coroutine: a VU's main one, or a branch that stress.batch
 * or a timer made.  It has at most one wait.  A binding that waits does, in
 * this order: checks its arguments, asks strand_self(), arms what ends the
 * wait, and returns strand_park().  The event that ends the wait stores plain
 * C data and calls strand_wake(), which touches no Lua.  One function resumes
 * strands: strands_run(), once per turn of the loop.  Lua runs under watch, see
 * watchdog.h.
 *
 * Everything here belongs to the worker's thread.
 */
#ifndef ENGINE_VU_H
#define ENGINE_VU_H

#include <lua.h>
#include <stdint.h>

#include "base/rng.h"
#include "engine/plan.h"

struct worker;
struct scenario_run;
struct vu;

struct strand {
    struct vu *vu;
    lua_State *co;
    void *arg;         /* its owner's: the batch of a branch, for instance */
    const char *group; /* interned "::outer::inner", "" outside */
    /* Called once it has returned (status LUA_OK, nresults on its stack) or
     * failed (another status, the error on its stack); outside Lua. */
    void (*ended)(struct strand *s, int status, int nresults);
    /* private */
    int ref;
    int nargs;       /* of the next resume */
    int parked;      /* has a wait that is not over */
    int ready;       /* is in the ready list */
    int ending;      /* its <close> variables run: it may not wait */
    int interrupted; /* its coroutine was: make a new one */
    void (*cancel)(struct strand *s);
    void *wait;
    struct strand *next;
};

enum vu_flag {
    VU_COUNTED = 1,    /* the iteration is outside the warm-up */
    VU_FAILED = 2,     /* a request, a check or the script failed */
    VU_TIMED_OUT = 4,  /* a request did */
    VU_CANCELLED = 8,  /* ended by the engine */
    VU_SENT_FIRST = 16 /* the first request took the lateness with it */
};

struct vu {
    struct worker *worker;
    const struct scenario *scenario; /* NULL: setup and teardown */
    struct scenario_run *run;
    struct strand main;
    unsigned number;    /* in its scenario, 0-based */
    uint64_t id;        /* over all scenarios, 1-based */
    uint64_t iteration; /* 1-based */
    uint64_t iterations_done;
    struct rng rng;
    unsigned flags;
    int busy;         /* an iteration runs */
    int main_done;    /* its main strand has returned */
    unsigned pending; /* timers and their branches that it waits for */
    int64_t intended; /* when its iteration was due (clock_us) */
    int64_t started;  /* when it began */
    int64_t idle_since;
    int64_t retire_at; /* ramping down: to be cancelled then; 0: not */
    const char *mix;   /* name of the mix entry, or NULL */
    unsigned slot;     /* of the recorder, for this scenario and mix */
    void *http;        /* connections and cookies, made at first use */
    void *timers;      /* stress.timer's */
    int table_ref;
    struct vu *next_free;
};

/* Gives a VU its coroutine and table; inside a protected call, may raise.
 * The struct is the caller's, zeroed but for worker, run, number and id. */
void vu_open(lua_State *L, struct vu *vu);
void vu_close(struct vu *vu);

/* Pushes the VU's table. */
void vu_push(lua_State *L, const struct vu *vu);

/* Makes the function (and its nargs arguments) on top of the VU's coroutine
 * run in the next turn. */
void strand_start(struct strand *s, int nargs);

/* A new coroutine for the function on top of L's stack, which it pops; may
 * raise.  It is not started. */
void strand_open(lua_State *L, struct strand *s, struct vu *vu);
void strand_close(struct strand *s); /* ends it early, if need be */

/* The strand that runs, for a binding that is about to wait.  Raises an
 * error that says why when there is none or Lua cannot yield here; `what`
 * is the name of the function, such as "stress.sleep". */
struct strand *strand_self(lua_State *L, const char *what);

/* The strand and the VU that run, or NULL; for those who do not wait. */
struct strand *strand_running(void);
struct vu *vu_current(lua_State *L);

/* Parks the strand; the value is to be returned by the binding.  `cancel`
 * must undo what was armed; `finish` makes the results once woken. */
int strand_park(lua_State *L, struct strand *s, void (*cancel)(struct strand *),
                void *wait, lua_KFunction finish);

/* The wait is over.  Twice is harmless. */
void strand_wake(struct strand *s);

/* Ends what the VU does now: cancels its wait and runs its <close>
 * variables.  Its `ended` is not called. */
void vu_cancel(struct vu *vu);

/* Resumes the strands that were ready when called, for at most about
 * budget_us; returns whether some are left. */
int strands_run(struct worker *w, int64_t budget_us);

/* Error objects that are not the script's mistake. */
void push_fail_error(lua_State *L, const char *message); /* stress.fail */
int is_fail_error(lua_State *L, int idx, const char **message);

/* Registers what this file needs in a new state; may raise. */
void vu_setup_state(lua_State *L, struct worker *w);

/* A timer or branch that the VU waited for (vu->pending) is done. */
void vu_pending_done(struct vu *vu);

/* The suite's generator: the VU's, or while loading the worker's. */
struct rng *vu_rng(lua_State *L);

/* The worker whose state this is. */
struct worker *worker_of(lua_State *L);

/* lua_resume and lua_closethread for coroutines of the script's own, called
 * by Lua.  They end as soon as the slice does, and then do not return. */
int own_resume(lua_State *L, lua_State *co, int nargs, int *nresults);
int own_close(lua_State *L, lua_State *co);

#endif
