/* delay.c - answers after a while: /delay/MS and /delay-pattern
 *
 * A delayed request is suspended: it takes no thread while it waits.  The
 * delay counts from the arrival of the request's header.
 *
 * The server library asks for its answer a second time after it was resumed;
 * `woken` tells the two times apart.  A suspended connection must be resumed
 * before the server may stop, so delay_stop() comes first.
 */
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/units.h"
#include "target/endpoints.h"
#include "target/jsontext.h"
#include "target/reply.h"
#include "target/request.h"
#include "target/timer.h"

#define DELAY_MAX_MS 60000.0

struct delay {
    double ms;
    int64_t status;
    /* Of /delay-pattern only: which request it is, from 1 on. */
    uint64_t number;
    bool slow;
};

static atomic_uint_fast64_t pattern_requests;

static void wake(void *item)
{
    struct request *r = item;
    r->woken = true;
    MHD_resume_connection(r->conn);
}

int delay_start(void)
{
    delay_reset();
    return timer_start(wake);
}

void delay_stop(void)
{
    timer_stop();
}

void delay_reset(void)
{
    atomic_store(&pattern_requests, 0);
}

/* Suspends first: the timer may resume it before timer_add returns. */
static enum MHD_Result wait_for(struct request *r, struct delay delay)
{
    struct delay *d = xmalloc(sizeof *d);
    *d = delay;
    r->state = d;
    r->free_state = free;
    int64_t due_us = r->started_us + llround(delay.ms * 1000);
    MHD_suspend_connection(r->conn);
    if (timer_add(due_us, r) != 0)
        wake(r);
    return MHD_YES;
}

static enum MHD_Result answer_now(struct request *r)
{
    const struct delay *d = r->state;
    unsigned status = (unsigned)d->status;
    if (status == MHD_HTTP_NO_CONTENT || status == MHD_HTTP_NOT_MODIFIED)
        return reply(r, status, answer_empty());
    json_t *body = json_pack("{s:o}", "delayed_ms", json_number_of(d->ms));
    if (d->number != 0) {
        json_object_set_new(body, "request",
                            json_integer((json_int_t)d->number));
        json_object_set_new(body, "slow", json_boolean(d->slow));
    }
    return reply(r, status, answer_json(body));
}

/* 0 with *ms set, or unchanged if there is no text. */
static int parse_delay(const char *text, double *ms)
{
    double value;
    if (text == NULL)
        return 0;
    if (parse_number(text, &value) != 0 || !(value >= 0) ||
        value > DELAY_MAX_MS)
        return -1;
    *ms = value;
    return 0;
}

static enum MHD_Result bad_delay(struct request *r)
{
    return reply_error(r, MHD_HTTP_BAD_REQUEST,
                       "a delay is a number of milliseconds from 0 to %.0f; "
                       "status is 200 to 599 and every is at least 1",
                       DELAY_MAX_MS);
}

enum MHD_Result any_delay(struct request *r)
{
    if (r->woken)
        return answer_now(r);
    struct delay d = { .status = MHD_HTTP_OK };
    if (parse_delay(r->arg[0], &d.ms) != 0 ||
        request_query_int(r, "status", 200, 599, &d.status) != 0)
        return bad_delay(r);
    return wait_for(r, d);
}

enum MHD_Result any_delay_pattern(struct request *r)
{
    if (r->woken)
        return answer_now(r);
    double fast = 0, slow = 100;
    int64_t every = 10;
    struct delay d = { .status = MHD_HTTP_OK };
    if (parse_delay(request_query(r, "fast"), &fast) != 0 ||
        parse_delay(request_query(r, "slow"), &slow) != 0 ||
        request_query_int(r, "every", 1, INT64_MAX, &every) != 0 ||
        request_query_int(r, "status", 200, 599, &d.status) != 0)
        return bad_delay(r);
    d.number = atomic_fetch_add(&pattern_requests, 1) + 1;
    d.slow = d.number % (uint64_t)every == 0;
    d.ms = d.slow ? slow : fast;
    return wait_for(r, d);
}
