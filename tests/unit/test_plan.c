/* test_plan.c - shares of workers, rounds of a mix, names of executors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/rng.h"
#include "engine/plan.h"
#include "sentence.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

static void executors_have_the_agreed_names(void **state)
{
    static const struct {
        enum executor executor;
        const char *name;
        int open;
    } cases[] = {
        { SHARED_ITERATIONS, "shared-iterations", 0 },
        { PER_VU_ITERATIONS, "per-vu-iterations", 0 },
        { CONSTANT_VUS, "constant-vus", 0 },
        { RAMPING_VUS, "ramping-vus", 0 },
        { CONSTANT_ARRIVAL_RATE, "constant-arrival-rate", 1 },
        { RAMPING_ARRIVAL_RATE, "ramping-arrival-rate", 1 },
    };
    (void)state;
    assert_int_equal(COUNT_OF(cases), EXECUTOR_COUNT);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_string_equal(executor_name(cases[i].executor), cases[i].name);
        assert_int_equal(executor_is_open(cases[i].executor), cases[i].open);
    }
}

static void every_vu_has_one_worker(void **state)
{
    (void)state;
    for (int workers = 1; workers <= 9; workers++)
        for (unsigned vus = 0; vus <= 40; vus++) {
            unsigned sum = 0;
            for (int i = 0; i < workers; i++) {
                unsigned mine = 0;
                for (unsigned k = 0; k < vus; k++)
                    mine += (int)k % workers == i;
                assert_int_equal(plan_share(vus, workers, i), mine);
                sum += mine;
            }
            assert_int_equal(sum, vus);
        }
}

static void counts_are_planned_and_durations_are_not(void **state)
{
    (void)state;
    for (int e = 0; e < EXECUTOR_COUNT; e++) {
        struct scenario s = {
            .executor = (enum executor)e,
            .iterations = 30,
            .vus = 4,
            .duration_us = 10 * US_PER_S,
            .graceful_stop_us = 3 * US_PER_S,
        };
        uint64_t expected = e == SHARED_ITERATIONS   ? 30
                            : e == PER_VU_ITERATIONS ? 120
                                                     : 0;
        assert_int_equal(scenario_planned(&s), expected);
        assert_int_equal(scenario_longest_us(&s), 13 * US_PER_S);
    }
}

/* Of every beginning of the round, each entry has its share to within less
 * than one, and the whole round is exact. */
static void check_mix(const unsigned *weights, size_t n)
{
    int64_t sum = 0, *seen = xcalloc(n, sizeof *seen);
    for (size_t i = 0; i < n; i++)
        sum += weights[i];
    unsigned *round = xmalloc((size_t)sum * sizeof *round);
    mix_round(weights, n, round);
    for (int64_t k = 1; k <= sum; k++) {
        assert_true(round[k - 1] < n);
        seen[round[k - 1]]++;
        for (size_t i = 0; i < n; i++)
            assert_true(llabs(seen[i] * sum - k * weights[i]) < sum);
    }
    for (size_t i = 0; i < n; i++)
        assert_int_equal(seen[i], weights[i]);
    free(seen);
    free(round);
}

static void a_mix_is_exact_in_every_prefix(void **state)
{
    static const struct {
        unsigned weights[16];
        size_t n;
    } cases[] = {
        { { 1 }, 1 },
        { { 5 }, 1 },
        { { 1, 1 }, 2 },
        { { 70, 20, 10 }, 3 },
        { { 5, 1, 1 }, 3 },
        { { 1, 99 }, 2 },
        { { 10000, 1, 9999 }, 3 },
        { { 2, 3, 5, 7, 11, 13 }, 6 },
        { { 0, 3, 0, 2 }, 4 },
        /* the most behind first, without a deadline, strays by 1.39 here */
        { { 10, 1, 1, 1, 1, 100, 100, 5, 2, 1, 3, 5, 100 }, 13 },
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        check_mix(cases[i].weights, cases[i].n);
}

static void any_mix_is_exact_in_every_prefix(void **state)
{
    static const unsigned some[] = { 1, 1, 2, 3, 5, 10, 30, 100 };
    struct rng r;
    (void)state;
    rng_init(&r, 1, RNG_LOAD, 0);
    for (int i = 0; i < 2000; i++) {
        unsigned weights[14];
        size_t n = 1 + rng_below(&r, COUNT_OF(weights) - 1);
        for (size_t k = 0; k < n; k++)
            weights[k] = i % 2 ? some[rng_below(&r, COUNT_OF(some) - 1)]
                               : 1 + (unsigned)rng_below(&r, 60);
        check_mix(weights, n);
    }
}

/* Whether all is freed is for the sanitizer to say. */
static void a_plan_is_freed_whole_and_twice(void **state)
{
    struct plan p = { .nscenarios = 2 };
    (void)state;
    p.scenarios = xcalloc(2, sizeof *p.scenarios);
    for (int i = 0; i < 2; i++) {
        struct scenario *s = &p.scenarios[i];
        s->name = xstrdup("a");
        s->stages = xcalloc(3, sizeof *s->stages);
        s->mix = xcalloc(5, sizeof *s->mix);
        s->nmix_names = 2;
        s->mix_names = xcalloc(2, sizeof *s->mix_names);
        s->mix_names[0] = xstrdup("x");
        s->mix_names[1] = xstrdup("y");
        s->ntags = 1;
        s->tags = xcalloc(1, sizeof *s->tags);
        s->tags[0] = (struct tag){ xstrdup("k"), xstrdup("v") };
    }
    plan_fini(&p);
    assert_null(p.scenarios);
    assert_int_equal(p.nscenarios, 0);
    plan_fini(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T("executors have the agreed names", executors_have_the_agreed_names),
        T("every VU has one worker", every_vu_has_one_worker),
        T("counts are planned and durations are not",
          counts_are_planned_and_durations_are_not),
        T("a mix is exact in every prefix", a_mix_is_exact_in_every_prefix),
        T("any mix is exact in every prefix", any_mix_is_exact_in_every_prefix),
        T("a plan is freed whole, and twice without harm",
          a_plan_is_freed_whole_and_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
