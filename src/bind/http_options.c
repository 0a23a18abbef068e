/* http_options.c - a table of options as a request; see http_internal.h */
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/clock.h"
#include "bind/args.h"
#include "bind/http_internal.h"

enum { REDIRECTS_DEFAULT = 10, TIMEOUT_DEFAULT_S = 60 };

int http_bad_option(struct http_parse *p, const char *key, const char *expected)
{
    return luaL_error(p->L, "http option %s: expected %s, got %s", key,
                      expected, arg_describe(p->L, -1));
}

const char *http_take_text(struct http_parse *p, const char *key)
{
    size_t len;
    if (lua_type(p->L, -1) != LUA_TSTRING)
        http_bad_option(p, key, "a string");
    const char *s = lua_tolstring(p->L, -1, &len);
    if (strlen(s) != len)
        http_bad_option(p, key, "a string without NUL bytes");
    return arena_dup(p->arena, s, len);
}

static int flag_option(struct http_parse *p, const char *key)
{
    if (lua_type(p->L, -1) != LUA_TBOOLEAN)
        http_bad_option(p, key, "true or false");
    return lua_toboolean(p->L, -1);
}

static void set_flag(struct http_parse *p, unsigned flag, int on)
{
    if (on)
        p->o->flags |= flag;
    else
        p->o->flags &= ~flag;
}

/* ---- the other options ---- */

static void option_timeout(struct http_parse *p, const char *key)
{
    if (arg_duration(p->L, -1, &p->o->timeout_us) != 0 || p->o->timeout_us <= 0)
        http_bad_option(
            p, key, "a duration above 0 (seconds, or a text such as \"5s\")");
}

static void option_name(struct http_parse *p, const char *key)
{
    p->o->name = http_take_text(p, key);
    p->o->name_len = strlen(p->o->name);
}

static void option_tags(struct http_parse *p, const char *key)
{
    lua_State *L = p->L;
    struct tag tags[TAGS_MAX];
    size_t n = 0, len;
    if (!lua_istable(L, -1))
        http_bad_option(p, key, "a table of name = value");
    struct recorder *r = &worker_of(L)->recorder;
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING)
            luaL_error(L, "http option tags: names must be strings");
        if (n == TAGS_MAX)
            luaL_error(L, "http option tags: at most %d tags", TAGS_MAX);
        size_t key_len;
        const char *name = lua_tolstring(L, -2, &key_len);
        tags[n].key = recorder_text(r, name, key_len);
        const char *value = http_take_scalar(p, key, &len);
        tags[n++].value = recorder_text(r, value, len);
    }
    if (n > 0)
        p->o->tags = recorder_tagset(r, p->o->tags, tags, n);
}

static void option_auth(struct http_parse *p, const char *key)
{
    lua_State *L = p->L;
    if (!lua_istable(L, -1))
        http_bad_option(p, key, "{ user =, password = } or { bearer = token }");
    const char *bearer = http_take_field(p, key, "bearer");
    const char *user = http_take_field(p, key, "user");
    const char *password = http_take_field(p, key, "password");
    const char *type = http_take_field(p, key, "type");
    if (bearer != NULL) {
        http_add_header(
            p, arena_printf(p->arena, "Authorization: Bearer %s", bearer));
        return;
    }
    if (user == NULL || password == NULL)
        http_bad_option(p, key, "{ user =, password = } or { bearer = token }");
    if (type == NULL || strcmp(type, "basic") == 0) {
        const char *pair = arena_printf(p->arena, "%s:%s", user, password);
        struct buf code = { 0 };
        base64_encode(&code, pair, strlen(pair));
        http_add_header(
            p, arena_printf(p->arena, "Authorization: Basic %s", code.data));
        buf_free(&code);
        return;
    }
    if (strcmp(type, "digest") != 0 && strcmp(type, "ntlm") != 0)
        luaL_error(L,
                   "http option auth: type must be \"basic\", \"digest\" "
                   "or \"ntlm\", got \"%s\"",
                   type);
    p->o->special.auth = type[0] == 'd' ? HTTP_AUTH_DIGEST : HTTP_AUTH_NTLM;
    p->o->special.user = user;
    p->o->special.password = password;
    p->o->has_special = 1;
}

