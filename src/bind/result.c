/* result.c - see result.h */
#include "bind/result.h"

#include <lauxlib.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/units.h"
#include "bind/json.h"

static void set_number(lua_State *L, const char *key, double n)
{
    if (n == floor(n) && fabs(n) <= 9007199254740992.0)
        lua_pushinteger(L, (lua_Integer)n);
    else
        lua_pushnumber(L, n);
    lua_setfield(L, -2, key);
}

static void set_float(lua_State *L, const char *key, double n)
{
    lua_pushnumber(L, n);
    lua_setfield(L, -2, key);
}

static void set_text(lua_State *L, const char *key, const char *text)
{
    lua_pushstring(L, text);
    lua_setfield(L, -2, key);
}

static void new_array(lua_State *L, size_t n)
{
    lua_createtable(L, (int)n, 0);
    json_mark_array(L, -1);
}

/* ---- metrics ---- */

static const struct {
    const char *name;
    double q;
} quantiles[] = { { "p(90)", 0.90 },
                  { "p(95)", 0.95 },
                  { "p(99)", 0.99 },
                  { "p(99.9)", 0.999 } };

enum { NQUANTILES = sizeof quantiles / sizeof *quantiles };

static double shown(const struct metric_data *d, double stored)
{
    return d->def->unit == UNIT_TIME ? stored / (double)d->def->us_per_unit
                                     : stored / 1e6;
}

/* A quantile with fewer than ten samples beyond it says little. */
static void push_few(lua_State *L, const struct hist *h)
{
    new_array(L, NQUANTILES);
    int n = 0;
    for (size_t i = 0; i < NQUANTILES; i++)
        if ((double)h->count * (1 - quantiles[i].q) < 10 - 1e-6) {
            lua_pushstring(L, quantiles[i].name);
            lua_rawseti(L, -2, ++n);
        }
}

static void set_trend(lua_State *L, const struct metric_data *d)
{
    const struct hist *h = d->hist;
    set_number(L, "count", (double)h->count);
    set_float(L, "avg", shown(d, hist_mean(h)));
    set_float(L, "min", shown(d, (double)h->min));
    set_float(L, "med", shown(d, (double)hist_quantile(h, 0.5)));
    set_float(L, "max", shown(d, (double)h->max));
    set_float(L, "stddev", shown(d, hist_stddev(h)));
    for (size_t i = 0; i < NQUANTILES; i++)
        set_float(L, quantiles[i].name,
                  shown(d, (double)hist_quantile(h, quantiles[i].q)));
    if (h->overflow > 0)
        set_number(L, "overflow", (double)h->overflow);
}

static void push_values(lua_State *L, const struct metric_data *d,
                        double seconds)
{
    lua_createtable(L, 0, 12);
    switch (d->def->kind) {
    case METRIC_COUNTER:
        set_number(L, "count", d->sum);
        set_float(L, "rate", seconds > 0 ? d->sum / seconds : 0);
        break;
    case METRIC_GAUGE:
        set_number(L, "value", d->value);
        set_number(L, "min", d->min);
        set_number(L, "max", d->max);
        break;
    case METRIC_RATE:
        set_float(L, "rate", (double)d->trues / (double)d->count);
        set_number(L, "count", (double)d->trues);
        set_number(L, "passes", (double)d->trues);
        set_number(L, "fails", (double)(d->count - d->trues));
        set_number(L, "total", (double)d->count);
        break;
    case METRIC_TREND:
        set_trend(L, d);
        break;
    }
}

static void push_tags(lua_State *L, const struct tagset *tags)
{
    lua_createtable(L, 0, (int)tags->n);
    for (size_t i = 0; i < tags->n; i++)
        set_text(L, tags->tags[i].key, tags->tags[i].value);
}

static void push_row(lua_State *L, const struct run *run, const struct row *row)
{
    const struct metric_data *d = row->data;
    int scenario = run_find_scenario(run, tagset_get(row->tags, "scenario"));
    lua_createtable(L, 0, 6);
    set_text(L, "name", row->metric);
    set_text(L, "kind", metric_kind_name(d->def->kind));
    set_text(L, "unit", d->def->unit_text);
    push_tags(L, row->tags);
    lua_setfield(L, -2, "tags");
    push_values(L, d, run_seconds(run, scenario));
    lua_setfield(L, -2, "values");
    if (d->def->kind == METRIC_TREND) {
        push_few(L, d->hist);
        lua_setfield(L, -2, "few");
    }
}

static void push_metrics(lua_State *L, const struct run *run)
{
    const struct store *s = &run->store;
    lua_createtable(L, (int)s->nrows, 0); /* result.lua gives it an index */
    int n = 0;
    for (size_t i = 0; i < s->nrows; i++) {
        if (s->rows[i]->data == NULL || s->rows[i]->data->count == 0)
            continue;
        push_row(L, run, s->rows[i]);
        lua_rawseti(L, -2, ++n);
    }
}

