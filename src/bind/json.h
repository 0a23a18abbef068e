/* json.h - JSON to Lua values and back: the module stress.json.
 *
 *     json.decode(text) -> value | nil, message
 *     json.encode(value, { indent = "  " }?) -> text
 *     json.null       what null decodes to; equals itself, prints as "null"
 *     json.array(t?)  marks t, so that it is [] even when empty; returns it
 *
 * Reading follows RFC 8259 to the letter.  A number without fraction and
 * exponent that fits 64 bits is an integer, any other a float: ids keep their
 * digits and 1.0 stays 1.0.  An empty array keeps a mark, so that [] comes
 * back as []; all other tables are plain.  Of equal keys the last wins.
 *
 * Writing sorts the keys by their bytes: equal values give equal text.  A
 * table with the keys 1..n is an array, one with string keys an object, the
 * empty table {}.  What JSON cannot hold is an error that says where it
 * stands: nan, functions, cycles, holes, text that is not UTF-8.
 * Metamethods are not called.
 *
 * Both go at most JSON_DEPTH_MAX levels deep, and keep nothing between calls.
 * All their memory belongs to Lua, so an error at any point leaks nothing.
 */
#ifndef BIND_JSON_H
#define BIND_JSON_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>

enum { JSON_DEPTH_MAX = 1000 };

/* Pushes the module table. [-0, +1, m] */
int luaopen_stress_json(lua_State *L);

/* Pushes the value of a text and returns 1, or pushes nil and a message and
 * returns 2: "line 3, column 14 (byte 52): expected ',' or '}', got 'x'".
 * The text need not end with a NUL; it must stay where it is meanwhile.
 * [-0, +1|2, m] */
int json_decode(lua_State *L, const char *text, size_t len);

/* Pushes the encoding of the value at `idx`, indented by `indent` (white
 * space; NULL: all on one line).  Raises at the caller's level what cannot
 * be encoded: "cannot encode items[3]: ...". [-0, +1, v] */
void json_encode(lua_State *L, int idx, const char *indent);

/* json.null is a light userdata, the same in all states.  Its metatable is
 * that of every light userdata, so no other module may show one to scripts.
 * [-0, +1, -] and [-0, +0, -] */
void json_push_null(lua_State *L);
bool json_is_null(lua_State *L, int idx);

/* The mark of arrays, on the table at `idx`. [-0, +0, m] and [-0, +0, -] */
void json_mark_array(lua_State *L, int idx);
bool json_is_array(lua_State *L, int idx);

/* The bytes of the UTF-8 character at p, or 0 if there is none: overlong
 * forms, surrogates and what is past U+10FFFF are refused.  p < end. */
size_t json_utf8(const char *p, const char *end);

/* Raises Lua's memory error unless the stack has room for n more values:
 * luaL_checkstack would raise a common one. [-0, +0, m] */
void json_need_stack(lua_State *L, int n);

/* May the byte stand in a string as it is, being ASCII? */
extern const unsigned char json_plain[256];

#endif
