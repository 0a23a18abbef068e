/* tally.c - see tally.h */
#include "stats/tally.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* ---- data of one metric ---- */

struct metric_data *metric_data_new(const struct metric_def *def,
                                    enum hist_digits digits)
{
    struct metric_data *d = xcalloc(1, sizeof *d);
    d->def = def;
    if (def->kind == METRIC_TREND) {
        d->hist = xmalloc(sizeof *d->hist);
        hist_init(d->hist, digits,
                  def->unit == UNIT_TIME ? HIST_LIMIT_TIME : HIST_LIMIT_WIDE);
    }
    return d;
}

void metric_data_free(struct metric_data *d)
{
    if (d == NULL)
        return;
    if (d->hist != NULL)
        hist_fini(d->hist);
    free(d->hist);
    free(d);
}

void metric_data_clear(struct metric_data *d)
{
    d->count = 0;
    d->sum = 0;
    d->trues = 0;
    if (d->hist != NULL)
        hist_clear(d->hist);
}

void metric_data_add(struct metric_data *to, const struct metric_data *from)
{
    if (from->count == 0)
        return;
    if (from->def->kind == METRIC_GAUGE) {
        if (to->count == 0 || from->min < to->min)
            to->min = from->min;
        if (to->count == 0 || from->max > to->max)
            to->max = from->max;
        if (to->count == 0 || from->at >= to->at) {
            to->value = from->value;
            to->at = from->at;
        }
    }
    to->count += from->count;
    to->sum += from->sum;
    to->trues += from->trues;
    if (to->hist != NULL && from->hist != NULL)
        hist_add(to->hist, from->hist);
}

void record_gauge(struct metric_data *d, double value, int64_t at)
{
    if (d->count == 0 || value < d->min)
        d->min = value;
    if (d->count == 0 || value > d->max)
        d->max = value;
    d->value = value;
    d->at = at;
    d->count++;
}

int record_value(struct metric_data *d, double value, int64_t at)
{
    if (!isfinite(value))
        return -1;
    double scale = 1e6;
    switch (d->def->kind) {
    case METRIC_COUNTER:
        if (value < 0)
            return -1;
        record_count(d, value);
        return 0;
    case METRIC_GAUGE:
        record_gauge(d, value, at);
        return 0;
    case METRIC_RATE:
        record_rate(d, value != 0);
        return 0;
    case METRIC_TREND:
        if (d->def->unit == UNIT_TIME)
            scale = (double)d->def->us_per_unit;
        if (value < 0 || value * scale > 9e18)
            return -1;
        record_trend(d, (uint64_t)llround(value * scale));
        return 0;
    }
    return -1;
}

/* ---- errors ---- */

int error_list_add(struct error_list *l, const char *message, uint64_t n,
                   const char *example)
{
    return error_list_add_at(l, message, strlen(message), n, example);
}

int error_list_add_at(struct error_list *l, const char *message, size_t key_len,
                      uint64_t n, const char *example)
{
    uint32_t hash = hash_bytes(message, key_len, 0);
    for (size_t i = 0; i < l->n; i++) {
        struct error_kind *k = &l->kinds[i];
        if (k->hash == hash && k->key_len == key_len &&
            memcmp(k->message, message, key_len) == 0) {
            k->count += n;
            return 0;
        }
    }
    if (l->n == ERROR_KINDS_MAX) {
        l->other += n;
        return 0;
    }
    l->kinds = grow(l->kinds, &l->cap, l->n + 1, sizeof *l->kinds);
    l->kinds[l->n++] = (struct error_kind){
        .hash = hash,
        .key_len = key_len,
        .count = n,
        .message = xstrdup(message),
        .example = example ? xstrdup(example) : NULL,
    };
    return 1;
}

void error_list_clear(struct error_list *l)
{
    for (size_t i = 0; i < l->n; i++) {
        free(l->kinds[i].message);
        free(l->kinds[i].example);
    }
    free(l->kinds);
    *l = (struct error_list){ 0 };
}

void error_list_merge(struct error_list *to, const struct error_list *from)
{
    for (size_t i = 0; i < from->n; i++)
        error_list_add_at(to, from->kinds[i].message, from->kinds[i].key_len,
                          from->kinds[i].count, from->kinds[i].example);
    to->other += from->other;
}

