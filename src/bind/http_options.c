/* http_options.c - a table of options as a request; see http_internal.h
 *
 * Longer than files should be: each option has its small reader here, beside
 * the one table that names them all.
 */
#include <lauxlib.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/spell.h"
#include "base/units.h"
#include "bind/args.h"
#include "bind/http_internal.h"
#include "bind/json.h"

enum { REDIRECTS_DEFAULT = 10, TIMEOUT_DEFAULT_S = 60 };

struct parse {
    lua_State *L;
    struct http_state *h;
    struct arena *arena;
    struct request_options *o;
    int idx;   /* of the options table */
    int body;  /* of the body's slot on the stack */
    int whole; /* the table is the request: method and url are in it */
};

static int bad(struct parse *p, const char *key, const char *expected)
{
    return luaL_error(p->L, "http option %s: expected %s, got %s", key,
                      expected, arg_describe(p->L, -1));
}

static const char *text_option(struct parse *p, const char *key)
{
    size_t len;
    if (lua_type(p->L, -1) != LUA_TSTRING)
        bad(p, key, "a string");
    const char *s = lua_tolstring(p->L, -1, &len);
    if (strlen(s) != len)
        bad(p, key, "a string without NUL bytes");
    return arena_dup(p->arena, s, len);
}

static int flag_option(struct parse *p, const char *key)
{
    if (lua_type(p->L, -1) != LUA_TBOOLEAN)
        bad(p, key, "true or false");
    return lua_toboolean(p->L, -1);
}

static void set_flag(struct parse *p, unsigned flag, int on)
{
    if (on)
        p->o->flags |= flag;
    else
        p->o->flags &= ~flag;
}

/* The text of a scalar value at the top: string, number or boolean. */
static const char *scalar(struct parse *p, const char *key, size_t *len)
{
    int type = lua_type(p->L, -1);
    if (type == LUA_TBOOLEAN) {
        const char *s = lua_toboolean(p->L, -1) ? "true" : "false";
        *len = strlen(s);
        return s;
    }
    if (type != LUA_TSTRING && type != LUA_TNUMBER)
        bad(p, key, "strings, numbers or booleans in it");
    return arg_text(p->L, -1, p->arena, len);
}

/* ---- headers ---- */

static void add_header(struct parse *p, const char *line)
{
    struct request_options *o = p->o;
    size_t name = strcspn(line, ":");
    for (size_t i = 0; i < o->nheaders; i++)
        if (strncasecmp(o->headers[i], line, name + 1) == 0) {
            o->headers[i] = line;
            return;
        }
    if (o->nheaders == o->headers_cap) {
        size_t cap = o->headers_cap ? o->headers_cap * 2 : 8;
        const char **list = arena_take(p->arena, cap * sizeof *list);
        if (o->nheaders > 0)
            memcpy(list, o->headers, o->nheaders * sizeof *list);
        o->headers = list;
        o->headers_cap = cap;
    }
    o->headers[o->nheaders++] = line;
}

/* A Content-Type that the script did not give itself. */
static void add_content_type(struct parse *p, const char *type)
{
    static const char name[] = "Content-Type:";
    for (size_t i = 0; i < p->o->nheaders; i++)
        if (strncasecmp(p->o->headers[i], name, sizeof name - 1) == 0)
            return;
    add_header(p, arena_printf(p->arena, "Content-Type: %s", type));
}

static int has_line_break(const char *s, size_t len)
{
    return memchr(s, '\r', len) || memchr(s, '\n', len) || memchr(s, 0, len);
}

static void option_headers(struct parse *p, const char *key)
{
    lua_State *L = p->L;
    if (!lua_istable(L, -1))
        bad(p, key, "a table of name = value");
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
        size_t len, name_len;
        if (lua_type(L, -2) != LUA_TSTRING)
            luaL_error(L, "http option headers: names must be strings");
        const char *name = lua_tolstring(L, -2, &name_len);
        const char *value = scalar(p, key, &len);
        if (name_len == 0 || has_line_break(name, name_len) ||
            memchr(name, ':', name_len) || has_line_break(value, len))
            luaL_error(L,
                       "http option headers: \"%s\" has a character that "
                       "cannot be in a header",
                       name);
        /* libcurl sends an empty value only when it ends in a semicolon. */
        add_header(p, len > 0 ? arena_printf(p->arena, "%s: %s", name, value)
                              : arena_printf(p->arena, "%s;", name));
    }
}

