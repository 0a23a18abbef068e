/* test_hist.c - the log-linear histogram, against known vectors and against
 * sorted arrays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "sentence.h"
#include "stats/hist.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

static const enum hist_digits all_digits[] = { HIST_2_DIGITS, HIST_3_DIGITS };

/* Values spread over all powers of two up to 2^bits. */
static uint64_t log_uniform(struct rng *r, double bits)
{
    return (uint64_t)exp2(rng_unit(r) * bits);
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Everything but the doubles must be the same in every bit; those too as long
 * as they hold whole numbers below 2^53. */
static void assert_same(const struct hist *a, const struct hist *b)
{
    unsigned ca = 0, cb = 0;
    uint64_t la, ha, na, lb, hb, nb;
    assert_int_equal(a->count, b->count);
    assert_int_equal(a->overflow, b->overflow);
    assert_int_equal(a->min, b->min);
    assert_int_equal(a->max, b->max);
    assert_true(a->sum == b->sum);
    while (hist_next(a, &ca, &la, &ha, &na)) {
        assert_true(hist_next(b, &cb, &lb, &hb, &nb));
        assert_int_equal(la, lb);
        assert_int_equal(ha, hb);
        assert_int_equal(na, nb);
    }
    assert_false(hist_next(b, &cb, &lb, &hb, &nb));
    for (int i = 0; i <= 1000; i++)
        assert_int_equal(hist_quantile(a, i / 1000.0),
                         hist_quantile(b, i / 1000.0));
}

static void buckets_end_where_hdrhistogram_ends_them(void **state)
{
    static const struct {
        enum hist_digits digits;
        uint64_t value, lowest, highest;
    } cases[] = {
        { HIST_3_DIGITS, 0, 0, 0 },
        { HIST_3_DIGITS, 1, 1, 1 },
        { HIST_3_DIGITS, 1023, 1023, 1023 },
        { HIST_3_DIGITS, 1024, 1024, 1024 },
        { HIST_3_DIGITS, 2047, 2047, 2047 },
        { HIST_3_DIGITS, 2048, 2048, 2049 },
        { HIST_3_DIGITS, 2049, 2048, 2049 },
        { HIST_3_DIGITS, 4095, 4094, 4095 },
        { HIST_3_DIGITS, 4096, 4096, 4099 },
        { HIST_3_DIGITS, 1000000, 999936, 1000447 },
        { HIST_3_DIGITS, 3600000000, 3598712832, 3600809983 },
        { HIST_2_DIGITS, 255, 255, 255 },
        { HIST_2_DIGITS, 256, 256, 257 },
        { HIST_2_DIGITS, 1000000, 999424, 1003519 },
        { HIST_2_DIGITS, (uint64_t)1 << 62, (uint64_t)1 << 62,
          ((uint64_t)1 << 62) + ((uint64_t)1 << 55) - 1 },
        { HIST_3_DIGITS, UINT64_MAX, UINT64_MAX << 53, UINT64_MAX },
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct hist h;
        hist_init(&h, cases[i].digits, UINT64_MAX);
        assert_int_equal(hist_lowest_equal(&h, cases[i].value),
                         cases[i].lowest);
        assert_int_equal(hist_highest_equal(&h, cases[i].value),
                         cases[i].highest);
        hist_record(&h, cases[i].value);
        unsigned cursor = 0;
        uint64_t lowest, highest, n;
        assert_true(hist_next(&h, &cursor, &lowest, &highest, &n));
        assert_int_equal(lowest, cases[i].lowest);
        assert_int_equal(highest, cases[i].highest);
        assert_int_equal(n, 1);
        assert_false(hist_next(&h, &cursor, &lowest, &highest, &n));
        hist_fini(&h);
    }
}

static void buckets_follow_each_other_without_gap(void **state)
{
    (void)state;
    for (size_t d = 0; d < COUNT_OF(all_digits); d++) {
        struct hist h;
        hist_init(&h, all_digits[d], UINT64_MAX);
        uint64_t value = 0;
        unsigned buckets = 0;
        for (;;) {
            uint64_t highest = hist_highest_equal(&h, value);
            assert_int_equal(hist_lowest_equal(&h, value), value);
            assert_int_equal(hist_lowest_equal(&h, highest), value);
            /* Never wider than 1 / 2^m of the value. */
            assert_true(highest - value <= value >> all_digits[d]);
            hist_record(&h, value);
            hist_record(&h, highest);
            buckets++;
            if (highest == UINT64_MAX)
                break;
            value = highest + 1;
        }
        unsigned cursor = 0, seen = 0;
        uint64_t lowest, highest, n;
        value = 0;
        while (hist_next(&h, &cursor, &lowest, &highest, &n)) {
            assert_int_equal(lowest, value);
            assert_int_equal(n, 2);
            value = highest + 1;
            seen++;
        }
        assert_int_equal(seen, buckets);
        hist_fini(&h);
    }
}

static void small_values_are_exact(void **state)
{
    (void)state;
    for (size_t d = 0; d < COUNT_OF(all_digits); d++) {
        struct hist h;
        hist_init(&h, all_digits[d], HIST_LIMIT_TIME);
        uint64_t n = (uint64_t)2 << all_digits[d];
        for (uint64_t v = 0; v < n; v++)
            hist_record(&h, v);
        for (uint64_t rank = 1; rank <= n; rank++)
            assert_int_equal(hist_quantile(&h, (double)rank / (double)n),
                             rank - 1);
        hist_fini(&h);
    }
}

/* p/10000 of n values, by whole-number arithmetic: no rounding to blame. */
static void a_quantile_takes_the_rank_that_arithmetic_says(void **state)
{
    static const unsigned counts[] = { 1,   2,   3,   7,    10,   99,   100,
                                       101, 500, 999, 1000, 1001, 1999, 2000 };
    (void)state;
    for (size_t c = 0; c < COUNT_OF(counts); c++) {
        struct hist h;
        hist_init(&h, HIST_3_DIGITS, HIST_LIMIT_TIME);
        for (unsigned v = 1; v <= counts[c]; v++)
            hist_record(&h, v);
        for (unsigned p = 1; p <= 10000; p++) {
            unsigned rank = (p * counts[c] + 9999) / 10000;
            assert_int_equal(hist_quantile(&h, p / 10000.0), rank);
            assert_int_equal(hist_quantile(&h, p / 100.0 / 100), rank);
        }
        hist_fini(&h);
    }
}

static void a_quantile_takes_that_rank_with_a_million_values_too(void **state)
{
    static const uint64_t counts[] = { 12345, 100000, 1000000, 98765432100 };
    (void)state;
    for (size_t c = 0; c < COUNT_OF(counts); c++) {
        for (uint64_t p = 1; p < 1000; p++) {
            uint64_t rank = (p * counts[c] + 999) / 1000;
            struct hist h;
            hist_init(&h, HIST_2_DIGITS, HIST_LIMIT_TIME);
            hist_record_n(&h, 10, rank - 1);
            hist_record_n(&h, 20, 1);
            hist_record_n(&h, 30, counts[c] - rank);
            assert_int_equal(hist_quantile(&h, (double)p / 1000), 20);
            hist_fini(&h);
        }
    }
}

static void quantiles_stay_between_min_and_max(void **state)
{
    static const double shares[] = { -1,   0,        0x1p-1074, 1e-300,
                                     1e-9, 0.5,      1 - 1e-16, 1,
                                     2,    INFINITY, -INFINITY, NAN };
    (void)state;
    struct hist h;
    hist_init(&h, HIST_2_DIGITS, HIST_LIMIT_TIME);
    hist_record_n(&h, 1000001, 3);
    for (size_t i = 0; i < COUNT_OF(shares); i++)
        assert_int_equal(hist_quantile(&h, shares[i]), 1000001);
    hist_record(&h, 2000003);
    assert_int_equal(hist_quantile(&h, 0), 1000001);
    assert_int_equal(hist_quantile(&h, 1), 2000003);
    assert_int_equal(hist_quantile(&h, 0.5), hist_highest_equal(&h, 1000001));
    hist_fini(&h);
}

static void quantiles_agree_with_a_sorted_array(void **state)
{
    enum { N = 20000 };
    static const double bits[] = { 5, 12, 21, 31 };
    (void)state;
    struct rng r;
    rng_init(&r, 1, RNG_LOAD, 0);
    uint64_t *values = xcalloc(N, sizeof *values);
    for (size_t d = 0; d < COUNT_OF(all_digits); d++) {
        for (size_t b = 0; b < COUNT_OF(bits); b++) {
            struct hist h;
            hist_init(&h, all_digits[d], HIST_LIMIT_TIME);
            for (size_t i = 0; i < N; i++) {
                values[i] = log_uniform(&r, bits[b]);
                hist_record(&h, values[i]);
            }
            qsort(values, N, sizeof *values, by_value);
            for (size_t rank = 1; rank <= N; rank++) {
                uint64_t truth = values[rank - 1];
                uint64_t got = hist_quantile(&h, (double)rank / N);
                uint64_t top = hist_highest_equal(&h, truth);
                assert_int_equal(got, top < h.max ? top : h.max);
            }
            hist_fini(&h);
        }
    }
    free(values);
}

static void merging_any_number_of_parts_in_any_order_gives_the_same(void **s)
{
    static const unsigned parts[] = { 1, 2, 7 };
    (void)s;
    for (size_t d = 0; d < COUNT_OF(all_digits); d++) {
        for (size_t p = 0; p < COUNT_OF(parts); p++) {
            struct hist whole, part[7], up, down;
            hist_init(&whole, all_digits[d], HIST_LIMIT_TIME);
            hist_init(&up, all_digits[d], HIST_LIMIT_TIME);
            hist_init(&down, all_digits[d], HIST_LIMIT_TIME);
            for (unsigned i = 0; i < parts[p]; i++)
                hist_init(&part[i], all_digits[d], HIST_LIMIT_TIME);
            struct rng r;
            rng_init(&r, 2, RNG_LOAD, p);
            for (unsigned i = 0; i < 100000; i++) {
                uint64_t v = log_uniform(&r, 33); /* some beyond an hour */
                hist_record(&whole, v);
                hist_record(&part[i % parts[p]], v);
            }
            assert_true(whole.overflow > 0);
            for (unsigned i = 0; i < parts[p]; i++)
                hist_add(&up, &part[i]);
            for (unsigned i = parts[p]; i-- > 0;)
                hist_add(&down, &part[i]);
            assert_same(&up, &whole);
            assert_same(&down, &whole);
            assert_true(fabs(hist_stddev(&up) / hist_stddev(&whole) - 1) <
                        1e-12);
            hist_fini(&whole);
            hist_fini(&up);
            hist_fini(&down);
            for (unsigned i = 0; i < parts[p]; i++)
                hist_fini(&part[i]);
        }
    }
}

static void adding_an_empty_one_changes_nothing(void **state)
{
    (void)state;
    struct hist h, empty, untouched = { .count = 0 };
    hist_init(&h, HIST_3_DIGITS, HIST_LIMIT_TIME);
    hist_init(&empty, HIST_2_DIGITS, 1000);
    hist_record(&h, 5);
    hist_add(&h, &empty);
    hist_add(&h, &untouched);
    assert_int_equal(h.count, 1);
    assert_int_equal(h.min, 5);
    assert_int_equal(h.max, 5);
    hist_fini(&h);
    hist_fini(&empty);
}

static void adding_one_to_itself_doubles_it(void **state)
{
    (void)state;
    struct hist h, twice;
    hist_init(&h, HIST_3_DIGITS, HIST_LIMIT_TIME);
    hist_init(&twice, HIST_3_DIGITS, HIST_LIMIT_TIME);
    for (uint64_t v = 1; v < 5000000; v += 777) {
        hist_record(&h, v);
        hist_record_n(&twice, v, 2);
    }
    hist_add(&h, &h);
    assert_same(&h, &twice);
    hist_fini(&h);
    hist_fini(&twice);
}

static void adding_other_digits_keeps_totals_and_moves_to_bucket_tops(void **s)
{
    (void)s;
    struct hist fine, coarse, back;
    hist_init(&fine, HIST_3_DIGITS, HIST_LIMIT_TIME);
    hist_init(&coarse, HIST_2_DIGITS, HIST_LIMIT_TIME);
    hist_init(&back, HIST_3_DIGITS, HIST_LIMIT_WIDE);
    struct rng r;
    rng_init(&r, 3, RNG_LOAD, 0);
    for (int i = 0; i < 10000; i++)
        hist_record(&fine, log_uniform(&r, 30));
    hist_record(&fine, HIST_LIMIT_TIME); /* its bucket reaches beyond */
    hist_add(&coarse, &fine);
    hist_add(&back, &coarse);
    assert_int_equal(coarse.count, fine.count);
    assert_int_equal(coarse.overflow, 0);
    assert_int_equal(coarse.min, fine.min);
    assert_int_equal(coarse.max, fine.max);
    assert_true(coarse.sum == fine.sum);
    for (int i = 1; i < 100; i++) {
        uint64_t value = hist_quantile(&fine, i / 100.0);
        uint64_t top = hist_highest_equal(&coarse, value);
        assert_int_equal(hist_quantile(&coarse, i / 100.0), top);
        assert_int_equal(hist_quantile(&back, i / 100.0),
                         hist_highest_equal(&back, top));
    }
    hist_fini(&fine);
    hist_fini(&coarse);
    hist_fini(&back);
}

static void adding_beyond_a_lower_limit_is_overflow(void **state)
{
    (void)state;
    struct hist wide, low;
    hist_init(&wide, HIST_3_DIGITS, HIST_LIMIT_WIDE);
    hist_init(&low, HIST_3_DIGITS, 1000);
    hist_record(&wide, 999);
    hist_record(&wide, 1000);
    hist_record_n(&wide, 1001, 5);
    hist_record(&wide, HIST_LIMIT_WIDE + 1);
    hist_add(&low, &wide);
    assert_int_equal(low.count, 8);
    assert_int_equal(low.overflow, 6);
    assert_int_equal(low.max, HIST_LIMIT_WIDE + 1);
    assert_int_equal(hist_quantile(&low, 0.25), 1000);
    assert_int_equal(hist_quantile(&low, 0.26), HIST_LIMIT_WIDE + 1);
    hist_fini(&wide);
    hist_fini(&low);
}

static void overflow_is_counted_and_answers_with_max(void **state)
{
    (void)state;
    struct hist h;
    hist_init(&h, HIST_3_DIGITS, HIST_LIMIT_TIME);
    for (int i = 0; i < 98; i++)
        hist_record(&h, 100);
    hist_record(&h, HIST_LIMIT_TIME);
    assert_int_equal(h.overflow, 0);
    assert_int_equal(hist_quantile(&h, 1), HIST_LIMIT_TIME);
    hist_record(&h, HIST_LIMIT_TIME + 1);
    hist_record_n(&h, 9000000000, 2);
    assert_int_equal(h.count, 102);
    assert_int_equal(h.overflow, 3);
    assert_int_equal(h.max, 9000000000);
    assert_true(h.sum == 9800.0 + 2.0 * 3600e6 + 1 + 18000e6);
    assert_int_equal(hist_quantile(&h, 98.0 / 102), 100);
    assert_int_equal(hist_quantile(&h, 99.0 / 102),
                     hist_highest_equal(&h, HIST_LIMIT_TIME));
    assert_int_equal(hist_quantile(&h, 0.99), 9000000000);
    unsigned cursor = 0;
    uint64_t lowest, highest, n, total = 0;
    while (hist_next(&h, &cursor, &lowest, &highest, &n))
        total += n;
    assert_int_equal(total, 99);
    hist_fini(&h);
}

static void only_overflow_answers_with_max_but_zero_with_min(void **state)
{
    (void)state;
    struct hist h;
    hist_init(&h, HIST_2_DIGITS, 10);
    hist_record(&h, 11);
    hist_record(&h, UINT64_MAX);
    assert_int_equal(hist_quantile(&h, 0), 11);
    assert_int_equal(hist_quantile(&h, 0.001), UINT64_MAX);
    assert_int_equal(hist_quantile(&h, 1), UINT64_MAX);
    hist_fini(&h);
}

static void recording_n_is_recording_n_times(void **state)
{
    (void)state;
    struct hist once, often;
    hist_init(&once, HIST_2_DIGITS, HIST_LIMIT_TIME);
    hist_init(&often, HIST_2_DIGITS, HIST_LIMIT_TIME);
    struct rng r;
    rng_init(&r, 4, RNG_LOAD, 0);
    for (int i = 0; i < 1000; i++) {
        uint64_t v = log_uniform(&r, 33), n = rng_below(&r, 20);
        hist_record_n(&once, v, n);
        for (uint64_t k = 0; k < n; k++)
            hist_record(&often, v);
    }
    assert_same(&once, &often);
    hist_fini(&once);
    hist_fini(&often);
}

static void a_count_may_be_very_large(void **state)
{
    (void)state;
    struct hist h;
    hist_init(&h, HIST_3_DIGITS, HIST_LIMIT_TIME);
    hist_record_n(&h, 1000, (uint64_t)99 << 40);
    hist_record_n(&h, 2000, (uint64_t)1 << 40);
    assert_int_equal(h.count, (uint64_t)100 << 40);
    assert_int_equal(hist_quantile(&h, 0.99), 1000);
    assert_int_equal(hist_quantile(&h, 0.9900001), 2000);
    assert_true(hist_mean(&h) == 1010);
    hist_record_n(&h, 2000, ((uint64_t)1 << 62));
    assert_int_equal(hist_quantile(&h, 1), 2000);
    hist_fini(&h);
}

static void recording_none_leaves_it_empty(void **state)
{
    (void)state;
    struct hist h;
    hist_init(&h, HIST_3_DIGITS, HIST_LIMIT_TIME);
    hist_record_n(&h, 5, 0);
    hist_record_n(&h, UINT64_MAX, 0);
    assert_int_equal(h.count, 0);
    assert_int_equal(h.max, 0);
    assert_int_equal(hist_quantile(&h, 0.5), 0);
    assert_true(hist_mean(&h) == 0);
    assert_true(hist_stddev(&h) == 0);
    hist_fini(&h);
}

static void mean_and_deviation_come_from_the_values(void **state)
{
    enum { N = 50000 };
    (void)state;
    struct hist h;
    hist_init(&h, HIST_2_DIGITS, HIST_LIMIT_TIME);
    struct rng r;
    rng_init(&r, 5, RNG_LOAD, 0);
    uint64_t *values = xcalloc(N, sizeof *values);
    uint64_t sum = 0;
    for (int i = 0; i < N; i++) {
        values[i] = log_uniform(&r, 25);
        sum += values[i];
        hist_record(&h, values[i]);
    }
    double mean = (double)sum / N, squares = 0;
    for (int i = 0; i < N; i++)
        squares += ((double)values[i] - mean) * ((double)values[i] - mean);
    assert_true(hist_mean(&h) == mean);
    assert_true(fabs(hist_stddev(&h) / sqrt(squares / N) - 1) < 1e-12);
    free(values);
    hist_fini(&h);
}

static void the_deviation_of_the_textbook_is_two(void **state)
{
    static const uint64_t values[] = { 2, 4, 4, 4, 5, 5, 7, 9 };
    (void)state;
    struct hist h;
    hist_init(&h, HIST_3_DIGITS, HIST_LIMIT_TIME);
    for (size_t i = 0; i < COUNT_OF(values); i++)
        hist_record(&h, values[i]);
    assert_true(hist_mean(&h) == 5);
    assert_true(hist_stddev(&h) == 2);
    hist_fini(&h);
}

static void equal_values_do_not_deviate(void **state)
{
    static const uint64_t values[] = { 0, 7, 3599999999, 123456789012345678 };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        struct hist h;
        hist_init(&h, HIST_3_DIGITS, HIST_LIMIT_WIDE);
        for (int k = 0; k < 12345; k++)
            hist_record(&h, values[i]);
        assert_true(hist_stddev(&h) == 0);
        hist_fini(&h);
    }
}

