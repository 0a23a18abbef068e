/* buf.h - bytes that grow.
 *
 * A buffer of zeroes is an empty buffer.  The bytes are always followed by a
 * NUL that `len` does not count, once anything was added.  A buffer has a
 * maximum: an append that would pass it adds nothing and returns -1.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stddef.h>

struct buf {
    char *data; /* NULL while nothing was ever added */
    size_t len;
    size_t max; /* 0: BUF_MAX */
    /* private */
    size_t cap;
};

#define BUF_MAX ((size_t)1 << 31)

/* All return 0, or -1 when the maximum forbids it. */
int buf_add(struct buf *b, const void *bytes, size_t len);
int buf_addc(struct buf *b, char c);
int buf_adds(struct buf *b, const char *s);
int buf_addf(struct buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Makes room for `len` more bytes, so that adding them does not move the
 * buffer. */
int buf_reserve(struct buf *b, size_t len);

/* Empties the buffer but keeps its memory, unless it holds more than `keep`
 * bytes: then that goes back too. */
void buf_clear(struct buf *b, size_t keep);

/* Gives the memory back; the buffer is empty and usable after. */
void buf_free(struct buf *b);

/* Hands the bytes to the caller, who frees them; the buffer is empty after.
 * Never NULL. */
char *buf_detach(struct buf *b);

#endif
