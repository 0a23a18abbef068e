/* metrics.c - see metrics.h */
#include "bind/metrics.h"

#include <lauxlib.h>
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "bind/args.h"
#include "engine/executor.h"
#include "engine/worker.h"

/* What a trend holds at most, as it is stored. */
#define TREND_MAX 9e18

/* ---- the arguments of add ---- */

/* The reason why a value cannot be recorded, or NULL. */
static const char *refusal(const struct metric_def *def, double value)
{
    double scale = def->unit == UNIT_TIME ? (double)def->us_per_unit : 1e6;
    if (isnan(value))
        return "it is not a number (nan)";
    if (isinf(value))
        return "it is infinite";
    if (def->kind == METRIC_COUNTER && value < 0)
        return "it is negative, and a counter only grows";
    if (def->kind == METRIC_TREND && value < 0)
        return "it is negative, and a trend cannot hold that; use a gauge";
    if (def->kind == METRIC_TREND && value * scale > TREND_MAX)
        return "it is too large for a trend";
    return NULL;
}

static double check_value(lua_State *L, int idx, const struct metric_def *def)
{
    if (def->kind == METRIC_COUNTER && lua_isnoneornil(L, idx))
        return 1;
    if (def->kind == METRIC_RATE && lua_isboolean(L, idx))
        return lua_toboolean(L, idx);
    if (lua_type(L, idx) != LUA_TNUMBER)
        luaL_error(L, "%s:add: expected %s, got %s", def->name,
                   def->kind == METRIC_RATE ? "true, false or a number"
                                            : "a number",
                   arg_describe(L, idx));
    double value = lua_tonumber(L, idx);
    const char *reason = refusal(def, value);
    if (reason != NULL)
        luaL_error(L, "%s:add: %f cannot be recorded: %s", def->name, value,
                   reason);
    return value;
}

/* The text of a tag's value on top of the stack. */
static const char *check_tag_value(lua_State *L, const char *metric,
                                   const char *name, size_t *len)
{
    switch (lua_type(L, -1)) {
    case LUA_TBOOLEAN:
        lua_pushstring(L, lua_toboolean(L, -1) ? "true" : "false");
        lua_replace(L, -2);
        break;
    case LUA_TSTRING:
    case LUA_TNUMBER:
        break;
    default:
        luaL_error(L,
                   "%s:add: tag %s: expected a string, a number or a "
                   "boolean, got %s",
                   metric, name, arg_describe(L, -1));
    }
    return lua_tolstring(L, -1, len);
}

/* Reads the table of tags, whose texts become the recorder's; without a
 * recorder they are only checked. [-0, +0, v] */
static size_t check_tags(lua_State *L, int idx, const char *metric,
                         struct recorder *r, struct tag *tags)
{
    size_t n = 0, key_len, len;
    if (lua_isnoneornil(L, idx))
        return 0;
    if (!lua_istable(L, idx))
        luaL_error(L, "%s:add: tags: expected a table of name = value, got %s",
                   metric, arg_describe(L, idx));
    for (lua_pushnil(L); lua_next(L, idx); lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING)
            luaL_error(L, "%s:add: tags: expected names, got %s as one", metric,
                       arg_describe(L, -2));
        if (n == TAGS_MAX)
            luaL_error(L, "%s:add: more than %d tags", metric, TAGS_MAX);
        const char *key = lua_tolstring(L, -2, &key_len);
        const char *value = check_tag_value(L, metric, key, &len);
        if (r != NULL)
            tags[n] = (struct tag){ recorder_text(r, key, key_len),
                                    recorder_text(r, value, len) };
        n++;
    }
    return n;
}

/* ---- recording ---- */

struct sample {
    int metric;
    double value;
    int64_t at; /* of gauges: when */
};

static void put(struct recorder *r, unsigned slot, const struct sample *s)
{
    record_value(recorder_at(r, slot, s->metric), s->value, s->at);
}

/* The one slot besides the scenario's that a sample goes into; `base` itself
 * without tags of its own. */
static unsigned detail_slot(struct recorder *r, unsigned base,
                            const struct tag *tags, size_t n)
{
    const struct tagset *outer = recorder_tags(r, base), *set = outer;
    if (n > 0)
        set = recorder_tagset(r, outer, tags, n);
    if (set == NULL)
        return RECORDER_NO_SLOT; /* too many: it is counted there */
    return set == outer ? base : recorder_slot(r, set, 1, RECORDER_NO_SLOT);
}

static struct recorder *recorder_for(struct vu *vu)
{
    return vu->run != NULL ? vu_recorder(vu) : NULL;
}

