/* auth.c - /basic-auth/USER/PASS and /bearer */
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/base64.h"
#include "target/endpoints.h"
#include "target/jsontext.h"
#include "target/reply.h"
#include "target/request.h"

/* What follows the scheme in the Authorization header, or NULL. */
static const char *credentials(const struct request *r, const char *scheme)
{
    const char *header = request_header(r, MHD_HTTP_HEADER_AUTHORIZATION);
    size_t len = strlen(scheme);
    if (header == NULL || strncasecmp(header, scheme, len) != 0 ||
        header[len] != ' ')
        return NULL;
    header += len;
    return header + strspn(header, " ");
}

static enum MHD_Result refuse(struct request *r, const char *challenge,
                              const char *text)
{
    struct answer a = answer_error(text);
    answer_header(&a, MHD_HTTP_HEADER_WWW_AUTHENTICATE, challenge);
    return reply(r, MHD_HTTP_UNAUTHORIZED, a);
}

static bool is_basic(const struct request *r, const char *given)
{
    struct buf pair = { 0 };
    struct buf expected = { 0 };
    buf_add(&pair, r->arg[0], r->arg_len[0]);
    buf_addc(&pair, ':');
    buf_add(&pair, r->arg[1], r->arg_len[1]);
    base64_encode(&expected, pair.data, pair.len);
    bool same = given != NULL && strcmp(expected.data, given) == 0;
    buf_free(&pair);
    buf_free(&expected);
    return same;
}

enum MHD_Result any_basic_auth(struct request *r)
{
    if (!is_basic(r, credentials(r, "Basic")))
        return refuse(r, "Basic realm=\"target\"",
                      "these are not the credentials in the path");
    return reply(r, MHD_HTTP_OK,
                 answer_json(json_pack("{s:b, s:o}", "authenticated", 1, "user",
                                       json_text(r->arg[0], r->arg_len[0]))));
}

enum MHD_Result any_bearer(struct request *r)
{
    const char *token = credentials(r, "Bearer");
    if (token == NULL || *token == '\0')
        return refuse(r, "Bearer", "a bearer token is needed");
    return reply(
        r, MHD_HTTP_OK,
        answer_json(json_pack("{s:b, s:o}", "authenticated", 1, "token",
                              json_text(token, strlen(token)))));
}
