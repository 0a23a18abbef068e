/* watchdog.h - scripts that never wait are interrupted.
 *
 * A slice is a stretch of Lua between two waits: the turn of a strand, the
 * main chunk, one criterion.  It is stamped at its begin and its end, and each
 * coroutine that runs in it is entered and left, also those of the script's
 * own.  A signal that comes to the slice's thread when the slice has had its
 * time sets a debug hook in all that are entered; until then there is none,
 * and nothing is paid for it.  Who sends it: to a worker the main thread
 * (watch_interrupt_worker); to the main thread a timer, which also asks a few
 * times before what runs: the reading of a data file does not count.
 *
 * What is interrupted may not go on.  Where Lua can yield the hook yields, so
 * that no pcall and no message handler of the script sees it; elsewhere it
 * raises, and stays, so that a loop of pcalls ends as well.  Then <close>
 * variables run, which have until the next signal.
 *
 * What runs in C cannot be interrupted, and in a finalizer (__gc) Lua has no
 * hooks.  A worker is then given up (engine/run.c); the main thread ends the
 * process.
 *
 * All functions are for the thread that runs the slice, but where it is said
 * otherwise.
 */
#ifndef ENGINE_WATCHDOG_H
#define ENGINE_WATCHDOG_H

#include <lua.h>
#include <stddef.h>
#include <stdint.h>

struct worker;

enum watch_cause {
    WATCH_NONE,
    WATCH_LIMIT, /* the slice had its time */
    WATCH_STOP   /* the run is being stopped */
};

enum {
    WATCH_STUCK = 4, /* times the limit: a worker that cannot be interrupted */
    WATCH_PLACE_MAX = LUA_IDSIZE + 16,
    WATCH_TEXT_MAX = 160
};

/* A coroutine that runs; on the C stack, the inner one knows the outer. */
struct watch {
    lua_State *volatile co;
    struct watch *volatile outer;
    int resumed; /* by lua_resume, so that it may yield */
};

/* What was interrupted before the <close> variables began to run. */
struct watch_grace {
    int fired;
    char place[WATCH_PLACE_MAX];
};

/* How long a slice may take: 5 s, of CPU time in the main thread.  The tests
 * shorten it by the environment.  Any thread, after watch_open_host. */
int64_t watch_limit_us(void);

/* This thread is the worker's. */
void watch_open(const struct worker *w);

/* This thread is the main one, with the host: installs the signal handler and
 * makes the timer; once.  The fini is called when no Lua is left. */
void watch_open_host(const struct worker *host);
void watch_host_fini(void);

/* The exit code of a process that must be ended; 104 until it is set. */
void watch_set_exit_code(int code);

/* A slice begins, and so the one before is over; it ends, and says whether it
 * was interrupted.  Is there one? */
void watch_begin(struct worker *w, int64_t now);
enum watch_cause watch_end(struct worker *w);
int watch_active(const struct worker *w);

/* The coroutine begins to run and stops, inside of what was entered before.
 * Nothing may raise past the pair. */
void watch_enter(struct watch *watch, lua_State *co, int resumed);
void watch_leave(struct watch *watch);

/* The coroutine may be collected from now on. */
void watch_forget(const lua_State *co);

/* Whether a hook has interrupted something in this slice: whoever ran it must
 * end it, too. */
int watch_fired(void);

/* Whether L may yield to whoever resumed it. */
int watch_may_yield(lua_State *L);

/* Around the <close> variables of a coroutine that was interrupted: they have
 * some time yet.  In between watch_fired() speaks of them alone. */
void watch_pause(struct watch_grace *grace, lua_State *co);
void watch_resume(const struct watch_grace *grace);

/* "file:line: interrupted: ..." of what was interrupted first; the length of
 * the place is returned.  The other pushes it. [-0, +1, m] */
size_t watch_message(char *text, size_t size);
void watch_push_message(lua_State *L);

/* "file:line: " of the innermost Lua function of co, or "". */
void watch_find_place(lua_State *co, char *place, size_t size);

/* From a signal handler on the slice's own thread: what runs must end. */
void watch_interrupt(enum watch_cause cause);

/* From the main thread: interrupts what the worker runs if `slice` still is
 * the number of its slice. */
void watch_interrupt_worker(struct worker *w, uint64_t slice);

#endif
