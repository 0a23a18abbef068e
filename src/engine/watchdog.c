/* watchdog.c - see watchdog.h */
#include "engine/watchdog.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "engine/worker.h"

/* What glibc of Debian 12 does not name. */
#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

enum {
    EXIT_CONFIG = 104,
    STEPS = 10, /* of the main thread's timer in the limit */
    /* Times the limit, for the main thread: what cannot be interrupted ends,
     * and what waits in C, for another program perhaps. */
    HOST_STUCK = 12,
    HOST_BLOCKED = 120
};

/* Of each thread.  The signal handler reads and writes what is volatile. */
static _Thread_local const struct worker *own_worker;
static _Thread_local struct watch *volatile innermost;
static _Thread_local volatile sig_atomic_t interrupted_by; /* watch_cause */
static _Thread_local int fired;
static _Thread_local char fired_at[WATCH_PLACE_MAX];

/* The main thread's timer, and what it has seen of the slice.  All in steps;
 * a step has passed when its CPU time was used, for a setup that waits in C
 * is not one that never waits. */
static struct {
    timer_t timer;
    int open;
    int exit_code;
    int64_t cpu;
    volatile sig_atomic_t answered; /* so often the script was what ran */
    volatile sig_atomic_t silent;   /* since the last answer */
    volatile sig_atomic_t waiting;  /* the same, by the clock */
} host = { .exit_code = EXIT_CONFIG };

static int64_t limit_us = 5 * US_PER_S;

int64_t watch_limit_us(void)
{
    return limit_us;
}

/* ---- the hook ---- */

void watch_find_place(lua_State *co, char *place, size_t size)
{
    lua_Debug ar;
    place[0] = '\0';
    for (int level = 0; lua_getstack(co, level, &ar); level++) {
        lua_getinfo(co, "Sl", &ar);
        if (ar.currentline <= 0)
            continue;
        snprintf(place, size, "%s:%d: ", ar.short_src, ar.currentline);
        return;
    }
}

size_t watch_message(char *text, size_t size)
{
    if (interrupted_by == WATCH_STOP)
        snprintf(text, size,
                 "%sinterrupted: the run was stopped while the script ran",
                 fired_at);
    else
        snprintf(text, size,
                 "%sinterrupted: the script ran for %g seconds without a wait",
                 fired_at, (double)limit_us / US_PER_S);
    return strlen(fired_at);
}

void watch_push_message(lua_State *L)
{
    char text[WATCH_TEXT_MAX];
    watch_message(text, sizeof text);
    lua_pushstring(L, text);
}

/* A coroutine on which C calls a metamethod or describes an error says that
 * it can yield, and has nobody to yield to. */
int watch_may_yield(lua_State *L)
{
    const struct watch *in = innermost;
    return in != NULL && in->co == L && in->resumed && lua_isyieldable(L);
}

/* Reading a file takes as long as the file is large. */
static int in_loader(lua_State *L)
{
    lua_Debug ar;
    for (int level = 0; lua_getstack(L, level, &ar); level++) {
        lua_getinfo(L, "Sl", &ar);
        if (ar.currentline > 0)
            return strcmp(ar.source, "=stress.csv") == 0 ||
                   strcmp(ar.source, "=stress.data") == 0;
    }
    return 0;
}

/* The main thread's timer asked what runs. */
static void answer(lua_State *L)
{
    host.silent = host.waiting = 0;
    if (!in_loader(L))
        host.answered++;
}

static void end_slice(lua_State *L, lua_Debug *ar)
{
    /* Asked, or inherited from whoever made this coroutine in a slice that
     * is long past. */
    if (interrupted_by == WATCH_NONE) {
        lua_sethook(L, NULL, 0, 0);
        if (own_worker->index < 0)
            answer(L);
        return;
    }
    int yields = watch_may_yield(L);
    /* From a call hook Lua cannot yield; the next instruction is near. */
    if (yields && ar->event != LUA_HOOKCOUNT)
        return;
    if (!fired)
        watch_find_place(L, fired_at, sizeof fired_at);
    fired = 1;
    if (yields) {
        lua_yield(L, 0);
        return;
    }
    watch_push_message(L);
    lua_error(L);
}

/* The only call into Lua that a signal handler may make. */
static void set_hook(lua_State *co)
{
    lua_sethook(co, end_slice, LUA_MASKCALL | LUA_MASKCOUNT, 1);
}

static void clear_hook(lua_State *co)
{
    if (lua_gethook(co) == end_slice)
        lua_sethook(co, NULL, 0, 0);
}

void watch_interrupt(enum watch_cause cause)
{
    if (innermost == NULL)
        return;
    if (interrupted_by == WATCH_NONE)
        interrupted_by = (sig_atomic_t)cause;
    for (struct watch *in = innermost; in != NULL; in = in->outer)
        if (in->co != NULL)
            set_hook(in->co);
}

/* ---- coroutines ---- */

void watch_enter(struct watch *watch, lua_State *co, int resumed)
{
    watch->co = co;
    watch->outer = innermost;
    watch->resumed = resumed;
    innermost = watch;
}

void watch_leave(struct watch *watch)
{
    innermost = watch->outer;
    if (watch->co != NULL)
        clear_hook(watch->co);
}

