/* test_json_oom.c - JSON and copies where memory ends.
 *
 * The allocator of the Lua state refuses request n and all later ones, for
 * n = 0, 1, 2... until all goes well.  Whatever is refused must end in Lua's
 * memory error, leave the state usable and leak nothing; the sanitizer sees
 * to what is not Lua's own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <lauxlib.h>
#include <lua.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "bind/copy.h"
#include "bind/json.h"
#include "sentence.h"

struct memory {
    size_t live;  /* bytes not given back */
    long left;    /* requests until all are refused; -1: never */
    bool hard;    /* refuse every request once */
    bool refused; /* the last request was, in hard mode */
};

static void *allocate(void *ud, void *p, size_t old, size_t size)
{
    struct memory *m = ud;
    if (p == NULL)
        old = 0;
    if (size > old) {
        if (m->left == 0)
            return NULL;
        if (m->left > 0)
            m->left--;
        if (m->hard) {
            m->refused = !m->refused;
            if (m->refused)
                return NULL;
        }
    }
    m->live += size - old;
    if (size == 0) {
        free(p);
        return NULL;
    }
    return realloc(p, size);
}

/* All that makes the code ask for memory: escapes longer than the small
 * buffer, text longer than the first one, many keys, one object too large
 * for the stack, depth. */
static char *document(void)
{
    struct buf b = { 0 };
    buf_adds(&b, "{\"empty\":[],\"null\":null,\"long\":\"");
    for (int i = 0; i < 300; i++)
        buf_adds(&b, "\\u00e9\\n");
    buf_adds(&b, "\",\"deep\":");
    for (int i = 0; i < 60; i++)
        buf_adds(&b, i % 2 ? "[" : "{\"k\":");
    buf_adds(&b, "1.5");
    for (int i = 60; i-- > 0;)
        buf_adds(&b, i % 2 ? "]" : "}");
    for (int i = 0; i < 2; i++) {
        buf_addf(&b, ",\"object %d\":{", i);
        for (int k = 0; k < (i ? 250 : 40); k++)
            buf_addf(&b, "%s\"key %d\":%d", k ? "," : "", k, k);
        buf_adds(&b, "}");
    }
    buf_adds(&b, ",\"array\":[0");
    for (int i = 1; i < 100; i++)
        buf_addf(&b, ",%d.25", i);
    buf_adds(&b, "]}");
    return buf_detach(&b);
}

static lua_State *new_state(struct memory *m)
{
    *m = (struct memory){ .left = -1 };
    lua_State *L = lua_newstate(allocate, m);
    assert_non_null(L);
    return L;
}

static void close_state(lua_State *L, struct memory *m)
{
    lua_close(L);
    assert_int_equal(m->live, 0);
}

/* What is called under failing memory; it takes and gives what it likes. */
static int open_module(lua_State *L)
{
    return luaopen_stress_json(L);
}

static int decode_text(lua_State *L)
{
    size_t len;
    const char *text = luaL_checklstring(L, 1, &len);
    return json_decode(L, text, len);
}

static int encode_value(lua_State *L)
{
    json_encode(L, 1, lua_tostring(L, 2));
    return 1;
}

static int unpack_value(lua_State *L)
{
    const struct buf *b = lua_touserdata(L, 1);
    copy_unpack(L, b->data, b->len);
    return 1;
}

/* Calls fn(value at index 1, value at index 2) under ever more memory;
 * leaves its first result on the stack.  Returns how often it failed. */
static long walk(lua_State *L, struct memory *m, lua_CFunction fn)
{
    for (long n = 0;; n++) {
        lua_settop(L, 2);
        lua_gc(L, LUA_GCCOLLECT, 0);
        lua_pushcfunction(L, fn);
        lua_pushvalue(L, 1);
        lua_pushvalue(L, 2);
        m->left = n;
        int status = lua_pcall(L, 2, 1, 0);
        m->left = -1;
        if (status == LUA_OK)
            return n;
        assert_int_equal(status, LUA_ERRMEM);
        assert_string_equal(lua_tostring(L, -1), "not enough memory");
    }
}

static void run(lua_State *L, lua_CFunction fn, int nargs)
{
    lua_pushcfunction(L, fn);
    lua_insert(L, -1 - nargs);
    assert_int_equal(lua_pcall(L, nargs, 1, 0), LUA_OK);
}

static void opening_fails_with_a_memory_error(void **state)
{
    struct memory m;
    lua_State *L = new_state(&m);
    (void)state;
    lua_settop(L, 2);
    assert_true(walk(L, &m, open_module) > 5);
    assert_int_equal(lua_type(L, -1), LUA_TTABLE);
    close_state(L, &m);
}