/* ---- accounting ---- */

void accounting_add(struct accounting *to, const struct accounting *a)
{
    to->planned += a->planned;
    to->started += a->started;
    to->ok += a->ok;
    to->failed += a->failed;
    to->timed_out += a->timed_out;
    to->cancelled += a->cancelled;
    to->dropped += a->dropped;
    to->warmup += a->warmup;
}

uint64_t accounting_in_flight(const struct accounting *a)
{
    return a->started - a->ok - a->failed - a->timed_out - a->cancelled;
}

/* ---- the tally ---- */

struct tally *tally_new(int worker, int nscenarios)
{
    struct tally *t = xcalloc(1, sizeof *t);
    t->worker = worker;
    t->nscenarios = nscenarios;
    t->accounting = xcalloc((size_t)nscenarios, sizeof *t->accounting);
    hist_init(&t->health.lag, HIST_3_DIGITS, HIST_LIMIT_TIME);
    return t;
}

void tally_clear(struct tally *t)
{
    for (size_t i = 0; i < t->nslots; i++)
        for (size_t m = 0; m < t->slots[i].ndata; m++)
            if (t->slots[i].data[m] != NULL)
                metric_data_clear(t->slots[i].data[m]);
    memset(t->accounting, 0, (size_t)t->nscenarios * sizeof *t->accounting);
    error_list_clear(&t->errors);
    struct hist lag = t->health.lag;
    hist_clear(&lag);
    t->health = (struct worker_health){ .lag = lag };
    t->vus = t->vus_max = t->vus_peak = 0;
    t->from = t->to = 0;
}

void tally_free(struct tally *t)
{
    if (t == NULL)
        return;
    for (size_t i = 0; i < t->nslots; i++) {
        for (size_t m = 0; m < t->slots[i].ndata; m++)
            metric_data_free(t->slots[i].data[m]);
        free(t->slots[i].data);
    }
    free(t->slots);
    free(t->accounting);
    error_list_clear(&t->errors);
    hist_fini(&t->health.lag);
    free(t);
}

/* ---- the recorder ---- */

struct slot_def {
    const struct tagset *tags;
    int detail;
};

static struct metric_def *new_def(struct recorder *r, const char *name,
                                  enum metric_kind kind, enum metric_unit unit,
                                  const char *unit_text)
{
    struct metric_def *def = xcalloc(1, sizeof *def);
    def->id = (int)r->ndefs;
    def->kind = kind;
    def->unit = unit;
    def->us_per_unit = 1000;
    snprintf(def->name, sizeof def->name, "%s", name);
    snprintf(def->unit_text, sizeof def->unit_text, "%s", unit_text);
    r->defs = grow(r->defs, &r->defs_cap, r->ndefs + 1, sizeof(*r->defs));
    r->defs[r->ndefs++] = def;
    return def;
}

void recorder_init(struct recorder *r, struct tally *t)
{
    *r = (struct recorder){ .tally = t };
    for (int i = 0; i < METRIC_BUILTIN_COUNT; i++) {
        const struct metric_info *m = &metric_builtin[i];
        new_def(r, m->name, m->kind, m->unit, metric_unit_name(m->unit));
    }
}

void recorder_fini(struct recorder *r)
{
    for (size_t i = 0; i < r->ndefs; i++)
        free(r->defs[i]);
    free(r->defs);
    free(r->slots);
    free(r->index);
    free(r->details);
    tag_pool_fini(&r->pool);
    *r = (struct recorder){ 0 };
}

static enum metric_unit unit_from_text(const char *text, int64_t *us_per_unit)
{
    static const struct {
        const char *text;
        int64_t us;
    } times[] = { { "us", 1 }, { "ms", 1000 }, { "s", 1000000 } };
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        if (strcmp(text, times[i].text) == 0) {
            *us_per_unit = times[i].us;
            return UNIT_TIME;
        }
    return strcmp(text, "bytes") == 0 ? UNIT_BYTES : UNIT_NONE;
}