static void option_cookies(struct http_parse *p, const char *key)
{
    lua_State *L = p->L;
    size_t n;
    if (lua_type(L, -1) == LUA_TSTRING) {
        const char *text = http_take_text(p, key);
        if (strcmp(text, "clear") == 0)
            p->o->clear_cookies = 1;
        else
            p->o->cookies = http_check_line(p, text);
        return;
    }
    if (!lua_istable(L, -1))
        http_bad_option(
            p, key, "a table of name = value, a \"a=1; b=2\", or \"clear\"");
    struct http_pair *pairs = http_take_pairs(p, key, &n);
    const char *text = NULL;
    for (size_t i = 0; i < n; i++)
        text = arena_printf(p->arena, "%s%s%s=%s", text ? text : "",
                            text ? "; " : "", pairs[i].key, pairs[i].value);
    p->o->cookies = text ? http_check_line(p, text) : NULL;
}

static void option_redirects(struct http_parse *p, const char *key)
{
    lua_State *L = p->L;
    if (lua_isboolean(L, -1)) {
        p->o->max_redirects = lua_toboolean(L, -1) ? REDIRECTS_DEFAULT : 0;
        return;
    }
    if (!lua_isinteger(L, -1) || lua_tointeger(L, -1) < 0 ||
        lua_tointeger(L, -1) > 100)
        http_bad_option(p, key, "true, false or a number from 0 to 100");
    p->o->max_redirects = (int)lua_tointeger(L, -1);
}

static void option_retries(struct http_parse *p, const char *key)
{
    lua_State *L = p->L;
    if (!lua_isinteger(L, -1) || lua_tointeger(L, -1) < 0 ||
        lua_tointeger(L, -1) > 10)
        http_bad_option(p, key, "a number from 0 to 10");
    p->o->retries = (unsigned)lua_tointeger(L, -1);
}

static void option_compression(struct http_parse *p, const char *key)
{
    set_flag(p, HTTP_COMPRESSED, flag_option(p, key));
}

static void option_discard_body(struct http_parse *p, const char *key)
{
    set_flag(p, HTTP_DISCARD_BODY, flag_option(p, key));
}

static void option_proxy(struct http_parse *p, const char *key)
{
    p->o->special.proxy = http_take_text(p, key);
    p->o->has_special = 1;
}

static void option_unix_socket(struct http_parse *p, const char *key)
{
    p->o->special.unix_socket = http_take_text(p, key);
    p->o->has_special = 1;
}

static void option_http_version(struct http_parse *p, const char *key)
{
    static const struct {
        const char *text;
        enum http_version version;
    } versions[] = { { "1.0", HTTP_1_0 },
                     { "1.1", HTTP_1_1 },
                     { "2", HTTP_2 },
                     { "2-prior-knowledge", HTTP_2_PRIOR } };
    size_t len;
    const char *text = lua_isnumber(p->L, -1) || lua_isstring(p->L, -1)
                           ? arg_text(p->L, -1, p->arena, &len)
                           : "";
    if (strcmp(text, "2.0") == 0)
        text = "2";
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++)
        if (strcmp(versions[i].text, text) == 0) {
            p->o->special.version = versions[i].version;
            p->o->has_special |= versions[i].version != HTTP_1_1;
            return;
        }
    http_bad_option(p, key, "\"1.0\", \"1.1\", \"2\" or \"2-prior-knowledge\"");
}

static void option_tls(struct http_parse *p, const char *key)
{
    static const char *const known[] = { "verify", "ca",          "cert",
                                         "key",    "server_name", "resume" };
    lua_State *L = p->L;
    struct http_special *s = &p->o->special;
    if (!lua_istable(L, -1))
        http_bad_option(
            p, key, "a table { verify, ca, cert, key, server_name, resume }");
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
        const char *name =
            lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "?";
        if (strcmp(name, "verify") == 0)
            s->insecure = !flag_option(p, "tls.verify");
        else if (strcmp(name, "ca") == 0)
            s->ca = http_take_text(p, "tls.ca");
        else if (strcmp(name, "cert") == 0)
            s->cert = http_take_text(p, "tls.cert");
        else if (strcmp(name, "key") == 0)
            s->key = http_take_text(p, "tls.key");
        else if (strcmp(name, "resume") == 0)
            s->no_resume = !flag_option(p, "tls.resume");
        else if (strcmp(name, "server_name") == 0)
            s->server_name = http_take_text(p, "tls.server_name");
        else
            arg_unknown(L, "http option tls.", name, known,
                        sizeof known / sizeof *known);
    }
    p->o->has_special = 1;
}

