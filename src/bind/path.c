/* path.c - see path.h */
#include "bind/path.h"

#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

#include "bind/json.h"

/* How much of one key is shown. */
enum { KEY_SHOWN = 40 };

bool path_holds(const struct path *at, const void *table)
{
    for (; at != NULL; at = at->up)
        if (at->table == table)
            return true;
    return false;
}

static bool is_name(const char *s, size_t len)
{
    if (len == 0 || len > KEY_SHOWN || (*s >= '0' && *s <= '9'))
        return false;
    for (size_t i = 0; i < len; i++)
        if (!(s[i] == '_' || (s[i] >= '0' && s[i] <= '9') ||
              (s[i] >= 'a' && s[i] <= 'z') || (s[i] >= 'A' && s[i] <= 'Z')))
            return false;
    return true;
}

/* A key may hold anything, but the path is for messages: only UTF-8 without
 * control characters, cut between characters. */
static void string_piece(char *out, size_t size, const char *s, size_t len)
{
    if (is_name(s, len)) {
        snprintf(out, size, ".%.*s", (int)len, s);
        return;
    }
    char shown[KEY_SHOWN];
    size_t n = 0, step;
    for (const char *p = s; p < s + len; p += step) {
        step = json_utf8(p, s + len);
        bool good = step != 0 && (unsigned char)*p >= ' ' && *p != 0x7f;
        if (step == 0)
            step = 1;
        if (n + step > KEY_SHOWN)
            break;
        memcpy(shown + n, good ? p : "?", step);
        n += step;
    }
    snprintf(out, size, "[\"%.*s%s\"]", (int)n, shown, n < len ? "..." : "");
}

/* Only reads the key: lua_tolstring() would turn a number on the stack into
 * a string, and lua_next() would then not find it. */
static void piece(lua_State *L, const struct path *at, char *out, size_t size)
{
    if (at->key == 0) {
        snprintf(out, size, "[%lld]", (long long)at->index);
        return;
    }
    switch (lua_type(L, at->key)) {
    case LUA_TSTRING: {
        size_t len;
        const char *s = lua_tolstring(L, at->key, &len);
        string_piece(out, size, s, len);
        break;
    }
    case LUA_TNUMBER:
        if (lua_isinteger(L, at->key))
            snprintf(out, size, "[%lld]", (long long)lua_tointeger(L, at->key));
        else
            snprintf(out, size, "[%.14g]", (double)lua_tonumber(L, at->key));
        break;
    case LUA_TBOOLEAN:
        snprintf(out, size, "[%s]",
                 lua_toboolean(L, at->key) ? "true" : "false");
        break;
    default:
        snprintf(out, size, "[%s]", luaL_typename(L, at->key));
    }
}

/* The innermost table comes first in the chain, so the text grows from the
 * end of `out` towards its beginning. */
char *path_text(lua_State *L, const struct path *at, const char *root,
                char *out, size_t size)
{
    static const char dots[] = "...";
    char text[KEY_SHOWN + 24];
    size_t from = size - 1;
    out[from] = '\0';
    for (;;) {
        if (at != NULL)
            piece(L, at, text, sizeof text);
        else
            snprintf(text, sizeof text, "%s", root);
        size_t len = strlen(text);
        if (len + sizeof dots > from) {
            from -= strlen(dots);
            memcpy(out + from, dots, strlen(dots));
            break;
        }
        from -= len;
        memcpy(out + from, text, len);
        if (at == NULL)
            break;
        at = at->up;
    }
    if (*root == '\0' && out[from] == '.' && out[from + 1] != '.')
        from++;
    return memmove(out, out + from, size - from);
}
