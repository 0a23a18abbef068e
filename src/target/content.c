/* content.c - bodies of a given size: /bytes/N, /json/N, and /gzip */
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

#include "base/mem.h"
#include "base/units.h"
#include "target/endpoints.h"
#include "target/reply.h"
#include "target/request.h"

enum {
    PATTERN = 1 << 16,
    BYTES_MAX = 1 << 30,
    JSON_MAX = 64 << 20,
    CACHE_SLOTS = 16, /* of JSON documents, found by N modulo this */
    CACHED_MAX = 1 << 20,
    GZIP_DOCUMENT = 4096,
    RECORD = 54, /* bytes of a record of a JSON document, and its comma */
};

/* Byte i of every /bytes answer is letters[i % 64]. */
static const char letters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static char pattern[PATTERN];

static struct slot {
    uint64_t size;
    struct answer answer;
} cache[CACHE_SLOTS];
static pthread_mutex_t cache_lock = PTHREAD_MUTEX_INITIALIZER;

static struct answer plain, zipped;

/* Fills as much of the buffer as the pattern holds; `pos` may be anything. */
static ssize_t copy_pattern(void *cls, uint64_t pos, char *out, size_t max)
{
    (void)cls;
    size_t phase = (size_t)(pos % (sizeof letters - 1));
    size_t len = PATTERN - phase;
    if (len > max)
        len = max;
    memcpy(out, pattern + phase, len);
    return (ssize_t)len;
}

enum MHD_Result get_bytes(struct request *r)
{
    int64_t len;
    if (parse_integer(r->arg[0], 0, BYTES_MAX, &len) != 0)
        return reply_error(r, MHD_HTTP_BAD_REQUEST,
                           "the size is a number of bytes from 0 to %d",
                           BYTES_MAX);
    if (len <= PATTERN)
        return reply(r, MHD_HTTP_OK,
                     answer_static(pattern, (size_t)len, TYPE_BYTES));
    struct answer a = { .size = (uint64_t)len };
    a.response = MHD_create_response_from_callback((uint64_t)len, PATTERN,
                                                   copy_pattern, NULL, NULL);
    answer_header(&a, MHD_HTTP_HEADER_CONTENT_TYPE, TYPE_BYTES);
    return reply(r, MHD_HTTP_OK, a);
}

static void put_digits(char *out, int digits, uint64_t n)
{
    while (digits-- > 0) {
        out[digits] = (char)('0' + n % 10);
        n /= 10;
    }
}

/* All records are equally long, so their number follows from the size. */
static void add_record(struct buf *b, uint64_t i)
{
    static const char record[] =
        "{\"id\":1234567,\"name\":\"record 1234567\",\"value\":0.1231},";
    enum { ID = 6, NAME = 29, VALUE = 48 };
    /* There is room for all of them: the bytes do not move. */
    char *at = b->data + b->len;
    buf_add(b, record, RECORD);
    put_digits(at + ID, 7, 1000000 + i);
    put_digits(at + NAME, 7, 1000000 + i);
    put_digits(at + VALUE, 3, i * 37 % 1000);
}

/* A document of exactly `size` bytes if that is enough for an empty one. */
static char *make_document(uint64_t size, size_t *len)
{
    static const char head[] = "{\"count\":0000000,\"records\":[";
    static const char tail[] = "],\"padding\":\"";
    static const char end[] = "\"}";
    const uint64_t frame = sizeof head + sizeof tail + sizeof end - 3;
    uint64_t count = size > frame ? (size - frame) / RECORD : 0;
    struct buf b = { 0 };
    buf_reserve(&b, (size_t)(size + frame));
    buf_addf(&b, "{\"count\":%" PRIu64 ",\"records\":[", count);
    for (uint64_t i = 0; i < count; i++)
        add_record(&b, i);
    if (count > 0)
        b.len--; /* the last comma */
    buf_adds(&b, tail);
    while (b.len + sizeof end - 1 < size)
        buf_addc(&b, '.');
    buf_adds(&b, end);
    *len = b.len;
    return buf_detach(&b);
}

static struct answer document(uint64_t size)
{
    size_t len;
    char *text = make_document(size, &len);
    return answer_bytes(text, len, TYPE_JSON);
}

