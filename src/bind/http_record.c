/* http_record.c - an answer as samples; see http_internal.h
 *
 * Every sample goes into the scenario's slot and into a detail slot for its
 * tags.  Building a set of tags costs a microsecond, so the detail slot is
 * remembered by the few pointers and numbers that decide it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "bind/http_internal.h"
#include "engine/executor.h"

struct sample_key {
    const char *name, *method, *group, *proto;
    const struct tagset *tags;
    unsigned slot;
    int status, error_code, expected;
};

enum { CACHE_PLACES = 512 };

struct sample_cache {
    struct {
        struct sample_key key;
        unsigned slot; /* plus one; 0: empty */
    } places[CACHE_PLACES];
};

int http_is_expected(const struct exchange *x)
{
    const struct http_call *call = x->call;
    const struct request_options *o = &x->options;
    if (call->error_code != 0)
        return 0;
    if (o->nexpect == 0)
        return call->status >= 200 && call->status < 400;
    for (int i = 0; i < o->nexpect; i++)
        if (call->status == o->expect[i])
            return 1;
    return 0;
}

/* k6's: transport problems have codes of their own, 4xx and 5xx are 1000
 * plus the status. */
int http_error_code(const struct http_call *call)
{
    if (call->error_code != 0)
        return call->error_code;
    return call->status >= 400 && call->status < 600 ? 1000 + call->status : 0;
}

static unsigned make_slot(struct recorder *r, const struct sample_key *k)
{
    char status[16], code[16];
    struct tag tags[TAGS_MAX];
    size_t n = 0;
    snprintf(status, sizeof status, "%d", k->status);
    tags[n++] = (struct tag){ "name", k->name };
    tags[n++] = (struct tag){ "method", k->method };
    tags[n++] = (struct tag){ "status", status };
    tags[n++] =
        (struct tag){ "expected_response", k->expected ? "true" : "false" };
    if (k->proto[0] != '\0')
        tags[n++] = (struct tag){ "proto", k->proto };
    if (k->group[0] != '\0')
        tags[n++] = (struct tag){ "group", k->group };
    if (k->error_code != 0) {
        snprintf(code, sizeof code, "%d", k->error_code);
        tags[n++] = (struct tag){ "error_code", code };
    }
    for (size_t i = 0; k->tags != NULL && i < k->tags->n && n < TAGS_MAX; i++)
        tags[n++] = k->tags->tags[i];
    return recorder_detail(r, k->slot, tags, n);
}

static unsigned detail_slot(struct http_state *h, struct recorder *r,
                            const struct exchange *x, int expected)
{
    const struct http_call *call = x->call;
    if (h->samples == NULL)
        h->samples = xcalloc(1, sizeof *h->samples);
    struct sample_key key;
    memset(&key, 0, sizeof key); /* it is compared whole, holes included */
    key.name = x->name;
    key.method = x->method;
    key.group = x->strand->group;
    key.proto = call->proto;
    key.tags = x->options.tags;
    key.slot = x->vu->slot;
    key.status = call->status;
    key.error_code = http_error_code(call);
    key.expected = expected;
    size_t at = hash_words(&key, sizeof key) % CACHE_PLACES;
    if (h->samples->places[at].slot != 0 &&
        memcmp(&h->samples->places[at].key, &key, sizeof key) == 0)
        return h->samples->places[at].slot - 1;
    unsigned slot = make_slot(r, &key);
    if (slot != RECORDER_NO_SLOT) {
        h->samples->places[at].key = key;
        h->samples->places[at].slot = slot + 1;
    }
    return slot;
}

void http_record_fini(struct http_state *h)
{
    free(h->samples);
    h->samples = NULL;
}

/* ---- samples ---- */

static void trend(struct metric_data *d, int64_t us)
{
    record_trend(d, us > 0 ? (uint64_t)us : 0);
}

/* Phases are recorded only of requests that were sent exactly once: libcurl
 * adds them up over attempts. */
static void record_phases(struct metric_data **row,
                          const struct http_call *call)
{
    const struct http_times *t = &call->times;
    trend(row[M_HTTP_REQ_BLOCKED], t->send - t->started);
    trend(row[M_HTTP_REQ_LOOKING_UP], t->looking_up);
    trend(row[M_HTTP_REQ_CONNECTING], t->connecting);
    trend(row[M_HTTP_REQ_TLS], t->tls);
    trend(row[M_HTTP_REQ_SENDING], t->sent - t->send);
    trend(row[M_HTTP_REQ_WAITING], t->first_byte - t->sent);
    trend(row[M_HTTP_REQ_RECEIVING], t->done - t->first_byte);
}

