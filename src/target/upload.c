/* upload.c - /upload: anything is read, hashed and forgotten
 *
 * Nothing of the body is kept, so an upload may be of any size.  If it is
 * multipart, its parts are told apart as they stream by.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "target/endpoints.h"
#include "target/hash.h"
#include "target/jsontext.h"
#include "target/multipart.h"
#include "target/reply.h"
#include "target/request.h"

enum { PARTS_MAX = 1000 };

struct upload {
    uint64_t fnv1a;
    bool multipart;
    bool malformed;
    struct multipart parser;
    json_t *parts; /* NULL: not multipart */
};

static void upload_free(void *state)
{
    struct upload *u = state;
    if (u->multipart)
        multipart_fini(&u->parser);
    json_decref(u->parts);
    free(u);
}

static void on_part(void *cls, const char *name, const char *filename,
                    uint64_t size)
{
    struct upload *u = cls;
    if (json_array_size(u->parts) == PARTS_MAX) {
        u->malformed = true;
        return;
    }
    json_array_append_new(
        u->parts, json_pack("{s:o, s:o, s:I}", "name",
                            json_text(name, strlen(name)), "filename",
                            filename ? json_text(filename, strlen(filename))
                                     : json_null(),
                            "size", (json_int_t)size));
}

static const char *content_type(const struct request *r)
{
    return request_header(r, MHD_HTTP_HEADER_CONTENT_TYPE);
}

static bool is_multipart(const struct request *r)
{
    static const char multipart[] = "multipart/";
    const char *type = content_type(r);
    return type != NULL &&
           strncasecmp(type, multipart, sizeof multipart - 1) == 0;
}

static struct upload *upload_of(struct request *r)
{
    if (r->state != NULL)
        return r->state;
    struct upload *u = xmalloc(sizeof *u);
    *u = (struct upload){ .fnv1a = HASH_FNV1A };
    u->multipart = is_multipart(r);
    if (u->multipart) {
        u->parts = json_array();
        u->parser.on_part = on_part;
        u->parser.cls = u;
        u->malformed = multipart_init(&u->parser, content_type(r)) != 0;
    }
    r->state = u;
    r->free_state = upload_free;
    return u;
}

void upload_feed(struct request *r, const char *bytes, size_t len)
{
    struct upload *u = upload_of(r);
    u->fnv1a = hash_fnv1a(u->fnv1a, bytes, len);
    if (u->multipart && !u->malformed)
        multipart_feed(&u->parser, bytes, len);
}

enum MHD_Result post_upload(struct request *r)
{
    struct upload *u = upload_of(r);
    if (u->malformed || (u->multipart && !multipart_complete(&u->parser)))
        return reply_error(r, MHD_HTTP_BAD_REQUEST,
                           "the multipart body is malformed or has more than "
                           "%d parts",
                           PARTS_MAX);
    char hex[17];
    snprintf(hex, sizeof hex, "%016" PRIx64, u->fnv1a);
    const char *type = content_type(r);
    json_t *answer = json_pack(
        "{s:I, s:o, s:s}", "bytes", (json_int_t)r->received, "content_type",
        type ? json_text(type, strlen(type)) : json_null(), "fnv1a", hex);
    if (u->parts != NULL)
        json_object_set(answer, "parts", u->parts);
    return reply(r, MHD_HTTP_OK, answer_json(answer));
}
