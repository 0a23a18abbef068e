/* health.c - see health.h
 *
 * Limits (starting values, to be tuned with experience): a start is late when
 * the engine, not the plan or a missing VU, kept it waiting.
 */
#include "engine/health.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

enum {
    LAG_DEGRADED_US = 1000, /* at p99 */
    LATE_MIN = 10,          /* fewer late starts prove nothing, unless... */
    LATE_MIN_SHARE = 10,    /* ...they are this many percent */
};

#define LATE_INVALID 0.01  /* share of starts more than 10 ms late */
#define DROPS_INVALID 0.01 /* share of the planned starts */
#define CPU_DEGRADED 0.8

const char *health_verdict_name(enum health_verdict v)
{
    static const char *const names[] = { "VALID", "DEGRADED", "INVALID" };
    return names[v];
}

static void __attribute__((format(printf, 3, 4)))
reason(struct health *h, enum health_verdict v, const char *fmt, ...)
{
    if (v > h->verdict)
        h->verdict = v;
    if (h->nreasons == HEALTH_REASONS_MAX)
        return;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(h->reasons[h->nreasons++], HEALTH_REASON_LEN, fmt, ap);
    va_end(ap);
}

static void judge_lateness(struct health *h, const struct worker_health *w)
{
    uint64_t n = w->lag.count, late = w->late_10ms;
    if (n == 0)
        return;
    double share = (double)late / (double)n;
    double p99 = (double)hist_quantile(&w->lag, 0.99) / US_PER_MS;
    if (share > LATE_INVALID &&
        (late >= LATE_MIN || (late >= 3 && late * 100 > n * LATE_MIN_SHARE)))
        reason(h, HEALTH_INVALID,
               "the engine started %.1f%% of the iterations more than 10 ms "
               "late (p99 %.1f ms): it could not keep the rate",
               share * 100, p99);
    else if (p99 * US_PER_MS > LAG_DEGRADED_US)
        reason(h, HEALTH_DEGRADED,
               "the engine started iterations late: p99 %.2f ms (1 ms is the "
               "aim)",
               p99);
}

/* VUs were free, and more starts were due at once than there were of them,
 * because the engine looks only so often.  What finds all VUs busy is not
 * counted: that is the target, or too few VUs. */
static void judge_drops(struct health *h, const struct worker_health *w,
                        const struct run *run)
{
    uint64_t planned = 0, dropped = 0;
    for (int i = 0; i < run->plan->nscenarios; i++) {
        struct accounting a = run_accounting(run, i);
        planned += a.planned;
        dropped += a.dropped;
    }
    if ((double)w->burst_drops > DROPS_INVALID * (double)planned &&
        w->burst_drops * 2 > dropped)
        reason(h, HEALTH_INVALID,
               "%llu starts were dropped although VUs had been free: they "
               "were due faster than the engine could start them",
               (unsigned long long)w->burst_drops);
}

static void judge_shortages(struct health *h, const struct worker_health *w)
{
    if (w->no_fds > 0)
        reason(h, HEALTH_INVALID,
               "%llu connections failed for want of file descriptors on this "
               "side (see ulimit -n)",
               (unsigned long long)w->no_fds);
    if (w->no_ports > 0)
        reason(h, HEALTH_INVALID,
               "%llu connections found no local port on this side",
               (unsigned long long)w->no_ports);
    if (w->killed_slices > 0)
        reason(h, HEALTH_INVALID,
               "%llu times a script ran for seconds without a wait and "
               "stopped its worker",
               (unsigned long long)w->killed_slices);
    if (w->lost_tags > 0)
        reason(h, HEALTH_DEGRADED,
               "%llu samples with too many different tags are only in the "
               "totals",
               (unsigned long long)w->lost_tags);
    if (w->lost_names > 0)
        reason(h, HEALTH_DEGRADED,
               "%llu requests with too many different names are counted as "
               "__other__ (the option name groups URLs)",
               (unsigned long long)w->lost_names);
}

static int balances(const struct accounting *a)
{
    uint64_t ended = a->ok + a->failed + a->timed_out + a->cancelled;
    return a->planned == a->started + a->dropped && ended <= a->started;
}

static void judge_accounting(struct health *h, const struct run *run)
{
    int balanced = 1;
    for (int i = 0; i < run->plan->nscenarios; i++) {
        struct accounting a = run_accounting(run, i);
        balanced = balanced && balances(&a);
    }
    if (!balanced)
        reason(h, HEALTH_INVALID,
               "the account does not balance: this is a "
               "mistake of the engine");
    if (run->stuck)
        reason(h, HEALTH_INVALID,
               "a worker did not answer any more and was given up");
}

static uint64_t own_rss(void)
{
    unsigned long size, resident = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f == NULL)
        return 0;
    if (fscanf(f, "%lu %lu", &size, &resident) != 2)
        resident = 0;
    fclose(f);
    return (uint64_t)resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

void health_judge(struct health *h, const struct run *run)
{
    const struct worker_health *w = &run->store.health;
    memset(h, 0, sizeof *h);
    double seconds =
        run_seconds(run, -1) + (double)run->plan->warmup_us / US_PER_S;
    h->rss_bytes = own_rss();
    if (seconds > 0)
        h->cpu_share =
            (double)w->cpu_us / US_PER_S / seconds / run->plan->nworkers;
    judge_lateness(h, w);
    judge_drops(h, w, run);
    judge_shortages(h, w);
    judge_accounting(h, run);
    if (h->cpu_share > CPU_DEGRADED && seconds >= 1)
        reason(h, HEALTH_DEGRADED,
               "the workers used %.0f%% of their cores: a faster generator "
               "might see a faster target",
               h->cpu_share * 100);
}
