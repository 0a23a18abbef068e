/* http1.c - begin and end of an answer, the words for its errors, and the
 * classes of bytes.  The rest: http1_head.c, http1_framing.c, http1_body.c. */
#include "net/http1.h"

#include <string.h>

#include "net/http1_internal.h"

/* A name is a token (RFC 9110, 5.6.2); a value has tabs, blanks, what is
 * visible and what is not ASCII. */
enum { T = CLASS_TOKEN | CLASS_VALUE, V = CLASS_VALUE };
const uint8_t http1_class[256] = {
    ['\t'] = V,         [' '] = V,         ['!'] = T,         ['"'] = V,
    ['#' ... '\''] = T, ['('] = V,         [')'] = V,         ['*' ... '+'] = T,
    [','] = V,          ['-' ... '.'] = T, ['/'] = V,         ['0' ... '9'] = T,
    [':' ... '@'] = V,  ['A' ... 'Z'] = T, ['['] = V,         ['\\'] = V,
    [']'] = V,          ['^' ... 'z'] = T, ['{'] = V,         ['|'] = T,
    ['}'] = V,          ['~'] = T,         [128 ... 255] = V,
};

void http1_begin(struct http1 *p, int no_body)
{
    *p = (struct http1){ .no_body = no_body != 0 };
}

bool http1_fail(struct http1 *p, enum http1_error error, size_t at)
{
    p->phase = PHASE_BAD;
    p->keep_alive = false;
    p->error = error;
    p->error_at = at;
    return false;
}

enum http1_state http1_close(struct http1 *p, size_t head_len)
{
    if (p->phase == PHASE_DONE)
        return HTTP1_DONE;
    if (p->phase == PHASE_BAD)
        return HTTP1_BAD;
    if (p->phase >= PHASE_PLAIN) {
        if (p->until_close) {
            p->phase = PHASE_DONE;
            return HTTP1_DONE;
        }
        http1_fail(p, HTTP1_TRUNCATED_BODY, 0);
        return HTTP1_BAD;
    }
    bool empty = head_len == 0 && p->interims == 0;
    http1_fail(p, empty ? HTTP1_EMPTY : HTTP1_TRUNCATED_HEAD, head_len);
    return HTTP1_BAD;
}

/* ---- words ---- */

static const struct {
    const char *name, *text;
} errors[HTTP1_ERRORS] = {
    [HTTP1_FINE] = { "fine", "nothing is wrong" },
    [HTTP1_NOT_HTTP] = { "not_http", "the answer is not HTTP/1" },
    [HTTP1_BAD_VERSION] = { "bad_version",
                            "the version of HTTP is not 1.0 or 1.1" },
    [HTTP1_BAD_STATUS_LINE] = { "bad_status_line",
                                "the status line is not valid" },
    [HTTP1_BAD_STATUS] = { "bad_status",
                           "the status is not a number from 100 to 999" },
    [HTTP1_BAD_HEADER_NAME] = { "bad_header_name",
                                "the name of a header is not valid" },
    [HTTP1_BAD_HEADER_VALUE] = { "bad_header_value",
                                 "a control character in a header" },
    [HTTP1_SPACE_BEFORE_COLON] = { "space_before_colon",
                                   "a blank before the colon of a header" },
    [HTTP1_OBS_FOLD] = { "obs_fold", "a header line that begins with a blank" },
    [HTTP1_BARE_CR] = { "bare_cr",
                        "a carriage return without a line feed in the head" },
    [HTTP1_BAD_LENGTH] = { "bad_length", "Content-Length is not a number" },
    [HTTP1_LENGTH_CONFLICT] = { "length_conflict",
                                "several lengths were given, and they differ" },
    [HTTP1_LENGTH_AND_CHUNKED] = { "length_and_chunked",
                                   "both Content-Length and "
                                   "Transfer-Encoding were given" },
    [HTTP1_BAD_CODING] = { "bad_coding",
                           "a Transfer-Encoding other than chunked, or in "
                           "HTTP/1.0" },
    [HTTP1_LINE_TOO_LONG] = { "line_too_long", "a line is too long" },
    [HTTP1_HEAD_TOO_LONG] = { "head_too_long", "the head is too long" },
    [HTTP1_TOO_MANY_HEADERS] = { "too_many_headers", "too many headers" },
    [HTTP1_TOO_MANY_INTERIM] = { "too_many_interim",
                                 "too many interim answers (1xx)" },
    [HTTP1_BAD_CHUNK_SIZE] = { "bad_chunk_size",
                               "the size of a chunk is not hexadecimal" },
    [HTTP1_CHUNK_TOO_LARGE] = { "chunk_too_large",
                                "the size of a chunk has more than 16 "
                                "digits" },
    [HTTP1_BAD_CHUNK_EXT] = { "bad_chunk_ext",
                              "a control character in a chunk's extension" },
    [HTTP1_BAD_CHUNK_END] = { "bad_chunk_end",
                              "a chunk or its size does not end in CRLF" },
    [HTTP1_BAD_TRAILER] = { "bad_trailer", "a trailer is not valid" },
    [HTTP1_TRAILER_TOO_LONG] = { "trailer_too_long",
                                 "the trailers are too long" },
    [HTTP1_TRUNCATED_HEAD] = { "truncated_head",
                               "the connection was closed within the head" },
    [HTTP1_EMPTY] = { "empty_answer",
                      "the connection was closed without an answer" },
    [HTTP1_TRUNCATED_BODY] = { "truncated_body",
                               "the body is shorter than was declared" },
};

const char *http1_error_name(enum http1_error e)
{
    return errors[e].name;
}

const char *http1_error_text(enum http1_error e)
{
    return errors[e].text;
}

/* ---- quotes ---- */

/* One byte as text; returns its length. */
static size_t spell_byte(char out[4], char c)
{
    static const char hex[] = "0123456789abcdef";
    static const char plain[] = "\r\n\t\\", letters[] = "rnt\\";
    const char *found = c != '\0' ? strchr(plain, c) : NULL;
    out[0] = '\\';
    if (found != NULL) {
        out[1] = letters[found - plain];
        return 2;
    }
    if (c >= ' ' && c <= '~') {
        out[0] = c;
        return 1;
    }
    out[1] = 'x';
    out[2] = hex[(unsigned char)c >> 4];
    out[3] = hex[(unsigned char)c & 15];
    return 4;
}

/* Adds the text if all of it has room before the NUL. */
static bool put(char *out, size_t cap, size_t *len, const char *text, size_t n)
{
    if (*len + n >= cap)
        return false;
    memcpy(out + *len, text, n);
    *len += n;
    return true;
}

char *http1_quote(char *out, size_t cap, const char *bytes, size_t len,
                  size_t at)
{
    enum { BEFORE = 20, ALL = 40 };
    size_t n = 0, from = at > BEFORE ? at - BEFORE : 0;
    if (from > len)
        from = len;
    size_t to = len - from > ALL ? from + ALL : len;
    bool room = from == 0 || put(out, cap, &n, "...", 3);
    for (size_t i = from; i < to && room; i++) {
        char text[4];
        size_t spelt = spell_byte(text, bytes[i]);
        room = put(out, cap, &n, text, spelt);
    }
    if (room && to < len)
        put(out, cap, &n, "...", 3);
    if (cap != 0)
        out[n] = '\0';
    return out;
}
