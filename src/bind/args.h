/* args.h - arguments of bindings: what several of them read or say. */
#ifndef BIND_ARGS_H
#define BIND_ARGS_H

#include <lua.h>
#include <stdint.h>

#include "base/arena.h"

/* A duration at an index: a number of seconds or a text with a unit.  -1
 * when it is neither or negative.  [-0, +0, -] */
int arg_duration(lua_State *L, int idx, int64_t *us);

/* The same as argument `arg` of a function; raises an argument error. */
int64_t arg_check_duration(lua_State *L, int arg);

/* `"text" (a string)`, `12 (a number)`, `a table`: what was given, for
 * messages.  Pushes one value.  [-0, +1, m] */
const char *arg_describe(lua_State *L, int idx);

/* The text of a string or number without changing it on the stack; numbers
 * are written into the arena.  [-0, +0, -] */
const char *arg_text(lua_State *L, int idx, struct arena *a, size_t *len);

/* Raises: unknown name, with the nearest of the known ones. */
int arg_unknown(lua_State *L, const char *what, const char *name,
                const char *const *known, size_t n);

/* Raises unless all keys of the table at `idx` are numbers: what stands under
 * names would silently be left out. */
void arg_list(lua_State *L, int idx, const char *of_what); /* [-0, +0, v] */

#endif
