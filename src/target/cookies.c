/* cookies.c - /cookies and /cookies/set */
#include <string.h>

#include "base/buf.h"
#include "target/endpoints.h"
#include "target/jsontext.h"
#include "target/reply.h"
#include "target/request.h"

static enum MHD_Result collect(void *cls, enum MHD_ValueKind kind,
                               const char *name, size_t name_len,
                               const char *value, size_t value_len)
{
    (void)kind;
    (void)name_len;
    json_add_text(cls, name, value != NULL ? value : "", value_len);
    return MHD_YES;
}

enum MHD_Result get_cookies(struct request *r)
{
    json_t *cookies = json_object();
    MHD_get_connection_values_n(r->conn, MHD_COOKIE_KIND, collect, cookies);
    return reply(r, MHD_HTTP_OK, answer_json(cookies));
}

/* Whether the text can stand in a Set-Cookie header as it is. */
static bool suits_cookie(const char *text, size_t len, const char *forbidden)
{
    for (size_t i = 0; i < len; i++)
        if (text[i] <= ' ' || text[i] > '~' || strchr(forbidden, text[i]))
            return false;
    return true;
}

struct setting {
    struct answer answer;
    bool bad;
};

static enum MHD_Result set_cookie(void *cls, enum MHD_ValueKind kind,
                                  const char *name, size_t name_len,
                                  const char *value, size_t value_len)
{
    (void)kind;
    struct setting *s = cls;
    value = value != NULL ? value : "";
    if (name_len == 0 || !suits_cookie(name, name_len, "()<>@,;:\\\"/[]?={}") ||
        !suits_cookie(value, value_len, ",;\\\"")) {
        s->bad = true;
        return MHD_NO;
    }
    struct buf header = { 0 };
    buf_addf(&header, "%s=%s; Path=/", name, value);
    answer_header(&s->answer, MHD_HTTP_HEADER_SET_COOKIE, header.data);
    buf_free(&header);
    return MHD_YES;
}

enum MHD_Result get_cookies_set(struct request *r)
{
    struct setting s = { 0 };
    json_t *cookies = json_object();
    MHD_get_connection_values_n(r->conn, MHD_GET_ARGUMENT_KIND, collect,
                                cookies);
    s.answer = answer_json(json_pack("{s:o}", "cookies", cookies));
    MHD_get_connection_values_n(r->conn, MHD_GET_ARGUMENT_KIND, set_cookie, &s);
    if (!s.bad)
        return reply(r, MHD_HTTP_OK, s.answer);
    MHD_destroy_response(s.answer.response);
    return reply_error(r, MHD_HTTP_BAD_REQUEST,
                       "a name or a value holds a character that a cookie "
                       "cannot");
}
