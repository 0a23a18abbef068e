/* iteration.h - one iteration of one VU, from its start to its account.
 *
 * Every iteration that begins ends in exactly one of: ok, failed, timed out,
 * cancelled.  Iterations that were due while warming up are in no number.
 */
#ifndef ENGINE_ITERATION_H
#define ENGINE_ITERATION_H

#include "engine/executor.h"

/* Starts the VU's function.  `intended`: when the plan wanted it; `able`:
 * from when on the engine could have (a VU was free). */
void iteration_begin(struct vu *vu, int64_t intended, int64_t able);

/* The strand's `ended`: the main function returned or failed. */
void iteration_main_ended(struct strand *s, int status, int nresults);

/* Does the account of an iteration that is over; returns the time. */
int64_t iteration_over(struct vu *vu);

/* Ends it early; calls executor_iteration_over. */
void iteration_cancel(struct vu *vu);

/* Gives the run its places in the worker's recorder. */
void iteration_slots(struct scenario_run *run);

#endif
