/* fuzz_url.c - any text: what is taken apart must be what libcurl makes of it,
 * and a redirect must lead to what can be taken apart again. */
#include <curl/curl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "net/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int true_)
{
    if (!true_)
        abort();
}

/* The text with something before it, to be freed. */
static char *text_of(const char *prefix, const uint8_t *data, size_t size)
{
    size_t len = strlen(prefix);
    char *text = malloc(len + size + 1);
    must(text != NULL);
    memcpy(text, prefix, len);
    if (size != 0)
        memcpy(text + len, data, size);
    text[len + size] = '\0';
    return text;
}

static void is_inside(const char *text, const char *at, size_t len)
{
    must(at >= text && at + len <= text + strlen(text));
}

/* libcurl's part is the same; NULL and "" are none. */
static void same_part(CURLU *handle, CURLUPart what, const char *at, size_t len)
{
    char *part = NULL;
    curl_url_get(handle, what, &part, CURLU_DEFAULT_PORT);
    const char *text = part ? part : "";
    must(strlen(text) == len && strncasecmp(text, at, len) == 0);
    curl_free(part);
}

/* It writes addresses anew: 127.1 and [0::1] are others after. */
static int is_address(const struct url_parts *u)
{
    const char *last = u->host + u->host_len;
    while (last > u->host && last[-1] != '.')
        last--;
    return u->ipv6_literal || (*last >= '0' && *last <= '9');
}

static void agree(const char *text, const struct url_parts *u)
{
    CURLU *handle = curl_url();
    char *port = NULL;
    must(curl_url_set(handle, CURLUPART_URL, text, CURLU_PATH_AS_IS) == 0);
    same_part(handle, CURLUPART_SCHEME, "https", u->tls ? 5 : 4);
    if (!is_address(u))
        same_part(handle, CURLUPART_HOST, u->host, u->host_len);
    must(curl_url_get(handle, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == 0);
    must((unsigned)strtoul(port, NULL, 10) == u->port);
    same_part(handle, CURLUPART_PATH, u->path_len ? u->path : "/",
              u->path_len ? u->path_len : 1);
    same_part(handle, CURLUPART_QUERY, u->query + 1,
              u->query_len ? u->query_len - 1 : 0);
    curl_free(port);
    curl_url_cleanup(handle);
}

static void try_url(const char *text)
{
    struct url_parts u, before;
    memset(&u, 0x5a, sizeof u);
    before = u;
    if (url_split(text, &u) != 0) {
        must(memcmp(&u, &before, sizeof u) == 0);
        must(!url_same_origin(text, text));
        return;
    }
    must(u.host_len > 0 && u.port > 0 && u.port <= 65535);
    is_inside(text, u.host, u.host_len);
    is_inside(text, u.authority, u.authority_len);
    is_inside(text, u.path, u.path_len);
    is_inside(text, u.query, u.query_len);
    must(u.path_len == 0 || *u.path == '/');
    must(u.query_len == 0 || *u.query == '?');
    if (u.userinfo != NULL)
        is_inside(text, u.userinfo, u.userinfo_len);
    must(url_same_origin(text, text));
    agree(text, &u);
}

static void try_location(const char *base, const uint8_t *data, size_t size)
{
    /* A copy of its exact size: the sanitizer sees reads past its end. */
    char *location = malloc(size ? size : 1);
    struct url_parts u;
    must(location != NULL);
    if (size != 0)
        memcpy(location, data, size);
    char *to = url_resolve(base, location, size);
    if (to != NULL)
        must(url_split(to, &u) == 0 && strchr(to, '#') == NULL);
    free(to);
    free(location);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = text_of("", data, size), *url = text_of("http://", data, size);
    try_url(text);
    try_url(url);
    try_location("http://u:p@a.test:81/b/c?d", data, size);
    try_location(url, (const uint8_t *)"../x y?z", 8);
    free(text);
    free(url);
    return 0;
}
