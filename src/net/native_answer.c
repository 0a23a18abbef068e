/* native_answer.c - bytes as an answer; see native_internal.h */
#include <stdio.h>
#include <string.h>

#include "net/native_internal.h"

void native_answer_begin(struct conn *conn)
{
    http1_begin(&conn->parser, (conn->flight->call.req.flags & HTTP_HEAD) != 0);
}

/* ---- errors ---- */

/* Names the offence, with the bytes round it. */
static enum answer offended(struct conn *conn, const char *bytes, size_t len)
{
    struct flight *f = conn->flight;
    const struct http1 *p = &conn->parser;
    char quoted[120] = "";
    if (bytes != NULL)
        http1_quote(quoted, sizeof quoted, bytes, len, p->error_at);
    snprintf(f->error_text, sizeof f->error_text, "%s%s%s",
             http1_error_text(p->error), quoted[0] ? ": " : "", quoted);
    http_fail(f, 1000, http1_error_name(p->error), ORIGIN_SUT, f->error_text);
    return ANSWER_BAD;
}

/* ---- the head ---- */

static void take_head(struct conn *conn)
{
    struct flight *f = conn->flight;
    const struct http1 *p = &conn->parser;
    f->head_done = 1;
    f->cookie_lines = p->sets_cookies;
    f->call.status = p->status;
    f->call.proto = p->minor == 0 ? "HTTP/1.0" : "HTTP/1.1";
    if (native_debug(conn))
        native_print("< ", f->call.head.data, f->call.head.len);
}

static void drop(struct buf *b, size_t n)
{
    memmove(b->data, b->data + n, b->len - n);
    b->len -= n;
}

/* The usual case: the whole head in one piece.  Returns how much of `in` was
 * used, all of it when the head goes on. */
static enum http1_state feed_head(struct conn *conn, const char *in, size_t len,
                                  size_t *used)
{
    struct buf *head = &conn->flight->call.head;
    struct http1 *p = &conn->parser;
    size_t before = head->len;
    if (before > 0)
        buf_add(head, in, len);
    const char *bytes = before > 0 ? head->data : in;
    size_t n = before > 0 ? head->len : len;
    enum http1_state state = http1_head(p, bytes, n);
    switch (state) {
    case HTTP1_MORE:
        if (before == 0)
            buf_add(head, in, len);
        *used = len;
        break;
    case HTTP1_INTERIM:
    case HTTP1_HEAD:
        if (before == 0)
            buf_add(head, in, p->head_len);
        *used = p->head_len - before;
        head->len = p->head_len;
        if (state == HTTP1_INTERIM)
            drop(head, p->head_len);
        break;
    default:
        offended(conn, bytes, n);
    }
    return state;
}

/* ---- the body ---- */

static enum answer keep_piece(struct conn *conn, const char *piece, size_t len)
{
    struct flight *f = conn->flight;
    struct http_call *call = &f->call;
    if (native_debug(conn) > 1)
        native_print("{{ ", piece, len);
    if (call->piece != NULL) {
        call->piece(call, piece, len);
        return ANSWER_MORE;
    }
    if (call->req.flags & HTTP_DISCARD_BODY)
        return ANSWER_MORE;
    /* A server may lie about the length; believe it up to a bound. */
    const struct http1 *p = &conn->parser;
    if (call->body.len == 0 && p->has_length && p->length > len &&
        p->length < 1 << 28)
        buf_reserve(&call->body, (size_t)p->length);
    if (buf_add(&call->body, piece, len) == 0)
        return ANSWER_MORE;
    http_fail(f, 1000, "body_too_large", ORIGIN_SUT,
              "the body is larger than this engine takes");
    return ANSWER_BAD;
}

static enum answer feed_body(struct conn *conn, const char *in, size_t len,
                             size_t *left)
{
    for (;;) {
        const char *piece;
        size_t piece_len, used;
        switch (http1_body(&conn->parser, in, len, &used, &piece, &piece_len)) {
        case HTTP1_PIECE:
            if (keep_piece(conn, piece, piece_len) == ANSWER_BAD)
                return ANSWER_BAD;
            break;
        case HTTP1_MORE:
            return ANSWER_MORE;
        case HTTP1_DONE:
            *left = len - used;
            return ANSWER_DONE;
        default:
            return offended(conn, in, len);
        }
        in += used;
        len -= used;
    }
}

enum answer native_answer_feed(struct conn *conn, const char *in, size_t len,
                               int64_t now, size_t *left)
{
    struct flight *f = conn->flight;
    f->answer_began = 1;
    while (!f->head_done) {
        size_t used = 0;
        if (f->call.times.first_byte == 0)
            f->call.times.first_byte = now;
        enum http1_state state = feed_head(conn, in, len, &used);
        if (state == HTTP1_MORE)
            return ANSWER_MORE;
        if (state == HTTP1_BAD)
            return ANSWER_BAD;
        in += used;
        len -= used;
        if (state == HTTP1_HEAD)
            take_head(conn);
        else
            f->call.times.first_byte = 0; /* of the answer, not of a 1xx */
        if (state == HTTP1_INTERIM && len == 0)
            return ANSWER_MORE;
    }
    return feed_body(conn, in, len, left);
}

enum answer native_answer_end(struct conn *conn)
{
    struct flight *f = conn->flight;
    if (http1_close(&conn->parser, f->call.head.len) == HTTP1_DONE)
        return ANSWER_DONE;
    return offended(conn, NULL, 0);
}
