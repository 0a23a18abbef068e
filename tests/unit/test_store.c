/* test_store.c - tallies added up: totals, selectors, bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "stats/store.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

enum { WORKERS_MAX = 7, SCENARIOS = 3, OWN = 4 };

static const struct {
    const char *name;
    enum metric_kind kind;
    const char *unit;
} own_metrics[OWN] = {
    { "own_counter", METRIC_COUNTER, "" },
    { "own_gauge", METRIC_GAUGE, "" },
    { "own_rate", METRIC_RATE, "" },
    { "own_trend", METRIC_TREND, "s" },
};

/* The tags of each scenario: "team" is the scenario's own in one of them and
 * a request's in the others. */
static const struct {
    struct tag tags[3];
    size_t n;
} scenario_tags[SCENARIOS] = {
    { { { "scenario", "a" }, { "env", "prod" } }, 2 },
    { { { "scenario", "b" }, { "env", "test" }, { "team", "red" } }, 3 },
    { { { "scenario", "c" } }, 1 },
};

/* ---- workers ---- */

struct desk {
    struct recorder r;
    struct tally *spare;
    unsigned slots[SCENARIOS];
    int own[OWN];
};

struct lab {
    struct store store;
    struct desk desks[WORKERS_MAX];
    int workers;
};

/* The custom metrics have other ids in every second worker. */
static void desk_open(struct desk *d, int index)
{
    char err[100];
    recorder_init(&d->r, tally_new(index, SCENARIOS));
    d->spare = tally_new(index, SCENARIOS);
    for (int i = 0; i < OWN; i++) {
        int k = index % 2 ? OWN - 1 - i : i;
        const struct metric_def *def =
            recorder_define(&d->r, own_metrics[k].name, own_metrics[k].kind,
                            own_metrics[k].unit, err, sizeof err);
        d->own[k] = def->id;
    }
    for (int i = 0; i < SCENARIOS; i++) {
        const struct tagset *set = tagset_intern(
            &d->r.pool, scenario_tags[i].tags, scenario_tags[i].n);
        d->slots[i] = recorder_slot(&d->r, set, 0, RECORDER_NO_SLOT);
    }
}

static void lab_open(struct lab *lab, int workers)
{
    store_init(&lab->store, SCENARIOS);
    lab->workers = workers;
    for (int i = 0; i < workers; i++)
        desk_open(&lab->desks[i], i);
}

static void lab_close(struct lab *lab)
{
    for (int i = 0; i < lab->workers; i++) {
        tally_free(lab->desks[i].r.tally);
        tally_free(lab->desks[i].spare);
    }
    store_fini(&lab->store);
    for (int i = 0; i < lab->workers; i++)
        recorder_fini(&lab->desks[i].r);
}

/* As the main thread does it: the full tally is merged, emptied and kept. */
static void hand_over(struct lab *lab, int worker)
{
    struct desk *d = &lab->desks[worker];
    struct tally *full = recorder_swap(&d->r, d->spare);
    store_add(&lab->store, full);
    tally_clear(full);
    d->spare = full;
}

static void hand_over_all(struct lab *lab)
{
    for (int i = 0; i < lab->workers; i++)
        hand_over(lab, i);
}

/* ---- samples ---- */

struct sample {
    int scenario;
    const char *name, *status, *team; /* team may be NULL */
    int64_t us, at;
};

static void record_into(struct desk *d, unsigned slot, const struct sample *s)
{
    struct recorder *r = &d->r;
    double small = (double)(s->us % 10);
    record_count(recorder_at(r, slot, M_HTTP_REQS), 1);
    record_rate(recorder_at(r, slot, M_HTTP_REQ_FAILED), s->status[0] != '2');
    record_trend(recorder_at(r, slot, M_HTTP_REQ_DURATION), (uint64_t)s->us);
    record_value(recorder_at(r, slot, d->own[0]), small, s->at);
    record_value(recorder_at(r, slot, d->own[1]), small - 5, s->at);
    record_value(recorder_at(r, slot, d->own[2]), small > 3, s->at);
    record_value(recorder_at(r, slot, d->own[3]), (double)s->us / 1e6, s->at);
}

