/* http1_cases.h - tables of answers, read in all ways to cut them. */
#ifndef TESTS_HTTP1_CASES_H
#define TESTS_HTTP1_CASES_H

#include <stdio.h>

#include "http1_read.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

/* Bytes, NULs included. */
#define W(text) text, sizeof(text) - 1

/* An answer that is fine. */
struct fine_case {
    const char *wire;
    size_t len;
    int status;
    const char *facts; /* k: keep_alive, u: upgraded, c: chunked, l: length,
                          x: until the close, 0: HTTP/1.0 */
    const char *body;
    size_t rest; /* bytes at the end that are not of the answer */
};

/* One that is not. */
struct bad_case {
    const char *wire;
    size_t len;
    enum http1_error error;
    size_t at; /* where the error is found */
};

static struct guard cases_guard;
static const char *cases_wire; /* for messages */
static int cases_head;         /* the request was one with HEAD */

static inline int cases_open(void **state)
{
    (void)state;
    cases_guard = guard_open(512 << 10);
    return 0;
}

static inline int cases_close(void **state)
{
    (void)state;
    guard_close(&cases_guard);
    return 0;
}

/* All that is known after the first `len` bytes came, cut at `cut`, or one by
 * one; and after the close, if `closed`. */
enum { WHOLE = 0, BYTES = -1 };
static inline struct outcome read_cut(size_t len, long cut, int closed)
{
    struct reader r;
    size_t step = cut == BYTES ? 1 : cut == WHOLE ? len : (size_t)cut;
    reader_begin(&r, &cases_guard, cases_head);
    reader_feed(&r, cases_wire, 0, 0);
    for (size_t at = 0; at < len;) {
        size_t to = at + step < len ? at + step : len;
        reader_feed(&r, cases_wire, at, to);
        at = to;
        if (cut > 0)
            step = len;
    }
    if (closed)
        reader_close(&r, len);
    return r.out;
}

static inline void show(const char *what, const struct outcome *o)
{
    print_error("%s: state %d, error %s at %zu, used %zu, status %d, "
                "length %llu, body \"%s\" (%llu)\n",
                what, (int)o->state, http1_error_name(o->error), o->error_at,
                o->used, o->status, (unsigned long long)o->length, o->body,
                (unsigned long long)o->body_len);
}

static inline void say_where(size_t len)
{
    char out[4 * 512 + 8] = "";
    for (size_t at = 20; at < len + 20 && at < 500; at += 40)
        http1_quote(out + strlen(out), sizeof out - strlen(out), cases_wire,
                    len, at);
    print_error("in %zu bytes: %s\n", len, out);
}

static inline void same(const struct outcome *a, const struct outcome *b,
                        size_t len, long cut)
{
    if (memcmp(a, b, sizeof *a) == 0)
        return;
    say_where(len);
    show("whole", a);
    show("cut", b);
    fail_msg("it makes a difference to cut at %ld", cut);
}

/* The outcome of all bytes; that no cut changes it, nor that of a prefix. */
static inline struct outcome read_all_ways(const char *wire, size_t len,
                                           int closed)
{
    cases_wire = wire;
    struct outcome whole = read_cut(len, WHOLE, closed), other;
    for (long cut = 1; cut < (long)len; cut++) {
        other = read_cut(len, cut, closed);
        same(&whole, &other, len, cut);
    }
    for (size_t n = 0; n <= len; n++) {
        struct outcome prefix = read_cut(n, WHOLE, closed);
        other = read_cut(n, BYTES, closed);
        same(&prefix, &other, n, BYTES);
    }
    return whole;
}

static inline void facts_of(const struct outcome *o, char facts[8])
{
    snprintf(facts, 8, "%s%s%s%s%s%s", o->keep_alive ? "k" : "",
             o->upgraded ? "u" : "", o->chunked ? "c" : "",
             o->has_length ? "l" : "", o->until_close ? "x" : "",
             o->minor == 0 ? "0" : "");
}

static inline void check_fine(const struct fine_case *c)
{
    struct outcome got = read_all_ways(c->wire, c->len, 1);
    char facts[8];
    facts_of(&got, facts);
    if (got.state == HTTP1_DONE && got.status == c->status &&
        strcmp(facts, c->facts) == 0 && strcmp(got.body, c->body) == 0 &&
        got.body_len == strlen(c->body) && got.used == c->len - c->rest)
        return;
    say_where(c->len);
    show("got", &got);
    fail_msg("facts %s, not %s; body %s; used %zu, not %zu", facts, c->facts,
             c->body, got.used, c->len - c->rest);
}

/* How many bytes must have come for the error to be found: the one that is
 * wrong, or after CR the next; a value that is read is judged with its line. */
static inline size_t shown_by(const struct bad_case *c)
{
    switch (c->error) {
    case HTTP1_BAD_LENGTH:
    case HTTP1_LENGTH_CONFLICT:
    case HTTP1_LENGTH_AND_CHUNKED:
    case HTTP1_BAD_CODING: {
        const char *lf = memchr(c->wire + c->at, '\n', c->len - c->at);
        return lf != NULL ? (size_t)(lf + 1 - c->wire) : c->len;
    }
    case HTTP1_BARE_CR:
        return c->at + 2;
    default:
        return c->at + 1;
    }
}

/* It is refused at that byte, as soon as can be and not before. */
static inline void check_bad(const struct bad_case *c)
{
    struct outcome got = read_all_ways(c->wire, c->len, 0);
    struct outcome early = read_cut(shown_by(c), WHOLE, 0);
    struct outcome before = read_cut(shown_by(c) - 1, WHOLE, 0);
    if (got.state == HTTP1_BAD && got.error == c->error &&
        got.error_at == c->at && early.state == HTTP1_BAD &&
        before.state == HTTP1_MORE)
        return;
    say_where(c->len);
    show("got", &got);
    show("early", &early);
    show("before", &before);
    fail_msg("not %s at %zu", http1_error_name(c->error), c->at);
}

#endif
