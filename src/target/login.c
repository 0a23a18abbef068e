/* login.c - /login, /me, /logout: a session in a cookie */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "target/endpoints.h"
#include "target/jsontext.h"
#include "target/reply.h"
#include "target/request.h"
#include "target/sessions.h"

enum { FIELD_MAX = 256 };

struct credentials {
    char user[FIELD_MAX];
    char password[FIELD_MAX];
};

/* Copies a value; -1 if it is too long or holds a NUL. */
static int copy_field(char out[FIELD_MAX], const char *text, size_t len)
{
    if (len >= FIELD_MAX || memchr(text, '\0', len) != NULL)
        return -1;
    memcpy(out, text, len);
    out[len] = '\0';
    return 0;
}

static int copy_json(char out[FIELD_MAX], const json_t *value)
{
    if (!json_is_string(value))
        return -1;
    return copy_field(out, json_string_value(value), json_string_length(value));
}

static int read_json(struct request *r, struct credentials *c, char *why,
                     size_t size)
{
    json_t *body = request_object(r, why, size);
    if (body == NULL)
        return -1;
    int result = 0;
    if (copy_json(c->user, json_object_get(body, "user")) != 0 ||
        copy_json(c->password, json_object_get(body, "password")) != 0) {
        snprintf(why, size,
                 "user and password must be strings of at most "
                 "%d bytes",
                 FIELD_MAX - 1);
        result = -1;
    }
    json_decref(body);
    return result;
}

/* Decodes "a%20b+c" into memory that the caller frees. */
static char *decode(const char *text, size_t len)
{
    char *copy = xstrndup(text, len);
    for (char *plus = copy; (plus = strchr(plus, '+')) != NULL;)
        *plus = ' ';
    MHD_http_unescape(copy);
    return copy;
}

/* Looks up one field of a form; an absent one is left as it is. */
static int form_field(const char *form, const char *name, char *out)
{
    size_t name_len = strlen(name);
    while (*form != '\0') {
        size_t len = strcspn(form, "&");
        if (len > name_len && form[name_len] == '=' &&
            strncmp(form, name, name_len) == 0) {
            char *value = decode(form + name_len + 1, len - name_len - 1);
            int result = copy_field(out, value, strlen(value));
            free(value);
            return result;
        }
        form += len;
        form += *form == '&';
    }
    return -1;
}

static int read_form(struct request *r, struct credentials *c, char *why,
                     size_t size)
{
    const char *form = r->body.len ? r->body.data : "";
    if (form_field(form, "user", c->user) == 0 &&
        form_field(form, "password", c->password) == 0)
        return 0;
    snprintf(why, size,
             "the form needs user and password of at most %d "
             "bytes",
             FIELD_MAX - 1);
    return -1;
}

static bool is_form(const struct request *r)
{
    static const char form[] = "application/x-www-form-urlencoded";
    const char *type = request_header(r, MHD_HTTP_HEADER_CONTENT_TYPE);
    return type != NULL && strncasecmp(type, form, sizeof form - 1) == 0;
}

static enum MHD_Result welcome(struct request *r, const char *user)
{
    char token[TOKEN_SIZE];
    char cookie[TOKEN_SIZE + 32];
    sessions_open(user, token);
    snprintf(cookie, sizeof cookie, "session=%s; HttpOnly; Path=/", token);
    struct answer a = answer_json(json_pack(
        "{s:s, s:o}", "status", "ok", "user", json_text(user, strlen(user))));
    answer_header(&a, MHD_HTTP_HEADER_SET_COOKIE, cookie);
    return reply(r, MHD_HTTP_OK, a);
}

/* curl -d sends JSON under the type of a form: an opening brace decides. */
enum MHD_Result post_login(struct request *r)
{
    struct credentials c = { 0 };
    char why[256];
    bool form = is_form(r) && r->body.len > 0 && r->body.data[0] != '{';
    if ((form ? read_form : read_json)(r, &c, why, sizeof why) != 0)
        return reply_error(r, MHD_HTTP_BAD_REQUEST, "%s", why);
    if (strcmp(c.password, "secret") != 0)
        return reply_error(r, MHD_HTTP_UNAUTHORIZED,
                           "wrong password; it is \"secret\"");
    return welcome(r, c.user);
}

static const char *session_of(const struct request *r)
{
    return MHD_lookup_connection_value(r->conn, MHD_COOKIE_KIND, "session");
}

enum MHD_Result get_me(struct request *r)
{
    const char *token = session_of(r);
    char *user = token != NULL ? sessions_user(token) : NULL;
    if (user == NULL)
        return reply_error(r, MHD_HTTP_UNAUTHORIZED, "not logged in");
    json_t *text = json_text(user, strlen(user));
    free(user);
    return reply(r, MHD_HTTP_OK, answer_json(json_pack("{s:o}", "user", text)));
}

enum MHD_Result post_logout(struct request *r)
{
    const char *token = session_of(r);
    if (token != NULL)
        sessions_close(token);
    struct answer a = answer_json(json_pack("{s:s}", "status", "ok"));
    answer_header(&a, MHD_HTTP_HEADER_SET_COOKIE,
                  "session=; HttpOnly; Path=/; Max-Age=0");
    return reply(r, MHD_HTTP_OK, a);
}
