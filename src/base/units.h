/* units.h - durations, sizes and numbers as people write and read them.
 *
 * All parsers take the whole text or nothing: 0 on success, -1 otherwise,
 * with the result unchanged.
 */
#ifndef BASE_UNITS_H
#define BASE_UNITS_H

#include <stddef.h>
#include <stdint.h>

/* "250ms", "1m30s", "1.5h", "2d", "10us"; a bare number is seconds.  Never
 * negative; the largest is about 290,000 years.  Result in microseconds. */
int parse_duration(const char *text, int64_t *us);

/* "10", "1.5kB", "1MiB"; kB is 1000 and KiB is 1024.  Result in bytes. */
int parse_bytes(const char *text, double *bytes);

/* A finite decimal number, with sign, fraction and exponent. */
int parse_number(const char *text, double *value);

/* A decimal integer within [min, max]. */
int parse_integer(const char *text, int64_t min, int64_t max, int64_t *value);

/* "812.3ms", "1.40s", "2m05s", "45us": three to four digits.  Returns out. */
char *format_duration(char *out, size_t size, double us);

/* "512 B", "1.4 kB", "3.2 MB".  Returns out. */
char *format_bytes(char *out, size_t size, double bytes);

/* "12,345"; fractions are kept for numbers below 100.  Returns out. */
char *format_count(char *out, size_t size, double n);

enum { UNITS_TEXT_MAX = 32 };

#endif
