/* core.h - stress.core: what our own Lua library needs from C.
 *
 *   parse_duration(text) -> us | nil      check_threshold(sel, expr) -> true
 *   nearest(word, list) -> word | nil                     | nil, message
 *   embedded(name) -> text | nil          print(...)
 *   suite_dir, version                    versions() -> { name = version }
 *
 * Not a part of the API for suites.
 */
#ifndef BIND_CORE_H
#define BIND_CORE_H

#include <lua.h>

int luaopen_stress_core(lua_State *L);

#endif
