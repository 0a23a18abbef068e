/* router.c - see router.h */
#include "target/router.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "target/endpoints.h"
#include "target/reply.h"
#include "target/request.h"

/* Exact paths stand before patterns that would match them too.  A path that
 * differs by method has rows next to each other. */
static const struct route routes[] = {
    { "(unknown)", 0, 0, NULL, NULL, "paths that are none of the others" },
    { "/", ON_GET, 0, get_index, NULL, "this list" },
    { "/health", ON_GET, 0, get_health, NULL, "200 as long as it serves" },
    { "/echo", ON_ANY, BODY_MAX, any_echo, NULL,
      "the body and its type sent back; without a body, the request as JSON" },
    { "/delay/MS", ON_ANY, 0, any_delay, NULL,
      "answers after MS milliseconds (2.5 is fine); ?status=N" },
    { "/delay-pattern", ON_ANY, 0, any_delay_pattern, NULL,
      "?fast=MS&slow=MS&every=N: every N-th request is slow" },
    { "/bytes/N", ON_GET, 0, get_bytes, NULL, "N bytes, up to 1 GB" },
    { "/json/N", ON_GET, 0, get_json, NULL,
      "a JSON document of N bytes, up to 64 MB" },
    { "/status/N", ON_ANY, 0, any_status, NULL, "answers with status N" },
    { "/redirect/N", ON_ANY, 0, any_redirect, NULL,
      "N redirects, then 200; ?code=307" },
    { "/tools", ON_GET, 0, get_tools, NULL, "the names of all tools" },
    { "/tools", ON_POST, BODY_MAX, post_tools, NULL,
      "{\"command\": \"list\", \"info\", \"invoke\" or \"search\"}" },
    { "/tools/search", ON_GET, 0, get_tools_search, NULL,
      "?q=TEXT: tools whose name or description has it" },
    { "/tools/NAME", ON_GET, 0, get_tool, NULL, "one tool" },
    { "/tools/NAME/invoke", ON_POST, BODY_MAX, post_tool_invoke, NULL,
      "runs a tool; the body is its parameters" },
    { "/orders", ON_POST, BODY_MAX, post_order, NULL,
      "{\"sku\": N}: 201 with an id and 1 to 5 items" },
    { "/login", ON_POST, BODY_MAX, post_login, NULL,
      "user and password (\"secret\") as JSON or form; sets a cookie" },
    { "/me", ON_GET, 0, get_me, NULL, "who is logged in, or 401" },
    { "/logout", ON_POST, 0, post_logout, NULL, "ends the session" },
    { "/basic-auth/USER/PASS", ON_ANY, 0, any_basic_auth, NULL,
      "200 with these credentials, else 401" },
    { "/bearer", ON_ANY, 0, any_bearer, NULL, "200 with any bearer token" },
    { "/cookies", ON_GET, 0, get_cookies, NULL, "the cookies received" },
    { "/cookies/set", ON_GET, 0, get_cookies_set, NULL,
      "?NAME=VALUE: sets cookies" },
    { "/gzip", ON_GET, 0, get_gzip, NULL, "JSON, compressed if accepted" },
    { "/upload", ON_POST, 0, post_upload, upload_feed,
      "size and hash of the body; the parts if it is multipart" },
    { "/metrics", ON_GET, 0, get_metrics, NULL, "counters for Prometheus" },
    { "/stats", ON_GET, 0, get_stats, NULL, "the same counters as JSON" },
    { "/admin/reset", ON_POST, 0, post_reset, NULL,
      "sets the counters to zero" },
};

enum { ROUTES = sizeof routes / sizeof *routes };
_Static_assert((int)ROUTES <= (int)ROUTES_MAX, "ROUTES_MAX is too small");

unsigned router_count(void)
{
    return ROUTES;
}

const struct route *router_route(unsigned i)
{
    return &routes[i];
}

unsigned router_index(const struct route *route)
{
    return (unsigned)(route - routes);
}

static bool matches(const char *pattern, const char *path, struct request *r)
{
    int args = 0;
    while (*pattern == '/' && *path == '/') {
        pattern++;
        path++;
        size_t want = strcspn(pattern, "/");
        size_t len = strcspn(path, "/");
        if (isupper((unsigned char)*pattern)) {
            if (len == 0)
                return false;
            r->arg[args] = path;
            r->arg_len[args++] = len;
        } else if (len != want || memcmp(path, pattern, len) != 0) {
            return false;
        }
        pattern += want;
        path += len;
    }
    return *pattern == '\0' && *path == '\0';
}

/* A client that takes us for a proxy sends the whole URL. */
static const char *path_of(const char *target)
{
    if (strncmp(target, "http://", 7) != 0)
        return target;
    const char *path = strchr(target + 7, '/');
    return path != NULL ? path : "/";
}

/* The method decides among rows of the same pattern; if it suits none, the
 * last of them has the request. */
void router_find(struct request *r)
{
    const char *path = path_of(r->path);
    r->route = &routes[0];
    if (path[0] != '/')
        return;
    for (unsigned i = 1; i < ROUTES; i++) {
        const char *pattern = routes[i].pattern;
        if (pattern[1] != path[1] || !matches(pattern, path, r))
            continue;
        if (r->route != &routes[0] && strcmp(r->route->pattern, pattern) != 0)
            return;
        r->route = &routes[i];
        if (routes[i].methods & 1u << r->method)
            return;
    }
}

static enum MHD_Result refuse_method(struct request *r)
{
    unsigned allowed = 0;
    for (unsigned i = 1; i < ROUTES; i++)
        if (strcmp(routes[i].pattern, r->route->pattern) == 0)
            allowed |= routes[i].methods;
    struct buf list = { 0 };
    for (int m = 0; m < METHOD_OTHER; m++)
        if (allowed & 1u << m)
            buf_addf(&list, "%s%s", list.len ? ", " : "",
                     method_name((enum method)m));
    struct answer a = answer_error("this path does not take that method");
    answer_header(&a, MHD_HTTP_HEADER_ALLOW, list.data);
    buf_free(&list);
    return reply(r, MHD_HTTP_METHOD_NOT_ALLOWED, a);
}

enum MHD_Result router_answer(struct request *r)
{
    if (r->route->answer == NULL)
        return reply_error(r, MHD_HTTP_NOT_FOUND,
                           "there is nothing at this path; GET / lists what "
                           "there is");
    if (!(r->route->methods & 1u << r->method))
        return refuse_method(r);
    if (r->too_large)
        return reply_error(r, MHD_HTTP_CONTENT_TOO_LARGE,
                           "the body is larger than %zu bytes",
                           r->route->body_max);
    return r->route->answer(r);
}
