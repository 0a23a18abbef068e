/* basics.c - the endpoints of a few lines: the index, health, statuses,
 * redirects, orders */
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/units.h"
#include "target/endpoints.h"
#include "target/hash.h"
#include "target/reply.h"
#include "target/request.h"
#include "target/router.h"

enum { REDIRECTS_MAX = 1000, ITEMS_MAX = 5 };

static struct answer index_answer, health_answer;
static atomic_uint_fast64_t orders;

static json_t *methods_of(const struct route *route)
{
    if (route->methods == ON_ANY)
        return json_pack("[s]", "any");
    json_t *list = json_array();
    for (int m = 0; m < METHODS; m++)
        if (route->methods & 1u << m)
            json_array_append_new(list,
                                  json_string(method_name((enum method)m)));
    return list;
}

void basics_init(void)
{
    json_t *list = json_array();
    for (unsigned i = 1; i < router_count(); i++) {
        const struct route *route = router_route(i);
        json_array_append_new(list, json_pack("{s:s, s:o, s:s}", "path",
                                              route->pattern, "methods",
                                              methods_of(route), "about",
                                              route->about));
    }
    index_answer = answer_keep(answer_json(json_pack(
        "{s:s, s:o}", "name", "stressengine target", "endpoints", list)));
    health_answer =
        answer_keep(answer_json(json_pack("{s:s}", "status", "ok")));
    atomic_store(&orders, 0);
}

enum MHD_Result get_index(struct request *r)
{
    return reply(r, MHD_HTTP_OK, index_answer);
}

enum MHD_Result get_health(struct request *r)
{
    return reply(r, MHD_HTTP_OK, health_answer);
}

enum MHD_Result any_status(struct request *r)
{
    int64_t status;
    if (parse_integer(r->arg[0], 200, 599, &status) != 0)
        return reply_error(r, MHD_HTTP_BAD_REQUEST,
                           "a status is a number from 200 to 599");
    if (status == MHD_HTTP_NO_CONTENT || status == MHD_HTTP_NOT_MODIFIED)
        return reply(r, (unsigned)status, answer_empty());
    json_t *body = json_pack("{s:i}", "status", (int)status);
    return reply(r, (unsigned)status, answer_json(body));
}

static enum MHD_Result redirect(struct request *r, int left, int code)
{
    char location[64];
    if (code == MHD_HTTP_FOUND)
        snprintf(location, sizeof location, "/redirect/%d", left);
    else
        snprintf(location, sizeof location, "/redirect/%d?code=%d", left, code);
    struct answer a = answer_json(json_pack("{s:s}", "location", location));
    answer_header(&a, MHD_HTTP_HEADER_LOCATION, location);
    return reply(r, (unsigned)code, a);
}

enum MHD_Result any_redirect(struct request *r)
{
    int64_t left, code = MHD_HTTP_FOUND;
    if (parse_integer(r->arg[0], 0, REDIRECTS_MAX, &left) != 0)
        return reply_error(r, MHD_HTTP_BAD_REQUEST,
                           "the number of redirects is 0 to %d", REDIRECTS_MAX);
    if (request_query_int(r, "code", 301, 308, &code) != 0 ||
        (code > 303 && code < 307))
        return reply_error(r, MHD_HTTP_BAD_REQUEST,
                           "code is 301, 302, 303, 307 or 308");
    if (left == 0)
        return reply(r, MHD_HTTP_OK,
                     answer_json(json_pack("{s:b}", "redirected", 1)));
    return redirect(r, (int)left - 1, (int)code);
}

/* A number for any sku: itself, or the hash of a text. */
static uint64_t sku_number(const json_t *sku)
{
    if (json_is_integer(sku))
        return (uint64_t)json_integer_value(sku);
    return hash_fnv1a(HASH_FNV1A, json_string_value(sku),
                      json_string_length(sku));
}

/* One to five items: the same sku always gives the same order. */
static json_t *items_of(json_t *sku)
{
    json_t *items = json_array();
    uint64_t seed = sku != NULL ? sku_number(sku) : 0;
    for (unsigned line = 0; line < 1 + seed % ITEMS_MAX; line++)
        json_array_append_new(
            items,
            json_pack("{s:i, s:O?, s:i, s:i}", "line", (int)line + 1, "sku",
                      sku, "quantity", (int)(1 + (seed + line) % 3),
                      "price_cents", (int)(199 + (seed + line) % 100 * 10)));
    return items;
}

enum MHD_Result post_order(struct request *r)
{
    char why[256];
    json_t *order =
        r->body.len ? request_object(r, why, sizeof why) : json_object();
    if (order == NULL)
        return reply_error(r, MHD_HTTP_BAD_REQUEST, "%s", why);
    json_t *sku = json_object_get(order, "sku");
    if (sku != NULL && !json_is_integer(sku) && !json_is_string(sku)) {
        json_decref(order);
        return reply_error(r, MHD_HTTP_BAD_REQUEST,
                           "sku is an integer or a string");
    }
    json_int_t id = (json_int_t)atomic_fetch_add(&orders, 1) + 1;
    json_t *answer = json_pack("{s:I, s:o}", "id", id, "items", items_of(sku));
    json_decref(order);
    return reply(r, MHD_HTTP_CREATED, answer_json(answer));
}
