/* plan.c - see plan.h */
#include "engine/plan.h"

#include <stdlib.h>

#include "base/mem.h"

const char *executor_name(enum executor e)
{
    static const char *const names[EXECUTOR_COUNT] = {
        [SHARED_ITERATIONS] = "shared-iterations",
        [PER_VU_ITERATIONS] = "per-vu-iterations",
        [CONSTANT_VUS] = "constant-vus",
        [RAMPING_VUS] = "ramping-vus",
        [CONSTANT_ARRIVAL_RATE] = "constant-arrival-rate",
        [RAMPING_ARRIVAL_RATE] = "ramping-arrival-rate",
    };
    return names[e];
}

int executor_is_open(enum executor e)
{
    return e == CONSTANT_ARRIVAL_RATE || e == RAMPING_ARRIVAL_RATE;
}

unsigned plan_share(unsigned vus, int workers, int i)
{
    unsigned n = (unsigned)workers, me = (unsigned)i;
    return vus / n + (me < vus % n);
}

int64_t scenario_longest_us(const struct scenario *s)
{
    return s->duration_us + s->graceful_stop_us;
}

uint64_t scenario_planned(const struct scenario *s)
{
    if (s->executor == SHARED_ITERATIONS)
        return s->iterations;
    if (s->executor == PER_VU_ITERATIONS)
        return s->iterations * s->vus;
    return 0;
}

void plan_fini(struct plan *p)
{
    for (int i = 0; i < p->nscenarios; i++) {
        struct scenario *s = &p->scenarios[i];
        for (size_t m = 0; m < s->nmix_names; m++)
            free(s->mix_names[m]);
        for (size_t t = 0; t < s->ntags; t++) {
            free((char *)s->tags[t].key);
            free((char *)s->tags[t].value);
        }
        free(s->name);
        free(s->stages);
        free(s->mix);
        free(s->mix_names);
        free(s->tags);
    }
    free(p->scenarios);
    *p = (struct plan){ 0 };
}

/* Entry i is due its next turn by place (count + 1) * total / weight.  Of
 * the entries that have had less than their share, the earliest due goes
 * first; always taking the one furthest behind would let another fall a
 * whole turn behind. */
void mix_round(const unsigned *weights, size_t n, unsigned *round)
{
    int64_t total = 0;
    int64_t *count = xcalloc(n, sizeof *count);
    for (size_t i = 0; i < n; i++)
        total += weights[i];
    for (int64_t at = 0; at < total; at++) {
        size_t best = n;
        for (size_t i = 0; i < n; i++) {
            if ((at + 1) * weights[i] <= count[i] * total)
                continue;
            if (best == n ||
                (count[i] + 1) * weights[best] < (count[best] + 1) * weights[i])
                best = i;
        }
        count[best]++;
        round[at] = (unsigned)best;
    }
    free(count);
}
