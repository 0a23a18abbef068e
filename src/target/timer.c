/* timer.c - see timer.h */
#include "target/timer.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"

/* Linux lets a sleeper oversleep by this much, by default 50 us. */
enum { SLACK_NS = 1000 };

struct entry {
    int64_t due_us;
    uint64_t order; /* of equal times, the first added fires first */
    void *item;
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t thread;
    bool stopped;
    void (*fire)(void *);
    struct entry *heap; /* the earliest is heap[0] */
    size_t len, cap;
    uint64_t added;
} timer = { .lock = PTHREAD_MUTEX_INITIALIZER, .stopped = true };

static bool before(const struct entry *a, const struct entry *b)
{
    return a->due_us != b->due_us ? a->due_us < b->due_us : a->order < b->order;
}

static void push(struct entry e)
{
    timer.heap =
        grow(timer.heap, &timer.cap, timer.len + 1, sizeof *timer.heap);
    size_t i = timer.len++;
    while (i > 0 && before(&e, &timer.heap[(i - 1) / 2])) {
        timer.heap[i] = timer.heap[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    timer.heap[i] = e;
}

static void *pop(void)
{
    void *item = timer.heap[0].item;
    struct entry e = timer.heap[--timer.len];
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < timer.len; i = child) {
        if (child + 1 < timer.len &&
            before(&timer.heap[child + 1], &timer.heap[child]))
            child++;
        if (!before(&timer.heap[child], &e))
            break;
        timer.heap[i] = timer.heap[child];
    }
    timer.heap[i] = e;
    return item;
}

static void wait_until(int64_t us)
{
    struct timespec at = {
        .tv_sec = us / US_PER_S,
        .tv_nsec = us % US_PER_S * 1000,
    };
    pthread_cond_timedwait(&timer.changed, &timer.lock, &at);
}

/* Fires without the lock: firing may take locks that a thread inside
 * timer_add holds. */
static void fire_first(void)
{
    void *item = pop();
    pthread_mutex_unlock(&timer.lock);
    timer.fire(item);
    pthread_mutex_lock(&timer.lock);
}

static void *run(void *arg)
{
    prctl(PR_SET_TIMERSLACK, SLACK_NS, 0, 0, 0);
    pthread_mutex_lock(&timer.lock);
    while (!timer.stopped || timer.len > 0) {
        if (timer.len == 0)
            pthread_cond_wait(&timer.changed, &timer.lock);
        else if (timer.stopped || timer.heap[0].due_us <= clock_us())
            fire_first();
        else
            wait_until(timer.heap[0].due_us);
    }
    pthread_mutex_unlock(&timer.lock);
    return arg;
}

int timer_start(void (*fire)(void *item))
{
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&timer.changed, &attr);
    pthread_condattr_destroy(&attr);
    timer.fire = fire;
    timer.stopped = false;
    if (pthread_create(&timer.thread, NULL, run, NULL) == 0)
        return 0;
    timer.stopped = true;
    pthread_cond_destroy(&timer.changed);
    return -1;
}

void timer_stop(void)
{
    pthread_mutex_lock(&timer.lock);
    timer.stopped = true;
    pthread_cond_signal(&timer.changed);
    pthread_mutex_unlock(&timer.lock);
    pthread_join(timer.thread, NULL);
    pthread_cond_destroy(&timer.changed);
    free(timer.heap);
    timer.heap = NULL;
    timer.cap = 0;
}

int timer_add(int64_t due_us, void *item)
{
    int result = -1;
    pthread_mutex_lock(&timer.lock);
    if (!timer.stopped) {
        push((struct entry){ due_us, timer.added++, item });
        if (timer.heap[0].item == item)
            pthread_cond_signal(&timer.changed);
        result = 0;
    }
    pthread_mutex_unlock(&timer.lock);
    return result;
}
