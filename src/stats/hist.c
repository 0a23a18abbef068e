/* hist.c - see hist.h
 *
 * The counters are numbered as HdrHistogram does for a lowest value of 1;
 * number i is column i % 2^m of row i / 2^m.  Rows 0 and 1 hold the values
 * below 2^(m+1), which share a counter with no other; row r + 1 holds those
 * of m + r + 1 bits, 2^r to a counter.  So the last row of a 62-bit limit is
 * 63 - m, well below HIST_ROWS.
 */
#include "stats/hist.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* log2 of how many values share a counter with this one. */
static inline unsigned shift_of(const struct hist *h, uint64_t value)
{
    uint64_t exact = ((uint64_t)2 << h->mag) - 1;
    return 63 - (unsigned)h->mag - (unsigned)__builtin_clzll(value | exact);
}

static inline unsigned index_of(const struct hist *h, uint64_t value)
{
    unsigned shift = shift_of(h, value);
    return (shift << h->mag) + (unsigned)(value >> shift);
}

static inline unsigned columns(const struct hist *h)
{
    return 1u << h->mag;
}

static uint64_t lowest_of(const struct hist *h, unsigned index)
{
    unsigned row = index >> h->mag;
    unsigned shift = row > 0 ? row - 1 : 0;
    return (uint64_t)(index - (shift << h->mag)) << shift;
}

void hist_init(struct hist *h, enum hist_digits digits, uint64_t limit)
{
    /* The largest minimum lets recording take the smaller one unasked. */
    *h = (struct hist){ .limit = limit, .mag = digits, .min = UINT64_MAX };
}

void hist_fini(struct hist *h)
{
    for (int row = 0; row < HIST_ROWS; row++)
        free(h->rows[row]);
    memset(h, 0, sizeof *h);
}

void hist_clear(struct hist *h)
{
    for (int row = 0; row < HIST_ROWS; row++)
        if (h->rows[row] != NULL)
            memset(h->rows[row], 0, columns(h) * sizeof *h->rows[row]);
    h->count = 0;
    h->overflow = 0;
    h->min = UINT64_MAX;
    h->max = 0;
    h->sum = 0;
    h->sum_sq = 0;
}

__attribute__((noinline, cold)) static uint64_t *make_row(struct hist *h,
                                                          unsigned row)
{
    h->rows[row] = xcalloc(columns(h), sizeof *h->rows[row]);
    return h->rows[row];
}

static inline void count_value(struct hist *h, uint64_t value, uint64_t n)
{
    if (value > h->limit) {
        h->overflow += n;
        return;
    }
    unsigned index = index_of(h, value);
    uint64_t *row = h->rows[index >> h->mag];
    if (row == NULL)
        row = make_row(h, index >> h->mag);
    row[index & (columns(h) - 1)] += n;
}

static inline void sum_up(struct hist *h, uint64_t count, uint64_t min,
                          uint64_t max, double sum, double sum_sq)
{
    h->count += count;
    h->min = min < h->min ? min : h->min;
    h->max = max > h->max ? max : h->max;
    h->sum += sum;
    h->sum_sq += sum_sq;
}

void hist_record(struct hist *h, uint64_t value)
{
    double v = (double)value;
    count_value(h, value, 1);
    sum_up(h, 1, value, value, v, v * v);
}

void hist_record_n(struct hist *h, uint64_t value, uint64_t n)
{
    if (n == 0)
        return;
    double v = (double)value, times = (double)n;
    count_value(h, value, n);
    sum_up(h, n, value, value, v * times, v * v * times);
}

static void add_rows(struct hist *h, const struct hist *from)
{
    for (unsigned row = 0; row < HIST_ROWS; row++) {
        const uint64_t *src = from->rows[row];
        if (src == NULL)
            continue;
        uint64_t *dst = h->rows[row] ? h->rows[row] : make_row(h, row);
        for (unsigned i = 0; i < columns(h); i++)
            dst[i] += src[i];
    }
}

static void add_buckets(struct hist *h, const struct hist *from)
{
    unsigned cursor = 0;
    uint64_t lowest, highest, n;
    while (hist_next(from, &cursor, &lowest, &highest, &n)) {
        /* Nothing above its limit is in a bucket, though the last bucket may
         * reach further: do not make an overflow of it here. */
        count_value(h, highest < from->limit ? highest : from->limit, n);
    }
}

void hist_add(struct hist *h, const struct hist *from)
{
    if (from->count == 0)
        return;
    if (h->mag == from->mag && h->limit == from->limit)
        add_rows(h, from);
    else
        add_buckets(h, from);
    h->overflow += from->overflow;
    sum_up(h, from->count, from->min, from->max, from->sum, from->sum_sq);
}

/* A share such as 0.07 is stored a little too high, and 0.07 * 100 would be
 * rounded up to 8: hence the next lower double. */
static uint64_t rank_of(const struct hist *h, double q)
{
    double count = (double)h->count;
    double rank = ceil(nextafter(q, -INFINITY) * count);
    if (rank < 1)
        return 1;
    return rank < count ? (uint64_t)rank : h->count;
}

/* The highest value of the bucket with this rank, or max beyond them all. */
static uint64_t value_at(const struct hist *h, uint64_t rank)
{
    uint64_t seen = 0;
    for (unsigned row = 0; row < HIST_ROWS; row++) {
        if (h->rows[row] == NULL)
            continue;
        for (unsigned i = 0; i < columns(h); i++) {
            seen += h->rows[row][i];
            if (seen >= rank)
                return hist_highest_equal(h, lowest_of(h, (row << h->mag) + i));
        }
    }
    return h->max;
}

uint64_t hist_quantile(const struct hist *h, double q)
{
    if (h->count == 0)
        return 0;
    if (!(q > 0))
        return h->min;
    uint64_t value = value_at(h, rank_of(h, q));
    return value < h->max ? value : h->max;
}

double hist_mean(const struct hist *h)
{
    return h->count == 0 ? 0 : h->sum / (double)h->count;
}

double hist_stddev(const struct hist *h)
{
    if (h->count == 0)
        return 0;
    double mean = hist_mean(h);
    double square = h->sum_sq / (double)h->count - mean * mean;
    /* The difference of two large squares keeps few digits; half the spread
     * is the most that is possible at all (Popoviciu). */
    double most = (double)(h->max - h->min) / 2;
    return square > 0 ? fmin(sqrt(square), most) : 0;
}

int hist_next(const struct hist *h, unsigned *cursor, uint64_t *lowest,
              uint64_t *highest, uint64_t *n)
{
    unsigned end = (unsigned)HIST_ROWS << h->mag;
    for (unsigned i = *cursor; i < end; i++) {
        const uint64_t *row = h->rows[i >> h->mag];
        if (row == NULL) {
            i |= columns(h) - 1;
            continue;
        }
        if (row[i & (columns(h) - 1)] != 0) {
            *cursor = i + 1;
            *lowest = lowest_of(h, i);
            *highest = hist_highest_equal(h, *lowest);
            *n = row[i & (columns(h) - 1)];
            return 1;
        }
    }
    *cursor = end;
    return 0;
}

uint64_t hist_lowest_equal(const struct hist *h, uint64_t value)
{
    unsigned shift = shift_of(h, value);
    return value >> shift << shift;
}

uint64_t hist_highest_equal(const struct hist *h, uint64_t value)
{
    uint64_t width = (uint64_t)1 << shift_of(h, value);
    return value | (width - 1);
}
