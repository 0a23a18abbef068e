/* state.c - see state.h */
#include "bind/state.h"

#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "bind/copy.h"
#include "bind/core.h"
#include "bind/coroutine.h"
#include "bind/feed.h"
#include "bind/http.h"
#include "bind/json.h"
#include "bind/library.h"
#include "bind/metrics.h"
#include "bind/stress.h"
#include "bind/suite.h"
#include "bind/timer.h"
#include "engine/watchdog.h"

/* Outside a protected call memory ran out: there is nobody to tell. */
static int on_panic(lua_State *L)
{
    const char *text = lua_tostring(L, -1);
    bug(text ? text : "Lua panic");
    return 0;
}

static int with_traceback(lua_State *L) /* [-1, +1, m] */
{
    const char *text = lua_tostring(L, 1);
    if (text == NULL)
        text = luaL_tolstring(L, 1, NULL);
    lua_pushstring(L, text);
    return 1;
}

static int call(lua_State *L, lua_CFunction f, void *arg, int nresults,
                char **error)
{
    lua_pushcfunction(L, with_traceback);
    lua_pushcfunction(L, f);
    lua_pushlightuserdata(L, arg);
    int handler = lua_gettop(L) - 2;
    if (lua_pcall(L, 1, nresults, handler) != LUA_OK) {
        *error = xstrdup(lua_tostring(L, -1));
        lua_settop(L, handler - 1);
        return -1;
    }
    lua_remove(L, handler);
    return 0;
}

int state_call(lua_State *L, lua_CFunction f, void *arg, int nresults,
               char **error)
{
    struct worker *w = worker_of(L);
    watch_begin(w, clock_us());
    int rc = call(L, f, arg, nresults, error);
    watch_end(w);
    return rc;
}

int state_run(lua_State *L, lua_CFunction f, void *arg, int nresults,
              char **error)
{
    struct worker *w = worker_of(L);
    struct watch watch;
    watch_begin(w, clock_us());
    watch_enter(&watch, L, 0);
    int rc = call(L, f, arg, nresults, error);
    watch_leave(&watch);
    watch_end(w);
    return rc;
}

static void preload(lua_State *L, const char *name, lua_CFunction open)
{
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
    lua_pushcfunction(L, open);
    lua_setfield(L, -2, name);
    lua_pop(L, 1);
}

/* Until boot has installed its searchers, modules of the library are found
 * by being preloaded. */
static int l_load_embedded(lua_State *L) /* name; [-1, +1, v] */
{
    const char *name = luaL_checkstring(L, 1);
    for (const struct library_file *f = library_files; f->module; f++) {
        if (strcmp(f->module, name) != 0)
            continue;
        lua_pushfstring(L, "=%s", name);
        if (luaL_loadbufferx(L, f->text, f->len, lua_tostring(L, -1), "t") !=
            LUA_OK)
            return lua_error(L);
        lua_pushstring(L, name);
        lua_call(L, 1, 1);
        return 1;
    }
    return luaL_error(L, "no embedded module %s", name);
}

static int l_open(lua_State *L) /* worker; [-1, +0, v] */
{
    static const struct {
        const char *name;
        lua_CFunction open;
    } modules[] = {
        { "stress", luaopen_stress },
        { "stress.http", luaopen_stress_http },
        { "stress.timer", luaopen_stress_timer },
        { "stress.metrics", luaopen_stress_metrics },
        { "stress.json", luaopen_stress_json },
        { "stress.feed", luaopen_stress_feed },
        { "stress.core", luaopen_stress_core },
    };
    struct worker *w = lua_touserdata(L, 1);
    const struct suite_env *env = w->hooks->arg;
    luaL_openlibs(L);
    coroutine_install(L);
    vu_setup_state(L, w);
    feeds_install(L, env->feeds);
    for (size_t i = 0; i < sizeof modules / sizeof *modules; i++)
        preload(L, modules[i].name, modules[i].open);
    for (const struct library_file *f = library_files; f->module; f++)
        preload(L, f->module, l_load_embedded);
    lua_getglobal(L, "require");
    lua_pushliteral(L, "stress.boot");
    lua_call(L, 1, 1);
    lua_getfield(L, -1, "prepare");
    lua_pushstring(L, env->dir);
    lua_call(L, 1, 0);
    return 0;
}

int state_open(struct worker *w, char **error)
{
    w->L = luaL_newstate();
    if (w->L == NULL) {
        *error = xstrdup("no memory for a Lua state");
        return -1;
    }
    lua_atpanic(w->L, on_panic);
    return call(w->L, l_open, w, 0, error);
}

void state_close(struct worker *w)
{
    /* Finalizers run; if one never ends nothing more can be written. */
    if (w->index < 0)
        fflush(NULL);
    watch_begin(w, clock_us());
    if (w->L != NULL)
        lua_close(w->L);
    watch_end(w);
    w->L = NULL;
    free(w->run_refs);
    w->run_refs = NULL;
    http_close(w);
}

/* ---- hooks ---- */

static int hook_open(struct worker *w, char **error)
{
    if (state_open(w, error) != 0)
        return -1;
    return suite_open_worker(w, error);
}

struct packed {
    struct worker *w;
    const char *bytes;
    size_t len;
};

static int l_set_data(lua_State *L) /* [-1, +0, m] */
{
    struct packed *p = lua_touserdata(L, 1);
    copy_unpack(L, p->bytes, p->len);
    p->w->data_ref = luaL_ref(L, LUA_REGISTRYINDEX);
    return 0;
}

static void hook_data(struct worker *w, const char *bytes, size_t len)
{
    struct packed p = { w, bytes, len };
    char *error;
    if (state_call(w->L, l_set_data, &p, 0, &error) != 0) {
        worker_abort(w, error);
        free(error);
    }
}

static void hook_vu_ended(struct vu *vu)
{
    timers_vu_ended(vu);
    http_vu_ended(vu);
}

static void hook_vu_closed(struct vu *vu)
{
    timers_vu_closed(vu);
    http_vu_closed(vu);
}

struct worker_hooks state_hooks(const struct suite_env *env)
{
    return (struct worker_hooks){
        .open = hook_open,
        .close = state_close,
        .data = hook_data,
        .events = http_events,
        .send = http_send,
        .vu_closed = hook_vu_closed,
        .vu_returned = timers_vu_returned,
        .vu_ended = hook_vu_ended,
        .arg = (void *)env,
    };
}
