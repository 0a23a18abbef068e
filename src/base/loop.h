/* loop.h - an event loop with timers that keep their time.
 *
 * libev waits for descriptors; its own timers are not used, because over
 * epoll they fire up to a millisecond late and count from the start of the
 * loop's turn.  Ours are absolute (clock_us), kept in a heap, and driven by
 * one timerfd per loop: about 40 us late on an idle machine.  It is read and
 * armed once per turn, however many timers there are.
 *
 * A loop belongs to the thread that runs it.  Only loop_poke() may be called
 * by others.
 */
#ifndef BASE_LOOP_H
#define BASE_LOOP_H

#include <ev.h>
#include <stddef.h>
#include <stdint.h>

/* Embed it; all zeroes is a timer that is not armed. */
struct timer {
    int64_t at;
    void (*fire)(struct timer *t);
    void *arg;
    /* private */
    int64_t due; /* `at`, unless that was past when it was armed */
    size_t slot; /* 1-based place in the heap, 0: not armed */
};

struct loop {
    struct ev_loop *ev;
    void (*turn)(void *arg); /* called once per turn, before it waits */
    void (*poked)(void *arg);
    void *arg;
    uint64_t turns;
    /* private */
    struct timer **heap;
    size_t heap_len, heap_cap;
    int timerfd;
    int64_t armed_at; /* what the timerfd is set to; 0: disarmed */
    int rung;         /* it is readable */
    int64_t firing;   /* timers up to here are being fired; 0: none */
    int quit;
    ev_io timer_io;
    ev_prepare prepare;
    ev_idle idle; /* active while the loop must not block */
    ev_async async;
};

/* Makes the loop; returns -1 (with errno) when descriptors run out.  `turn`
 * and `poked` may be NULL. */
int loop_init(struct loop *loop, void (*turn)(void *), void (*poked)(void *),
              void *arg);

/* Timers that are still armed are forgotten. */
void loop_fini(struct loop *loop);

/* Runs until loop_quit(). */
void loop_run(struct loop *loop);
void loop_quit(struct loop *loop);

/* Calls fire(t) once `at` (clock_us) has come; arms it anew when it was armed
 * already.  A time in the past fires in the next turn. */
void loop_arm(struct loop *loop, struct timer *t, int64_t at);
void loop_disarm(struct loop *loop, struct timer *t);
/* From turn(), when it is long: fires the timers that have become due. */
void loop_fire(struct loop *loop);
int timer_armed(const struct timer *t);

/* From turn(): do not wait for events this time, there is more to do. */
void loop_stay(struct loop *loop, int stay);

/* Any thread: makes the loop call poked() soon.  Pokes may merge. */
void loop_poke(struct loop *loop);

#endif
