/* rng.c - see rng.h */
#include "base/rng.h"

#include <math.h>
#include <sys/random.h>

#include "base/clock.h"

static uint64_t splitmix(uint64_t *x)
{
    uint64_t z = (*x += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

void rng_init(struct rng *r, uint64_t seed, enum rng_purpose purpose,
              uint64_t index)
{
    /* Each part passes through the mixer before the next is added, so that
     * neighbouring seeds and neighbouring indices share nothing. */
    uint64_t x = seed;
    x = splitmix(&x) + (uint64_t)purpose;
    x = splitmix(&x) + index;
    for (int i = 0; i < 4; i++)
        r->s[i] = splitmix(&x);
}

static uint64_t rotl(uint64_t x, int k)
{
    return (x << k) | (x >> (64 - k));
}

uint64_t rng_next(struct rng *r)
{
    uint64_t *s = r->s;
    uint64_t result = rotl(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotl(s[3], 45);
    return result;
}

double rng_unit(struct rng *r)
{
    return (double)(rng_next(r) >> 11) * 0x1p-53;
}

uint64_t rng_below(struct rng *r, uint64_t limit)
{
    uint64_t mask = limit;
    for (int shift = 1; shift < 64; shift *= 2)
        mask |= mask >> shift;
    uint64_t n;
    do
        n = rng_next(r) & mask;
    while (n > limit);
    return n;
}

double rng_exp(struct rng *r)
{
    /* The half keeps both 0 and 1 out, whose logarithms we cannot use. */
    double u = ((double)(rng_next(r) >> 12) + 0.5) * 0x1p-52;
    return -log1p(-u);
}

uint64_t rng_fresh_seed(void)
{
    uint64_t seed;
    if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed)
        seed = (uint64_t)wall_us();
    return seed >> 11;
}