const struct metric_def *recorder_define(struct recorder *r, const char *name,
                                         enum metric_kind kind,
                                         const char *unit, char *err,
                                         size_t errlen)
{
    if (!metric_name_ok(name)) {
        snprintf(err, errlen,
                 "\"%.60s\" is not a metric name: a letter, then letters, "
                 "digits, '_', '-' or '.'",
                 name);
        return NULL;
    }
    if (metric_find_builtin(name) >= 0) {
        snprintf(err, errlen, "%s is a built-in metric", name);
        return NULL;
    }
    const struct metric_def *old = recorder_find(r, name);
    if (old != NULL) {
        if (old->kind == kind && strcmp(old->unit_text, unit) == 0)
            return old;
        snprintf(err, errlen, "%s is already a %s%s%s", name,
                 metric_kind_name(old->kind), old->unit_text[0] ? " in " : "",
                 old->unit_text);
        return NULL;
    }
    int64_t us = 1000;
    enum metric_unit u =
        kind == METRIC_RATE ? UNIT_SHARE : unit_from_text(unit, &us);
    struct metric_def *def = new_def(r, name, kind, u, unit);
    def->us_per_unit = us;
    return def;
}

const struct metric_def *recorder_metric(const struct recorder *r, int id)
{
    return id >= 0 && (size_t)id < r->ndefs ? r->defs[id] : NULL;
}

const struct metric_def *recorder_find(const struct recorder *r,
                                       const char *name)
{
    for (size_t i = 0; i < r->ndefs; i++)
        if (strcmp(r->defs[i]->name, name) == 0)
            return r->defs[i];
    return NULL;
}

static void grow_index(struct recorder *r)
{
    size_t cap = r->index_cap ? r->index_cap * 2 : 64;
    unsigned *index = xcalloc(cap, sizeof *index);
    for (size_t i = 0; i < r->nslots; i++) {
        size_t at = r->slots[i].tags->hash & (cap - 1);
        while (index[at] != 0)
            at = (at + 1) & (cap - 1);
        index[at] = (unsigned)i + 1;
    }
    free(r->index);
    r->index = index;
    r->index_cap = cap;
}

unsigned recorder_slot(struct recorder *r, const struct tagset *tags,
                       int detail, unsigned fallback)
{
    if (r->nslots * 2 >= r->index_cap)
        grow_index(r);
    size_t mask = r->index_cap - 1, at = tags->hash & mask;
    for (; r->index[at] != 0; at = (at + 1) & mask) {
        const struct slot_def *s = &r->slots[r->index[at] - 1];
        if (s->tags == tags && s->detail == detail)
            return r->index[at] - 1;
    }
    if (r->nslots >= SLOTS_MAX) {
        r->tally->health.lost_tags++;
        return fallback;
    }
    r->slots = grow(r->slots, &r->slots_cap, r->nslots + 1, sizeof *r->slots);
    r->slots[r->nslots] = (struct slot_def){ tags, detail };
    r->index[at] = (unsigned)++r->nslots;
    return (unsigned)r->nslots - 1;
}

/* Where what finds no place of its own is counted. */
static const char other[] = "__other__";

const char *recorder_text(struct recorder *r, const char *text, size_t len)
{
    if (r->pool.nstrings >= TEXTS_MAX && !tag_known(&r->pool, text, len)) {
        r->tally->health.lost_tags++;
        return other;
    }
    return tag_intern(&r->pool, text, len);
}

/* Whether it is one of the names, or may become one. */
static int take_name(struct recorder *r, const char *name)
{
    size_t at = hash_words(&name, sizeof name) % NAMES_PLACES;
    for (; r->names[at] != NULL; at = (at + 1) % NAMES_PLACES)
        if (r->names[at] == name)
            return 1;
    if (r->nnames == NAMES_MAX)
        return 0;
    r->names[at] = name;
    r->nnames++;
    return 1;
}

const char *recorder_name(struct recorder *r, const char *text, size_t len)
{
    if (r->nnames < NAMES_MAX || tag_known(&r->pool, text, len)) {
        const char *name = recorder_text(r, text, len);
        if (name == other || take_name(r, name))
            return name;
    }
    r->tally->health.lost_names++;
    return other;
}

