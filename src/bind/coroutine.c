/* coroutine.c - see coroutine.h */
#include "bind/coroutine.h"

#include <lauxlib.h>

#include "engine/vu.h"

static lua_State *check_coroutine(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTHREAD);
    return lua_tothread(L, 1);
}

/* Resumes with the nargs values on top.  The results are pushed and their
 * number returned; or -1, and the error. [-nargs, +*, v] */
static int resume(lua_State *L, lua_State *co, int nargs)
{
    int nresults;
    if (!lua_checkstack(co, nargs)) {
        lua_pushliteral(L, "too many arguments to resume");
        return -1;
    }
    lua_xmove(L, co, nargs);
    int status = own_resume(L, co, nargs, &nresults);
    if (status != LUA_OK && status != LUA_YIELD) {
        lua_xmove(co, L, 1);
        return -1;
    }
    if (!lua_checkstack(L, nresults + 1)) {
        lua_pop(co, nresults);
        lua_pushliteral(L, "too many results to resume");
        return -1;
    }
    lua_xmove(co, L, nresults);
    return nresults;
}

/* coroutine.resume(co, ...) -> true, ... | false, error    [-n, +*, v] */
static int l_resume(lua_State *L)
{
    lua_State *co = check_coroutine(L);
    int n = resume(L, co, lua_gettop(L) - 1);
    lua_pushboolean(L, n >= 0);
    if (n < 0)
        n = 1;
    lua_insert(L, -(n + 1));
    return n + 1;
}

/* The error on top, raised anew: texts get the caller's place, and what has
 * failed is closed. */
static int raise_from(lua_State *L, lua_State *co) /* [-1, +0, v] */
{
    int status = lua_status(co);
    if (status != LUA_OK && status != LUA_YIELD) {
        status = own_close(L, co);
        lua_xmove(co, L, 1);
    }
    if (status != LUA_ERRMEM && lua_type(L, -1) == LUA_TSTRING) {
        luaL_where(L, 1);
        lua_insert(L, -2);
        lua_concat(L, 2);
    }
    return lua_error(L);
}

/* What coroutine.wrap returned: (...) -> ...    [-n, +*, v] */
static int l_wrapped(lua_State *L)
{
    lua_State *co = lua_tothread(L, lua_upvalueindex(1));
    int n = resume(L, co, lua_gettop(L));
    return n >= 0 ? n : raise_from(L, co);
}

/* coroutine.wrap(fn) -> function    [-1, +1, v] */
static int l_wrap(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_State *co = lua_newthread(L);
    lua_pushvalue(L, 1);
    lua_xmove(L, co, 1);
    lua_pushcclosure(L, l_wrapped, 1);
    return 1;
}

/* "running", "normal", or NULL for one that may be closed. */
static const char *why_not_closed(lua_State *L, lua_State *co)
{
    lua_Debug ar;
    if (co == L)
        return "running";
    if (lua_status(co) == LUA_OK && lua_getstack(co, 0, &ar))
        return "normal";
    return NULL;
}

/* coroutine.close(co) -> true | false, error    [-1, +1|2, v] */
static int l_close(lua_State *L)
{
    lua_State *co = check_coroutine(L);
    const char *reason = why_not_closed(L, co);
    if (reason != NULL)
        return luaL_error(L, "cannot close a %s coroutine", reason);
    if (own_close(L, co) == LUA_OK) {
        lua_pushboolean(L, 1);
        return 1;
    }
    lua_pushboolean(L, 0);
    lua_xmove(co, L, 1);
    return 2;
}

void coroutine_install(lua_State *L)
{
    static const luaL_Reg functions[] = {
        { "resume", l_resume },
        { "wrap", l_wrap },
        { "close", l_close },
        { NULL, NULL },
    };
    lua_getglobal(L, "coroutine");
    luaL_setfuncs(L, functions, 0);
    lua_pop(L, 1);
}
