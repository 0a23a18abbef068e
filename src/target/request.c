/* request.c - see request.h */
#include "target/request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/units.h"
#include "target/metrics.h"
#include "target/router.h"

/* Larger bodies grow into their size: a client may announce much and send
 * little. */
enum { PRESIZE_MAX = 64 << 20 };

static const char *const names[METHODS] = {
    [METHOD_GET] = "GET",         [METHOD_HEAD] = "HEAD",
    [METHOD_POST] = "POST",       [METHOD_PUT] = "PUT",
    [METHOD_PATCH] = "PATCH",     [METHOD_DELETE] = "DELETE",
    [METHOD_OPTIONS] = "OPTIONS", [METHOD_OTHER] = "OTHER",
};

const char *method_name(enum method m)
{
    return names[m];
}

static enum method method_of(const char *name)
{
    for (int m = 0; m < METHOD_OTHER; m++)
        if (strcmp(names[m], name) == 0)
            return (enum method)m;
    return METHOD_OTHER;
}

/* Makes room for the body that was announced, or sees that it is too
 * large. */
static void expect_body(struct request *r)
{
    const char *text = request_header(r, MHD_HTTP_HEADER_CONTENT_LENGTH);
    int64_t len;
    if (r->route->body_max == 0 || text == NULL ||
        parse_integer(text, 0, INT64_MAX, &len) != 0)
        return;
    if ((uint64_t)len > r->route->body_max)
        r->too_large = true;
    else
        buf_reserve(&r->body, (size_t)(len < PRESIZE_MAX ? len : PRESIZE_MAX));
}

struct request *request_new(struct MHD_Connection *conn, const char *path,
                            const char *method)
{
    struct request *r = xmalloc(sizeof *r);
    *r = (struct request){
        .conn = conn,
        .method = method_of(method),
        .method_name = method,
        .path = path,
        .started_us = clock_us(),
    };
    router_find(r);
    r->body.max = r->route->body_max;
    if (r->method != METHOD_GET)
        expect_body(r);
    metrics_begin();
    return r;
}

void request_free(struct request *r)
{
    metrics_end(r);
    if (r->free_state != NULL)
        r->free_state(r->state);
    buf_free(&r->body);
    free(r);
}

void request_feed(struct request *r, const char *bytes, size_t len)
{
    r->received += len;
    metrics_received(len);
    if (r->route->feed != NULL)
        r->route->feed(r, bytes, len);
    if (r->route->body_max == 0 || r->too_large)
        return;
    if (buf_add(&r->body, bytes, len) != 0) {
        r->too_large = true;
        buf_free(&r->body);
    }
}

const char *request_header(const struct request *r, const char *name)
{
    return MHD_lookup_connection_value(r->conn, MHD_HEADER_KIND, name);
}

const char *request_query(const struct request *r, const char *name)
{
    return MHD_lookup_connection_value(r->conn, MHD_GET_ARGUMENT_KIND, name);
}

json_t *request_object(const struct request *r, char *why, size_t size)
{
    if (r->body.len == 0) {
        snprintf(why, size, "the body is empty; a JSON object is expected");
        return NULL;
    }
    json_error_t error;
    json_t *body = json_loadb(r->body.data, r->body.len,
                              JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
    if (body == NULL) {
        snprintf(why, size, "the body is not JSON: %s (line %d, column %d)",
                 error.text, error.line, error.column);
        return NULL;
    }
    if (!json_is_object(body)) {
        snprintf(why, size, "the body is JSON but not an object");
        json_decref(body);
        return NULL;
    }
    return body;
}

int request_query_int(const struct request *r, const char *name, int64_t min,
                      int64_t max, int64_t *value)
{
    const char *text = request_query(r, name);
    return text == NULL ? 0 : parse_integer(text, min, max, value);
}
