/* health.h - whether the generator's own numbers can be believed.
 *
 * INVALID means that the generator, not the target, shaped the numbers; such
 * a run has not passed, whatever its criteria say.  DEGRADED is said and
 * changes nothing.
 */
#ifndef ENGINE_HEALTH_H
#define ENGINE_HEALTH_H

#include "engine/run.h"

enum health_verdict { HEALTH_VALID, HEALTH_DEGRADED, HEALTH_INVALID };

enum { HEALTH_REASONS_MAX = 12, HEALTH_REASON_LEN = 200 };

struct health {
    enum health_verdict verdict;
    char reasons[HEALTH_REASONS_MAX][HEALTH_REASON_LEN];
    int nreasons;
    double cpu_share; /* of one core for each worker: 1 is all of it */
    uint64_t rss_bytes;
};

/* Judges a run that has ended. */
void health_judge(struct health *h, const struct run *run);
const char *health_verdict_name(enum health_verdict v);

#endif
