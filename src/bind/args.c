/* args.c - see args.h */
#include "bind/args.h"

#include <lauxlib.h>
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/spell.h"
#include "base/units.h"

int arg_duration(lua_State *L, int idx, int64_t *us)
{
    if (lua_type(L, idx) == LUA_TSTRING) {
        const char *text = lua_tostring(L, idx);
        /* A text needs a unit: "500" could be meant as milliseconds. */
        if (strspn(text, "0123456789.") == strlen(text) &&
            strcmp(text, "0") != 0)
            return -1;
        return parse_duration(text, us);
    }
    if (lua_type(L, idx) != LUA_TNUMBER)
        return -1;
    double s = lua_tonumber(L, idx);
    if (!(s >= 0 && s < 9e12))
        return -1;
    *us = (int64_t)llround(s * US_PER_S);
    return 0;
}

int64_t arg_check_duration(lua_State *L, int arg)
{
    int64_t us;
    if (arg_duration(L, arg, &us) != 0)
        luaL_argerror(L, arg,
                      lua_pushfstring(L,
                                      "expected a duration (seconds, or a "
                                      "text such as \"250ms\"), got %s",
                                      arg_describe(L, arg)));
    return us;
}

const char *arg_describe(lua_State *L, int idx)
{
    switch (lua_type(L, idx)) {
    case LUA_TSTRING:
        if (strlen(lua_tostring(L, idx)) > 60)
            return lua_pushstring(L, "a long string");
        return lua_pushfstring(L, "\"%s\" (a string)", lua_tostring(L, idx));
    case LUA_TNUMBER:
        lua_pushvalue(L, idx); /* tostring would change it in place */
        lua_pushfstring(L, "%s (a number)", lua_tostring(L, -1));
        lua_remove(L, -2);
        return lua_tostring(L, -1);
    case LUA_TBOOLEAN:
        return lua_pushstring(L, lua_toboolean(L, idx) ? "true" : "false");
    case LUA_TNIL:
    case LUA_TNONE:
        return lua_pushstring(L, "nothing");
    default:
        return lua_pushfstring(L, "a %s", luaL_typename(L, idx));
    }
}

const char *arg_text(lua_State *L, int idx, struct arena *a, size_t *len)
{
    const char *text;
    if (lua_type(L, idx) == LUA_TSTRING)
        return lua_tolstring(L, idx, len);
    if (lua_isinteger(L, idx))
        text = arena_printf(a, "%lld", (long long)lua_tointeger(L, idx));
    else
        text = arena_printf(a, "%.14g", lua_tonumber(L, idx));
    *len = strlen(text);
    return text;
}

int arg_unknown(lua_State *L, const char *what, const char *name,
                const char *const *known, size_t n)
{
    const char *near = spell_nearest(name, known, n);
    if (near != NULL)
        return luaL_error(L, "%s%s is not known; did you mean %s?", what, name,
                          near);
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    for (size_t i = 0; i < n; i++) {
        luaL_addstring(&b, i > 0 ? ", " : "");
        luaL_addstring(&b, known[i]);
    }
    luaL_pushresult(&b);
    return luaL_error(L, "%s%s is not known; there are %s", what, name,
                      lua_tostring(L, -1));
}

void arg_list(lua_State *L, int idx, const char *of_what)
{
    idx = lua_absindex(L, idx);
    for (lua_pushnil(L); lua_next(L, idx); lua_pop(L, 1))
        if (lua_type(L, -2) != LUA_TNUMBER) {
            luaL_tolstring(L, -2, NULL);
            luaL_error(L,
                       "expected a list of %s, got one under the name \"%s\""
                       ": answers come in the order of the list",
                       of_what, lua_tostring(L, -1));
        }
}