/* handle:add(value, tags?)    [-3, +0, v] */
static int l_add(lua_State *L)
{
    int id = (int)lua_tointeger(L, lua_upvalueindex(1));
    struct tag tags[TAGS_MAX];
    const struct metric_def *def = recorder_metric(&worker_of(L)->recorder, id);
    if (!lua_istable(L, 1))
        return luaL_error(L, "call it with a colon: %s:add(value)", def->name);
    struct vu *vu = vu_current(L);
    if (vu == NULL)
        return luaL_error(L,
                          "%s:add: the suite is only being loaded; add in "
                          "run",
                          def->name);
    struct recorder *r = recorder_for(vu);
    struct sample s = { .metric = id, .value = check_value(L, 2, def) };
    size_t n = check_tags(L, 3, def->name, r, tags);
    if (r == NULL)
        return 0;
    if (def->kind == METRIC_GAUGE)
        s.at = clock_us();
    put(r, vu->run->slot, &s);
    unsigned detail = detail_slot(r, vu->slot, tags, n); /* a mix has its own */
    if (detail != RECORDER_NO_SLOT && detail != vu->run->slot)
        put(r, detail, &s);
    return 0;
}

/* ---- making them ---- */

/* opts.unit, or "". */
static const char *check_unit(lua_State *L, int idx)
{
    static const char *const known[] = { "unit" };
    if (lua_isnoneornil(L, idx))
        return "";
    luaL_checktype(L, idx, LUA_TTABLE);
    for (lua_pushnil(L); lua_next(L, idx); lua_pop(L, 1))
        if (lua_type(L, -2) != LUA_TSTRING ||
            strcmp(lua_tostring(L, -2), "unit") != 0)
            arg_unknown(L, "option ", luaL_tolstring(L, -2, NULL), known, 1);
    if (lua_getfield(L, idx, "unit") == LUA_TNIL)
        return "";
    size_t len, max = sizeof((struct metric_def *)NULL)->unit_text - 1;
    if (lua_type(L, -1) != LUA_TSTRING)
        luaL_error(L, "option unit: expected a string, got %s",
                   arg_describe(L, -1));
    const char *unit = lua_tolstring(L, -1, &len); /* the table keeps it */
    if (len > max || strlen(unit) != len)
        luaL_error(L, "option unit: expected at most %d bytes of text",
                   (int)max);
    return unit;
}

static const struct metric_def *define(lua_State *L, const char *name,
                                       enum metric_kind kind, const char *unit)
{
    char err[200];
    struct recorder *r = &worker_of(L)->recorder;
    if (vu_current(L) != NULL && recorder_find(r, name) == NULL)
        luaL_error(L,
                   "stress.metrics: make the metric \"%s\" at the top of "
                   "the suite, not inside run",
                   name);
    const struct metric_def *def =
        recorder_define(r, name, kind, unit, err, sizeof err);
    if (def == NULL)
        luaL_error(L, "stress.metrics: %s", err);
    if (def->id >= METRICS_MAX)
        luaL_error(L, "stress.metrics: more than %d metrics", METRICS_MAX);
    return def;
}

/* metrics.<kind>(name, opts?) -> handle    [-2, +1, v] */
static int l_define(lua_State *L)
{
    enum metric_kind kind =
        (enum metric_kind)lua_tointeger(L, lua_upvalueindex(1));
    size_t len;
    const char *name = luaL_checklstring(L, 1, &len);
    luaL_argcheck(L, strlen(name) == len, 1, "a name without NUL expected");
    const struct metric_def *def = define(L, name, kind, check_unit(L, 2));
    lua_createtable(L, 0, 4);
    lua_pushstring(L, def->name);
    lua_setfield(L, -2, "name");
    lua_pushstring(L, metric_kind_name(kind));
    lua_setfield(L, -2, "kind");
    if (def->unit_text[0] != '\0') {
        lua_pushstring(L, def->unit_text);
        lua_setfield(L, -2, "unit");
    }
    lua_pushinteger(L, def->id);
    lua_pushcclosure(L, l_add, 1);
    lua_setfield(L, -2, "add");
    return 1;
}

int luaopen_stress_metrics(lua_State *L)
{
    static const enum metric_kind kinds[] = { METRIC_COUNTER, METRIC_GAUGE,
                                              METRIC_RATE, METRIC_TREND };
    size_t n = sizeof kinds / sizeof *kinds;
    lua_createtable(L, 0, (int)n);
    for (size_t i = 0; i < n; i++) {
        lua_pushinteger(L, kinds[i]);
        lua_pushcclosure(L, l_define, 1);
        lua_setfield(L, -2, metric_kind_name(kinds[i]));
    }
    return 1;
}
