/* series.c - see series.h */
#include "engine/series.h"

#include <string.h>

#include "base/clock.h"

static const struct metric_data *recent(const struct run *run, int metric)
{
    const struct row *row =
        store_find(&run->store, metric_builtin[metric].name, NULL, 0);
    return row && row->recent && row->recent->count > 0 ? row->recent : NULL;
}

static double sum_of(const struct run *run, int metric)
{
    const struct metric_data *d = recent(run, metric);
    return d ? d->sum : 0;
}

static double larger(double a, double b)
{
    return a > b ? a : b;
}

/* Two seconds become one: counts are added; percentiles cannot be, so of each
 * the larger stays, which hides no bad second. */
static struct series_point join(const struct series_point *a,
                                const struct series_point *b)
{
    struct series_point p = *b;
    p.seconds = a->seconds + b->seconds;
    p.reqs += a->reqs;
    p.failed += a->failed;
    p.iterations += a->iterations;
    p.dropped += a->dropped;
    p.received += a->received;
    p.sent += a->sent;
    p.vus = a->vus > b->vus ? a->vus : b->vus;
    p.has_latency = a->has_latency || b->has_latency;
    p.p50 = larger(a->p50, b->p50); /* 0 without latency */
    p.p95 = larger(a->p95, b->p95);
    p.p99 = larger(a->p99, b->p99);
    p.response_p95 = larger(a->response_p95, b->response_p95);
    return p;
}

static void halve(struct run *run)
{
    size_t n = run->nseries / 2;
    for (size_t i = 0; i < n; i++)
        run->series[i] = join(&run->series[2 * i], &run->series[2 * i + 1]);
    run->nseries = n;
    run->series_interval_s *= 2;
}

/* Seconds go into the point at hand until it is as long as the others. */
static void append(struct run *run, const struct series_point *p)
{
    struct series_point *last =
        run->nseries > 0 ? &run->series[run->nseries - 1] : NULL;
    if (last != NULL &&
        last->seconds + p->seconds <= run->series_interval_s + 0.5 &&
        run->series_interval_s > 1) {
        *last = join(last, p);
        return;
    }
    if (run->nseries == SERIES_MAX)
        halve(run);
    run->series[run->nseries++] = *p;
}

void series_add(struct run *run, int64_t from, int64_t to)
{
    const struct metric_data *failed = recent(run, M_HTTP_REQ_FAILED);
    const struct metric_data *service = recent(run, M_HTTP_REQ_DURATION);
    const struct metric_data *response = recent(run, M_HTTP_REQ_RESPONSE_TIME);
    struct series_point p = {
        .t = (double)(to - run->began) / US_PER_S,
        .seconds = (double)(to - from) / US_PER_S,
        .reqs = sum_of(run, M_HTTP_REQS),
        .failed = failed ? (double)failed->trues : 0,
        .iterations = sum_of(run, M_ITERATIONS),
        .dropped = sum_of(run, M_DROPPED_ITERATIONS),
        .received = sum_of(run, M_DATA_RECEIVED),
        .sent = sum_of(run, M_DATA_SENT),
        .vus = run->vus,
        .has_latency = service != NULL,
    };
    if (service != NULL) {
        p.p50 = (double)hist_quantile(service->hist, 0.5) / US_PER_MS;
        p.p95 = (double)hist_quantile(service->hist, 0.95) / US_PER_MS;
        p.p99 = (double)hist_quantile(service->hist, 0.99) / US_PER_MS;
    }
    if (response != NULL)
        p.response_p95 =
            (double)hist_quantile(response->hist, 0.95) / US_PER_MS;
    append(run, &p);
}
