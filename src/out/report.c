/* report.c - see report.h */
#include "out/report.h"

#include <errno.h>
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

struct rendering {
    const char *kind;
    const struct report_style *style;
};

static int l_render(lua_State *L) /* result, rendering; [-2, +1, v] */
{
    const struct rendering *r = lua_touserdata(L, 2);
    lua_getglobal(L, "require");
    lua_pushfstring(L, "stress.report.%s", r->kind);
    lua_call(L, 1, 1);
    lua_getfield(L, -1, "render");
    lua_pushvalue(L, 1);
    lua_createtable(L, 0, 2);
    lua_pushboolean(L, r->style->color);
    lua_setfield(L, -2, "color");
    lua_pushinteger(L, r->style->width);
    lua_setfield(L, -2, "width");
    lua_call(L, 2, 1);
    if (lua_type(L, -1) != LUA_TSTRING)
        return luaL_error(L, "the report %s did not make a text", r->kind);
    return 1;
}

int report_render(lua_State *L, int idx, const char *kind,
                  const struct report_style *style, char **error)
{
    struct rendering r = { kind, style };
    idx = lua_absindex(L, idx);
    lua_pushcfunction(L, l_render);
    lua_pushvalue(L, idx);
    lua_pushlightuserdata(L, &r);
    if (lua_pcall(L, 2, 1, 0) == LUA_OK)
        return 0;
    const char *text = lua_tostring(L, -1);
    *error = xasprintf("report %s: %s", kind, text ? text : "error");
    lua_pop(L, 1);
    return -1;
}

static int fail(char **error, const char *file, FILE *f, const char *temporary)
{
    *error = xasprintf("cannot write %s: %s", file, strerror(errno));
    if (f != NULL)
        fclose(f);
    if (temporary != NULL)
        unlink(temporary);
    return -1;
}

static int write_stdout(const char *bytes, size_t len, char **error)
{
    if (fwrite(bytes, 1, len, stdout) != len || fflush(stdout) != 0)
        return fail(error, "stdout", NULL, NULL);
    return 0;
}

/* What is there and is not a file (a pipe, /dev/null) is written as it is. */
static int is_special(const char *file)
{
    struct stat st;
    return stat(file, &st) == 0 && !S_ISREG(st.st_mode);
}

int report_write(const char *file, const char *bytes, size_t len, char **error)
{
    if (strcmp(file, "-") == 0)
        return write_stdout(bytes, len, error);
    int direct = is_special(file);
    char *temporary =
        direct ? xstrdup(file) : xasprintf("%s.%d.part", file, (int)getpid());
    const char *undo = direct ? NULL : temporary;
    FILE *f = fopen(temporary, "w");
    int rc = 0;
    if (f == NULL)
        rc = fail(error, file, NULL, NULL);
    else if (fwrite(bytes, 1, len, f) != len || fflush(f) != 0)
        rc = fail(error, file, f, undo);
    else if (fclose(f) != 0 || (!direct && rename(temporary, file) != 0))
        rc = fail(error, file, NULL, undo);
    free(temporary);
    return rc;
}
