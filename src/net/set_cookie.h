/* set_cookie.h - a Set-Cookie header, taken apart (RFC 6265bis, 5.6).
 *
 * What it says, as a browser reads it; whether the jar takes it is decided in
 * cookies.c.  Allocates nothing: the parts point into the value.
 */
#ifndef NET_SET_COOKIE_H
#define NET_SET_COOKIE_H

#include <stddef.h>
#include <stdint.h>

struct span {
    const char *at;
    size_t len;
};

struct set_cookie {
    struct span name, value; /* without blanks around; the name not empty */
    struct span domain;      /* without its first dot; 0 long: host-only */
    struct span path;        /* begins with '/'; 0 long: the default */
    int64_t expires_s;       /* COOKIE_SESSION: with the session */
    int secure;
};

#define COOKIE_SESSION INT64_MAX

/* Name and value together; an attribute's value. */
enum { COOKIE_PAIR_MAX = 4096, COOKIE_ATTRIBUTE_MAX = 1024 };

/* 0, or -1 with `out` unchanged: no name, too long, or a control character
 * (a tab is none).  `now_s`, the wall clock's seconds, is what Max-Age counts
 * from. */
int set_cookie_parse(const char *value, size_t len, int64_t now_s,
                     struct set_cookie *out);

/* A date as in Expires, by the tolerant rules of 5.1.1, in seconds since 1970:
 * 0, or -1 with `out` unchanged. */
int cookie_date_parse(const char *text, size_t len, int64_t *out);

#endif
