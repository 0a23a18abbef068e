/* http_response.c - an answer as a Lua object; see http_internal.h
 *
 * One userdata of exactly the needed size; what costs (headers, timings,
 * JSON, and a small body as a string) is made when it is asked for.
 */
#include <lauxlib.h>
#include <string.h>

#include "base/clock.h"
#include "bind/http_internal.h"
#include "bind/json.h"

#define RESPONSE_TYPE "stress.http.response"
#define HEADERS_TYPE "stress.http.headers"

/* A larger body is made a string at once, which then is its only copy. */
enum { BODY_INLINE_MAX = 2048, LARGE_DOCUMENT = 1 << 20 };

enum { UV_BODY = 1, UV_HEADERS, UV_TIMINGS, UV_COUNT = UV_TIMINGS };

struct response {
    int status, error_code;
    int ok, new_connection;
    unsigned attempts, redirects;
    const char *proto, *transport, *error_class;
    struct http_times times;
    size_t url_len, error_len, head_len, body_len; /* of text */
    int has_body;
    char text[]; /* url, error, head, a small body */
};

/* Its address is where the registry keeps the metatable: found faster than
 * by name, once per answer. */
static const char response_key;

static const char *append(char **at, const char *s, size_t len)
{
    char *begin = *at;
    memcpy(begin, s, len);
    *at += len;
    return begin;
}

void http_push_response(lua_State *L, const struct exchange *x)
{
    const struct http_call *call = x->call;
    size_t url = strlen(call->url), error = strlen(call->error);
    int keep = !(call->req.flags & HTTP_DISCARD_BODY);
    int small = call->body.len <= BODY_INLINE_MAX;
    size_t body = keep && small ? call->body.len : 0;
    struct response *r = lua_newuserdatauv(
        L, sizeof *r + url + error + call->head.len + body, UV_COUNT);
    *r = (struct response){
        .status = call->status,
        .error_code = http_error_code(call),
        .ok = http_is_expected(x),
        .new_connection = call->new_connection,
        .attempts = call->attempts,
        .redirects = call->redirects,
        .proto = call->proto,
        .transport = call->transport,
        .error_class = call->error_class,
        .times = call->times,
        .url_len = url,
        .error_len = error,
        .head_len = call->head.len,
        .body_len = body,
        .has_body = keep,
    };
    char *at = r->text;
    append(&at, call->url, url);
    append(&at, call->error, error);
    if (call->head.len > 0)
        append(&at, call->head.data, call->head.len);
    if (body > 0)
        append(&at, call->body.data, body);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &response_key);
    lua_setmetatable(L, -2);
    if (keep && !small) {
        lua_pushlstring(L, call->body.data, call->body.len);
        lua_setiuservalue(L, -2, UV_BODY);
    }
}

static const char *head_of(const struct response *r)
{
    return r->text + r->url_len + r->error_len;
}

/* ---- timings ---- */

static void set_ms(lua_State *L, const char *name, int64_t us)
{
    lua_pushnumber(L, us > 0 ? (double)us / US_PER_MS : 0);
    lua_setfield(L, -2, name);
}

static void push_new_timings(lua_State *L, const struct response *r)
{
    const struct http_times *t = &r->times;
    int64_t send = t->send ? t->send : t->done;
    lua_createtable(L, 0, 8);
    set_ms(L, "blocked", send - t->started);
    set_ms(L, "looking_up", t->looking_up);
    set_ms(L, "connecting", t->connecting);
    set_ms(L, "tls_handshaking", t->tls);
    set_ms(L, "sending", t->send ? t->sent - t->send : 0);
    set_ms(L, "waiting", t->send ? t->first_byte - t->sent : 0);
    set_ms(L, "receiving", t->send ? t->done - t->first_byte : 0);
    set_ms(L, "duration", t->done - send);
}

/* ---- headers ---- */

static void push_lower(lua_State *L, const char *s, size_t len)
{
    luaL_Buffer b;
    char *out = luaL_buffinitsize(L, &b, len);
    for (size_t i = 0; i < len; i++)
        out[i] = s[i] >= 'A' && s[i] <= 'Z' ? (char)(s[i] + 32) : s[i];
    luaL_pushresultsize(&b, len);
}

