/* http1.h - reads answers of HTTP/1.0 and HTTP/1.1 (RFC 9112), as they come.
 *
 * Bytes go in; where the head ends, what it says about the connection and
 * which bytes are the body come out.  No I/O, no clock, no memory: nothing is
 * allocated and no byte is copied, so a parser is plain data that its owner
 * embeds, moves and forgets.  It belongs to whoever reads the connection.
 *
 *     struct http1 p;
 *     http1_begin(&p, 0);
 *     do
 *         read more bytes behind the head so far;
 *     while ((got = http1_head(&p, head, len)) == HTTP1_MORE);
 *     HTTP1_INTERIM: drop p.head_len bytes, go on with the rest, even if
 *         there is none
 *     HTTP1_HEAD: p.status and the rest are set; the bytes from p.head_len
 *         on go to http1_body() until it says HTTP1_DONE
 *     the peer closed: http1_close() says whether that was the end
 *
 * What always holds:
 *
 * - How the bytes were cut makes no difference: not to the answer, the error
 *   or its place.
 * - An error is found with the first byte that shows it, or for the value of
 *   a header that is read, with the end of its line.
 * - The work is linear, even when the bytes come one by one: a byte of a head
 *   is looked at a few times at most, and a byte of a body never, unless it
 *   is framing or trailer.
 * - No byte past `len` is looked at.
 * - After HTTP1_DONE and HTTP1_BAD the same is said again, and nothing is
 *   used.
 *
 * Values of headers are not kept: http_head_find() (net/http.h) finds them in
 * the head.
 *
 * Where it is tolerant: LF alone ends a line of the head; up to two empty
 * lines may come before the status line; the reason may be missing, with the
 * blank before it; bytes from 0x80 on may stand in values and in the reason;
 * HTTP/1.2 and later are read as 1.1; a status may be anything from 100 to
 * 999; equal lengths may be given more than once; a list may have empty
 * elements.
 *
 * Where it is strict, because software disagrees there and a length read
 * wrongly spoils all answers after it: everything in chunked framing,
 * trailers included, where LF alone is refused (why that is meant, says the
 * answer to erratum 7633); line folding (which the RFC wants a client to undo);
 * a length beside chunked coding (where the RFC lets chunked win); chunked
 * coding in HTTP/1.0; any coding but chunked, for none was asked for.
 */
#ifndef NET_HTTP1_H
#define NET_HTTP1_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HTTP1_LINE_MAX = 64 << 10,   /* a line of the head, its end included */
    HTTP1_HEAD_MAX = 256 << 10,  /* all lines of a head */
    HTTP1_HEADERS_MAX = 200,     /* header lines */
    HTTP1_INTERIM_MAX = 16,      /* heads before the answer's own */
    HTTP1_BLANK_MAX = 2,         /* empty lines before a status line */
    HTTP1_CHUNK_DIGITS = 16,     /* of a size, leading zeros included */
    HTTP1_CHUNK_LINE_MAX = 4096, /* a size with its extensions and CRLF */
    HTTP1_TRAILER_MAX = 64 << 10 /* all trailers */
};

enum http1_state {
    HTTP1_MORE,    /* all bytes are taken, and more are needed */
    HTTP1_INTERIM, /* a head with status 1xx; another head follows */
    HTTP1_HEAD,    /* the answer's head */
    HTTP1_PIECE,   /* a piece of the body; call again */
    HTTP1_DONE,    /* the answer is complete */
    HTTP1_BAD      /* see `error`; the connection is of no further use */
};

