/* fuzz_http1.c - any bytes as an answer: however they are cut, the outcome is
 * the same, and http1_read.h aborts when a promise of http1.h is broken.
 *
 * The first byte of the input says whether the request was one with HEAD (1)
 * and whether the peer closes at the end (2); the next three are the sizes of
 * the pieces, in turns, less 1 and modulo 32; then come the bytes.  So a seed
 * can be written as text: "3!*?HTTP/1.1 ...".
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/http1_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEADER = 4, WIRE_MAX = 4096 };

static struct guard guard;

/* `sizes`: of three pieces. */
static struct outcome read_cut(const uint8_t *data, size_t len,
                               const size_t sizes[3])
{
    const char *wire = (const char *)data + HEADER;
    struct reader r;
    reader_begin(&r, &guard, data[0] & 1);
    for (size_t at = 0, i = 0; at < len; i = (i + 1) % 3) {
        size_t to = len - at < sizes[i] ? len : at + sizes[i];
        reader_feed(&r, wire, at, to);
        at = to;
    }
    if (data[0] & 2)
        reader_close(&r, len);
    return r.out;
}

static void check(const struct outcome *o, size_t len)
{
    must(o->used <= len && o->head_end <= len && o->error_at <= len);
    must(o->body_len <= len - o->head_end);
    must(o->status == 0 || (o->status >= 100 && o->status <= 999));
    must(o->interims <= HTTP1_INTERIM_MAX);
    must(!o->has_length || !o->chunked);
    must(!o->keep_alive || !o->until_close);
    if (o->state == HTTP1_DONE && o->has_length && o->body_len != 0)
        must(o->body_len == o->length && o->used == o->head_end + o->length);
}

/* What stands around the error must fit into a message. */
static void quote(const uint8_t *data, size_t len, const struct outcome *o)
{
    char out[HTTP1_QUOTE_MAX];
    for (size_t cap = 1; cap <= sizeof out; cap += 19) {
        memset(out, 0x5a, sizeof out);
        http1_quote(out, cap, (const char *)data + HEADER, len, o->error_at);
        must(memchr(out, '\0', cap) != NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const size_t whole[3] = { WIRE_MAX, 1, 1 }, bytes[3] = { 1, 1, 1 };
    if (size < HEADER || size > HEADER + WIRE_MAX)
        return 0;
    if (guard.map == NULL)
        guard = guard_open(WIRE_MAX);
    size_t sizes[3], len = size - HEADER;
    for (int i = 0; i < 3; i++)
        sizes[i] = 1 + data[1 + i] % 32;
    struct outcome a = read_cut(data, len, whole);
    struct outcome b = read_cut(data, len, sizes);
    must(memcmp(&a, &b, sizeof a) == 0);
    b = read_cut(data, len, bytes);
    must(memcmp(&a, &b, sizeof a) == 0);
    check(&a, len);
    quote(data, len, &a);
    return 0;
}
