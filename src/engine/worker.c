/* worker.c - see worker.h */
#include "engine/worker.h"

#include <errno.h>
#include <lauxlib.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "base/clock.h"
#include "base/mem.h"
#include "engine/executor.h"
#include "engine/watchdog.h"

/* A turn is bounded so that events are seen and timers kept.  Events that
 * are left are reported once more by the next turn, which has its price. */
enum { TURN_BUDGET_US = 5000, EVENTS_BUDGET_US = 20000 };

enum { LUA_SHRUNK_KB = 16 * 1024 };

/* ---- the turn ---- */

/* One round: some events, the scripts that they woke, what those send. */
static int round_of(struct worker *w, int *events_left)
{
    int64_t began = clock_us();
    if (w->hooks->events != NULL)
        *events_left = w->hooks->events(w);
    int more = strands_run(w, TURN_BUDGET_US);
    if (w->hooks->send != NULL)
        more |= w->hooks->send(w);
    int64_t took = clock_us() - began;
    if (took > w->recorder.tally->health.turn_max_us)
        w->recorder.tally->health.turn_max_us = took;
    return more || w->ready_head != NULL;
}

/* Thousands of connections may have something in one turn.  Taken all at
 * once, each VU's memory would be fetched three times: for the answer, for
 * the script, for the next request.  A few at a time stay in the cache. */
static void on_turn(void *arg)
{
    struct worker *w = arg;
    int events_left = 0;
    int64_t until = clock_us() + EVENTS_BUDGET_US;
    int more = round_of(w, &events_left);
    while (events_left && !w->loop.quit && clock_us() < until) {
        loop_fire(&w->loop);
        more = round_of(w, &events_left);
    }
    loop_stay(&w->loop, more || events_left);
}

/* ---- messages ---- */

static void post(struct worker *w, struct message msg)
{
    msg.worker = w->index;
    mailbox_post(w->outbox, &msg);
}

/* malloc keeps what the collector gave back of a large document, for ever:
 * it lies between small things.  So it is asked to look, once, when Lua has
 * shrunk by much since. */
static void give_memory_back(struct worker *w)
{
    if (w->lua_kb == 0 || w->lua_kb - lua_gc(w->L, LUA_GCCOUNT) < LUA_SHRUNK_KB)
        return;
    malloc_trim(0);
    w->lua_kb = 0;
}

void worker_note_memory(struct worker *w)
{
    int64_t now = lua_gc(w->L, LUA_GCCOUNT);
    if (now > w->lua_kb)
        w->lua_kb = now;
}

static void hand_over(struct worker *w, struct tally *empty)
{
    struct tally *full = recorder_swap(&w->recorder, empty);
    int64_t now = clock_us(), cpu = thread_cpu_us();
    full->to = now;
    empty->from = now;
    empty->vus_peak = w->vus_active;
    full->vus = w->vus_active;
    full->vus_max = w->vus_open;
    full->health.cpu_us = cpu - w->cpu_seen;
    w->cpu_seen = cpu;
    give_memory_back(w);
    post(w, (struct message){ .kind = MSG_TALLY, .tally = full });
}

static void for_all_runs(struct worker *w, void (*f)(struct scenario_run *))
{
    for (int i = 0; i < w->plan->nscenarios; i++)
        f(&w->runs[i]);
}

static void obey(struct worker *w, struct message *msg)
{
    int64_t at;
    switch (msg->kind) {
    case MSG_DATA:
        w->hooks->data(w, msg->text, msg->len);
        break;
    case MSG_START:
        /* All runs begin with the first scenario's warm-up. */
        if (w->warmup_until == 0)
            w->warmup_until = msg->at + w->plan->warmup_us;
        at = msg->at + w->plan->scenarios[msg->scenario].start_time_us;
        executor_start(&w->runs[msg->scenario], at);
        break;
    case MSG_SWAP:
        hand_over(w, msg->tally);
        break;
    case MSG_STOP:
        for_all_runs(w, executor_stop);
        break;
    case MSG_KILL:
        for_all_runs(w, executor_kill);
        break;
    case MSG_QUIT:
        loop_quit(&w->loop);
        break;
    default:
        bug("a worker got a message that is not for workers");
    }
}

static void on_poke(void *arg)
{
    struct worker *w = arg;
    struct message *msg;
    while ((msg = mailbox_take(&w->inbox)) != NULL) {
        w->receive(w, msg);
        message_free(msg);
    }
}

static void notify(void *arg)
{
    struct worker *w = arg;
    loop_poke(&w->loop);
}

void worker_post(struct worker *w, const struct message *msg)
{
    mailbox_post(&w->inbox, msg);
}

/* ---- life ---- */

int worker_init(struct worker *w, int index, const struct plan *plan,
                const struct worker_hooks *hooks, struct mailbox *outbox)
{
    *w = (struct worker){ .index = index,
                          .plan = plan,
                          .hooks = hooks,
                          .outbox = outbox,
                          .receive = obey,
                          .data_ref = LUA_NOREF };
    w->ready_tail = &w->ready_head;
    if (loop_init(&w->loop, on_turn, on_poke, w) != 0)
        return -1;
    recorder_init(&w->recorder, tally_new(index, plan->nscenarios));
    mailbox_init(&w->inbox, notify, w);
    rng_init(&w->load_rng, plan->seed, RNG_LOAD, 0);
    return 0;
}

void worker_fini(struct worker *w)
{
    mailbox_fini(&w->inbox);
    tally_free(w->recorder.tally);
    recorder_fini(&w->recorder);
    loop_fini(&w->loop);
    free(w->aborted);
}

static void *thread_main(void *arg)
{
    struct worker *w = arg;
    char *error = NULL;
    watch_open(w);
    /* Waits of epoll and poll may be stretched by this much. */
    prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
    executor_init(w);
    if (w->hooks->open(w, &error) == 0) {
        post(w, (struct message){ .kind = MSG_READY });
        w->cpu_seen = thread_cpu_us();
        loop_run(&w->loop);
    } else {
        post(w, (struct message){
                    .kind = MSG_FAILED, .text = error, .len = strlen(error) });
    }
    executor_fini(w);
    w->hooks->close(w);
    post(w, (struct message){ .kind = MSG_GONE });
    return NULL;
}

int worker_start(struct worker *w)
{
    /* Signals are the main thread's. */
    sigset_t all, old;
    sigfillset(&all);
    sigdelset(&all, SIGUSR2);
    sigdelset(&all, SIGSEGV);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int rc = pthread_create(&w->thread, NULL, thread_main, w);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    w->thread_started = rc == 0;
    return rc == 0 ? 0 : -1;
}

void worker_join(struct worker *w)
{
    if (w->thread_started)
        pthread_join(w->thread, NULL);
    w->thread_started = 0;
}

void worker_abort(struct worker *w, const char *message)
{
    if (w->outbox == NULL) {
        free(w->aborted);
        w->aborted = xstrdup(message);
        loop_quit(&w->loop);
        return;
    }
    post(w, (struct message){ .kind = MSG_ABORT,
                              .text = xstrdup(message),
                              .len = strlen(message) });
}

/* ---- recording ---- */

struct recorder *vu_recorder(struct vu *vu)
{
    return vu->flags & VU_COUNTED ? &vu->worker->recorder : NULL;
}

void vu_error(struct vu *vu, const char *message, const char *example)
{
    struct recorder *r = vu_recorder(vu);
    if (r != NULL)
        error_list_add(&r->tally->errors, message, 1, example);
}
