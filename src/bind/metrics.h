/* metrics.h - the module stress.metrics: numbers of the suite's own.
 *
 *     metrics.counter(name, { unit = "bytes" }?)    adds up
 *     metrics.gauge(name, ...)                      the latest, min and max
 *     metrics.rate(name)                            how many were true
 *     metrics.trend(name, { unit = "ms" }?)         percentiles
 *
 * Each returns a handle: a table with name, kind, unit and the function
 * handle:add(value, tags?).  The value of a counter may be left out (1), that
 * of a rate may be a boolean.  A value that cannot be recorded is an error.
 *
 * Metrics are made while the suite is loaded, in every worker's state anew;
 * later the known ones can be asked for again, but new ones are refused, so
 * that there is a bound to them.  A handle holds the metric's id and nothing
 * else.  What is added in setup, in teardown and while warming up is checked
 * and not counted.
 */
#ifndef BIND_METRICS_H
#define BIND_METRICS_H

#include <lua.h>

/* How many metrics a suite may have, the built-in ones included. */
enum { METRICS_MAX = 1000 };

/* Pushes the module table. [-0, +1, m] */
int luaopen_stress_metrics(lua_State *L);

#endif