const struct tagset *recorder_tagset(struct recorder *r,
                                     const struct tagset *base,
                                     const struct tag *tags, size_t n)
{
    if (r->pool.nsets < SETS_MAX)
        return tagset_with(&r->pool, base, tags, n);
    /* A slot that is there goes on counting. */
    const struct tagset *set = tagset_known(&r->pool, base, tags, n);
    if (set == NULL)
        r->tally->health.lost_tags++;
    return set;
}

const struct tagset *recorder_tags(const struct recorder *r, unsigned slot)
{
    return r->slots[slot].tags;
}

/* Both tallies of a worker learn of a slot when they first record in it. */
static struct slot *tally_slot(struct recorder *r, unsigned slot)
{
    struct tally *t = r->tally;
    if (slot >= t->nslots) {
        t->slots = grow(t->slots, &t->slots_cap, slot + 1, sizeof *t->slots);
        memset(t->slots + t->nslots, 0,
               (slot + 1 - t->nslots) * sizeof *t->slots);
        t->nslots = slot + 1;
    }
    struct slot *s = &t->slots[slot];
    if (s->tags == NULL) {
        s->tags = r->slots[slot].tags;
        s->detail = r->slots[slot].detail;
    }
    return s;
}

struct metric_data *recorder_at(struct recorder *r, unsigned slot, int metric)
{
    struct slot *s = tally_slot(r, slot);
    size_t id = (size_t)metric;
    if (id >= s->ndata) {
        size_t n = r->ndefs > id ? r->ndefs : id + 1;
        s->data = xrealloc(s->data, n * sizeof(*s->data));
        memset(s->data + s->ndata, 0, (n - s->ndata) * sizeof(*s->data));
        s->ndata = n;
    }
    if (s->data[id] == NULL)
        s->data[id] = metric_data_new(r->defs[id], s->detail ? HIST_2_DIGITS
                                                             : HIST_3_DIGITS);
    return s->data[id];
}

struct metric_data **recorder_row(struct recorder *r, unsigned slot, int first,
                                  int last)
{
    struct slot *s = tally_slot(r, slot);
    for (int id = first; id <= last; id++)
        if ((size_t)id >= s->ndata || s->data[id] == NULL)
            recorder_at(r, slot, id);
    return s->data;
}

/* ---- details ---- */

enum { DETAIL_PLACES = 256, DETAIL_TAGS = 3 };

struct detail_key {
    unsigned slot, n;
    struct tag tags[DETAIL_TAGS];
};

struct detail_cache {
    struct {
        struct detail_key key;
        unsigned slot; /* plus one; 0: empty */
    } places[DETAIL_PLACES];
};

static unsigned make_detail(struct recorder *r, unsigned slot,
                            const struct tag *tags, size_t n)
{
    const struct tagset *set =
        recorder_tagset(r, recorder_tags(r, slot), tags, n);
    return set ? recorder_slot(r, set, 1, RECORDER_NO_SLOT) : RECORDER_NO_SLOT;
}

unsigned recorder_detail(struct recorder *r, unsigned slot,
                         const struct tag *tags, size_t n)
{
    struct detail_key key;
    if (n > DETAIL_TAGS)
        return make_detail(r, slot, tags, n);
    memset(&key, 0, sizeof key); /* it is compared whole */
    key.slot = slot;
    key.n = (unsigned)n;
    memcpy(key.tags, tags, n * sizeof *tags);
    if (r->details == NULL)
        r->details = xcalloc(1, sizeof *r->details);
    size_t at = hash_words(&key, sizeof key) % DETAIL_PLACES;
    if (r->details->places[at].slot != 0 &&
        memcmp(&r->details->places[at].key, &key, sizeof key) == 0)
        return r->details->places[at].slot - 1;
    unsigned found = make_detail(r, slot, tags, n);
    if (found != RECORDER_NO_SLOT) {
        r->details->places[at].key = key;
        r->details->places[at].slot = found + 1;
    }
    return found;
}

struct tally *recorder_swap(struct recorder *r, struct tally *empty)
{
    struct tally *full = r->tally;
    r->tally = empty;
    return full;
}
