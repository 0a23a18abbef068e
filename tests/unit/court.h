/* court.h - a store fed by one recorder, and thresholds on it.
 *
 *     struct court c;
 *     court_open(&c);
 *     add(&c, "http_reqs", "count==1", 0);
 *     record(&c, M_HTTP_REQS, 1);
 *     merge(&c);
 *     judge(&c);             -- c.judge.criteria[0]
 *     court_close(&c);
 */
#ifndef TESTS_COURT_H
#define TESTS_COURT_H

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "stats/judge.h"

/* With a scenario "s" and metrics of its own. */
struct court {
    struct store store;
    struct judge judge;
    struct recorder r;
    unsigned slot, detail; /* detail: {name:/x} */
    int counter, gauge, seconds, micros;
};

static inline int define(struct recorder *r, const char *name,
                         enum metric_kind kind, const char *unit)
{
    char err[100];
    return recorder_define(r, name, kind, unit, err, sizeof err)->id;
}

static inline void court_open(struct court *c)
{
    const struct tag scenario = { "scenario", "s" };
    *c = (struct court){ 0 };
    store_init(&c->store, 1);
    recorder_init(&c->r, tally_new(0, 1));
    c->counter = define(&c->r, "logins", METRIC_COUNTER, "");
    c->gauge = define(&c->r, "queue", METRIC_GAUGE, "");
    c->seconds = define(&c->r, "wait_s", METRIC_TREND, "s");
    c->micros = define(&c->r, "wait_us", METRIC_TREND, "us");
    const struct tagset *set = tagset_intern(&c->r.pool, &scenario, 1);
    c->slot = recorder_slot(&c->r, set, 0, 0);
    struct tag name = { "name", recorder_text(&c->r, "/x", 2) };
    c->detail = recorder_detail(&c->r, c->slot, &name, 1);
}

static inline void court_close(struct court *c)
{
    tally_free(c->r.tally);
    judge_fini(&c->judge);
    judge_fini(&c->judge);
    store_fini(&c->store);
    recorder_fini(&c->r);
}

static inline void record(struct court *c, int metric, double value)
{
    assert_int_equal(
        record_value(recorder_at(&c->r, c->slot, metric), value, clock_us()),
        0);
}

static inline void record_named(struct court *c, int metric, double value)
{
    record(c, metric, value);
    record_value(recorder_at(&c->r, c->detail, metric), value, 0);
}

static inline void merge(struct court *c)
{
    store_add(&c->store, c->r.tally);
    tally_clear(c->r.tally);
}

/* The whole run took 10 s, scenario "s" 4 s. */
static inline double seconds_of(void *arg, const char *scenario)
{
    (void)arg;
    return scenario != NULL && strcmp(scenario, "s") == 0 ? 4 : 10;
}

static inline struct criterion *add(struct court *c, const char *selector,
                                    const char *expr, int64_t window_us)
{
    char err[200];
    if (judge_add(&c->judge, &c->store, selector, expr, window_us, err,
                  sizeof err) != 0)
        fail_msg("%s %s: %s", selector, expr, err);
    return &c->judge.criteria[c->judge.n - 1];
}

static inline void judge(struct court *c)
{
    judge_all(&c->judge, &c->store, seconds_of, NULL);
}

static inline void close_second(struct court *c)
{
    merge(c);
    store_second_over(&c->store, US_PER_S);
    judge(c);
    store_tick(&c->store);
}

#endif
