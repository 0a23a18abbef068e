/* test_schedule.c - when starts are due: due times, workers, Poisson. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/rng.h"
#include "engine/schedule.h"
#include "shape.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

static void constant(struct shape *h, double rate, int64_t duration_us)
{
    shape_init(h, CONSTANT_ARRIVAL_RATE, 0);
    shape_add(h, duration_us, rate);
}

static double max_rate(const struct shape *h)
{
    double most = h->s.start_level;
    for (size_t i = 0; i < h->s.nstages; i++)
        most = fmax(most, h->stages[i].target);
    return most;
}

/* Some stages of no length, some short, some long; some of no rate. */
static void random_shape(struct shape *h, struct rng *r, double most)
{
    static const int64_t lengths[] = { 0, 0, 1, 999, 250000, 1000000, 3333333 };
    shape_init(h, RAMPING_ARRIVAL_RATE, (double)rng_below(r, 20));
    size_t n = 1 + rng_below(r, STAGES - 1);
    for (size_t i = 0; i < n; i++) {
        double target = rng_below(r, 3) == 0
                            ? 0
                            : (double)rng_below(r, (uint64_t)(most * 10)) / 10;
        shape_add(h, lengths[rng_below(r, COUNT_OF(lengths) - 1)], target);
    }
}

/* ---- rates ---- */

static void a_constant_rate_starts_number_k_at_k_by_r(void **state)
{
    static const double rates[] = { 0.1, 0.5, 1,    3,      7,
                                    60,  999, 1000, 2499.7, 100000 };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rates); i++) {
        struct shape h;
        constant(&h, rates[i], 10 * US_PER_S);
        uint64_t total = schedule_total(&h.s);
        assert_int_equal(total, (uint64_t)ceil(rates[i] * 10 - 1e-9));
        for (uint64_t k = 0; k < total; k++) {
            double exact = (double)k / rates[i] * US_PER_S;
            double got = (double)schedule_time_of(&h.s, (double)k);
            assert_true(fabs(got - exact) <= 0.5 + 1e-6);
        }
        assert_true(schedule_time_of(&h.s, rates[i] * 10) == NEVER);
    }
}

enum { ANY = -1 };

/* Times computed by hand from t(n) = 2 n / (r0 + sqrt(r0^2 + 2 a n)). */
static void stages_have_their_totals_and_times(void **state)
{
    static const struct {
        double start;
        struct stage stages[5];
        size_t n;
        uint64_t total;
        struct {
            double k;
            int64_t us;
        } due[4];
    } cases[] = {
        /* up: 500 starts, the first after 0.447 s */
        { 0,
          { { 10000000, 100 } },
          1,
          500,
          { { 0, 0 }, { 1, 447214 }, { 125, 5000000 }, { 499, 9989995 } } },
        /* down */
        { 100,
          { { 10000000, 0 } },
          1,
          500,
          { { 0, 0 }, { 1, 10005 }, { 375, 5000000 }, { 499, 9552786 } } },
        /* neither, written as a ramp */
        { 50,
          { { 10000000, 50 } },
          1,
          500,
          { { 0, 0 }, { 1, 20000 }, { 7, 140000 }, { 499, 9980000 } } },
        /* next to nothing: the formula must not divide by the slope */
        { 50,
          { { 10000000, 50 + 1e-12 } },
          1,
          500,
          { { 0, 0 }, { 1, 20000 }, { 7, 140000 }, { 499, 9980000 } } },
        { 50,
          { { 10000000, 50 - 1e-12 } },
          1,
          500,
          { { 0, 0 }, { 1, 20000 }, { 7, 140000 }, { 499, 9980000 } } },
        /* a stage of no length is a jump */
        { 0,
          { { 0, 50 }, { 10000000, 50 } },
          2,
          500,
          { { 0, 0 }, { 1, 20000 }, { 7, 140000 }, { 499, 9980000 } } },
        { 10,
          { { 0, 90 }, { 0, 20 }, { 5000000, 20 }, { 0, 700 } },
          4,
          100,
          { { 0, 0 }, { 1, 50000 }, { 99, 4950000 }, { ANY, 0 } } },
        /* up, along, down */
        { 0,
          { { 10000000, 100 }, { 10000000, 100 }, { 10000000, 0 } },
          3,
          2000,
          { { 500, 10000000 },
            { 1000, 15000000 },
            { 1500, 20000000 },
            { 1999, 29552786 } } },
        /* a pause: start 100 belongs to what follows it */
        { 10,
          { { 10000000, 10 },
            { 0, 0 },
            { 60000000, 0 },
            { 0, 10 },
            { 10000000, 10 } },
          5,
          200,
          { { 99, 9900000 },
            { 100, 70000000 },
            { 101, 70100000 },
            { 199, 79900000 } } },
        /* a part of a start is a start */
        { 0,
          { { 3000000, 1 } },
          1,
          2,
          { { 0, 0 }, { 1, 2449490 }, { ANY, 0 }, { ANY, 0 } } },
        { 0.1,
          { { 5000000, 0.1 } },
          1,
          1,
          { { 0, 0 }, { ANY, 0 }, { ANY, 0 }, { ANY, 0 } } },
        /* nothing at all */
        { 0,
          { { 10000000, 0 } },
          1,
          0,
          { { 0, NEVER }, { 1, NEVER }, { ANY, 0 }, { ANY, 0 } } },
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct shape h;
        shape_init(&h, RAMPING_ARRIVAL_RATE, cases[i].start);
        for (size_t k = 0; k < cases[i].n; k++)
            shape_add(&h, cases[i].stages[k].duration_us,
                      cases[i].stages[k].target);
        assert_int_equal(schedule_total(&h.s), cases[i].total);
        for (size_t k = 0; k < COUNT_OF(cases[i].due); k++)
            if (cases[i].due[k].k != ANY)
                assert_int_equal(schedule_time_of(&h.s, cases[i].due[k].k),
                                 cases[i].due[k].us);
        double beyond = (double)cases[i].total + 1e-3;
        assert_true(schedule_time_of(&h.s, beyond) == NEVER);
    }
}

