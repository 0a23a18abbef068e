/* timer.h - one thread that fires things at absolute times.
 *
 * A heap of due times of the monotonic clock.  Whatever is added is fired
 * exactly once: at its time, or at once when the timer stops.  `fire` runs in
 * the timer's thread and must be short.
 */
#ifndef TARGET_TIMER_H
#define TARGET_TIMER_H

#include <stdint.h>

/* 0, or -1 when the thread cannot be made. */
int timer_start(void (*fire)(void *item));

/* Fires what is left, then ends the thread. */
void timer_stop(void);

/* Any thread.  0, or -1 when the timer is stopped: then `item` is not
 * fired. */
int timer_add(int64_t due_us, void *item);

#endif