enum http1_error {
    HTTP1_FINE,
    HTTP1_NOT_HTTP,           /* does not begin with "HTTP/" */
    HTTP1_BAD_VERSION,        /* not 1.x */
    HTTP1_BAD_STATUS_LINE,    /* its blanks, or control characters in it */
    HTTP1_BAD_STATUS,         /* not three digits, or below 100 */
    HTTP1_BAD_HEADER_NAME,    /* none, no colon, or not a token */
    HTTP1_BAD_HEADER_VALUE,   /* NUL and other control characters */
    HTTP1_SPACE_BEFORE_COLON, /* a blank in or after a name */
    HTTP1_OBS_FOLD,           /* a line that begins with a blank */
    HTTP1_BARE_CR,            /* in the head */
    HTTP1_BAD_LENGTH,         /* not digits only, or 2^64 and more */
    HTTP1_LENGTH_CONFLICT,    /* several that differ */
    HTTP1_LENGTH_AND_CHUNKED,
    HTTP1_BAD_CODING, /* not "chunked" once, or in HTTP/1.0 */
    HTTP1_LINE_TOO_LONG,
    HTTP1_HEAD_TOO_LONG,
    HTTP1_TOO_MANY_HEADERS,
    HTTP1_TOO_MANY_INTERIM,
    HTTP1_BAD_CHUNK_SIZE,  /* not hexadecimal digits */
    HTTP1_CHUNK_TOO_LARGE, /* too many digits */
    HTTP1_BAD_CHUNK_EXT,   /* control characters */
    HTTP1_BAD_CHUNK_END,   /* no CRLF where a size or a chunk ends */
    HTTP1_BAD_TRAILER,
    HTTP1_TRAILER_TOO_LONG,
    HTTP1_TRUNCATED_HEAD, /* closed before its end */
    HTTP1_EMPTY,          /* closed before its first byte */
    HTTP1_TRUNCATED_BODY,
    HTTP1_ERRORS
};

struct http1 {
    /* Of the last head that was complete, INTERIM or HEAD. */
    uint64_t length; /* Content-Length, if has_length */
    size_t head_len; /* bytes, with what came before the status line */
    int status;
    uint8_t minor; /* of HTTP/1.minor */

    /* May the connection carry another request once the answer is DONE?
     * Not when the server said so, not after an answer that its close ends,
     * nor after 101, nor after an error. */
    bool keep_alive;
    bool upgraded; /* 101: what follows is not HTTP; there is no body */

    /* What the head says, also where no body follows (304, HEAD); for 1xx and
     * 204 they are 0, whatever it says. */
    bool has_length;
    bool chunked;
    bool until_close;  /* the close ends the body */
    bool sets_cookies; /* there is a Set-Cookie */

    /* After HTTP1_BAD.  The place is an offset in the bytes of the call that
     * found it: the byte that cannot be, or for what is too long or too many
     * in a head the begin of the line; for a close in a head its length. */
    enum http1_error error;
    size_t error_at;

    /* private */
    uint64_t left;              /* of the body or the chunk */
    uint32_t at, line, colon;   /* offsets in the head; 0: no colon yet */
    uint32_t count;             /* bytes of a chunk's line, or of trailers */
    uint16_t headers;           /* lines so far */
    uint8_t phase;              /* enum http1_phase */
    uint8_t interims, blanks;   /* heads and lines so far */
    bool no_body;               /* the answer to HEAD */
    bool said_close, said_keep; /* "Connection" did */
};

/* Before each answer.  `no_body`: to a request with HEAD. */
void http1_begin(struct http1 *p, int no_body);

/* Takes the head so far: `head` is its first byte, `len` no less than at the
 * last call.  The bytes need not be where they were, but must be the same.
 * Says MORE, INTERIM, HEAD or BAD; after HEAD, HEAD again. */
enum http1_state http1_head(struct http1 *p, const char *head, size_t len);

/* Takes bytes of the body, each once.  Sets *used, and for PIECE *piece and
 * *piece_len: bytes within `in`, one or more, as many as there are in a row.
 * Says PIECE, MORE (all are used), DONE (what is not used is not part of the
 * answer) or BAD (with *used == error_at).  An answer without a body is DONE
 * at the first call, which may be one without bytes. */
enum http1_state http1_body(struct http1 *p, const char *in, size_t len,
                            size_t *used, const char **piece,
                            size_t *piece_len);

/* The peer closed, and all bytes were handed in.  `head_len`: the bytes of
 * the head so far, if its end was not seen.  Says DONE if the answer was
 * complete or its body is one that the close ends; else BAD. */
enum http1_state http1_close(struct http1 *p, size_t head_len);

/* "length_conflict", for statistics; "fine" for HTTP1_FINE. */
const char *http1_error_name(enum http1_error e);

/* "several lengths were given, and they differ", for people. */
const char *http1_error_text(enum http1_error e);

/* Writes some 40 bytes from around `at`, for a message: what is not printable
 * ASCII as \r, \n, \t or \x15, a backslash as \\, and "..." where bytes were
 * left out.  HTTP1_QUOTE_MAX bytes always suffice for it; with fewer `cap` the
 * end is cut between two characters.  Returns `out`, with a NUL. */
enum { HTTP1_QUOTE_MAX = 40 * 4 + 2 * 3 + 1 };
char *http1_quote(char *out, size_t cap, const char *bytes, size_t len,
                  size_t at);

#endif
