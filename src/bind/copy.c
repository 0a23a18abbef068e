/* copy.c - see copy.h
 *
 * A value is one tag byte and what belongs to it: 8 bytes of a number; the
 * length of a string, then its bytes; the counts of a table, then its items
 * 1 to n without keys, then the other pairs.  Numbers and lengths are as in
 * memory.
 */
#include "bind/copy.h"

#include <lauxlib.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "bind/json.h"
#include "bind/path.h"

enum tag {
    TAG_NIL,
    TAG_FALSE,
    TAG_TRUE,
    TAG_NULL,
    TAG_INTEGER,
    TAG_FLOAT,
    TAG_SHORT, /* a string of up to 255 bytes */
    TAG_STRING,
    TAG_TABLE,
    TAG_ARRAY, /* a table with the mark of json.array */
};

struct counts {
    uint32_t items, pairs;
};

struct packer {
    lua_State *L;
    struct buf *out;
    const char *root;
    char *err;
    size_t errlen;
    int depth;
};

static int pack(struct packer *p, int idx, const struct path *at);

/* ---- packing ---- */

static int refuse(struct packer *p, const struct path *at, const char *what)
{
    char where[PATH_TEXT_MAX], why[128];
    snprintf(why, sizeof why, "%s cannot be handed to the workers", what);
    /* A long path gives way to the reason. */
    size_t size =
        strlen(why) + 30 < p->errlen ? p->errlen - strlen(why) - 2 : 28;
    if (size > sizeof where)
        size = sizeof where;
    path_text(p->L, at, p->root, where, size);
    snprintf(p->err, p->errlen, "%s: %s", where, why);
    return -1;
}

static int refuse_type(struct packer *p, int idx, const struct path *at)
{
    char what[32];
    snprintf(what, sizeof what, "a %s", luaL_typename(p->L, idx));
    return refuse(p, at, what);
}

static int too_large(struct packer *p, const struct path *at)
{
    size_t max = p->out->max ? p->out->max : BUF_MAX;
    char what[64];
    snprintf(what, sizeof what, "more than %zu bytes", max);
    return refuse(p, at, what);
}

/* Adds a tag and the bytes that follow it. */
static int add(struct packer *p, const struct path *at, enum tag tag,
               const void *bytes, size_t len)
{
    if (buf_addc(p->out, (char)tag) != 0 || buf_add(p->out, bytes, len) != 0)
        return too_large(p, at);
    return 0;
}

static int pack_number(struct packer *p, int idx, const struct path *at)
{
    if (lua_isinteger(p->L, idx)) {
        lua_Integer i = lua_tointeger(p->L, idx);
        return add(p, at, TAG_INTEGER, &i, sizeof i);
    }
    lua_Number n = lua_tonumber(p->L, idx);
    return add(p, at, TAG_FLOAT, &n, sizeof n);
}

static int pack_string(struct packer *p, int idx, const struct path *at)
{
    size_t len;
    const char *s = lua_tolstring(p->L, idx, &len);
    unsigned char short_len = (unsigned char)len;
    int rc = len <= UINT8_MAX
                 ? add(p, at, TAG_SHORT, &short_len, sizeof short_len)
                 : add(p, at, TAG_STRING, &len, sizeof len);
    if (rc == 0 && buf_add(p->out, s, len) != 0)
        rc = too_large(p, at);
    return rc;
}

static int pack_items(struct packer *p, int t, struct path *here, lua_Integer n)
{
    for (lua_Integer i = 1; i <= n; i++) {
        here->index = i;
        lua_rawgeti(p->L, t, i);
        if (pack(p, lua_gettop(p->L), here) != 0)
            return -1;
        lua_pop(p->L, 1);
    }
    return 0;
}

/* The pairs that pack_items() does not cover; counts them. */
static int pack_pairs(struct packer *p, int t, struct path *here, lua_Integer n,
                      uint32_t *pairs)
{
    lua_State *L = p->L;
    int key = lua_gettop(L) + 1;
    lua_pushnil(L);
    while (lua_next(L, t)) {
        if (!lua_isinteger(L, key) || lua_tointeger(L, key) < 1 ||
            lua_tointeger(L, key) > n) {
            here->key = key;
            if (lua_type(L, key) == LUA_TTABLE)
                return refuse(p, here->up, "a table as a key");
            if (pack(p, key, here) != 0 || pack(p, key + 1, here) != 0)
                return -1;
            ++*pairs;
        }
        lua_pop(L, 1);
    }
    return 0;
}

static int check_table(struct packer *p, int t, const struct path *at)
{
    if (p->depth == COPY_DEPTH_MAX)
        return refuse(p, at, "a table nested deeper than 1000 levels");
    if (path_holds(at, lua_topointer(p->L, t)))
        return refuse(p, at, "a table that contains itself");
    if (!lua_checkstack(p->L, 8))
        return refuse(p, at, "a table for which memory is lacking");
    if (lua_getmetatable(p->L, t)) {
        lua_pop(p->L, 1);
        if (!json_is_array(p->L, t))
            return refuse(p, at, "a table with a metatable");
    }
    return 0;
}

