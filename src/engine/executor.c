/* executor.c - see executor.h */
#include "engine/executor.h"

#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "engine/iteration.h"
#include "engine/worker.h"

static int is_open(const struct scenario_run *run)
{
    return executor_is_open(run->scenario->executor);
}

/* ---- VUs ---- */

static int l_open_vu(lua_State *L) /* [-1, +0, m] */
{
    vu_open(L, lua_touserdata(L, 1));
    return 0;
}

/* Makes the next VU of this worker; NULL when Lua has no memory left. */
static struct vu *make_vu(struct scenario_run *run)
{
    struct worker *w = run->worker;
    const struct scenario *s = run->scenario;
    struct vu *vu = xcalloc(1, sizeof *vu);
    vu->worker = w;
    vu->run = run;
    vu->scenario = s;
    vu->number = run->nvus * (unsigned)w->plan->nworkers + (unsigned)w->index;
    vu->id = s->first_vu_id + vu->number;
    vu->slot = run->slot;
    rng_init(&vu->rng, w->plan->seed, RNG_VU, vu->id);
    lua_pushcfunction(w->L, l_open_vu);
    lua_pushlightuserdata(w->L, vu);
    if (lua_pcall(w->L, 1, 0, 0) != LUA_OK) {
        lua_pop(w->L, 1);
        free(vu);
        return NULL;
    }
    vu->main.ended = iteration_main_ended;
    run->vus[run->nvus++] = vu;
    w->vus_open++;
    return vu;
}

static void make_vus(struct scenario_run *run, unsigned n)
{
    while (run->nvus < n && make_vu(run) != NULL)
        continue;
}

static void push_free(struct scenario_run *run, struct vu *vu)
{
    vu->next_free = run->free;
    run->free = vu;
}

/* An idle VU, made if the pool may still grow; NULL when all are busy. */
static struct vu *take_free(struct scenario_run *run)
{
    struct vu *vu = run->free;
    if (vu != NULL) {
        run->free = vu->next_free;
        return vu;
    }
    return run->nvus < run->max_vus ? make_vu(run) : NULL;
}

/* ---- the end ---- */

static void set_done(struct scenario_run *run)
{
    struct worker *w = run->worker;
    run->state = RUN_DONE;
    loop_disarm(&w->loop, &run->tick);
    loop_disarm(&w->loop, &run->end);
    loop_disarm(&w->loop, &run->reap);
    struct message msg = { .kind = MSG_DONE,
                           .worker = w->index,
                           .scenario = run->index };
    mailbox_post(w->outbox, &msg);
}

static void check_done(struct scenario_run *run)
{
    if (run->state == RUN_DRAINING && run->busy == 0)
        set_done(run);
}

static void drain(struct scenario_run *run, int64_t until)
{
    struct worker *w = run->worker;
    run->state = RUN_DRAINING;
    loop_disarm(&w->loop, &run->tick);
    if (run->busy > 0)
        loop_arm(&w->loop, &run->end, until);
    check_done(run);
}

void executor_kill(struct scenario_run *run)
{
    if (run->state == RUN_WAITING || run->state == RUN_DONE) {
        if (run->state == RUN_WAITING)
            set_done(run);
        return;
    }
    run->state = RUN_DRAINING;
    for (unsigned i = 0; i < run->nvus; i++)
        if (run->vus[i]->busy)
            iteration_cancel(run->vus[i]);
    check_done(run);
}

/* ---- closed executors ---- */

/* Takes the right to one more iteration; 0 when there is none. */
static int take_ticket(struct scenario_run *run, struct vu *vu)
{
    struct scenario *s = run->scenario;
    uint64_t n;
    switch (s->executor) {
    case SHARED_ITERATIONS:
        n = atomic_fetch_add_explicit(&s->ticket, 1, memory_order_relaxed);
        vu->iteration = n + 1;
        return n < s->iterations;
    case PER_VU_ITERATIONS:
        vu->iteration = vu->iterations_done + 1;
        return vu->iterations_done < s->iterations;
    case RAMPING_VUS:
        vu->iteration = vu->iterations_done + 1;
        return vu->number < run->ramp_vus;
    default:
        vu->iteration = vu->iterations_done + 1;
        return 1;
    }
}