static void record_sample(struct desk *d, const struct sample *s)
{
    struct recorder *r = &d->r;
    unsigned slot = d->slots[s->scenario];
    struct tag tags[] = {
        { "name", recorder_text(r, s->name, strlen(s->name)) },
        { "status", s->status },
        { "method", "GET" },
        { "team", s->team ? recorder_text(r, s->team, strlen(s->team)) : NULL },
    };
    record_into(d, slot, s);
    unsigned detail = recorder_detail(r, slot, tags, s->team ? 4 : 3);
    if (detail != RECORDER_NO_SLOT)
        record_into(d, detail, s);
}

static struct sample random_sample(struct rng *r, int64_t at)
{
    static const char *const names[] = { "/x", "/y", "/z" };
    static const char *const statuses[] = { "200", "200", "204", "404", "500" };
    static const char *const teams[] = { NULL, NULL, "red", "blue" };
    int scenario = (int)rng_below(r, SCENARIOS - 1);
    return (struct sample){
        .scenario = scenario,
        .name = names[rng_below(r, 2)],
        .status = statuses[rng_below(r, 4)],
        /* Nobody contradicts the scenario's own. */
        .team = teams[rng_below(r, scenario == 1 ? 2 : 3)],
        .us = (int64_t)(rng_exp(r) * 50000),
        .at = at,
    };
}

/* What the store should say, from the samples themselves. */

static int sample_has(const struct sample *s, const char *key,
                      const char *value)
{
    if (strcmp(key, "name") == 0)
        return strcmp(s->name, value) == 0;
    if (strcmp(key, "status") == 0)
        return strcmp(s->status, value) == 0;
    if (strcmp(key, "method") == 0)
        return strcmp(value, "GET") == 0;
    for (size_t i = 0; i < scenario_tags[s->scenario].n; i++)
        if (strcmp(scenario_tags[s->scenario].tags[i].key, key) == 0 &&
            strcmp(scenario_tags[s->scenario].tags[i].value, value) == 0)
            return 1;
    return strcmp(key, "team") == 0 && s->team != NULL &&
           strcmp(s->team, value) == 0;
}

static int sample_chosen(const struct sample *s, const struct selector *sel)
{
    for (int i = 0; i < sel->ntags; i++)
        if (!sample_has(s, sel->tags[i].key, sel->tags[i].value))
            return 0;
    return 1;
}

struct expected {
    uint64_t n, failed, above_three;
    double sum;
    double min, max, latest;
    struct hist hist;
};

static void expect(struct expected *e, const struct sample *samples, size_t n,
                   const struct selector *sel, enum hist_digits digits)
{
    *e = (struct expected){ 0 };
    hist_init(&e->hist, digits, HIST_LIMIT_TIME);
    for (size_t i = 0; i < n; i++) {
        const struct sample *s = &samples[i];
        if (!sample_chosen(s, sel))
            continue;
        double small = (double)(s->us % 10), g = small - 5;
        e->min = e->n == 0 || g < e->min ? g : e->min;
        e->max = e->n == 0 || g > e->max ? g : e->max;
        e->latest = g; /* the samples come in order of time */
        e->n++;
        e->failed += s->status[0] != '2';
        e->above_three += small > 3;
        e->sum += small;
        hist_record(&e->hist, (uint64_t)s->us);
    }
}

static void assert_same_hist(const struct hist *a, const struct hist *b)
{
    unsigned ca = 0, cb = 0;
    uint64_t la, lb, ha, hb, na, nb;
    assert_int_equal(a->count, b->count);
    assert_int_equal(a->min, b->min);
    assert_int_equal(a->max, b->max);
    assert_true(a->sum == b->sum);
    while (hist_next(a, &ca, &la, &ha, &na)) {
        assert_true(hist_next(b, &cb, &lb, &hb, &nb));
        assert_true(la == lb && ha == hb && na == nb);
    }
    assert_false(hist_next(b, &cb, &lb, &hb, &nb));
}

