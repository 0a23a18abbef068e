/* http1_body.c - the body: of known length, up to the close, or chunked.
 *
 * The framing of chunks is gone through byte by byte, as a piece of it may end
 * anywhere; there are few such bytes beside those of the chunks themselves.
 */
#include "base/mem.h"
#include "net/http1_internal.h"

/* Bytes of the body, as far as they go; `next` is what follows the last. */
static enum http1_state give(struct http1 *p, const char *in, size_t len,
                             size_t *used, const char **piece,
                             size_t *piece_len, enum http1_phase next)
{
    size_t from = *used, n = len - from;
    if (n == 0)
        return HTTP1_MORE;
    if (n > p->left)
        n = (size_t)p->left;
    *piece = in + from;
    *piece_len = n;
    *used = from + n;
    p->left -= n;
    if (p->left == 0)
        p->phase = (uint8_t)next;
    return HTTP1_PIECE;
}

enum http1_state http1_body(struct http1 *p, const char *in, size_t len,
                            size_t *used, const char **piece, size_t *piece_len)
{
    *used = 0;
    switch (p->phase) {
    case PHASE_PLAIN:
        return give(p, in, len, used, piece, piece_len, PHASE_DONE);
    case PHASE_DONE:
        return HTTP1_DONE;
    case PHASE_BAD:
        return HTTP1_BAD;
    case PHASE_BEGIN:
    case PHASE_REASON:
    case PHASE_FIELDS:
    case PHASE_INTERIM:
        bug("a body before the end of the head");
    default:
        return http1_chunked(p, in, len, used, piece, piece_len);
    }
}

/* ---- the framing of chunks ---- */

static void begin_size(struct http1 *p)
{
    p->phase = PHASE_SIZE;
    p->count = 0;
    p->left = 0;
}

/* -1: not a digit. */
static int hex_value(char c)
{
    if (is_digit(c))
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A byte behind the digits or behind blanks after them. */
static enum http1_error end_digits(struct http1 *p, char c)
{
    if (is_blank(c))
        p->phase = PHASE_BLANK;
    else if (c == ';')
        p->phase = PHASE_EXT;
    else if (c == '\r')
        p->phase = PHASE_SIZE_LF;
    else
        return c == '\n' ? HTTP1_BAD_CHUNK_END : HTTP1_BAD_CHUNK_SIZE;
    return HTTP1_FINE;
}

static enum http1_error take_digit(struct http1 *p, char c)
{
    int digit = hex_value(c);
    if (digit < 0)
        return p->count > 1 ? end_digits(p, c) : HTTP1_BAD_CHUNK_SIZE;
    if (p->count > HTTP1_CHUNK_DIGITS)
        return HTTP1_CHUNK_TOO_LARGE;
    p->left = p->left << 4 | (unsigned)digit;
    return HTTP1_FINE;
}

/* Nobody asked for extensions, and quotes in them cannot hide a CRLF: all
 * that matters is where the line ends. */
static enum http1_error take_ext(struct http1 *p, char c)
{
    if (c == '\r')
        p->phase = PHASE_SIZE_LF;
    else if (!is_value(c))
        return c == '\n' ? HTTP1_BAD_CHUNK_END : HTTP1_BAD_CHUNK_EXT;
    return HTTP1_FINE;
}

/* A byte of a size, its extensions and their end. */
static enum http1_error take_size_line(struct http1 *p, char c)
{
    if (p->count++ == HTTP1_CHUNK_LINE_MAX)
        return HTTP1_LINE_TOO_LONG;
    switch (p->phase) {
    case PHASE_SIZE:
        return take_digit(p, c);
    case PHASE_BLANK:
        return end_digits(p, c);
    case PHASE_EXT:
        return take_ext(p, c);
    default: /* PHASE_SIZE_LF */
        if (c != '\n')
            return HTTP1_BAD_CHUNK_END;
        p->phase = p->left != 0 ? PHASE_DATA : PHASE_TRAILER;
        p->count = 0;
        return HTTP1_FINE;
    }
}

static enum http1_error take_data_end(struct http1 *p, char c)
{
    if (c != (p->phase == PHASE_DATA_CR ? '\r' : '\n'))
        return HTTP1_BAD_CHUNK_END;
    if (p->phase == PHASE_DATA_CR)
        p->phase = PHASE_DATA_LF;
    else
        begin_size(p);
    return HTTP1_FINE;
}

/* ---- trailers ---- */

/* The phase that a byte of the trailers leads to. */
static enum http1_phase after_trailer(enum http1_phase phase, char c)
{
    switch (phase) {
    case PHASE_TRAILER:
        if (c == '\r')
            return PHASE_LAST_LF;
        return is_token(c) ? PHASE_TRAILER_NAME : PHASE_BAD;
    case PHASE_TRAILER_NAME:
        if (c == ':')
            return PHASE_TRAILER_VALUE;
        return is_token(c) ? PHASE_TRAILER_NAME : PHASE_BAD;
    case PHASE_TRAILER_VALUE:
        if (c == '\r')
            return PHASE_TRAILER_LF;
        return is_value(c) ? PHASE_TRAILER_VALUE : PHASE_BAD;
    case PHASE_TRAILER_LF:
        return c == '\n' ? PHASE_TRAILER : PHASE_BAD;
    default: /* PHASE_LAST_LF */
        return c == '\n' ? PHASE_DONE : PHASE_BAD;
    }
}

static enum http1_error take_trailer(struct http1 *p, char c)
{
    if (p->count++ == HTTP1_TRAILER_MAX)
        return HTTP1_TRAILER_TOO_LONG;
    enum http1_phase next = after_trailer((enum http1_phase)p->phase, c);
    if (next == PHASE_BAD)
        return HTTP1_BAD_TRAILER;
    p->phase = (uint8_t)next;
    return HTTP1_FINE;
}

/* ---- all of it ---- */

/* A byte that is not of a chunk's data. */
static enum http1_error take_byte(struct http1 *p, char c)
{
    if (p->phase <= PHASE_SIZE_LF)
        return take_size_line(p, c);
    if (p->phase <= PHASE_DATA_LF)
        return take_data_end(p, c);
    return take_trailer(p, c);
}

enum http1_state http1_chunked(struct http1 *p, const char *in, size_t len,
                               size_t *used, const char **piece,
                               size_t *piece_len)
{
    for (; *used < len && p->phase != PHASE_DONE; ++*used) {
        if (p->phase == PHASE_DATA)
            return give(p, in, len, used, piece, piece_len, PHASE_DATA_CR);
        enum http1_error error = take_byte(p, in[*used]);
        if (error != HTTP1_FINE) {
            http1_fail(p, error, *used);
            return HTTP1_BAD;
        }
    }
    return p->phase == PHASE_DONE ? HTTP1_DONE : HTTP1_MORE;
}
