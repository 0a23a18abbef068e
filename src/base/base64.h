/* base64.h - RFC 4648 base64, with padding.  Any thread. */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include <stddef.h>

#include "base/buf.h"

/* Adds the text of `len` bytes to `out`. */
void base64_encode(struct buf *out, const void *bytes, size_t len);

/* 0, or -1 if the text is not base64; `out` may hold a beginning then. */
int base64_decode(struct buf *out, const char *text, size_t len);

#endif
