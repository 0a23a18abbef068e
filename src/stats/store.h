/* store.h - what the whole run counted: tallies added up into rows.
 *
 * A row is a metric with the tags that every one of its samples carries; the
 * row without tags is the total.  Rows are made for each scenario, and where
 * there are details: for each name, group, check, status, error code and
 * tag of the suite's own, and for each selector that somebody asked for
 * (store_watch).  Their number is bounded; what finds no place is counted.
 *
 * The store belongs to the main thread.
 */
#ifndef STATS_STORE_H
#define STATS_STORE_H

#include "stats/tally.h"
#include "stats/threshold.h"

struct row {
    const char *metric;
    const struct tagset *tags; /* of the store's pool; n == 0 for totals */
    struct metric_data *data;  /* NULL while nothing was recorded */
    /* private */
    int watched;
    struct metric_data *recent; /* since the last store_tick */
    struct metric_data **ring;  /* one per second, for windows */
    int ring_len, ring_at;
    struct row *next; /* of the same hash */
};

enum { STORE_ROWS_MAX = 8000, STORE_WINDOW_MAX = 3600 };

struct store {
    struct row **rows; /* in the order in which they were made */
    size_t nrows;
    uint64_t lost; /* rows that found no place */
    struct error_list errors;
    struct accounting *accounting; /* by scenario */
    int nscenarios;
    struct worker_health health; /* of all workers together */
    /* private */
    size_t rows_cap;
    struct tag_pool pool;
    struct row **index;
    size_t index_cap;
    struct metric_def **defs;
    size_t ndefs, defs_cap;
    struct route **routes;
    size_t nroutes, routes_cap;
    struct row **watched;
    const struct tagset **base; /* of each scenario its own tags */
    size_t nbase, base_cap;
    int overridden; /* a sample's tag differs from its scenario's */
    size_t nwatched, watched_cap;
    int second_over;
};

/* An empty store for the tallies of so many scenarios. */
void store_init(struct store *s, int nscenarios);
void store_fini(struct store *s);

/* Makes sure that there is a row for this selector, with the last
 * `window_s` seconds kept apart (0: none).  The row stays where it is. */
struct row *store_watch(struct store *s, const struct selector *sel,
                        int window_s);

/* Adds a tally.  The tally is unchanged; its recorder must live on. */
void store_add(struct store *s, const struct tally *t);

/* A second has passed, or the rest of the run, which may be shorter: `us`.
 * Windows judged from now to the tick count what came since the last tick as
 * one of their steps, unless it is only a piece of a second. */
void store_second_over(struct store *s, int64_t us);

/* What came since the last tick becomes a step of every window, or a part of
 * the step before, and row->recent begins anew.  Call it after reading
 * `recent`. */
void store_tick(struct store *s);

/* A row, or NULL when there is none; of the total with tags == NULL. */
struct row *store_find(const struct store *s, const char *metric,
                       const struct tag *tags, size_t ntags);

/* Whether a row with these tags has all of its samples, though some lost their
 * tags: those that a scenario's own tags decide do. */
int store_saw_all(const struct store *s, const struct tagset *tags);

/* For samples that the main thread itself takes (vus, dropped iterations).
 * `scenario` may be NULL. */
void store_record(struct store *s, int metric, const char *scenario,
                  double value, int64_t at);

/* The value of a method over data, in the metric's shown unit; seconds is
 * the time that rates per second refer to.  Returns 0, or -1 when there is
 * no data or the method does not suit. */
int metric_value(const struct metric_data *d, const struct threshold_expr *e,
                 double seconds, double *out);

/* The sum of a row's last `seconds`, of which no more are kept than its
 * watchers asked for, and of what has begun after them; the caller frees it.
 * NULL without a window. */
struct metric_data *row_window(const struct store *s, const struct row *row,
                               int seconds);

#endif