static int one_status(struct http_parse *p)
{
    lua_Integer n = lua_isinteger(p->L, -1) ? lua_tointeger(p->L, -1) : 0;
    if (n < 100 || n > 999)
        http_bad_option(p, "expect", "a status such as 404, or a list of them");
    return (int)n;
}

static void option_expect(struct http_parse *p, const char *key)
{
    lua_State *L = p->L;
    p->o->nexpect = 0;
    if (!lua_istable(L, -1)) {
        p->o->expect[p->o->nexpect++] = one_status(p);
        return;
    }
    lua_Integer n = luaL_len(L, -1);
    if (n < 1 || n > EXPECT_MAX)
        http_bad_option(p, key, "a list of 1 to 8 statuses");
    for (lua_Integer i = 1; i <= n; i++) {
        lua_geti(L, -1, i);
        p->o->expect[p->o->nexpect++] = one_status(p);
        lua_pop(L, 1);
    }
}

static void option_transport(struct http_parse *p, const char *key)
{
    const char *text = http_take_text(p, key);
    if (strcmp(text, "curl") != 0 && strcmp(text, "native") != 0 &&
        strcmp(text, "auto") != 0)
        http_bad_option(p, key, "\"auto\", \"native\" or \"curl\"");
    set_flag(p, HTTP_USE_CURL, text[0] == 'c');
    set_flag(p, HTTP_USE_NATIVE, text[0] == 'n');
}

/* Read by http.request and http.batch; elsewhere they are arguments. */
static void option_whole(struct http_parse *p, const char *key)
{
    if (!p->whole)
        luaL_error(p->L,
                   "http option %s: only in http.request and "
                   "http.batch",
                   key);
}

/* Sorted by name. */
static const struct option {
    const char *name;
    void (*take)(struct http_parse *p, const char *key);
} options[] = {
    { "auth", option_auth },
    { "body", http_option_body },
    { "compression", option_compression },
    { "cookies", option_cookies },
    { "discard_body", option_discard_body },
    { "expect", option_expect },
    { "form", http_option_form },
    { "headers", http_option_headers },
    { "http_version", option_http_version },
    { "json", http_option_json },
    { "method", option_whole },
    { "multipart", http_option_multipart },
    { "name", option_name },
    { "proxy", option_proxy },
    { "query", http_option_query },
    { "redirects", option_redirects },
    { "retries", option_retries },
    { "tags", option_tags },
    { "timeout", option_timeout },
    { "tls", option_tls },
    { "transport", option_transport },
    { "unix_socket", option_unix_socket },
    { "url", option_whole },
};

enum { NOPTIONS = sizeof options / sizeof *options };

static int compare_option(const void *key, const void *option)
{
    return strcmp(key, ((const struct option *)option)->name);
}

static void unknown_option(lua_State *L, const char *name)
{
    const char *names[NOPTIONS];
    for (size_t i = 0; i < NOPTIONS; i++)
        names[i] = options[i].name;
    arg_unknown(L, "http option ", name, names, NOPTIONS);
}

static void parse_options(struct http_parse *p)
{
    lua_State *L = p->L;
    for (lua_pushnil(L); lua_next(L, p->idx); lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING)
            luaL_error(L, "http options: names must be strings, got %s",
                       arg_describe(L, -2));
        const char *name = lua_tostring(L, -2);
        const struct option *o =
            bsearch(name, options, NOPTIONS, sizeof *options, compare_option);
        if (o == NULL)
            unknown_option(L, name);
        else
            o->take(p, name);
    }
}

void http_parse_defaults(lua_State *L, struct http_state *h, int idx)
{
    h->defaults = (struct request_options){
        .timeout_us = (int64_t)TIMEOUT_DEFAULT_S * US_PER_S,
        .max_redirects = REDIRECTS_DEFAULT,
    };
    if (lua_isnoneornil(L, idx))
        return;
    idx = lua_absindex(L, idx);
    lua_pushnil(L);
    struct http_parse p = {
        L, h, &h->arena, &h->defaults, idx, lua_gettop(L), 0
    };
    parse_options(&p);
    lua_pop(L, 1);
    if (h->defaults.body != NULL || h->defaults.nparts > 0)
        luaL_error(L, "http defaults: a body cannot be one of them");
}

