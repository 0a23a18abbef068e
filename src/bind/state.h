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
 * and leaves its results on the stack; on an error returns -1 with *error. */
int state_call(lua_State *L, lua_CFunction f, void *arg, int nresults,
               char **error);

#endif
