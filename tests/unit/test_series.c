/* test_series.c - the run second by second, in bounded memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/rng.h"
#include "engine/series.h"

enum { BEGAN = 1000000000 };

struct film {
    struct run run;
    int64_t now;
};

static void film_open(struct film *f)
{
    *f = (struct film){ .now = BEGAN };
    f->run.began = BEGAN;
    f->run.series = xcalloc(SERIES_MAX, sizeof *f->run.series);
    f->run.series_interval_s = 1;
    store_init(&f->run.store, 1);
}

static void film_close(struct film *f)
{
    free(f->run.series);
    store_fini(&f->run.store);
}

static void record(struct film *f, int metric, double value)
{
    store_record(&f->run.store, metric, NULL, value, f->now);
}

/* One step of the run: what was recorded becomes a point. */
static void step(struct film *f, int64_t us)
{
    series_add(&f->run, f->now, f->now + us);
    store_tick(&f->run.store);
    f->now += us;
}

static void a_second_becomes_a_point(void **state)
{
    struct film f;
    (void)state;
    film_open(&f);
    step(&f, US_PER_S); /* nothing happened */
    record(&f, M_HTTP_REQS, 40);
    record(&f, M_HTTP_REQ_FAILED, 1);
    record(&f, M_HTTP_REQ_FAILED, 0);
    record(&f, M_HTTP_REQ_FAILED, 1);
    record(&f, M_ITERATIONS, 20);
    record(&f, M_DROPPED_ITERATIONS, 3);
    record(&f, M_DATA_RECEIVED, 5000);
    record(&f, M_DATA_SENT, 600);
    for (int ms = 1; ms <= 100; ms++)
        record(&f, M_HTTP_REQ_DURATION, ms / 100.0);
    record(&f, M_HTTP_REQ_RESPONSE_TIME, 1.5);
    f.run.vus = 12;
    step(&f, 1500000);
    assert_int_equal(f.run.nseries, 2);
    const struct series_point *p = f.run.series;
    assert_true(p[0].t == 1 && p[0].seconds == 1);
    assert_true(p[0].reqs == 0 && !p[0].has_latency && p[0].p99 == 0);
    assert_true(p[1].t == 2.5 && p[1].seconds == 1.5);
    assert_true(p[1].reqs == 40 && p[1].failed == 2);
    assert_true(p[1].iterations == 20 && p[1].dropped == 3);
    assert_true(p[1].received == 5000 && p[1].sent == 600);
    assert_int_equal(p[1].vus, 12);
    assert_true(p[1].has_latency);
    assert_true(p[1].p50 == 0.5 && p[1].p95 == 0.95 && p[1].p99 == 0.99);
    assert_true(p[1].response_p95 == 1.5);
    film_close(&f);
}

struct sums {
    double seconds, reqs, failed, iterations, dropped, received, sent;
    double p50, p95, p99, response_p95;
    unsigned vus;
};

static struct sums add_up(const struct film *f)
{
    struct sums s = { 0 };
    for (size_t i = 0; i < f->run.nseries; i++) {
        const struct series_point *p = &f->run.series[i];
        s.seconds += p->seconds;
        s.reqs += p->reqs;
        s.failed += p->failed;
        s.iterations += p->iterations;
        s.dropped += p->dropped;
        s.received += p->received;
        s.sent += p->sent;
        s.p50 = fmax(s.p50, p->p50);
        s.p95 = fmax(s.p95, p->p95);
        s.p99 = fmax(s.p99, p->p99);
        s.response_p95 = fmax(s.response_p95, p->response_p95);
        s.vus = p->vus > s.vus ? p->vus : s.vus;
    }
    return s;
}

/* Through every length up to ten times as many seconds as there is room. */
static void a_long_run_stays_bounded_and_loses_nothing(void **state)
{
    struct film f;
    struct rng r;
    struct sums all = { 0 };
    (void)state;
    rng_init(&r, 1, RNG_LOAD, 0);
    film_open(&f);
    for (int n = 1; n <= 10 * SERIES_MAX + 7; n++) {
        double reqs = (double)rng_below(&r, 1000);
        record(&f, M_HTTP_REQS, reqs);
        record(&f, M_ITERATIONS, reqs / 2);
        record(&f, M_DROPPED_ITERATIONS, 1);
        record(&f, M_DATA_RECEIVED, reqs * 10);
        record(&f, M_DATA_SENT, reqs * 3);
        record(&f, M_HTTP_REQ_FAILED, n % 3 == 0);
        f.run.vus = n == 777 ? 1000 : (unsigned)rng_below(&r, 500);
        int64_t us = US_PER_S + (int64_t)rng_below(&r, 40000) - 20000;
        step(&f, us);
        all.seconds += (double)us / US_PER_S;
        all.reqs += reqs;
        all.failed += n % 3 == 0;
        all.vus = f.run.vus > all.vus ? f.run.vus : all.vus;
        assert_true(f.run.nseries <= SERIES_MAX);
        if (n % 50 != 0 && n != SERIES_MAX + 1)
            continue;
        struct sums s = add_up(&f);
        assert_true(fabs(s.seconds - all.seconds) < 1e-6);
        assert_true(s.reqs == all.reqs && s.failed == all.failed);
        assert_true(s.iterations == all.reqs / 2 && s.dropped == n);
        assert_true(s.received == all.reqs * 10 && s.sent == all.reqs * 3);
        assert_int_equal(s.vus, all.vus);
    }
    assert_true(f.run.series_interval_s == 16);
    assert_true(f.run.nseries >= SERIES_MAX / 2);
    film_close(&f);
}

