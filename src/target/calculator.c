/* calculator.c - see calculator.h
 *
 * Recursive descent, one function per level of binding.  After the first
 * error all functions return 0 at once, and the error stays.
 */
#include "target/calculator.h"

#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

/* A level of nesting costs five calls on a thread's stack. */
enum { DEPTH_MAX = 200 };

struct parser {
    const char *start, *at, *end; /* *end is a NUL */
    int depth;
    bool failed;
    char *why;
    size_t size;
};

static double sum(struct parser *p);
static double factor(struct parser *p);

static double fail(struct parser *p, const char *what)
{
    if (!p->failed)
        snprintf(p->why, p->size, "%s, at character %d of the expression", what,
                 (int)(p->at - p->start) + 1);
    p->failed = true;
    return 0;
}

static bool take(struct parser *p, char c)
{
    while (p->at < p->end && isspace((unsigned char)*p->at))
        p->at++;
    if (p->failed || p->at == p->end || *p->at != c)
        return false;
    p->at++;
    return true;
}

static const char *skip_digits(const char *s)
{
    while (isdigit((unsigned char)*s))
        s++;
    return s;
}

/* Where the number at `s` ends: strtod alone would take "inf" and "0x1". */
static const char *number_end(const char *s)
{
    const char *e = skip_digits(s);
    if (*e == '.')
        e = skip_digits(e + 1);
    if (*e != 'e' && *e != 'E')
        return e;
    const char *exponent = e + 1;
    if (*exponent == '+' || *exponent == '-')
        exponent++;
    return isdigit((unsigned char)*exponent) ? skip_digits(exponent) : e;
}

static double number(struct parser *p)
{
    const char *at = p->at;
    if (at == p->end)
        return fail(p, "a number is missing");
    if (!isdigit((unsigned char)*at) &&
        !(*at == '.' && isdigit((unsigned char)at[1])))
        return fail(p, "a number was expected");
    char *end;
    double value = strtod(at, &end);
    if (end != number_end(at))
        return fail(p, "this is not a decimal number");
    p->at = end;
    return value;
}

static double primary(struct parser *p)
{
    if (!take(p, '('))
        return p->failed ? 0 : number(p);
    double value = sum(p);
    if (!p->failed && !take(p, ')'))
        return fail(p, "a closing parenthesis is missing");
    return value;
}

static double power(struct parser *p)
{
    double base = primary(p);
    if (!take(p, '^'))
        return base;
    double result = pow(base, factor(p));
    if (!p->failed && isnan(result))
        return fail(p, "this power is not a real number");
    return result;
}

/* Every way to nest comes through here. */
static double factor(struct parser *p)
{
    if (p->depth == DEPTH_MAX)
        return fail(p, "the expression is nested too deeply");
    p->depth++;
    double value;
    if (take(p, '-'))
        value = -factor(p);
    else if (take(p, '+'))
        value = factor(p);
    else
        value = power(p);
    p->depth--;
    return value;
}

static double divide(struct parser *p, double a, double b, bool remainder)
{
    if (!p->failed && b == 0)
        return fail(p, "division by zero");
    return remainder ? fmod(a, b) : a / b;
}

static double product(struct parser *p)
{
    double value = factor(p);
    while (!p->failed) {
        if (take(p, '*'))
            value *= factor(p);
        else if (take(p, '/'))
            value = divide(p, value, factor(p), false);
        else if (take(p, '%'))
            value = divide(p, value, factor(p), true);
        else
            break;
    }
    return value;
}

static double sum(struct parser *p)
{
    double value = product(p);
    while (!p->failed) {
        if (take(p, '+'))
            value += product(p);
        else if (take(p, '-'))
            value -= product(p);
        else
            break;
    }
    return value;
}

int calculate(const char *expression, size_t len, double *result, char *why,
              size_t size)
{
    struct parser p = {
        .start = expression,
        .at = expression,
        .end = expression + len,
        .why = why,
        .size = size,
    };
    double value = sum(&p);
    if (!p.failed && p.at != p.end)
        fail(&p, "an operator was expected");
    if (!p.failed && !isfinite(value))
        fail(&p, "the result is too large");
    if (p.failed)
        return -1;
    *result = value;
    return 0;
}
