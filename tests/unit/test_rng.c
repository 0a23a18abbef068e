/* test_rng.c - seeded streams: the published generator, apart from each
 * other, evenly spread. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "sentence.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

/* Computed from the published definition in whole numbers of any size. */
static void the_generator_is_the_published_one(void **state)
{
    static const struct {
        struct rng start;
        uint64_t out[10];
    } cases[] = {
        { { { 1, 2, 3, 4 } },
          { 11520u, 0u, 1509978240u, 1215971899390074240u, 1216172134540287360u,
            607988272756665600u, 16172922978634559625u, 8476171486693032832u,
            10595114339597558777u, 2904607092377533576u } },
        { { { 0x0123456789abcdef, 0xfedcba9876543210, 0xdeadbeefcafebabe,
              0x8000000000000001 } },
          { 7378697629483822181u, 13454482620718397803u, 13433329907540782706u,
            6691340661506118621u, 2018747768572841229u, 8416634372960141625u,
            9548532495785985704u, 4742385646726021135u, 17445801742196070550u,
            1476539852117319944u } },
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct rng r = cases[i].start;
        for (size_t k = 0; k < COUNT_OF(cases[i].out); k++)
            assert_true(rng_next(&r) == cases[i].out[k]);
    }
}

/* Changing this changes every seeded run ever noted down. */
static void a_seed_gives_the_stream_it_always_gave(void **state)
{
    static const uint64_t expected[4] = {
        0x7bdfa5b4a5f0f15,
        0x41a859aac146c3c0,
        0x3ef5fd3953ac4e42,
        0xc83dadf04b454f6c,
    };
    struct rng r, again;
    (void)state;
    rng_init(&r, 42, RNG_VU, 7);
    rng_init(&again, 42, RNG_VU, 7);
    assert_memory_equal(r.s, expected, sizeof expected);
    assert_memory_equal(&r, &again, sizeof r);
}

static void neighbouring_streams_share_nothing(void **state)
{
    enum { STREAMS = 3 * 5 * 40, VALUES = 20 };
    static uint64_t seen[STREAMS][VALUES];
    size_t n = 0;
    (void)state;
    for (uint64_t seed = 0; seed < 3; seed++)
        for (int purpose = RNG_LOAD; purpose <= RNG_FEED; purpose++)
            for (uint64_t index = 0; index < 40; index++, n++) {
                struct rng r;
                rng_init(&r, seed, (enum rng_purpose)purpose, index);
                for (size_t k = 0; k < VALUES; k++)
                    seen[n][k] = rng_next(&r);
            }
    assert_int_equal(n, STREAMS);
    for (size_t a = 0; a < STREAMS; a++)
        for (size_t b = 0; b < a; b++)
            for (size_t k = 0; k < VALUES; k++)
                assert_true(seen[a][0] != seen[b][k]);
}

/* About half the bits differ, whichever two neighbours are compared. */
static void neighbouring_streams_differ_in_half_their_bits(void **state)
{
    uint64_t bits = 0;
    (void)state;
    for (uint64_t index = 0; index < 4000; index++) {
        struct rng a, b;
        rng_init(&a, 1, RNG_VU, index);
        rng_init(&b, 1, RNG_VU, index + 1);
        bits += (uint64_t)__builtin_popcountll(rng_next(&a) ^ rng_next(&b));
    }
    assert_true(fabs((double)bits / 4000 - 32) < 0.5);
}

static void units_lie_between_zero_and_one_evenly(void **state)
{
    enum { N = 1000000 };
    struct rng r;
    double sum = 0, squares = 0;
    (void)state;
    rng_init(&r, 1, RNG_LOAD, 0);
    for (int i = 0; i < N; i++) {
        double u = rng_unit(&r);
        assert_true(u >= 0 && u < 1);
        sum += u;
        squares += u * u;
    }
    assert_true(fabs(sum / N - 0.5) < 0.002);
    assert_true(fabs(squares / N - 1.0 / 3) < 0.002);
    r = (struct rng){ { 1, 0, 0, 0 } }; /* the next is 0 */
    assert_true(rng_unit(&r) == 0);
}

static void below_reaches_both_ends_and_no_further(void **state)
{
    static const uint64_t limits[] = {
        0, 1, 2, 3, 4, 6, 7, 8, 9, 15, 16, 17, 100, 255, 256, 1000,
    };
    (void)state;
    struct rng r;
    rng_init(&r, 2, RNG_LOAD, 0);
    for (size_t i = 0; i < COUNT_OF(limits); i++) {
        int low = 0, high = 0;
        for (int k = 0; k < 30000; k++) {
            uint64_t n = rng_below(&r, limits[i]);
            assert_true(n <= limits[i]);
            low += n == 0;
            high += n == limits[i];
        }
        assert_true(low > 0 && high > 0);
    }
    static const uint64_t large[] = { ((uint64_t)1 << 63) - 1,
                                      (uint64_t)1 << 63, UINT64_MAX - 1,
                                      UINT64_MAX };
    for (size_t i = 0; i < COUNT_OF(large); i++) {
        int upper = 0;
        for (int k = 0; k < 10000; k++) {
            uint64_t n = rng_below(&r, large[i]);
            assert_true(n <= large[i]);
            upper += n > large[i] / 2;
        }
        assert_true(upper > 4700 && upper < 5300);
    }
}

