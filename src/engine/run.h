/* run.h - a run: the main thread's loop over its workers.
 *
 * The main thread owns the host (its own worker struct, for setup and
 * teardown), the workers' threads, and the store of everything counted.  It
 * ticks every 100 ms; every second it swaps the workers' tallies, merges them
 * and calls `second`.  Every wait has an end: scenarios by their plan, then
 * by being killed, then by being given up as stuck; scripts that never wait
 * by the watchdog.
 */
#ifndef ENGINE_RUN_H
#define ENGINE_RUN_H

#include "engine/worker.h"
#include "stats/store.h"

enum stop_reason {
    STOP_NONE,
    STOP_INTERRUPTED, /* a signal */
    STOP_ABORTED,     /* a script, or a threshold with abort_on_fail */
};

struct run;

struct run_callbacks {
    /* A second has been merged into the store; row->recent is that second. */
    void (*second)(struct run *run, void *arg);
    void (*frame)(struct run *run, void *arg); /* every 100 ms */
    void (*print)(const char *text, size_t len, void *arg);
    void *arg;
};

struct scenario_state {
    int started;
    int64_t began, ended; /* clock_us; ended 0: still running */
    int workers_left;
};

enum { SERIES_MAX = 1800 };

/* One point for each second; when there are too many, two become one. */
struct series_point {
    double t; /* seconds since the start, of its end */
    double seconds;
    double reqs, failed, iterations, dropped, received, sent;
    unsigned vus;
    int has_latency;
    double p50, p95, p99; /* of http_req_duration, ms */
    double response_p95;
};

struct run {
    struct plan *plan;
    const struct worker_hooks *hooks;
    struct run_callbacks callbacks;
    struct worker host;
    struct vu host_vu;
    struct worker *workers;
    struct store store;
    struct scenario_state *scenarios;
    const char *phase;
    enum stop_reason stop;
    char *stop_message;
    int signals;   /* how many came */
    int64_t began; /* clock_us of the start of load; 0: none yet */
    int64_t ended;
    int64_t began_wall;
    unsigned vus, vus_max, vus_peak; /* peak: in the last second */
    int stuck; /* workers given up: do not free, leave by _exit */
    struct series_point *series;
    size_t nseries;
    double series_interval_s;
    /* private */
    struct timer tick;
    unsigned *worker_vus, *worker_vus_max, *worker_vus_peak;
    int ready, failed, gone, tallies_out;
    char *error;
    int64_t next_second, second_began, swap_at;
    int64_t kill_at, give_up_at;
    int killed, over;
    struct strand *host_failed; /* whose error ended setup or teardown */
    struct rng setup_rng;
};

/* Opens the host: its loop, and its Lua state by state_open of the layer
 * above.  0, or -1 when descriptors ran out. */
int run_init(struct run *run, struct plan *plan,
             const struct worker_hooks *hooks);
void run_fini(struct run *run);

/* The plan is complete: makes the store and the states of the scenarios. */
void run_prepare(struct run *run, const struct run_callbacks *callbacks);

/* Starts the threads and waits until each has loaded the suite.  0, or -1
 * with *error. */
int run_start_workers(struct run *run, char **error);

/* Calls the function on top of the host's stack (with nargs arguments) as a
 * VU of its own, so that it may wait.  0 and its first result on the stack;
 * -1 with the error's text on the stack; -2 when the run was stopped
 * meanwhile, with nothing. */
int run_call(struct run *run, int nargs);

/* Gives what setup returned, packed, to all workers. */
void run_post_data(struct run *run, const char *bytes, size_t len);

/* Makes the load; returns when it is over, however it ends. */
void run_load(struct run *run);

/* Waits, watching for signals. */
void run_wait(struct run *run, int64_t us);

/* Ends the run before its time; the first reason counts. */
void run_stop(struct run *run, enum stop_reason reason, const char *message);

/* Ends the threads and waits for them; sets `stuck` if one does not end. */
void run_stop_workers(struct run *run);

/* The index of a scenario by its name, or -1; NULL is no name. */
int run_find_scenario(const struct run *run, const char *name);

/* The time that rates refer to: since the warm-up, of a scenario (>= 0) or of
 * the whole run (-1), up to now or to the end. */
double run_seconds(const struct run *run, int scenario);

/* Accounting of a scenario, or of all (-1); in_flight is what has not ended. */
struct accounting run_accounting(const struct run *run, int scenario);

#endif
