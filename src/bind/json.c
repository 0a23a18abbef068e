/* json.c - the module table, json.null and the mark of arrays; see json.h */
#include "bind/json.h"

#include <lauxlib.h>
#include <string.h>

/* Addresses of these are names: of json.null, and of the arrays' metatable
 * in the registry. */
static char null_value;
static char array_key;

const unsigned char json_plain[256] = {
    [' ' ... '!'] = 1,
    ['#' ... '['] = 1,
    [']' ... 0x7f] = 1,
};

void json_push_null(lua_State *L)
{
    lua_pushlightuserdata(L, &null_value);
}

bool json_is_null(lua_State *L, int idx)
{
    return lua_type(L, idx) == LUA_TLIGHTUSERDATA &&
           lua_touserdata(L, idx) == &null_value;
}

/* The metatable is protected: all arrays of the state share it, those of
 * different users too. */
static void push_array_meta(lua_State *L)
{
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &array_key) == LUA_TTABLE)
        return;
    lua_pop(L, 1);
    lua_createtable(L, 0, 1);
    lua_pushliteral(L, "json.array");
    lua_setfield(L, -2, "__metatable");
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &array_key);
}

void json_mark_array(lua_State *L, int idx)
{
    idx = lua_absindex(L, idx);
    push_array_meta(L);
    lua_setmetatable(L, idx);
}

bool json_is_array(lua_State *L, int idx)
{
    if (!lua_getmetatable(L, idx))
        return false;
    lua_rawgetp(L, LUA_REGISTRYINDEX, &array_key);
    bool same = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
    return same;
}

static bool continues(const char *p, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (((unsigned char)p[i] & 0xc0) != 0x80)
            return false;
    return true;
}

size_t json_utf8(const char *p, const char *end)
{
    unsigned char first = (unsigned char)*p;
    if (first < 0x80)
        return 1;
    size_t n = first < 0xc2   ? 0
               : first < 0xe0 ? 2
               : first < 0xf0 ? 3
               : first < 0xf5 ? 4
                              : 0;
    if (n == 0 || (size_t)(end - p) < n || !continues(p, n))
        return 0;
    unsigned char second = (unsigned char)p[1];
    if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
        (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f))
        return 0;
    return n;
}

void json_need_stack(lua_State *L, int n)
{
    if (lua_checkstack(L, n))
        return;
    /* Lua makes its memory error of this very string. */
    lua_pushliteral(L, "not enough memory");
    lua_error(L);
}

/* json.decode(text) -> value | nil, message    [-1, +1|2, v] */
static int l_decode(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TSTRING);
    size_t len;
    const char *text = lua_tolstring(L, 1, &len);
    return json_decode(L, text, len);
}

/* The indent of the options at `arg`, or NULL. [-0, +0, v] */
static const char *check_options(lua_State *L, int arg)
{
    if (lua_isnoneornil(L, arg))
        return NULL;
    luaL_checktype(L, arg, LUA_TTABLE);
    const char *indent = NULL;
    lua_pushnil(L);
    while (lua_next(L, arg)) {
        if (lua_type(L, -2) != LUA_TSTRING ||
            strcmp(lua_tostring(L, -2), "indent") != 0)
            luaL_argerror(L, arg, "the only option is 'indent'");
        size_t len = 0;
        if (lua_type(L, -1) == LUA_TSTRING)
            indent = lua_tolstring(L, -1, &len);
        if (indent == NULL || strspn(indent, " \t") != len)
            luaL_argerror(L, arg, "'indent' must be spaces or tabs");
        lua_pop(L, 1);
    }
    return indent;
}

/* json.encode(value, opts?) -> text    [-1|2, +1, v] */
static int l_encode(lua_State *L)
{
    luaL_checkany(L, 1);
    json_encode(L, 1, check_options(L, 2));
    return 1;
}

/* json.array(t?) -> t    [-0|1, +1, v] */
static int l_array(lua_State *L)
{
    if (lua_isnoneornil(L, 1)) {
        lua_settop(L, 0);
        lua_newtable(L);
    }
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    if (lua_getmetatable(L, 1) && !json_is_array(L, 1))
        luaL_argerror(L, 1, "the table has another metatable");
    json_mark_array(L, 1);
    lua_settop(L, 1);
    return 1;
}

/* tostring(json.null) -> "null"    [-1, +1, m] */
static int l_tostring(lua_State *L)
{
    lua_pushstring(L, json_is_null(L, 1) ? "null" : "userdata");
    return 1;
}

/* [-0, +0, m] */
static void set_null_meta(lua_State *L)
{
    json_push_null(L);
    lua_createtable(L, 0, 3);
    lua_pushcfunction(L, l_tostring);
    lua_setfield(L, -2, "__tostring");
    lua_pushliteral(L, "null");
    lua_setfield(L, -2, "__name");
    lua_pushliteral(L, "null");
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
    lua_pop(L, 1);
}

int luaopen_stress_json(lua_State *L)
{
    static const luaL_Reg functions[] = {
        { "array", l_array },
        { "decode", l_decode },
        { "encode", l_encode },
        { NULL, NULL },
    };
    set_null_meta(L);
    luaL_newlib(L, functions);
    json_push_null(L);
    lua_setfield(L, -2, "null");
    return 1;
}
