/* state.h - a Lua state with our libraries and the suite in it. */
#ifndef BIND_STATE_H
#define BIND_STATE_H

#include "bind/env.h"
#include "engine/worker.h"

/* Makes w->L; returns 0, or -1 with *error (to be freed). */
int state_open(struct worker *w, char **error);
void state_close(struct worker *w);

/* The engine's hooks, with `env` as their arg. */
struct worker_hooks state_hooks(const struct suite_env *env);

/* Calls the C function f(L) with `arg` as light userdata in protected mode
 * and leaves its results on the stack; on an error returns -1 with *error.
 * It is not interrupted, however long it takes; only one that never ends is
 * given up (engine/watchdog.h). */
int state_call(lua_State *L, lua_CFunction f, void *arg, int nresults,
               char **error);

/* The same for what is the script's own: a slice, with its limit. */
int state_run(lua_State *L, lua_CFunction f, void *arg, int nresults,
              char **error);

#endif
