/* store.c - see store.h */
#include "stats/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

/* Where the samples of one slot of one worker go: found once per slot and
 * metric, then reused at every merge. */
struct route {
    const struct tagset *from; /* the worker's; its address is the key */
    int detail;
    int metric;
    const struct metric_def *def;
    struct row **to;
    size_t n, cap;
};

void store_init(struct store *s, int nscenarios)
{
    *s = (struct store){ .nscenarios = nscenarios };
    s->accounting = xcalloc((size_t)nscenarios, sizeof *s->accounting);
    hist_init(&s->health.lag, HIST_3_DIGITS, HIST_LIMIT_TIME);
}

static void row_free(struct row *row)
{
    metric_data_free(row->data);
    metric_data_free(row->recent);
    for (int i = 0; i < row->ring_len; i++)
        metric_data_free(row->ring[i]);
    free(row->ring);
    free(row);
}

void store_fini(struct store *s)
{
    for (size_t i = 0; i < s->nrows; i++)
        row_free(s->rows[i]);
    for (size_t i = 0; i < s->ndefs; i++)
        free(s->defs[i]);
    for (size_t i = 0; i < s->routes_cap; i++) {
        if (s->routes[i] != NULL)
            free(s->routes[i]->to);
        free(s->routes[i]);
    }
    free(s->rows);
    free(s->index);
    free(s->defs);
    free(s->routes);
    free(s->watched);
    free(s->base);
    free(s->accounting);
    error_list_clear(&s->errors);
    hist_fini(&s->health.lag);
    tag_pool_fini(&s->pool);
    *s = (struct store){ 0 };
}

/* ---- rows ---- */

static uint32_t row_hash(const char *metric, const struct tagset *tags)
{
    return hash_bytes(metric, strlen(metric), tags->hash);
}

static void grow_row_index(struct store *s)
{
    size_t cap = s->index_cap ? s->index_cap * 2 : 256;
    free(s->index);
    s->index = xcalloc(cap, sizeof(struct row *));
    s->index_cap = cap;
    for (size_t i = 0; i < s->nrows; i++) {
        struct row *row = s->rows[i];
        size_t at = row_hash(row->metric, row->tags) & (cap - 1);
        row->next = s->index[at];
        s->index[at] = row;
    }
}

static struct row *find_row(const struct store *s, const char *metric,
                            const struct tagset *tags)
{
    if (s->index_cap == 0)
        return NULL;
    size_t at = row_hash(metric, tags) & (s->index_cap - 1);
    for (struct row *row = s->index[at]; row != NULL; row = row->next)
        if (row->tags == tags && strcmp(row->metric, metric) == 0)
            return row;
    return NULL;
}

/* NULL when there are too many; totals always find a place. */
static struct row *make_row(struct store *s, const char *metric,
                            const struct tagset *tags, int must)
{
    struct row *row = find_row(s, metric, tags);
    if (row != NULL)
        return row;
    if (s->nrows >= STORE_ROWS_MAX && !must && tags->n > 0) {
        s->lost++;
        return NULL;
    }
    row = xcalloc(1, sizeof *row);
    row->metric = tag_intern(&s->pool, metric, strlen(metric));
    row->tags = tags;
    s->rows = grow(s->rows, &s->rows_cap, s->nrows + 1, sizeof(*s->rows));
    s->rows[s->nrows++] = row;
    if (s->nrows * 2 > s->index_cap) {
        grow_row_index(s);
        return row;
    }
    size_t at = row_hash(metric, tags) & (s->index_cap - 1);
    row->next = s->index[at];
    s->index[at] = row;
    return row;
}

struct row *store_find(const struct store *s, const char *metric,
                       const struct tag *tags, size_t ntags)
{
    /* Interning may add a string to the pool, which harms nobody. */
    struct tag_pool *pool = (struct tag_pool *)&s->pool;
    return find_row(s, metric, tagset_intern(pool, tags, ntags));
}

