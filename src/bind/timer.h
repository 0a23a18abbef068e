/* timer.h - the module stress.timer: waiting, and doing things later.
 *
 *     timer.sleep(d)       waits
 *     timer.now()          seconds, for differences only
 *     timer.deadline(d)    an object with :left() and :passed()
 *     timer.after(d, fn)   runs fn once, d from now
 *     timer.every(d, fn)   runs fn each d, the first time d from now
 *
 * The functions given to after and every run as branches of the VU: they may
 * wait, and its main function goes on meanwhile.  Both return a handle with
 * :cancel(), which keeps the function from running (again) and returns
 * whether there was something to keep; what runs already goes on to its end.
 *
 * An iteration is not over before each function given to after has run or
 * was cancelled.  What every repeats stops when the main function returns; a
 * repetition that runs then is waited for.  Due times are absolute, so they
 * do not drift; one that comes while the function still runs is skipped, and
 * so are those that a busy worker missed (handle:skipped() counts both).
 *
 * A function that fails ends the iteration, as the main function would: the
 * `ended` of the VU's main strand is called with the branch that failed.
 *
 * vu->timers is this module's: what is armed, and what is kept for reuse, so
 * that in the steady state a sleep allocates nothing.
 */
#ifndef BIND_TIMER_H
#define BIND_TIMER_H

#include <lua.h>

#include "engine/vu.h"

/* How many functions may wait for their time in one VU. */
enum { VU_TIMERS_MAX = 1000 };

/* Pushes the module table. [-0, +1, m] */
int luaopen_stress_timer(lua_State *L);

/* stress.sleep and timer.sleep. [-1, +0, v] */
int timer_sleep(lua_State *L);

/* stress.now and timer.now. [-0, +1, -] */
int timer_now(lua_State *L);

/* The hooks of the same names: the main function has returned, main_done not
 * yet set; the iteration is over, or is ended early; the VU goes. */
void timers_vu_returned(struct vu *vu);
void timers_vu_ended(struct vu *vu);
void timers_vu_closed(struct vu *vu);

#endif
