/* hist.h - a log-linear histogram: how often each value was seen.
 *
 * Values are unsigned integers (microseconds, mostly).  The buckets are those
 * of HdrHistogram (Tene): exact up to 2^(m+1) - 1, then 2^m buckets to each
 * power of two, so a bucket is never wider than 1/2^m of its value: m = 10
 * (three digits, 0.1 %) for main series, m = 7 (two digits, 0.8 %) for tagged
 * ones.
 *
 * What always holds: count, sum, min and max are exact; memory depends on the
 * spread of the values and not on their number (a row of 2^m counters for
 * each power of two that was ever hit, made at its first value); a value above
 * `limit` is counted in `overflow`, in count, in sum and in max, and it is
 * neither lost nor clamped: quantiles that fall there answer with max.
 *
 * A histogram of zeroes is not ready: hist_init first.  One thread at a time.
 */
#ifndef STATS_HIST_H
#define STATS_HIST_H

#include <stdint.h>

enum { HIST_ROWS = 64 };

struct hist {
    uint64_t count;    /* values recorded, overflow included */
    uint64_t overflow; /* values above limit */
    uint64_t min;      /* meaningless while count is 0 */
    uint64_t max;
    double sum;
    double sum_sq;
    uint64_t limit;
    /* private */
    int mag; /* m: log2 of the counters in a row */
    uint64_t *rows[HIST_ROWS];
};

enum hist_digits { HIST_2_DIGITS = 7, HIST_3_DIGITS = 10 };

/* One hour in microseconds: the limit of time series. */
#define HIST_LIMIT_TIME ((uint64_t)3600 * 1000000)

/* Fixed point with six decimals, up to 4.6e12: the limit of plain numbers. */
#define HIST_LIMIT_WIDE ((uint64_t)1 << 62)

void hist_init(struct hist *h, enum hist_digits digits, uint64_t limit);
void hist_fini(struct hist *h);

/* Empties it; keeps its memory. */
void hist_clear(struct hist *h);

/* Counts a value, once or n times. */
void hist_record(struct hist *h, uint64_t value);
void hist_record_n(struct hist *h, uint64_t value, uint64_t n);

/* Adds all of `from`.  Exact where both have the same digits and limit, in
 * any order; otherwise each bucket is recorded anew at its highest value. */
void hist_add(struct hist *h, const struct hist *from);

/* The value that a share q of all values does not exceed, 0 <= q <= 1: the
 * highest value of the bucket that holds rank max(1, ceil(q * count)) (as in
 * HdrHistogram's Java original), never above max nor below min.  q = 0 gives
 * min.  0 while the histogram is empty. */
uint64_t hist_quantile(const struct hist *h, double q);

/* Exact, from the sums; 0 while the histogram is empty. */
double hist_mean(const struct hist *h);
double hist_stddev(const struct hist *h); /* of the population */

/* Walks the buckets that hold something, in rising order of value: gives each
 * one's lowest and highest value and count.  Start with *cursor = 0; returns
 * 0 when there is nothing left.  Overflow is not among them. */
int hist_next(const struct hist *h, unsigned *cursor, uint64_t *lowest,
              uint64_t *highest, uint64_t *n);

/* The ends of the bucket that `value` falls into. */
uint64_t hist_lowest_equal(const struct hist *h, uint64_t value);
uint64_t hist_highest_equal(const struct hist *h, uint64_t value);

#endif
