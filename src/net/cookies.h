/* cookies.h - the cookies of one user (RFC 6265bis, as browsers do it).
 *
 * A jar of zeroes is empty and owns nothing; then a request costs it one
 * comparison (`first == NULL`).  A jar belongs to one session and so to one
 * worker; public suffixes are asked of libpsl's built-in list, which never
 * changes.  Not for other schemes than http and https.
 *
 * What is decided one way or the other:
 *
 * - Domain may not be a public suffix (`com`, `co.uk`, `github.io`, any name
 *   without a dot), except the host's own name: then it is left out.  IP
 *   addresses match themselves only.
 * - Secure cookies come from and go to secure origins: https, and as in
 *   libcurl and browsers also http to `localhost`, `127.0.0.1` and `[::1]`.
 *   Others cannot replace or shadow them.
 * - `__Secure-` and `__Host-`, in any case, promise what they promise.
 * - HttpOnly and SameSite change nothing: there is no script of a page that
 *   could read the jar, and no page that a request could be foreign to.
 *   SameSite=None does not need Secure.
 * - Refused: no name, control characters, name and value longer than 4096
 *   bytes together.  Attributes longer than 1024 bytes are passed over.
 * - At most 50 cookies of a domain and 150 in all; one more drops the oldest,
 *   first of its own domain.  There is no limit on what is sent: a Cookie
 *   header that a server refuses is one that a browser would send it.
 *
 * Times are whole seconds of the wall clock, and a cookie never lives longer
 * than it may: Max-Age=1 can be over after a part of a second.
 */
#ifndef NET_COOKIES_H
#define NET_COOKIES_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "net/url.h"

struct cookie_jar {
    struct cookie *first; /* NULL: empty */
    /* private */
    unsigned count;
    uint32_t made; /* numbers the cookies by age */
};

/* Limits of a jar: older cookies give way. */
enum { COOKIES_OF_DOMAIN_MAX = 50, COOKIES_MAX = 150 };

/* Takes the value of one Set-Cookie header, without blanks and line end around
 * it, of an answer from `from`.  Returns 1 when it did as told, also where
 * that was to delete a cookie; 0 when the header is to be ignored. */
int cookies_set(struct cookie_jar *jar, const char *value, size_t len,
                const struct url_parts *from, int64_t now_s);

/* Appends "a=b; c=d" for a request to `to`, and returns how many; longer paths
 * first, among equals the older ones.  A cookie for which `out` has no room is
 * left out.  Frees what has expired. */
size_t cookies_get(struct cookie_jar *jar, const struct url_parts *to,
                   int64_t now_s, struct buf *out);

/* Frees all; the jar is empty and usable after. */
void cookies_clear(struct cookie_jar *jar);

#endif
