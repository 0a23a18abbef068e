/* cookies.c - see cookies.h
 *
 * A list in the order of sending: that is known when a cookie comes, and
 * replacing one does not change it.  So a request is one walk.
 */
#include "net/cookies.h"

#include <libpsl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "net/set_cookie.h"

/* HOST: of a DNS name.  PATH: of a default path, as those that are given are
 * shorter. */
enum { HOST_MAX = 255, PATH_MAX_LEN = 4096 };

struct cookie {
    struct cookie *next;
    int64_t expires_s;
    uint32_t number; /* smaller: older */
    uint16_t name_len, domain_len, path_len, value_len;
    uint16_t value_room;
    uint8_t host_only, secure;
    char text[]; /* name, domain, path, value */
};

static const char *domain_of(const struct cookie *c)
{
    return c->text + c->name_len;
}

static const char *path_of(const struct cookie *c)
{
    return domain_of(c) + c->domain_len;
}

static char *value_of(struct cookie *c)
{
    return c->text + c->name_len + c->domain_len + c->path_len;
}

/* ---- matching ---- */

static int same(const char *a, size_t a_len, const char *b, size_t b_len)
{
    return a_len == b_len && memcmp(a, b, a_len) == 0;
}

static int same_host(const char *a, size_t a_len, const char *b, size_t b_len)
{
    return a_len == b_len && strncasecmp(a, b, a_len) == 0;
}

/* An IP address in any notation: in a bracket, or its last label is a number,
 * which no top-level domain is. */
static int is_address(const char *host, size_t len)
{
    size_t at = len;
    if (memchr(host, ':', len) != NULL)
        return 1;
    while (at > 0 && host[at - 1] != '.')
        at--;
    if (len - at > 2 && strncasecmp(host + at, "0x", 2) == 0)
        at += 2;
    for (size_t i = at; i < len; i++) {
        if (host[i] < '0' || host[i] > '9')
            return 0;
    }
    return at < len;
}

/* Is `host` the domain, or below it (5.1.3)? */
static int domain_match(const char *host, size_t len, const char *domain,
                        size_t domain_len)
{
    size_t above = len - domain_len;
    if (len <= domain_len)
        return same_host(host, len, domain, domain_len);
    return host[above - 1] == '.' &&
           same_host(host + above, domain_len, domain, domain_len) &&
           !is_address(host, len);
}

/* Is `path` the folder, or below it (5.1.4)? */
static int path_match(struct span path, const char *folder, size_t len)
{
    if (path.len < len || memcmp(path.at, folder, len) != 0)
        return 0;
    return path.len == len || folder[len - 1] == '/' || path.at[len] == '/';
}

static int is_secure(const struct url_parts *u)
{
    return u->tls || same_host(u->host, u->host_len, "localhost", 9) ||
           same(u->host, u->host_len, "127.0.0.1", 9) ||
           same(u->host, u->host_len, "::1", 3);
}

/* The domain is not longer than HOST_MAX. */
static int is_public_suffix(struct span domain)
{
    char text[HOST_MAX + 1];
    size_t len = domain.len;
    if (len > 1 && domain.at[len - 1] == '.')
        len--; /* the root's own dot */
    for (size_t i = 0; i < len; i++) {
        char c = domain.at[i];
        text[i] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    }
    text[len] = '\0';
    return psl_is_public_suffix(psl_builtin(), text);
}

/* ---- may it be set? ---- */

/* Makes the domain the one to be kept: the host's own name where it was not
 * given or may not be shared.  0: it is not the host's to set. */
static int settle_domain(struct set_cookie *set, const struct url_parts *from,
                         int *host_only)
{
    struct span host = { from->host, from->host_len };
    *host_only = set->domain.len == 0;
    if (*host_only)
        set->domain = host;
    if (host.len > HOST_MAX ||
        !domain_match(host.at, host.len, set->domain.at, set->domain.len))
        return 0;
    if (!*host_only && is_public_suffix(set->domain)) {
        *host_only = set->domain.len == host.len;
        return *host_only;
    }
    return 1;
}

