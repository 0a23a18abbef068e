/* fuzz_units.c - any text given to the parsers of units.h: what is accepted
 * must be in range, what is refused must change nothing; and any number given
 * to what writes them. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int true_)
{
    if (!true_)
        abort();
}

static void try_parsers(const char *text)
{
    int64_t us = -42, n = -42;
    double bytes = -42, number = -42;
    must(parse_duration(text, &us) == 0 ? us >= 0 : us == -42);
    must(parse_bytes(text, &bytes) == 0 ? bytes >= 0 && isfinite(bytes)
                                        : bytes == -42);
    if (parse_number(text, &number) == 0)
        must(isfinite(number));
    else
        must(number == -42);
    must(parse_integer(text, -10, 1000, &n) == 0 ? n >= -10 && n <= 1000
                                                 : n == -42);
}

static void try_writers(double n, size_t size)
{
    char *out = malloc(size);
    must(out != NULL);
    must(strlen(format_duration(out, size, n)) < size);
    must(strlen(format_bytes(out, size, n)) < size);
    must(strlen(format_count(out, size, n)) < size);
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    must(text != NULL);
    if (size != 0)
        memcpy(text, data, size);
    text[size] = '\0';
    try_parsers(text);
    free(text);
    if (size >= 9) {
        double n;
        memcpy(&n, data, sizeof n);
        try_writers(n, 1 + data[8] % 64);
        try_writers(n, UNITS_TEXT_MAX);
    }
    return 0;
}
