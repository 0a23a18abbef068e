/* tally.h - what one worker counted, and the recorder it counts with.
 *
 * A tally is a list of slots; a slot is a set of tags with the data of each
 * metric recorded under them.  A worker writes into one tally through its
 * recorder; now and then it hands that tally over whole and goes on with an
 * empty one.  Merging is addition (store.h).  No locks, no atomics, and no
 * allocation while recording, except the first time that a slot, a metric in
 * it, or a power of two in a histogram is used.
 *
 * Every scenario has a slot of its own, with three digits, into which every
 * sample of that scenario goes; a sample that has more tags goes into a
 * detail slot as well, with two digits.  So totals are the sum over the
 * scenario slots, and detail slots answer everything else.
 *
 * A recorder belongs to its worker's thread.  The tag sets and metric
 * definitions that a handed-over tally points to never change; they live
 * until recorder_fini().
 */
#ifndef STATS_TALLY_H
#define STATS_TALLY_H

#include <stddef.h>
#include <stdint.h>

#include "stats/hist.h"
#include "stats/metric.h"
#include "stats/tags.h"

struct metric_def {
    int id; /* in its recorder; built-in metrics have the same everywhere */
    enum metric_kind kind;
    enum metric_unit unit;
    int64_t us_per_unit; /* of UNIT_TIME: what one unit of :add() means */
    char unit_text[16];  /* as shown */
    char name[METRIC_NAME_MAX];
};

/* One metric under one set of tags.  Which fields mean something depends on
 * the kind. */
struct metric_data {
    const struct metric_def *def;
    uint64_t count;  /* samples */
    double sum;      /* counter: what was added up */
    uint64_t trues;  /* rate */
    double value;    /* gauge: the latest, taken at `at` */
    double min, max; /* gauge */
    int64_t at;
    struct hist *hist; /* trend */
};

struct slot {
    const struct tagset *tags;
    int detail;                /* not a scenario's own slot */
    struct metric_data **data; /* by metric id; NULL: never recorded */
    size_t ndata;
};

/* Where every iteration of a scenario ended. */
struct accounting {
    uint64_t planned;
    uint64_t started;
    uint64_t ok;
    uint64_t failed;
    uint64_t timed_out;
    uint64_t cancelled;
    uint64_t dropped;
    uint64_t warmup; /* started while warming up: in none of the above */
};

/* Adds all numbers of `a`. */
void accounting_add(struct accounting *to, const struct accounting *a);

/* Started and not ended. */
uint64_t accounting_in_flight(const struct accounting *a);

/* Errors of one kind: counted, with one example. */
struct error_kind {
    uint32_t hash;  /* of what decides the kind */
    size_t key_len; /* that many first bytes of the message */
    uint64_t count;
    char *message;
    char *example;
};

enum { ERROR_KINDS_MAX = 100 };

struct error_list {
    struct error_kind *kinds;
    size_t n, cap;
    uint64_t other; /* of kinds that found no place */
};

/* How the worker itself fared. */
struct worker_health {
    struct hist lag;        /* us from due, or a VU being free, to the start */
    uint64_t late_10ms;     /* starts with more than 10 ms of lag */
    uint64_t burst_drops;   /* starts dropped in one go with others that found
                               a free VU: the engine came too late for them */
    int64_t slice_max_us;   /* longest time in Lua without a wait */
    int64_t turn_max_us;    /* longest turn of the loop */
    int64_t cpu_us;         /* CPU time of the thread in this interval */
    uint64_t no_fds;        /* EMFILE, ENFILE */
    uint64_t no_ports;      /* EADDRNOTAVAIL */
    uint64_t killed_slices; /* scripts interrupted by the watchdog */
    uint64_t lost_tags;     /* samples that found no slot of their own */
    uint64_t lost_names;    /* requests counted under "__other__" */
};

struct tally {
    int worker;
    int64_t from, to; /* clock_us */
    struct slot *slots;
    size_t nslots, slots_cap;
    struct accounting *accounting; /* by scenario */
    int nscenarios;
    unsigned vus, vus_max; /* at the time of handing over */
    unsigned vus_peak;     /* most at once since the one before */
    struct error_list errors;
    struct worker_health health;
};

/* An empty one; tally_clear() makes a used one empty again and keeps its
 * memory. */
struct tally *tally_new(int worker, int nscenarios);
void tally_free(struct tally *t);
void tally_clear(struct tally *t);

/* The data of one metric; add is the merging of two. */
void metric_data_free(struct metric_data *d);
void metric_data_clear(struct metric_data *d);
struct metric_data *metric_data_new(const struct metric_def *def,
                                    enum hist_digits digits);
