/* schedule.c - see schedule.h
 *
 * Within a stage the rate goes linearly from r0 to r1 in D seconds, with
 * slope a = (r1 - r0) / D:
 *
 *   N(t)   = r0 t + a t^2 / 2
 *   t(n)   = 2 n / (r0 + sqrt(r0^2 + 2 a n))
 *
 * the second being the root that stays exact for a -> 0 and a < 0.
 */
#include "engine/schedule.h"

#include <math.h>

#include "base/clock.h"

static double seconds(int64_t us)
{
    return (double)us / US_PER_S;
}

/* Starts within one stage up to t seconds into it. */
static double stage_count(double r0, double r1, double d, double t)
{
    return d > 0 ? r0 * t + (r1 - r0) / d * t * t / 2 : 0;
}

static double first_level(const struct scenario *s)
{
    return s->executor == CONSTANT_ARRIVAL_RATE ? s->stages[0].target
                                                : s->start_level;
}

double schedule_due_by(const struct scenario *s, int64_t t)
{
    double n = 0, r0 = first_level(s);
    for (size_t i = 0; i < s->nstages && t > 0; i++) {
        const struct stage *st = &s->stages[i];
        int64_t part = t < st->duration_us ? t : st->duration_us;
        n += stage_count(r0, st->target, seconds(st->duration_us),
                         seconds(part));
        t -= st->duration_us;
        r0 = st->target;
    }
    return n;
}

int64_t schedule_time_of(const struct scenario *s, double n)
{
    int64_t begin = 0;
    double r0 = first_level(s);
    for (size_t i = 0; i < s->nstages; i++) {
        const struct stage *st = &s->stages[i];
        double d = seconds(st->duration_us);
        double in_stage = stage_count(r0, st->target, d, d);
        if (n < in_stage) {
            double a = (st->target - r0) / d;
            double root = r0 + sqrt(fmax(0, r0 * r0 + 2 * a * n));
            double t = n > 0 ? 2 * n / root : 0;
            return begin + (int64_t)llround(t * US_PER_S);
        }
        n -= in_stage;
        begin += st->duration_us;
        r0 = st->target;
    }
    return NEVER;
}

uint64_t schedule_total(const struct scenario *s)
{
    double n = schedule_due_by(s, s->duration_us);
    /* 500.0000000001 is 500 starts that rounding made longer. */
    return (uint64_t)ceil(n - 1e-6);
}

static void cursor_set_due(struct schedule_cursor *c)
{
    const struct scenario *s = c->scenario;
    if (s->poisson)
        c->due = schedule_time_of(s, c->sum);
    else if (c->k < schedule_total(s))
        c->due = schedule_time_of(s, (double)c->k);
    else
        c->due = NEVER;
    if (c->due != NEVER && c->due > s->duration_us)
        c->due = s->duration_us;
}

void schedule_begin(struct schedule_cursor *c, const struct scenario *s,
                    uint64_t seed, uint64_t index, uint64_t first,
                    uint64_t stride)
{
    *c =
        (struct schedule_cursor){ .scenario = s, .k = first, .stride = stride };
    rng_init(&c->rng, seed, RNG_ARRIVALS, index);
    /* Every worker draws the same numbers and takes its own, so the arrivals
     * of a seed do not depend on the number of workers. */
    for (uint64_t i = 0; s->poisson && i <= first; i++)
        c->sum += rng_exp(&c->rng);
    cursor_set_due(c);
}

void schedule_advance(struct schedule_cursor *c)
{
    c->k += c->stride;
    for (uint64_t i = 0; c->scenario->poisson && i < c->stride; i++)
        c->sum += rng_exp(&c->rng);
    cursor_set_due(c);
}

/* The stage that t lies in, with the level and time at which it begins; a
 * stage of no length is passed over but leaves its level. */
static const struct stage *stage_at(const struct scenario *s, int64_t t,
                                    double *level, int64_t *begin)
{
    *level = s->start_level;
    *begin = 0;
    for (size_t i = 0; i < s->nstages; i++) {
        const struct stage *st = &s->stages[i];
        if (t < *begin + st->duration_us)
            return st;
        *begin += st->duration_us;
        *level = st->target;
    }
    return NULL;
}

unsigned ramp_vus_at(const struct scenario *s, int64_t t)
{
    double level;
    int64_t begin;
    const struct stage *st = stage_at(s, t, &level, &begin);
    if (st == NULL)
        return (unsigned)llround(level);
    double delta = st->target - level;
    level += delta * ((double)(t - begin) / (double)st->duration_us);
    return (unsigned)(delta < 0 ? ceil(level - 1e-9) : floor(level + 1e-9));
}

int64_t ramp_next_change(const struct scenario *s, int64_t t)
{
    double level;
    int64_t begin;
    const struct stage *st = stage_at(s, t, &level, &begin);
    if (st == NULL)
        return NEVER;
    int64_t end = begin + st->duration_us;
    double delta = st->target - level;
    if (delta == 0)
        return end;
    /* Going up, VU n starts when the level reaches n; going down, it stops
     * when the level reaches n - 1. */
    unsigned now = ramp_vus_at(s, t);
    double next = delta > 0 ? now + 1.0 : now - 1.0;
    double at = (next - level) / delta * (double)st->duration_us;
    int64_t change = begin + (int64_t)ceil(at);
    return change <= t ? t + 1 : change < end ? change : end;
}
