/* http1_framing.c - which bytes are the body, and does the connection live on?
 *
 * The values that decide it, and the decision (RFC 9112, 6.3 and 9.3).
 */
#include <string.h>

#include "net/http1_internal.h"

static size_t skip_blanks(const char *s, size_t at, size_t to)
{
    while (at < to && is_blank(s[at]))
        at++;
    return at;
}

/* ---- Content-Length ---- */

/* Digits up to anything else; at the latest the end of the line. */
static bool take_number(struct http1 *p, const char *s, size_t *at,
                        uint64_t *number)
{
    uint64_t n = 0;
    size_t i = *at;
    for (; is_digit(s[i]); i++)
        if (__builtin_mul_overflow(n, 10, &n) ||
            __builtin_add_overflow(n, (uint64_t)(s[i] - '0'), &n))
            return http1_fail(p, HTTP1_BAD_LENGTH, i);
    if (i == *at)
        return http1_fail(p, HTTP1_BAD_LENGTH, i);
    *at = i;
    *number = n;
    return true;
}

static bool agree_on_length(struct http1 *p, uint64_t n, size_t at)
{
    if (p->has_length && p->length != n)
        return http1_fail(p, HTTP1_LENGTH_CONFLICT, at);
    p->has_length = true;
    p->length = n;
    return true;
}

bool http1_take_length(struct http1 *p, const char *s, size_t from, size_t to)
{
    uint64_t n = 0;
    for (size_t at = from;; at++) {
        at = skip_blanks(s, at, to);
        size_t begin = at;
        if (!take_number(p, s, &at, &n) || !agree_on_length(p, n, begin))
            return false;
        at = skip_blanks(s, at, to);
        if (at == to)
            break;
        if (s[at] != ',')
            return http1_fail(p, HTTP1_BAD_LENGTH, at);
    }
    return !p->chunked || http1_fail(p, HTTP1_LENGTH_AND_CHUNKED, p->line);
}

/* ---- lists of words ---- */

struct word {
    size_t at, len;
};

/* The next element from *from on, which moves to its comma; false: there
 * is none.  Empty ones count for nothing. */
static bool next_word(const char *s, size_t *from, size_t to, struct word *w)
{
    size_t begin = *from;
    while (begin < to && (is_blank(s[begin]) || s[begin] == ','))
        begin++;
    size_t end = begin;
    while (end < to && s[end] != ',')
        end++;
    *from = end;
    while (end > begin && is_blank(s[end - 1]))
        end--;
    *w = (struct word){ begin, end - begin };
    return end != begin;
}

bool http1_take_coding(struct http1 *p, const char *s, size_t from, size_t to)
{
    struct word w;
    if (p->minor == 0)
        return http1_fail(p, HTTP1_BAD_CODING, p->line);
    while (next_word(s, &from, to, &w)) {
        if (p->chunked || !is_word(s + w.at, w.len, "chunked"))
            return http1_fail(p, HTTP1_BAD_CODING, w.at);
        p->chunked = true;
    }
    if (!p->chunked)
        return http1_fail(p, HTTP1_BAD_CODING, p->line);
    return !p->has_length || http1_fail(p, HTTP1_LENGTH_AND_CHUNKED, p->line);
}

/* Tells whether it is an option that matters. */
static bool take_option(struct http1 *p, const char *s, size_t len)
{
    if (is_word(s, len, "keep-alive"))
        return p->said_keep = true;
    if (is_word(s, len, "close"))
        return p->said_close = true;
    return false;
}

void http1_take_connection(struct http1 *p, const char *s, size_t from,
                           size_t to)
{
    struct word w;
    /* Mostly it is one word: then 1253 instructions for a head of five lines
     * become 1142. */
    from = skip_blanks(s, from, to);
    if (take_option(p, s + from, to - from))
        return;
    while (next_word(s, &from, to, &w))
        take_option(p, s + w.at, w.len);
}

/* ---- the decision ---- */

/* What 1xx and 204 say of a body means nothing. */
static void forget_body(struct http1 *p)
{
    p->has_length = p->chunked = false;
    p->length = 0;
}

static bool has_no_body(const struct http1 *p)
{
    return p->no_body || p->status < 200 || p->status == 204 ||
           p->status == 304;
}

static enum http1_phase body_phase(struct http1 *p)
{
    if (has_no_body(p))
        return PHASE_DONE;
    if (p->chunked)
        return PHASE_SIZE;
    if (p->has_length) {
        p->left = p->length;
        return p->length != 0 ? PHASE_PLAIN : PHASE_DONE;
    }
    /* More than any server sends. */
    p->left = UINT64_MAX;
    p->until_close = true;
    p->keep_alive = false;
    return PHASE_PLAIN;
}

enum http1_state http1_frame(struct http1 *p)
{
    p->head_len = p->at;
    p->keep_alive = !p->said_close && (p->minor != 0 || p->said_keep);
    if (p->status < 200 || p->status == 204)
        forget_body(p);
    if (p->status < 200 && p->status != 101) {
        p->interims++;
        p->phase = PHASE_INTERIM;
        return HTTP1_INTERIM;
    }
    if (p->status == 101) {
        p->upgraded = true;
        p->keep_alive = false;
    }
    p->phase = (uint8_t)body_phase(p);
    return HTTP1_HEAD;
}