struct row *store_watch(struct store *s, const struct selector *sel,
                        int window_s)
{
    struct tag tags[SELECTOR_TAGS_MAX];
    for (int i = 0; i < sel->ntags; i++)
        tags[i] = (struct tag){ sel->tags[i].key, sel->tags[i].value };
    struct row *row = make_row(
        s, sel->metric, tagset_intern(&s->pool, tags, (size_t)sel->ntags), 1);
    if (window_s > STORE_WINDOW_MAX)
        window_s = STORE_WINDOW_MAX;
    if (window_s > row->ring_len) {
        row->ring = xrealloc(row->ring, (size_t)window_s * sizeof(*row->ring));
        for (int i = row->ring_len; i < window_s; i++)
            row->ring[i] = NULL;
        row->ring_len = window_s;
    }
    if (!row->watched) {
        row->watched = 1;
        s->watched = grow(s->watched, &s->watched_cap, s->nwatched + 1,
                          sizeof(*s->watched));
        s->watched[s->nwatched++] = row;
    }
    return row;
}

/* ---- routes ---- */

static const struct metric_def *own_def(struct store *s,
                                        const struct metric_def *def)
{
    for (size_t i = 0; i < s->ndefs; i++)
        if (strcmp(s->defs[i]->name, def->name) == 0)
            return s->defs[i];
    struct metric_def *copy = xmalloc(sizeof *copy);
    *copy = *def;
    s->defs = grow(s->defs, &s->defs_cap, s->ndefs + 1, sizeof(*s->defs));
    s->defs[s->ndefs++] = copy;
    return copy;
}

static void route_add(struct route *r, struct row *row)
{
    if (row == NULL)
        return;
    for (size_t i = 0; i < r->n; i++)
        if (r->to[i] == row)
            return;
    r->to = grow(r->to, &r->cap, r->n + 1, sizeof(*r->to));
    r->to[r->n++] = row;
}

static int has_all(const struct tagset *have, const struct tagset *want)
{
    for (size_t i = 0; i < want->n; i++) {
        const char *value = tagset_get(have, want->tags[i].key);
        if (value == NULL || strcmp(value, want->tags[i].value) != 0)
            return 0;
    }
    return 1;
}

/* The tags of the scenario that a slot belongs to, or NULL. */
static const struct tagset *base_of(const struct store *s,
                                    const struct tagset *tags)
{
    const char *name = tagset_get(tags, "scenario");
    for (size_t i = 0; name != NULL && i < s->nbase; i++)
        if (strcmp(tagset_get(s->base[i], "scenario"), name) == 0)
            return s->base[i];
    return NULL;
}

/* Of a tally all scenario slots come before the first detail slot. */
static void learn_base(struct store *s, const struct tagset *tags)
{
    if (tagset_get(tags, "scenario") == NULL || base_of(s, tags) != NULL)
        return;
    s->base = grow(s->base, &s->base_cap, s->nbase + 1, sizeof(*s->base));
    s->base[s->nbase++] = tags;
}

/* A sample is in its scenario's slot and, with more tags, in a detail slot:
 * the first answers a selector that the scenario's own tags meet, the second
 * all others; never both, or samples count twice. */
static int answered_by(const struct store *s, const struct tagset *want,
                       const struct route *r)
{
    if (!has_all(r->from, want))
        return 0;
    const struct tagset *base = r->detail ? base_of(s, r->from) : NULL;
    return base == NULL || !has_all(base, want);
}

/* A scenario's own tags say that none of its samples has these, unless
 * samples with others than the scenario's were seen. */
static int contradicts(const struct store *s, const struct tagset *base,
                       const struct tagset *want)
{
    for (size_t i = 0; i < want->n; i++) {
        const struct tag *tag = &want->tags[i];
        const char *value = tagset_get(base, tag->key);
        if (value != NULL && strcmp(value, tag->value) != 0 &&
            (!s->overridden || strcmp(tag->key, "scenario") == 0))
            return 1;
    }
    return 0;
}