static void assert_row(const char *metric, const struct metric_data *d,
                       const struct expected *e)
{
    assert_int_equal(d ? d->count : 0, e->n);
    if (d == NULL || d->count == 0)
        return;
    if (strcmp(metric, "http_reqs") == 0)
        assert_true(d->sum == (double)e->n);
    else if (strcmp(metric, "http_req_failed") == 0)
        assert_int_equal(d->trues, e->failed);
    else if (strcmp(metric, "own_counter") == 0)
        assert_true(d->sum == e->sum);
    else if (strcmp(metric, "own_gauge") == 0)
        assert_true(d->min == e->min && d->max == e->max &&
                    d->value == e->latest);
    else if (strcmp(metric, "own_rate") == 0)
        assert_int_equal(d->trues, e->above_three);
    else
        assert_same_hist(d->hist, &e->hist);
}

/* Never copied: parsed where it stays. */
static void parse(struct selector *sel, const char *metric, const char *tags)
{
    char text[SELECTOR_TEXT_MAX], err[200];
    snprintf(text, sizeof text, "%s%s", metric, tags);
    if (selector_parse(text, sel, err, sizeof err) != 0)
        fail_msg("%s: %s", text, err);
}

static const char *const metrics[] = {
    "http_reqs", "http_req_failed", "http_req_duration", "own_counter",
    "own_gauge", "own_rate",        "own_trend",
};

/* `fine`: the scenarios' own tags decide, so there are three digits. */
static const struct {
    const char *tags;
    int fine;
} selectors[] = {
    { "", 1 },
    { "{scenario:a}", 1 },
    { "{scenario:b}", 1 },
    { "{scenario:c}", 1 },
    { "{scenario:d}", 1 },
    { "{env:prod}", 1 },
    { "{env:test,scenario:b}", 1 },
    { "{env:test,scenario:a}", 1 },
    { "{team:red,scenario:b}", 1 },
    { "{name:/x}", 0 },
    { "{status:200}", 0 },
    { "{status:500,name:/y}", 0 },
    { "{scenario:a,status:404}", 0 },
    { "{env:prod,name:/z}", 0 },
    { "{method:GET}", 0 },
    { "{team:blue}", 0 },
    { "{team:red,scenario:a}", 0 },
    { "{team:red,name:/x,scenario:b}", 0 },
    { "{name:/nothing}", 0 },
    { "{nothing:x}", 0 },
};

enum { SAMPLES = 6000 };
static struct sample samples[SAMPLES];

static void make_samples(uint64_t seed)
{
    struct rng r;
    rng_init(&r, seed, RNG_LOAD, 0);
    for (size_t i = 0; i < SAMPLES; i++)
        samples[i] = random_sample(&r, (int64_t)i + 1);
}

/* Deals the samples out to the workers, who hand over now and then. */
static void run_samples(struct lab *lab, uint64_t seed)
{
    struct rng r;
    rng_init(&r, seed, RNG_LOAD, 1);
    for (size_t i = 0; i < SAMPLES; i++) {
        size_t w = rng_below(&r, (uint64_t)lab->workers - 1);
        record_sample(&lab->desks[w], &samples[i]);
        if (rng_below(&r, 99) == 0)
            hand_over(lab, (int)rng_below(&r, (uint64_t)lab->workers - 1));
    }
    hand_over_all(lab);
    hand_over_all(lab); /* the second ones are empty */
}

