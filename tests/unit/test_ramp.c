/* test_ramp.c - how many VUs a ramp wants, and when that changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/rng.h"
#include "engine/schedule.h"
#include "sentence.h"
#include "shape.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

static void a_ramp_of_vus_changes_when_it_should(void **state)
{
    static const struct {
        unsigned start;
        struct stage stages[4];
        size_t n;
        unsigned first;
        size_t changes;
        struct {
            int64_t us;
            unsigned vus;
        } at[6];
    } cases[] = {
        /* up: the value rounded down */
        { 0,
          { { 3000000, 3 } },
          1,
          0,
          3,
          { { 1000000, 1 }, { 2000000, 2 }, { 3000000, 3 } } },
        { 0,
          { { 1000000, 3 } },
          1,
          0,
          3,
          { { 333334, 1 }, { 666667, 2 }, { 1000000, 3 } } },
        { 7, { { 2000000, 8 } }, 1, 7, 1, { { 2000000, 8 } } },
        /* down: rounded up */
        { 3,
          { { 3000000, 0 } },
          1,
          3,
          3,
          { { 1000000, 2 }, { 2000000, 1 }, { 3000000, 0 } } },
        { 10,
          { { 1000000, 7 } },
          1,
          10,
          3,
          { { 333334, 9 }, { 666667, 8 }, { 1000000, 7 } } },
        /* along */
        { 5, { { 9000000, 5 } }, 1, 5, 0, { { 0, 0 } } },
        { 0, { { 9000000, 0 } }, 1, 0, 0, { { 0, 0 } } },
        /* all three */
        { 0,
          { { 2000000, 2 }, { 3000000, 2 }, { 2000000, 0 } },
          3,
          0,
          4,
          { { 1000000, 1 }, { 2000000, 2 }, { 6000000, 1 }, { 7000000, 0 } } },
        { 1,
          { { 1000000, 3 }, { 1000000, 1 } },
          2,
          1,
          4,
          { { 500000, 2 }, { 1000000, 3 }, { 1500000, 2 }, { 2000000, 1 } } },
        /* stages of no length: at the begin, between, at the end */
        { 1,
          { { 0, 5 }, { 2000000, 5 }, { 0, 2 }, { 1000000, 2 } },
          4,
          5,
          1,
          { { 2000000, 2 } } },
        { 9,
          { { 0, 4 }, { 0, 0 }, { 2000000, 2 } },
          3,
          0,
          2,
          { { 1000000, 1 }, { 2000000, 2 } } },
        { 0,
          { { 2000000, 2 }, { 0, 9 } },
          2,
          0,
          2,
          { { 1000000, 1 }, { 2000000, 9 } } },
        { 4,
          { { 2000000, 2 }, { 0, 0 } },
          2,
          4,
          2,
          { { 1000000, 3 }, { 2000000, 0 } } },
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct shape h;
        shape_init(&h, RAMPING_VUS, cases[i].start);
        for (size_t k = 0; k < cases[i].n; k++)
            shape_add(&h, cases[i].stages[k].duration_us,
                      cases[i].stages[k].target);
        unsigned vus = ramp_vus_at(&h.s, 0);
        size_t changes = 0;
        assert_int_equal(vus, cases[i].first);
        for (int64_t t = 0; (t = ramp_next_change(&h.s, t)) != NEVER;) {
            assert_int_equal(ramp_vus_at(&h.s, t - 1), vus);
            if (ramp_vus_at(&h.s, t) == vus)
                continue;
            vus = ramp_vus_at(&h.s, t);
            assert_true(changes < cases[i].changes);
            assert_int_equal(t, cases[i].at[changes].us);
            assert_int_equal(vus, cases[i].at[changes].vus);
            changes++;
        }
        assert_int_equal(changes, cases[i].changes);
    }
}

/* Whether a stage of no length lies at t: there the number may jump. */
static int may_jump_at(const struct shape *h, int64_t t)
{
    int64_t begin = 0;
    for (size_t i = 0; i < h->s.nstages; i++) {
        if (begin == t && h->stages[i].duration_us == 0)
            return 1;
        begin += h->stages[i].duration_us;
    }
    return 0;
}

static void assert_targets_are_met(const struct shape *h)
{
    int64_t end = 0;
    for (size_t i = 0; i < h->s.nstages; i++) {
        end += h->stages[i].duration_us;
        if (i + 1 == h->s.nstages || h->stages[i + 1].duration_us > 0)
            assert_int_equal(ramp_vus_at(&h->s, end), h->stages[i].target);
    }
    assert_int_equal(ramp_vus_at(&h->s, end + 1),
                     h->stages[h->s.nstages - 1].target);
}

static void a_walk_along_a_ramp_skips_nothing_and_ends(void **state)
{
    static const int64_t lengths[] = { 0,       250000,   1000000,   3333333,
                                       7777777, 60000000, 3600000000 };
    struct rng r;
    (void)state;
    rng_init(&r, 4, RNG_LOAD, 0);
    for (int i = 0; i < 500; i++) {
        struct shape h;
        double level = (double)rng_below(&r, 50), steps = STAGES;
        shape_init(&h, RAMPING_VUS, level);
        size_t n = 1 + rng_below(&r, STAGES - 1);
        for (size_t k = 0; k < n; k++) {
            double target = (double)rng_below(&r, i % 3 ? 20 : 1000);
            shape_add(&h, lengths[rng_below(&r, COUNT_OF(lengths) - 1)],
                      target);
            steps += fabs(target - level);
            level = target;
        }
        int64_t t = 0, next;
        unsigned vus = ramp_vus_at(&h.s, 0);
        while ((next = ramp_next_change(&h.s, t)) != NEVER) {
            assert_true(next > t && next <= h.s.duration_us);
            assert_true(steps-- > 0);
            /* Nothing happens on the way there. */
            assert_int_equal(ramp_vus_at(&h.s, t + (next - t) / 2), vus);
            unsigned then = ramp_vus_at(&h.s, next);
            if (!may_jump_at(&h, next))
                assert_true(then <= vus + 1 && vus <= then + 1);
            vus = then;
            t = next;
        }
        assert_true(t == h.s.duration_us);
        assert_targets_are_met(&h);
    }
}

static void a_walk_may_begin_anywhere(void **state)
{
    struct shape h;
    struct rng r;
    (void)state;
    rng_init(&r, 5, RNG_LOAD, 0);
    shape_init(&h, RAMPING_VUS, 3);
    shape_add(&h, 5 * US_PER_S, 100);
    shape_add(&h, 5 * US_PER_S, 100);
    shape_add(&h, 3 * US_PER_S, 17);
    for (int i = 0; i < 20000; i++) {
        int64_t t = (int64_t)rng_below(&r, (uint64_t)h.s.duration_us - 1);
        int64_t next = ramp_next_change(&h.s, t);
        assert_true(next > t && next <= h.s.duration_us);
        assert_int_equal(ramp_vus_at(&h.s, next - 1), ramp_vus_at(&h.s, t));
        if (next % (5 * US_PER_S) != 0)
            assert_int_equal(
                abs((int)ramp_vus_at(&h.s, next) - (int)ramp_vus_at(&h.s, t)),
                1);
    }
    assert_true(ramp_next_change(&h.s, h.s.duration_us) == NEVER);
    assert_true(ramp_next_change(&h.s, h.s.duration_us + 1) == NEVER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T("a ramp of VUs changes when it should",
          a_ramp_of_vus_changes_when_it_should),
        T("a walk along a ramp skips nothing and ends",
          a_walk_along_a_ramp_skips_nothing_and_ends),
        T("a walk may begin anywhere", a_walk_may_begin_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