/* ---- bodies ---- */

static void set_body(struct parse *p, const char *key, const char *body,
                     size_t len)
{
    if (p->o->body != NULL || p->o->nparts > 0)
        luaL_error(p->L,
                   "http option %s: a request has one body; give only "
                   "one of body, json, form, multipart",
                   key);
    p->o->body = body;
    p->o->body_len = len;
}

/* Keeps the string at the top for as long as the request is in flight. */
static const char *keep(struct parse *p, size_t *len)
{
    lua_copy(p->L, -1, p->body);
    return lua_tolstring(p->L, p->body, len);
}

static void option_body(struct parse *p, const char *key)
{
    size_t len;
    if (lua_type(p->L, -1) != LUA_TSTRING)
        bad(p, key, "a string");
    const char *body = keep(p, &len);
    set_body(p, key, body, len);
}

static void option_json(struct parse *p, const char *key)
{
    size_t len;
    json_encode(p->L, -1, NULL);
    const char *body = keep(p, &len);
    set_body(p, key, body, len);
    lua_pop(p->L, 1);
    add_content_type(p, "application/json");
}

static void percent_encode(luaL_Buffer *b, const char *s, size_t len, int plus)
{
    static const char hex[] = "0123456789ABCDEF";
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)s[i];
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
            (c >= '0' && c <= '9') || strchr("-._~", c)) {
            if (c != 0) {
                luaL_addchar(b, (char)c);
                continue;
            }
        }
        if (c == ' ' && plus) {
            luaL_addchar(b, '+');
            continue;
        }
        luaL_addchar(b, '%');
        luaL_addchar(b, hex[c >> 4]);
        luaL_addchar(b, hex[c & 15]);
    }
}

struct pair {
    const char *key, *value;
    size_t key_len, value_len;
};

static int by_key(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;
    int c = strcmp(x->key, y->key);
    return c ? c : (x->value > y->value) - (x->value < y->value);
}

static struct pair *add_pair(struct parse *p, const char *key, struct pair *to)
{
    to->key_len = strlen(key);
    to->key = arena_dup(p->arena, key, to->key_len);
    to->value = scalar(p, key, &to->value_len);
    to->value = arena_dup(p->arena, to->value, to->value_len);
    return to + 1;
}

static size_t count_pairs(struct parse *p, const char *key)
{
    lua_State *L = p->L;
    size_t n = 0;
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING)
            luaL_error(L, "http option %s: names must be strings", key);
        n += lua_istable(L, -1) ? (size_t)luaL_len(L, -1) : 1;
    }
    return n;
}

/* The table at the top as a sorted list: a seed must give the same bytes, and
 * the order of a Lua table is not the same in two runs.  A list as a value
 * repeats its name. */
static struct pair *take_pairs(struct parse *p, const char *key, size_t *n)
{
    lua_State *L = p->L;
    *n = count_pairs(p, key);
    struct pair *pairs = arena_take(p->arena, (*n + 1) * sizeof *pairs);
    struct pair *at = pairs;
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
        const char *name = lua_tostring(L, -2);
        if (!lua_istable(L, -1)) {
            at = add_pair(p, name, at);
            continue;
        }
        lua_Integer len = luaL_len(L, -1);
        for (lua_Integer i = 1; i <= len; i++) {
            lua_geti(L, -1, i);
            at = add_pair(p, name, at);
            lua_pop(L, 1);
        }
    }
    *n = (size_t)(at - pairs);
    qsort(pairs, *n, sizeof *pairs, by_key);
    return pairs;
}