static int pack_table(struct packer *p, int t, const struct path *at)
{
    lua_State *L = p->L;
    if (check_table(p, t, at) != 0)
        return -1;
    size_t n = lua_rawlen(L, t);
    if (n > UINT32_MAX)
        return too_large(p, at);
    struct counts counts = { .items = (uint32_t)n };
    struct path here = { .up = at, .table = lua_topointer(L, t) };
    enum tag tag = json_is_array(L, t) ? TAG_ARRAY : TAG_TABLE;
    if (add(p, at, tag, &counts, sizeof counts) != 0)
        return -1;
    size_t counts_at = p->out->len - sizeof counts;
    p->depth++;
    if (pack_items(p, t, &here, counts.items) != 0 ||
        pack_pairs(p, t, &here, counts.items, &counts.pairs) != 0)
        return -1;
    p->depth--;
    memcpy(p->out->data + counts_at, &counts, sizeof counts);
    return 0;
}

static int pack(struct packer *p, int idx, const struct path *at)
{
    switch (lua_type(p->L, idx)) {
    case LUA_TNIL:
        return add(p, at, TAG_NIL, NULL, 0);
    case LUA_TBOOLEAN:
        return add(p, at, lua_toboolean(p->L, idx) ? TAG_TRUE : TAG_FALSE, NULL,
                   0);
    case LUA_TNUMBER:
        return pack_number(p, idx, at);
    case LUA_TSTRING:
        return pack_string(p, idx, at);
    case LUA_TTABLE:
        return pack_table(p, idx, at);
    default:
        if (json_is_null(p->L, idx))
            return add(p, at, TAG_NULL, NULL, 0);
        return refuse_type(p, idx, at);
    }
}

int copy_pack(lua_State *L, int idx, struct buf *out, const char *root,
              char *err, size_t errlen)
{
    struct packer p = {
        .L = L,
        .out = out,
        .root = root,
        .err = err,
        .errlen = errlen,
    };
    int top = lua_gettop(L);
    size_t before = out->len;
    idx = lua_absindex(L, idx);
    if (!lua_checkstack(L, 8))
        return refuse(&p, NULL, "a value for which memory is lacking");
    if (pack(&p, idx, NULL) == 0)
        return 0;
    lua_settop(L, top);
    out->len = before;
    if (out->data != NULL)
        out->data[before] = '\0';
    return -1;
}

/* ---- unpacking ---- */

struct reader {
    lua_State *L;
    const char *p, *end;
};

static const char *take(struct reader *r, size_t len)
{
    if ((size_t)(r->end - r->p) < len)
        bug("copy_unpack: the data end too early");
    const char *bytes = r->p;
    r->p += len;
    return bytes;
}

static void read_into(struct reader *r, void *to, size_t len)
{
    memcpy(to, take(r, len), len);
}

static void unpack(struct reader *r);

static void unpack_integer(struct reader *r)
{
    lua_Integer i;
    read_into(r, &i, sizeof i);
    lua_pushinteger(r->L, i);
}

static void unpack_float(struct reader *r)
{
    lua_Number n;
    read_into(r, &n, sizeof n);
    lua_pushnumber(r->L, n);
}

static void unpack_string(struct reader *r, enum tag tag)
{
    size_t len;
    if (tag == TAG_SHORT)
        len = (unsigned char)*take(r, 1);
    else
        read_into(r, &len, sizeof len);
    lua_pushlstring(r->L, take(r, len), len);
}

/* lua_createtable takes int. */
static int hint(uint32_t n)
{
    return n < INT32_MAX ? (int)n : INT32_MAX;
}

static void unpack_table(struct reader *r, enum tag tag)
{
    lua_State *L = r->L;
    struct counts counts;
    read_into(r, &counts, sizeof counts);
    json_need_stack(L, 8);
    lua_createtable(L, hint(counts.items), hint(counts.pairs));
    if (tag == TAG_ARRAY)
        json_mark_array(L, -1);
    for (uint32_t i = 1; i <= counts.items; i++) {
        unpack(r);
        lua_rawseti(L, -2, i);
    }
    for (uint32_t i = 0; i < counts.pairs; i++) {
        unpack(r);
        unpack(r);
        lua_rawset(L, -3);
    }
}

static void unpack(struct reader *r)
{
    enum tag tag = (enum tag)(*take(r, 1));
    switch (tag) {
    case TAG_NIL:
        lua_pushnil(r->L);
        break;
    case TAG_FALSE:
    case TAG_TRUE:
        lua_pushboolean(r->L, tag == TAG_TRUE);
        break;
    case TAG_NULL:
        json_push_null(r->L);
        break;
    case TAG_INTEGER:
        unpack_integer(r);
        break;
    case TAG_FLOAT:
        unpack_float(r);
        break;
    case TAG_SHORT:
    case TAG_STRING:
        unpack_string(r, tag);
        break;
    case TAG_TABLE:
    case TAG_ARRAY:
        unpack_table(r, tag);
        break;
    default:
        bug("copy_unpack: unknown tag");
    }
}

void copy_unpack(lua_State *L, const char *data, size_t len)
{
    struct reader r = { .L = L, .p = data, .end = data + len };
    json_need_stack(L, 8);
    unpack(&r);
    if (r.p != r.end)
        bug("copy_unpack: bytes are left over");
}
