/* json_encode.c - Lua values to text; see json.h
 *
 * By recursion, at most JSON_DEPTH_MAX deep.  Text and sort room begin in
 * the C frame of json_encode(), which suffices for a typical request, and
 * move to userdata in two fixed stack slots when they must grow: whatever
 * raises, the collector frees them.
 */
#include "bind/json.h"

#include <lauxlib.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bind/json_number.h"
#include "bind/path.h"

enum {
    FIRST_TEXT = 2048,
    FIRST_KEYS = 32,
    INSERTION_MAX = 12,

    /* The pairs of larger objects do not all go onto the Lua stack: open
     * objects of this size, JSON_DEPTH_MAX deep, still fit there. */
    SMALL_OBJECT = 200,
};

/* A key of an open object. */
struct key {
    uint64_t prefix; /* its first bytes, compared as a number */
    const char *text;
    size_t len;
    int at; /* where it is kept, see push_pairs and list_keys */
};

struct encoder {
    lua_State *L;
    char *text;
    size_t len, cap;
    struct key *keys; /* of all open objects, the innermost last */
    size_t nkeys, keys_cap;
    int text_slot, keys_slot;
    const char *indent; /* NULL: all on one line */
    int depth;

    char first_text[FIRST_TEXT];
    struct key first_keys[FIRST_KEYS];
};

static void encode(struct encoder *e, int idx, const struct path *at);

/* Raises "cannot encode items[3]: why". [-0, +0, v] */
__attribute__((format(printf, 3, 4))) static _Noreturn void
fail(struct encoder *e, const struct path *at, const char *why, ...)
{
    char where[PATH_TEXT_MAX];
    lua_State *L = e->L;
    json_need_stack(L, 8);
    va_list ap;
    va_start(ap, why);
    lua_pushvfstring(L, why, ap);
    va_end(ap);
    path_text(L, at, at == NULL ? "the value" : "", where, sizeof where);
    luaL_error(L, "cannot encode %s: %s", where, lua_tostring(L, -1));
    abort();
}

/* ---- text ---- */

/* Twice the size, at least `need`, in userdata that takes the slot. */
static void *grown(lua_State *L, int slot, const void *from, size_t used,
                   size_t *cap, size_t need)
{
    size_t size = *cap * 2 > need ? *cap * 2 : need;
    void *to = lua_newuserdatauv(L, size, 0);
    memcpy(to, from, used);
    lua_replace(L, slot);
    *cap = size;
    return to;
}

/* Where `len` more bytes can be written. [-0, +0, m] */
static inline char *room(struct encoder *e, size_t len)
{
    if (len > e->cap - e->len)
        e->text =
            grown(e->L, e->text_slot, e->text, e->len, &e->cap, e->len + len);
    return e->text + e->len;
}

static inline void put(struct encoder *e, const char *bytes, size_t len)
{
    memcpy(room(e, len), bytes, len);
    e->len += len;
}

static inline void put_char(struct encoder *e, char c)
{
    *room(e, 1) = c;
    e->len++;
}

static void put_line(struct encoder *e)
{
    if (e->indent == NULL)
        return;
    put_char(e, '\n');
    for (int i = 0; i < e->depth; i++)
        put(e, e->indent, strlen(e->indent));
}

/* ---- strings ---- */

