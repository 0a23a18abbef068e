/* json_number.h - numbers to text and back, exactly, in any locale.
 *
 * Written floats are the shortest text that reads back as the same float,
 * and always look like floats: 1.0, 1e25.
 */
#ifndef BIND_JSON_NUMBER_H
#define BIND_JSON_NUMBER_H

#include <stddef.h>
#include <stdint.h>

enum { JSON_NUMBER_MAX = 48 };

/* Powers of ten that a double holds exactly: 10^0 to 10^22. */
enum { JSON_EXACT_POWERS = 22 };
extern const double json_power10[JSON_EXACT_POWERS + 1];

/* The double nearest to a text of JSON's grammar for numbers, which the
 * caller has checked; infinite if it is out of range. */
double json_read_double(const char *text, const char *end);

/* Write at most JSON_NUMBER_MAX bytes, without a NUL, and return how many.
 * The double must be finite. */
size_t json_write_double(char *out, double value);
size_t json_write_integer(char *out, int64_t value);

#endif