/* The folder that the URL's path lies in. */
static struct span default_path(const struct url_parts *from)
{
    size_t len = from->path_len;
    while (len > 1 && from->path[len - 1] != '/')
        len--;
    if (len < 2)
        return (struct span){ "/", 1 };
    return (struct span){ from->path, len - 1 };
}

static int has_prefix(const struct set_cookie *set, const char *prefix)
{
    size_t len = strlen(prefix);
    return set->name.len >= len && strncasecmp(set->name.at, prefix, len) == 0;
}

/* Before the default path is filled in: a __Host- cookie names its own. */
static int keeps_promise(const struct set_cookie *set, int host_only)
{
    if (has_prefix(set, "__Host-"))
        return set->secure && host_only && set->path.len == 1;
    return set->secure || !has_prefix(set, "__Secure-");
}

/* Would it stand before, or in place of, a Secure cookie of the same name? */
static int shadows(const struct set_cookie *set, const struct cookie *old)
{
    const char *domain = domain_of(old);
    size_t len = old->domain_len;
    return old->secure &&
           same(set->name.at, set->name.len, old->text, old->name_len) &&
           (domain_match(set->domain.at, set->domain.len, domain, len) ||
            domain_match(domain, len, set->domain.at, set->domain.len)) &&
           path_match(set->path, path_of(old), old->path_len);
}

static int shadows_any(const struct cookie_jar *jar,
                       const struct set_cookie *set)
{
    for (const struct cookie *c = jar->first; c != NULL; c = c->next) {
        if (shadows(set, c))
            return 1;
    }
    return 0;
}

/* ---- the list ---- */

/* Takes out what the pointer points to. */
static void drop(struct cookie_jar *jar, struct cookie **at)
{
    struct cookie *c = *at;
    *at = c->next;
    jar->count--;
    free(c);
}

static void purge(struct cookie_jar *jar, int64_t now_s)
{
    for (struct cookie **at = &jar->first; *at != NULL;) {
        if ((*at)->expires_s <= now_s)
            drop(jar, at);
        else
            at = &(*at)->next;
    }
}

static int same_domain(const struct cookie *c, struct span domain)
{
    return same_host(domain_of(c), c->domain_len, domain.at, domain.len);
}

/* The place of the one that it replaces; NULL: there is none. */
static struct cookie **find(struct cookie_jar *jar,
                            const struct set_cookie *set, int host_only)
{
    for (struct cookie **at = &jar->first; *at != NULL; at = &(*at)->next) {
        struct cookie *c = *at;
        if (same(c->text, c->name_len, set->name.at, set->name.len) &&
            same(path_of(c), c->path_len, set->path.at, set->path.len) &&
            c->host_only == host_only && same_domain(c, set->domain))
            return at;
    }
    return NULL;
}

/* Numbers may wrap around: their difference tells which is older. */
static int is_older(const struct cookie *a, const struct cookie *b)
{
    return (int32_t)(a->number - b->number) < 0;
}

/* Makes room for one more of the domain. */
static void drop_oldest(struct cookie_jar *jar, struct span domain)
{
    struct cookie **oldest = &jar->first, **kin = NULL;
    unsigned nkin = 0;
    if (jar->count < COOKIES_OF_DOMAIN_MAX)
        return;
    for (struct cookie **at = &jar->first; *at != NULL; at = &(*at)->next) {
        if (is_older(*at, *oldest))
            oldest = at;
        if (!same_domain(*at, domain))
            continue;
        if (kin == NULL || is_older(*at, *kin))
            kin = at;
        nkin++;
    }
    if (nkin >= COOKIES_OF_DOMAIN_MAX)
        drop(jar, kin);
    else if (jar->count >= COOKIES_MAX)
        drop(jar, oldest);
}

static char *put(char *at, struct span text)
{
    memcpy(at, text.at, text.len);
    return at + text.len;
}