static void put_escape(struct encoder *e, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
    const char *found = c != '\0' ? strchr(from, c) : NULL;
    if (found != NULL)
        put(e, (char[]){ '\\', to[found - from] }, 2);
    else
        put(e, (char[]){ '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] }, 6);
}

static void put_string(struct encoder *e, const char *s, size_t len,
                       const struct path *at)
{
    const char *p = s, *end = s + len, *run = s;
    room(e, len + 2);
    put_char(e, '"');
    while (p < end) {
        unsigned char c = (unsigned char)*p;
        if (json_plain[c]) {
            p++;
        } else if (c < 0x80) {
            put(e, run, (size_t)(p - run));
            put_escape(e, c);
            run = ++p;
        } else {
            size_t n = json_utf8(p, end);
            if (n == 0)
                fail(e, at,
                     "byte %d of the string is not valid UTF-8 "
                     "(binary data must be sent as text, such as base64)",
                     (int)(p - s + 1));
            p += n;
        }
    }
    put(e, run, (size_t)(p - run));
    put_char(e, '"');
}

/* ---- scalars ---- */

static void put_number(struct encoder *e, int idx, const struct path *at)
{
    char *out = room(e, JSON_NUMBER_MAX);
    if (lua_isinteger(e->L, idx)) {
        e->len += json_write_integer(out, lua_tointeger(e->L, idx));
        return;
    }
    double value = lua_tonumber(e->L, idx);
    if (!isfinite(value))
        fail(e, at, "JSON has no number for %s",
             isnan(value) ? "nan"
             : value > 0  ? "inf"
                          : "-inf");
    e->len += json_write_double(out, value);
}

static void put_boolean(struct encoder *e, bool value)
{
    if (value)
        put(e, "true", 4);
    else
        put(e, "false", 5);
}

/* ---- arrays ---- */

/* The value at the top of the stack is a key that fits neither. */
static _Noreturn void bad_key(struct encoder *e, const struct path *at)
{
    char key[PATH_TEXT_MAX];
    struct path one = { .key = lua_gettop(e->L) };
    path_text(e->L, &one, "", key, sizeof key);
    fail(e, at, "its keys must be all strings or all of 1 to n, and one is %s",
         key);
}

static _Noreturn void hole(struct encoder *e, int t, struct path *here)
{
    here->index = 1;
    while (lua_rawgeti(e->L, t, here->index) != LUA_TNIL) {
        lua_pop(e->L, 1);
        here->index++;
    }
    fail(e, here, "a hole in an array (json.null can fill it)");
}

/* Makes sure that all keys are 1 to n. [-0, +0, v] */
static lua_Integer array_length(struct encoder *e, int t, struct path *here)
{
    lua_State *L = e->L;
    lua_Integer n = (lua_Integer)lua_rawlen(L, t), count = 0;
    bool outside = false;
    lua_pushnil(L);
    while (lua_next(L, t)) {
        lua_pop(L, 1);
        if (!lua_isinteger(L, -1) || lua_tointeger(L, -1) < 1)
            bad_key(e, here->up);
        outside |= lua_tointeger(L, -1) > n;
        count++;
    }
    if (outside || count != n)
        hole(e, t, here);
    return n;
}

static void encode_array(struct encoder *e, int t, struct path *here)
{
    lua_Integer n = array_length(e, t, here);
    if (n == 0) {
        put(e, "[]", 2);
        return;
    }
    put_char(e, '[');
    e->depth++;
    for (lua_Integer i = 1; i <= n; i++) {
        if (i > 1)
            put_char(e, ',');
        put_line(e);
        here->index = i;
        lua_rawgeti(e->L, t, i);
        encode(e, lua_gettop(e->L), here);
        lua_pop(e->L, 1);
    }
    e->depth--;
    put_line(e);
    put_char(e, ']');
}

/* ---- objects ---- */

/* The order of the numbers is that of the first 8 bytes. */
static uint64_t key_prefix(const char *s, size_t len)
{
    uint64_t prefix = 0;
    size_t n = len < 8 ? len : 8;
    /* cppcheck takes n for 0. */
    /* cppcheck-suppress knownConditionTrueFalse */
    for (size_t i = 0; i < n; i++)
        prefix |= (uint64_t)(unsigned char)s[i] << (56 - 8 * i);
    return prefix;
}

static int compare_keys(const void *x, const void *y)
{
    const struct key *a = x, *b = y;
    if (a->prefix != b->prefix)
        return a->prefix < b->prefix ? -1 : 1;
    size_t len = a->len < b->len ? a->len : b->len;
    int order = memcmp(a->text, b->text, len);
    return order != 0 ? order : (a->len > b->len) - (a->len < b->len);
}

static void sort_keys(struct key *keys, size_t n)
{
    if (n > INSERTION_MAX) {
        qsort(keys, n, sizeof *keys, compare_keys);
        return;
    }
    for (size_t i = 1; i < n; i++) {
        struct key key = keys[i];
        size_t j = i;
        for (; j > 0 && compare_keys(&keys[j - 1], &key) > 0; j--)
            keys[j] = keys[j - 1];
        keys[j] = key;
    }
}

/* Notes the key at the top of the stack, which the caller keeps alive. */
static void add_key(struct encoder *e, int at, const struct path *here)
{
    if (lua_type(e->L, -1) != LUA_TSTRING)
        bad_key(e, here->up);
    if (e->nkeys == e->keys_cap) {
        size_t size = e->keys_cap * sizeof *e->keys;
        e->keys = grown(e->L, e->keys_slot, e->keys, size, &size, 0);
        e->keys_cap = size / sizeof *e->keys;
    }
    struct key *key = &e->keys[e->nkeys++];
    key->text = lua_tolstring(e->L, -1, &key->len);
    key->prefix = key_prefix(key->text, key->len);
    key->at = at;
}

/* Leaves all pairs of the table on the stack, each key with its value above
 * it and its own stack index in `at`.  False, and leaves nothing, if there
 * are more than SMALL_OBJECT. [-0, +2n, v] */
static bool push_pairs(struct encoder *e, int t, const struct path *here)
{
    lua_State *L = e->L;
    int base = lua_gettop(L);
    size_t first = e->nkeys;
    lua_pushnil(L);
    while (lua_next(L, t)) {
        if (e->nkeys - first == SMALL_OBJECT) {
            lua_settop(L, base);
            e->nkeys = first;
            return false;
        }
        json_need_stack(L, 8);
        lua_pushvalue(L, -2);
        add_key(e, lua_gettop(L) - 2, here);
    }
    return true;
}

/* Pushes an array of all keys, each with its place there in `at`.
 * [-0, +1, v] */
static void list_keys(struct encoder *e, int t, const struct path *here)
{
    lua_State *L = e->L;
    int n = 0;
    lua_newtable(L);
    lua_pushnil(L);
    while (lua_next(L, t)) {
        lua_pop(L, 1);
        add_key(e, ++n, here);
        lua_pushvalue(L, -1);
        lua_rawseti(L, -3, n);
    }
}

/* The key is on the stack at here->key, its value at `value`. */
static void encode_pair(struct encoder *e, const struct key *key, int value,
                        const struct path *here, bool first)
{
    if (!first)
        put_char(e, ',');
    put_line(e);
    put_string(e, key->text, key->len, here);
    put_char(e, ':');
    if (e->indent != NULL)
        put_char(e, ' ');
    encode(e, value, here);
}

static void encode_small(struct encoder *e, size_t first, struct path *here)
{
    size_t end = e->nkeys;
    sort_keys(e->keys + first, end - first);
    for (size_t i = first; i < end; i++) {
        struct key key = e->keys[i];
        here->key = key.at;
        encode_pair(e, &key, key.at + 1, here, i == first);
    }
}

static void encode_large(struct encoder *e, int t, struct path *here)
{
    lua_State *L = e->L;
    size_t first = e->nkeys;
    list_keys(e, t, here);
    size_t end = e->nkeys;
    sort_keys(e->keys + first, end - first);
    int list = lua_gettop(L);
    for (size_t i = first; i < end; i++) {
        struct key key = e->keys[i];
        lua_rawgeti(L, list, key.at);
        here->key = list + 1;
        lua_pushvalue(L, here->key);
        lua_rawget(L, t);
        encode_pair(e, &key, list + 2, here, i == first);
        lua_settop(L, list);
    }
}

static void encode_object(struct encoder *e, int t, struct path *here)
{
    size_t first = e->nkeys;
    int top = lua_gettop(e->L);
    put_char(e, '{');
    e->depth++;
    if (push_pairs(e, t, here))
        encode_small(e, first, here);
    else
        encode_large(e, t, here);
    lua_settop(e->L, top);
    e->nkeys = first;
    e->depth--;
    put_line(e);
    put_char(e, '}');
}

/* ---- values ---- */

/* What kind of table is it?  One key tells, as a mixed table is an error in
 * either case. [-0, +0, v] */
static void encode_table(struct encoder *e, int t, const struct path *at)
{
    lua_State *L = e->L;
    struct path here = { .up = at, .table = lua_topointer(L, t) };
    if (e->depth == JSON_DEPTH_MAX)
        fail(e, at, "nested deeper than %d levels", JSON_DEPTH_MAX);
    if (path_holds(at, here.table))
        fail(e, at, "the table contains itself");
    json_need_stack(L, 8);
    if (json_is_array(L, t)) {
        encode_array(e, t, &here);
        return;
    }
    lua_pushnil(L);
    if (!lua_next(L, t)) {
        put(e, "{}", 2);
        return;
    }
    bool object = lua_type(L, -2) == LUA_TSTRING;
    lua_pop(L, 2);
    if (object)
        encode_object(e, t, &here);
    else
        encode_array(e, t, &here);
}

/* [-0, +0, v] */
static void encode(struct encoder *e, int idx, const struct path *at)
{
    lua_State *L = e->L;
    size_t len;
    const char *s;
    switch (lua_type(L, idx)) {
    case LUA_TBOOLEAN:
        put_boolean(e, lua_toboolean(L, idx));
        break;
    case LUA_TNUMBER:
        put_number(e, idx, at);
        break;
    case LUA_TSTRING:
        s = lua_tolstring(L, idx, &len);
        put_string(e, s, len, at);
        break;
    case LUA_TTABLE:
        encode_table(e, idx, at);
        break;
    case LUA_TNIL:
        fail(e, at, "nil has no JSON form (json.null has)");
    default:
        if (!json_is_null(L, idx))
            fail(e, at, "a %s has no JSON form", luaL_typename(L, idx));
        put(e, "null", 4);
    }
}

void json_encode(lua_State *L, int idx, const char *indent)
{
    struct encoder e = {
        .L = L,
        .cap = FIRST_TEXT,
        .keys_cap = FIRST_KEYS,
        .indent = indent,
    };
    e.text = e.first_text;
    e.keys = e.first_keys;
    idx = lua_absindex(L, idx);
    json_need_stack(L, 8);
    lua_pushnil(L);
    lua_pushnil(L);
    e.keys_slot = lua_gettop(L);
    e.text_slot = e.keys_slot - 1;
    encode(&e, idx, NULL);
    lua_pushlstring(L, e.text, e.len);
    lua_replace(L, e.text_slot);
    lua_settop(L, e.text_slot);
}