/* The document is queued under the lock, so that its slot cannot lose it
 * before the connection holds a reference. */
static enum MHD_Result reply_cached(struct request *r, uint64_t size)
{
    struct slot *slot = &cache[size % CACHE_SLOTS];
    pthread_mutex_lock(&cache_lock);
    if (slot->answer.response == NULL || slot->size != size) {
        if (slot->answer.response != NULL)
            MHD_destroy_response(slot->answer.response);
        slot->size = size;
        slot->answer = document(size);
        slot->answer.kept = true;
    }
    enum MHD_Result queued = reply(r, MHD_HTTP_OK, slot->answer);
    pthread_mutex_unlock(&cache_lock);
    return queued;
}

enum MHD_Result get_json(struct request *r)
{
    int64_t size;
    if (parse_integer(r->arg[0], 0, JSON_MAX, &size) != 0)
        return reply_error(r, MHD_HTTP_BAD_REQUEST,
                           "the size is a number of bytes from 0 to %d",
                           JSON_MAX);
    if (size <= CACHED_MAX)
        return reply_cached(r, (uint64_t)size);
    return reply(r, MHD_HTTP_OK, document((uint64_t)size));
}

static struct answer compress_answer(const char *bytes, size_t len)
{
    enum { GZIP_WINDOW = 15 + 16, MEMORY = 8 };
    z_stream z = { 0 };
    if (deflateInit2(&z, Z_BEST_COMPRESSION, Z_DEFLATED, GZIP_WINDOW, MEMORY,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        bug("gzip: deflateInit2 failed");
    uLong bound = deflateBound(&z, (uLong)len);
    char *out = xmalloc(bound);
    z.next_in = (Bytef *)(uintptr_t)bytes;
    z.avail_in = (uInt)len;
    z.next_out = (Bytef *)out;
    z.avail_out = (uInt)bound;
    if (deflate(&z, Z_FINISH) != Z_STREAM_END)
        bug("gzip: deflate failed");
    size_t packed = z.total_out;
    deflateEnd(&z);
    struct answer a = answer_bytes(out, packed, TYPE_JSON);
    answer_header(&a, MHD_HTTP_HEADER_CONTENT_ENCODING, "gzip");
    return a;
}

void content_init(void)
{
    for (size_t i = 0; i < PATTERN; i++)
        pattern[i] = letters[i % (sizeof letters - 1)];
    size_t len;
    char *text = make_document(GZIP_DOCUMENT, &len);
    zipped = compress_answer(text, len);
    plain = answer_bytes(text, len, TYPE_JSON);
    answer_header(&plain, MHD_HTTP_HEADER_VARY, "Accept-Encoding");
    answer_header(&zipped, MHD_HTTP_HEADER_VARY, "Accept-Encoding");
    plain = answer_keep(plain);
    zipped = answer_keep(zipped);
}

void content_fini(void)
{
    for (int i = 0; i < CACHE_SLOTS; i++)
        if (cache[i].answer.response != NULL)
            MHD_destroy_response(cache[i].answer.response);
    memset(cache, 0, sizeof cache);
}

/* Whether one element of Accept-Encoding allows gzip: "gzip", "gzip;q=0.5"
 * and "*", but not "gzip;q=0". */
static bool allows_gzip(const char *element, size_t len)
{
    size_t name = strcspn(element, "; \t,");
    if (!(name == 4 && strncasecmp(element, "gzip", 4) == 0) &&
        !(name == 6 && strncasecmp(element, "x-gzip", 6) == 0) &&
        !(name == 1 && element[0] == '*'))
        return false;
    const char *q = memchr(element, '=', len);
    return q == NULL || strtod(q + 1, NULL) > 0;
}

static bool accepts_gzip(const char *header)
{
    while (header != NULL && *header != '\0') {
        header += strspn(header, ", \t");
        size_t len = strcspn(header, ",");
        if (len != 0 && allows_gzip(header, len))
            return true;
        header += len;
    }
    return false;
}

enum MHD_Result get_gzip(struct request *r)
{
    const char *accepted = request_header(r, MHD_HTTP_HEADER_ACCEPT_ENCODING);
    return reply(r, MHD_HTTP_OK, accepts_gzip(accepted) ? zipped : plain);
}