static void
every_selector_is_answered_once_by_any_number_of_workers(void **state)
{
    static const int workers[] = { 1, 2, 7 };
    (void)state;
    make_samples(1);
    for (size_t w = 0; w < COUNT_OF(workers); w++) {
        struct lab lab;
        struct row *rows[COUNT_OF(metrics)][COUNT_OF(selectors)];
        lab_open(&lab, workers[w]);
        for (size_t m = 0; m < COUNT_OF(metrics); m++)
            for (size_t i = 0; i < COUNT_OF(selectors); i++) {
                struct selector sel;
                parse(&sel, metrics[m], selectors[i].tags);
                rows[m][i] = store_watch(&lab.store, &sel, 0);
            }
        run_samples(&lab, 10 + w);
        for (size_t m = 0; m < COUNT_OF(metrics); m++)
            for (size_t i = 0; i < COUNT_OF(selectors); i++) {
                struct selector sel;
                struct expected e;
                parse(&sel, metrics[m], selectors[i].tags);
                expect(&e, samples, SAMPLES, &sel,
                       selectors[i].fine ? HIST_3_DIGITS : HIST_2_DIGITS);
                assert_row(metrics[m], rows[m][i]->data, &e);
                hist_fini(&e.hist);
            }
        lab_close(&lab);
    }
}

/* ---- rows that nobody asked for ---- */

static void rows_are_made_for_what_a_result_shows(void **state)
{
    static const struct {
        const char *metric;
        struct tag tag;
        int there;
    } cases[] = {
        { "http_reqs", { "scenario", "a" }, 1 },
        { "http_reqs", { "name", "/x" }, 1 },
        { "http_reqs", { "status", "404" }, 1 },
        { "http_reqs", { "team", "blue" }, 1 },
        { "http_reqs", { "env", "prod" }, 1 },
        { "http_reqs", { "method", "GET" }, 0 },
        { "http_req_duration", { "name", "/y" }, 1 },
        { "http_req_duration", { "status", "200" }, 0 },
        { "http_req_duration", { "env", "test" }, 1 },
        { "own_counter", { "name", "/z" }, 1 },
        { "own_trend", { "team", "blue" }, 1 },
        { "own_trend", { "scenario", "c" }, 1 },
        { "http_req_waiting", { "scenario", "a" }, 0 },
    };
    struct lab lab;
    (void)state;
    make_samples(2);
    lab_open(&lab, 2);
    run_samples(&lab, 20);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct row *row =
            store_find(&lab.store, cases[i].metric, &cases[i].tag, 1);
        assert_int_equal(row != NULL, cases[i].there);
        if (row == NULL)
            continue;
        uint64_t n = 0;
        for (size_t k = 0; k < SAMPLES; k++)
            n += (uint64_t)sample_has(&samples[k], cases[i].tag.key,
                                      cases[i].tag.value);
        assert_int_equal(row->data->count, n);
    }
    assert_non_null(store_find(&lab.store, "http_reqs", NULL, 0));
    assert_null(store_find(&lab.store, "http_req_waiting", NULL, 0));
    lab_close(&lab);
}

/* "team" is first seen as a request's tag, and later as a scenario's: what
 * answers the selector must not depend on who came first. */
static void what_answers_does_not_depend_on_who_came_first(void **state)
{
    static const struct sample by_request = { 0, "/x", "200", "red", 1, 1 };
    static const struct sample by_scenario = { 1, "/x", "200", NULL, 1, 1 };
    (void)state;
    for (int order = 0; order <= 1; order++) {
        struct lab lab;
        struct selector sel;
        lab_open(&lab, 2);
        parse(&sel, "http_reqs", "{team:red}");
        struct row *row = store_watch(&lab.store, &sel, 0);
        for (int round = 1; round <= 3; round++) {
            record_sample(&lab.desks[0], &by_request);
            record_sample(&lab.desks[1], &by_scenario);
            hand_over(&lab, order);
            hand_over(&lab, !order);
            assert_int_equal(row->data->count, 2 * round);
        }
        /* A worker that comes late finds the same. */
        record_sample(&lab.desks[1], &by_request);
        hand_over(&lab, 1);
        assert_int_equal(row->data->count, 7);
        lab_close(&lab);
    }
}

