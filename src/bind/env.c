/* env.c - see env.h */
#include "bind/env.h"

#include <lauxlib.h>
#include <stdlib.h>

#include "engine/worker.h"

const struct suite_env *env_of(lua_State *L)
{
    return worker_of(L)->hooks->arg;
}

/* What -e did not set.  [-2, +1, m] */
static int l_getenv(lua_State *L)
{
    const char *name = lua_tostring(L, 2);
    lua_pushstring(L, name ? getenv(name) : NULL);
    return 1;
}

void env_push(lua_State *L)
{
    const struct suite_env *env = env_of(L);
    lua_createtable(L, 0, env->nvars);
    for (int i = 0; i < env->nvars; i++) {
        lua_pushstring(L, env->vars[i].value);
        lua_setfield(L, -2, env->vars[i].key);
    }
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, l_getenv);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
}

void env_push_target(lua_State *L)
{
    lua_pushstring(L, env_of(L)->target);
}

void env_push_profile(lua_State *L)
{
    lua_pushstring(L, env_of(L)->profile);
}
