/* stress.h - the module stress: checks, failing, waiting, doing at once. */
#ifndef BIND_STRESS_H
#define BIND_STRESS_H

#include <lua.h>

int luaopen_stress(lua_State *L);

/* math.random of suites, from the seeded generator.  [-2, +1, v] */
int stress_random(lua_State *L);

#endif
