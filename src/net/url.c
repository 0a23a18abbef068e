/* url.c - see url.h */
#include "net/url.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

enum {
    BAD = 1,  /* NUL, blanks and control characters: in no part of a URL */
    HOST = 2, /* in a host: RFC 3986's unreserved, which libcurl takes too */
    END = 4,  /* ends the authority */
};

static const unsigned char kinds[256] = {
    [0 ... ' '] = BAD,    [0x7f] = BAD,         ['0' ... '9'] = HOST,
    ['A' ... 'Z'] = HOST, ['a' ... 'z'] = HOST, ['-'] = HOST,
    ['.'] = HOST,         ['_'] = HOST,         ['~'] = HOST,
    ['/'] = END,          ['?'] = END,          ['#'] = END,
};

enum { PORT_MAX = 65535, PORT_DIGITS = 5 };

static int is(const char *at, int kind)
{
    return kinds[(unsigned char)*at] & kind;
}

/* What follows the "://", or NULL. */
static const char *split_scheme(const char *at, int *tls)
{
    if (strncasecmp(at, "http", 4) != 0)
        return NULL;
    at += 4;
    *tls = *at == 's' || *at == 'S';
    at += *tls;
    return strncmp(at, "://", 3) == 0 ? at + 3 : NULL;
}

/* What follows the bracket that closes, or NULL. */
static const char *split_ipv6(const char *at, struct url_parts *u)
{
    char text[INET6_ADDRSTRLEN];
    struct in6_addr address;
    size_t len = strspn(++at, "0123456789abcdefABCDEF:.");
    if (len >= sizeof text || at[len] != ']')
        return NULL;
    memcpy(text, at, len);
    text[len] = '\0';
    if (inet_pton(AF_INET6, text, &address) != 1)
        return NULL;
    u->ipv6_literal = 1;
    u->host = at;
    u->host_len = len;
    return at + len + 1;
}

/* What follows the host, or NULL. */
static const char *split_host(const char *at, struct url_parts *u)
{
    if (*at == '[')
        return split_ipv6(at, u);
    u->host = at;
    while (is(at, HOST))
        at++;
    u->host_len = (size_t)(at - u->host);
    return u->host_len > 0 ? at : NULL;
}

/* What follows the port, or NULL. */
static const char *split_port(const char *at, struct url_parts *u)
{
    const char *first = at;
    unsigned port = 0;
    while (*at >= '0' && *at <= '9' && at - first < PORT_DIGITS)
        port = port * 10 + (unsigned)(*at++ - '0');
    if (at == first)
        return at; /* "host:" */
    if (*first == '0' || port > PORT_MAX)
        return NULL;
    u->port = port;
    return at;
}

/* What follows the userinfo, if there is one. */
static const char *split_userinfo(const char *at, struct url_parts *u)
{
    const char *end = at;
    while (*end != '@' && !is(end, BAD | END))
        end++;
    if (*end != '@')
        return at;
    u->userinfo = at;
    u->userinfo_len = (size_t)(end - at);
    return end + 1;
}

/* What follows the authority, or NULL. */
static const char *split_authority(const char *at, struct url_parts *u)
{
    unsigned own = u->tls ? 443 : 80;
    u->port = own;
    u->authority = at = split_userinfo(at, u);
    at = split_host(at, u);
    if (at == NULL)
        return NULL;
    u->authority_len = (size_t)(at - u->authority);
    if (*at == ':')
        at = split_port(at + 1, u);
    if (at == NULL)
        return NULL;
    if (u->port != own)
        u->authority_len = (size_t)(at - u->authority);
    return *at == '\0' || is(at, END) ? at : NULL;
}

static const char *skip_until(const char *at, char a, char b)
{
    while (*at != a && *at != b && !is(at, BAD))
        at++;
    return at;
}

int url_split(const char *url, struct url_parts *out)
{
    struct url_parts u = { 0 };
    const char *at = split_scheme(url, &u.tls);
    if (at == NULL || (at = split_authority(at, &u)) == NULL)
        return -1;
    u.path = at;
    at = skip_until(at, '?', '#');
    u.path_len = (size_t)(at - u.path);
    u.query = at;
    at = skip_until(at, '#', '#');
    u.query_len = (size_t)(at - u.query);
    if (*skip_until(at, '\0', '\0') != '\0')
        return -1;
    *out = u;
    return 0;
}

int url_same_origin(const char *a, const char *b)
{
    struct url_parts p, q;
    if (url_split(a, &p) != 0 || url_split(b, &q) != 0)
        return 0;
    return p.tls == q.tls && p.port == q.port && p.host_len == q.host_len &&
           strncasecmp(p.host, q.host, p.host_len) == 0;
}
