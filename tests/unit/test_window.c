/* test_window.c - the last seconds of a row, and what a method says of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "base/clock.h"
#include "sentence.h"
#include "stats/store.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

static struct row *watch(struct store *store, const char *text, int seconds)
{
    struct selector sel;
    char err[200];
    assert_int_equal(selector_parse(text, &sel, err, sizeof err), 0);
    return store_watch(store, &sel, seconds);
}

static double window_sum(const struct store *s, const struct row *row,
                         int seconds)
{
    struct metric_data *d = row_window(s, row, seconds);
    double sum = d ? d->sum : -1;
    metric_data_free(d);
    return sum;
}

/* Second n counts 2^n, so that a sum says which seconds are in it. */
static void a_window_is_the_last_seconds_and_no_more(void **state)
{
    struct store store;
    (void)state;
    store_init(&store, 1);
    struct row *row = watch(&store, "http_reqs", 2);
    assert_ptr_equal(watch(&store, "http_reqs", 5), row);
    assert_ptr_equal(watch(&store, "http_reqs", 3), row);
    assert_null(row_window(&store, row, 5));
    for (int n = 0; n < 20; n++) {
        store_record(&store, M_HTTP_REQS, NULL, (double)(1 << n), n);
        assert_true(row->recent->sum == 1 << n);
        store_second_over(&store, US_PER_S);
        for (int w = 1; w <= 5; w++) {
            int first = n - w + 1 > 0 ? n - w + 1 : 0;
            double expected = (double)((2 << n) - (1 << first));
            assert_true(window_sum(&store, row, w) == expected);
        }
        store_tick(&store);
        assert_int_equal(row->recent ? row->recent->count : 0, 0);
        for (int w = 1; w <= 5; w++) { /* the same after the tick */
            int first = n - w + 1 > 0 ? n - w + 1 : 0;
            double expected = (double)((2 << n) - (1 << first));
            assert_true(window_sum(&store, row, w) == expected);
        }
        /* What has begun since then is there as well. */
        assert_true(row->data->sum == (2 << n) - 1);
    }
    store_record(&store, M_HTTP_REQS, NULL, 0.5, 21);
    assert_true(window_sum(&store, row, 1) == (1 << 19) + 0.5);
    store_fini(&store);
}

static void seconds_without_samples_leave_the_window(void **state)
{
    struct store store;
    (void)state;
    store_init(&store, 1);
    struct row *row = watch(&store, "http_req_duration", 3);
    for (int n = 0; n < 10; n++) {
        if (n == 1 || n == 2)
            store_record(&store, M_HTTP_REQ_DURATION, NULL, n * 100, n);
        store_second_over(&store, US_PER_S);
        struct metric_data *d = row_window(&store, row, 3);
        uint64_t expected = n < 1 ? 0 : n == 1 ? 1 : n < 4 ? 2 : n == 4;
        assert_int_equal(d ? d->count : 0, expected);
        if (n == 4)
            assert_int_equal(d->hist->max, 200000);
        metric_data_free(d);
        store_tick(&store);
    }
    assert_int_equal(row->data->count, 2);
    store_fini(&store);
}

/* The last step of a run may be short: with windows of one second the verdict
 * must not rest on the last 5 ms. */
static void a_piece_of_a_second_joins_the_second_before(void **state)
{
    struct store store;
    (void)state;
    store_init(&store, 1);
    struct row *row = watch(&store, "http_reqs", 2);
    /* The first piece has nothing to join. */
    static const struct {
        int64_t us;
        double n, one, two;
    } steps[] = {
        { 300000, 1, 1, 1 },        { 1000000, 2, 2, 3 },
        { 1000000, 4, 4, 6 },       { 5000, 8, 12, 14 },
        { 20000, 0, 12, 14 },       { 499999, 16, 28, 30 },
        { 500000, 32, 32, 60 },     { 5000, 64, 96, 124 },
        { 1040000, 128, 128, 224 },
    };
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        if (steps[i].n > 0)
            store_record(&store, M_HTTP_REQS, NULL, steps[i].n, 0);
        store_second_over(&store, steps[i].us);
        for (int ticked = 0; ticked <= 1; ticked++) {
            assert_true(window_sum(&store, row, 1) == steps[i].one);
            assert_true(window_sum(&store, row, 2) == steps[i].two);
            if (!ticked)
                store_tick(&store);
        }
        assert_int_equal(row->recent ? row->recent->count : 0, 0);
    }
    assert_true(row->data->sum == 255);
    store_fini(&store);
}

