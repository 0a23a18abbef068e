/* fuzz_json.c - any text: what is read must be written as text that reads as
 * the same value, and must survive a copy; what is refused needs a message. */
#include <lauxlib.h>
#include <lua.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "bind/copy.h"
#include "bind/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int true_)
{
    if (!true_)
        abort();
}

/* Reads and writes again the text on top of the stack. */
static void again(lua_State *L, const char *indent)
{
    size_t len;
    const char *text = lua_tolstring(L, -1, &len);
    must(json_decode(L, text, len) == 1);
    json_encode(L, -1, indent);
}

static void copy(lua_State *L, int idx)
{
    struct buf b = { 0 };
    char err[300];
    must(copy_pack(L, idx, &b, "data", err, sizeof err) == 0);
    copy_unpack(L, b.data, b.len);
    buf_free(&b);
}

/* Equal values give equal text, as keys are sorted. */
static void check_value(lua_State *L)
{
    json_encode(L, 1, NULL);
    again(L, NULL);
    must(lua_rawequal(L, 2, -1));
    again(L, " ");
    again(L, NULL);
    must(lua_rawequal(L, 2, -1));
    copy(L, 1);
    json_encode(L, -1, NULL);
    must(lua_rawequal(L, 2, -1));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static lua_State *L;
    if (L == NULL) {
        L = luaL_newstate();
        must(L != NULL);
    }
    /* A copy of its exact size: the sanitizer sees reads past its end. */
    char *text = malloc(size ? size : 1);
    must(text != NULL);
    memcpy(text, data, size);
    lua_settop(L, 0);
    if (json_decode(L, text, size) == 1) {
        must(lua_gettop(L) == 1);
        check_value(L);
    } else {
        must(lua_gettop(L) == 2 && lua_isnil(L, 1));
        must(strncmp(lua_tostring(L, 2), "line ", 5) == 0);
    }
    free(text);
    return 0;
}