/* The rate at a time, and its integral by trapezia: nothing in common with
 * the formulas of the module. */
static double integrate(const struct shape *h, int64_t to)
{
    double n = 0, from = h->s.start_level;
    for (size_t i = 0; i < h->s.nstages; i++) {
        const struct stage *st = &h->stages[i];
        int64_t part = to < st->duration_us ? to : st->duration_us;
        enum { PIECES = 64 };
        for (int p = 0; part > 0 && p < PIECES; p++) {
            double mid = (p + 0.5) / PIECES * (double)part;
            double rate =
                from + (st->target - from) * mid / (double)st->duration_us;
            n += rate * (double)part / PIECES / US_PER_S;
        }
        from = st->target;
        to -= part;
    }
    return n;
}

static void what_is_due_is_the_integral_of_the_rate(void **state)
{
    struct rng r;
    (void)state;
    rng_init(&r, 1, RNG_LOAD, 0);
    for (int i = 0; i < 500; i++) {
        struct shape h;
        random_shape(&h, &r, 1000);
        for (int k = 0; k < 20; k++) {
            int64_t t = (int64_t)rng_below(&r, (uint64_t)h.s.duration_us);
            assert_true(fabs(schedule_due_by(&h.s, t) - integrate(&h, t)) <
                        1e-6);
        }
        double all = integrate(&h, h.s.duration_us);
        assert_true(fabs(schedule_due_by(&h.s, h.s.duration_us) - all) < 1e-6);
        assert_true(schedule_due_by(&h.s, h.s.duration_us + US_PER_S) ==
                    schedule_due_by(&h.s, h.s.duration_us));
        assert_true(schedule_due_by(&h.s, 0) == 0);
    }
}

static void due_times_rise_and_undo_the_count(void **state)
{
    struct rng r;
    (void)state;
    rng_init(&r, 2, RNG_LOAD, 0);
    for (int i = 0; i < 500; i++) {
        struct shape h;
        struct schedule_cursor c;
        random_shape(&h, &r, i % 2 ? 1000 : 30);
        double within = max_rate(&h) / US_PER_S + 1e-6;
        int64_t last = 0;
        uint64_t n = 0;
        for (schedule_begin(&c, &h.s, 0, 0, 0, 1); c.due != NEVER;
             schedule_advance(&c), n++) {
            assert_true(c.k == n && c.due >= last && c.due <= h.s.duration_us);
            assert_true(fabs(schedule_due_by(&h.s, c.due) - (double)n) <=
                        within);
            last = c.due;
        }
        assert_int_equal(n, schedule_total(&h.s));
        assert_true(fabs((double)n - schedule_due_by(&h.s, h.s.duration_us)) <
                    1);
    }
}

