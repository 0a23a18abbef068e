/* rng.h - seeded random streams: one seed gives one run.
 *
 * The generator is xoshiro256** (Blackman and Vigna, "Scrambled Linear
 * Pseudorandom Number Generators", 2018), seeded by splitmix64.  A stream is
 * chosen by the seed of the run, what it is for, and an index (a VU's id,
 * for instance), so it does not depend on how many workers there are or on
 * who asked first.
 *
 * A stream belongs to whoever embeds it; there is no global one.
 */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <stdint.h>

struct rng {
    uint64_t s[4];
};

enum rng_purpose {
    RNG_LOAD = 1, /* the suite's main chunk: the same in every worker */
    RNG_SETUP,
    RNG_VU,
    RNG_ARRIVALS,
    RNG_FEED,
};

/* The stream of a seed, a purpose and an index, at its beginning. */
void rng_init(struct rng *r, uint64_t seed, enum rng_purpose purpose,
              uint64_t index);

/* 64 random bits. */
uint64_t rng_next(struct rng *r);

/* Uniform in [0, 1), 53 bits. */
double rng_unit(struct rng *r);

/* Uniform in 0 .. limit, both included, without bias. */
uint64_t rng_below(struct rng *r, uint64_t limit);

/* Exponential with mean 1; never 0 and never infinite. */
double rng_exp(struct rng *r);

/* A seed nobody chose, for runs without --seed; below 2^53, so that it
 * survives being written as a JSON number. */
uint64_t rng_fresh_seed(void);

#endif
