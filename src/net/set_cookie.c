/* set_cookie.c - see set_cookie.h */
#include "net/set_cookie.h"

#include <string.h>
#include <strings.h>

/* Max-Age is cut to 400 days, as browsers do. */
enum { AGE_MAX_S = 400 * 24 * 3600 };

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* ---- dates ---- */

struct date {
    int has_time, hour, minute, second;
    int day, month, year; /* day and month from 1; -1: not found yet */
};

static int is_delimiter(char c)
{
    return c == '\t' || (c >= ' ' && c <= '/') || (c >= ';' && c <= '@') ||
           (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
}

/* The number of `min` to `max` digits that the token begins with, which is cut
 * off; -1: there is none, or it is longer. */
static int take_number(struct span *token, size_t min, size_t max)
{
    size_t n = 0;
    int number = 0;
    while (n < token->len && n <= max && is_digit(token->at[n]))
        number = number * 10 + (token->at[n++] - '0');
    if (n < min || n > max)
        return -1;
    token->at += n;
    token->len -= n;
    return number;
}

static int take_colon(struct span *token)
{
    if (token->len == 0 || *token->at != ':')
        return 0;
    token->at++;
    token->len--;
    return 1;
}

static int read_time(struct date *d, struct span token)
{
    int hour = take_number(&token, 1, 2);
    if (hour < 0 || !take_colon(&token))
        return 0;
    int minute = take_number(&token, 1, 2);
    if (minute < 0 || !take_colon(&token))
        return 0;
    int second = take_number(&token, 1, 2);
    if (second < 0)
        return 0;
    d->has_time = 1;
    d->hour = hour;
    d->minute = minute;
    d->second = second;
    return 1;
}

static int month_of(struct span token)
{
    static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";
    for (int i = 0; token.len >= 3 && i < 12; i++) {
        if (strncasecmp(token.at, names + 3 * i, 3) == 0)
            return i + 1;
    }
    return -1;
}

/* Each token is the first thing that is still missing and that it can be. */
static void read_token(struct date *d, struct span token)
{
    struct span rest = token;
    if (!d->has_time && read_time(d, token))
        return;
    if (d->day < 0 && (d->day = take_number(&rest, 1, 2)) >= 0)
        return;
    if (d->month < 0 && (d->month = month_of(token)) >= 0)
        return;
    if (d->year < 0)
        d->year = take_number(&rest, 2, 4);
}

static int days_in_month(int year, int month)
{
    static const int days[] = {
        31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31
    };
    int leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

/* Days from 1970-01-01, of the Gregorian calendar. */
static int64_t days_to(int year, int month, int day)
{
    int64_t years = year - 1;
    int64_t days = years * 365 + years / 4 - years / 100 + years / 400;
    for (int m = 1; m < month; m++)
        days += days_in_month(year, m);
    return days + day - 1 - 719162;
}

static int64_t seconds_to(const struct date *d)
{
    int64_t days = days_to(d->year, d->month, d->day);
    return days * 86400 + d->hour * 3600 + d->minute * 60 + d->second;
}

int cookie_date_parse(const char *text, size_t len, int64_t *out)
{
    struct date d = { .day = -1, .month = -1, .year = -1 };
    for (size_t i = 0, end; i < len; i = end + 1) {
        for (end = i; end < len && !is_delimiter(text[end]);)
            end++;
        if (end > i)
            read_token(&d, (struct span){ text + i, end - i });
    }
    if (!d.has_time || d.day < 0 || d.month < 0 || d.year < 0)
        return -1;
    if (d.year < 100)
        d.year += d.year < 70 ? 2000 : 1900;
    if (d.year < 1601 || d.hour > 23 || d.minute > 59 || d.second > 59 ||
        d.day < 1 || d.day > days_in_month(d.year, d.month))
        return -1;
    *out = seconds_to(&d);
    return 0;
}

/* ---- the header ---- */

static struct span trim(struct span s)
{
    while (s.len > 0 && is_blank(*s.at)) {
        s.at++;
        s.len--;
    }
    while (s.len > 0 && is_blank(s.at[s.len - 1]))
        s.len--;
    return s;
}

/* "a = b" into two; without '=', which it tells, all of it is the first. */
static int split_pair(struct span pair, struct span *name, struct span *value)
{
    const char *equals = memchr(pair.at, '=', pair.len);
    size_t len = equals ? (size_t)(equals - pair.at) : pair.len;
    size_t after = equals ? len + 1 : len;
    *name = trim((struct span){ pair.at, len });
    *value = trim((struct span){ pair.at + after, pair.len - after });
    return equals != NULL;
}

static int is_word(struct span s, const char *word)
{
    return s.len == strlen(word) && strncasecmp(s.at, word, s.len) == 0;
}

/* Seconds, or -1: not a number. Negative ones are 0, which is as far past. */
static int64_t read_age(struct span s)
{
    int64_t age = 0;
    size_t i = s.len > 0 && *s.at == '-', negative = i;
    if (i == s.len)
        return -1;
    for (; i < s.len; i++) {
        if (!is_digit(s.at[i]))
            return -1;
        age = age * 10 + (s.at[i] - '0');
        if (age > AGE_MAX_S)
            age = AGE_MAX_S;
    }
    return negative ? 0 : age;
}

/* The last of each kind counts, but Max-Age before Expires.  All others are
 * passed over: the jar is HTTP's alone, so HttpOnly changes nothing; and no
 * page is open that a request could be foreign to, which SameSite asks. */
static void read_attribute(struct set_cookie *c, int64_t *age, struct span name,
                           struct span value)
{
    if (value.len > COOKIE_ATTRIBUTE_MAX)
        return;
    if (is_word(name, "secure")) {
        c->secure = 1;
    } else if (is_word(name, "path")) {
        int usable = value.len > 0 && *value.at == '/';
        c->path = usable ? value : (struct span){ 0 };
    } else if (is_word(name, "domain")) {
        size_t dot = value.len > 0 && *value.at == '.';
        c->domain = (struct span){ value.at + dot, value.len - dot };
    } else if (is_word(name, "expires")) {
        cookie_date_parse(value.at, value.len, &c->expires_s);
    } else if (is_word(name, "max-age")) {
        int64_t seconds = read_age(value);
        *age = seconds >= 0 ? seconds : *age;
    }
}

static int has_controls(const char *at, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)at[i];
        if ((c < ' ' && c != '\t') || c == 0x7f)
            return 1;
    }
    return 0;
}

/* The text up to the next semicolon, which is passed. */
static struct span take_part(struct span *rest)
{
    const char *semicolon = memchr(rest->at, ';', rest->len);
    size_t len = semicolon ? (size_t)(semicolon - rest->at) : rest->len;
    struct span part = { rest->at, len };
    len += semicolon != NULL;
    rest->at += len;
    rest->len -= len;
    return part;
}

int set_cookie_parse(const char *value, size_t len, int64_t now_s,
                     struct set_cookie *out)
{
    struct set_cookie c = { .expires_s = COOKIE_SESSION };
    struct span rest = { value, len }, name, text;
    int64_t age = -1;
    if (len == 0 || has_controls(value, len) ||
        !split_pair(take_part(&rest), &c.name, &c.value) || c.name.len == 0 ||
        c.name.len + c.value.len > COOKIE_PAIR_MAX)
        return -1;
    while (rest.len > 0) {
        split_pair(take_part(&rest), &name, &text);
        read_attribute(&c, &age, name, text);
    }
    if (age >= 0)
        c.expires_s = age > 0 ? now_s + age : INT64_MIN;
    *out = c;
    return 0;
}
