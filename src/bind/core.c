/* core.c - see core.h */
#include "bind/core.h"

#include <ev.h>
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/spell.h"
#include "base/units.h"
#include "base/version.h"
#include "bind/env.h"
#include "bind/library.h"
#include "engine/worker.h"
#include "net/http.h"
#include "stats/threshold.h"

static int l_parse_duration(lua_State *L) /* [-1, +1, v] */
{
    int64_t us;
    if (parse_duration(luaL_checkstring(L, 1), &us) == 0)
        lua_pushinteger(L, us);
    else
        lua_pushnil(L);
    return 1;
}

static int l_nearest(lua_State *L) /* [-2, +1, v] */
{
    const char *word = luaL_checkstring(L, 1);
    luaL_checktype(L, 2, LUA_TTABLE);
    size_t n = (size_t)luaL_len(L, 2);
    const char **list = lua_newuserdatauv(L, (n + 1) * sizeof *list, 0);
    for (size_t i = 0; i < n; i++) {
        lua_rawgeti(L, 2, (lua_Integer)i + 1);
        list[i] = luaL_checkstring(L, -1);
        lua_pop(L, 1); /* the table keeps it */
    }
    lua_pushstring(L, spell_nearest(word, list, n));
    return 1;
}

static int push_nil_message(lua_State *L, const char *message)
{
    lua_pushnil(L);
    lua_pushstring(L, message);
    return 2;
}

/* Also whether the method suits the metric, if that is known by now. */
static int l_check_threshold(lua_State *L) /* [-2, +1|2, v] */
{
    struct selector sel;
    struct threshold_expr e;
    char err[300];
    double limit;
    if (selector_parse(luaL_checkstring(L, 1), &sel, err, sizeof err) != 0 ||
        threshold_parse(luaL_checkstring(L, 2), &e, err, sizeof err) != 0)
        return push_nil_message(L, err);
    const struct metric_def *def =
        recorder_find(&worker_of(L)->recorder, sel.metric);
    if (def != NULL &&
        threshold_suits(&e, def->kind, def->unit, &limit, err, sizeof err) != 0)
        return push_nil_message(L, err);
    lua_pushboolean(L, 1);
    return 1;
}

static int l_embedded(lua_State *L) /* [-1, +1, v] */
{
    const char *name = luaL_checkstring(L, 1);
    for (const struct library_file *f = library_files; f->module; f++)
        if (strcmp(f->module, name) == 0) {
            lua_pushlstring(L, f->text, f->len);
            return 1;
        }
    return 0;
}

/* ---- print ---- */

enum { PRINTS_WAITING_MAX = 1000 };

static void post_print(struct worker *w, struct buf *line)
{
    size_t len = line->len;
    struct message msg = { .kind = MSG_PRINT,
                           .worker = w->index,
                           .text = buf_detach(line),
                           .len = len };
    atomic_fetch_add(&w->prints, 1);
    mailbox_post(w->outbox, &msg);
}

/* print(...): the main thread writes it, so that lines stay whole and the
 * live view stays in place.  A flood is cut, and the cut is said.
 * [-n, +0, v] */
static int l_print(lua_State *L)
{
    struct worker *w = worker_of(L);
    int n = lua_gettop(L);
    /* Every worker loads the suite; what that prints is seen once. */
    if (w->outbox != NULL && vu_current(L) == NULL)
        return 0;
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    for (int i = 1; i <= n; i++) {
        if (i > 1)
            luaL_addchar(&b, '\t');
        luaL_tolstring(L, i, NULL);
        luaL_addvalue(&b);
    }
    luaL_addchar(&b, '\n');
    luaL_pushresult(&b);
    size_t len;
    const char *text = lua_tolstring(L, -1, &len);
    if (w->outbox == NULL) {
        FILE *to = env_of(L)->stdout_taken ? stderr : stdout;
        fwrite(text, 1, len, to);
        fflush(to);
        return 0;
    }
    struct buf line = { 0 };
    int waiting = atomic_load(&w->prints);
    if (waiting == PRINTS_WAITING_MAX)
        buf_adds(&line, "... (prints too fast; some are left out)\n");
    else if (waiting < PRINTS_WAITING_MAX)
        buf_add(&line, text, len < 65536 ? len : 65536);
    else
        return 0;
    post_print(w, &line);
    return 0;
}

static int l_versions(lua_State *L) /* [-0, +1, m] */
{
    lua_newtable(L);
    lua_pushstring(L, http_library_version());
    lua_setfield(L, -2, "libcurl");
    lua_pushfstring(L, "%d.%d", ev_version_major(), ev_version_minor());
    lua_setfield(L, -2, "libev");
    lua_pushliteral(L, LUA_RELEASE);
    lua_setfield(L, -2, "lua");
    lua_pushstring(L, env_of(L)->target_library);
    lua_setfield(L, -2, "libmicrohttpd");
    return 1;
}

int luaopen_stress_core(lua_State *L) /* [-0, +1, m] */
{
    static const luaL_Reg functions[] = {
        { "parse_duration", l_parse_duration },
        { "nearest", l_nearest },
        { "check_threshold", l_check_threshold },
        { "embedded", l_embedded },
        { "print", l_print },
        { "versions", l_versions },
        { NULL, NULL },
    };
    luaL_newlib(L, functions);
    lua_pushstring(L, env_of(L)->dir);
    lua_setfield(L, -2, "suite_dir");
    lua_pushliteral(L, STRESSENGINE_VERSION);
    lua_setfield(L, -2, "version");
    return 1;
}