int store_saw_all(const struct store *s, const struct tagset *tags)
{
    int lost = s->health.lost_tags > 0 ||
               (s->health.lost_names > 0 && tagset_get(tags, "name") != NULL);
    for (size_t i = 0; lost && i < s->nbase; i++)
        if (!has_all(s->base[i], tags) && !contradicts(s, s->base[i], tags))
            return 0;
    return 1;
}

static int is_one_of(const char *text, const char *const *list)
{
    for (; *list != NULL; list++)
        if (strcmp(text, *list) == 0)
            return 1;
    return 0;
}

/* Tags that are worth a row of their own in the result. */
static int wants_row(const char *key, const char *metric)
{
    static const char *const never[] = { "scenario", "method", "proto",
                                         "expected_response", NULL };
    if (is_one_of(key, never))
        return 0;
    /* There may be hundreds of names: what a table of URLs shows is enough,
     * the rest is there for selectors. */
    static const char *const of_names[] = {
        "http_reqs",         "http_req_failed",
        "http_req_duration", "http_req_response_time",
        "http_req_waiting",  NULL
    };
    if (strcmp(key, "name") == 0 && strncmp(metric, "http_", 5) == 0)
        return is_one_of(metric, of_names);
    /* One row per status tells enough; nine trends each would not add. */
    if (strcmp(key, "status") == 0 || strcmp(key, "error_code") == 0)
        return strcmp(metric, "http_reqs") == 0;
    return 1;
}

/* What found no place of its own must find one here. */
static int is_other(const struct tag *tag)
{
    return strcmp(tag->value, "__other__") == 0;
}

static void route_targets(struct store *s, struct route *r)
{
    const char *metric = r->def->name;
    if (!r->detail) {
        route_add(r, make_row(s, metric, tagset_intern(&s->pool, NULL, 0), 1));
        const char *scenario = tagset_get(r->from, "scenario");
        struct tag tag = { "scenario", scenario };
        if (scenario != NULL)
            route_add(r,
                      make_row(s, metric, tagset_intern(&s->pool, &tag, 1), 1));
    }
    for (size_t i = 0; i < r->from->n; i++) {
        const struct tag *tag = &r->from->tags[i];
        const struct tagset *alone = tagset_intern(&s->pool, tag, 1);
        if (wants_row(tag->key, metric) && answered_by(s, alone, r))
            route_add(r, make_row(s, metric, alone, is_other(tag)));
    }
    for (size_t i = 0; i < s->nwatched; i++)
        if (strcmp(s->watched[i]->metric, metric) == 0 &&
            s->watched[i]->tags->n > 0 &&
            answered_by(s, s->watched[i]->tags, r))
            route_add(r, s->watched[i]);
}

static size_t route_place(const struct store *s, const struct tagset *from,
                          int detail, int metric)
{
    uintptr_t key[2] = { (uintptr_t)from, (uintptr_t)(metric * 2 + detail) };
    size_t mask = s->routes_cap - 1;
    size_t at = hash_bytes(key, sizeof key, 0) & mask;
    for (; s->routes[at] != NULL; at = (at + 1) & mask) {
        const struct route *r = s->routes[at];
        if (r->from == from && r->metric == metric && r->detail == detail)
            break;
    }
    return at;
}

static void grow_routes(struct store *s)
{
    struct route **old = s->routes;
    size_t cap = s->routes_cap;
    s->routes_cap = cap ? cap * 2 : 256;
    s->routes = xcalloc(s->routes_cap, sizeof(struct route *));
    for (size_t i = 0; i < cap; i++)
        if (old[i] != NULL)
            s->routes[route_place(s, old[i]->from, old[i]->detail,
                                  old[i]->metric)] = old[i];
    free(old);
}

