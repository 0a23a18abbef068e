/* run.c - see run.h */
#include "engine/run.h"

#include <lauxlib.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "engine/executor.h"
#include "engine/series.h"
#include "engine/watchdog.h"

enum {
    TICK_US = 100 * US_PER_MS,
    START_DELAY_US = 50 * US_PER_MS, /* so that all workers begin together */
    GRACE_US = 3 * US_PER_S,         /* after the latest end by the plan */
    GIVE_UP_US = 5 * US_PER_S,       /* after being killed */
    SWAP_PATIENCE_US = 500 * US_PER_MS,
};

/* cli/cli.h's, for a main thread that does not come back. */
enum { EXIT_SCRIPT = 107 };

static void post_all(struct run *run, struct message msg)
{
    for (int i = 0; i < run->plan->nworkers; i++)
        worker_post(&run->workers[i], &msg);
}

/* ---- stopping ---- */

static void kill_all(struct run *run)
{
    int64_t now = clock_us();
    if (run->killed)
        return;
    run->killed = 1;
    run->give_up_at = now + GIVE_UP_US;
    post_all(run, (struct message){ .kind = MSG_KILL });
}

void run_stop(struct run *run, enum stop_reason reason, const char *message)
{
    if (run->stop != STOP_NONE)
        return;
    run->stop = reason;
    run->stop_message = xstrdup(message);
    run->phase = "stopping";
    if (run->began != 0 && run->ended == 0)
        post_all(run, (struct message){ .kind = MSG_STOP });
}

static void obey_signal(struct run *run)
{
    run->signals++;
    if (run->signals == 1)
        run_stop(run, STOP_INTERRUPTED, "interrupted by a signal");
    else if (run->began != 0 && run->ended == 0)
        kill_all(run);
    /* Setup and teardown have no graceful way: theirs is to end now; a
     * teardown is only cut by a second signal. */
    if (run->began == 0 || run->signals > 1)
        loop_quit(&run->host.loop);
}

/* Signals belong to the process, and so do these. */
static volatile sig_atomic_t caught;       /* so many came */
static volatile sig_atomic_t obeyed;       /* so many were acted on */
static volatile sig_atomic_t interrupt_at; /* which one ends the host's Lua */

/* Not libev's: a setup that never waits keeps the loop from seeing any. */
static void on_signal(int sig)
{
    caught++;
    if (interrupt_at != 0 && caught >= interrupt_at)
        watch_interrupt(WATCH_STOP);
    /* What runs here cannot be interrupted: the next one ends the process. */
    if (caught - obeyed > 1)
        signal(sig, SIG_DFL);
}

static void watch_signals(void)
{
    struct sigaction sa = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
    sigemptyset(&sa.sa_mask);
    sigaction(SIGINT, &sa, NULL);
    sigaction(SIGTERM, &sa, NULL);
}

static void take_signals(struct run *run)
{
    if (obeyed == caught)
        return;
    while (obeyed < caught) {
        obeyed++;
        obey_signal(run);
    }
    watch_signals();
}

/* ---- the watchdog ---- */

static void give_up(struct run *run)
{
    run->stuck = 1;
    loop_quit(&run->host.loop);
}

static void watch_worker(struct run *run, struct worker *w, int64_t now)
{
    /* The number first: else it might be that of the next slice. */
    uint64_t slice = atomic_load(&w->slice);
    int64_t began = atomic_load_explicit(&w->slice_began, memory_order_acquire);
    int64_t limit = watch_limit_us();
    if (began == 0)
        return;
    /* All load the suite at once, on fewer cores perhaps; that it ends has
     * been seen in the main thread. */
    if (run->ready < run->plan->nworkers)
        limit *= 1 + run->plan->nworkers;
    if (now - began > (run->killed ? TICK_US : limit))
        watch_interrupt_worker(w, slice);
    if (now - began > WATCH_STUCK * limit)
        give_up(run);
}

static void watch(struct run *run, int64_t now)
{
    for (int i = 0; i < run->plan->nworkers; i++)
        watch_worker(run, &run->workers[i], now);
    if (!run->killed && run->kill_at != 0 && now > run->kill_at)
        kill_all(run);
    if (run->killed && now > run->give_up_at)
        give_up(run);
}

/* ---- scenarios ---- */

