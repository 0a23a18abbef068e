/* native_request.c - a request as bytes; see native_internal.h
 *
 * On the path of every request: no printf.
 */
#include <string.h>
#include <strings.h>

#include "net/native_internal.h"

static void add_number(struct buf *out, size_t n)
{
    char digits[24], *at = digits + sizeof digits;
    do
        *--at = (char)('0' + n % 10);
    while ((n /= 10) > 0);
    buf_add(out, at, (size_t)(digits + sizeof digits - at));
}

static void add_line(struct buf *out, const char *line, size_t len)
{
    buf_add(out, line, len);
    buf_add(out, "\r\n", 2);
}

static void add_request_line(struct buf *out, const struct flight *f)
{
    const struct url_parts *url = &f->parts_of_url;
    buf_adds(out, f->method);
    buf_addc(out, ' ');
    if (url->path_len > 0)
        buf_add(out, url->path, url->path_len);
    else
        buf_addc(out, '/');
    buf_add(out, url->query, url->query_len);
    buf_adds(out, http_special_of(f)->version == HTTP_1_0 ? " HTTP/1.0\r\n"
                                                          : " HTTP/1.1\r\n");
}

enum own { OWN_HOST = 1, OWN_ACCEPT = 2, OWN_TYPE = 4, OWN_COOKIE = 8 };

/* Whether the value is the option `close`, perhaps among others. */
static int says_close(const char *value)
{
    for (; *value != '\0'; value++)
        if (strncasecmp(value, "close", 5) == 0)
            return 1;
    return 0;
}

/* Which of our headers the script's replace. */
static unsigned look_at_own(struct conn *conn, const struct flight *f)
{
    const struct http_request *req = &f->call.req;
    unsigned own = 0;
    for (size_t i = 0; i < req->nheaders; i++) {
        const char *line = req->headers[i];
        if (!http_header_wanted(f, line))
            continue;
        if (http_header_is(line, "Host"))
            own |= OWN_HOST;
        else if (http_header_is(line, "Accept"))
            own |= OWN_ACCEPT;
        else if (http_header_is(line, "Content-Type"))
            own |= OWN_TYPE;
        else if (http_header_is(line, "Cookie"))
            own |= OWN_COOKIE;
        else if (http_header_is(line, "Connection"))
            conn->close_after = says_close(line + 11) != 0;
    }
    return own;
}

static void add_own(struct buf *out, const struct flight *f)
{
    const struct http_request *req = &f->call.req;
    for (size_t i = 0; i < req->nheaders; i++)
        if (http_header_wanted(f, req->headers[i]))
            add_line(out, req->headers[i], strlen(req->headers[i]));
}

static void add_about_body(struct buf *out, const struct flight *f,
                           unsigned own)
{
    if (f->parts_type != NULL && !(own & OWN_TYPE))
        add_line(out, f->parts_type, strlen(f->parts_type));
    buf_add(out, "Content-Length: ", 16);
    add_number(out, f->body_len);
    buf_add(out, "\r\n", 2);
}

void native_compose(struct conn *conn, struct flight *f, struct buf *out)
{
    const struct origin *o = conn->origin;
    unsigned own = 0;
    conn->close_after = 0;
    if (f->call.req.nheaders > 0)
        own = look_at_own(conn, f);
    add_request_line(out, f);
    if (!(own & OWN_HOST))
        buf_add(out, o->host_line, o->host_line_len);
    if (!(own & OWN_ACCEPT))
        buf_add(out, "Accept: */*\r\n", 13);
    if (f->call.req.nheaders > 0)
        add_own(out, f);
    if (f->cookies.len > 0 && !(own & OWN_COOKIE)) {
        buf_add(out, "Cookie: ", 8);
        add_line(out, f->cookies.data, f->cookies.len);
    }
    if (f->has_body)
        add_about_body(out, f, own);
    buf_add(out, "\r\n", 2);
}
