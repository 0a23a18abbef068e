/* metrics.h - what the target did, counted.
 *
 * Exact: every request is counted once, by route, method and status, in
 * counters that any thread may add to and read.  Requests that the server
 * library refuses by itself, because they are not HTTP, are not seen here.
 */
#ifndef TARGET_METRICS_H
#define TARGET_METRICS_H

#include <stdint.h>

#include "target/request.h"

/* Restarts everything, the uptime included. */
void metrics_init(void);

/* Sets the counters to zero; requests and connections that are open now
 * stay open. */
void metrics_reset(void);

/* A connection was opened, or closed. */
void metrics_connected(void);
void metrics_disconnected(void);

/* A request is in flight from begin to its answer, or to its end if it
 * never gets one. */
void metrics_begin(void);
void metrics_received(uint64_t bytes);
void metrics_answer(struct request *r, unsigned status, uint64_t bytes);
void metrics_end(struct request *r);

struct metrics_totals {
    uint64_t requests;  /* answered */
    uint64_t in_flight; /* without the one that asks */
    uint64_t connections;
    uint64_t connections_open;
    uint64_t bytes_received; /* of bodies */
    uint64_t bytes_sent;     /* of bodies */
    double uptime_s;
};

/* All of it, over the routes. */
void metrics_totals(struct metrics_totals *t);

/* Calls `see` for every counter that is not zero, in the order of the
 * routes, then the methods, then the statuses. */
void metrics_walk(void (*see)(void *cls, const char *route, const char *method,
                              unsigned status, uint64_t count),
                  void *cls);

#endif
