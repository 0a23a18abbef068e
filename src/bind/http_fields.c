/* http_fields.c - headers, names with values, and bodies of a request; see
 * http_internal.h
 */
#include <ctype.h>
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "bind/args.h"
#include "bind/http_internal.h"
#include "bind/json.h"

/* The text of a scalar value at the top: string, number or boolean. */
const char *http_take_scalar(struct http_parse *p, const char *key, size_t *len)
{
    int type = lua_type(p->L, -1);
    if (type == LUA_TBOOLEAN) {
        const char *s = lua_toboolean(p->L, -1) ? "true" : "false";
        *len = strlen(s);
        return s;
    }
    if (type != LUA_TSTRING && type != LUA_TNUMBER)
        http_bad_option(p, key, "strings, numbers or booleans in it");
    return arg_text(p->L, -1, p->arena, len);
}

/* ---- headers ---- */

/* A line break would end the header, or the head, and begin another. */
const char *http_check_line(struct http_parse *p, const char *text)
{
    if (strpbrk(text, "\r\n") != NULL)
        luaL_error(p->L,
                   "http options: \"%s\" has a line break in it, which "
                   "cannot be in a header",
                   text);
    return text;
}

void http_add_header(struct http_parse *p, const char *line)
{
    struct request_options *o = p->o;
    http_check_line(p, line);
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
static void add_content_type(struct http_parse *p, const char *type)
{
    static const char name[] = "Content-Type:";
    for (size_t i = 0; i < p->o->nheaders; i++)
        if (strncasecmp(p->o->headers[i], name, sizeof name - 1) == 0)
            return;
    http_add_header(p, arena_printf(p->arena, "Content-Type: %s", type));
}

static int has_line_break(const char *s, size_t len)
{
    return memchr(s, '\r', len) || memchr(s, '\n', len) || memchr(s, 0, len);
}

/* RFC 9110, 5.6.2 */
static int is_token(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!isalnum((unsigned char)s[i]) &&
            (s[i] == 0 || strchr("!#$%&'*+-.^_`|~", s[i]) == NULL))
            return 0;
    return len > 0;
}

void http_option_headers(struct http_parse *p, const char *key)
{
    lua_State *L = p->L;
    if (!lua_istable(L, -1))
        http_bad_option(p, key, "a table of name = value");
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
        size_t len, name_len;
        if (lua_type(L, -2) != LUA_TSTRING)
            luaL_error(L, "http option headers: names must be strings");
        const char *name = lua_tolstring(L, -2, &name_len);
        const char *value = http_take_scalar(p, key, &len);
        if (!is_token(name, name_len) || has_line_break(value, len))
            luaL_error(L,
                       "http option headers: \"%s\" has a character that "
                       "cannot be in a header",
                       name);
        if (strcasecmp(name, "Transfer-Encoding") == 0)
            luaL_error(L, "http option headers: Transfer-Encoding cannot be "
                          "given: a body is sent with its Content-Length");
        http_add_header(p, arena_printf(p->arena, "%s: %s", name, value));
    }
}

/* ---- names with values ---- */

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

static int by_key(const void *a, const void *b)
{
    const struct http_pair *x = a, *y = b;
    int c = strcmp(x->key, y->key);
    return c ? c : (x->place > y->place) - (x->place < y->place);
}

static void add_pair(struct http_parse *p, const char *key,
                     struct http_pair *pairs, size_t *n)
{
    struct http_pair *to = &pairs[*n];
    to->place = (*n)++;
    to->key_len = strlen(key);
    to->key = arena_dup(p->arena, key, to->key_len);
    to->value = http_take_scalar(p, key, &to->value_len);
    to->value = arena_dup(p->arena, to->value, to->value_len);
}

static size_t count_pairs(struct http_parse *p, const char *key)
{
    lua_State *L = p->L;
    size_t n = 0;
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING)
            luaL_error(L, "http option %s: names must be strings", key);
        n += lua_istable(L, -1) ? lua_rawlen(L, -1) : 1;
    }
    return n;
}

/* The table at the top as a sorted list: a seed must give the same bytes, and
 * the order of a Lua table is not the same in two runs.  A list as a value
 * repeats its name, in the list's order. */