static void set_kill_at(struct run *run)
{
    const struct plan *plan = run->plan;
    int64_t latest = 0;
    for (int i = 0; i < plan->nscenarios; i++) {
        const struct scenario *s = &plan->scenarios[i];
        const struct scenario_state *state = &run->scenarios[i];
        if (!state->started || state->ended != 0)
            continue;
        int64_t end = state->began + scenario_longest_us(s) + s->max_late_us;
        if (s->executor == RAMPING_VUS)
            end += s->graceful_ramp_down_us;
        if (end > latest)
            latest = end;
    }
    run->kill_at = latest + GRACE_US;
}

static void start_scenario(struct run *run, int i, int64_t at)
{
    struct scenario_state *s = &run->scenarios[i];
    s->started = 1;
    s->began = at + run->plan->scenarios[i].start_time_us;
    s->workers_left = run->plan->nworkers;
    post_all(run,
             (struct message){ .kind = MSG_START, .scenario = i, .at = at });
    set_kill_at(run);
}

static int first_not_started(const struct run *run)
{
    for (int i = 0; i < run->plan->nscenarios; i++)
        if (!run->scenarios[i].started)
            return i;
    return -1;
}

static void check_over(struct run *run)
{
    for (int i = 0; i < run->plan->nscenarios; i++)
        if (run->scenarios[i].started && run->scenarios[i].ended == 0)
            return;
    int next = first_not_started(run);
    if (run->plan->sequence && next >= 0 && run->stop == STOP_NONE)
        start_scenario(run, next, clock_us() + START_DELAY_US);
    else
        run->over = 1;
    loop_quit(&run->host.loop);
}

static void on_scenario_done(struct run *run, int i)
{
    struct scenario_state *s = &run->scenarios[i];
    if (!s->started || --s->workers_left > 0)
        return;
    s->ended = clock_us();
    check_over(run);
}

/* ---- tallies ---- */

static void take_tally(struct run *run, struct message *msg)
{
    struct worker *w = &run->workers[msg->worker];
    struct tally *t = msg->tally;
    store_add(&run->store, t);
    run->worker_vus[msg->worker] = t->vus;
    run->worker_vus_max[msg->worker] = t->vus_max;
    if (t->vus_peak > run->worker_vus_peak[msg->worker])
        run->worker_vus_peak[msg->worker] = t->vus_peak;
    tally_clear(t);
    w->spare = t;
    run->tallies_out--;
}

static void ask_for_tallies(struct run *run, int64_t now)
{
    run->swap_at = now;
    for (int i = 0; i < run->plan->nworkers; i++) {
        struct worker *w = &run->workers[i];
        if (w->spare == NULL)
            continue;
        worker_post(w,
                    &(struct message){ .kind = MSG_SWAP, .tally = w->spare });
        w->spare = NULL;
        run->tallies_out++;
    }
}

static void add_up_vus(struct run *run)
{
    run->vus = run->vus_max = run->vus_peak = 0;
    for (int i = 0; i < run->plan->nworkers; i++) {
        run->vus += run->worker_vus[i];
        run->vus_max += run->worker_vus_max[i];
        run->vus_peak += run->worker_vus_peak[i];
        run->worker_vus_peak[i] = 0; /* of the next second */
    }
}

static void close_second(struct run *run, int64_t now)
{
    int64_t end = run->swap_at;
    add_up_vus(run);
    if (run->began + run->plan->warmup_us <= now) {
        store_record(&run->store, M_VUS, NULL, run->vus_peak, now);
        if (run->ended == 0)
            store_record(&run->store, M_VUS, NULL, run->vus, now);
        store_record(&run->store, M_VUS_MAX, NULL, run->vus_max, now);
    }
    if (run->began + run->plan->warmup_us <= now)
        series_add(run, run->second_began, end);
    store_second_over(&run->store, end - run->second_began);
    if (run->callbacks.second != NULL)
        run->callbacks.second(run, run->callbacks.arg);
    store_tick(&run->store);
    run->second_began = end;
    run->swap_at = 0;
}

static void keep_seconds(struct run *run, int64_t now)
{
    if (run->began == 0 || now < run->began)
        return;
    if (run->swap_at != 0 &&
        (run->tallies_out == 0 || now - run->swap_at > SWAP_PATIENCE_US))
        close_second(run, now);
    if (run->swap_at == 0 && now >= run->next_second) {
        ask_for_tallies(run, now);
        while (run->next_second <= now)
            run->next_second += US_PER_S;
    }
}

static void on_tick(struct timer *t)
{
    struct run *run = t->arg;
    int64_t now = clock_us();
    loop_arm(&run->host.loop, t, now + TICK_US);
    take_signals(run);
    watch(run, now);
    keep_seconds(run, now);
    if (run->callbacks.frame != NULL)
        run->callbacks.frame(run, run->callbacks.arg);
}

