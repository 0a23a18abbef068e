/* json_decode.c - text to Lua values; see json.h
 *
 * One pass by recursive descent, at most JSON_DEPTH_MAX deep.  A parse_*
 * function finds d->p at the first byte of its construct, and either pushes
 * one value, leaves d->p after it and returns 0, or notes what is wrong and
 * returns -1; the stack is tidied once, at the outermost level.
 *
 * Items wait on the Lua stack until their table is complete or PENDING_MAX
 * of them have come, so that a small table is made in its final size.  It is
 * a third faster than adding to an empty table, which Lua resizes for items
 * 1, 2, 3, 5 and 9.
 */
#include "bind/json.h"

#include <float.h>
#include <lauxlib.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "bind/json_number.h"

enum { PENDING_MAX = 16, SMALL_STRING = 512 };

struct decoder {
    lua_State *L;
    const char *start, *p, *end;
    int depth;
    int scratch_slot; /* stack index of a userdata, nil while not needed */
    size_t scratch_size;

    /* The first error. */
    const char *message;
    const char *at;
    bool expected; /* the message names what was expected there */

    char small[SMALL_STRING];
};

static int parse_value(struct decoder *d);

/* ---- errors ---- */

static int fail(struct decoder *d, const char *at, const char *message)
{
    d->at = at;
    d->message = message;
    return -1;
}

static int expect(struct decoder *d, const char *what)
{
    d->expected = true;
    return fail(d, d->p, what);
}

/* [-0, +1, m] */
static void push_found(lua_State *L, const char *at, const char *end)
{
    char code[16];
    size_t len = at < end ? json_utf8(at, end) : 0;
    if (at == end) {
        lua_pushliteral(L, "the end of the text");
    } else if (len == 0 || (unsigned char)*at < ' ' || *at == 0x7f) {
        snprintf(code, sizeof code, "byte 0x%02X", (unsigned char)*at);
        lua_pushstring(L, code);
    } else {
        memcpy(code, at, len);
        code[len] = '\0';
        lua_pushfstring(L, "'%s'", code);
    }
}

/* Columns count characters, bytes count bytes; both from 1. [-0, +1, m] */
static void push_error(const struct decoder *d)
{
    lua_State *L = d->L;
    lua_Integer line = 1, column = 1;
    for (const char *p = d->start; p < d->at; p++) {
        if (*p == '\n') {
            line++;
            column = 1;
        } else if (((unsigned char)*p & 0xc0) != 0x80) {
            column++;
        }
    }
    lua_pushfstring(L, "line %I, column %I (byte %I): ", (LUAI_UACINT)line,
                    (LUAI_UACINT)column, (LUAI_UACINT)(d->at - d->start + 1));
    if (d->expected) {
        push_found(L, d->at, d->end);
        lua_pushfstring(L, "expected %s, got %s", d->message,
                        lua_tostring(L, -1));
        lua_remove(L, -2);
    } else {
        lua_pushstring(L, d->message);
    }
    lua_concat(L, 2);
}

/* ---- strings ---- */

/* Room for `size` bytes, until the next call. [-0, +0, m] */
static char *scratch(struct decoder *d, size_t size)
{
    if (size <= sizeof d->small)
        return d->small;
    if (size > d->scratch_size) {
        size_t twice = 2 * d->scratch_size;
        d->scratch_size = size > twice ? size : twice;
        lua_newuserdatauv(d->L, d->scratch_size, 0);
        lua_replace(d->L, d->scratch_slot);
    }
    return lua_touserdata(d->L, d->scratch_slot);
}

/* Four hexadecimal digits, or -1. */
static int32_t read_hex4(const char *p, const char *end)
{
    int32_t code = 0;
    if (end - p < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        char c = p[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0)
            return -1;
        code = code * 16 + digit;
    }
    return code;
}

static char *write_utf8(char *out, int32_t code)
{
    if (code < 0x80) {
        *out++ = (char)code;
        return out;
    }
    if (code < 0x800) {
        *out++ = (char)(0xc0 | code >> 6);
    } else {
        if (code < 0x10000) {
            *out++ = (char)(0xe0 | code >> 12);
        } else {
            *out++ = (char)(0xf0 | code >> 18);
            *out++ = (char)(0x80 | (code >> 12 & 0x3f));
        }
        *out++ = (char)(0x80 | (code >> 6 & 0x3f));
    }
    *out++ = (char)(0x80 | (code & 0x3f));
    return out;
}

