/* calculator.h - arithmetic from a text.
 *
 *   + - * / %     from left to right, the last three bind tighter
 *   -x +x         bind tighter than those
 *   x ^ y         binds tightest and from right to left: -2^2 is -4
 *   ( )  3  .5  2.5e3
 *
 * Any thread.
 */
#ifndef TARGET_CALCULATOR_H
#define TARGET_CALCULATOR_H

#include <stddef.h>

/* 0 with the finite result in `*result`; or -1 with a sentence in `why`, and
 * `*result` unchanged. */
int calculate(const char *expression, size_t len, double *result, char *why,
              size_t size);

#endif