static void a_detail_with_the_scenarios_tags_only_counts_once(void **state)
{
    struct lab lab;
    struct selector sel;
    (void)state;
    lab_open(&lab, 1);
    struct desk *d = &lab.desks[0];
    parse(&sel, "http_reqs", "{env:prod}");
    struct row *row = store_watch(&lab.store, &sel, 0);
    unsigned detail =
        recorder_detail(&d->r, d->slots[0], scenario_tags[0].tags, 2);
    assert_true(detail != d->slots[0]);
    for (int round = 1; round <= 2; round++) {
        record_count(recorder_at(&d->r, detail, M_HTTP_REQS), 1);
        record_count(recorder_at(&d->r, d->slots[0], M_HTTP_REQS), 1);
        hand_over(&lab, 0);
        hand_over(&lab, 0);
        assert_int_equal(row->data->count, round);
        assert_int_equal(
            store_find(&lab.store, "http_reqs", NULL, 0)->data->count, round);
    }
    lab_close(&lab);
}

static void two_watchers_of_one_selector_share_a_row(void **state)
{
    struct lab lab;
    struct selector sel;
    (void)state;
    lab_open(&lab, 1);
    parse(&sel, "http_reqs", "{scenario:a,name:/x}");
    struct row *one = store_watch(&lab.store, &sel, 0);
    parse(&sel, "http_reqs", "{ name:/x , scenario:a }");
    assert_ptr_equal(store_watch(&lab.store, &sel, 5), one);
    const struct tag tags[] = { { "name", "/x" }, { "scenario", "a" } };
    assert_ptr_equal(store_find(&lab.store, "http_reqs", tags, 2), one);
    assert_null(one->data);
    assert_null(store_find(&lab.store, "http_reqs", tags, 1));
    lab_close(&lab);
}

static double sum_of(const struct store *s, const char *metric, struct tag tag)
{
    const struct row *row = store_find(s, metric, &tag, 1);
    return row != NULL && row->data != NULL ? row->data->sum : -1;
}

/* So many ways through the store that some of them meet in its tables. */
static void every_metric_of_every_slot_goes_its_own_way(void **state)
{
    enum { SLOTS = 60, METRICS = 40 };
    struct store store;
    struct recorder r;
    int ids[METRICS];
    char text[32], names[METRICS][32], err[100];
    (void)state;
    store_init(&store, 1);
    recorder_init(&r, tally_new(0, 1));
    for (int m = 0; m < METRICS; m++) {
        snprintf(names[m], sizeof names[m], "m%d", m);
        ids[m] =
            recorder_define(&r, names[m], METRIC_COUNTER, "", err, sizeof err)
                ->id;
    }
    for (int i = 0; i < SLOTS; i++) {
        int len = snprintf(text, sizeof text, "%d", i);
        const struct tag scenario = { "scenario", text };
        unsigned slot =
            recorder_slot(&r, tagset_intern(&r.pool, &scenario, 1), 0, 0);
        const struct tag name = { "name",
                                  recorder_text(&r, text, (size_t)len) };
        unsigned detail = recorder_detail(&r, slot, &name, 1);
        for (int m = 0; m < METRICS; m++) {
            record_count(recorder_at(&r, slot, ids[m]), i * 1000 + m);
            record_count(recorder_at(&r, detail, ids[m]), i * 1000 + m);
        }
    }
    store_add(&store, r.tally);
    store_add(&store, r.tally);
    for (int i = 0; i < SLOTS; i++) {
        snprintf(text, sizeof text, "%d", i);
        for (int m = 0; m < METRICS; m++) {
            double expected = 2 * (i * 1000 + m);
            assert_true(sum_of(&store, names[m],
                               (struct tag){ "scenario", text }) == expected);
            assert_true(sum_of(&store, names[m],
                               (struct tag){ "name", text }) == expected);
        }
    }
    tally_free(r.tally);
    store_fini(&store);
    recorder_fini(&r);
}