/* headers.Name, in any case and with '_' or '-' as written. */
static int l_headers_index(lua_State *L) /* [-2, +1, m] */
{
    size_t len;
    const char *name = luaL_checklstring(L, 2, &len);
    push_lower(L, name, len);
    lua_rawget(L, 1);
    return 1;
}

/* Adds one line to the table at the top; lines of the same name are joined
 * with ", " (RFC 9110, 5.3). */
static void add_line(lua_State *L, const char *line, size_t len)
{
    const char *colon = memchr(line, ':', len);
    if (colon == NULL || colon == line)
        return;
    const char *v = colon + 1, *end = line + len;
    while (v < end && (*v == ' ' || *v == '\t'))
        v++;
    while (end > v && (end[-1] == '\r' || end[-1] == '\n' || end[-1] == ' '))
        end--;
    push_lower(L, line, (size_t)(colon - line));
    lua_pushvalue(L, -1);
    if (lua_rawget(L, -3) == LUA_TSTRING) {
        lua_pushliteral(L, ", ");
        lua_pushlstring(L, v, (size_t)(end - v));
        lua_concat(L, 3);
    } else {
        lua_pop(L, 1);
        lua_pushlstring(L, v, (size_t)(end - v));
    }
    lua_rawset(L, -3);
}

static void push_new_headers(lua_State *L, const struct response *r)
{
    const char *at = head_of(r), *end = at + r->head_len;
    lua_newtable(L);
    while (at < end) {
        const char *next = memchr(at, '\n', (size_t)(end - at));
        next = next ? next + 1 : end;
        if (memchr(at, ':', (size_t)(next - at)) != NULL &&
            strncmp(at, "HTTP/", 5) != 0)
            add_line(L, at, (size_t)(next - at));
        at = next;
    }
    luaL_setmetatable(L, HEADERS_TYPE);
}

/* ---- fields ---- */

enum field {
    F_STATUS = 1,
    F_BODY,
    F_HEADERS,
    F_ERROR,
    F_ERROR_CODE,
    F_ERROR_CLASS,
    F_PROTO,
    F_TRANSPORT,
    F_TIMINGS,
    F_URL,
    F_OK,
    F_REDIRECTS,
    F_RETRIES,
    F_NEW_CONNECTION,
};

static const char *const field_names[] = {
    [F_STATUS] = "status",
    [F_BODY] = "body",
    [F_HEADERS] = "headers",
    [F_ERROR] = "error",
    [F_ERROR_CODE] = "error_code",
    [F_ERROR_CLASS] = "error_class",
    [F_PROTO] = "proto",
    [F_TRANSPORT] = "transport",
    [F_TIMINGS] = "timings",
    [F_URL] = "url",
    [F_OK] = "ok",
    [F_REDIRECTS] = "redirects",
    [F_RETRIES] = "retries",
    [F_NEW_CONNECTION] = "new_connection",
};

/* A value made at first use and kept in the userdata. */
static void push_made(lua_State *L, const struct response *r, int place,
                      void (*make)(lua_State *, const struct response *))
{
    if (lua_getiuservalue(L, 1, place) != LUA_TNIL)
        return;
    lua_pop(L, 1);
    make(L, r);
    lua_pushvalue(L, -1);
    lua_setiuservalue(L, 1, place);
}

static void push_small_body(lua_State *L, const struct response *r)
{
    lua_pushlstring(L, head_of(r) + r->head_len, r->body_len);
}

/* A string, or nil when the body was not kept. */
static int push_body(lua_State *L, const struct response *r)
{
    if (!r->has_body)
        lua_pushnil(L);
    else
        push_made(L, r, UV_BODY, push_small_body);
    return lua_type(L, -1);
}

