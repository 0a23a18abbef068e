/* http1_read.h - reads an answer with net/http1.h as a client does, in pieces.
 *
 *     struct reader r;
 *     reader_begin(&r, &guard, no_body);
 *     reader_feed(&r, bytes, 0, 10);      -- these have come
 *     reader_feed(&r, bytes, 10, 25);     -- then these
 *     reader_close(&r, 25);               -- then the peer closed
 *
 * All that is given to the parser lies before a page that cannot be read, at
 * ever other addresses, and the parser itself moves before each call.  What a
 * parser must never do ends the program at once, so that a fuzzer sees it.
 */
#ifndef TESTS_HTTP1_READ_H
#define TESTS_HTTP1_READ_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "guard.h"
#include "net/http1.h"

enum { READ_BODY_MAX = 64 };

/* All zero at first, also between its fields, so memcmp() compares two. */
struct outcome {
    enum http1_state state; /* MORE, DONE or BAD */
    enum http1_error error;
    size_t error_at; /* from the very first byte on, as what follows */
    size_t used;     /* where the answer ended, if DONE */
    size_t head_end; /* of the last complete head */
    uint64_t length;
    uint64_t body_len, body_hash;
    int status, minor, interims;
    int keep_alive, upgraded, has_length, chunked, until_close;
    char body[READ_BODY_MAX]; /* its begin, with a NUL */
};

struct reader {
    struct http1 p[2]; /* one is in use */
    int turn;
    struct guard *guard;
    size_t head_from; /* where the head began that is being read */
    int in_body;
    struct outcome out;
};

static inline void must(int holds)
{
    if (!holds)
        abort();
}

static inline void reader_begin(struct reader *r, struct guard *g, int no_body)
{
    memset(r, 0, sizeof *r);
    memset(r->p, 0x5a, sizeof r->p);
    http1_begin(&r->p[0], no_body);
    r->guard = g;
    r->out.body_hash = 14695981039346656037u;
}

/* The parser, at another place than before. */
static inline struct http1 *reader_move(struct reader *r)
{
    struct http1 *from = &r->p[r->turn];
    r->turn = !r->turn;
    struct http1 *to = &r->p[r->turn];
    *to = *from;
    memset(from, 0x5a, sizeof *from);
    return to;
}

static inline void reader_note_head(struct reader *r, const struct http1 *p)
{
    struct outcome *o = &r->out;
    r->head_from += p->head_len;
    o->head_end = r->head_from;
    o->length = p->length;
    o->status = p->status;
    o->minor = p->minor;
    o->keep_alive = p->keep_alive;
    o->upgraded = p->upgraded;
    o->has_length = p->has_length;
    o->chunked = p->chunked;
    o->until_close = p->until_close;
}

static inline void reader_note_piece(struct reader *r, const char *s, size_t n)
{
    struct outcome *o = &r->out;
    for (size_t i = 0; i < n; i++) {
        if (o->body_len < READ_BODY_MAX - 1)
            o->body[o->body_len] = s[i];
        o->body_hash = (o->body_hash ^ (unsigned char)s[i]) * 1099511628211u;
        o->body_len++;
    }
}

/* The end, which must be said again however often one asks; `from` is the
 * offset of what the last call was given. */
static inline void reader_end(struct reader *r, struct http1 *p,
                              enum http1_state got, size_t from)
{
    static const char text[] = "\r\n\r\n0\r\n\r\n";
    struct outcome *o = &r->out;
    const char *piece;
    size_t used, len;
    o->state = got;
    o->error = p->error;
    must((got == HTTP1_BAD) == (p->error != HTTP1_FINE));
    must(p->error < HTTP1_ERRORS);
    if (got == HTTP1_BAD) {
        o->error_at = from + p->error_at;
        must(!p->keep_alive);
        must(http1_head(p, text, sizeof text - 1) == HTTP1_BAD);
    }
    must(http1_body(p, text, sizeof text - 1, &used, &piece, &len) == got);
    must(used == 0);
    must(http1_close(p, 0) == got && p->error == o->error);
}

static inline void reader_body(struct reader *r, const char *s, size_t from,
                               size_t to)
{
    for (;;) {
        struct http1 *p = reader_move(r);
        const char *in = guard_bytes(r->guard, s + from, to - from);
        const char *piece = NULL;
        size_t used = 999, n = 0, len = to - from;
        enum http1_state got = http1_body(p, in, len, &used, &piece, &n);
        must(used <= len);
        if (got == HTTP1_MORE) {
            must(used == len);
            return;
        }
        if (got != HTTP1_PIECE) {
            must(got == HTTP1_DONE || (got == HTTP1_BAD && used < len));
            must(got == HTTP1_DONE || used == p->error_at);
            r->out.used = from + used;
            reader_end(r, p, got, from);
            return;
        }
        must(n > 0 && piece >= in && piece + n == in + used);
        reader_note_piece(r, piece, n);
        from += used;
    }
}

/* Bytes [from, to) of `s` have come. */
static inline void reader_feed(struct reader *r, const char *s, size_t from,
                               size_t to)
{
    while (r->out.state == HTTP1_MORE && !r->in_body) {
        struct http1 *p = reader_move(r);
        size_t len = to - r->head_from;
        const char *head = guard_bytes(r->guard, s + r->head_from, len);
        enum http1_state got = http1_head(p, head, len);
        if (got == HTTP1_MORE)
            return;
        if (got == HTTP1_BAD) {
            must(p->error_at <= len);
            reader_end(r, p, got, r->head_from);
            return;
        }
        must(got == HTTP1_INTERIM || got == HTTP1_HEAD);
        must(p->head_len <= len && p->head_len >= 14);
        must(got != HTTP1_HEAD || http1_head(p, head, len) == HTTP1_HEAD);
        reader_note_head(r, p);
        r->out.interims += got == HTTP1_INTERIM;
        r->in_body = got == HTTP1_HEAD;
        from = r->head_from;
    }
    if (r->out.state == HTTP1_MORE)
        reader_body(r, s, from, to);
}

/* The peer closed after `len` bytes in all. */
static inline void reader_close(struct reader *r, size_t len)
{
    if (r->out.state != HTTP1_MORE)
        return;
    struct http1 *p = reader_move(r);
    enum http1_state got = http1_close(p, r->in_body ? 0 : len - r->head_from);
    must(got == HTTP1_DONE || got == HTTP1_BAD);
    r->out.used = len;
    reader_end(r, p, got, r->in_body ? len : r->head_from);
}

#endif