void watch_forget(const lua_State *co)
{
    for (struct watch *in = innermost; in != NULL; in = in->outer)
        if (in->co == co)
            in->co = NULL;
}

int watch_fired(void)
{
    return fired;
}

void watch_pause(struct watch_grace *grace, lua_State *co)
{
    grace->fired = fired;
    memcpy(grace->place, fired_at, sizeof grace->place);
    fired = 0;
    clear_hook(co);
}

void watch_resume(const struct watch_grace *grace)
{
    if (!grace->fired)
        return;
    fired = 1;
    memcpy(fired_at, grace->place, sizeof fired_at);
}

/* ---- the main thread's timer ---- */

static void set_timer(int64_t us)
{
    const struct timespec step = { us / US_PER_S, us % US_PER_S * 1000 };
    const struct itimerspec at = { .it_value = step, .it_interval = step };
    if (host.open)
        timer_settime(host.timer, 0, &at, NULL);
}

static void arm_host(void)
{
    host.cpu = thread_cpu_us();
    host.answered = host.silent = host.waiting = 0;
    set_timer(limit_us / STEPS);
}

/* In a signal handler: what may still be called is little. */
static _Noreturn void end_process(void)
{
    static const char text[] =
        "\nstressengine: the suite's script does not come back and cannot be "
        "interrupted: a\n__gc metamethod or a function written in C; given "
        "up\n";
    ssize_t n = write(STDERR_FILENO, text, sizeof text - 1);
    (void)n;
    _exit(host.exit_code);
}

static void watch_host(const struct worker *w)
{
    if (!watch_active(w))
        return;
    if (++host.waiting > HOST_BLOCKED * STEPS)
        end_process();
    if (thread_cpu_us() - host.cpu < limit_us / STEPS)
        return;
    host.cpu += limit_us / STEPS;
    if (++host.silent > HOST_STUCK * STEPS)
        end_process();
    if (host.answered >= STEPS - 1)
        watch_interrupt(WATCH_LIMIT);
    else if (innermost != NULL && innermost->co != NULL)
        set_hook(innermost->co);
}

/* ---- slices ---- */

void watch_begin(struct worker *w, int64_t now)
{
    /* First the number: a signal that was meant for the slice before must
     * not hit this one.  Nobody else writes it. */
    uint64_t slice = atomic_load_explicit(&w->slice, memory_order_relaxed);
    atomic_store_explicit(&w->slice, slice + 1, memory_order_relaxed);
    atomic_signal_fence(memory_order_seq_cst);
    interrupted_by = WATCH_NONE;
    fired = 0;
    atomic_store_explicit(&w->slice_began, now, memory_order_release);
    if (w->index < 0)
        arm_host();
}

enum watch_cause watch_end(struct worker *w)
{
    atomic_store_explicit(&w->slice_began, 0, memory_order_release);
    if (w->index < 0)
        set_timer(0);
    return (enum watch_cause)interrupted_by;
}

int watch_active(const struct worker *w)
{
    return atomic_load_explicit(&w->slice_began, memory_order_relaxed) != 0;
}

/* ---- signals ---- */

static void watch_worker(const struct worker *w)
{
    if (atomic_load(&w->slice) != atomic_load(&w->unwanted))
        return;
    int64_t took = clock_us() - atomic_load(&w->slice_began);
    watch_interrupt(took < limit_us ? WATCH_STOP : WATCH_LIMIT);
}

static void on_signal(int sig)
{
    int before = errno;
    const struct worker *w = own_worker;
    (void)sig;
    if (w != NULL && w->index < 0)
        watch_host(w);
    else if (w != NULL)
        watch_worker(w);
    errno = before;
}

void watch_interrupt_worker(struct worker *w, uint64_t slice)
{
    if (!w->thread_started)
        return;
    atomic_store(&w->unwanted, slice);
    pthread_kill(w->thread, SIGUSR2);
}

/* ---- life ---- */

void watch_open(const struct worker *w)
{
    own_worker = w;
}

static void read_limit(void)
{
    const char *ms = getenv("STRESSENGINE_SLICE_MS");
    long n = ms != NULL ? strtol(ms, NULL, 10) : 0;
    if (n > 0 && n <= 1000 * 1000)
        limit_us = (int64_t)n * US_PER_MS;
}

void watch_open_host(const struct worker *w)
{
    struct sigaction sa = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
    struct sigevent event = { .sigev_notify = SIGEV_THREAD_ID,
                              .sigev_signo = SIGUSR2 };
    read_limit();
    watch_open(w);
    sigemptyset(&sa.sa_mask);
    sigaction(SIGUSR2, &sa, NULL);
    sigaddset(&sa.sa_mask, SIGUSR2);
    pthread_sigmask(SIG_UNBLOCK, &sa.sa_mask, NULL);
    event.sigev_notify_thread_id = getpid(); /* the main thread's number */
    host.open = timer_create(CLOCK_MONOTONIC, &event, &host.timer) == 0;
}

void watch_host_fini(void)
{
    if (host.open)
        timer_delete(host.timer);
    host.open = 0;
    own_worker = NULL;
}

void watch_set_exit_code(int code)
{
    host.exit_code = code;
}
