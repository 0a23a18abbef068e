/* test_copy.c - values from one Lua state to another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "bind/copy.h"
#include "bind/json.h"
#include "sentence.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

static lua_State *new_state(void)
{
    lua_State *L = luaL_newstate();
    luaL_openlibs(L);
    luaL_requiref(L, "json", luaopen_stress_json, 1);
    lua_settop(L, 0);
    return L;
}

/* Pushes the value of a chunk. */
static void eval(lua_State *L, const char *chunk)
{
    if (luaL_dostring(L, chunk) != LUA_OK)
        fail_msg("%s: %s", chunk, lua_tostring(L, -1));
}

/* Copies the value of `made` and has `check`, which knows it as v, say
 * whether it is right. */
static void check_copy(const char *made, const char *check)
{
    struct buf b = { 0 };
    char err[200] = "";
    lua_State *from = new_state(), *to = new_state();
    eval(from, made);
    if (copy_pack(from, 1, &b, "data", err, sizeof err) != 0)
        fail_msg("%s: %s", made, err);
    assert_int_equal(lua_gettop(from), 1);
    lua_close(from);
    copy_unpack(to, b.data, b.len);
    assert_int_equal(lua_gettop(to), 1);
    lua_setglobal(to, "v");
    eval(to, check);
    if (!lua_toboolean(to, -1))
        fail_msg("%s: not %s", made, check);
    lua_close(to);
    buf_free(&b);
}

