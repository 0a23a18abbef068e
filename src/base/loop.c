/* loop.c - see loop.h */
#include "base/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

/* ---- the heap: heap[1] is the earliest ---- */

static void place(struct loop *loop, struct timer *t, size_t slot)
{
    loop->heap[slot] = t;
    t->slot = slot;
}

static void sift_up(struct loop *loop, struct timer *t, size_t slot)
{
    while (slot > 1 && t->due < loop->heap[slot / 2]->due) {
        place(loop, loop->heap[slot / 2], slot);
        slot /= 2;
    }
    place(loop, t, slot);
}

static void sift_down(struct loop *loop, struct timer *t, size_t slot)
{
    for (;;) {
        size_t child = slot * 2;
        if (child > loop->heap_len)
            break;
        if (child < loop->heap_len &&
            loop->heap[child + 1]->due < loop->heap[child]->due)
            child++;
        if (t->due <= loop->heap[child]->due)
            break;
        place(loop, loop->heap[child], slot);
        slot = child;
    }
    place(loop, t, slot);
}

int timer_armed(const struct timer *t)
{
    return t->slot != 0;
}

void loop_disarm(struct loop *loop, struct timer *t)
{
    if (t->slot == 0)
        return;
    size_t slot = t->slot;
    struct timer *last = loop->heap[loop->heap_len--];
    t->slot = 0;
    if (last == t)
        return;
    if (slot > 1 && last->due < loop->heap[slot / 2]->due)
        sift_up(loop, last, slot);
    else
        sift_down(loop, last, slot);
}

void loop_arm(struct loop *loop, struct timer *t, int64_t at)
{
    loop_disarm(loop, t);
    t->at = at;
    t->due = at > loop->firing ? at : loop->firing + 1;
    loop->heap = grow(loop->heap, &loop->heap_cap, loop->heap_len + 2,
                      sizeof *loop->heap);
    sift_up(loop, t, ++loop->heap_len);
}

/* Only what is due now: a timer armed meanwhile waits for the next turn, if
 * its time is past as well (loop_arm), so that one that always arms itself
 * at 0 cannot hold the loop. */
void loop_fire(struct loop *loop)
{
    int64_t now = clock_us();
    loop->firing = now;
    while (loop->heap_len > 0 && loop->heap[1]->due <= now) {
        struct timer *t = loop->heap[1];
        loop_disarm(loop, t);
        t->fire(t);
    }
    loop->firing = 0;
}

/* ---- the timerfd ---- */

static void set_timerfd(struct loop *loop, int64_t at)
{
    struct itimerspec spec = { 0 };
    at = at > 0 ? at : 1; /* all zeroes would disarm it */
    spec.it_value.tv_sec = at / US_PER_S;
    spec.it_value.tv_nsec = at % US_PER_S * 1000;
    if (timerfd_settime(loop->timerfd, TFD_TIMER_ABSTIME, &spec, NULL) != 0)
        bug("timerfd_settime");
    loop->armed_at = at;
    loop->rung = 0;
}

/* It has rung and is not set again, which would quiet it too. */
static void quiet(struct loop *loop)
{
    uint64_t expirations;
    if (loop->rung && read(loop->timerfd, &expirations, 8) < 0 &&
        errno != EAGAIN)
        bug("a timerfd cannot be read");
    loop->rung = 0;
}

/* Set too early is harmless: it wakes the loop once, which then sets it
 * right.  So the many timeouts that never come cost no system call. */
static void rearm(struct loop *loop)
{
    if (loop->heap_len == 0) {
        quiet(loop);
        return;
    }
    int64_t at = loop->heap[1]->due;
    if (loop->armed_at == 0 || at < loop->armed_at)
        set_timerfd(loop, at);
}

static void on_timerfd(struct ev_loop *ev, ev_io *io, int revents)
{
    (void)ev;
    (void)revents;
    struct loop *loop = io->data;
    loop->armed_at = 0;
    loop->rung = 1;
    loop_fire(loop);
}

/* ---- the loop ---- */

static void on_prepare(struct ev_loop *ev, ev_prepare *p, int revents)
{
    (void)revents;
    struct loop *loop = p->data;
    loop->turns++;
    if (loop->turn != NULL)
        loop->turn(loop->arg);
    rearm(loop);
    if (loop->quit)
        ev_break(ev, EVBREAK_ALL);
}

static void on_async(struct ev_loop *ev, ev_async *a, int revents)
{
    (void)ev;
    (void)revents;
    struct loop *loop = a->data;
    if (loop->poked != NULL)
        loop->poked(loop->arg);
}

static void on_idle(struct ev_loop *ev, ev_idle *idle, int revents)
{
    (void)ev;
    (void)idle;
    (void)revents;
}

/* libev ends the program when it finds no descriptor for its ev_async. */
static int has_descriptor(void)
{
    int fd = eventfd(0, EFD_CLOEXEC);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

int loop_init(struct loop *loop, void (*turn)(void *), void (*poked)(void *),
              void *arg)
{
    *loop = (struct loop){ .turn = turn, .poked = poked, .arg = arg };
    loop->timerfd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (loop->timerfd < 0)
        return -1;
    /* NOENV: LIBEV_FLAGS in the environment must not choose the backend. */
    loop->ev = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV | EVFLAG_NOSIGMASK);
    if (loop->ev == NULL || !has_descriptor()) {
        if (loop->ev != NULL)
            ev_loop_destroy(loop->ev);
        loop->ev = NULL;
        close(loop->timerfd);
        errno = EMFILE;
        return -1;
    }
    ev_io_init(&loop->timer_io, on_timerfd, loop->timerfd, EV_READ);
    ev_set_priority(&loop->timer_io, EV_MAXPRI);
    loop->timer_io.data = loop;
    ev_io_start(loop->ev, &loop->timer_io);
    ev_prepare_init(&loop->prepare, on_prepare);
    ev_set_priority(&loop->prepare, EV_MINPRI);
    loop->prepare.data = loop;
    ev_prepare_start(loop->ev, &loop->prepare);
    ev_async_init(&loop->async, on_async);
    loop->async.data = loop;
    ev_async_start(loop->ev, &loop->async);
    ev_idle_init(&loop->idle, on_idle);
    ev_set_priority(&loop->idle, EV_MINPRI);
    return 0;
}

void loop_fini(struct loop *loop)
{
    if (loop->ev == NULL)
        return;
    ev_loop_destroy(loop->ev);
    close(loop->timerfd);
    free(loop->heap);
    loop->ev = NULL;
}

void loop_run(struct loop *loop)
{
    loop->quit = 0;
    ev_run(loop->ev, 0);
}

void loop_quit(struct loop *loop)
{
    loop->quit = 1;
}

void loop_stay(struct loop *loop, int stay)
{
    if (stay && !ev_is_active(&loop->idle))
        ev_idle_start(loop->ev, &loop->idle);
    else if (!stay && ev_is_active(&loop->idle))
        ev_idle_stop(loop->ev, &loop->idle);
}

void loop_poke(struct loop *loop)
{
    ev_async_send(loop->ev, &loop->async);
}
