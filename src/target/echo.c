/* echo.c - /echo: what was received, sent back */
#include <stdio.h>
#include <string.h>

#include "target/endpoints.h"
#include "target/jsontext.h"
#include "target/reply.h"
#include "target/request.h"

static enum MHD_Result collect(void *cls, enum MHD_ValueKind kind,
                               const char *key, size_t key_len,
                               const char *value, size_t value_len)
{
    (void)kind;
    (void)key_len;
    json_add_text(cls, key, value != NULL ? value : "", value_len);
    return MHD_YES;
}

static json_t *values_of(struct request *r, enum MHD_ValueKind kind)
{
    json_t *values = json_object();
    MHD_get_connection_values_n(r->conn, kind, collect, values);
    return values;
}

static enum MHD_Result describe(struct request *r)
{
    json_t *method = json_text(r->method_name, strlen(r->method_name));
    json_t *path = json_text(r->path, strlen(r->path));
    return reply(r, MHD_HTTP_OK,
                 answer_json(json_pack(
                     "{s:o, s:o, s:o, s:o}", "method", method, "path", path,
                     "query", values_of(r, MHD_GET_ARGUMENT_KIND), "headers",
                     values_of(r, MHD_HEADER_KIND))));
}

enum MHD_Result any_echo(struct request *r)
{
    size_t len = r->body.len;
    if (len == 0)
        return describe(r);
    const char *type = request_header(r, MHD_HTTP_HEADER_CONTENT_TYPE);
    struct answer a = answer_bytes(buf_detach(&r->body), len,
                                   type != NULL ? type : TYPE_BYTES);
    char text[32];
    snprintf(text, sizeof text, "%zu", len);
    answer_header(&a, "X-Echo-Length", text);
    return reply(r, MHD_HTTP_OK, a);
}
