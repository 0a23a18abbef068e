/* shape.h - a scenario with stages, built up in a test.
 *
 *     struct shape h;
 *     shape_init(&h, RAMPING_VUS, 0);
 *     shape_add(&h, 10 * US_PER_S, 100);
 *     ramp_vus_at(&h.s, t);
 */
#ifndef TESTS_SHAPE_H
#define TESTS_SHAPE_H

#include "engine/plan.h"

enum { STAGES = 8 };

/* A scenario in one place with its stages. */
struct shape {
    struct scenario s;
    struct stage stages[STAGES];
};

static inline void shape_add(struct shape *h, int64_t duration_us,
                             double target)
{
    assert_true(h->s.nstages < STAGES);
    h->stages[h->s.nstages++] = (struct stage){ duration_us, target };
    h->s.stages = h->stages;
    h->s.duration_us += duration_us;
}

static inline void shape_init(struct shape *h, enum executor executor,
                              double start)
{
    *h = (struct shape){ 0 };
    h->s.executor = executor;
    h->s.start_level = start;
}

#endif
