/* report.h - the bridge to reports written in Lua.
 *
 * A report KIND is the module stress.report.KIND: a table with
 * render(result, options) -> text.
 */
#ifndef OUT_REPORT_H
#define OUT_REPORT_H

#include <lua.h>

struct report_style {
    int color;
    int width;
};

/* Renders the result at `idx` and pushes the text.  0, or -1 with *error (to
 * be freed) and nothing pushed. */
int report_render(lua_State *L, int idx, const char *kind,
                  const struct report_style *style, char **error);

/* Writes bytes to a file: beside it first, then renamed, so that a file of
 * that name is always whole; "-" is stdout.  0, or -1 with *error. */
int report_write(const char *file, const char *bytes, size_t len, char **error);

#endif
