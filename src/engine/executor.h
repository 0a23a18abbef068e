/* executor.h - when iterations start, and which VU takes them.
 *
 * The six executors are one machine with different answers to three
 * questions: what makes an iteration start (a VU that is free, or a due time
 * of the schedule), how many VUs there are now, and what ends it (a count, a
 * duration).  A scenario_run is one scenario on one worker.
 *
 * States: waiting for its start; active, while iterations may start;
 * draining, while those that run may end; done.  Every wait in it has an end:
 * the graceful stop, after which what still runs is cancelled.
 */
#ifndef ENGINE_EXECUTOR_H
#define ENGINE_EXECUTOR_H

#include "base/loop.h"
#include "engine/schedule.h"
#include "engine/vu.h"

enum run_state { RUN_WAITING, RUN_ACTIVE, RUN_DRAINING, RUN_DONE };

struct scenario_run {
    struct worker *worker;
    struct scenario *scenario; /* of the plan */
    int index;
    enum run_state state;
    int64_t began; /* clock_us at the scenario's start */

    struct vu **vus; /* this worker's share, made up to nvus */
    unsigned nvus;   /* made so far */
    unsigned max_vus;
    unsigned busy;   /* running an iteration */
    struct vu *free; /* arrivals: the idle ones, the latest first */

    struct schedule_cursor cursor; /* arrivals */
    unsigned ramp_vus; /* ramping-vus: wanted now, over all workers */
    struct timer tick; /* the next due start or step of the ramp */
    struct timer end;  /* of the duration; then of the graceful stop */
    struct timer reap; /* ramping down: the next VU to be cancelled */
    unsigned slot;     /* of the recorder */
    unsigned *mix_slots;
    size_t first_ref; /* of its functions in worker->run_refs */
};

/* Prepares worker->runs for every scenario of the plan. */
void executor_init(struct worker *w);
void executor_fini(struct worker *w);

/* Begins a scenario at `at` (clock_us). */
void executor_start(struct scenario_run *run, int64_t at);

/* No more iterations; those that run have the graceful stop to end. */
void executor_stop(struct scenario_run *run);

/* Cancels what runs, now. */
void executor_kill(struct scenario_run *run);

/* The VU's iteration is over: its main function returned and nothing that it
 * waits for is left. */
void executor_iteration_over(struct vu *vu);

#endif