static void push_field(lua_State *L, const struct response *r, enum field f)
{
    switch (f) {
    case F_STATUS:
        lua_pushinteger(L, r->status);
        break;
    case F_BODY:
        push_body(L, r);
        break;
    case F_HEADERS:
        push_made(L, r, UV_HEADERS, push_new_headers);
        break;
    case F_ERROR:
        if (r->error_len > 0)
            lua_pushlstring(L, r->text + r->url_len, r->error_len);
        else
            lua_pushnil(L);
        break;
    case F_ERROR_CODE:
        lua_pushinteger(L, r->error_code);
        break;
    case F_ERROR_CLASS:
        if (r->error_len > 0)
            lua_pushstring(L, r->error_class);
        else
            lua_pushnil(L);
        break;
    case F_PROTO:
        lua_pushstring(L, r->proto);
        break;
    case F_TRANSPORT:
        lua_pushstring(L, r->transport);
        break;
    case F_TIMINGS:
        push_made(L, r, UV_TIMINGS, push_new_timings);
        break;
    case F_URL:
        lua_pushlstring(L, r->text, r->url_len);
        break;
    case F_OK:
        lua_pushboolean(L, r->ok);
        break;
    case F_REDIRECTS:
        lua_pushinteger(L, r->redirects);
        break;
    case F_RETRIES:
        lua_pushinteger(L, r->attempts > 1 ? r->attempts - 1 : 0);
        break;
    case F_NEW_CONNECTION:
        lua_pushboolean(L, r->new_connection);
        break;
    }
}

static struct response *check_response(lua_State *L)
{
    return luaL_checkudata(L, 1, RESPONSE_TYPE);
}

/* res:json() -> value | nil, message    [-1, +1|2, m] */
static int l_json(lua_State *L)
{
    struct response *r = check_response(L);
    size_t len;
    if (push_body(L, r) != LUA_TSTRING) {
        lua_pushnil(L);
        lua_pushstring(L, "there is no body: discard_body was set");
        return 2;
    }
    const char *body = lua_tolstring(L, -1, &len);
    if (len == 0 && r->status == 0) {
        lua_pushnil(L);
        lua_pushliteral(L, "there is no answer: ");
        lua_pushlstring(L, r->text + r->url_len, r->error_len);
        lua_concat(L, 2);
        return 2;
    }
    int n = json_decode(L, body, len);
    if (len > LARGE_DOCUMENT)
        worker_note_memory(worker_of(L));
    return n;
}

/* Upvalue 1: field name -> number, or a method. */
static int l_index(lua_State *L) /* [-2, +1, v] */
{
    struct response *r = lua_touserdata(L, 1);
    lua_settop(L, 2);
    lua_pushvalue(L, 2);
    int type = lua_rawget(L, lua_upvalueindex(1));
    if (type == LUA_TNUMBER)
        push_field(L, r, (enum field)lua_tointeger(L, -1));
    else if (type == LUA_TNIL)
        return luaL_error(L, "a response has no field \"%s\"",
                          luaL_tolstring(L, 2, NULL));
    return 1;
}

static int l_newindex(lua_State *L)
{
    return luaL_error(L, "a response cannot be changed");
}

static int l_tostring(lua_State *L) /* [-1, +1, m] */
{
    struct response *r = check_response(L);
    lua_pushlstring(L, r->text, r->url_len);
    if (r->error_len > 0) {
        lua_pushlstring(L, r->text + r->url_len, r->error_len);
        lua_pushfstring(L, "response: %s, %s", lua_tostring(L, -1),
                        lua_tostring(L, -2));
    } else {
        lua_pushfstring(L, "response: %d, %s", r->status, lua_tostring(L, -1));
    }
    return 1;
}

void http_response_setup(lua_State *L) /* [-0, +0, m] */
{
    luaL_newmetatable(L, RESPONSE_TYPE);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &response_key);
    /* Out of a script's reach: l_index() believes that it gets a response. */
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_newtable(L);
    for (int f = F_STATUS; f <= F_NEW_CONNECTION; f++) {
        lua_pushinteger(L, f);
        lua_setfield(L, -2, field_names[f]);
    }
    lua_pushcfunction(L, l_json);
    lua_setfield(L, -2, "json");
    lua_pushcclosure(L, l_index, 1);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, l_newindex);
    lua_setfield(L, -2, "__newindex");
    lua_pushcfunction(L, l_tostring);
    lua_setfield(L, -2, "__tostring");
    lua_pop(L, 1);
    luaL_newmetatable(L, HEADERS_TYPE);
    lua_pushcfunction(L, l_headers_index);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
}
