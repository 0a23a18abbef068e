/* plan.h - what is to be run: the scenarios as plain numbers.
 *
 * The plan is made once, before the workers start, and never changes after;
 * all workers read it without a lock.  The one exception is the ticket
 * counter of shared iterations, which is atomic.  Times are microseconds,
 * relative to the start of the scenario; rates are starts per second over
 * all workers together.
 */
#ifndef ENGINE_PLAN_H
#define ENGINE_PLAN_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "stats/tags.h"

enum executor {
    SHARED_ITERATIONS,
    PER_VU_ITERATIONS,
    CONSTANT_VUS,
    RAMPING_VUS,
    CONSTANT_ARRIVAL_RATE,
    RAMPING_ARRIVAL_RATE,
    EXECUTOR_COUNT,
};

struct stage {
    int64_t duration_us;
    double target; /* VUs, or starts per second */
};

struct scenario {
    char *name;
    enum executor executor;
    int64_t start_time_us;
    int64_t graceful_stop_us;

    unsigned vus;         /* of the closed executors; the pool's first size */
    unsigned max_vus;     /* how many there may ever be */
    uint64_t iterations;  /* shared: in all; per-vu: of each */
    int64_t duration_us;  /* until no more iterations start */
    double start_level;   /* of ramps: where the first stage begins */
    struct stage *stages; /* of constant rates: one */
    size_t nstages;
    int64_t graceful_ramp_down_us;
    int poisson;
    int64_t max_late_us;

    unsigned *mix; /* indices into the mix entries, one exact round of it */
    size_t nmix;   /* 0: no mix */
    char **mix_names;
    size_t nmix_names;

    struct tag *tags; /* suite's and scenario's, "scenario" among them */
    size_t ntags;

    uint64_t first_vu_id;    /* ids are unique over all scenarios, 1-based */
    _Atomic uint64_t ticket; /* shared iterations handed out so far */
};

struct plan {
    struct scenario *scenarios;
    int nscenarios;
    int sequence;
    int64_t warmup_us;
    int64_t cooldown_us;
    uint64_t seed;
    int nworkers;
};

const char *executor_name(enum executor e);
int executor_is_open(enum executor e); /* arrivals: starts have due times */

/* How many VUs worker `i` has of `vus`, which are numbered 0, 1, ...: it has
 * number k when k % workers == i. */
unsigned plan_share(unsigned vus, int workers, int i);

/* The longest that a scenario may take, graceful stop included. */
int64_t scenario_longest_us(const struct scenario *s);

/* How many iterations are asked for; 0 when a duration decides. */
uint64_t scenario_planned(const struct scenario *s);

void plan_fini(struct plan *p);

/* One round of a mix with these weights, each entry spread evenly: in every
 * prefix, each entry's count differs from its share by less than one.
 * `round` has room for the sum of the weights. */
void mix_round(const unsigned *weights, size_t n, unsigned *round);

#endif