/* ---- accounting and scenarios ---- */

static void push_accounting(lua_State *L, const struct accounting *a)
{
    uint64_t flying = accounting_in_flight(a);
    lua_createtable(L, 0, 10);
    set_number(L, "planned", (double)a->planned);
    set_number(L, "started", (double)a->started);
    set_number(L, "ok", (double)a->ok);
    set_number(L, "failed", (double)a->failed);
    set_number(L, "timed_out", (double)a->timed_out);
    set_number(L, "cancelled", (double)a->cancelled);
    set_number(L, "in_flight", (double)flying);
    set_number(L, "dropped", (double)a->dropped);
    set_number(L, "warmup", (double)a->warmup);
    lua_pushboolean(L, a->planned == a->started + a->dropped &&
                           flying <= a->started);
    lua_setfield(L, -2, "balanced");
}

static void push_scenarios(lua_State *L, const struct run *run)
{
    new_array(L, (size_t)run->plan->nscenarios);
    for (int i = 0; i < run->plan->nscenarios; i++) {
        const struct scenario *s = &run->plan->scenarios[i];
        struct accounting a = run_accounting(run, i);
        lua_createtable(L, 0, 8);
        set_text(L, "name", s->name);
        set_text(L, "executor", executor_name(s->executor));
        set_text(L, "model", executor_is_open(s->executor) ? "open" : "closed");
        set_float(L, "duration_s",
                  run->scenarios[i].started ? run_seconds(run, i) : 0);
        set_number(L, "vus", s->vus);
        set_number(L, "max_vus", s->max_vus);
        push_accounting(L, &a);
        lua_setfield(L, -2, "accounting");
        lua_rawseti(L, -2, i + 1);
    }
}

/* ---- thresholds ---- */

static void set_actual(lua_State *L, const struct criterion *c)
{
    char text[UNITS_TEXT_MAX * 2];
    if (!c->has_actual)
        return;
    set_float(L, "actual", c->actual);
    int counts = c->expr.method == TH_COUNT;
    if (c->kind == METRIC_RATE && !counts)
        snprintf(text, sizeof text, "%.2f%%", c->actual * 100);
    else if (c->unit_kind == UNIT_TIME && !counts)
        snprintf(text, sizeof text, "%.2f%s", c->actual, c->unit);
    else if (c->actual == floor(c->actual) || counts)
        format_count(text, UNITS_TEXT_MAX, c->actual);
    else
        snprintf(text, sizeof text, "%.2f", c->actual);
    if (c->kind == METRIC_COUNTER && c->expr.method == TH_RATE)
        strncat(text, "/s", sizeof text - strlen(text) - 1);
    set_text(L, "actual_text", text);
}

static void push_criterion(lua_State *L, const struct criterion *c)
{
    lua_createtable(L, 0, 8);
    lua_pushfstring(L, "%s %s", c->selector_text, c->expr_text);
    lua_setfield(L, -2, "name");
    set_text(L, "kind", "threshold");
    set_text(L, "metric", c->selector_text);
    if (c->window_s > 0)
        lua_pushfstring(L, "%s over %ds", c->expr_text, c->window_s);
    else
        lua_pushstring(L, c->expr_text);
    lua_setfield(L, -2, "target");
    set_actual(L, c);
    set_text(L, "status", judgement_name(c->status));
    set_number(L, "samples", (double)c->samples);
    if (c->detail[0] != '\0')
        set_text(L, "detail", c->detail);
    if (c->optional) {
        lua_pushboolean(L, 1);
        lua_setfield(L, -2, "optional");
    }
}

