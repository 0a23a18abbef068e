/* toolwork.c - the tools that really do something, see tools.h */
#include <ctype.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <zlib.h>

#include "base/base64.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "target/calculator.h"
#include "target/hash.h"
#include "target/jsontext.h"
#include "target/tools.h"

/* A text among the parameters: -1 with a sentence if it is missing. */
static int get_text(const json_t *params, const char *name, const char **text,
                    size_t *len, char *why, size_t size)
{
    json_t *value = json_object_get(params, name);
    if (!json_is_string(value)) {
        snprintf(why, size, "the parameter \"%s\" must be a string", name);
        return -1;
    }
    *text = json_string_value(value);
    *len = json_string_length(value);
    return 0;
}

/* A word among the parameters, or its default. */
static const char *get_word(const json_t *params, const char *name,
                            const char *otherwise)
{
    json_t *value = json_object_get(params, name);
    return value == NULL ? otherwise : json_string_value(value);
}

static json_t *refuse(char *why, size_t size, const char *text)
{
    snprintf(why, size, "%s", text);
    return NULL;
}

static bool is(const char *word, const char *other)
{
    return word != NULL && strcmp(word, other) == 0;
}

json_t *tool_calculator(const json_t *params, char *why, size_t size)
{
    const char *text;
    size_t len;
    double result;
    if (get_text(params, "expression", &text, &len, why, size) != 0 ||
        calculate(text, len, &result, why, size) != 0)
        return NULL;
    return json_number_of(result);
}

json_t *tool_base64(const json_t *params, char *why, size_t size)
{
    const char *text;
    size_t len;
    if (get_text(params, "text", &text, &len, why, size) != 0)
        return NULL;
    const char *operation = get_word(params, "operation", "encode");
    struct buf out = { 0 };
    json_t *result = NULL;
    if (is(operation, "encode")) {
        base64_encode(&out, text, len);
        result = json_stringn(out.data ? out.data : "", out.len);
    } else if (!is(operation, "decode")) {
        refuse(why, size, "operation is encode or decode");
    } else if (base64_decode(&out, text, len) != 0) {
        refuse(why, size, "the text is not base64");
    } else {
        result = json_stringn(out.data ? out.data : "", out.len);
        if (result == NULL)
            refuse(why, size, "the decoded bytes are not UTF-8 text");
    }
    buf_free(&out);
    return result;
}

json_t *tool_hash(const json_t *params, char *why, size_t size)
{
    const char *text;
    size_t len;
    char hex[20];
    if (get_text(params, "text", &text, &len, why, size) != 0)
        return NULL;
    const char *algorithm = get_word(params, "algorithm", "fnv1a");
    const Bytef *bytes = (const Bytef *)text;
    if (is(algorithm, "fnv1a"))
        snprintf(hex, sizeof hex, "%016" PRIx64,
                 hash_fnv1a(HASH_FNV1A, text, len));
    else if (is(algorithm, "crc32"))
        snprintf(hex, sizeof hex, "%08lx", crc32_z(0, bytes, len));
    else if (is(algorithm, "adler32"))
        snprintf(hex, sizeof hex, "%08lx", adler32_z(1, bytes, len));
    else
        return refuse(why, size, "algorithm is fnv1a, crc32 or adler32");
    return json_pack("{s:s, s:s}", "algorithm", algorithm, "hash", hex);
}

json_t *tool_uuid(const json_t *params, char *why, size_t size)
{
    (void)params;
    unsigned char b[16];
    char text[40];
    if (getrandom(b, sizeof b, 0) != (ssize_t)sizeof b)
        return refuse(why, size, "there is no randomness");
    b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
    b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
    size_t n = 0;
    for (size_t i = 0; i < sizeof b; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%02x",
                              i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "",
                              b[i]);
    return json_string(text);
}

static bool continues(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

/* Keeps the bytes of each UTF-8 character in their order. */
static void reverse(char *out, const char *text, size_t len)
{
    for (size_t i = 0; i < len;) {
        size_t n = 1;
        while (i + n < len && continues(text[i + n]))
            n++;
        memcpy(out + len - i - n, text + i, n);
        i += n;
    }
}

static void change_case(int (*change)(int), char *out, const char *text,
                        size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        out[i] = (char)(c < 0x80 ? change(c) : c);
    }
}

static json_int_t characters(const char *text, size_t len)
{
    json_int_t n = 0;
    for (size_t i = 0; i < len; i++)
        n += !continues(text[i]);
    return n;
}

json_t *tool_text(const json_t *params, char *why, size_t size)
{
    const char *text;
    size_t len;
    if (get_text(params, "text", &text, &len, why, size) != 0)
        return NULL;
    const char *operation = get_word(params, "operation", "upper");
    if (is(operation, "length"))
        return json_integer(characters(text, len));
    char *out = xmalloc(len);
    json_t *result = NULL;
    if (is(operation, "upper") || is(operation, "lower")) {
        change_case(is(operation, "upper") ? toupper : tolower, out, text, len);
        result = json_stringn(out, len);
    } else if (is(operation, "reverse")) {
        reverse(out, text, len);
        result = json_stringn(out, len);
    } else {
        refuse(why, size, "operation is upper, lower, reverse or length");
    }
    free(out);
    return result;
}

json_t *tool_date_time(const json_t *params, char *why, size_t size)
{
    if (!is(get_word(params, "operation", "now"), "now"))
        return refuse(why, size, "operation is now");
    int64_t now = wall_us();
    time_t seconds = now / US_PER_S;
    struct tm tm;
    char text[32];
    gmtime_r(&seconds, &tm);
    size_t n = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(text + n, sizeof text - n, ".%03dZ",
             (int)(now % US_PER_S / US_PER_MS));
    return json_pack("{s:s, s:I}", "utc", text, "unix", (json_int_t)seconds);
}
