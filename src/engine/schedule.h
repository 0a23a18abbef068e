/* schedule.h - when things are due: arithmetic, no clock.
 *
 * N(t) is how many starts are due by t, the integral of the rate; start k
 * (from 0) is due when N(t) = k.  Each due time is computed from k alone and
 * never from the start before, so a late start delays nobody and there is no
 * drift.  With Poisson arrivals k is replaced by the sum of k + 1 unit
 * exponentials, which needs a generator; schedule_cursor hides that.
 *
 * Times are microseconds since the start of the scenario.
 */
#ifndef ENGINE_SCHEDULE_H
#define ENGINE_SCHEDULE_H

#include "base/rng.h"
#include "engine/plan.h"

#define NEVER INT64_MAX

/* N(t), a real number; t beyond the last stage counts as its end. */
double schedule_due_by(const struct scenario *s, int64_t t);

/* When N(t) reaches n; NEVER when it does not. */
int64_t schedule_time_of(const struct scenario *s, double n);

/* How many starts there are with even arrivals: ceil(N(end)). */
uint64_t schedule_total(const struct scenario *s);

/* A walk over the starts of one worker: first, first + stride, ... */
struct schedule_cursor {
    const struct scenario *scenario;
    uint64_t k;  /* number of the start at hand, 0-based */
    int64_t due; /* NEVER at the end */
    /* private */
    uint64_t stride;
    struct rng rng;
    double sum; /* of the exponentials up to k */
};

/* Stands at start `first`; `index` is the scenario's, which with the seed
 * chooses the Poisson arrivals.  schedule_advance() goes `stride` on. */
void schedule_begin(struct schedule_cursor *c, const struct scenario *s,
                    uint64_t seed, uint64_t index, uint64_t first,
                    uint64_t stride);
void schedule_advance(struct schedule_cursor *c);

/* The number of VUs that ramping-vus wants at t: on the way up the ramp's
 * value rounded down, on the way down rounded up, so that each stage ends
 * with its target and the steps between are even. */
unsigned ramp_vus_at(const struct scenario *s, int64_t t);

/* The next time after t at which that number changes or a stage ends; NEVER
 * after the last. */
int64_t ramp_next_change(const struct scenario *s, int64_t t);

#endif
