/* metrics.c - see metrics.h */
#include "target/metrics.h"

#include <stdatomic.h>

#include "base/clock.h"
#include "target/router.h"

enum { STATUS_MIN = 100, STATUSES = 500 };

struct series {
    /* Whether any status was ever counted: spares the reader the walk. */
    atomic_bool used;
    atomic_uint_fast64_t count[STATUSES];
};

static struct series all[ROUTES_MAX][METHODS];
static atomic_uint_fast64_t requests, connections, received, sent;
static atomic_int_fast64_t in_flight, open_connections;
static int64_t started_us;

static void add(atomic_uint_fast64_t *counter, uint64_t n)
{
    atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

static uint64_t get(atomic_uint_fast64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

void metrics_init(void)
{
    started_us = clock_us();
    atomic_store(&in_flight, 0);
    atomic_store(&open_connections, 0);
    metrics_reset();
}

static void reset_series(struct series *s)
{
    if (!atomic_load(&s->used))
        return;
    for (unsigned i = 0; i < STATUSES; i++)
        atomic_store(&s->count[i], 0);
}

void metrics_reset(void)
{
    for (unsigned route = 0; route < ROUTES_MAX; route++)
        for (unsigned method = 0; method < METHODS; method++)
            reset_series(&all[route][method]);
    atomic_store(&requests, 0);
    atomic_store(&connections, 0);
    atomic_store(&received, 0);
    atomic_store(&sent, 0);
}

void metrics_connected(void)
{
    add(&connections, 1);
    atomic_fetch_add(&open_connections, 1);
}

void metrics_disconnected(void)
{
    atomic_fetch_sub(&open_connections, 1);
}

void metrics_begin(void)
{
    atomic_fetch_add_explicit(&in_flight, 1, memory_order_relaxed);
}

void metrics_received(uint64_t bytes)
{
    add(&received, bytes);
}

void metrics_end(struct request *r)
{
    if (!r->answered)
        atomic_fetch_sub_explicit(&in_flight, 1, memory_order_relaxed);
    r->answered = true;
}

void metrics_answer(struct request *r, unsigned status, uint64_t bytes)
{
    metrics_end(r);
    if (status < STATUS_MIN || status >= STATUS_MIN + STATUSES)
        return;
    struct series *s = &all[router_index(r->route)][r->method];
    if (!atomic_load_explicit(&s->used, memory_order_relaxed))
        atomic_store_explicit(&s->used, true, memory_order_relaxed);
    add(&s->count[status - STATUS_MIN], 1);
    add(&requests, 1);
    add(&sent, bytes);
}

void metrics_totals(struct metrics_totals *t)
{
    int64_t flying = atomic_load(&in_flight) - 1;
    int64_t open = atomic_load(&open_connections);
    *t = (struct metrics_totals){
        .requests = get(&requests),
        .in_flight = flying > 0 ? (uint64_t)flying : 0,
        .connections = get(&connections),
        .connections_open = open > 0 ? (uint64_t)open : 0,
        .bytes_received = get(&received),
        .bytes_sent = get(&sent),
        .uptime_s = (double)(clock_us() - started_us) / US_PER_S,
    };
}

void metrics_walk(void (*see)(void *cls, const char *route, const char *method,
                              unsigned status, uint64_t count),
                  void *cls)
{
    for (unsigned route = 0; route < router_count(); route++)
        for (int method = 0; method < METHODS; method++) {
            struct series *s = &all[route][method];
            if (!atomic_load(&s->used))
                continue;
            for (unsigned i = 0; i < STATUSES; i++) {
                uint64_t count = get(&s->count[i]);
                if (count != 0)
                    see(cls, router_route(route)->pattern,
                        method_name((enum method)method), STATUS_MIN + i,
                        count);
            }
        }
}
