/* suite.c - see suite.h */
#include "bind/suite.h"

#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "bind/http.h"
#include "bind/state.h"
#include "engine/watchdog.h"

static char plan_key;

int suite_push(lua_State *L, const char *field)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &plan_key);
    int type = lua_getfield(L, -1, field);
    lua_remove(L, -2);
    return type;
}

void suite_push_plan(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &plan_key);
}

/* ---- finding ---- */

static int l_search(lua_State *L) /* name; [-1, +1, v] */
{
    const char *name = lua_touserdata(L, 1);
    luaL_openlibs(L);
    lua_getglobal(L, "package");
    lua_getfield(L, -1, "path");
    lua_getfield(L, -2, "searchpath");
    lua_pushstring(L, name);
    lua_pushfstring(L,
                    "./?.lua;./lua_modules/?.lua;"
                    "./lua_modules/share/lua/5.4/?.lua;%s",
                    lua_tostring(L, -3));
    lua_call(L, 2, 1);
    return 1;
}

char *suite_find(const char *name)
{
    if (access(name, R_OK) == 0)
        return xstrdup(name);
    if (strchr(name, '/') != NULL || strstr(name, ".lua") != NULL)
        return NULL;
    lua_State *L = luaL_newstate();
    char *file = NULL;
    if (L == NULL)
        return NULL;
    lua_pushcfunction(L, l_search);
    lua_pushlightuserdata(L, (void *)name);
    if (lua_pcall(L, 1, 1, 0) == LUA_OK && lua_isstring(L, -1))
        file = xstrdup(lua_tostring(L, -1));
    lua_close(L);
    return file;
}

/* ---- loading ---- */

static void push_module(lua_State *L, const char *name)
{
    lua_getglobal(L, "require");
    lua_pushstring(L, name);
    lua_call(L, 1, 1);
}

static void set_string(lua_State *L, const char *key, const char *value)
{
    lua_pushstring(L, value);
    lua_setfield(L, -2, key);
}

/* What the command line says about the suite. */
static void push_options(lua_State *L, const struct suite_env *env)
{
    lua_newtable(L);
    set_string(L, "file", env->file);
    set_string(L, "profile", env->profile);
    set_string(L, "target", env->target_option);
    set_string(L, "vus", env->vus);
    set_string(L, "duration", env->duration);
    set_string(L, "iterations", env->iterations);
    lua_pushboolean(L, env->once);
    lua_setfield(L, -2, "once");
    lua_newtable(L);
    for (int i = 0; i < env->ntags; i++)
        set_string(L, env->tags[i].key, env->tags[i].value);
    lua_setfield(L, -2, "tags");
}

/* Joins the list of mistakes at `idx` into one error. */
static int raise_mistakes(lua_State *L, int idx)
{
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    lua_Integer n = luaL_len(L, idx);
    for (lua_Integer i = 1; i <= n; i++) {
        if (i > 1)
            luaL_addchar(&b, '\n');
        lua_geti(L, idx, i);
        luaL_addvalue(&b);
    }
    luaL_pushresult(&b);
    return lua_error(L);
}

/* ---- criteria ---- */

/* Makes the value on top a text, as those who show it do; but here, where the
 * script's __tostring is watched. [-1, +1, v] */
static int l_text(lua_State *L)
{
    luaL_tolstring(L, 1, NULL);
    return 1;
}

static void settle(lua_State *L) /* [-1, +1, -] */
{
    if (!lua_istable(L, -1) && !lua_isuserdata(L, -1))
        return;
    lua_pushcfunction(L, l_text);
    lua_insert(L, -2);
    lua_pcall(L, 1, 1, 0);
}

/* A criterion: the script's function, as a slice of its own within that of
 * the result.  What it raises is raised. */
static int l_criterion(lua_State *L) /* result; [-1, +2, v] */
{
    struct worker *w = worker_of(L);
    struct watch watch;
    lua_settop(L, 1);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    watch_begin(w, clock_us());
    watch_enter(&watch, L, 0);
    int status = lua_pcall(L, 1, 2, 0);
    settle(L);
    watch_leave(&watch);
    watch_begin(w, clock_us());
    return status == LUA_OK ? 2 : lua_error(L);
}

