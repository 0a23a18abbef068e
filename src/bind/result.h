/* result.h - a run as the table that reports, criteria and teardown read.
 *
 * Documented for users in docs/reference/result.md; the parts that need no C
 * are added by lib/stress/result.lua.
 */
#ifndef BIND_RESULT_H
#define BIND_RESULT_H

#include <lua.h>

#include "engine/health.h"
#include "engine/run.h"
#include "stats/judge.h"

struct result_input {
    const struct run *run;
    const struct judge *judge;
    const struct health *health;
};

/* Pushes the table of numbers; call it in protected mode with a light
 * userdata pointing to a result_input.  [-1, +1, m] */
int result_push(lua_State *L);

#endif