static void decoding_fails_with_a_memory_error(void **state)
{
    struct memory m;
    lua_State *L = new_state(&m);
    char *text = document();
    (void)state;
    lua_pushstring(L, text);
    lua_pushnil(L);
    assert_true(walk(L, &m, decode_text) > 300);
    run(L, encode_value, 1);
    lua_pushvalue(L, -1);
    run(L, decode_text, 1);
    run(L, encode_value, 1);
    assert_true(lua_rawequal(L, -1, -2));
    close_state(L, &m);
    free(text);
}

static void a_refused_text_fails_with_a_memory_error(void **state)
{
    struct memory m;
    lua_State *L = new_state(&m);
    (void)state;
    lua_pushliteral(L, "{\"an array\":[1,2,{\"key\":1.5 \"\xc3\xa9\"}]}");
    lua_pushnil(L);
    assert_true(walk(L, &m, decode_text) > 2);
    assert_int_equal(lua_type(L, -1), LUA_TNIL);
    close_state(L, &m);
}

static void encode_under(const char *indent)
{
    struct memory m;
    lua_State *L = new_state(&m);
    char *text = document();
    lua_pushstring(L, text);
    run(L, decode_text, 1);
    lua_pushstring(L, indent);
    assert_true(walk(L, &m, encode_value) > 10);
    run(L, decode_text, 1);
    run(L, encode_value, 1);
    lua_pushvalue(L, 1);
    run(L, encode_value, 1);
    assert_true(lua_rawequal(L, -1, -2));
    close_state(L, &m);
    free(text);
}

static void encoding_fails_with_a_memory_error(void **state)
{
    (void)state;
    encode_under(NULL);
    encode_under("  ");
}

static void unpacking_fails_with_a_memory_error(void **state)
{
    struct memory m;
    struct buf b = { 0 };
    char err[200];
    lua_State *L = new_state(&m);
    char *text = document();
    (void)state;
    lua_pushstring(L, text);
    run(L, decode_text, 1);
    assert_int_equal(copy_pack(L, -1, &b, "data", err, sizeof err), 0);
    run(L, encode_value, 1);
    lua_pushlightuserdata(L, &b);
    lua_insert(L, 1);
    lua_settop(L, 2);
    assert_true(walk(L, &m, unpack_value) > 300);
    run(L, encode_value, 1);
    assert_true(lua_rawequal(L, -1, 2));
    close_state(L, &m);
    buf_free(&b);
    free(text);
}

/* Packing raises nothing: it is called outside a protected call here. */
static void packing_without_memory_is_refused(void **state)
{
    struct memory m;
    struct buf b = { 0 };
    char err[200];
    int failures = 0;
    lua_State *L = new_state(&m);
    char *text = document();
    (void)state;
    for (long n = 0;; n++) {
        lua_settop(L, 0);
        lua_gc(L, LUA_GCCOLLECT, 0);
        lua_pushstring(L, text);
        run(L, decode_text, 1);
        lua_gc(L, LUA_GCCOLLECT, 0); /* this makes the stack small again */
        m.left = n;
        int rc = copy_pack(L, -1, &b, "data", err, sizeof err);
        m.left = -1;
        assert_int_equal(lua_gettop(L), 1);
        if (rc == 0)
            break;
        failures++;
        assert_int_equal(b.len, 0);
        assert_non_null(strstr(err, "memory"));
    }
    assert_true(failures > 0);
    close_state(L, &m);
    buf_free(&b);
    free(text);
}

static void a_collection_at_every_request_harms_nothing(void **state)
{
    struct memory m;
    struct buf b = { 0 };
    char err[200];
    lua_State *L = new_state(&m);
    char *text = document();
    (void)state;
    m.hard = true;
    run(L, open_module, 0);
    lua_pushstring(L, text);
    run(L, decode_text, 1);
    assert_int_equal(copy_pack(L, -1, &b, "data", err, sizeof err), 0);
    run(L, encode_value, 1);
    lua_pushlightuserdata(L, &b);
    run(L, unpack_value, 1);
    run(L, encode_value, 1);
    assert_true(lua_rawequal(L, -1, -2));
    lua_pushliteral(L, "[1,2");
    run(L, decode_text, 1);
    assert_true(lua_isnil(L, -1));
    m.hard = false;
    close_state(L, &m);
    buf_free(&b);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T("opening the module fails with a memory error",
          opening_fails_with_a_memory_error),
        T("decoding fails with a memory error",
          decoding_fails_with_a_memory_error),
        T("a refused text fails with a memory error",
          a_refused_text_fails_with_a_memory_error),
        T("encoding fails with a memory error",
          encoding_fails_with_a_memory_error),
        T("unpacking fails with a memory error",
          unpacking_fails_with_a_memory_error),
        T("packing without memory is refused",
          packing_without_memory_is_refused),
        T("a collection at every request harms nothing",
          a_collection_at_every_request_harms_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