static void begin_next(struct scenario_run *run, struct vu *vu, int64_t now)
{
    if (run->state == RUN_ACTIVE && take_ticket(run, vu))
        iteration_begin(vu, now, now);
}

/* Iterations by count are over when nobody has one left. */
static void check_exhausted(struct scenario_run *run)
{
    enum executor e = run->scenario->executor;
    if (run->state == RUN_ACTIVE && run->busy == 0 &&
        (e == SHARED_ITERATIONS || e == PER_VU_ITERATIONS))
        drain(run, 0);
}

static void start_closed(struct scenario_run *run)
{
    unsigned n = run->max_vus;
    make_vus(run, n);
    for (unsigned i = 0; i < run->nvus; i++)
        begin_next(run, run->vus[i], run->began);
    check_exhausted(run);
}

/* ---- ramping VUs ---- */

static void on_reap(struct timer *t)
{
    struct scenario_run *run = t->arg;
    int64_t now = clock_us(), next = NEVER;
    for (unsigned i = 0; i < run->nvus; i++) {
        struct vu *vu = run->vus[i];
        if (vu->retire_at == 0)
            continue;
        if (vu->retire_at <= now && vu->busy)
            iteration_cancel(vu);
        else if (vu->busy && vu->retire_at < next)
            next = vu->retire_at;
    }
    if (next != NEVER && run->state != RUN_DONE)
        loop_arm(&run->worker->loop, t, next);
}

static void follow_ramp(struct scenario_run *run, int64_t now)
{
    struct worker *w = run->worker;
    int64_t t = now - run->began;
    run->ramp_vus = ramp_vus_at(run->scenario, t);
    int64_t retire = now + run->scenario->graceful_ramp_down_us;
    for (unsigned i = 0; i < run->nvus; i++) {
        struct vu *vu = run->vus[i];
        if (vu->number < run->ramp_vus) {
            vu->retire_at = 0;
            if (!vu->busy)
                begin_next(run, vu, now);
        } else if (vu->busy && vu->retire_at == 0) {
            vu->retire_at = retire;
            if (!timer_armed(&run->reap))
                loop_arm(&w->loop, &run->reap, retire);
        }
    }
    int64_t next = ramp_next_change(run->scenario, t);
    if (next != NEVER)
        loop_arm(&w->loop, &run->tick, run->began + next);
}

/* ---- arrivals ---- */

static void drop_start(struct scenario_run *run, int64_t due)
{
    struct worker *w = run->worker;
    if (due < w->warmup_until)
        return;
    struct accounting *a = &w->recorder.tally->accounting[run->index];
    a->planned++;
    a->dropped++;
    record_count(recorder_at(&w->recorder, run->slot, M_DROPPED_ITERATIONS), 1);
}

/* Starts, drops or leaves waiting every start that is due; arms the timer for
 * the next. */
static void pump(struct scenario_run *run, int64_t now)
{
    struct schedule_cursor *c = &run->cursor;
    const struct scenario *s = run->scenario;
    int some_were_free = 0;
    while (run->state == RUN_ACTIVE && c->due != NEVER) {
        int64_t due = run->began + c->due;
        if (due > now) {
            loop_arm(&run->worker->loop, &run->tick, due);
            return;
        }
        struct vu *vu = take_free(run);
        if (vu != NULL) {
            some_were_free = 1;
            vu->iteration = c->k + 1;
            iteration_begin(vu, due,
                            vu->idle_since > due ? vu->idle_since : due);
        } else if (now - due >= s->max_late_us) {
            drop_start(run, due);
            run->worker->recorder.tally->health.burst_drops +=
                (uint64_t)some_were_free;
        } else {
            loop_arm(&run->worker->loop, &run->tick, due + s->max_late_us);
            return;
        }
        schedule_advance(c);
    }
}

/* What is due and waits for a VU when no more may start. */
static void drop_waiting(struct scenario_run *run, int64_t now)
{
    struct schedule_cursor *c = &run->cursor;
    while (c->due != NEVER && run->began + c->due <= now) {
        drop_start(run, run->began + c->due);
        schedule_advance(c);
    }
}