/* Reads what follows \u, at d->p.  NULL on error, else the new end of out. */
static char *unicode_escape(struct decoder *d, char *out)
{
    static const char lone[] = "half a surrogate pair";
    const char *at = d->p - 2;
    int32_t code = read_hex4(d->p, d->end);
    if (code < 0) {
        fail(d, at, "\\u needs four hexadecimal digits");
        return NULL;
    }
    d->p += 4;
    if (code >= 0xdc00 && code <= 0xdfff) {
        fail(d, at, lone);
        return NULL;
    }
    if (code >= 0xd800 && code <= 0xdbff) {
        int32_t low = -1;
        if (d->end - d->p >= 2 && d->p[0] == '\\' && d->p[1] == 'u')
            low = read_hex4(d->p + 2, d->end);
        if (low < 0xdc00 || low > 0xdfff) {
            fail(d, at, lone);
            return NULL;
        }
        d->p += 6;
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    return write_utf8(out, code);
}

/* Reads an escape, d->p at its backslash.  NULL on error, else the new end
 * of out. */
static char *escape(struct decoder *d, char *out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    const char *at = d->p;
    char c = d->end - at > 1 ? at[1] : '\0';
    if (c == 'u') {
        d->p += 2;
        return unicode_escape(d, out);
    }
    const char *found = c != '\0' ? strchr(from, c) : NULL;
    if (found == NULL) {
        fail(d, at, "unknown escape in a string");
        return NULL;
    }
    d->p += 2;
    *out++ = to[found - from];
    return out;
}

/* The byte at d->p cannot stand in a string, and is not its end. */
static int bad_byte(struct decoder *d)
{
    if (d->p == d->end)
        return expect(d, "'\"' at the end of the string");
    if ((unsigned char)*d->p < ' ')
        return fail(d, d->p, "a control character in a string must be escaped");
    return fail(d, d->p, "not valid UTF-8");
}

/* Where the string that begins at d->p ends, or the text. */
static const char *find_quote(const struct decoder *d)
{
    const char *p = d->p;
    while (p < d->end && *p != '"')
        p += *p == '\\' && d->end - p > 1 ? 2 : 1;
    return p;
}

/* The rest of a string with escapes: from `start`, plain up to d->p, where
 * the first escape is.  No escape is shorter than what it stands for. */
static int parse_escaped(struct decoder *d, const char *start)
{
    char *const text = scratch(d, (size_t)(find_quote(d) - start));
    size_t plain = (size_t)(d->p - start);
    memcpy(text, start, plain);
    char *out = text + plain;
    while (d->p < d->end && *d->p != '"') {
        if (json_plain[(unsigned char)*d->p]) {
            *out++ = *d->p++;
        } else if (*d->p == '\\') {
            out = escape(d, out);
            if (out == NULL)
                return -1;
        } else {
            size_t len =
                (unsigned char)*d->p < ' ' ? 0 : json_utf8(d->p, d->end);
            if (len == 0)
                return bad_byte(d);
            memcpy(out, d->p, len);
            out += len;
            d->p += len;
        }
    }
    if (d->p == d->end)
        return bad_byte(d);
    d->p++;
    lua_pushlstring(d->L, text, (size_t)(out - text));
    return 0;
}

/* Are the 8 bytes at p all plain?  Each term has the top bit of a byte set
 * if that byte is what the term looks for, and of no byte below the first
 * such one. */
static inline bool plain8(const char *p)
{
    const uint64_t ones = 0x0101010101010101, tops = ones << 7;
    uint64_t w;
    memcpy(&w, p, sizeof w);
    uint64_t control = w - ones * ' ';
    uint64_t quote = (w ^ ones * '"') - ones;
    uint64_t backslash = (w ^ ones * '\\') - ones;
    return ((control | quote | backslash | w) & tops) == 0;
}

static int parse_string(struct decoder *d)
{
    const char *start = d->p + 1, *p = start, *end = d->end;
    for (;;) {
        while (end - p >= 8 && plain8(p))
            p += 8;
        while (p < end && json_plain[(unsigned char)*p])
            p++;
        d->p = p;
        if (p < end && *p == '"') {
            d->p++;
            lua_pushlstring(d->L, start, (size_t)(p - start));
            return 0;
        }
        if (p < end && *p == '\\')
            return parse_escaped(d, start);
        size_t len =
            p < end && (unsigned char)*p >= 0x80 ? json_utf8(p, end) : 0;
        if (len == 0)
            return bad_byte(d);
        p += len;
    }
}

/* ---- numbers ---- */

/* What has been read of a number. */
struct number {
    bool negative, whole;
    uint64_t mantissa; /* of all digits; exact up to 19 of them */
    int64_t digits;
    int64_t decimals;
    int64_t exponent;
};

static inline bool is_digit(const struct decoder *d)
{
    return d->p < d->end && *d->p >= '0' && *d->p <= '9';
}

/* At least one digit; how many. */
static int64_t scan_digits(struct decoder *d, uint64_t *value)
{
    const char *start = d->p;
    for (; is_digit(d); d->p++)
        *value = *value * 10 + (uint64_t)(*d->p - '0');
    if (d->p == start)
        expect(d, "a digit");
    return d->p - start;
}

static int scan_exponent(struct decoder *d, struct number *n)
{
    d->p++;
    bool negative = d->p < d->end && *d->p == '-';
    if (d->p < d->end && (*d->p == '-' || *d->p == '+'))
        d->p++;
    uint64_t e = 0;
    int64_t digits = scan_digits(d, &e);
    if (digits == 0)
        return -1;
    n->exponent = digits > 9 ? INT32_MAX : (int64_t)e;
    if (negative)
        n->exponent = -n->exponent;
    return 0;
}

static int scan_number(struct decoder *d, struct number *n)
{
    n->negative = *d->p == '-';
    d->p += n->negative;
    if (d->p < d->end && *d->p == '0') {
        d->p++;
        n->digits = 1;
    } else {
        n->digits = scan_digits(d, &n->mantissa);
        if (n->digits == 0)
            return -1;
    }
    n->whole = true;
    if (d->p < d->end && *d->p == '.') {
        n->whole = false;
        d->p++;
        n->decimals = scan_digits(d, &n->mantissa);
        if (n->decimals == 0)
            return -1;
        n->digits += n->decimals;
    }
    if (d->p < d->end && (*d->p == 'e' || *d->p == 'E')) {
        n->whole = false;
        return scan_exponent(d, n);
    }
    return 0;
}

/* Pushes the integer if 64 bits hold it.  -0 they do not. [-0, +0|1, -] */
static bool push_integer(lua_State *L, const struct number *n)
{
    uint64_t max = (uint64_t)INT64_MAX + n->negative;
    if (n->digits > 19 || n->mantissa > max ||
        (n->negative && n->mantissa == 0))
        return false;
    uint64_t bits = n->negative ? -n->mantissa : n->mantissa;
    lua_pushinteger(L, (lua_Integer)bits);
    return true;
}

/* The short way of json_number.c, for nearly all floats. */
static bool exact_double(const struct number *n, double *value)
{
    int64_t e = n->exponent - n->decimals;
    if (FLT_EVAL_METHOD != 0 || n->digits > 19 ||
        n->mantissa > (uint64_t)1 << 53 || e < -JSON_EXACT_POWERS ||
        e > JSON_EXACT_POWERS)
        return false;
    double m = (double)n->mantissa;
    *value = e < 0 ? m / json_power10[-e] : m * json_power10[e];
    if (n->negative)
        *value = -*value;
    return true;
}

static int parse_number(struct decoder *d)
{
    const char *start = d->p;
    struct number n = { 0 };
    if (scan_number(d, &n) != 0)
        return -1;
    if (n.whole && push_integer(d->L, &n))
        return 0;
    double value;
    if (!exact_double(&n, &value))
        value = json_read_double(start, d->p);
    if (isinf(value))
        return fail(d, start, "number out of range");
    lua_pushnumber(d->L, value);
    return 0;
}

/* ---- arrays and objects ---- */

static inline void skip_space(struct decoder *d)
{
    const char *p = d->p;
    while (p < d->end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
        p++;
    d->p = p;
}

/* Skips space; is `c` next?  Then skips that too. */
static inline bool accept(struct decoder *d, char c)
{
    skip_space(d);
    if (d->p == d->end || *d->p != c)
        return false;
    d->p++;
    return true;
}

/* Goes past the opening bracket. */
static int enter(struct decoder *d)
{
    if (++d->depth > JSON_DEPTH_MAX)
        return fail(d, d->p, "nested deeper than 1000 levels");
    d->p++;
    json_need_stack(d->L, 2 * PENDING_MAX + 6);
    return 0;
}

/* Moves the `n` items on top of the stack to the end of the array under
 * them, which it makes if `len` is 0. [-n, +0, m] or [-n, +1, m] */
static void flush_items(lua_State *L, int n, lua_Integer len)
{
    if (len == 0) {
        lua_createtable(L, n, 0);
        lua_insert(L, -1 - n);
    }
    int array = -1 - n;
    for (; n > 0; n--, array++)
        lua_rawseti(L, array, len + n);
}

static int parse_array(struct decoder *d)
{
    lua_Integer len = 0;
    int pending = 0;
    if (enter(d) != 0)
        return -1;
    if (accept(d, ']')) {
        lua_createtable(d->L, 0, 0);
        json_mark_array(d->L, -1);
        d->depth--;
        return 0;
    }
    do {
        if (pending == PENDING_MAX) {
            flush_items(d->L, pending, len);
            len += pending;
            pending = 0;
        }
        if (parse_value(d) != 0)
            return -1;
        pending++;
    } while (accept(d, ','));
    if (!accept(d, ']'))
        return expect(d, "',' or ']'");
    flush_items(d->L, pending, len);
    d->depth--;
    return 0;
}

/* Moves the `n` pairs on top of the stack into the table under them, which
 * it makes if `table` is 0; returns its stack index.  In the order in which
 * they came, since the last of equal keys wins.
 * [-2n, +0, m] or [-2n, +1, m] */
static int flush_pairs(lua_State *L, int n, int table)
{
    int first = lua_gettop(L) - 2 * n + 1;
    if (table == 0) {
        lua_createtable(L, 0, n);
        table = first;
        lua_insert(L, table);
        first++;
    }
    for (int i = 0; i < n; i++) {
        lua_pushvalue(L, first + 2 * i);
        lua_pushvalue(L, first + 2 * i + 1);
        lua_rawset(L, table);
    }
    lua_settop(L, first - 1);
    return table;
}

static int parse_pair(struct decoder *d)
{
    skip_space(d);
    if (d->p == d->end || *d->p != '"')
        return expect(d, "a key in double quotes");
    if (parse_string(d) != 0)
        return -1;
    if (!accept(d, ':'))
        return expect(d, "':'");
    return parse_value(d);
}

static int parse_object(struct decoder *d)
{
    int table = 0, pending = 0;
    if (enter(d) != 0)
        return -1;
    if (accept(d, '}')) {
        lua_createtable(d->L, 0, 0);
        d->depth--;
        return 0;
    }
    do {
        if (pending == PENDING_MAX) {
            table = flush_pairs(d->L, pending, table);
            pending = 0;
        }
        if (parse_pair(d) != 0)
            return -1;
        pending++;
    } while (accept(d, ','));
    if (!accept(d, '}'))
        return expect(d, "',' or '}'");
    flush_pairs(d->L, pending, table);
    d->depth--;
    return 0;
}

/* ---- values ---- */

static bool word(struct decoder *d, const char *text, size_t len)
{
    if ((size_t)(d->end - d->p) < len || memcmp(d->p, text, len) != 0)
        return false;
    d->p += len;
    return true;
}

static int parse_word(struct decoder *d)
{
    if (word(d, "true", 4))
        lua_pushboolean(d->L, 1);
    else if (word(d, "false", 5))
        lua_pushboolean(d->L, 0);
    else if (word(d, "null", 4))
        json_push_null(d->L);
    else
        return expect(d, "a value");
    return 0;
}

static int parse_value(struct decoder *d)
{
    skip_space(d);
    switch (d->p < d->end ? *d->p : '\0') {
    case '{':
        return parse_object(d);
    case '[':
        return parse_array(d);
    case '"':
        return parse_string(d);
    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9':
        return parse_number(d);
    default:
        return parse_word(d);
    }
}

static int parse_text(struct decoder *d)
{
    if (word(d, "\xef\xbb\xbf", 3))
        return fail(d, d->start, "a byte order mark before the text");
    if (parse_value(d) != 0)
        return -1;
    skip_space(d);
    return d->p < d->end ? expect(d, "the end of the text") : 0;
}

int json_decode(lua_State *L, const char *text, size_t len)
{
    struct decoder d;
    memset(&d, 0, offsetof(struct decoder, small));
    d.L = L;
    d.start = d.p = text;
    d.end = text + len;
    json_need_stack(L, 8);
    lua_pushnil(L);
    d.scratch_slot = lua_gettop(L);
    if (parse_text(&d) == 0) {
        lua_remove(L, d.scratch_slot);
        return 1;
    }
    lua_settop(L, d.scratch_slot - 1);
    lua_pushnil(L);
    push_error(&d);
    return 2;
}
