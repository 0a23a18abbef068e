/* copy.h - values from one Lua state to another, by value.
 *
 * Nil, booleans, integers, floats, strings and json.null, and tables of
 * these, with the mark of json.array.  A table that is reached twice becomes
 * two.  The packed form is for this process only: it is neither portable nor
 * checked when read.
 *
 * Packed bytes do not change and may be unpacked by many threads at once.
 */
#ifndef BIND_COPY_H
#define BIND_COPY_H

#include <lua.h>
#include <stddef.h>

struct buf;

enum { COPY_DEPTH_MAX = 1000 };

/* Adds the value at `idx` to `out`.  Returns 0, or -1 with a message in
 * `err` and `out` as it was: functions, threads, other userdata, cycles,
 * tables with metatables of their own, and more than out->max bytes cannot
 * be handed over, as in "data.users[3].callback: a function cannot be handed
 * to the workers".  `root` is what the message calls the value.  Raises
 * nothing, holds nothing. [-0, +0, -] */
int copy_pack(lua_State *L, int idx, struct buf *out, const char *root,
              char *err, size_t errlen);

/* Pushes what copy_pack() added. [-0, +1, m] */
void copy_unpack(lua_State *L, const char *data, size_t len);

#endif