static void start_open(struct scenario_run *run)
{
    struct worker *w = run->worker;
    /* A worker without a VU could only drop what it is given. */
    unsigned sharers = run->scenario->max_vus;
    if (sharers > (unsigned)w->plan->nworkers)
        sharers = (unsigned)w->plan->nworkers;
    make_vus(run, plan_share(run->scenario->vus, w->plan->nworkers, w->index));
    for (unsigned i = run->nvus; i > 0; i--)
        push_free(run, run->vus[i - 1]);
    schedule_begin(&run->cursor, run->scenario, w->plan->seed,
                   (uint64_t)run->index, (uint64_t)w->index, sharers);
    if ((unsigned)w->index >= sharers)
        run->cursor.due = NEVER;
}

/* ---- timers ---- */

static void on_tick(struct timer *t)
{
    struct scenario_run *run = t->arg;
    int64_t now = clock_us();
    if (run->state != RUN_ACTIVE)
        return;
    if (is_open(run))
        pump(run, now);
    else
        follow_ramp(run, now);
}

static void begin(struct scenario_run *run)
{
    struct worker *w = run->worker;
    run->state = RUN_ACTIVE;
    loop_arm(&w->loop, &run->end, run->began + run->scenario->duration_us);
    if (is_open(run))
        pump(run, clock_us());
    else if (run->scenario->executor == RAMPING_VUS)
        follow_ramp(run, run->began);
    else
        start_closed(run);
}

static void on_end(struct timer *t)
{
    struct scenario_run *run = t->arg;
    if (run->state == RUN_WAITING)
        begin(run);
    else if (run->state == RUN_ACTIVE)
        executor_stop(run);
    else
        executor_kill(run);
}

/* ---- from outside ---- */

void executor_start(struct scenario_run *run, int64_t at)
{
    run->began = at;
    /* What takes time is done before the start, not in it. */
    if (is_open(run))
        start_open(run);
    else
        make_vus(run, run->max_vus);
    loop_arm(&run->worker->loop, &run->end, at);
}

void executor_stop(struct scenario_run *run)
{
    if (run->state == RUN_WAITING) {
        set_done(run);
        return;
    }
    if (run->state != RUN_ACTIVE)
        return;
    int64_t now = clock_us();
    if (is_open(run)) {
        pump(run, now);
        drop_waiting(run, now);
    }
    drain(run, now + run->scenario->graceful_stop_us);
}

void executor_iteration_over(struct vu *vu)
{
    struct scenario_run *run = vu->run;
    int64_t now = iteration_over(vu);
    if (run == NULL) {
        loop_quit(&vu->worker->loop);
        return;
    }
    vu->idle_since = now;
    vu->retire_at = 0;
    if (is_open(run)) {
        push_free(run, vu);
        if (run->state == RUN_ACTIVE)
            pump(run, now);
    } else {
        begin_next(run, vu, now);
        check_exhausted(run);
    }
    check_done(run);
}

void executor_init(struct worker *w)
{
    const struct plan *plan = w->plan;
    size_t refs = 0;
    w->runs = xcalloc((size_t)plan->nscenarios, sizeof *w->runs);
    for (int i = 0; i < plan->nscenarios; i++) {
        struct scenario *s = &plan->scenarios[i];
        struct scenario_run *run = &w->runs[i];
        run->worker = w;
        run->scenario = s;
        run->index = i;
        run->first_ref = refs;
        refs += s->nmix > 0 ? s->nmix_names : 1;
        run->max_vus = plan_share(s->max_vus, plan->nworkers, w->index);
        run->vus = xcalloc(run->max_vus, sizeof(*run->vus));
        run->tick = (struct timer){ .fire = on_tick, .arg = run };
        run->end = (struct timer){ .fire = on_end, .arg = run };
        run->reap = (struct timer){ .fire = on_reap, .arg = run };
        iteration_slots(run);
    }
}

void executor_fini(struct worker *w)
{
    for (int i = 0; w->runs != NULL && i < w->plan->nscenarios; i++) {
        struct scenario_run *run = &w->runs[i];
        for (unsigned v = 0; v < run->nvus; v++) {
            vu_close(run->vus[v]);
            free(run->vus[v]);
        }
        free(run->vus);
        free(run->mix_slots);
    }
    free(w->runs);
    w->runs = NULL;
}