static void watch_criteria(lua_State *L) /* plan on top; [-0, +0, v] */
{
    lua_getfield(L, -1, "criteria");
    lua_Integer n = luaL_len(L, -1);
    for (lua_Integer i = 1; i <= n; i++) {
        lua_geti(L, -1, i);
        lua_getfield(L, -1, "fn");
        lua_pushcclosure(L, l_criterion, 1);
        lua_setfield(L, -2, "fn");
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

/* ---- the file ---- */

/* Runs the suite's file and leaves its plan in the registry. */
static int l_load(lua_State *L) /* [-1, +0, v] */
{
    const struct suite_env *env = env_of(L);
    push_module(L, "stress.boot");
    lua_getfield(L, -1, "load");
    lua_pushstring(L, env->file);
    lua_call(L, 1, 1);
    int raw = lua_gettop(L);
    push_module(L, "stress.suite");
    lua_getfield(L, -1, "plan");
    lua_pushvalue(L, raw);
    push_options(L, env);
    lua_call(L, 2, 2);
    if (lua_isnil(L, -2))
        return raise_mistakes(L, lua_gettop(L));
    lua_pop(L, 1);
    watch_criteria(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &plan_key);
    return 0;
}

/* ---- the plan as C ---- */

static int64_t get_us(lua_State *L, const char *key, int64_t otherwise)
{
    lua_getfield(L, -1, key);
    int64_t us = lua_isnil(L, -1) ? otherwise : (int64_t)lua_tonumber(L, -1);
    lua_pop(L, 1);
    return us;
}

static double get_number(lua_State *L, const char *key)
{
    lua_getfield(L, -1, key);
    double n = lua_tonumber(L, -1);
    lua_pop(L, 1);
    return n;
}

static int get_flag(lua_State *L, const char *key)
{
    lua_getfield(L, -1, key);
    int on = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return on;
}

static char *get_text(lua_State *L, const char *key)
{
    lua_getfield(L, -1, key);
    const char *s = lua_tostring(L, -1);
    char *copy = s ? xstrdup(s) : NULL;
    lua_pop(L, 1);
    return copy;
}

static enum executor get_executor(lua_State *L)
{
    char *name = get_text(L, "executor");
    enum executor e = 0;
    while (e < EXECUTOR_COUNT && strcmp(executor_name(e), name) != 0)
        e++;
    free(name);
    if (e == EXECUTOR_COUNT)
        bug("the suite's validation let an executor through");
    return e;
}

static void read_stages(lua_State *L, struct scenario *s)
{
    if (lua_getfield(L, -1, "stages") == LUA_TTABLE) {
        s->nstages = (size_t)luaL_len(L, -1);
        s->stages = xcalloc(s->nstages, sizeof *s->stages);
        for (size_t i = 0; i < s->nstages; i++) {
            lua_geti(L, -1, (lua_Integer)i + 1);
            s->stages[i].duration_us = get_us(L, "duration_us", 0);
            s->stages[i].target = get_number(L, "target");
            s->duration_us += s->stages[i].duration_us;
            lua_pop(L, 1);
        }
    }
    lua_pop(L, 1);
}

/* A constant rate is one stage at that level. */
static void one_stage(lua_State *L, struct scenario *s)
{
    s->nstages = 1;
    s->stages = xcalloc(1, sizeof *s->stages);
    s->stages[0].duration_us = s->duration_us;
    s->stages[0].target = get_number(L, "rate");
}

static unsigned largest_target(const struct scenario *s)
{
    double most = s->start_level;
    for (size_t i = 0; i < s->nstages; i++)
        if (s->stages[i].target > most)
            most = s->stages[i].target;
    return (unsigned)most;
}

static void read_load(lua_State *L, struct scenario *s)
{
    s->vus = s->max_vus = (unsigned)get_number(L, "vus");
    s->iterations = (uint64_t)get_number(L, "iterations");
    s->duration_us = get_us(L, "duration_us", 0);
    switch (s->executor) {
    case SHARED_ITERATIONS:
    case PER_VU_ITERATIONS:
        s->duration_us = get_us(L, "max_duration_us", 0);
        break;
    case RAMPING_VUS:
        s->duration_us = 0;
        s->start_level = get_number(L, "start_vus");
        read_stages(L, s);
        s->vus = s->max_vus = largest_target(s);
        break;
    case CONSTANT_ARRIVAL_RATE:
        one_stage(L, s);
        break;
    case RAMPING_ARRIVAL_RATE:
        s->duration_us = 0;
        s->start_level = get_number(L, "start_rate");
        read_stages(L, s);
        break;
    default:
        break;
    }
    if (executor_is_open(s->executor)) {
        s->vus = (unsigned)get_number(L, "pre_allocated_vus");
        s->max_vus = (unsigned)get_number(L, "max_vus");
        s->max_late_us = get_us(L, "max_late_us", 0);
        char *arrivals = get_text(L, "arrivals");
        s->poisson = arrivals != NULL && strcmp(arrivals, "poisson") == 0;
        free(arrivals);
    }
}

static void read_mix(lua_State *L, struct scenario *s)
{
    if (lua_getfield(L, -1, "mix") == LUA_TTABLE) {
        size_t n = (size_t)luaL_len(L, -1), total = 0;
        unsigned *weights = xcalloc(n, sizeof *weights);
        s->mix_names = xcalloc(n, sizeof(*s->mix_names));
        s->nmix_names = n;
        for (size_t i = 0; i < n; i++) {
            lua_geti(L, -1, (lua_Integer)i + 1);
            weights[i] = (unsigned)get_number(L, "weight");
            total += weights[i];
            s->mix_names[i] = get_text(L, "name");
            lua_pop(L, 1);
        }
        s->nmix = total;
        s->mix = xcalloc(total, sizeof *s->mix);
        mix_round(weights, n, s->mix);
        free(weights);
    }
    lua_pop(L, 1);
}

/* Adds the string tags of the table at the top. */
static void add_tags(lua_State *L, struct scenario *s)
{
    if (!lua_istable(L, -1))
        return;
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
        if (s->ntags == TAGS_MAX)
            continue;
        s->tags[s->ntags++] = (struct tag){ xstrdup(lua_tostring(L, -2)),
                                            xstrdup(lua_tostring(L, -1)) };
    }
}

static void read_tags(lua_State *L, struct scenario *s)
{
    s->tags = xcalloc(TAGS_MAX, sizeof *s->tags);
    suite_push(L, "tags");
    add_tags(L, s);
    lua_pop(L, 1);
    lua_getfield(L, -1, "tags");
    add_tags(L, s);
    lua_pop(L, 1);
    if (s->ntags == TAGS_MAX) {
        s->ntags--;
        free((char *)s->tags[s->ntags].key);
        free((char *)s->tags[s->ntags].value);
    }
    s->tags[s->ntags++] = (struct tag){ xstrdup("scenario"), xstrdup(s->name) };
}

static void read_scenario(lua_State *L, struct scenario *s)
{
    s->name = get_text(L, "name");
    s->executor = get_executor(L);
    s->start_time_us = get_us(L, "start_time_us", 0);
    s->graceful_stop_us = get_us(L, "graceful_stop_us", 0);
    s->graceful_ramp_down_us = get_us(L, "graceful_ramp_down_us", 0);
    read_load(L, s);
    read_mix(L, s);
    read_tags(L, s);
}

static void read_threshold(lua_State *L, struct suite_threshold *t)
{
    t->selector = get_text(L, "selector");
    t->expr = get_text(L, "expr");
    t->where = get_text(L, "where");
    t->abort_on_fail = get_flag(L, "abort_on_fail");
    t->optional = get_flag(L, "optional");
    t->delay_us = get_us(L, "delay_us", 0);
    t->window_us = get_us(L, "window_us", 0);
}

static void read_scenarios(lua_State *L, struct plan *plan)
{
    suite_push(L, "scenarios");
    uint64_t id = 1;
    plan->nscenarios = (int)luaL_len(L, -1);
    plan->scenarios =
        xcalloc((size_t)plan->nscenarios, sizeof *plan->scenarios);
    for (int i = 0; i < plan->nscenarios; i++) {
        struct scenario *s = &plan->scenarios[i];
        lua_geti(L, -1, i + 1);
        read_scenario(L, s);
        s->first_vu_id = id;
        id += s->max_vus;
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

struct loading {
    struct plan *plan;
    struct suite *suite;
};

static int l_read(lua_State *L) /* loading; [-1, +0, v] */
{
    struct loading *l = lua_touserdata(L, 1);
    struct suite *suite = l->suite;
    read_scenarios(L, l->plan);
    suite_push(L, "thresholds");
    suite->nthresholds = (size_t)luaL_len(L, -1);
    suite->thresholds = xcalloc(suite->nthresholds, sizeof *suite->thresholds);
    for (size_t i = 0; i < suite->nthresholds; i++) {
        lua_geti(L, -1, (lua_Integer)i + 1);
        read_threshold(L, &suite->thresholds[i]);
        lua_pop(L, 1);
    }
    suite_push(L, "notes");
    if (lua_istable(L, -1)) {
        suite->nnotes = (size_t)luaL_len(L, -1);
        suite->notes = xcalloc(suite->nnotes, sizeof(*suite->notes));
        for (size_t i = 0; i < suite->nnotes; i++) {
            lua_geti(L, -1, (lua_Integer)i + 1);
            suite->notes[i] = xstrdup(lua_tostring(L, -1));
            lua_pop(L, 1);
        }
    }
    suite->has_setup = suite_push(L, "setup") == LUA_TFUNCTION;
    suite->has_teardown = suite_push(L, "teardown") == LUA_TFUNCTION;
    lua_rawgetp(L, LUA_REGISTRYINDEX, &plan_key);
    suite->name = get_text(L, "name");
    suite->target = get_text(L, "target");
    l->plan->sequence = get_flag(L, "sequence");
    l->plan->warmup_us = get_us(L, "warmup_us", 0);
    l->plan->cooldown_us = get_us(L, "cooldown_us", 0);
    return 0;
}

int suite_open(struct worker *host, struct plan *plan, struct suite *out,
               char **error)
{
    struct loading l = { plan, out };
    if (state_run(host->L, l_load, NULL, 0, error) != 0)
        return -1;
    return state_call(host->L, l_read, &l, 0, error);
}

void suite_fini(struct suite *s)
{
    for (size_t i = 0; i < s->nthresholds; i++) {
        free(s->thresholds[i].selector);
        free(s->thresholds[i].expr);
        free(s->thresholds[i].where);
    }
    for (size_t i = 0; i < s->nnotes; i++)
        free(s->notes[i]);
    free(s->notes);
    free(s->thresholds);
    free(s->name);
    free(s->target);
    *s = (struct suite){ 0 };
}

/* ---- in a worker ---- */

/* References to the functions that scenarios run, in the plan's order. */
static int l_take_functions(lua_State *L) /* worker; [-1, +0, v] */
{
    struct worker *w = lua_touserdata(L, 1);
    const struct plan *plan = w->plan;
    size_t n = 0, at = 0;
    for (int i = 0; i < plan->nscenarios; i++)
        n += plan->scenarios[i].nmix ? plan->scenarios[i].nmix_names : 1;
    w->run_refs = xcalloc(n, sizeof *w->run_refs);
    suite_push(L, "scenarios");
    if (luaL_len(L, -1) != plan->nscenarios)
        return luaL_error(L, "the suite is not the same in every worker: it "
                             "must not depend on time, chance or files that "
                             "change");
    for (int i = 0; i < plan->nscenarios; i++) {
        lua_geti(L, -1, i + 1);
        if (lua_getfield(L, -1, "mix") != LUA_TTABLE) {
            lua_getfield(L, -2, "run");
            w->run_refs[at++] = luaL_ref(L, LUA_REGISTRYINDEX);
            lua_pop(L, 2);
            continue;
        }
        for (size_t m = 1; m <= plan->scenarios[i].nmix_names; m++) {
            lua_geti(L, -1, (lua_Integer)m);
            lua_getfield(L, -1, "run");
            w->run_refs[at++] = luaL_ref(L, LUA_REGISTRYINDEX);
            lua_pop(L, 1);
        }
        lua_pop(L, 2);
    }
    return 0;
}

static int l_open_http(lua_State *L) /* worker; [-1, +0, v] */
{
    struct worker *w = lua_touserdata(L, 1);
    const struct suite_env *env = env_of(L);
    push_module(L, "stress");
    set_string(L, "target", env->target);
    suite_push(L, "http");
    http_open(L, w, env->target, lua_gettop(L), env->http_debug);
    return 0;
}

int suite_open_http(struct worker *w, char **error)
{
    return state_call(w->L, l_open_http, w, 0, error);
}

int suite_open_worker(struct worker *w, char **error)
{
    if (state_run(w->L, l_load, NULL, 0, error) != 0 ||
        state_call(w->L, l_take_functions, w, 0, error) != 0)
        return -1;
    return suite_open_http(w, error);
}