/* ---- messages from workers ---- */

static void take_print(struct run *run, const struct message *msg)
{
    atomic_fetch_sub(&run->workers[msg->worker].prints, 1);
    if (run->callbacks.print != NULL)
        run->callbacks.print(msg->text, msg->len, run->callbacks.arg);
}

static void receive(struct worker *host, struct message *msg)
{
    struct run *run = (struct run *)((char *)host - offsetof(struct run, host));
    switch (msg->kind) {
    case MSG_READY:
        run->ready++;
        break;
    case MSG_FAILED:
        run->failed++;
        if (run->error == NULL)
            run->error = xstrdup(msg->text);
        break;
    case MSG_TALLY:
        take_tally(run, msg);
        return;
    case MSG_DONE:
        on_scenario_done(run, msg->scenario);
        return;
    case MSG_ABORT:
        run_stop(run, STOP_ABORTED, msg->text);
        return;
    case MSG_PRINT:
        take_print(run, msg);
        return;
    case MSG_GONE:
        run->gone++;
        break;
    default:
        bug("the main thread got a message that is not for it");
    }
    /* Somebody waits for these. */
    loop_quit(&host->loop);
}

/* ---- setup and teardown ---- */

/* Also called with the branch of a timer that failed, which ends the call as
 * an error of the function itself does; what comes after it is ignored. */
static void on_host_ended(struct strand *s, int status, int nresults)
{
    struct vu *vu = s->vu;
    struct run *run = vu->main.arg;
    if (run->host_failed != NULL)
        return;
    if (status != LUA_OK) /* the error stays on top of its stack */
        run->host_failed = s;
    else
        lua_settop(s->co, nresults > 0);
    if (status == LUA_OK && run->hooks->vu_returned != NULL)
        run->hooks->vu_returned(vu);
    vu->main_done = 1;
    if (vu->pending == 0 || status != LUA_OK)
        loop_quit(&run->host.loop);
}

static int l_open_host_vu(lua_State *L) /* [-1, +0, m] */
{
    vu_open(L, lua_touserdata(L, 1));
    return 0;
}

static void open_host_vu(struct run *run)
{
    struct vu *vu = &run->host_vu;
    lua_State *L = run->host.L;
    *vu = (struct vu){ .worker = &run->host, .started = 1 };
    vu->rng = run->setup_rng;
    lua_pushcfunction(L, l_open_host_vu);
    lua_pushlightuserdata(L, vu);
    if (lua_pcall(L, 1, 0, 0) != LUA_OK)
        bug("no memory for setup");
    vu->main.ended = on_host_ended;
    vu->main.arg = run;
}

/* The error at the top of the VU's stack as text with its traceback. */
static int l_host_error(lua_State *L) /* strand; [-1, +1, m] */
{
    struct strand *s = lua_touserdata(L, 1);
    const char *message;
    if (is_fail_error(s->co, -1, &message)) {
        lua_pushstring(L, message);
        return 1;
    }
    luaL_tolstring(s->co, -1, NULL);
    lua_xmove(s->co, L, 1);
    luaL_traceback(L, s->co, lua_tostring(L, -1), 0);
    return 1;
}

/* Its __tostring may be one that never ends. [-0, +1, -] */
static void push_host_error(struct run *run)
{
    struct worker *w = &run->host;
    struct watch entered;
    lua_pushcfunction(w->L, l_host_error);
    lua_pushlightuserdata(w->L, run->host_failed);
    watch_begin(w, clock_us());
    watch_enter(&entered, run->host_failed->co, 0);
    if (lua_pcall(w->L, 1, 1, 0) != LUA_OK)
        lua_tostring(w->L, -1);
    watch_leave(&entered);
    watch_end(w);
}

static int host_over(const struct run *run)
{
    return run->host_vu.main_done &&
           (run->host_vu.pending == 0 || run->host_failed != NULL);
}

