/* reply.c - see reply.h */
#include "target/reply.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "target/jsontext.h"
#include "target/metrics.h"
#include "target/request.h"

static struct MHD_Response **kept;
static size_t kept_count, kept_cap;

static struct answer make(const char *bytes, size_t len, const char *type,
                          enum MHD_ResponseMemoryMode mode)
{
    struct answer a = { .size = len };
    a.response =
        MHD_create_response_from_buffer(len, (void *)(uintptr_t)bytes, mode);
    if (type != NULL)
        answer_header(&a, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    return a;
}

struct answer answer_empty(void)
{
    return make("", 0, NULL, MHD_RESPMEM_PERSISTENT);
}

struct answer answer_bytes(char *bytes, size_t len, const char *type)
{
    return make(bytes, len, type, MHD_RESPMEM_MUST_FREE);
}

struct answer answer_static(const char *bytes, size_t len, const char *type)
{
    return make(bytes, len, type, MHD_RESPMEM_PERSISTENT);
}

struct answer answer_json(json_t *json)
{
    return answer_json_digits(json, 17);
}

struct answer answer_json_digits(json_t *json, unsigned digits)
{
    char *text = json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(digits));
    json_decref(json);
    if (text == NULL)
        text = xstrdup("{}");
    return answer_bytes(text, strlen(text), TYPE_JSON);
}

void answer_header(struct answer *a, const char *name, const char *value)
{
    MHD_add_response_header(a->response, name, value);
}

struct answer answer_keep(struct answer a)
{
    kept = grow(kept, &kept_cap, kept_count + 1, sizeof *kept);
    kept[kept_count++] = a.response;
    a.kept = true;
    return a;
}

void reply_fini(void)
{
    for (size_t i = 0; i < kept_count; i++)
        MHD_destroy_response(kept[i]);
    free(kept);
    kept = NULL;
    kept_count = kept_cap = 0;
}

static bool has_body(const struct request *r, unsigned status)
{
    return r->method != METHOD_HEAD && status != MHD_HTTP_NO_CONTENT &&
           status != MHD_HTTP_NOT_MODIFIED;
}

enum MHD_Result reply(struct request *r, unsigned status, struct answer a)
{
    enum MHD_Result queued = MHD_queue_response(r->conn, status, a.response);
    /* Counted before the first byte can leave: whoever has the answer finds
     * it counted. */
    if (queued == MHD_YES)
        metrics_answer(r, status, has_body(r, status) ? a.size : 0);
    if (!a.kept)
        MHD_destroy_response(a.response);
    return queued;
}

struct answer answer_error(const char *text)
{
    return answer_json(json_pack("{s:s, s:o}", "status", "error", "error",
                                 json_text(text, strlen(text))));
}

enum MHD_Result reply_error(struct request *r, unsigned status, const char *fmt,
                            ...)
{
    char text[512];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    return reply(r, status, answer_error(text));
}
