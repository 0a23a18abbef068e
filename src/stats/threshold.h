/* threshold.h - what a threshold says: parsed, and compared with a number.
 *
 * Grammar (k6's, with units):
 *
 *   expr      := method ws* operator ws* number unit?
 *   method    := count | rate | value | avg | min | max | med | p(number)
 *   operator  := > | >= | < | <= | == | === | !=
 *   unit      := us | ms | s | m | h          for metrics that are times
 *              | %                            for rates
 *              | B | kB | MB | GB | KiB | MiB | GiB   for metrics in bytes
 *   selector  := metric [ "{" tag:value ("," tag:value)* "}" ]
 *
 * A bare number is in the unit that the metric is shown in: milliseconds for
 * times.  Pure: knows no metric store and no clock.
 */
#ifndef STATS_THRESHOLD_H
#define STATS_THRESHOLD_H

#include <stddef.h>

#include "stats/metric.h"

enum threshold_method {
    TH_COUNT,
    TH_RATE,
    TH_VALUE,
    TH_AVG,
    TH_MIN,
    TH_MAX,
    TH_MED,
    TH_P,
};

enum threshold_op { OP_GT, OP_GE, OP_LT, OP_LE, OP_EQ, OP_NE };

struct threshold_expr {
    enum threshold_method method;
    double percent; /* of TH_P: 0..100 */
    enum threshold_op op;
    double limit; /* as written, before its unit */
    char unit[8]; /* "" when none was written */
};

/* Parses `text`; on failure returns -1 and says in `err` what was expected
 * and where (a column, 1-based). */
int threshold_parse(const char *text, struct threshold_expr *out, char *err,
                    size_t errlen);

/* Whether the method and the unit suit a metric of this kind and unit; on
 * failure returns -1 and says in `err` which would.  On success *limit is
 * the number in the metric's own shown unit (milliseconds for times, a share
 * of 1 for rates, bytes for bytes). */
int threshold_suits(const struct threshold_expr *e, enum metric_kind kind,
                    enum metric_unit unit, double *limit, char *err,
                    size_t errlen);

/* Whether `actual` meets the threshold. */
int threshold_holds(enum threshold_op op, double actual, double limit);

/* "p(95)", "count": the key under which a result holds this method. */
const char *threshold_method_name(const struct threshold_expr *e, char *out,
                                  size_t size);
const char *threshold_op_name(enum threshold_op op);

enum { SELECTOR_TAGS_MAX = 8, SELECTOR_TEXT_MAX = 256 };

struct selector {
    char text[SELECTOR_TEXT_MAX]; /* what the pointers below point into */
    const char *metric;
    int ntags;
    struct {
        const char *key, *value;
    } tags[SELECTOR_TAGS_MAX];
};

/* Parses "name" or "name{a:b,c:d}"; blanks around parts are dropped, a value
 * may contain colons ("::group").  On failure as threshold_parse. */
int selector_parse(const char *text, struct selector *out, char *err,
                   size_t errlen);

#endif
