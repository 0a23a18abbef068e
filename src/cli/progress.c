/* progress.c - see progress.h */
#include "cli/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "engine/health.h"

void progress_open(struct progress *p, const struct session *s)
{
    const char *no = getenv("NO_COLOR");
    const char *term = getenv("TERM");
    int tty = isatty(STDERR_FILENO) && term != NULL && term[0] != '\0' &&
              strcmp(term, "dumb") != 0;
    int color = tty && !s->options.no_color && (no == NULL || no[0] == '\0');
    p->live = live_new(STDERR_FILENO, tty, color, s->options.quiet);
    p->scenarios = xcalloc((size_t)s->plan.nscenarios, sizeof *p->scenarios);
    p->opened = clock_us();
    p->state.suite = s->suite.name;
    p->state.scenarios = p->scenarios;
    p->state.nscenarios = s->plan.nscenarios;
}

void progress_close(struct progress *p)
{
    if (p->live != NULL)
        live_finish(p->live);
    live_free(p->live);
    free(p->scenarios);
    p->live = NULL;
    p->scenarios = NULL;
}

static const struct metric_data *total_of(const struct run *run, int metric)
{
    const struct row *row =
        store_find(&run->store, metric_builtin[metric].name, NULL, 0);
    return row ? row->data : NULL;
}

static uint64_t count_of(const struct run *run, int metric)
{
    const struct metric_data *d = total_of(run, metric);
    return d ? (uint64_t)d->sum : 0;
}

void progress_second(struct progress *p, const struct run *run)
{
    struct live_state *s = &p->state;
    struct health h;
    const struct metric_data *failed = total_of(run, M_HTTP_REQ_FAILED);
    const struct metric_data *took = total_of(run, M_HTTP_REQ_DURATION);
    s->requests = count_of(run, M_HTTP_REQS);
    s->iterations = count_of(run, M_ITERATIONS);
    s->dropped = count_of(run, M_DROPPED_ITERATIONS);
    s->script_errors = count_of(run, M_SCRIPT_ERRORS);
    s->failed = failed ? failed->trues : 0;
    if (run->nseries > 0) {
        const struct series_point *last = &run->series[run->nseries - 1];
        double seconds = last->seconds > 0 ? last->seconds : 1;
        s->req_rate = last->reqs / seconds;
        s->iter_rate = last->iterations / seconds;
        s->fail_rate = last->reqs > 0 ? last->failed / last->reqs : 0;
        s->received_rate = last->received / seconds;
        s->sent_rate = last->sent / seconds;
    }
    s->has_latency = took != NULL && took->count > 0;
    if (s->has_latency) {
        s->p95_ms = (double)hist_quantile(took->hist, 0.95) / US_PER_MS;
        s->p99_ms = (double)hist_quantile(took->hist, 0.99) / US_PER_MS;
    }
    health_judge(&h, run);
    snprintf(p->health, sizeof p->health, "%s%s%s",
             health_verdict_name(h.verdict), h.nreasons ? ": " : "",
             h.nreasons ? h.reasons[0] : "");
    s->health = p->health;
}

static double fraction(double part, double whole)
{
    return whole <= 0 ? 0 : part > whole ? 1 : part / whole;
}

static void fill_scenario(struct live_scenario *out, const struct run *run,
                          int i, int64_t now)
{
    const struct scenario *s = &run->plan->scenarios[i];
    const struct scenario_state *state = &run->scenarios[i];
    const struct accounting *a = &run->store.accounting[i];
    uint64_t ended = a->ok + a->failed + a->timed_out + a->cancelled;
    int64_t elapsed = !state->started || now < state->began
                          ? 0
                          : (state->ended ? state->ended : now) - state->began;
    *out = (struct live_scenario){
        .name = s->name,
        .elapsed_us = elapsed,
        .total_us = s->duration_us,
        .iterations = ended,
        .total_iterations = scenario_planned(s),
        .vus = s->vus,
        .max_vus = s->max_vus,
    };
    out->state = state->ended                      ? "done"
                 : !state->started || elapsed == 0 ? "waiting"
                 : elapsed > s->duration_us        ? "draining"
                                                   : "running";
    if (out->total_iterations > 0) {
        out->total_us = 0;
        out->progress = fraction((double)(ended + a->warmup),
                                 (double)out->total_iterations);
    } else {
        out->progress = fraction((double)elapsed, (double)s->duration_us);
    }
    if (state->ended)
        out->progress = 1;
}

void progress_draw(struct progress *p, const struct run *run)
{
    int64_t now = clock_us();
    struct live_state *s = &p->state;
    if (p->live == NULL)
        return;
    s->phase = run->phase;
    if (run->stop == STOP_NONE && run->began != 0 && run->ended == 0)
        s->phase =
            now < run->began + run->plan->warmup_us ? "warm-up" : "running";
    s->elapsed_us = run->began && now > run->began
                        ? (run->ended ? run->ended : now) - run->began
                        : now - p->opened;
    s->vus = run->vus;
    s->max_vus = run->vus_max;
    for (int i = 0; i < run->plan->nscenarios; i++)
        fill_scenario(&p->scenarios[i], run, i, now);
    live_draw(p->live, s);
}