/* ---- account, errors, health ---- */

static void accounts_errors_and_health_add_up(void **state)
{
    struct lab lab;
    (void)state;
    lab_open(&lab, 7);
    for (int round = 0; round < 3; round++)
        for (int i = 0; i < 7; i++) {
            struct tally *t = lab.desks[i].r.tally;
            t->accounting[1] = (struct accounting){ 10, 9, 5, 2, 1, 1, 1, 4 };
            t->accounting[2].started = 1;
            error_list_add(&t->errors, i % 2 ? "odd" : "even", 2, "e");
            struct worker_health *h = &t->health;
            hist_record(&h->lag, (uint64_t)(i * 1000));
            h->late_10ms = h->no_fds = h->no_ports = 1;
            h->killed_slices = h->lost_tags = h->lost_names = 2;
            h->cpu_us = 100;
            h->slice_max_us = i * 10;
            h->turn_max_us = 60 - i * 10;
            hand_over(&lab, i);
        }
    const struct accounting *a = lab.store.accounting;
    static const struct accounting times21 = {
        210, 189, 105, 42, 21, 21, 21, 84
    };
    static const struct accounting none;
    assert_memory_equal(&a[0], &none, sizeof none);
    assert_memory_equal(&a[1], &times21, sizeof times21);
    assert_int_equal(a[2].started, 21);
    assert_int_equal(lab.store.errors.n, 2);
    assert_int_equal(lab.store.errors.kinds[0].count, 4 * 3 * 2);
    assert_int_equal(lab.store.errors.kinds[1].count, 3 * 3 * 2);
    const struct worker_health *h = &lab.store.health;
    assert_int_equal(h->lag.count, 21);
    assert_int_equal(h->lag.max, 6000);
    assert_int_equal(h->late_10ms, 21);
    assert_int_equal(h->no_fds + h->no_ports, 42);
    assert_int_equal(h->killed_slices + h->lost_tags + h->lost_names, 126);
    assert_int_equal(h->cpu_us, 2100);
    assert_int_equal(h->slice_max_us, 60);
    assert_int_equal(h->turn_max_us, 60);
    lab_close(&lab);
}

/* ---- bounds ---- */

static void rows_are_bounded_and_totals_stay_right(void **state)
{
    struct lab lab;
    struct selector sel;
    uint64_t n = 0;
    (void)state;
    lab_open(&lab, WORKERS_MAX);
    struct row *watched[COUNT_OF(metrics)];
    for (size_t m = 0; m < COUNT_OF(metrics); m++) {
        parse(&sel, metrics[m], "{status:200}");
        watched[m] = store_watch(&lab.store, &sel, 0);
    }
    for (int round = 0; round < 2; round++)
        for (int w = 0; w < WORKERS_MAX; w++) {
            for (int i = 0; i < SLOTS_MAX + 100; i++, n++) {
                char name[32];
                snprintf(name, sizeof name, "/%d/%d", w, i);
                record_sample(&lab.desks[w],
                              &(struct sample){ .scenario = i % SCENARIOS,
                                                .name = name,
                                                .status = "200",
                                                .us = 1,
                                                .at = 1 });
            }
            hand_over(&lab, w);
        }
    assert_true(lab.store.nrows >= STORE_ROWS_MAX);
    assert_true(lab.store.nrows <= STORE_ROWS_MAX + 50);
    assert_true(lab.store.lost > 0);
    /* Nothing is lost to the totals; details lose what found no slot. */
    uint64_t lost =
        2 * WORKERS_MAX * (SLOTS_MAX + 100 - (SLOTS_MAX - SCENARIOS));
    assert_int_equal(lab.store.health.lost_tags, lost);
    for (size_t m = 0; m < COUNT_OF(metrics); m++) {
        const struct row *total = store_find(&lab.store, metrics[m], NULL, 0);
        assert_int_equal(total->data->count, n);
        assert_int_equal(watched[m]->data->count, n - lost);
    }
    uint64_t sum = 0;
    for (int i = 0; i < SCENARIOS; i++)
        sum += store_find(&lab.store, "http_reqs", &scenario_tags[i].tags[0], 1)
                   ->data->count;
    assert_int_equal(sum, n);
    /* Whoever asks for a row still gets one. */
    parse(&sel, "http_reqs", "{name:/6/5}");
    assert_non_null(store_watch(&lab.store, &sel, 0));
    lab_close(&lab);
}

