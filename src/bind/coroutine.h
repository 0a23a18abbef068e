/* coroutine.h - coroutines of the script's own, under watch.
 *
 * resume, wrap and close of Lua's own library, with the same arguments,
 * results and errors.  That library would not tell which coroutine runs, and
 * then one that never ends could not be interrupted (engine/watchdog.h).
 */
#ifndef BIND_COROUTINE_H
#define BIND_COROUTINE_H

#include <lua.h>

/* Puts them in the place of those in `coroutine`. [-0, +0, m] */
void coroutine_install(lua_State *L);

#endif
