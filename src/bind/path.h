/* path.h - where a value stands inside nested tables: items[3].name.
 *
 * Whoever walks tables by recursion keeps one `struct path` per open table in
 * its own C frame; nothing is allocated, and a path costs nothing until an
 * error needs its text.  The chain of open tables finds cycles as well.
 */
#ifndef BIND_PATH_H
#define BIND_PATH_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>

struct path {
    const struct path *up; /* NULL: this is the outermost table */
    const void *table;     /* lua_topointer() of the open table */
    int key;               /* stack index of the key being visited, or 0: */
    lua_Integer index;     /* the key is this number */
};

enum { PATH_TEXT_MAX = 200 };

/* Is the table one of the open ones?  Then going into it would not end. */
bool path_holds(const struct path *at, const void *table);

/* Writes "data.users[3].name"; `root` is the name of the outermost value and
 * may be "".  A long path loses its beginning to "...".  Returns out.
 * [-0, +0, -] */
char *path_text(lua_State *L, const struct path *at, const char *root,
                char *out, size_t size);

#endif
