/* http1_internal.h - what the files of http1.h share. */
#ifndef NET_HTTP1_INTERNAL_H
#define NET_HTTP1_INTERNAL_H

#include <string.h>

#include "net/http1.h"

enum http1_phase {
    PHASE_BEGIN,  /* before or in the first 12 bytes of the status line */
    PHASE_REASON, /* in the rest of the status line */
    PHASE_FIELDS,
    PHASE_INTERIM, /* a head of 1xx was complete */
    /* From here on the head is complete. */
    PHASE_PLAIN, /* a body of `left` bytes */
    PHASE_SIZE,  /* chunked: the digits of a size, */
    PHASE_BLANK, /* blanks after them, */
    PHASE_EXT,
    PHASE_SIZE_LF,
    PHASE_DATA, /* `left` bytes of a chunk, */
    PHASE_DATA_CR,
    PHASE_DATA_LF,
    PHASE_TRAILER, /* at the begin of a line, */
    PHASE_TRAILER_NAME,
    PHASE_TRAILER_VALUE,
    PHASE_TRAILER_LF,
    PHASE_LAST_LF,
    PHASE_DONE,
    PHASE_BAD
};

/* What a byte may be part of: a name, and a value or a reason. */
enum { CLASS_TOKEN = 1, CLASS_VALUE = 2 };
extern const uint8_t http1_class[256];

static inline bool is_token(char c)
{
    return http1_class[(unsigned char)c] & CLASS_TOKEN;
}

static inline bool is_value(char c)
{
    return http1_class[(unsigned char)c] & CLASS_VALUE;
}

static inline bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static inline bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool same_4(const char *s, const char *lower)
{
    uint32_t a, b;
    memcpy(&a, s, sizeof a);
    memcpy(&b, lower, sizeof b);
    return (a | 0x20202020) == b;
}

static inline bool same_8(const char *s, const char *lower)
{
    uint64_t a, b;
    memcpy(&a, s, sizeof a);
    memcpy(&b, lower, sizeof b);
    return (a | 0x2020202020202020) == b;
}

/* Tells whether the `len` bytes of a name or a value are `lower`, 4 to 17
 * letters and '-', in whatever case.  To set that bit in all bytes does no
 * harm: of what may stand there, nothing becomes a letter by it but a letter,
 * and nothing '-' but that.  Inlined, it is a few comparisons of words. */
static inline bool is_word(const char *s, size_t len, const char *lower)
{
    size_t n = strlen(lower);
    if (len != n)
        return false;
    if (n <= 8)
        return same_4(s, lower) && same_4(s + n - 4, lower + n - 4);
    return same_8(s, lower) && same_8(s + n - 8, lower + n - 8) &&
           (n <= 16 || same_4(s + 8, lower + 8));
}

/* Ends all: returns false, for callers that return whether all is well. */
bool http1_fail(struct http1 *p, enum http1_error error, size_t at);

/* The values of the headers that say where the body ends and whether the
 * connection lives on: bytes [from, to) of `s`, blanks around them included;
 * s[to] is the end of the line.  False: http1_fail() was called. */
bool http1_take_length(struct http1 *p, const char *s, size_t from, size_t to);
bool http1_take_coding(struct http1 *p, const char *s, size_t from, size_t to);
void http1_take_connection(struct http1 *p, const char *s, size_t from,
                           size_t to);

/* The head is complete: what follows it? */
enum http1_state http1_frame(struct http1 *p);

/* http1_body() for a chunked body. */
enum http1_state http1_chunked(struct http1 *p, const char *in, size_t len,
                               size_t *used, const char **piece,
                               size_t *piece_len);

#endif