static void points_are_in_order_and_about_equally_long(void **state)
{
    struct film f;
    (void)state;
    film_open(&f);
    for (int n = 1; n <= 5 * SERIES_MAX; n++) {
        step(&f, n % 2 ? 1100000 : 950000);
        if (n % 501 != 0 && n != 5 * SERIES_MAX)
            continue;
        double end = 0, interval = f.run.series_interval_s;
        for (size_t i = 0; i < f.run.nseries; i++) {
            const struct series_point *p = &f.run.series[i];
            assert_true(p->seconds <= interval * 1.1 + 0.5);
            assert_true(i + 1 == f.run.nseries || p->seconds >= interval * 0.8);
            end += p->seconds;
            assert_true(fabs(p->t - end) < 1e-6);
        }
        assert_true(fabs(end - (double)(f.now - BEGAN) / US_PER_S) < 1e-6);
    }
    film_close(&f);
}

/* Whichever percentile was bad in whichever of the joined seconds: it is
 * still seen, however often they were joined. */
static void joining_hides_no_bad_second(void **state)
{
    struct film f;
    struct rng r;
    struct sums all = { 0 };
    (void)state;
    rng_init(&r, 2, RNG_LOAD, 0);
    film_open(&f);
    for (int n = 1; n <= 3 * SERIES_MAX; n++) {
        /* Fast or with a slow part of its own, or without any answer. */
        double fast = (double)rng_below(&r, 20), slow = fast;
        int nslow = (int)rng_below(&r, 2); /* 1: p99 alone, 2: p95 too */
        if (rng_below(&r, 9) == 0)
            slow += (double)rng_below(&r, 2000);
        if (n % 7 != 0) {
            struct hist h;
            hist_init(&h, HIST_3_DIGITS, HIST_LIMIT_TIME);
            for (int i = 0; i < 20; i++) {
                double ms = i < nslow ? slow : fast;
                record(&f, M_HTTP_REQ_DURATION, ms);
                hist_record(&h, (uint64_t)ms * US_PER_MS);
            }
            all.p50 = fmax(all.p50, (double)hist_quantile(&h, 0.5) / 1e3);
            all.p95 = fmax(all.p95, (double)hist_quantile(&h, 0.95) / 1e3);
            all.p99 = fmax(all.p99, (double)hist_quantile(&h, 0.99) / 1e3);
            hist_fini(&h);
        }
        record(&f, M_HTTP_REQ_RESPONSE_TIME, slow);
        all.response_p95 = fmax(all.response_p95, slow);
        step(&f, US_PER_S);
        if (n % 50 != 0 && n != SERIES_MAX + 1)
            continue;
        struct sums s = add_up(&f);
        assert_true(s.p50 == all.p50 && s.p95 == all.p95 && s.p99 == all.p99);
        assert_true(s.response_p95 == all.response_p95);
    }
    film_close(&f);
}

/* Two seconds: p95 is worse in the one, p99 and the response time in the
 * other. */
static void of_two_seconds_each_percentile_is_the_larger(void **state)
{
    struct film f;
    (void)state;
    for (int order = 0; order <= 1; order++) {
        film_open(&f);
        for (int n = 0; n <= SERIES_MAX; n++) {
            int first = n % 2 == order;
            for (int i = 1; i <= 20; i++)
                record(&f, M_HTTP_REQ_DURATION,
                       first    ? (i > 18 ? 1.0 : 0.1)
                       : i > 19 ? 2.0
                                : 0.2);
            record(&f, M_HTTP_REQ_RESPONSE_TIME, first ? 1.0 : 2.0);
            step(&f, US_PER_S);
        }
        const struct series_point *p = &f.run.series[0];
        assert_true(f.run.series_interval_s == 2 && p->seconds == 2);
        assert_true(p->p50 == 0.2 && p->p95 == 1 && p->p99 == 2);
        assert_true(p->response_p95 == 2);
        film_close(&f);
    }
}

#define T(sentence, fn)                                                        \
    {                                                                          \
        sentence, fn, NULL, NULL, NULL                                         \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        T("a second becomes a point", a_second_becomes_a_point),
        T("a long run stays bounded and loses nothing",
          a_long_run_stays_bounded_and_loses_nothing),
        T("points are in order and about equally long",
          points_are_in_order_and_about_equally_long),
        T("joining hides no bad second", joining_hides_no_bad_second),
        T("of two seconds each percentile is the larger",
          of_two_seconds_each_percentile_is_the_larger),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