static void a_row_without_a_window_has_none(void **state)
{
    struct store store;
    (void)state;
    store_init(&store, 1);
    struct row *row = watch(&store, "http_reqs", 0);
    store_record(&store, M_HTTP_REQS, NULL, 1, 0);
    assert_null(row_window(&store, row, 1));
    store_tick(&store);
    assert_int_equal(row->recent->count, 0);
    assert_int_equal(row->data->count, 1);
    row = watch(&store, "http_reqs{name:x}", 1000000);
    assert_int_equal(row->ring_len, STORE_WINDOW_MAX);
    store_fini(&store);
}

/* ---- values ---- */

enum { NONE = -12345 };

static void a_value_is_what_its_method_says(void **state)
{
    static const struct metric_def defs[] = {
        { .kind = METRIC_COUNTER },
        { .kind = METRIC_GAUGE },
        { .kind = METRIC_RATE, .unit = UNIT_SHARE },
        { .kind = METRIC_TREND, .unit = UNIT_TIME, .us_per_unit = 1000 },
        { .kind = METRIC_TREND, .unit = UNIT_TIME, .us_per_unit = 1 },
        { .kind = METRIC_TREND, .unit = UNIT_TIME, .us_per_unit = 1000000 },
        { .kind = METRIC_TREND, .unit = UNIT_NONE, .us_per_unit = 1000 },
        { .kind = METRIC_TREND, .unit = UNIT_BYTES, .us_per_unit = 1000 },
    };
    /* Of the values 0, 1, 2, 3, 4, over 10 seconds; of the rate those above
     * 0 are true. */
    static const struct {
        const char *expr;
        double counter, gauge, rate, trend;
    } cases[] = {
        { "count>0", 10, NONE, 4, 5 },
        { "rate>0", 1, NONE, 0.8, NONE },
        { "value>0", NONE, 4, NONE, NONE },
        { "avg>0", NONE, NONE, NONE, 2 },
        { "min>0", NONE, 0, NONE, 0 },
        { "max>0", NONE, 4, NONE, 4 },
        { "med>0", NONE, NONE, NONE, 2 },
        { "p(0)>0", NONE, NONE, NONE, 0 },
        { "p(80)>0", NONE, NONE, NONE, 3 },
        { "p(80.1)>0", NONE, NONE, NONE, 4 },
        { "p(100)>0", NONE, NONE, NONE, 4 },
    };
    char err[200];
    (void)state;
    for (size_t k = 0; k < COUNT_OF(defs); k++) {
        struct metric_data *d = metric_data_new(&defs[k], HIST_3_DIGITS);
        for (int i = 0; i < 5; i++)
            assert_int_equal(record_value(d, i, i), 0);
        for (size_t i = 0; i < COUNT_OF(cases); i++) {
            struct threshold_expr e;
            double expected = k == 0   ? cases[i].counter
                              : k == 1 ? cases[i].gauge
                              : k == 2 ? cases[i].rate
                                       : cases[i].trend;
            double got = NONE, slack = k < 3 ? 1e-9 : 0.005;
            assert_int_equal(
                threshold_parse(cases[i].expr, &e, err, sizeof err), 0);
            assert_int_equal(metric_value(d, &e, 10, &got),
                             expected == NONE ? -1 : 0);
            if (expected != NONE && fabs(got - expected) > slack)
                fail_msg("%s of kind %zu: %f", cases[i].expr, k, got);
            metric_data_clear(d);
            assert_int_equal(metric_value(d, &e, 10, &got), -1);
            for (int v = 0; v < 5; v++)
                record_value(d, v, v);
        }
        struct threshold_expr e;
        double out;
        threshold_parse("count>0", &e, err, sizeof err);
        assert_int_equal(metric_value(NULL, &e, 10, &out), -1);
        metric_data_free(d);
    }
}

static void a_rate_over_no_time_is_zero(void **state)
{
    static const struct metric_def def = { .kind = METRIC_COUNTER };
    struct metric_data *d = metric_data_new(&def, HIST_3_DIGITS);
    struct threshold_expr e = { .method = TH_RATE };
    double out = -1;
    (void)state;
    record_count(d, 7);
    assert_int_equal(metric_value(d, &e, 0, &out), 0);
    assert_true(out == 0);
    assert_int_equal(metric_value(d, &e, 0.5, &out), 0);
    assert_true(out == 14);
    metric_data_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T("a window is the last seconds and no more",
          a_window_is_the_last_seconds_and_no_more),
        T("seconds without samples leave the window",
          seconds_without_samples_leave_the_window),
        T("a piece of a second joins the second before",
          a_piece_of_a_second_joins_the_second_before),
        T("a row without a window has none", a_row_without_a_window_has_none),
        T("a value is what its method says", a_value_is_what_its_method_says),
        T("a rate over no time is 0", a_rate_over_no_time_is_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
