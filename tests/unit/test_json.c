/* test_json.c - reading JSON from C: bytes before a page without access, the
 * stack, the locale.  What it reads and writes: tests/lua/test_json.lua. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <lauxlib.h>
#include <locale.h>
#include <lua.h>
#include <stdio.h>
#include <string.h>

#include "bind/json.h"
#include "bind/json_number.h"
#include "guard.h"
#include "sentence.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

/* What stands in a text of the length of each prefix, decoded. */
static int decode_guarded(lua_State *L, struct guard *g, const char *text,
                          size_t len)
{
    lua_settop(L, 0);
    int n = json_decode(L, guard_bytes(g, text, len), len);
    assert_int_equal(lua_gettop(L), n);
    return n;
}

static void no_byte_past_the_end_is_read(void **state)
{
    static const char *const texts[] = {
        "{\"a\":[1,-2.5e+10,true,false,null],\"b\\u00e9\":\"\\ud83d\\ude00\"}",
        "[\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80 plain text and more\"]",
        " [ [ ] , { } , \"\" , 0.125 , 1E-7 , 12345678901234567890 ] ",
        "[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\\xc3\xa9\"]",
        "\xef\xbb\xbf[]",
        "[\"\xf0\x9f\x98\"]",
        "[nullx, truex]",
        "[- 1]",
        "[0.]",
        "[1e]",
    };
    struct guard g = guard_open(4096);
    lua_State *L = luaL_newstate();
    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        for (size_t len = 0; len <= strlen(texts[i]); len++)
            decode_guarded(L, &g, texts[i], len);
    lua_close(L);
    guard_close(&g);
}

static void numbers_may_end_with_the_text(void **state)
{
    static const char *const texts[] = {
        "0",
        "-0",
        "12",
        "1.5",
        "1e5",
        "1E+5",
        "9223372036854775808",
        "0.1234567890123456789",
    };
    struct guard g = guard_open(4096);
    lua_State *L = luaL_newstate();
    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        assert_int_equal(decode_guarded(L, &g, texts[i], strlen(texts[i])), 1);
        assert_int_equal(lua_type(L, 1), LUA_TNUMBER);
    }
    lua_close(L);
    guard_close(&g);
}

/* Each pair of bytes in a string, and in place of a value. */
static void any_two_bytes_are_read_or_refused(void **state)
{
    struct guard g = guard_open(64);
    lua_State *L = luaL_newstate();
    (void)state;
    for (int i = 0; i < 0x10000; i++) {
        char pair[] = { (char)(i >> 8), (char)i };
        char text[] = { '"', pair[0], pair[1], '"' };
        decode_guarded(L, &g, pair, sizeof pair);
        decode_guarded(L, &g, text, sizeof text);
        decode_guarded(L, &g, text, sizeof text - 1);
    }
    lua_close(L);
    guard_close(&g);
}

static void what_is_below_on_the_stack_stays(void **state)
{
    lua_State *L = luaL_newstate();
    (void)state;
    lua_pushinteger(L, 42);
    assert_int_equal(json_decode(L, "[1,{\"a\":[2]}]", 13), 1);
    assert_int_equal(json_decode(L, "[1,{\"a\":[2}]", 12), 2);
    json_encode(L, 2, NULL);
    assert_int_equal(lua_gettop(L), 5);
    assert_int_equal(lua_tointeger(L, 1), 42);
    assert_string_equal(lua_tostring(L, 4), "line 1, column 11 (byte 11): "
                                            "expected ',' or ']', got '}'");
    assert_string_equal(lua_tostring(L, 5), "[1,{\"a\":[2]}]");
    lua_close(L);
}

static void null_and_the_mark_need_no_module(void **state)
{
    lua_State *L = luaL_newstate();
    (void)state;
    json_push_null(L);
    assert_true(json_is_null(L, 1));
    lua_pushlightuserdata(L, L);
    assert_false(json_is_null(L, 2));
    lua_newtable(L);
    assert_false(json_is_array(L, 3));
    json_mark_array(L, 3);
    assert_true(json_is_array(L, 3));
    lua_newtable(L);
    lua_newtable(L);
    lua_setmetatable(L, 4);
    assert_false(json_is_array(L, 4));
    assert_int_equal(lua_gettop(L), 4);
    lua_close(L);
}

static void check_number(double value, const char *text)
{
    char out[JSON_NUMBER_MAX];
    size_t n = json_write_double(out, value);
    assert_true(n <= sizeof out);
    assert_int_equal(n, strlen(text));
    assert_memory_equal(out, text, n);
    double back = json_read_double(out, out + n);
    assert_memory_equal(&back, &value, sizeof back);
}

static void check_numbers(void)
{
    check_number(0.5, "0.5");
    check_number(-0.0, "-0.0");
    check_number(1e-7, "1e-7");
    check_number(1234.5e-9, "1.2345e-6");
    check_number(-1.0 / 3, "-0.3333333333333333");
    check_number(-2.2250738585072014e-308, "-2.2250738585072014e-308");
    check_number(-1.7976931348623157e308, "-1.7976931348623157e308");
}

static void numbers_are_the_same_in_any_locale(void **state)
{
    static const char *const locales[] = {
        "C", "de_DE.UTF-8", "fr_FR.UTF-8", "ps_AF.UTF-8", "fa_IR.UTF-8",
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(locales); i++)
        if (setlocale(LC_NUMERIC, locales[i]) != NULL)
            check_numbers();
    setlocale(LC_NUMERIC, "C");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T("no byte past the end is read", no_byte_past_the_end_is_read),
        T("numbers may end with the text", numbers_may_end_with_the_text),
        T("any two bytes are read or refused",
          any_two_bytes_are_read_or_refused),
        T("what is below on the stack stays", what_is_below_on_the_stack_stays),
        T("null and the mark of arrays need no module",
          null_and_the_mark_need_no_module),
        T("numbers are the same in any locale",
          numbers_are_the_same_in_any_locale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
