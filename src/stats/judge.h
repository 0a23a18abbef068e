/* judge.h - thresholds against what was counted.
 *
 * A threshold without data is NO DATA and counts as a failure, unless it is
 * optional: then it is SKIPPED.  Belongs to the main thread.
 */
#ifndef STATS_JUDGE_H
#define STATS_JUDGE_H

#include "stats/store.h"

enum judgement { JUDGE_PASS, JUDGE_FAIL, JUDGE_NO_DATA, JUDGE_SKIPPED };

struct criterion {
    struct threshold_expr expr;
    char selector_text[SELECTOR_TEXT_MAX];
    char expr_text[128];
    int optional, abort_on_fail;
    int64_t delay_us;
    int window_s; /* 0: the whole run; at most STORE_WINDOW_MAX */
    struct row *row;
    struct row *witness; /* without samples, this one's make it 0; or NULL */
    struct row *cut;     /* requests cut off, for limits on times; or NULL */
    /* the last judgement */
    enum judgement status;
    double actual, limit; /* in the metric's shown unit */
    int has_actual;
    uint64_t samples;
    const char *unit; /* "ms", "" */
    enum metric_unit unit_kind;
    enum metric_kind kind;
    char detail[256]; /* why, when it is not PASS */
};

struct judge {
    struct criterion *criteria;
    size_t n, cap;
};

/* Adds a threshold; -1 with what is wrong. */
int judge_add(struct judge *j, struct store *s, const char *selector,
              const char *expr, int64_t window_us, char *err, size_t errlen);

/* Judges all.  seconds_of gives the time that the rates of a row refer to;
 * -1 for the whole run, else of the scenario of this name. */
void judge_all(struct judge *j, const struct store *s,
               double (*seconds_of)(void *arg, const char *scenario),
               void *arg);

const char *judgement_name(enum judgement j);
void judge_fini(struct judge *j);

#endif
