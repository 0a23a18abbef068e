/* json_number.c - see json_number.h
 *
 * The locale shows only in the decimal point, so no text with a point in it
 * ever goes to strtod, and what snprintf writes there is skipped, whatever
 * it is.
 *
 * Both directions have a short way that rests on one fact: if an integer
 * below 2^53 and a power of ten up to 10^22 are exact, then so is their
 * product or quotient, but for the one correct rounding.
 */
#include "bind/json_number.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* No double needs more digits than 767 to be told from its neighbour's
 * middle; of those past it only matters whether one is not 0. */
enum { DIGITS_MAX = 780 };

const double json_power10[] = {
    1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
};

/* The exponent after 'e', kept where sums with lengths cannot overflow. */
static int64_t read_exponent(const char *p, const char *end)
{
    bool negative = *p == '-';
    if (*p == '-' || *p == '+')
        p++;
    int64_t e = 0;
    for (; p < end && e < INT64_MAX / 100; p++)
        e = e * 10 + (*p - '0');
    return negative ? -e : e;
}

/* Turns 12.50e3 into 1250e1 and has that read. */
double json_read_double(const char *p, const char *end)
{
    char text[DIGITS_MAX + 24];
    size_t n = 0;
    int64_t exponent = 0;
    bool fraction = false, rest = false, negative = *p == '-';
    for (p += negative; p < end && *p != 'e' && *p != 'E'; p++) {
        if (*p == '.') {
            fraction = true;
            continue;
        }
        if (n < DIGITS_MAX) {
            if (n > 0 || *p != '0')
                text[n++] = *p;
            exponent -= fraction;
        } else {
            rest |= *p != '0';
            exponent += !fraction;
        }
    }
    if (n == 0)
        return negative ? -0.0 : 0.0;
    if (rest) {
        text[n++] = '1';
        exponent--;
    }
    if (p < end)
        exponent += read_exponent(p + 1, end);
    if (exponent > 99999 || exponent < -99999)
        exponent = exponent > 0 ? 99999 : -99999;
    snprintf(text + n, sizeof text - n, "e%d", (int)exponent);
    double value = strtod(text, NULL);
    return negative ? -value : value;
}

/* Writes at least `width` digits. */
static size_t write_digits(char *out, uint64_t value, size_t width)
{
    char digits[20];
    size_t n = 0;
    while (value != 0 || n < width) {
        digits[sizeof digits - ++n] = (char)('0' + value % 10);
        value /= 10;
    }
    memcpy(out, digits + sizeof digits - n, n);
    return n;
}

size_t json_write_integer(char *out, int64_t value)
{
    if (value >= 0)
        return write_digits(out, (uint64_t)value, 1);
    *out = '-';
    return 1 + write_digits(out + 1, -(uint64_t)value, 1);
}

/* Values of up to 15 digits with up to 9 decimals, that is nearly all.  The
 * fewest decimals that give the value back are its shortest text, as 15
 * digits tell any two texts apart.  Returns 0 for the others. */
static size_t write_short(char *out, double value)
{
    if (FLT_EVAL_METHOD != 0 || (value != 0 && value < 1e-5))
        return 0;
    for (size_t decimals = 0; decimals <= 9; decimals++) {
        double scaled = value * json_power10[decimals] + 0.5;
        if (scaled >= 1e15)
            return 0;
        uint64_t digits = (uint64_t)scaled;
        if ((double)digits / json_power10[decimals] != value)
            continue;
        uint64_t unit = (uint64_t)json_power10[decimals];
        size_t n = write_digits(out, digits / unit, 1);
        out[n++] = '.';
        return n +
               write_digits(out + n, digits % unit, decimals ? decimals : 1);
    }
    return 0;
}

/* The shortest digits d and exponent e such that 0.d * 10^e is the value.
 * Returns how many digits there are.  15 are right for any text of so many
 * or fewer, but below DBL_MIN there is not that much precision. */
static size_t shortest(double value, char *digits, int *exponent)
{
    for (int precision = value < DBL_MIN ? 1 : 15;; precision++) {
        char text[JSON_NUMBER_MAX];
        snprintf(text, sizeof text, "%.*e", precision - 1, value);
        size_t n = 0;
        const char *p = text;
        for (; *p != 'e'; p++)
            if (*p >= '0' && *p <= '9')
                digits[n++] = *p;
        *exponent = (int)strtol(p + 1, NULL, 10) + 1;
        while (n > 1 && digits[n - 1] == '0')
            n--;
        snprintf(text, sizeof text, "%.*se%d", (int)n, digits,
                 *exponent - (int)n);
        if (precision == 17 || strtod(text, NULL) == value)
            return n;
    }
}

/* Lays out 0.d * 10^e as 1.25e30. */
static size_t write_scientific(char *out, const char *digits, size_t n, int e)
{
    char *p = out;
    *p++ = digits[0];
    if (n > 1) {
        *p++ = '.';
        memcpy(p, digits + 1, n - 1);
        p += n - 1;
    }
    *p++ = 'e';
    return (size_t)(p - out) + json_write_integer(p, e - 1);
}

/* Lays out 0.d * 10^e without an exponent; -5 < e <= 18. */
static size_t write_plain(char *out, const char *digits, size_t n, int e)
{
    char *p = out;
    if (e <= 0) {
        memcpy(p, "0.00000", 7);
        p += 2 - e;
        memcpy(p, digits, n);
        return (size_t)(p - out) + n;
    }
    for (int i = 0; i < e; i++)
        *p++ = i < (int)n ? digits[i] : '0';
    *p++ = '.';
    if ((int)n <= e) {
        *p++ = '0';
        return (size_t)(p - out);
    }
    memcpy(p, digits + e, n - (size_t)e);
    return (size_t)(p - out) + n - (size_t)e;
}

size_t json_write_double(char *out, double value)
{
    char digits[20];
    size_t sign = signbit(value) != 0;
    if (sign)
        *out++ = '-';
    value = fabs(value);
    size_t n = write_short(out, value);
    if (n != 0)
        return sign + n;
    int e;
    n = shortest(value, digits, &e);
    bool plain = e > -5 && e <= 18;
    return sign + (plain ? write_plain(out, digits, n, e)
                         : write_scientific(out, digits, n, e));
}