static void clearing_keeps_the_memory_and_nothing_else(void **state)
{
    (void)state;
    struct hist h, fresh;
    hist_init(&h, HIST_2_DIGITS, HIST_LIMIT_TIME);
    hist_init(&fresh, HIST_2_DIGITS, HIST_LIMIT_TIME);
    for (uint64_t v = 1; v < 10000000000; v *= 3)
        hist_record(&h, v);
    struct hist full = h;
    hist_clear(&h);
    assert_int_equal(h.limit, HIST_LIMIT_TIME);
    assert_same(&h, &fresh);
    for (uint64_t v = 1; v < 10000000000; v *= 3) {
        hist_record(&h, v);
        hist_record(&fresh, v);
    }
    assert_same(&h, &fresh);
    assert_memory_equal(h.rows, full.rows, sizeof full.rows);
    hist_fini(&h);
    hist_fini(&fresh);
}

static void memory_is_bounded_by_the_spread_of_values(void **state)
{
    static const struct {
        enum hist_digits digits;
        uint64_t limit;
        int rows;
    } cases[] = {
        /* counts_len of HdrHistogram / 2^m: 23552 and 3328 counters */
        { HIST_3_DIGITS, HIST_LIMIT_TIME, 23 },
        { HIST_2_DIGITS, HIST_LIMIT_TIME, 26 },
        { HIST_3_DIGITS, HIST_LIMIT_WIDE, 54 },
        { HIST_2_DIGITS, HIST_LIMIT_WIDE, 57 },
        { HIST_2_DIGITS, UINT64_MAX, 58 },
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct hist h;
        hist_init(&h, cases[i].digits, cases[i].limit);
        for (int k = 0; k < 1000; k++)
            hist_record(&h, 5);
        int rows = 0;
        for (int row = 0; row < HIST_ROWS; row++)
            rows += h.rows[row] != NULL;
        assert_int_equal(rows, 1);
        for (unsigned shift = 0; shift < 64; shift++) {
            hist_record(&h, (uint64_t)1 << shift);
            hist_record(&h, ((uint64_t)1 << shift) - 1);
        }
        hist_record(&h, UINT64_MAX);
        rows = 0;
        for (int row = 0; row < HIST_ROWS; row++)
            rows += h.rows[row] != NULL;
        assert_int_equal(rows, cases[i].rows);
        hist_fini(&h);
    }
}

