/* fuzz_cookies.c - any Set-Cookie headers from a few hosts: what is sent must
 * be well-formed pairs, never to a host that set none, and nothing that is
 * called secure in the clear.
 *
 * A line is one answer: its first byte chooses the URL, the rest is the value;
 * a line of one byte is a request, and its high bit lets time pass. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "net/cookies.h"
#include "net/set_cookie.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const urls[] = {
    "http://a.test/",       "https://a.test/x/y", "http://b.a.test/x/",
    "https://b.a.test",     "http://10.0.0.1/x",  "https://[::1]/x/y/z",
    "http://localhost/x/y", "http://a.co.uk/",
};

static void must(int true_)
{
    if (!true_)
        abort();
}

static struct url_parts url_of(const char *text)
{
    struct url_parts u;
    must(url_split(text, &u) == 0);
    return u;
}

static void check_pair(const char *at, size_t len, int plain)
{
    const char *equals = memchr(at, '=', len);
    must(equals != NULL && equals > at && len <= COOKIE_PAIR_MAX + 1);
    must(!plain || strncasecmp(at, "__Secure-", 9) != 0);
    must(!plain || strncasecmp(at, "__Host-", 7) != 0);
    for (size_t i = 0; i < len; i++)
        must(at[i] != ';' && at[i] != '\n' && at[i] != '\r' && at[i] != '\0');
}

static void request(struct cookie_jar *jar, const char *url, int64_t now_s)
{
    struct url_parts to = url_of(url);
    struct buf out = { 0 };
    size_t n = cookies_get(jar, &to, now_s, &out), found = 0;
    int plain = !to.tls && strstr(url, "localhost") == NULL;
    char *end, *at = out.data;
    must(jar->count <= COOKIES_MAX &&
         (jar->count == 0) == (jar->first == NULL));
    for (; at != NULL && *at != '\0'; at = *end != '\0' ? end + 2 : end) {
        /* A value has no semicolon. */
        end = strchr(at, ';');
        end = end ? end : out.data + out.len;
        check_pair(at, (size_t)(end - at), plain);
        must(*end == '\0' || end[1] == ' ');
        found++;
    }
    must(found == n);
    buf_free(&out);
}

static void answer(struct cookie_jar *jar, const char *url, const uint8_t *data,
                   size_t len, int64_t now_s)
{
    struct url_parts from = url_of(url);
    /* A copy of its exact size: the sanitizer sees reads past its end. */
    char *value = malloc(len);
    must(value != NULL);
    memcpy(value, data, len);
    cookies_set(jar, value, len, &from, now_s);
    free(value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = data + size;
    struct cookie_jar jar = { 0 };
    int64_t now_s = 1700000000;
    while (data < end) {
        const uint8_t *newline = memchr(data, '\n', (size_t)(end - data));
        size_t len = (size_t)((newline ? newline : end) - data);
        const char *url = urls[len > 0 ? *data % 8 : 0];
        if (len > 1)
            answer(&jar, url, data + 1, len - 1, now_s);
        else
            request(&jar, url, now_s += len > 0 && *data >= 0x80 ? 100 : 0);
        data += len + (newline != NULL);
    }
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++)
        request(&jar, urls[i], now_s);
    struct url_parts other = url_of("https://other.test/");
    struct buf none = { 0 };
    must(cookies_get(&jar, &other, now_s, &none) == 0 && none.data == NULL);
    cookies_clear(&jar);
    must(jar.first == NULL && jar.count == 0);
    return 0;
}
