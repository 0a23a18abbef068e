/* clock.h - what time it is, asked in one place.
 *
 * clock_us() is for every measurement and every plan: CLOCK_MONOTONIC, so a
 * difference is a duration and never jumps.  Differences are signed.
 * wall_us() is for printing, for correlating with other machines, and for
 * dates that servers give (cookies).
 *
 * Any thread may call these.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

enum { US_PER_MS = 1000, US_PER_S = 1000000 };

/* Microseconds of the monotonic clock. */
int64_t clock_us(void);

/* Microseconds since 1970 (UTC). */
int64_t wall_us(void);

/* CPU time used so far by the calling thread; a system call of 0.5 us. */
int64_t thread_cpu_us(void);

/* CPU time used so far by the whole process. */
int64_t process_cpu_us(void);

#endif