static void learn_override(struct store *s, const struct route *r)
{
    const struct tagset *base = r->detail ? base_of(s, r->from) : NULL;
    if (base != NULL && !has_all(r->from, base))
        s->overridden = 1;
}

static struct route *find_route(struct store *s, const struct slot *slot,
                                size_t metric)
{
    if (s->nroutes * 2 >= s->routes_cap)
        grow_routes(s);
    size_t at = route_place(s, slot->tags, slot->detail, (int)metric);
    if (s->routes[at] == NULL) {
        struct route *r = xcalloc(1, sizeof *r);
        r->from = slot->tags;
        r->detail = slot->detail;
        r->metric = (int)metric;
        r->def = own_def(s, slot->data[metric]->def);
        learn_override(s, r);
        route_targets(s, r);
        s->routes[at] = r;
        s->nroutes++;
    }
    return s->routes[at];
}

static void add_to_row(struct row *row, const struct metric_def *def,
                       const struct metric_data *d, int detail)
{
    enum hist_digits digits = detail ? HIST_2_DIGITS : HIST_3_DIGITS;
    if (row->data == NULL)
        row->data = metric_data_new(def, digits);
    if (row->data->def->kind != d->def->kind)
        return; /* two workers disagree; the first one counts */
    metric_data_add(row->data, d);
    if (row->recent == NULL)
        row->recent = metric_data_new(def, digits);
    metric_data_add(row->recent, d);
}