/* A remainder instead of rejection would not show with small limits, so one
 * of them is 3 * 2^62: there it would make the lower third twice as likely. */
static void below_is_unbiased(void **state)
{
    static const uint64_t limits[] = { 1, 2, 4, 5, 6, 9, 10, 12, 36, 99 };
    enum { N = 200000 };
    (void)state;
    struct rng r;
    rng_init(&r, 3, RNG_LOAD, 0);
    for (size_t i = 0; i < COUNT_OF(limits); i++) {
        unsigned seen[100] = { 0 };
        for (int k = 0; k < N; k++)
            seen[rng_below(&r, limits[i])]++;
        double expected = (double)N / (double)(limits[i] + 1), chi2 = 0;
        for (size_t k = 0; k <= limits[i]; k++)
            chi2 += (seen[k] - expected) * (seen[k] - expected) / expected;
        /* Five deviations above the mean of the chi-square law. */
        double df = (double)limits[i];
        assert_true(chi2 < df + 5 * sqrt(2 * df));
    }
    unsigned thirds[3] = { 0 };
    for (int k = 0; k < N; k++)
        thirds[rng_below(&r, ((uint64_t)3 << 62) - 1) >> 62]++;
    for (int k = 0; k < 3; k++)
        assert_true(fabs(thirds[k] / (double)N - 1.0 / 3) < 0.006);
}

static void waits_are_exponential_with_mean_one(void **state)
{
    enum { N = 1000000 };
    struct rng r;
    double sum = 0, squares = 0;
    int beyond_one = 0, beyond_three = 0;
    (void)state;
    rng_init(&r, 4, RNG_ARRIVALS, 0);
    for (int i = 0; i < N; i++) {
        double e = rng_exp(&r);
        assert_true(e > 0 && e < 37);
        sum += e;
        squares += e * e;
        beyond_one += e > 1;
        beyond_three += e > 3;
    }
    assert_true(fabs(sum / N - 1) < 0.005);
    assert_true(fabs(squares / N - 2) < 0.03);
    assert_true(fabs(beyond_one / (double)N - exp(-1)) < 0.003);
    assert_true(fabs(beyond_three / (double)N - exp(-3)) < 0.002);
}

/* The inverse of rotating left by 7 and multiplying by 5 and 9: the state
 * whose next value is the one wanted. */
static struct rng about_to_give(uint64_t value)
{
    uint64_t x = value * 0x8e38e38e38e38e39; /* 1 / 9 modulo 2^64 */
    x = (x >> 7) | (x << 57);
    return (struct rng){ { 1, x * 0xcccccccccccccccd, 1, 1 } }; /* 1 / 5 */
}

static void no_wait_is_zero_or_endless(void **state)
{
    static const uint64_t extremes[] = { 0,    1,          4095,
                                         4096, UINT64_MAX, UINT64_MAX - 4096 };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(extremes); i++) {
        struct rng r = about_to_give(extremes[i]), same = r;
        assert_true(rng_next(&same) == extremes[i]);
        double e = rng_exp(&r);
        assert_true(e > 0 && e < 37);
    }
}

static void a_fresh_seed_survives_a_json_number(void **state)
{
    uint64_t first = rng_fresh_seed(), differing = 0;
    (void)state;
    for (int i = 0; i < 100; i++) {
        uint64_t seed = rng_fresh_seed();
        assert_true(seed < (uint64_t)1 << 53);
        differing += seed != first;
    }
    assert_true(differing >= 99);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T("the generator is the published one",
          the_generator_is_the_published_one),
        T("a seed gives the stream it always gave",
          a_seed_gives_the_stream_it_always_gave),
        T("neighbouring streams share nothing",
          neighbouring_streams_share_nothing),
        T("neighbouring streams differ in half their bits",
          neighbouring_streams_differ_in_half_their_bits),
        T("units lie evenly between 0 and 1",
          units_lie_between_zero_and_one_evenly),
        T("below reaches both ends and no further",
          below_reaches_both_ends_and_no_further),
        T("below is unbiased", below_is_unbiased),
        T("waits are exponential with mean 1",
          waits_are_exponential_with_mean_one),
        T("no wait is zero or endless", no_wait_is_zero_or_endless),
        T("a fresh seed survives a JSON number",
          a_fresh_seed_survives_a_json_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
