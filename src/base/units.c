/* units.c - see units.h */
#include "base/units.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct unit {
    const char *name;
    double size;
};

/* Longer names first where one begins another. */
static const struct unit time_units[] = {
    { "ms", 1e3 },  { "us", 1 },      { "\xc2\xb5s", 1 },
    { "ns", 1e-3 }, { "s", 1e6 },     { "m", 6e7 },
    { "h", 3.6e9 }, { "d", 8.64e10 }, { NULL, 0 },
};

static const struct unit byte_units[] = {
    { "KiB", 1024 }, { "MiB", 1048576 }, { "GiB", 1073741824 },
    { "kB", 1e3 },   { "KB", 1e3 },      { "MB", 1e6 },
    { "GB", 1e9 },   { "k", 1e3 },       { "M", 1e6 },
    { "G", 1e9 },    { "B", 1 },         { NULL, 0 },
};

static const struct unit *find_unit(const struct unit *units, const char *s)
{
    for (; units->name != NULL; units++)
        if (strncmp(s, units->name, strlen(units->name)) == 0)
            return units;
    return NULL;
}

/* A plain decimal at *s, moving *s behind it.  strtod alone would also take
 * "inf", "nan", hexadecimal and leading blanks. */
static int take_decimal(const char **s, double *value)
{
    size_t digits = strspn(*s, "0123456789.");
    if (digits == 0 || digits > 40)
        return -1;
    char *end;
    *value = strtod(*s, &end);
    if (end != *s + digits)
        return -1;
    *s = end;
    return 0;
}

int parse_duration(const char *text, int64_t *us)
{
    const char *s = text;
    double total = 0, n;
    while (*s != '\0') {
        const char *part = s;
        if (take_decimal(&s, &n) != 0)
            return -1;
        if (*s == '\0' && part == text) { /* a bare number: seconds */
            total = n * 1e6;
            break;
        }
        const struct unit *unit = find_unit(time_units, s);
        if (unit == NULL)
            return -1;
        s += strlen(unit->name);
        total += n * unit->size;
    }
    if (s == text || !(total < 9.2e18))
        return -1;
    *us = (int64_t)llround(total);
    return 0;
}

int parse_bytes(const char *text, double *bytes)
{
    const char *s = text;
    double n;
    if (take_decimal(&s, &n) != 0)
        return -1;
    s += strspn(s, " ");
    if (*s != '\0') {
        const struct unit *unit = find_unit(byte_units, s);
        if (unit == NULL || s[strlen(unit->name)] != '\0')
            return -1;
        n *= unit->size;
    }
    *bytes = n;
    return 0;
}

int parse_number(const char *text, double *value)
{
    if (text[0] == '\0' || strspn(text, "+-.0123456789eE") != strlen(text))
        return -1;
    char *end;
    double n = strtod(text, &end);
    if (*end != '\0' || end == text || !isfinite(n))
        return -1;
    *value = n;
    return 0;
}

int parse_integer(const char *text, int64_t min, int64_t max, int64_t *value)
{
    if (text[0] == '\0' || strspn(text, "-0123456789") != strlen(text))
        return -1;
    char *end;
    errno = 0;
    long long n = strtoll(text, &end, 10);
    if (errno != 0 || *end != '\0' || end == text || n < min || n > max)
        return -1;
    *value = n;
    return 0;
}

/* Whole seconds, from a minute on. */
static void format_clock(char *out, size_t size, double us)
{
    const char *sign = us < 0 ? "-" : "";
    int64_t s = (int64_t)llround(fabs(us) / 1e6);
    int second = (int)(s % 60), minute = (int)(s / 60 % 60);
    if (s < 3600)
        snprintf(out, size, "%s%dm%02ds", sign, minute, second);
    else
        snprintf(out, size, "%s%lldh%02dm%02ds", sign, (long long)(s / 3600),
                 minute, second);
}

char *format_duration(char *out, size_t size, double us)
{
    double a = fabs(us);
    if (a == 0)
        snprintf(out, size, "0s");
    else if (a < 999.5)
        snprintf(out, size, "%.0fus", us);
    else if (a < 99995)
        snprintf(out, size, "%.2fms", us / 1e3);
    else if (a < 999950)
        snprintf(out, size, "%.1fms", us / 1e3);
    else if (a < 59.995e6)
        snprintf(out, size, "%.2fs", us / 1e6);
    else if (a < 1e19)
        format_clock(out, size, us);
    else /* no duration at all: nan, inf */
        snprintf(out, size, "%gs", us / 1e6);
    return out;
}

char *format_bytes(char *out, size_t size, double bytes)
{
    static const char *const units[] = { "B", "kB", "MB", "GB", "TB" };
    int i = 0;
    while (fabs(bytes) >= (i == 0 ? 999.5 : 999.95) && i < 4) {
        bytes /= 1e3;
        i++;
    }
    snprintf(out, size, i == 0 ? "%.0f %s" : "%.1f %s", bytes, units[i]);
    return out;
}

char *format_count(char *out, size_t size, double n)
{
    if (n != floor(n) && fabs(n) < 100) {
        snprintf(out, size, "%.2f", n);
        return out;
    }
    if (!(fabs(n) < 1e15)) { /* too long to read, or no number */
        snprintf(out, size, "%.3g", n);
        return out;
    }
    char digits[UNITS_TEXT_MAX];
    int len = snprintf(digits, sizeof digits, "%.0f", fabs(n));
    size_t o = 0;
    if (n <= -0.5 && size > 1)
        out[o++] = '-';
    for (int i = 0; i < len && o + 2 < size; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            out[o++] = ',';
        out[o++] = digits[i];
    }
    out[o] = '\0';
    return out;
}