static void add_slot(struct store *s, const struct slot *slot)
{
    for (size_t m = 0; m < slot->ndata; m++) {
        const struct metric_data *d = slot->data[m];
        if (d == NULL || d->count == 0)
            continue;
        struct route *r = find_route(s, slot, m);
        for (size_t i = 0; i < r->n; i++)
            add_to_row(r->to[i], r->def, d, slot->detail);
    }
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static void add_health(struct worker_health *to, const struct worker_health *h)
{
    hist_add(&to->lag, &h->lag);
    to->late_10ms += h->late_10ms;
    to->burst_drops += h->burst_drops;
    to->slice_max_us = larger(to->slice_max_us, h->slice_max_us);
    to->turn_max_us = larger(to->turn_max_us, h->turn_max_us);
    to->cpu_us += h->cpu_us;
    to->no_fds += h->no_fds;
    to->no_ports += h->no_ports;
    to->killed_slices += h->killed_slices;
    to->lost_tags += h->lost_tags;
    to->lost_names += h->lost_names;
}

void store_add(struct store *s, const struct tally *t)
{
    for (size_t i = 0; i < t->nslots; i++)
        if (t->slots[i].tags != NULL && !t->slots[i].detail)
            learn_base(s, t->slots[i].tags);
    for (size_t i = 0; i < t->nslots; i++)
        if (t->slots[i].tags != NULL)
            add_slot(s, &t->slots[i]);
    for (int i = 0; i < s->nscenarios && i < t->nscenarios; i++)
        accounting_add(&s->accounting[i], &t->accounting[i]);
    error_list_merge(&s->errors, &t->errors);
    add_health(&s->health, &t->health);
}

void store_record(struct store *s, int metric, const char *scenario,
                  double value, int64_t at)
{
    const struct metric_info *info = &metric_builtin[metric];
    struct metric_def def = { .id = metric,
                              .kind = info->kind,
                              .unit = info->unit,
                              .us_per_unit = 1000 };
    snprintf(def.name, sizeof def.name, "%s", info->name);
    snprintf(def.unit_text, sizeof def.unit_text, "%s",
             metric_unit_name(info->unit));
    const struct metric_def *own = own_def(s, &def);
    struct metric_data *d = metric_data_new(own, HIST_3_DIGITS);
    if (record_value(d, value, at) == 0) {
        struct tag tag = { "scenario", scenario };
        add_to_row(make_row(s, info->name, tagset_intern(&s->pool, NULL, 0), 1),
                   own, d, 0);
        if (scenario != NULL)
            add_to_row(
                make_row(s, info->name, tagset_intern(&s->pool, &tag, 1), 1),
                own, d, 0);
    }
    metric_data_free(d);
}

/* ---- windows ---- */

void store_second_over(struct store *s, int64_t us)
{
    s->second_over = us >= US_PER_S / 2;
}

/* A piece of a second is no step of its own: it is added to the latest. */
static void advance_window(struct row *row, int second_over)
{
    int latest = (row->ring_at + row->ring_len - 1) % row->ring_len;
    struct metric_data **place = &row->ring[row->ring_at];
    if (!second_over && row->ring[latest] != NULL) {
        if (row->recent != NULL)
            metric_data_add(row->ring[latest], row->recent);
        return;
    }
    row->ring_at = (row->ring_at + 1) % row->ring_len;
    struct metric_data *oldest = *place;
    *place = row->recent;
    row->recent = oldest;
}

void store_tick(struct store *s)
{
    for (size_t i = 0; i < s->nrows; i++) {
        struct row *row = s->rows[i];
        if (row->ring_len > 0)
            advance_window(row, s->second_over);
        if (row->recent != NULL)
            metric_data_clear(row->recent);
    }
    s->second_over = 0;
}

struct metric_data *row_window(const struct store *s, const struct row *row,
                               int seconds)
{
    if (row->ring_len == 0 || row->data == NULL)
        return NULL;
    struct metric_data *sum = metric_data_new(row->data->def, HIST_3_DIGITS);
    if (row->recent != NULL)
        metric_data_add(sum, row->recent);
    int before = s->second_over ? seconds - 1 : seconds;
    for (int i = 1; i <= before && i <= row->ring_len; i++) {
        int at = (row->ring_at - i + row->ring_len) % row->ring_len;
        if (row->ring[at] != NULL)
            metric_data_add(sum, row->ring[at]);
    }
    return sum;
}

/* ---- values ---- */

static int trend_value(const struct metric_data *d,
                       const struct threshold_expr *e, double *out)
{
    double v;
    switch (e->method) {
    case TH_COUNT:
        *out = (double)d->count;
        return 0;
    case TH_AVG:
        v = hist_mean(d->hist);
        break;
    case TH_MIN:
        v = (double)d->hist->min;
        break;
    case TH_MAX:
        v = (double)d->hist->max;
        break;
    case TH_MED:
        v = (double)hist_quantile(d->hist, 0.5);
        break;
    case TH_P:
        v = (double)hist_quantile(d->hist, e->percent / 100);
        break;
    default:
        return -1;
    }
    if (d->def->unit == UNIT_TIME)
        *out = v / (double)d->def->us_per_unit;
    else
        *out = v / 1e6;
    return 0;
}

int metric_value(const struct metric_data *d, const struct threshold_expr *e,
                 double seconds, double *out)
{
    if (d == NULL || d->count == 0)
        return -1;
    switch (d->def->kind) {
    case METRIC_COUNTER:
        if (e->method != TH_COUNT && e->method != TH_RATE)
            return -1;
        *out = e->method == TH_COUNT ? d->sum
               : seconds > 0         ? d->sum / seconds
                                     : 0;
        return 0;
    case METRIC_RATE:
        if (e->method != TH_COUNT && e->method != TH_RATE)
            return -1;
        *out = e->method == TH_COUNT ? (double)d->trues
                                     : (double)d->trues / (double)d->count;
        return 0;
    case METRIC_GAUGE:
        *out = e->method == TH_MIN   ? d->min
               : e->method == TH_MAX ? d->max
                                     : d->value;
        return e->method == TH_VALUE || e->method == TH_MIN ||
                       e->method == TH_MAX
                   ? 0
                   : -1;
    case METRIC_TREND:
        return trend_value(d, e, out);
    }
    return -1;
}