int run_call(struct run *run, int nargs)
{
    lua_State *L = run->host.L;
    struct vu *vu = &run->host_vu;
    int signals = run->signals;
    if (vu->main.co == NULL)
        open_host_vu(run);
    vu->main_done = 0;
    run->host_failed = NULL;
    lua_xmove(L, vu->main.co, nargs + 1);
    strand_start(&vu->main, nargs);
    interrupt_at = run->began == 0 ? 1 : 2;
    while (!host_over(run) && run->signals == signals &&
           run->host.aborted == NULL)
        loop_run(&run->host.loop);
    interrupt_at = 0;
    take_signals(run);
    int result = -2;
    lua_State *co = vu->main.co;
    if (run->host.aborted != NULL) {
        run_stop(run, STOP_ABORTED, run->host.aborted);
        free(run->host.aborted);
        run->host.aborted = NULL;
    } else if (host_over(run) && run->host_failed == NULL) {
        lua_settop(co, 1);
        lua_xmove(co, L, 1);
        result = 0;
    } else if (run->host_failed != NULL) {
        push_host_error(run);
        result = -1;
    }
    vu_cancel(vu);
    return result;
}

/* ---- the load ---- */

void run_post_data(struct run *run, const char *bytes, size_t len)
{
    for (int i = 0; i < run->plan->nworkers; i++)
        worker_post(&run->workers[i],
                    &(struct message){ .kind = MSG_DATA,
                                       .text = xstrndup(bytes, len),
                                       .len = len });
}

/* A worker that was given up stands still somewhere in C, so its tally can
 * be read as it is: what it started is not lost, but in flight. */
static void take_from_stuck(struct run *run)
{
    for (int i = 0; i < run->plan->nworkers; i++)
        if (run->workers[i].spare == NULL)
            store_add(&run->store, run->workers[i].recorder.tally);
}

/* The last tallies, of workers that still answer. */
static void collect(struct run *run)
{
    int64_t until = clock_us() + 2 * US_PER_S;
    if (run->swap_at == 0)
        ask_for_tallies(run, clock_us());
    while (run->tallies_out > 0 && clock_us() < until && !run->stuck)
        run_wait(run, 5 * US_PER_MS);
    run->swap_at = run->ended;
    ask_for_tallies(run, run->ended);
    while (run->tallies_out > 0 && clock_us() < until && !run->stuck)
        run_wait(run, 5 * US_PER_MS);
    if (run->stuck)
        take_from_stuck(run);
    run->swap_at = run->ended;
    close_second(run, run->ended);
    run->swap_at = 0;
}

/* Iterations by count that were left when the scenario ended: the workers
 * count only what was due. */
static void record_never_started(struct run *run)
{
    for (int i = 0; i < run->plan->nscenarios; i++) {
        uint64_t dropped = run_accounting(run, i).dropped;
        uint64_t counted = run->store.accounting[i].dropped;
        if (dropped > counted)
            store_record(&run->store, M_DROPPED_ITERATIONS,
                         run->plan->scenarios[i].name,
                         (double)(dropped - counted), run->ended);
    }
}

void run_load(struct run *run)
{
    const struct plan *plan = run->plan;
    int64_t at = clock_us() + START_DELAY_US;
    run->phase = plan->warmup_us > 0 ? "warm-up" : "running";
    run->began = run->second_began = at;
    run->began_wall = wall_us();
    run->next_second = at + US_PER_S;
    int n = plan->sequence ? 1 : plan->nscenarios;
    for (int i = 0; i < n; i++)
        start_scenario(run, i, at);
    while (!run->over && !run->stuck)
        loop_run(&run->host.loop);
    run->ended = clock_us();
    run->phase = "finishing";
    collect(run);
    record_never_started(run);
}

static void on_wait_over(struct timer *t)
{
    loop_quit(t->arg);
}

void run_wait(struct run *run, int64_t us)
{
    struct timer t = { .fire = on_wait_over, .arg = &run->host.loop };
    loop_arm(&run->host.loop, &t, clock_us() + us);
    loop_run(&run->host.loop);
    loop_disarm(&run->host.loop, &t);
}

/* ---- life ---- */

int run_init(struct run *run, struct plan *plan,
             const struct worker_hooks *hooks)
{
    *run = (struct run){ .plan = plan, .hooks = hooks, .phase = "loading" };
    if (worker_init(&run->host, -1, plan, hooks, NULL) != 0)
        return -1;
    run->host.receive = receive;
    watch_open_host(&run->host);
    rng_init(&run->setup_rng, plan->seed, RNG_SETUP, 0);
    return 0;
}

