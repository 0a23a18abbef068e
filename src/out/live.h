/* live.h - what is seen while a run goes on.
 *
 * On a terminal: one block of lines at its bottom, redrawn in place.  Without
 * one: a plain line once the first second is counted, and every five seconds
 * after.
 * Pure drawing: all that is shown comes in a struct of plain data, the time
 * included.
 *
 * While a block is shown nobody else may write to that terminal, except
 * through live_print().  Everything happens in one thread.
 */
#ifndef OUT_LIVE_H
#define OUT_LIVE_H

#include <stddef.h>
#include <stdint.h>

struct live;

struct live_scenario {
    const char *name;
    double progress; /* 0..1 */
    int64_t elapsed_us;
    int64_t total_us; /* 0: by iterations alone */
    uint64_t iterations;
    uint64_t total_iterations; /* 0: by time */
    unsigned vus, max_vus;
    const char *state; /* "waiting", "running", "draining", "done" */
};

struct live_state {
    const char *suite;
    const char *phase; /* "setup", "warm-up", "running", "stopping", ... */
    int64_t elapsed_us;
    const struct live_scenario *scenarios;
    int nscenarios;
    double req_rate, iter_rate;                     /* per second, lately */
    double fail_rate;                               /* 0..1, lately */
    uint64_t requests, failed, iterations, dropped; /* in all */
    double p95_ms, p99_ms; /* meaningless unless has_latency */
    int has_latency;
    unsigned vus, max_vus;
    /* "VALID", "DEGRADED: ...", "INVALID: ..."; NULL: not judged yet */
    const char *health;
    uint64_t script_errors;
    double received_rate, sent_rate; /* bytes per second, lately */
};

/* Shows on `fd`, which stays the caller's.  Quiet: draws nothing at all. */
struct live *live_new(int fd, int is_tty, int color, int quiet);
void live_free(struct live *l); /* NULL is fine */

/* Shows a state; to be called as often as one likes.  On a terminal it is
 * one write(), and none when nothing has changed. */
void live_draw(struct live *l, const struct live_state *state);

/* Writes what a script printed to `fd_out`, above the block. */
void live_print(struct live *l, const char *text, size_t len, int fd_out);

/* Takes the block off the screen; the next live_draw() begins a new one.
 * NULL is fine. */
void live_finish(struct live *l);

#endif