struct http_pair *http_take_pairs(struct http_parse *p, const char *key,
                                  size_t *n)
{
    lua_State *L = p->L;
    size_t room = count_pairs(p, key);
    struct http_pair *pairs = arena_take(p->arena, (room + 1) * sizeof *pairs);
    *n = 0;
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
        const char *name = lua_tostring(L, -2);
        if (!lua_istable(L, -1)) {
            add_pair(p, name, pairs, n);
            continue;
        }
        lua_Unsigned len = lua_rawlen(L, -1);
        for (lua_Unsigned i = 1; i <= len; i++) {
            lua_rawgeti(L, -1, (lua_Integer)i);
            add_pair(p, name, pairs, n);
            lua_pop(L, 1);
        }
    }
    qsort(pairs, *n, sizeof *pairs, by_key);
    return pairs;
}

/* Pushes "a=1&b=2" of the table at the top. */
static void push_encoded(struct http_parse *p, const char *key, int plus)
{
    size_t n;
    struct http_pair *pairs = http_take_pairs(p, key, &n);
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

void http_option_query(struct http_parse *p, const char *key)
{
    size_t len;
    if (!lua_istable(p->L, -1))
        http_bad_option(p, key, "a table of name = value");
    push_encoded(p, key, 0);
    const char *text = lua_tolstring(p->L, -1, &len);
    p->o->query = arena_dup(p->arena, text, len);
    lua_pop(p->L, 1);
}

/* ---- bodies ---- */

static void set_body(struct http_parse *p, const char *key, const char *body,
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
static const char *keep(struct http_parse *p, size_t *len)
{
    lua_copy(p->L, -1, p->body);
    return lua_tolstring(p->L, p->body, len);
}

void http_option_body(struct http_parse *p, const char *key)
{
    size_t len;
    if (lua_type(p->L, -1) != LUA_TSTRING)
        http_bad_option(p, key, "a string");
    const char *body = keep(p, &len);
    set_body(p, key, body, len);
}

void http_option_json(struct http_parse *p, const char *key)
{
    size_t len;
    json_encode(p->L, -1, NULL);
    const char *body = keep(p, &len);
    set_body(p, key, body, len);
    lua_pop(p->L, 1);
    add_content_type(p, "application/json");
}

void http_option_form(struct http_parse *p, const char *key)
{
    size_t len;
    if (!lua_istable(p->L, -1))
        http_bad_option(p, key, "a table of name = value");
    push_encoded(p, key, 1);
    const char *body = keep(p, &len);
    set_body(p, key, body, len);
    lua_pop(p->L, 1);
    add_content_type(p, "application/x-www-form-urlencoded");
}

const char *http_take_field(struct http_parse *p, const char *key,
                            const char *field)
{
    lua_getfield(p->L, -1, field);
    const char *text = NULL;
    if (!lua_isnil(p->L, -1))
        text = http_take_text(p, key);
    lua_pop(p->L, 1);
    return text;
}

static void take_part(struct http_parse *p, const char *name,
                      struct http_part *part)
{
    lua_State *L = p->L;
    *part = (struct http_part){ .name = name };
    if (!lua_istable(L, -1)) {
        const char *s = http_take_scalar(p, "multipart", &part->len);
        part->data = arena_dup(p->arena, s, part->len);
        return;
    }
    part->filename = http_take_field(p, "multipart", "filename");
    part->type = http_take_field(p, "multipart", "type");
    if (part->type != NULL)
        http_check_line(p, part->type);
    if (part->name == NULL)
        part->name = http_take_field(p, "multipart", "name");
    if (part->name == NULL)
        luaL_error(L, "http option multipart: a part without a name");
    lua_getfield(L, -1, "data");
    if (lua_type(L, -1) != LUA_TSTRING)
        http_bad_option(p, "multipart", "data (a string) in each part");
    const char *data = lua_tolstring(L, -1, &part->len);
    part->data = arena_dup(p->arena, data, part->len);
    lua_pop(L, 1);
}

static int by_part_name(const void *a, const void *b)
{
    const struct http_part *x = a, *y = b;
    return strcmp(x->name, y->name);
}

void http_option_multipart(struct http_parse *p, const char *key)
{
    lua_State *L = p->L;
    size_t n = 0, listed;
    if (!lua_istable(L, -1))
        http_bad_option(p, key, "a table of name = value, or a list of parts");
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1))
        n++;
    struct http_part *parts = arena_take(p->arena, (n + 1) * sizeof *parts);
    size_t at = 0;
    for (listed = 1; lua_rawgeti(L, -1, (lua_Integer)listed) != LUA_TNIL;
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