static void n_of_the_time_of_n_is_n(void **state)
{
    struct rng r;
    (void)state;
    rng_init(&r, 3, RNG_LOAD, 0);
    for (int i = 0; i < 500; i++) {
        struct shape h;
        random_shape(&h, &r, 1000);
        double all = schedule_due_by(&h.s, h.s.duration_us);
        for (int k = 0; k < 20; k++) {
            double n = rng_unit(&r) * all;
            int64_t t = schedule_time_of(&h.s, n);
            if (t == NEVER) {
                assert_true(all - n < 1e-6);
                continue;
            }
            assert_true(schedule_due_by(&h.s, t + 1) >= n - 1e-9);
            assert_true(schedule_due_by(&h.s, t - 1) <= n + 1e-9);
        }
    }
}

/* ---- workers ---- */

/* All due times of one cursor over everything; returns their number. */
static size_t walk(const struct scenario *s, uint64_t seed, uint64_t index,
                   int64_t *due, size_t max)
{
    struct schedule_cursor c;
    size_t n = 0;
    for (schedule_begin(&c, s, seed, index, 0, 1); c.due != NEVER;
         schedule_advance(&c)) {
        assert_true(n < max);
        due[n++] = c.due;
    }
    return n;
}

static void workers_together_follow_the_one_plan(void **state)
{
    static const uint64_t workers[] = { 1, 2, 7 };
    static int64_t plan[4000];
    (void)state;
    struct shape h;
    shape_init(&h, RAMPING_ARRIVAL_RATE, 5);
    shape_add(&h, 4 * US_PER_S, 300);
    shape_add(&h, 0, 40);
    shape_add(&h, 3 * US_PER_S, 40);
    shape_add(&h, 2 * US_PER_S, 0);
    for (h.s.poisson = 0; h.s.poisson <= 1; h.s.poisson++) {
        size_t n = walk(&h.s, 7, 3, plan, COUNT_OF(plan));
        assert_true(n > 600);
        for (size_t i = 0; i < COUNT_OF(workers); i++) {
            size_t seen = 0;
            for (uint64_t w = 0; w < workers[i]; w++) {
                struct schedule_cursor c;
                uint64_t k = w;
                for (schedule_begin(&c, &h.s, 7, 3, w, workers[i]);
                     c.due != NEVER; schedule_advance(&c), seen++) {
                    assert_true(c.k == k && k < n && c.due == plan[k]);
                    k += workers[i];
                }
                assert_true(k >= n);
                schedule_advance(&c);
                assert_true(c.due == NEVER);
            }
            assert_int_equal(seen, n);
        }
    }
}

static void a_worker_without_a_start_has_none(void **state)
{
    struct shape h;
    struct schedule_cursor c;
    (void)state;
    constant(&h, 1, 3 * US_PER_S);
    for (uint64_t w = 0; w < 7; w++) {
        schedule_begin(&c, &h.s, 0, 0, w, 7);
        assert_int_equal(c.due, w < 3 ? (int64_t)w * US_PER_S : NEVER);
    }
}

/* ---- Poisson ---- */

static size_t equal_times(const int64_t *a, size_t na, const int64_t *b,
                          size_t nb)
{
    size_t same = 0;
    for (size_t i = 0; i < na && i < nb; i++)
        same += a[i] == b[i];
    return same;
}

static void a_seed_and_a_scenario_give_the_arrivals(void **state)
{
    static int64_t a[2000], b[2000];
    struct shape h;
    (void)state;
    constant(&h, 100, 10 * US_PER_S);
    h.s.poisson = 1;
    size_t na = walk(&h.s, 42, 0, a, COUNT_OF(a));
    size_t nb = walk(&h.s, 42, 0, b, COUNT_OF(b));
    assert_int_equal(na, nb);
    assert_memory_equal(a, b, na * sizeof *a);
    nb = walk(&h.s, 42, 1, b, COUNT_OF(b)); /* of another scenario */
    assert_true(equal_times(a, na, b, nb) < 3);
    nb = walk(&h.s, 43, 0, b, COUNT_OF(b)); /* of another seed */
    assert_true(equal_times(a, na, b, nb) < 3);
}

/* For a Poisson process the count has the mean and the variance N(D). */
static void the_counts_have_mean_and_variance_of_the_plan(void **state)
{
    enum { SEEDS = 200 };
    static int64_t due[2000];
    (void)state;
    for (int ramp = 0; ramp <= 1; ramp++) {
        struct shape h;
        if (ramp) {
            shape_init(&h, RAMPING_ARRIVAL_RATE, 0);
            shape_add(&h, 10 * US_PER_S, 100);
        } else {
            constant(&h, 50, 10 * US_PER_S);
        }
        h.s.poisson = 1;
        double sum = 0, squares = 0;
        for (uint64_t seed = 0; seed < SEEDS; seed++) {
            double n = (double)walk(&h.s, seed, 0, due, COUNT_OF(due));
            sum += n;
            squares += n * n;
        }
        double mean = sum / SEEDS;
        double variance = squares / SEEDS - mean * mean;
        assert_true(fabs(mean - 500) < 3 * sqrt(500.0 / SEEDS));
        assert_true(fabs(variance / 500 - 1) < 3 * sqrt(2.0 / SEEDS));
    }
}

