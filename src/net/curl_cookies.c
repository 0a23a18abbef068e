/* curl_cookies.c - cookies, for those who get some; see http.h
 *
 * libcurl's cookie engine costs every request a twentieth more, also when
 * the jar is empty.  So it is off until an answer sets the session's first
 * cookie: the lines seen until then are given to the jar by hand, with the
 * domain and path that a browser would take from the URL, and the engine is
 * switched on for all later requests.
 */
#include <string.h>
#include <strings.h>

#include "net/curl_internal.h"

enum { LINES_MAX = 64 * 1024 };

static int has_attribute(const char *line, size_t len, const char *name)
{
    size_t n = strlen(name);
    for (size_t i = 0; i + n < len; i++) {
        if (line[i] != ';')
            continue;
        size_t at = i + 1;
        while (at < len && (line[at] == ' ' || line[at] == '\t'))
            at++;
        if (at + n < len && strncasecmp(line + at, name, n) == 0 &&
            line[at + n] == '=')
            return 1;
    }
    return 0;
}

static void add_domain(struct buf *out, const char *url)
{
    const char *host = strstr(url, "://");
    host = host ? host + 3 : url;
    size_t len = strcspn(host, "/?#");
    const char *at = memchr(host, '@', len);
    if (at != NULL) {
        len -= (size_t)(at + 1 - host);
        host = at + 1;
    }
    const char *bracket = memchr(host, ']', len);
    const char *colon =
        memchr(bracket ? bracket : host, ':',
               len - (size_t)((bracket ? bracket : host) - host));
    if (colon != NULL)
        len = (size_t)(colon - host);
    buf_adds(out, "; domain=");
    buf_add(out, host, len);
}

/* The folder of the URL's path (RFC 6265, 5.1.4). */
static void add_path(struct buf *out, const char *url)
{
    const char *path = strstr(url, "://");
    path = strchr(path ? path + 3 : url, '/');
    size_t len = path ? strcspn(path, "?#") : 0;
    while (len > 1 && path[len - 1] != '/')
        len--;
    if (len > 1)
        len--; /* the slash itself */
    buf_adds(out, "; path=");
    if (len > 0)
        buf_add(out, path, len);
    else
        buf_addc(out, '/');
}

void curl_cookies_note(struct transfer *t, const char *line, size_t len)
{
    struct buf *lines = &t->cookie_lines;
    lines->max = LINES_MAX;
    while (len > 0 && (line[len - 1] == '\r' || line[len - 1] == '\n'))
        len--;
    buf_add(lines, line, len);
    if (!has_attribute(line, len, "domain"))
        add_domain(lines, t->call.url);
    if (!has_attribute(line, len, "path"))
        add_path(lines, t->call.url);
    buf_addc(lines, '\n');
}

void curl_cookies_adopt(struct transfer *t)
{
    char *line = t->cookie_lines.data;
    if (t->cookie_lines.len == 0)
        return;
    t->session->cookies = 1;
    for (char *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        *end = '\0';
        curl_easy_setopt(t->easy, CURLOPT_COOKIELIST, line);
    }
    buf_free(&t->cookie_lines);
}

void curl_cookies_switch_on(struct transfer *t)
{
    /* The switch is a cookie file, which libcurl would read again for every
     * transfer; a reset forgets the file and keeps the switch. */
    curl_easy_setopt(t->easy, CURLOPT_SHARE, t->session->share);
    curl_easy_setopt(t->easy, CURLOPT_COOKIEFILE, "");
    curl_easy_setopt(t->easy, CURLOPT_COOKIELIST, "RELOAD");
    /* The reset would leak the list of files. */
    curl_easy_setopt(t->easy, CURLOPT_COOKIEFILE, NULL);
    curl_easy_reset(t->easy);
    t->cookies = 1;
}