/* Pushes "a=1&b=2" of the table at the top. */
static void push_encoded(struct parse *p, const char *key, int plus)
{
    size_t n;
    struct pair *pairs = take_pairs(p, key, &n);
    luaL_Buffer b;
    luaL_buffinit(p->L, &b);
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            luaL_addchar(&b, '&');
        percent_encode(&b, pairs[i].key, pairs[i].key_len, plus);
        luaL_addchar(&b, '=');
        percent_encode(&b, pairs[i].value, pairs[i].value_len, plus);
    }
    luaL_pushresult(&b);
}

static void option_form(struct parse *p, const char *key)
{
    size_t len;
    if (!lua_istable(p->L, -1))
        bad(p, key, "a table of name = value");
    push_encoded(p, key, 1);
    const char *body = keep(p, &len);
    set_body(p, key, body, len);
    lua_pop(p->L, 1);
    add_content_type(p, "application/x-www-form-urlencoded");
}

static const char *part_field(struct parse *p, const char *field)
{
    lua_getfield(p->L, -1, field);
    const char *text = NULL;
    if (!lua_isnil(p->L, -1))
        text = text_option(p, "multipart");
    lua_pop(p->L, 1);
    return text;
}

static void take_part(struct parse *p, const char *name, struct http_part *part)
{
    lua_State *L = p->L;
    *part = (struct http_part){ .name = name };
    if (!lua_istable(L, -1)) {
        const char *s = scalar(p, "multipart", &part->len);
        part->data = arena_dup(p->arena, s, part->len);
        return;
    }
    part->filename = part_field(p, "filename");
    part->type = part_field(p, "type");
    if (part->name == NULL)
        part->name = part_field(p, "name");
    if (part->name == NULL)
        luaL_error(L, "http option multipart: a part without a name");
    lua_getfield(L, -1, "data");
    if (lua_type(L, -1) != LUA_TSTRING)
        bad(p, "multipart", "data (a string) in each part");
    const char *data = lua_tolstring(L, -1, &part->len);
    part->data = arena_dup(p->arena, data, part->len);
    lua_pop(L, 1);
}

static int by_part_name(const void *a, const void *b)
{
    const struct http_part *x = a, *y = b;
    return strcmp(x->name, y->name);
}

static void option_multipart(struct parse *p, const char *key)
{
    lua_State *L = p->L;
    size_t n = 0, listed;
    if (!lua_istable(L, -1))
        bad(p, key, "a table of name = value, or a list of parts");
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1))
        n++;
    struct http_part *parts = arena_take(p->arena, (n + 1) * sizeof *parts);
    size_t at = 0;
    for (listed = 1; lua_geti(L, -1, (lua_Integer)listed) != LUA_TNIL;
         listed++) {
        take_part(p, NULL, &parts[at++]);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1))
        if (lua_type(L, -2) == LUA_TSTRING)
            take_part(p, arena_printf(p->arena, "%s", lua_tostring(L, -2)),
                      &parts[at++]);
    qsort(parts + listed - 1, at - (listed - 1), sizeof *parts, by_part_name);
    set_body(p, key, NULL, 0);
    p->o->parts = parts;
    p->o->nparts = at;
}

/* ---- the other options ---- */

static void option_timeout(struct parse *p, const char *key)
{
    if (arg_duration(p->L, -1, &p->o->timeout_us) != 0 || p->o->timeout_us <= 0)
        bad(p, key, "a duration above 0 (seconds, or a text such as \"5s\")");
}

static void option_name(struct parse *p, const char *key)
{
    p->o->name = text_option(p, key);
    p->o->name_len = strlen(p->o->name);
}

