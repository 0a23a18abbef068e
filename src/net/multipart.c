/* multipart.c - a list of parts as a body (RFC 7578)
 *
 * The boundary is made from the bytes themselves, so that one seed gives the
 * same bytes in every run; by chance no part contains it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "net/http_internal.h"

static uint64_t hash_bytes(uint64_t hash, const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)s[i]) * 1099511628211u; /* FNV-1a */
    return hash;
}

static uint64_t hash_parts(const struct http_request *req)
{
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < req->nparts; i++) {
        const struct http_part *p = &req->parts[i];
        hash = hash_bytes(hash, p->name, strlen(p->name) + 1);
        hash = hash_bytes(hash, p->data, p->len);
    }
    return hash;
}

/* Inside quotes, as browsers write it. */
static void add_quoted(struct buf *out, const char *key, const char *value)
{
    buf_addf(out, "; %s=\"", key);
    for (; *value != '\0'; value++)
        if (*value == '"' || *value == '\r' || *value == '\n')
            buf_addf(out, "%%%02X", (unsigned char)*value);
        else
            buf_addc(out, *value);
    buf_addc(out, '"');
}

static void add_part(struct buf *out, const struct http_part *p)
{
    const char *type = p->type;
    buf_adds(out, "Content-Disposition: form-data");
    add_quoted(out, "name", p->name);
    if (p->filename != NULL) {
        add_quoted(out, "filename", p->filename);
        if (type == NULL)
            type = "application/octet-stream";
    }
    if (type != NULL)
        buf_addf(out, "\r\nContent-Type: %s", type);
    buf_adds(out, "\r\n\r\n");
    buf_add(out, p->data, p->len);
    buf_adds(out, "\r\n");
}

void http_multipart(struct flight *f)
{
    const struct http_request *req = &f->call.req;
    char boundary[48];
    snprintf(boundary, sizeof boundary, "----stressengine%016" PRIx64,
             hash_parts(req));
    for (size_t i = 0; i < req->nparts; i++) {
        buf_addf(&f->parts, "--%s\r\n", boundary);
        add_part(&f->parts, &req->parts[i]);
    }
    buf_addf(&f->parts, "--%s--\r\n", boundary);
    f->parts_type =
        xasprintf("Content-Type: multipart/form-data; boundary=%s", boundary);
}