static void a_second_fini_does_nothing(void **state)
{
    (void)state;
    struct hist h;
    hist_init(&h, HIST_2_DIGITS, HIST_LIMIT_TIME);
    hist_record(&h, 1);
    hist_fini(&h);
    hist_fini(&h);
    assert_int_equal(h.count, 0);
}

/* One stall of 1.4 s in a minute at a constant rate, measured from the due
 * time: quantile q is max(0, T - (1 - q) * L). */
static void a_known_stall_shows_where_arithmetic_puts_it(void **state)
{
    static const struct {
        double q, seconds;
    } cases[] = { { 0.5, 0 },    { 0.97, 0 },     { 0.98, 0.2 },
                  { 0.99, 0.8 }, { 0.999, 1.34 }, { 1, 1.4 } };
    (void)state;
    struct hist h;
    hist_init(&h, HIST_3_DIGITS, HIST_LIMIT_TIME);
    for (uint64_t due = 0; due < 60000000; due += 1000) {
        uint64_t from = 20000000, to = 21400000;
        hist_record(&h, due >= from && due < to ? to - due : 0);
    }
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        double got = (double)hist_quantile(&h, cases[i].q) / 1e6;
        assert_true(fabs(got - cases[i].seconds) < 0.0025);
    }
    hist_fini(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T("buckets end where HdrHistogram ends them",
          buckets_end_where_hdrhistogram_ends_them),
        T("buckets follow each other without a gap",
          buckets_follow_each_other_without_gap),
        T("small values are exact", small_values_are_exact),
        T("a quantile takes the rank that arithmetic says",
          a_quantile_takes_the_rank_that_arithmetic_says),
        T("a quantile takes that rank with a million values too",
          a_quantile_takes_that_rank_with_a_million_values_too),
        T("quantiles stay between min and max",
          quantiles_stay_between_min_and_max),
        T("quantiles agree with a sorted array",
          quantiles_agree_with_a_sorted_array),
        T("merging any number of parts in any order gives the same",
          merging_any_number_of_parts_in_any_order_gives_the_same),
        T("adding an empty one changes nothing",
          adding_an_empty_one_changes_nothing),
        T("adding one to itself doubles it", adding_one_to_itself_doubles_it),
        T("adding other digits keeps totals and moves values to bucket tops",
          adding_other_digits_keeps_totals_and_moves_to_bucket_tops),
        T("adding beyond a lower limit is overflow",
          adding_beyond_a_lower_limit_is_overflow),
        T("overflow is counted and answers with max",
          overflow_is_counted_and_answers_with_max),
        T("only overflow answers with max, but q = 0 with min",
          only_overflow_answers_with_max_but_zero_with_min),
        T("recording n is recording n times", recording_n_is_recording_n_times),
        T("a count may be very large", a_count_may_be_very_large),
        T("recording none leaves it empty", recording_none_leaves_it_empty),
        T("mean and deviation come from the values, not from buckets",
          mean_and_deviation_come_from_the_values),
        T("the deviation of the textbook's eight values is two",
          the_deviation_of_the_textbook_is_two),
        T("equal values do not deviate", equal_values_do_not_deviate),
        T("clearing keeps the memory and nothing else",
          clearing_keeps_the_memory_and_nothing_else),
        T("memory is bounded by the spread of the values",
          memory_is_bounded_by_the_spread_of_values),
        T("a second fini does nothing", a_second_fini_does_nothing),
        T("a known stall shows where arithmetic puts it",
          a_known_stall_shows_where_arithmetic_puts_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
