/* threshold.c - see threshold.h */
#include "stats/threshold.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/spell.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

/* A text being read, and where a complaint about it goes. */
struct scan {
    const char *text;
    const char *at;
    char *err;
    size_t errlen;
};

/* Part of the text as it is shown in a complaint: short and printable. */
struct quote {
    char text[48];
};

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static int is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* One of the bytes that UTF-8 makes characters beyond ASCII of. */
static int is_high(char c)
{
    return (unsigned char)c >= 0x80;
}

static int is_inside(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

static void skip_blanks(struct scan *s)
{
    while (is_blank(*s->at))
        s->at++;
}

/* Columns are characters, so bytes inside one do not count. */
static int column_of(const struct scan *s, const char *at)
{
    int column = 1;
    for (const char *c = s->text; c < at; c++)
        column += !is_inside(*c);
    return column;
}

__attribute__((format(printf, 3, 4))) static int
fail(struct scan *s, const char *at, const char *fmt, ...)
{
    char what[256];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    snprintf(s->err, s->errlen, "column %d: %s", column_of(s, at), what);
    return -1;
}

static struct quote quote(const char *from, size_t len)
{
    struct quote q = { "\"" };
    const size_t most = sizeof q.text - sizeof "\"...\"";
    size_t shown = len;
    if (len > most)
        for (shown = most; shown > 0 && is_inside(from[shown]);)
            shown--;
    for (size_t i = 0; i < shown; i++) {
        unsigned char c = (unsigned char)from[i];
        q.text[i + 1] = c < 0x20 || c == 0x7f ? '?' : from[i];
    }
    snprintf(q.text + 1 + shown, sizeof q.text - 1 - shown, "%s\"",
             shown < len ? "..." : "");
    return q;
}

static struct quote quote_rest(const char *at)
{
    if (*at == '\0')
        return (struct quote){ "the end" };
    return quote(at, strlen(at));
}

/* Words that people write, and what we call that.  What is right is listed as
 * well, so that the nearest of all is found. */
struct guess {
    const char *const *words;
    const char *const *meant;
    size_t n;
};

static const char *guess_meant(const struct guess *g, const char *word,
                               size_t len)
{
    char copy[24];
    if (len >= sizeof copy)
        return NULL;
    memcpy(copy, word, len);
    copy[len] = '\0';
    const char *near = spell_nearest(copy, g->words, g->n);
    for (size_t i = 0; near != NULL && i < g->n; i++)
        if (g->words[i] == near)
            return g->meant[i];
    return NULL;
}

static int is_word(const char *name, const char *at, size_t len)
{
    return strlen(name) == len && memcmp(name, at, len) == 0;
}

/* ---- numbers ---- */

static const char *skip_digits(const char *c)
{
    while (is_digit(*c))
        c++;
    return c;
}

/* Where a number that starts at `c` ends; `c` itself if there is none. */
static const char *number_end(const char *c)
{
    const char *start = c;
    if (*c == '-')
        c++;
    const char *whole = c;
    c = skip_digits(c);
    if (*c == '.' && is_digit(c[1]))
        c = skip_digits(c + 1);
    if (c == whole)
        return start;
    if (*c == 'e' || *c == 'E') {
        const char *power = c + 1 + (c[1] == '+' || c[1] == '-');
        if (is_digit(*power))
            c = skip_digits(power);
    }
    return c;
}

static int take_number(struct scan *s, double *value)
{
    char copy[64];
    const char *start = s->at;
    size_t len = (size_t)(number_end(start) - start);
    if (len == 0)
        return fail(s, start, "expected a number, found %s",
                    quote_rest(start).text);
    if (len >= sizeof copy)
        return fail(s, start, "a number of %zu characters is too long", len);
    /* A copy, since strtod also reads what we do not call a number: 0x1f. */
    memcpy(copy, start, len);
    copy[len] = '\0';
    *value = strtod(copy, NULL);
    if (!isfinite(*value))
        return fail(s, start, "%s is too large", quote(start, len).text);
    s->at += len;
    return 0;
}

/* ---- methods ---- */

static const char *const method_names[] = {
    [TH_COUNT] = "count", [TH_RATE] = "rate", [TH_VALUE] = "value",
    [TH_AVG] = "avg",     [TH_MIN] = "min",   [TH_MAX] = "max",
    [TH_MED] = "med",     [TH_P] = "p",
};

#define METHODS_LISTED "count, rate, value, avg, min, max, med or p(N)"

static const char *const method_words[] = {
    "count",   "rate",   "value",   "avg",     "min",        "max",
    "med",     "p",      "perc",    "pct",     "percentile", "mean",
    "average", "median", "minimum", "maximum", "total",      "sum",
};

static const char *const method_meant[] = {
    "count", "rate", "value", "avg", "min", "max", "med", "p",     "p",
    "p",     "p",    "avg",   "avg", "med", "min", "max", "count", "count",
};

_Static_assert(COUNT_OF(method_words) == COUNT_OF(method_meant),
               "each word has a meaning");

static const struct guess method_guess = {
    method_words,
    method_meant,
    COUNT_OF(method_words),
};

static size_t letters(const char *at)
{
    size_t len = 0;
    while (is_letter(at[len]))
        len++;
    return len;
}

static size_t word_length(const char *at)
{
    size_t len = 0;
    while (is_letter(at[len]) || is_digit(at[len]) || at[len] == '_')
        len++;
    return len;
}

/* The number in "p95", "p_99.9" or "percentile(95)", for a suggestion. */
static void suggest_percent(char *out, size_t size, const char *at)
{
    at += strspn(at, " _(");
    size_t digits = strspn(at, "0123456789.");
    if (digits == 0 || digits > 12)
        snprintf(out, size, "p(95)");
    else
        snprintf(out, size, "p(%.*s)", (int)digits, at);
}

static int unknown_method(struct scan *s, size_t len)
{
    const char *start = s->at, *after = start + letters(start);
    if (len == 0)
        return fail(s, start, "expected %s, found %s", METHODS_LISTED,
                    quote_rest(start).text);
    struct quote word = quote(start, len);
    const char *meant =
        guess_meant(&method_guess, start, (size_t)(after - start));
    char percent[24];
    if (meant != NULL && strcmp(meant, "p") == 0) {
        suggest_percent(percent, sizeof percent, after);
        meant = percent;
    }
    if (meant != NULL)
        return fail(s, start, "%s is not a method; did you mean %s?", word.text,
                    meant);
    return fail(s, start, "%s is not a method; expected %s", word.text,
                METHODS_LISTED);
}

static int parse_percent(struct scan *s, double *percent)
{
    skip_blanks(s);
    if (*s->at != '(')
        return fail(s, s->at, "expected \"(\" after p, as in p(95), found %s",
                    quote_rest(s->at).text);
    s->at++;
    skip_blanks(s);
    const char *start = s->at;
    if (take_number(s, percent) != 0)
        return -1;
    if (!(*percent >= 0 && *percent <= 100))
        return fail(s, start, "the number in p(N) must be between 0 and 100");
    skip_blanks(s);
    if (*s->at != ')')
        return fail(s, s->at, "expected \")\" after the number, found %s",
                    quote_rest(s->at).text);
    s->at++;
    return 0;
}

static int parse_method(struct scan *s, struct threshold_expr *e)
{
    size_t len = word_length(s->at);
    for (size_t i = 0; i < COUNT_OF(method_names); i++) {
        if (is_word(method_names[i], s->at, len)) {
            e->method = (enum threshold_method)i;
            s->at += len;
            return e->method == TH_P ? parse_percent(s, &e->percent) : 0;
        }
    }
    return unknown_method(s, len);
}

/* ---- operators ---- */

static const char *const op_names[] = {
    [OP_GT] = ">",  [OP_GE] = ">=", [OP_LT] = "<",
    [OP_LE] = "<=", [OP_EQ] = "==", [OP_NE] = "!=",
};

#define OPS_LISTED "<, <=, >, >=, ==, === or !="

static const struct {
    const char *written, *meant;
} wrong_ops[] = {
    { "=", "==" },
    { "=<", "<=" },
    { "=>", ">=" },
    { "<>", "!=" },
    { "!==", "!=" },
    { "<<", "<" },
    { ">>", ">" },
    { "!", "!=" },
    { "~=", "!=" },
    { "\xe2\x89\xa4", "<=" },
    { "\xe2\x89\xa5", ">=" },
    { "\xe2\x89\xa0", "!=" },
};

static int unknown_op(struct scan *s, size_t len)
{
    struct quote op = quote(s->at, len);
    for (size_t i = 0; i < COUNT_OF(wrong_ops); i++)
        if (is_word(wrong_ops[i].written, s->at, len))
            return fail(s, s->at, "%s is not an operator; did you mean %s?",
                        op.text, wrong_ops[i].meant);
    return fail(s, s->at, "expected %s, found %s", OPS_LISTED,
                quote_rest(s->at).text);
}

static int parse_op(struct scan *s, enum threshold_op *op)
{
    size_t len = 0;
    while (s->at[len] != '\0' &&
           (strchr("<>=!~", s->at[len]) != NULL || is_high(s->at[len])))
        len++;
    for (size_t i = 0; i < COUNT_OF(op_names); i++) {
        if (is_word(op_names[i], s->at, len)) {
            *op = (enum threshold_op)i;
            s->at += len;
            return 0;
        }
    }
    if (!is_word("===", s->at, len))
        return unknown_op(s, len);
    *op = OP_EQ;
    s->at += len;
    return 0;
}

/* ---- units ---- */

static const struct {
    const char *name;
    enum metric_unit of;
    double size;
} units[] = {
    { "us", UNIT_TIME, 1 },
    { "ms", UNIT_TIME, 1e3 },
    { "s", UNIT_TIME, 1e6 },
    { "m", UNIT_TIME, 6e7 },
    { "h", UNIT_TIME, 3.6e9 },
    { "%", UNIT_SHARE, 1 },
    { "B", UNIT_BYTES, 1 },
    { "kB", UNIT_BYTES, 1e3 },
    { "MB", UNIT_BYTES, 1e6 },
    { "GB", UNIT_BYTES, 1e9 },
    { "KiB", UNIT_BYTES, 1024 },
    { "MiB", UNIT_BYTES, 1048576 },
    { "GiB", UNIT_BYTES, 1073741824 },
};

/* The shown unit of a kind, in the sizes above. */
static const double unit_shown[] = {
    [UNIT_NONE] = 1,
    [UNIT_TIME] = 1e3,
    [UNIT_BYTES] = 1,
    [UNIT_SHARE] = 100,
};

static const char *const units_listed[] = {
    [UNIT_NONE] = "",
    [UNIT_TIME] = "us, ms, s, m or h",
    [UNIT_BYTES] = "B, kB, MB, GB, KiB, MiB or GiB",
    [UNIT_SHARE] = "%",
};

static const char *const unit_words[] = {
    "us",        "ms",          "s",      "m",       "h",      "B",
    "kB",        "MB",          "GB",     "KiB",     "MiB",    "GiB",
    "sec",       "secs",        "min",    "mins",    "second", "minute",
    "hour",      "millisecond", "millis", "msec",    "usec",   "\xc2\xb5s",
    "\xce\xbcs", "microsecond", "bytes",  "percent", "pct",
};

static const char *const unit_meant[] = {
    "us",  "ms",  "s",  "m",  "h",  "B",  "kB", "MB", "GB", "KiB",
    "MiB", "GiB", "s",  "s",  "m",  "m",  "s",  "m",  "h",  "ms",
    "ms",  "ms",  "us", "us", "us", "us", "B",  "%",  "%",
};

_Static_assert(COUNT_OF(unit_words) == COUNT_OF(unit_meant),
               "each word has a meaning");

static const struct guess unit_guess = {
    unit_words,
    unit_meant,
    COUNT_OF(unit_words),
};

static int unknown_unit(struct scan *s, size_t len)
{
    struct quote word = quote(s->at, len);
    const char *meant = guess_meant(&unit_guess, s->at, len);
    if (meant != NULL)
        return fail(s, s->at, "%s is not a unit; did you mean %s?", word.text,
                    meant);
    return fail(s, s->at, "%s is not a unit; expected %s, %s or %s", word.text,
                "us, ms, s, m, h", "%, B, kB, MB, GB", "KiB, MiB, GiB");
}

static int parse_unit(struct scan *s, struct threshold_expr *e)
{
    size_t len = 0;
    while (is_letter(s->at[len]) || s->at[len] == '%' || is_high(s->at[len]))
        len++;
    if (len == 0)
        return 0;
    for (size_t i = 0; i < COUNT_OF(units); i++) {
        if (is_word(units[i].name, s->at, len)) {
            memcpy(e->unit, s->at, len);
            s->at += len;
            return 0;
        }
    }
    return unknown_unit(s, len);
}

/* ---- whole expressions ---- */

int threshold_parse(const char *text, struct threshold_expr *out, char *err,
                    size_t errlen)
{
    struct scan s = { text, text, err, errlen };
    struct threshold_expr e = { .percent = 0 };
    skip_blanks(&s);
    if (parse_method(&s, &e) != 0)
        return -1;
    skip_blanks(&s);
    if (parse_op(&s, &e.op) != 0)
        return -1;
    skip_blanks(&s);
    if (take_number(&s, &e.limit) != 0)
        return -1;
    skip_blanks(&s);
    if (parse_unit(&s, &e) != 0)
        return -1;
    skip_blanks(&s);
    if (*s.at != '\0')
        return fail(&s, s.at, "expected the end after the %s, found %s",
                    e.unit[0] != '\0' ? "unit" : "number",
                    quote_rest(s.at).text);
    *out = e;
    return 0;
}

static const struct {
    unsigned allowed;
    const char *listed;
} methods_of[] = {
    [METRIC_COUNTER] = { 1u << TH_COUNT | 1u << TH_RATE, "count or rate" },
    [METRIC_GAUGE] = { 1u << TH_VALUE | 1u << TH_MIN | 1u << TH_MAX,
                       "value, min or max" },
    [METRIC_RATE] = { 1u << TH_RATE | 1u << TH_COUNT, "rate or count" },
    [METRIC_TREND] = { 1u << TH_AVG | 1u << TH_MIN | 1u << TH_MAX |
                           1u << TH_MED | 1u << TH_P | 1u << TH_COUNT,
                       "avg, min, max, med, p(N) or count" },
};

/* What the method's result is measured in: how many values a trend or a rate
 * has seen is a plain number, whatever they were. */
static enum metric_unit result_unit(enum threshold_method method,
                                    enum metric_kind kind,
                                    enum metric_unit unit)
{
    if (method == TH_COUNT && kind != METRIC_COUNTER)
        return UNIT_NONE;
    return kind == METRIC_RATE ? UNIT_SHARE : unit;
}

static int wrong_unit(const struct threshold_expr *e, enum metric_kind kind,
                      enum metric_unit unit, char *err, size_t errlen)
{
    char method[32];
    threshold_method_name(e, method, sizeof method);
    if (unit == UNIT_NONE)
        snprintf(err, errlen,
                 "%s of this %s is a plain number: leave out the unit \"%s\"",
                 method, metric_kind_name(kind), e->unit);
    else
        snprintf(err, errlen,
                 "the unit \"%s\" does not suit the %s of a %s; use %s",
                 e->unit, method, metric_kind_name(kind), units_listed[unit]);
    return -1;
}

int threshold_suits(const struct threshold_expr *e, enum metric_kind kind,
                    enum metric_unit unit, double *limit, char *err,
                    size_t errlen)
{
    char method[32];
    if ((methods_of[kind].allowed & 1u << e->method) == 0) {
        snprintf(err, errlen, "%s does not suit a %s; use %s",
                 threshold_method_name(e, method, sizeof method),
                 metric_kind_name(kind), methods_of[kind].listed);
        return -1;
    }
    enum metric_unit result = result_unit(e->method, kind, unit);
    if (e->unit[0] == '\0') {
        *limit = e->limit;
        return 0;
    }
    for (size_t i = 0; i < COUNT_OF(units); i++) {
        if (strcmp(units[i].name, e->unit) == 0 && units[i].of == result) {
            /* Divided last: 5 % is then the same double as 0.05. */
            *limit = e->limit * units[i].size / unit_shown[result];
            return 0;
        }
    }
    return wrong_unit(e, kind, result, err, errlen);
}

int threshold_holds(enum threshold_op op, double actual, double limit)
{
    if (isnan(actual)) /* no number meets nothing, not even != */
        return 0;
    switch (op) {
    case OP_GT:
        return actual > limit;
    case OP_GE:
        return actual >= limit;
    case OP_LT:
        return actual < limit;
    case OP_LE:
        return actual <= limit;
    case OP_EQ:
        return actual == limit;
    case OP_NE:
        return actual != limit;
    }
    return 0;
}

const char *threshold_method_name(const struct threshold_expr *e, char *out,
                                  size_t size)
{
    if (e->method == TH_P)
        snprintf(out, size, "p(%.15g)", e->percent);
    else
        snprintf(out, size, "%s", method_names[e->method]);
    return out;
}

const char *threshold_op_name(enum threshold_op op)
{
    return op_names[op];
}

/* ---- selectors ---- */

/* Drops the blanks around s->text[from..to) and ends it with a NUL. */
static char *trim(char *from, char *to)
{
    while (from < to && is_blank(*from))
        from++;
    while (to > from && is_blank(to[-1]))
        to--;
    *to = '\0';
    return from;
}

/* The place in the caller's text of one in the selector's copy. */
static const char *place(const struct scan *s, const struct selector *sel,
                         const char *at)
{
    return s->text + (at - sel->text);
}

static int set_metric(struct scan *s, struct selector *sel, char *end)
{
    char *name = trim(sel->text, end);
    const char *at = place(s, sel, name);
    if (*name == '\0')
        return fail(s, at, "expected the name of a metric");
    if (!metric_name_ok(name))
        return fail(s, at,
                    "%s is not the name of a metric: a letter, then letters, "
                    "digits, \"_\", \"-\" or \".\", at most %d",
                    quote(name, strlen(name)).text, METRIC_NAME_MAX - 1);
    sel->metric = name;
    return 0;
}

static int add_tag(struct scan *s, struct selector *sel, char *from, char *to)
{
    char *key = trim(from, to);
    const char *at = place(s, sel, key);
    struct quote tag = quote(key, strlen(key));
    char *colon = strchr(key, ':');
    if (*key == '\0')
        return fail(s, at, "expected a tag, as in {status:200}");
    if (colon == NULL)
        return fail(s, at, "%s is not a tag; expected name:value, as in %s",
                    tag.text, "{status:200}");
    char *value = trim(colon + 1, to);
    key = trim(key, colon);
    if (*key == '\0')
        return fail(s, at, "the tag %s has no name", tag.text);
    if (*value == '\0')
        return fail(s, at, "the tag %s has no value", tag.text);
    for (int i = 0; i < sel->ntags; i++)
        if (strcmp(sel->tags[i].key, key) == 0)
            return fail(s, at, "the tag %s is there twice",
                        quote(key, strlen(key)).text);
    if (sel->ntags == SELECTOR_TAGS_MAX)
        return fail(s, at, "more than %d tags", SELECTOR_TAGS_MAX);
    sel->tags[sel->ntags].key = key;
    sel->tags[sel->ntags].value = value;
    sel->ntags++;
    return 0;
}

/* Tags end at a comma; the closing brace is the last one of the text, so a
 * value may be a path such as "GET /items/{id}". */
static int set_tags(struct scan *s, struct selector *sel, char *from)
{
    char *end = from + strlen(from), *close = strrchr(from, '}');
    if (close == NULL)
        return fail(s, place(s, sel, end), "expected \"}\" after the tags");
    const char *rest = trim(close + 1, end);
    if (*rest != '\0')
        return fail(s, place(s, sel, rest),
                    "expected the end after \"}\", "
                    "found %s",
                    quote_rest(rest).text);
    for (;;) {
        char *comma = memchr(from, ',', (size_t)(close - from));
        if (add_tag(s, sel, from, comma != NULL ? comma : close) != 0)
            return -1;
        if (comma == NULL)
            return 0;
        from = comma + 1;
    }
}

static int split_selector(struct scan *s, struct selector *sel)
{
    size_t len = strlen(s->text);
    if (len >= sizeof sel->text)
        return fail(s, s->text, "%zu bytes are too long; at most %d", len,
                    SELECTOR_TEXT_MAX - 1);
    memset(sel, 0, sizeof *sel);
    memcpy(sel->text, s->text, len + 1);
    char *open = strchr(sel->text, '{');
    if (set_metric(s, sel, open != NULL ? open : sel->text + len) != 0)
        return -1;
    return open != NULL ? set_tags(s, sel, open + 1) : 0;
}

int selector_parse(const char *text, struct selector *out, char *err,
                   size_t errlen)
{
    struct scan s = { text, text, err, errlen };
    struct selector trial;
    /* Twice, since the pointers would still show into a copy. */
    if (split_selector(&s, &trial) != 0)
        return -1;
    return split_selector(&s, out);
}