void metric_data_add(struct metric_data *to, const struct metric_data *from);

/* Counts an error; `example` is kept if it is the first of its kind and may
 * be NULL.  Returns 1 when the kind was new. */
int error_list_add(struct error_list *l, const char *message, uint64_t n,
                   const char *example);
/* The same, but the first key_len bytes of the message decide the kind: the
 * place of a script's error, whose text may be another each time. */
int error_list_add_at(struct error_list *l, const char *message, size_t key_len,
                      uint64_t n, const char *example);
void error_list_clear(struct error_list *l);
void error_list_merge(struct error_list *to, const struct error_list *from);

/* ---- the recorder ---- */

enum { SLOTS_MAX = 1000, SETS_MAX = 4000, TEXTS_MAX = 3000 };

/* Different names of requests; past it they are "__other__". */
enum { NAMES_MAX = 300, NAMES_PLACES = 1024 };

#define RECORDER_NO_SLOT ((unsigned)-1)

struct recorder {
    struct tag_pool pool;
    struct tally *tally;
    /* private */
    struct metric_def **defs;
    size_t ndefs, defs_cap;
    struct slot_def *slots;
    size_t nslots, slots_cap;
    struct detail_cache *details;
    const char *names[NAMES_PLACES]; /* open addressing, by address */
    size_t nnames;
    unsigned *index; /* tag set -> slot, open addressing */
    size_t index_cap;
};

/* Takes an empty tally to write into. */
void recorder_init(struct recorder *r, struct tally *t);
void recorder_fini(struct recorder *r); /* not the tally */

/* A metric of the suite's own: the same definition when the name is known
 * with the same kind and unit.  NULL when it clashes, with the reason. */
const struct metric_def *recorder_define(struct recorder *r, const char *name,
                                         enum metric_kind kind,
                                         const char *unit, char *err,
                                         size_t errlen);
const struct metric_def *recorder_metric(const struct recorder *r, int id);
const struct metric_def *recorder_find(const struct recorder *r,
                                       const char *name);

/* The slot of a set of tags (of this recorder's pool).  Past SLOTS_MAX it is
 * `fallback`, which may be RECORDER_NO_SLOT, and the loss is counted. */
unsigned recorder_slot(struct recorder *r, const struct tagset *tags,
                       int detail, unsigned fallback);

/* The pool's copy of a text that a script chose (a name, a tag's value); past
 * TEXTS_MAX different ones "__other__", and the loss is counted. */
const char *recorder_text(struct recorder *r, const char *text, size_t len);

/* The same for the name of a request, of which there may be NAMES_MAX. */
const char *recorder_name(struct recorder *r, const char *text, size_t len);

/* `base` (may be NULL) with more tags; past SETS_MAX different sets NULL, and
 * the loss is counted. */
const struct tagset *recorder_tagset(struct recorder *r,
                                     const struct tagset *base,
                                     const struct tag *tags, size_t n);

/* The tags of a slot. */
const struct tagset *recorder_tags(const struct recorder *r, unsigned slot);

/* The slot of another slot's tags and some more, whose texts are the pool's
 * own (recorder_text); remembered, so that asking again is cheap.
 * RECORDER_NO_SLOT when there are too many. */
unsigned recorder_detail(struct recorder *r, unsigned slot,
                         const struct tag *tags, size_t n);

/* The data of the built-in metrics from `first` to `last` in a slot, by id;
 * all of them are there.  Valid until something else is recorded. */
struct metric_data **recorder_row(struct recorder *r, unsigned slot, int first,
                                  int last);

/* Hands over what was counted so far and goes on with `empty`. */
struct tally *recorder_swap(struct recorder *r, struct tally *empty);

/* Where to record: never NULL. */
struct metric_data *recorder_at(struct recorder *r, unsigned slot, int metric);

static inline void record_count(struct metric_data *d, double n)
{
    d->count++;
    d->sum += n;
}

static inline void record_rate(struct metric_data *d, int is_true)
{
    d->count++;
    d->trues += is_true != 0;
}

/* `stored`: microseconds, or six decimals of fixed point. */
static inline void record_trend(struct metric_data *d, uint64_t stored)
{
    d->count++;
    hist_record(d->hist, stored);
}

void record_gauge(struct metric_data *d, double value, int64_t at);

/* A sample of any kind as a script gives it, in the metric's own unit.
 * Returns -1 when the value cannot be recorded (negative, not finite, too
 * large for a trend). */
int record_value(struct metric_data *d, double value, int64_t at);

#endif