/* The first start is as random as all others, and not at once. */
static void the_first_arrival_is_random_too(void **state)
{
    enum { SEEDS = 400 };
    double sum = 0;
    (void)state;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct shape h;
        struct schedule_cursor c;
        constant(&h, 10, 100 * US_PER_S);
        h.s.poisson = 1;
        schedule_begin(&c, &h.s, seed, 0, 0, 1);
        assert_true(c.due > 0);
        sum += (double)c.due / US_PER_S * 10;
    }
    assert_true(fabs(sum / SEEDS - 1) < 3 / sqrt(SEEDS));
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The largest distance of what was seen from 1 - exp(-x): the test of
 * Kolmogorov and Smirnov. */
static double distance_from_exponential(double *x, size_t n)
{
    double worst = 0;
    qsort(x, n, sizeof *x, by_size);
    for (size_t i = 0; i < n; i++) {
        double f = 1 - exp(-x[i]);
        worst = fmax(worst, fabs(f - (double)i / (double)n));
        worst = fmax(worst, fabs((double)(i + 1) / (double)n - f));
    }
    return worst;
}

static double correlation_of_neighbours(const double *x, size_t n)
{
    double mean = 0, var = 0, cov = 0;
    for (size_t i = 0; i < n; i++)
        mean += x[i] / (double)n;
    for (size_t i = 0; i < n; i++)
        var += (x[i] - mean) * (x[i] - mean);
    for (size_t i = 1; i < n; i++)
        cov += (x[i] - mean) * (x[i - 1] - mean);
    return cov / var;
}

/* On the scale of N(t) the gaps are exponential with mean 1 and know nothing
 * of each other, on a ramp as well.  The limits are those of one false alarm
 * in a thousand and in ten thousand; the seeds are fixed. */
static void gaps_are_exponential_on_flat_ground_and_on_a_ramp(void **state)
{
    enum { MAX = 30000 };
    int64_t *due = xmalloc(MAX * sizeof *due);
    double *gaps = xmalloc(MAX * sizeof *gaps);
    (void)state;
    for (int ramp = 0; ramp <= 1; ramp++)
        for (uint64_t seed = 1; seed <= 3; seed++) {
            struct shape h;
            if (ramp) {
                shape_init(&h, RAMPING_ARRIVAL_RATE, 0);
                shape_add(&h, 200 * US_PER_S, 200);
            } else {
                constant(&h, 100, 200 * US_PER_S);
            }
            h.s.poisson = 1;
            size_t n = walk(&h.s, seed, 0, due, MAX);
            assert_true(n > 19000 && n < 21000);
            double before = 0;
            for (size_t i = 0; i < n; i++) {
                double t = (double)due[i] / US_PER_S;
                double reached = ramp ? t * t / 2 : 100 * t;
                gaps[i] = reached - before;
                before = reached;
            }
            assert_true(fabs(correlation_of_neighbours(gaps, n)) <
                        3.9 / sqrt((double)n));
            assert_true(distance_from_exponential(gaps, n) <
                        1.95 / sqrt((double)n));
        }
    free(due);
    free(gaps);
}

#define T(sentence, fn)                                                        \
    {                                                                          \
        sentence, fn, NULL, NULL, NULL                                         \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        T("a constant rate r starts number k at k/r",
          a_constant_rate_starts_number_k_at_k_by_r),
        T("stages have their totals and times",
          stages_have_their_totals_and_times),
        T("what is due is the integral of the rate",
          what_is_due_is_the_integral_of_the_rate),
        T("due times rise and undo the count",
          due_times_rise_and_undo_the_count),
        T("N of the time of n is n within a microsecond",
          n_of_the_time_of_n_is_n),
        T("workers together follow the one plan",
          workers_together_follow_the_one_plan),
        T("a worker without a start has none",
          a_worker_without_a_start_has_none),
        T("a seed and a scenario give the arrivals",
          a_seed_and_a_scenario_give_the_arrivals),
        T("the counts have the mean and the variance of the plan",
          the_counts_have_mean_and_variance_of_the_plan),
        T("the first arrival is random too", the_first_arrival_is_random_too),
        T("gaps are exponential on flat ground and on a ramp",
          gaps_are_exponential_on_flat_ground_and_on_a_ramp),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
