/* url_resolve.c - where a redirect leads; see url.h */
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "net/url.h"

/* A Location without blanks around it and without its fragment, to be freed;
 * NULL when it cannot be part of a URL. */
static char *trim(const char *at, size_t len)
{
    while (len > 0 && (*at == ' ' || *at == '\t')) {
        at++;
        len--;
    }
    while (len > 0 && (at[len - 1] == ' ' || at[len - 1] == '\t'))
        len--;
    if (len == 0 || memchr(at, '\0', len) != NULL)
        return NULL;
    const char *fragment = memchr(at, '#', len);
    return xstrndup(at, fragment ? (size_t)(fragment - at) : len);
}

/* The URL that the handle holds, if it is one of ours. */
static char *taken_from(CURLU *handle)
{
    char *text = NULL, *url = NULL;
    struct url_parts parts;
    curl_url_set(handle, CURLUPART_FRAGMENT, NULL, 0);
    if (curl_url_get(handle, CURLUPART_URL, &text, 0) == CURLUE_OK &&
        url_split(text, &parts) == 0)
        url = xstrdup(text);
    curl_free(text);
    return url;
}

char *url_resolve(const char *base, const char *location, size_t len)
{
    CURLU *handle = curl_url();
    char *text = trim(location, len), *url = NULL;
    /* To libcurl an empty reference is the folder; it is the base itself. */
    if (handle != NULL && text != NULL &&
        curl_url_set(handle, CURLUPART_URL, base, 0) == CURLUE_OK &&
        (*text == '\0' || curl_url_set(handle, CURLUPART_URL, text,
                                       CURLU_URLENCODE) == CURLUE_OK))
        url = taken_from(handle);
    free(text);
    curl_url_cleanup(handle);
    return url;
}