void run_prepare(struct run *run, const struct run_callbacks *callbacks)
{
    const struct plan *plan = run->plan;
    size_t n = (size_t)plan->nworkers;
    run->callbacks = *callbacks;
    store_init(&run->store, plan->nscenarios);
    run->scenarios = xcalloc((size_t)plan->nscenarios, sizeof *run->scenarios);
    run->series = xcalloc(SERIES_MAX, sizeof *run->series);
    run->series_interval_s = 1;
    run->worker_vus = xcalloc(n, sizeof *run->worker_vus);
    run->worker_vus_max = xcalloc(n, sizeof *run->worker_vus_max);
    run->worker_vus_peak = xcalloc(n, sizeof *run->worker_vus_peak);
    watch_set_exit_code(EXIT_SCRIPT);
    signal(SIGPIPE, SIG_IGN);
    watch_signals();
    run->tick = (struct timer){ .fire = on_tick, .arg = run };
    loop_arm(&run->host.loop, &run->tick, clock_us() + TICK_US);
}

int run_start_workers(struct run *run, char **error)
{
    int n = run->plan->nworkers, started = 0;
    run->workers = xcalloc((size_t)n, sizeof *run->workers);
    for (int i = 0; i < n; i++) {
        struct worker *w = &run->workers[i];
        if (worker_init(w, i, run->plan, run->hooks, &run->host.inbox) != 0)
            bug("no descriptors left to start the workers");
        w->spare = tally_new(i, run->plan->nscenarios);
    }
    for (; started < n; started++)
        if (worker_start(&run->workers[started]) != 0)
            bug("no threads left to start the workers");
    while (run->ready + run->failed < n && run->signals < 2 && !run->stuck)
        loop_run(&run->host.loop);
    if (run->failed == 0 && !run->stuck)
        return 0;
    *error = run->error != NULL
                 ? run->error
                 : xstrdup("a worker did not come back from loading the suite");
    run->error = NULL;
    return -1;
}

void run_stop_workers(struct run *run)
{
    if (run->workers == NULL || run->stuck)
        return;
    post_all(run, (struct message){ .kind = MSG_QUIT });
    int64_t until = clock_us() + GIVE_UP_US;
    while (run->gone < run->plan->nworkers && clock_us() < until)
        run_wait(run, 20 * US_PER_MS);
    if (run->gone < run->plan->nworkers) {
        run->stuck = 1;
        return;
    }
    for (int i = 0; i < run->plan->nworkers; i++)
        worker_join(&run->workers[i]);
}

void run_fini(struct run *run)
{
    if (run->stuck)
        return; /* a thread may still use all of it */
    run_stop_workers(run);
    if (run->host_vu.main.co != NULL)
        vu_close(&run->host_vu);
    for (int i = 0; run->workers != NULL && i < run->plan->nworkers; i++) {
        tally_free(run->workers[i].spare);
        worker_fini(&run->workers[i]);
    }
    if (run->host.L != NULL)
        run->hooks->close(&run->host);
    watch_host_fini();
    worker_fini(&run->host);
    if (run->scenarios != NULL)
        store_fini(&run->store);
    free(run->workers);
    free(run->scenarios);
    free(run->series);
    free(run->worker_vus);
    free(run->worker_vus_max);
    free(run->worker_vus_peak);
    free(run->stop_message);
    free(run->error);
}

/* ---- numbers ---- */

int run_find_scenario(const struct run *run, const char *name)
{
    for (int i = 0; name != NULL && i < run->plan->nscenarios; i++)
        if (strcmp(run->plan->scenarios[i].name, name) == 0)
            return i;
    return -1;
}

double run_seconds(const struct run *run, int scenario)
{
    int64_t from = run->began, to = run->ended;
    if (from == 0)
        return 0;
    int64_t counted = from + run->plan->warmup_us;
    if (scenario >= 0) {
        from = run->scenarios[scenario].began;
        to = run->scenarios[scenario].ended;
    }
    if (to == 0)
        to = run->ended ? run->ended : clock_us();
    if (from < counted)
        from = counted;
    return to > from ? (double)(to - from) / US_PER_S : 0;
}

/* Iterations by count: what was asked for and never started is dropped. */
static struct accounting of_scenario(const struct run *run, int i)
{
    struct accounting a = run->store.accounting[i];
    uint64_t asked = scenario_planned(&run->plan->scenarios[i]);
    if (asked > 0 && asked >= a.warmup + a.started) {
        a.planned = asked - a.warmup;
        a.dropped = a.planned - a.started;
    }
    return a;
}

struct accounting run_accounting(const struct run *run, int scenario)
{
    if (scenario >= 0)
        return of_scenario(run, scenario);
    struct accounting sum = { 0 };
    for (int i = 0; i < run->plan->nscenarios; i++) {
        struct accounting a = of_scenario(run, i);
        accounting_add(&sum, &a);
    }
    return sum;
}