static void a_metric_with_two_kinds_counts_as_the_first(void **state)
{
    struct store store;
    struct recorder r[2];
    char err[100];
    const struct tag tag = { "scenario", "a" };
    (void)state;
    store_init(&store, 1);
    for (int i = 0; i < 2; i++) {
        recorder_init(&r[i], tally_new(i, 1));
        const struct metric_def *def =
            recorder_define(&r[i], "own", i ? METRIC_TREND : METRIC_COUNTER, "",
                            err, sizeof err);
        const struct tagset *set = tagset_intern(&r[i].pool, &tag, 1);
        unsigned slot = recorder_slot(&r[i], set, 0, 0);
        record_value(recorder_at(&r[i], slot, def->id), 5, 0);
        store_add(&store, r[i].tally);
    }
    const struct metric_data *d = store_find(&store, "own", NULL, 0)->data;
    assert_int_equal(d->def->kind, METRIC_COUNTER);
    assert_int_equal(d->count, 1);
    assert_true(d->sum == 5);
    for (int i = 0; i < 2; i++)
        tally_free(r[i].tally);
    store_fini(&store);
    for (int i = 0; i < 2; i++)
        recorder_fini(&r[i]);
}

/* ---- the main thread's own samples ---- */

static void the_main_threads_samples_go_to_total_and_scenario(void **state)
{
    struct store store;
    const struct tag tag = { "scenario", "s" };
    (void)state;
    store_init(&store, 1);
    store_record(&store, M_VUS, NULL, 10, 1);
    store_record(&store, M_VUS, NULL, 30, 2);
    store_record(&store, M_VUS, NULL, 20, 3);
    store_record(&store, M_DROPPED_ITERATIONS, "s", 4, 1);
    store_record(&store, M_DROPPED_ITERATIONS, "s", -4, 1); /* refused */
    const struct metric_data *vus = store_find(&store, "vus", NULL, 0)->data;
    assert_true(vus->value == 20 && vus->min == 10 && vus->max == 30);
    assert_null(store_find(&store, "vus", &tag, 1));
    for (size_t n = 0; n <= 1; n++)
        assert_true(
            store_find(&store, "dropped_iterations", &tag, n)->data->sum == 4);
    store_fini(&store);
}

#define T(sentence, fn)                                                        \
    {                                                                          \
        sentence, fn, NULL, NULL, NULL                                         \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        T("every selector is answered once, by any number of workers",
          every_selector_is_answered_once_by_any_number_of_workers),
        T("rows are made for what a result shows",
          rows_are_made_for_what_a_result_shows),
        T("what answers does not depend on who came first",
          what_answers_does_not_depend_on_who_came_first),
        T("a detail with the scenario's tags only counts once",
          a_detail_with_the_scenarios_tags_only_counts_once),
        T("every metric of every slot goes its own way",
          every_metric_of_every_slot_goes_its_own_way),
        T("two watchers of one selector share a row",
          two_watchers_of_one_selector_share_a_row),
        T("accounts, errors and health add up",
          accounts_errors_and_health_add_up),
        T("rows are bounded and totals stay right",
          rows_are_bounded_and_totals_stay_right),
        T("a metric with two kinds counts as the first",
          a_metric_with_two_kinds_counts_as_the_first),
        T("the main thread's samples go to total and scenario",
          the_main_threads_samples_go_to_total_and_scenario),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
