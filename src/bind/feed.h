/* feed.h - rows of data, dealt out to the VUs of all workers.
 *
 * A feed is loaded once, by the main thread's state while it loads the suite,
 * and its rows never change after: the workers read them without a lock.
 * Only the two cursors change, and they are atomic.  Every row that is dealt
 * is a fresh copy, so no VU can change another's.
 *
 * The list of feeds belongs to the run.  It must outlive the Lua states in
 * which it is installed.
 *
 * For Lua this is the module stress.feed, on which lib/stress/data.lua is
 * built.  It is one function:
 *
 *     feed(key, build) -> feed
 *
 * It returns the feed of that key, a text that also names it in messages.
 * Where it is not known yet, and this is the main state loading the suite,
 * build() is called, which returns an array of rows, or nil and a message.
 * Anywhere else an unknown key is an error.  Errors carry the position of
 * whoever called the function that called this one.
 *
 *     feed:next()     the rows in order, over all workers, and around
 *     feed:unique()   each row once in a run; nil when none is left
 *     feed:random()   any row, by the VU's seeded generator
 *     feed:get(i)     row i, as is feed[i]; nil outside 1..#feed
 */
#ifndef BIND_FEED_H
#define BIND_FEED_H

#include <lua.h>

struct feeds;

/* The list of a run, empty at first; freed after all Lua states. */
struct feeds *feeds_new(void);
void feeds_free(struct feeds *f);

/* Makes the feeds known to a state. [-0, +0, m] */
void feeds_install(lua_State *L, struct feeds *f);

/* Pushes the function. [-0, +1, m] */
int luaopen_stress_feed(lua_State *L);

#endif
