/* base64.c - see base64.h */
#include "base/base64.h"

#include <stdint.h>
#include <string.h>

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(struct buf *out, const void *bytes, size_t len)
{
    const unsigned char *p = bytes;
    for (size_t i = 0; i < len; i += 3) {
        size_t left = len - i;
        uint32_t group = (uint32_t)p[i] << 16;
        if (left > 1)
            group |= (uint32_t)p[i + 1] << 8;
        if (left > 2)
            group |= p[i + 2];
        char four[4] = {
            alphabet[group >> 18],
            alphabet[group >> 12 & 63],
            left > 1 ? alphabet[group >> 6 & 63] : '=',
            left > 2 ? alphabet[group & 63] : '=',
        };
        buf_add(out, four, sizeof four);
    }
}

/* The value of a digit, or -1. */
static int digit(char c)
{
    const char *at = c != '\0' ? strchr(alphabet, c) : NULL;
    return at != NULL ? (int)(at - alphabet) : -1;
}

/* Decodes one group of four, of which `digits` are not padding. */
static int decode_group(struct buf *out, const char *four, size_t digits)
{
    uint32_t group = 0;
    for (size_t i = 0; i < 4; i++) {
        int value = i < digits ? digit(four[i]) : 0;
        if (value < 0)
            return -1;
        group = group << 6 | (uint32_t)value;
    }
    unsigned char three[3] = { (unsigned char)(group >> 16),
                               (unsigned char)(group >> 8),
                               (unsigned char)group };
    return buf_add(out, three, digits - 1);
}

int base64_decode(struct buf *out, const char *text, size_t len)
{
    if (len % 4 != 0)
        return -1;
    for (size_t i = 0; i < len; i += 4) {
        size_t digits = 4;
        if (i + 4 == len && text[i + 3] == '=')
            digits = text[i + 2] == '=' ? 2 : 3;
        if (decode_group(out, text + i, digits) != 0)
            return -1;
    }
    return 0;
}