/* ---- the URL ---- */

static const char *join_target(lua_State *L, struct http_state *h,
                               struct arena *arena, const char *url)
{
    if (strncmp(url, "http://", 7) == 0 || strncmp(url, "https://", 8) == 0)
        return arena_dup(arena, url, strlen(url));
    if (url[0] != '/')
        luaL_error(L,
                   "the URL must begin with http://, https:// or /, got "
                   "\"%s\"",
                   url);
    /* On every request's path: no printf. */
    size_t base = strlen(h->target), len = strlen(url);
    char *joined = arena_take(arena, base + len + 1);
    memcpy(joined, h->target, base);
    memcpy(joined + base, url, len + 1);
    return joined;
}

static void take_url(struct http_parse *p, struct exchange *x, int url_idx)
{
    lua_State *L = p->L;
    size_t len;
    if (lua_type(L, url_idx) != LUA_TSTRING)
        luaL_error(L, "the URL must be a string, got %s",
                   arg_describe(L, url_idx));
    const char *text = lua_tolstring(L, url_idx, &len);
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] <= ' ')
            luaL_error(L,
                       "the URL \"%s\" has a blank or control character; "
                       "encode it as %%20, or use the option query",
                       text);
    const char *url = join_target(L, p->h, p->arena, text);
    if (p->o->name == NULL) {
        /* Named as it was written, so that the name of a URL on the target
         * does not depend on where the target runs. */
        p->o->name = text;
        p->o->name_len = strcspn(text, "?#");
    }
    x->call->req.url = url;
    if (p->o->query != NULL && p->o->query[0] != '\0') {
        int end = (int)strcspn(url, "#"); /* a fragment is never sent */
        x->call->req.url = arena_printf(
            p->arena, "%.*s%c%s", end, url,
            memchr(url, '?', (size_t)end) ? '&' : '?', p->o->query);
    }
}

/* A transport that was asked for by name is not silently another one. */
static void check_native(lua_State *L, const struct http_state *h,
                         const struct http_request *req)
{
    const char *obstacle = http_native_obstacle(h->client, req);
    if (obstacle != NULL)
        luaL_error(L,
                   "http option transport: \"native\" cannot do %s; use "
                   "\"auto\" or \"curl\" for this request",
                   obstacle);
}

void http_parse_request(lua_State *L, struct http_state *h, struct exchange *x,
                        const char *method, int url_idx, int opts_idx)
{
    arena_reset(&x->arena);
    x->options = h->defaults;
    x->options.headers_cap = x->options.nheaders; /* never append in place */
    x->method = method;
    struct request_options *o = &x->options;
    struct http_parse p = { L, h, &x->arena, o, 0, 0, url_idx > opts_idx };
    if (o->nheaders > 0) {
        o->headers = arena_take(&x->arena, o->nheaders * sizeof(*o->headers));
        memcpy(o->headers, h->defaults.headers,
               o->nheaders * sizeof(*o->headers));
    }
    o->has_special = 0; /* the client has the defaults' */
    lua_pushnil(L);
    p.body = lua_gettop(L);
    if (opts_idx != 0 && !lua_isnoneornil(L, opts_idx)) {
        if (!lua_istable(L, opts_idx))
            luaL_error(L, "the options must be a table, got %s",
                       arg_describe(L, opts_idx));
        p.idx = opts_idx;
        parse_options(&p);
    }
    take_url(&p, x, url_idx);
    x->name = recorder_name(&x->vu->worker->recorder, o->name, o->name_len);
    struct http_request *req = &x->call->req;
    req->method = method;
    req->headers = o->headers;
    req->nheaders = o->nheaders;
    req->body = o->body;
    req->body_len = o->body_len;
    req->parts = o->parts;
    req->nparts = o->nparts;
    req->cookies = o->cookies;
    req->timeout_us = o->timeout_us;
    req->max_redirects = o->max_redirects;
    req->retries = o->retries;
    req->flags = o->flags;
    if (strcmp(method, "HEAD") == 0)
        req->flags |= HTTP_HEAD;
    req->special = o->has_special ? &o->special : NULL;
    if (o->flags & HTTP_USE_NATIVE)
        check_native(L, h, req);
}