static void record_in(struct recorder *r, unsigned slot,
                      const struct exchange *x, int failed)
{
    const struct http_call *call = x->call;
    const struct http_times *t = &call->times;
    struct metric_data **row =
        recorder_row(r, slot, M_HTTP_REQS, M_DATA_RECEIVED);
    record_count(row[M_HTTP_REQS], 1);
    record_rate(row[M_HTTP_REQ_FAILED], failed);
    trend(row[M_HTTP_REQ_RESPONSE_TIME], t->done - x->intended);
    if (t->send != 0)
        trend(row[M_HTTP_REQ_DURATION], t->done - t->send);
    if (call->attempts == 1 && t->send != 0)
        record_phases(row, call);
    if (call->attempts > 1)
        record_count(row[M_HTTP_REQ_RETRIED], call->attempts - 1);
    if (call->new_connection)
        record_count(row[M_HTTP_CONN_NEW], 1);
    record_count(row[M_DATA_SENT], (double)call->bytes_sent);
    record_count(row[M_DATA_RECEIVED], (double)call->bytes_received);
}

/* ---- errors ---- */

static void add_error(struct exchange *x)
{
    const struct http_call *call = x->call;
    const struct vu *vu = x->vu;
    struct recorder *r = &vu->worker->recorder;
    char message[400], example[1200];
    if (call->error_code != 0)
        snprintf(message, sizeof message, "%s (%d)", call->error,
                 call->error_code);
    else if (call->status == 0)
        snprintf(message, sizeof message, "no answer");
    else
        snprintf(message, sizeof message, "unexpected status %d", call->status);
    snprintf(example, sizeof example,
             "%s %s in scenario %s, VU %llu, "
             "iteration %llu",
             x->method, call->url, vu->scenario->name,
             (unsigned long long)vu->id, (unsigned long long)vu->iteration);
    error_list_add(&r->tally->errors, message, 1, example);
}

static void record_sample(struct exchange *x, int failed)
{
    struct recorder *r = vu_recorder(x->vu);
    if (r == NULL || x->vu->run == NULL)
        return;
    struct http_state *h = x->vu->worker->http;
    record_in(r, x->vu->run->slot, x, failed);
    unsigned slot = detail_slot(h, r, x, !failed);
    if (slot != RECORDER_NO_SLOT)
        record_in(r, slot, x, failed);
}

static void take_shortages(struct exchange *x)
{
    struct http_state *h = x->vu->worker->http;
    struct worker_health *health = &x->vu->worker->recorder.tally->health;
    uint64_t no_fds, no_ports;
    http_client_take_shortages(h->client, &no_fds, &no_ports);
    health->no_fds += no_fds;
    health->no_ports += no_ports;
}

void http_record_hop(struct exchange *x)
{
    record_sample(x, 0);
    /* The next hop begins where this one ended. */
    x->intended = x->call->times.done;
}

void http_record(struct exchange *x)
{
    int failed = !http_is_expected(x);
    record_sample(x, failed);
    if (!failed)
        return;
    x->vu->flags |= x->call->timed_out ? VU_FAILED | VU_TIMED_OUT : VU_FAILED;
    if (x->vu->run != NULL && vu_recorder(x->vu) != NULL)
        add_error(x);
    if (x->call->origin == ORIGIN_GENERATOR)
        take_shortages(x);
}

void http_record_cut(struct exchange *x)
{
    struct vu *vu = x->vu;
    struct recorder *r = vu_recorder(vu);
    if (r == NULL || vu->run == NULL || !(vu->flags & VU_CANCELLED))
        return;
    const struct http_times *t = &x->call->times;
    int64_t lasted = clock_us() - (t->send != 0 ? t->send : t->started);
    trend(recorder_at(r, vu->run->slot, M_HTTP_REQ_INTERRUPTED), lasted);
    unsigned slot = detail_slot(vu->worker->http, r, x, 0);
    if (slot != RECORDER_NO_SLOT)
        trend(recorder_at(r, slot, M_HTTP_REQ_INTERRUPTED), lasted);
}