static void every_scalar_arrives_as_it_was(void **state)
{
    static const struct {
        const char *made, *check;
    } cases[] = {
        { "return nil", "return v == nil" },
        { "return false", "return v == false" },
        { "return true", "return v == true" },
        { "return 0", "return v == 0 and math.type(v) == 'integer'" },
        { "return math.mininteger", "return v == math.mininteger" },
        { "return 1.0", "return v == 1 and math.type(v) == 'float'" },
        { "return -0.0", "return 1 / v == -math.huge" },
        { "return 0/0", "return v ~= v" },
        { "return math.huge", "return v == math.huge" },
        { "return 1 / 3", "return v == 1 / 3" },
        { "return ''", "return v == ''" },
        { "return 'a\\0b\\xff'", "return v == 'a\\0b\\xff'" },
        { "return ('x'):rep(255)", "return v == ('x'):rep(255)" },
        { "return ('x'):rep(256)", "return v == ('x'):rep(256)" },
        { "return ('x\\0'):rep(1e6)", "return v == ('x\\0'):rep(1e6)" },
        { "return json.null", "return v == json.null" },
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        check_copy(cases[i].made, cases[i].check);
}

static void tables_arrive_with_all_their_keys(void **state)
{
    static const struct {
        const char *made, *check;
    } cases[] = {
        { "return {}", "return next(v) == nil and not getmetatable(v)" },
        { "return { 1, 'b', { 3 } }",
          "return #v == 3 and v[1] == 1 and v[2] == 'b' and v[3][1] == 3" },
        { "return { a = 1, ['b\\0'] = { c = 2 } }",
          "return v.a == 1 and v['b\\0'].c == 2" },
        { "return { 1, 2, nil, 4, x = 5, [0] = 6, [-1] = 7, [2^53] = 8 }",
          "return v[1] == 1 and v[2] == 2 and v[3] == nil and v[4] == 4 and "
          "v.x == 5 and v[0] == 6 and v[-1] == 7 and v[1 << 53] == 8" },
        { "return { [true] = 1, [false] = 2, [1.5] = 3, [json.null] = 4 }",
          "return v[true] == 1 and v[false] == 2 and v[1.5] == 3 and "
          "v[json.null] == 4" },
        { "return { [1 << 40] = 1, [math.mininteger] = 2 }",
          "return v[1 << 40] == 1 and v[math.mininteger] == 2" },
        { "local t = {} for i = 1, 10000 do t[i] = i; t['k' .. i] = -i end "
          "return t",
          "for i = 1, 10000 do if v[i] ~= i or v['k' .. i] ~= -i then "
          "return false end end return #v == 10000" },
        { "return { [3] = 'c', [2] = 'b', [1] = 'a', [5] = 'e' }",
          "return table.concat(v, '', 1, 3) == 'abc' and v[5] == 'e'" },
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        check_copy(cases[i].made, cases[i].check);
}

static void the_mark_of_arrays_survives(void **state)
{
    (void)state;
    check_copy("return { a = json.array(), o = {} }",
               "return json.encode(v) == '{\"a\":[],\"o\":{}}'");
    check_copy("return json.decode('[[],[1],null]')",
               "return json.encode(v) == '[[],[1],null]'");
}

static void a_shared_table_becomes_two(void **state)
{
    (void)state;
    check_copy("local t = { 1 } return { t, t, x = { t } }",
               "return v[1] ~= v[2] and v[1][1] == 1 and v[2][1] == 1 and "
               "v.x[1][1] == 1");
}

static void depth_has_a_limit(void **state)
{
    (void)state;
    check_copy("local t = 1 for i = 1, 1000 do t = { t } end return t",
               "local n = 0 while type(v) == 'table' do v = v[1] n = n + 1 "
               "end return n == 1000");
}

static void what_cannot_be_copied_is_named(void **state)
{
    static const struct {
        const char *made, *message;
    } cases[] = {
        { "return print", "data: a function cannot be handed to the workers" },
        { "return { users = { 1, 2, { callback = print } } }",
          "data.users[3].callback: a function cannot be handed to the "
          "workers" },
        { "return { co = coroutine.create(print) }",
          "data.co: a thread cannot be handed to the workers" },
        { "return { file = io.stdout }",
          "data.file: a userdata cannot be handed to the workers" },
        { "local t = { a = {} } t.a.b = { t } return t",
          "data.a.b[1]: a table that contains itself cannot be handed to the "
          "workers" },
        { "return { a = { [{}] = 1 } }",
          "data.a: a table as a key cannot be handed to the workers" },
        { "return { [print] = 1 }",
          "data[function]: a function cannot be handed to the workers" },
        { "return { [1.5] = { [true] = print } }",
          "data[1.5][true]: a function cannot be handed to the workers" },
        { "return { ['two words'] = print }",
          "data[\"two words\"]: a function cannot be handed to the workers" },
        { "return { x = setmetatable({}, {}) }",
          "data.x: a table with a metatable cannot be handed to the workers" },
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buf b = { 0 };
        char err[200] = "";
        lua_State *L = new_state();
        eval(L, cases[i].made);
        buf_adds(&b, "before");
        assert_int_equal(copy_pack(L, -1, &b, "data", err, sizeof err), -1);
        assert_string_equal(err, cases[i].message);
        assert_string_equal(b.data, "before");
        assert_int_equal(b.len, strlen("before"));
        assert_int_equal(lua_gettop(L), 1);
        lua_close(L);
        buf_free(&b);
    }
}

static void one_level_too_deep_is_refused(void **state)
{
    struct buf b = { 0 };
    char err[200] = "";
    lua_State *L = new_state();
    (void)state;
    eval(L, "local t = 1 for i = 1, 1001 do t = { key = t } end return t");
    assert_int_equal(copy_pack(L, 1, &b, "data", err, sizeof err), -1);
    assert_non_null(strstr(err, "...key.key.key"));
    assert_non_null(strstr(err, ": a table nested deeper than 1000 levels"));
    lua_close(L);
    buf_free(&b);
}

static void no_more_than_the_maximum_is_packed(void **state)
{
    lua_State *L = new_state();
    char err[200] = "";
    (void)state;
    eval(L, "return { 1, 2.5, 'abc', ('x'):rep(300), { true, a = 'b' } }");
    struct buf whole = { 0 };
    assert_int_equal(copy_pack(L, 1, &whole, "data", err, sizeof err), 0);
    for (size_t max = 1; max < whole.len; max++) {
        struct buf b = { .max = max };
        assert_int_equal(copy_pack(L, 1, &b, "data", err, sizeof err), -1);
        assert_int_equal(b.len, 0);
        assert_non_null(strstr(err, "bytes cannot be handed"));
        buf_free(&b);
    }
    struct buf b = { .max = whole.len };
    assert_int_equal(copy_pack(L, 1, &b, "data", err, sizeof err), 0);
    assert_memory_equal(b.data, whole.data, whole.len);
    buf_free(&b);
    buf_free(&whole);
    lua_close(L);
}

static void values_follow_one_another_in_a_buffer(void **state)
{
    struct buf b = { 0 };
    char err[200] = "";
    lua_State *L = new_state();
    (void)state;
    lua_pushinteger(L, 1);
    lua_pushliteral(L, "two");
    assert_int_equal(copy_pack(L, 1, &b, "data", err, sizeof err), 0);
    size_t first = b.len;
    assert_int_equal(copy_pack(L, -1, &b, "data", err, sizeof err), 0);
    copy_unpack(L, b.data, first);
    copy_unpack(L, b.data + first, b.len - first);
    assert_int_equal(lua_tointeger(L, 3), 1);
    assert_string_equal(lua_tostring(L, 4), "two");
    lua_close(L);
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T("every scalar arrives as it was", every_scalar_arrives_as_it_was),
        T("tables arrive with all their keys",
          tables_arrive_with_all_their_keys),
        T("the mark of arrays survives", the_mark_of_arrays_survives),
        T("a shared table becomes two", a_shared_table_becomes_two),
        T("depth has a limit", depth_has_a_limit),
        T("what cannot be copied is named with its path",
          what_cannot_be_copied_is_named),
        T("one level too deep is refused", one_level_too_deep_is_refused),
        T("no more than the maximum is packed",
          no_more_than_the_maximum_is_packed),
        T("values follow one another in a buffer",
          values_follow_one_another_in_a_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