static void push_criteria(lua_State *L, const struct judge *j)
{
    new_array(L, j->n);
    for (size_t i = 0; i < j->n; i++) {
        push_criterion(L, &j->criteria[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
}

/* ---- health, errors, series ---- */

static void push_lag(lua_State *L, const struct hist *lag)
{
    lua_createtable(L, 0, 4);
    set_number(L, "count", (double)lag->count);
    if (lag->count == 0)
        return;
    set_float(L, "p50_ms", (double)hist_quantile(lag, 0.5) / US_PER_MS);
    set_float(L, "p99_ms", (double)hist_quantile(lag, 0.99) / US_PER_MS);
    set_float(L, "max_ms", (double)lag->max / US_PER_MS);
}

static void push_health(lua_State *L, const struct run *run,
                        const struct health *h)
{
    const struct worker_health *w = &run->store.health;
    lua_createtable(L, 0, 12);
    set_text(L, "verdict", health_verdict_name(h->verdict));
    new_array(L, (size_t)h->nreasons);
    for (int i = 0; i < h->nreasons; i++) {
        lua_pushstring(L, h->reasons[i]);
        lua_rawseti(L, -2, i + 1);
    }
    lua_setfield(L, -2, "reasons");
    push_lag(L, &w->lag);
    lua_setfield(L, -2, "lag");
    set_number(L, "workers", run->plan->nworkers);
    set_float(L, "cpu_share", h->cpu_share);
    set_number(L, "late_10ms", (double)w->late_10ms);
    set_number(L, "burst_drops", (double)w->burst_drops);
    set_float(L, "slice_max_ms", (double)w->slice_max_us / US_PER_MS);
    set_float(L, "turn_max_ms", (double)w->turn_max_us / US_PER_MS);
    set_number(L, "rss_bytes", (double)h->rss_bytes);
    set_number(L, "no_fds", (double)w->no_fds);
    set_number(L, "no_ports", (double)w->no_ports);
    set_number(L, "interrupted_scripts", (double)w->killed_slices);
    set_number(L, "lost_tags", (double)(w->lost_tags + run->store.lost));
    set_number(L, "lost_names", (double)w->lost_names);
    lua_pushboolean(L, run->stuck);
    lua_setfield(L, -2, "stuck");
}

static void push_errors(lua_State *L, const struct error_list *l)
{
    new_array(L, l->n);
    for (size_t i = 0; i < l->n; i++) {
        lua_createtable(L, 0, 3);
        set_text(L, "message", l->kinds[i].message);
        set_number(L, "count", (double)l->kinds[i].count);
        if (l->kinds[i].example != NULL)
            set_text(L, "example", l->kinds[i].example);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
}

#define SERIES_COLUMN(L, run, name, value)                                     \
    do {                                                                       \
        new_array(L, (run)->nseries);                                          \
        for (size_t i_ = 0; i_ < (run)->nseries; i_++) {                       \
            const struct series_point *p = &(run)->series[i_];                 \
            lua_pushnumber(L, (value));                                        \
            lua_rawseti(L, -2, (lua_Integer)i_ + 1);                           \
        }                                                                      \
        lua_setfield(L, -2, name);                                             \
    } while (0)

static void push_series(lua_State *L, const struct run *run)
{
    lua_createtable(L, 0, 14);
    set_float(L, "interval_s", run->series_interval_s);
    SERIES_COLUMN(L, run, "t", p->t);
    SERIES_COLUMN(L, run, "seconds", p->seconds);
    SERIES_COLUMN(L, run, "http_reqs", p->reqs);
    SERIES_COLUMN(L, run, "http_req_failed", p->failed);
    SERIES_COLUMN(L, run, "iterations", p->iterations);
    SERIES_COLUMN(L, run, "dropped_iterations", p->dropped);
    SERIES_COLUMN(L, run, "data_received", p->received);
    SERIES_COLUMN(L, run, "data_sent", p->sent);
    SERIES_COLUMN(L, run, "vus", p->vus);
    SERIES_COLUMN(L, run, "p50", p->p50);
    SERIES_COLUMN(L, run, "p95", p->p95);
    SERIES_COLUMN(L, run, "p99", p->p99);
    SERIES_COLUMN(L, run, "response_p95", p->response_p95);
}

static void set_started_at(lua_State *L, int64_t wall)
{
    char text[40];
    time_t s = wall / US_PER_S;
    struct tm tm;
    gmtime_r(&s, &tm);
    size_t n = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(text + n, sizeof text - n, ".%03dZ",
             (int)(wall % US_PER_S / US_PER_MS));
    set_text(L, "started_at", text);
}

int result_push(lua_State *L)
{
    const struct result_input *in = lua_touserdata(L, 1);
    const struct run *run = in->run;
    struct accounting a = run_accounting(run, -1);
    lua_createtable(L, 0, 24);
    set_text(L, "schema", "stressengine/1");
    set_number(L, "seed", (double)run->plan->seed);
    set_started_at(L, run->began_wall ? run->began_wall : wall_us());
    set_float(L, "duration_s",
              run->began && run->ended
                  ? (double)(run->ended - run->began) / US_PER_S
                  : 0);
    set_float(L, "measured_s", run_seconds(run, -1));
    push_accounting(L, &a);
    lua_setfield(L, -2, "accounting");
    push_metrics(L, run);
    lua_setfield(L, -2, "metrics");
    push_scenarios(L, run);
    lua_setfield(L, -2, "scenarios");
    push_criteria(L, in->judge);
    lua_setfield(L, -2, "criteria");
    push_health(L, run, in->health);
    lua_setfield(L, -2, "health");
    push_errors(L, &run->store.errors);
    lua_setfield(L, -2, "errors");
    set_number(L, "errors_other", (double)run->store.errors.other);
    push_series(L, run);
    lua_setfield(L, -2, "series");
    new_array(L, 0);
    lua_setfield(L, -2, "monitors");
    return 1;
}
