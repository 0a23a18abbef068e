/* url.h - http and https URLs, taken apart for every request.
 *
 * url_split() allocates nothing and copies nothing: the parts point into the
 * text, which must outlive them.  It is strict, and takes a subset of what
 * libcurl takes, so both transports go to the same place.  Not taken are
 * what would have to be rewritten first: escapes or non-ASCII letters in the
 * host, IPv6 zones, ports with a leading zero.
 *
 * Nothing is decoded or normalised: case, escapes and dot segments are as
 * written.  Any thread may call these.
 */
#ifndef NET_URL_H
#define NET_URL_H

#include <stddef.h>

struct url_parts {
    int tls;          /* https */
    const char *host; /* without brackets; never empty */
    size_t host_len;
    int ipv6_literal;      /* the host stood in brackets */
    unsigned port;         /* the scheme's own unless one is given */
    const char *authority; /* for the Host header: no userinfo, brackets kept,
                              the port unless it is the scheme's own */
    size_t authority_len;
    const char *userinfo; /* NULL: there is no '@' */
    size_t userinfo_len;
    const char *path;  /* "/a/b" */
    size_t path_len;   /* 0 stands for "/" */
    const char *query; /* with its '?' */
    size_t query_len;  /* 0: none; a lone '?' is 1 */
};                     /* the fragment is left out */

/* 0, or -1 with `out` unchanged: not http(s)://[userinfo@]host[:port]...; a
 * port that is not 1..65535; a blank, control character or unfit host. */
int url_split(const char *url, struct url_parts *out);

/* Same scheme, host and port: credentials may go along.  0 when one of them
 * is no URL. */
int url_same_origin(const char *a, const char *b);

/* Where a Location of `len` bytes leads that came in the answer to `base`: a
 * new absolute URL without a fragment, which url_split() takes, to be freed.
 * Blanks around the Location are ignored; within it they and non-ASCII bytes
 * are escaped.  NULL when it is empty or does not lead to http or https.
 * By libcurl (url_resolve.c), so not for every request. */
char *url_resolve(const char *base, const char *location, size_t len);

#endif