static void option_tags(struct parse *p, const char *key)
{
    lua_State *L = p->L;
    struct tag tags[TAGS_MAX];
    size_t n = 0, len;
    if (!lua_istable(L, -1))
        bad(p, key, "a table of name = value");
    struct recorder *r = &worker_of(L)->recorder;
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING)
            luaL_error(L, "http option tags: names must be strings");
        if (n == TAGS_MAX)
            luaL_error(L, "http option tags: at most %d tags", TAGS_MAX);
        size_t key_len;
        const char *name = lua_tolstring(L, -2, &key_len);
        tags[n].key = recorder_text(r, name, key_len);
        const char *value = scalar(p, key, &len);
        tags[n++].value = recorder_text(r, value, len);
    }
    if (n > 0)
        p->o->tags = recorder_tagset(r, p->o->tags, tags, n);
}

static void option_auth(struct parse *p, const char *key)
{
    lua_State *L = p->L;
    if (!lua_istable(L, -1))
        bad(p, key, "{ user =, password = } or { bearer = token }");
    const char *bearer = part_field(p, "bearer");
    const char *user = part_field(p, "user");
    const char *password = part_field(p, "password");
    const char *type = part_field(p, "type");
    if (bearer != NULL) {
        add_header(p,
                   arena_printf(p->arena, "Authorization: Bearer %s", bearer));
        return;
    }
    if (user == NULL || password == NULL)
        bad(p, key, "{ user =, password = } or { bearer = token }");
    if (type == NULL || strcmp(type, "basic") == 0) {
        const char *pair = arena_printf(p->arena, "%s:%s", user, password);
        struct buf code = { 0 };
        base64_encode(&code, pair, strlen(pair));
        add_header(
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

static void option_cookies(struct parse *p, const char *key)
{
    lua_State *L = p->L;
    size_t n;
    if (lua_type(L, -1) == LUA_TSTRING) {
        const char *text = text_option(p, key);
        if (strcmp(text, "clear") == 0)
            p->o->clear_cookies = 1;
        else
            p->o->cookies = text;
        return;
    }
    if (!lua_istable(L, -1))
        bad(p, key, "a table of name = value, a \"a=1; b=2\", or \"clear\"");
    struct pair *pairs = take_pairs(p, key, &n);
    const char *text = NULL;
    for (size_t i = 0; i < n; i++)
        text = arena_printf(p->arena, "%s%s%s=%s", text ? text : "",
                            text ? "; " : "", pairs[i].key, pairs[i].value);
    p->o->cookies = text;
}

static void option_redirects(struct parse *p, const char *key)
{
    lua_State *L = p->L;
    if (lua_isboolean(L, -1)) {
        p->o->max_redirects = lua_toboolean(L, -1) ? REDIRECTS_DEFAULT : 0;
        return;
    }
    if (!lua_isinteger(L, -1) || lua_tointeger(L, -1) < 0 ||
        lua_tointeger(L, -1) > 100)
        bad(p, key, "true, false or a number from 0 to 100");
    p->o->max_redirects = (int)lua_tointeger(L, -1);
}

static void option_compression(struct parse *p, const char *key)
{
    set_flag(p, HTTP_COMPRESSED, flag_option(p, key));
}

static void option_discard_body(struct parse *p, const char *key)
{
    set_flag(p, HTTP_DISCARD_BODY, flag_option(p, key));
}

static void option_proxy(struct parse *p, const char *key)
{
    p->o->special.proxy = text_option(p, key);
    p->o->has_special = 1;
}

static void option_unix_socket(struct parse *p, const char *key)
{
    p->o->special.unix_socket = text_option(p, key);
    p->o->has_special = 1;
}

static void option_http_version(struct parse *p, const char *key)
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
    bad(p, key, "\"1.0\", \"1.1\", \"2\" or \"2-prior-knowledge\"");
}

static void option_tls(struct parse *p, const char *key)
{
    static const char *const known[] = { "verify", "ca", "cert", "key",
                                         "server_name" };
    lua_State *L = p->L;
    struct http_special *s = &p->o->special;
    if (!lua_istable(L, -1))
        bad(p, key, "a table { verify, ca, cert, key, server_name }");
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
        const char *name =
            lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "?";
        if (strcmp(name, "verify") == 0)
            s->insecure = !flag_option(p, "tls.verify");
        else if (strcmp(name, "ca") == 0)
            s->ca = text_option(p, "tls.ca");
        else if (strcmp(name, "cert") == 0)
            s->cert = text_option(p, "tls.cert");
        else if (strcmp(name, "key") == 0)
            s->key = text_option(p, "tls.key");
        else if (strcmp(name, "server_name") == 0)
            s->server_name = text_option(p, "tls.server_name");
        else
            arg_unknown(L, "http option tls.", name, known,
                        sizeof known / sizeof *known);
    }
    p->o->has_special = 1;
}

static int one_status(struct parse *p)
{
    lua_Integer n = lua_isinteger(p->L, -1) ? lua_tointeger(p->L, -1) : 0;
    if (n < 100 || n > 999)
        bad(p, "expect", "a status such as 404, or a list of them");
    return (int)n;
}

static void option_expect(struct parse *p, const char *key)
{
    lua_State *L = p->L;
    p->o->nexpect = 0;
    if (!lua_istable(L, -1)) {
        p->o->expect[p->o->nexpect++] = one_status(p);
        return;
    }
    lua_Integer n = luaL_len(L, -1);
    if (n < 1 || n > EXPECT_MAX)
        bad(p, key, "a list of 1 to 8 statuses");
    for (lua_Integer i = 1; i <= n; i++) {
        lua_geti(L, -1, i);
        p->o->expect[p->o->nexpect++] = one_status(p);
        lua_pop(L, 1);
    }
}

static void option_transport(struct parse *p, const char *key)
{
    const char *text = text_option(p, key);
    if (strcmp(text, "native") == 0)
        luaL_error(p->L, "http option transport: \"native\" is not in this "
                         "version; use \"curl\" or \"auto\"");
    if (strcmp(text, "curl") != 0 && strcmp(text, "auto") != 0)
        bad(p, key, "\"auto\" or \"curl\"");
}

static void option_query(struct parse *p, const char *key)
{
    size_t len;
    if (!lua_istable(p->L, -1))
        bad(p, key, "a table of name = value");
    push_encoded(p, key, 0);
    const char *text = lua_tolstring(p->L, -1, &len);
    p->o->query = arena_dup(p->arena, text, len);
    lua_pop(p->L, 1);
}

/* Read by http.request and http.batch; elsewhere they are arguments. */
static void option_whole(struct parse *p, const char *key)
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
    void (*take)(struct parse *p, const char *key);
} options[] = {
    { "auth", option_auth },
    { "body", option_body },
    { "compression", option_compression },
    { "cookies", option_cookies },
    { "discard_body", option_discard_body },
    { "expect", option_expect },
    { "form", option_form },
    { "headers", option_headers },
    { "http_version", option_http_version },
    { "json", option_json },
    { "method", option_whole },
    { "multipart", option_multipart },
    { "name", option_name },
    { "proxy", option_proxy },
    { "query", option_query },
    { "redirects", option_redirects },
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

static void parse_options(struct parse *p)
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
    struct parse p = { L, h, &h->arena, &h->defaults, idx, lua_gettop(L), 0 };
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

static void take_url(struct parse *p, struct exchange *x, int url_idx)
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
    if (p->o->query != NULL && p->o->query[0] != '\0')
        x->call->req.url = arena_printf(
            p->arena, "%s%c%s", url, strchr(url, '?') ? '&' : '?', p->o->query);
}

void http_parse_request(lua_State *L, struct http_state *h, struct exchange *x,
                        const char *method, int url_idx, int opts_idx)
{
    arena_reset(&x->arena);
    x->options = h->defaults;
    x->options.headers_cap = x->options.nheaders; /* never append in place */
    x->method = method;
    struct request_options *o = &x->options;
    struct parse p = { L, h, &x->arena, o, 0, 0, url_idx > opts_idx };
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
    req->flags = o->flags;
    if (strcmp(method, "HEAD") == 0)
        req->flags |= HTTP_HEAD;
    req->special = o->has_special ? &o->special : NULL;
}