/* Without its value. */
static struct cookie *cookie_new(const struct set_cookie *set, int host_only)
{
    size_t key = set->name.len + set->domain.len + set->path.len;
    struct cookie *c = xmalloc(sizeof *c + key + set->value.len);
    c->name_len = (uint16_t)set->name.len;
    c->domain_len = (uint16_t)set->domain.len;
    c->path_len = (uint16_t)set->path.len;
    c->value_room = (uint16_t)set->value.len;
    c->host_only = (uint8_t)host_only;
    put(put(put(c->text, set->name), set->domain), set->path);
    return c;
}

/* Behind those with longer paths, and the older ones with equal ones. */
static struct cookie **insert(struct cookie_jar *jar, struct cookie *c)
{
    struct cookie **at = &jar->first;
    while (*at != NULL && (*at)->path_len >= c->path_len)
        at = &(*at)->next;
    c->number = jar->made++;
    c->next = *at;
    *at = c;
    jar->count++;
    return at;
}

/* Where a value has grown the cookie moves; its place in the list stays. */
static void fill(struct cookie **at, const struct set_cookie *set)
{
    struct cookie *c = *at;
    if (set->value.len > c->value_room) {
        size_t key = (size_t)(value_of(c) - c->text);
        *at = c = xrealloc(c, sizeof *c + key + set->value.len);
        c->value_room = (uint16_t)set->value.len;
    }
    c->value_len = (uint16_t)set->value.len;
    c->secure = (uint8_t)set->secure;
    c->expires_s = set->expires_s;
    put(value_of(c), set->value);
}

/* ---- the jar ---- */

int cookies_set(struct cookie_jar *jar, const char *value, size_t len,
                const struct url_parts *from, int64_t now_s)
{
    struct set_cookie set;
    int host_only;
    if (set_cookie_parse(value, len, now_s, &set) != 0 ||
        !settle_domain(&set, from, &host_only) ||
        !keeps_promise(&set, host_only))
        return 0;
    if (set.path.len == 0)
        set.path = default_path(from);
    purge(jar, now_s);
    if (set.path.len > PATH_MAX_LEN ||
        (!is_secure(from) && (set.secure || shadows_any(jar, &set))))
        return 0;
    struct cookie **at = find(jar, &set, host_only);
    if (set.expires_s <= now_s) {
        if (at != NULL)
            drop(jar, at);
        return 1;
    }
    if (at == NULL) {
        drop_oldest(jar, set.domain);
        at = insert(jar, cookie_new(&set, host_only));
    }
    fill(at, &set);
    return 1;
}

static int goes_to(const struct cookie *c, const struct url_parts *to,
                   struct span path, int secure)
{
    const char *domain = domain_of(c);
    size_t len = c->domain_len;
    if (c->secure && !secure)
        return 0;
    if (c->host_only ? !same_host(to->host, to->host_len, domain, len)
                     : !domain_match(to->host, to->host_len, domain, len))
        return 0;
    return path_match(path, path_of(c), c->path_len);
}

static int write_pair(struct cookie *c, size_t before, struct buf *out)
{
    size_t between = before > 0 ? 2 : 0;
    size_t len = (size_t)c->name_len + 1 + c->value_len;
    if (buf_reserve(out, between + len) != 0)
        return 0;
    buf_add(out, "; ", between);
    buf_add(out, c->text, c->name_len);
    buf_addc(out, '=');
    buf_add(out, value_of(c), c->value_len);
    return 1;
}

size_t cookies_get(struct cookie_jar *jar, const struct url_parts *to,
                   int64_t now_s, struct buf *out)
{
    size_t n = 0;
    if (jar->first == NULL)
        return 0;
    struct span path = { to->path, to->path_len };
    if (path.len == 0)
        path = (struct span){ "/", 1 };
    int secure = is_secure(to);
    purge(jar, now_s);
    for (struct cookie *c = jar->first; c != NULL; c = c->next) {
        if (goes_to(c, to, path, secure))
            n += (size_t)write_pair(c, n, out);
    }
    return n;
}

void cookies_clear(struct cookie_jar *jar)
{
    while (jar->first != NULL)
        drop(jar, &jar->first);
}
