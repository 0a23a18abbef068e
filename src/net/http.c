/* http.c - see http.h and http_internal.h */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "net/http_internal.h"

/* So many answers, and the requests that follow them, fit into a core's
 * cache. */
enum { EVENTS_AT_ONCE = 8 };

/* ---- errors ---- */

void http_fail(struct flight *f, int code, const char *class,
               enum http_origin origin, const char *text)
{
    struct http_call *call = &f->call;
    call->error_code = code;
    call->error_class = class;
    call->origin = origin;
    call->error = text;
}

void http_fail_connect(struct flight *f, int err)
{
    switch (err) {
    case EMFILE:
    case ENFILE:
        f->session->client->no_fds++;
        http_fail(f, 1210, "no_descriptors", ORIGIN_GENERATOR,
                  "no file descriptor left on this side (see ulimit -n)");
        return;
    case EADDRNOTAVAIL:
        f->session->client->no_ports++;
        http_fail(f, 1210, "no_ports", ORIGIN_GENERATOR,
                  "no local port left on this side (closed connections keep "
                  "theirs for a minute in TIME_WAIT)");
        return;
    case ECONNREFUSED:
        http_fail(f, 1212, "refused", ORIGIN_SUT, "connection refused");
        return;
    case ENOENT:
        http_fail(f, 1210, "no_socket", ORIGIN_SUT,
                  "the Unix socket does not exist");
        return;
    case ETIMEDOUT:
        http_fail(f, 1211, "dial_timeout", ORIGIN_NETWORK,
                  "the connection could not be made in time");
        return;
    default:
        http_fail(f, err ? 1210 : 1213, "dial", ORIGIN_NETWORK,
                  err ? strerror(err) : "the connection could not be made");
    }
}

/* ---- one hop ---- */

const struct http_special *http_special_of(const struct flight *f)
{
    return f->call.req.special ? f->call.req.special
                               : &f->session->client->options.special;
}

int http_header_is(const char *line, const char *name)
{
    size_t n = strlen(name);
    return strncasecmp(line, name, n) == 0 && line[n] == ':';
}

/* The length is ours alone to say: of the bytes that are really sent.  What
 * was meant for one host stays there; headers about a body go with it when a
 * redirect dropped it. */
int http_header_wanted(const struct flight *f, const char *line)
{
    if (http_header_is(line, "Content-Length") ||
        http_header_is(line, "Transfer-Encoding"))
        return 0;
    if (f->drop_auth &&
        (http_header_is(line, "Authorization") ||
         http_header_is(line, "Cookie") || http_header_is(line, "Host")))
        return 0;
    return !(f->no_body && http_header_is(line, "Content-Type"));
}

static void reset_result(struct flight *f)
{
    struct http_call *call = &f->call;
    buf_clear(&call->head, 1 << 16);
    buf_clear(&call->body, 1 << 16);
    call->body.max = f->session->client->options.body_max;
    call->times = (struct http_times){ .started = call->times.started };
    call->status = 0;
    call->proto = "";
    call->error_code = 0;
    call->error_class = "";
    call->origin = ORIGIN_NONE;
    call->error = "";
    call->timed_out = 0;
    call->attempts = 0;
    call->new_connection = 0;
    f->head_done = f->answer_began = f->cookie_lines = f->lost_kept = 0;
}

/* POST, PUT and PATCH always have a body, of no bytes if need be: a server
 * may insist on the Content-Length. */
static void choose_body(struct flight *f)
{
    const struct http_request *req = &f->call.req;
    f->body = NULL;
    f->body_len = 0;
    f->has_body = 0;
    if (f->no_body)
        return;
    if (req->nparts > 0) {
        if (f->parts_type == NULL)
            http_multipart(f);
        f->body = f->parts.data;
        f->body_len = f->parts.len;
    } else {
        f->body = req->body;
        f->body_len = req->body_len;
    }
    f->has_body = f->body != NULL || strcmp(f->method, "POST") == 0 ||
                  strcmp(f->method, "PUT") == 0 ||
                  strcmp(f->method, "PATCH") == 0;
}

static void choose_cookies(struct flight *f)
{
    const char *own = f->call.req.cookies;
    struct http_session *s = f->session;
    f->cookies.len = 0;
    if (s->jar.first != NULL && !f->bad_url)
        cookies_get(&s->jar, &f->parts_of_url, wall_us() / US_PER_S,
                    &f->cookies);
    if (own == NULL || own[0] == '\0' || f->drop_auth)
        return;
    if (f->cookies.len > 0)
        buf_adds(&f->cookies, "; ");
    buf_adds(&f->cookies, own);
}

static const struct transport *choose_transport(const struct flight *f)
{
    const struct http_request *req = &f->call.req;
    if (req->flags & HTTP_USE_CURL)
        return &transport_curl;
    if (req->flags & HTTP_USE_NATIVE)
        return &transport_native;
    /* libcurl makes a header of what stands before an @. */
    if (f->bad_url || f->parts_of_url.userinfo_len > 0)
        return &transport_curl;
    return native_obstacle(req, http_special_of(f)) ? &transport_curl
                                                    : &transport_native;
}

const char *http_native_obstacle(const struct http_client *c,
                                 const struct http_request *req)
{
    struct url_parts url;
    if (url_split(req->url, &url) == 0 && url.userinfo_len > 0)
        return "a user name in the URL";
    return native_obstacle(req,
                           req->special ? req->special : &c->options.special);
}

/* Every later stamp is there when an earlier one is, so that no phase is
 * negative and they add up. */
static void settle_times(struct http_times *times)
{
    if (times->send == 0)
        return;
    if (times->sent == 0 || times->sent > times->done)
        times->sent = times->first_byte ? times->first_byte : times->done;
    if (times->first_byte == 0)
        times->first_byte = times->done;
    if (times->sent > times->first_byte)
        times->sent = times->first_byte;
}

/* Whichever way the hop ended.  A status whose head never ended is no
 * answer. */
static void settle(struct flight *f)
{
    f->call.attempts += f->retries;
    if (!f->head_done)
        f->call.status = 0;
    settle_times(&f->call.times);
}

static void limit_to(struct flight *f, int64_t at)
{
    if (!timer_armed(&f->limit) || f->limit.at > at)
        loop_arm(f->session->client->loop, &f->limit, at);
}

static void launch(struct flight *f)
{
    reset_result(f);
    f->parts_of_url = (struct url_parts){ 0 };
    f->bad_url = url_split(f->url, &f->parts_of_url) != 0;
    choose_body(f);
    choose_cookies(f);
    f->transport = choose_transport(f);
    f->call.transport = f->transport->name;
    if (f->transport->start(f) == 0)
        return;
    /* done() must not come from inside http_call_start(). */
    f->transport = NULL;
    f->refused = 1;
    limit_to(f, 0);
}

/* ---- redirects ---- */

static int is_redirect(int status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 ||
           status == 308;
}

static char *where_to(const struct flight *f)
{
    const struct buf *head = &f->call.head;
    size_t len;
    if (head->len == 0)
        return NULL;
    const char *location =
        http_head_find(head->data, head->len, "Location", 8, 0, &len);
    return location ? url_resolve(f->url, location, len) : NULL;
}

/* A redirect to elsewhere than http and https is an answer like others. */
static int follow(struct flight *f)
{
    struct http_call *call = &f->call;
    if (call->error_code != 0 || call->req.max_redirects == 0 ||
        !is_redirect(call->status))
        return 0;
    char *next = where_to(f);
    if (next == NULL)
        return 0;
    if (call->redirects >= (unsigned)call->req.max_redirects) {
        free(next);
        http_fail(f, 1000, "too_many_redirects", ORIGIN_SUT,
                  "too many redirects");
        return 0;
    }
    if (call->hop != NULL)
        call->hop(call);
    if (!url_same_origin(f->url, next))
        f->drop_auth = 1;
    free(f->redirect_url);
    f->url = call->url = f->redirect_url = next;
    call->redirects++;
    if (call->status != 307 && call->status != 308 &&
        strcmp(f->method, "HEAD") != 0) {
        f->no_body |= strcmp(f->method, "GET") != 0;
        f->method = "GET";
    }
    return 1;
}

/* ---- the end of a hop ---- */

static void adopt_cookies(struct flight *f)
{
    const struct buf *head = &f->call.head;
    size_t len;
    int64_t now = wall_us() / US_PER_S;
    for (unsigned i = 0;; i++) {
        const char *value =
            http_head_find(head->data, head->len, "Set-Cookie", 10, i, &len);
        if (value == NULL)
            break;
        cookies_set(&f->session->jar, value, len, &f->parts_of_url, now);
    }
}

/* The server closed a kept connection while the request was on its way: it
 * may have read it or not, so it is sent again only when that was asked
 * for. */
static int sends_again(struct flight *f)
{
    struct http_call *call = &f->call;
    if (f->retries >= call->req.retries || !f->lost_kept)
        return 0;
    f->retries++;
    launch(f);
    return 1;
}

static void unlink_active(struct flight *f)
{
    if (f->prev != NULL)
        f->prev->next = f->next;
    else
        f->session->active = f->next;
    if (f->next != NULL)
        f->next->prev = f->prev;
    f->prev = f->next = NULL;
}

static void finish(struct flight *f)
{
    f->refused = 0;
    unlink_active(f);
    f->call.done(&f->call);
}

void http_hop_over(struct flight *f)
{
    struct http_call *call = &f->call;
    f->transport = NULL;
    if (sends_again(f))
        return;
    settle(f);
    if (f->cookie_lines && !f->bad_url)
        adopt_cookies(f);
    if (follow(f)) {
        f->retries = 0;
        call->bytes_sent = call->bytes_received = 0; /* hop() has them */
        call->times.started = call->times.done;
        launch(f);
        return;
    }
    finish(f);
}

static void time_out(struct flight *f)
{
    struct http_call *call = &f->call;
    f->transport->cancel(f);
    f->transport = NULL;
    call->times.done = clock_us();
    call->timed_out = 1;
    if (call->times.send == 0)
        http_fail(f, 1211, "dial_timeout", ORIGIN_NETWORK,
                  "timed out before the connection was made");
    else
        http_fail(f, 1050, "timeout", ORIGIN_SUT, "the request timed out");
    settle(f);
    finish(f);
}

static void on_limit(struct timer *timer)
{
    struct flight *f = timer->arg;
    if (f->refused) {
        f->call.times.done = clock_us();
        settle(f);
        finish(f);
    } else if (f->transport != NULL) {
        if (f->deadline <= timer->at)
            time_out(f);
        else
            loop_arm(f->session->client->loop, timer, f->deadline);
    }
}

/* ---- calls ---- */

void http_call_start(struct http_call *call)
{
    struct flight *f = (struct flight *)call;
    struct http_session *s = f->session;
    call->times.started = clock_us();
    f->url = call->url = call->req.url;
    f->method = call->req.method;
    f->no_body = f->drop_auth = 0;
    f->retries = 0;
    f->deadline = call->times.started + call->req.timeout_us;
    f->prev = NULL;
    f->next = s->active;
    if (s->active != NULL)
        s->active->prev = f;
    s->active = f;
    limit_to(f, f->deadline);
    launch(f);
}

void http_call_cancel(struct http_call *call)
{
    struct flight *f = (struct flight *)call;
    if (f->transport != NULL)
        f->transport->cancel(f);
    f->transport = NULL;
    f->refused = 0;
    unlink_active(f);
}

struct http_call *http_call_take(struct http_session *s)
{
    struct flight *f = s->free;
    if (f != NULL) {
        s->free = f->next;
        f->next = NULL;
    } else {
        f = xcalloc(1, sizeof *f);
        f->session = s;
        f->limit = (struct timer){ .fire = on_limit, .arg = f };
    }
    return &f->call;
}

void http_call_release(struct http_call *call)
{
    struct flight *f = (struct flight *)call;
    struct http_session *s = f->session;
    struct buf head = call->head, body = call->body;
    /* What one large answer needed is not kept for all that follow. */
    buf_clear(&head, 2048);
    buf_clear(&body, 4096);
    if (f->redirect_url != NULL || f->parts_type != NULL) {
        free(f->redirect_url);
        free(f->parts_type);
        f->redirect_url = f->parts_type = NULL;
        buf_free(&f->parts);
    }
    *call = (struct http_call){ .head = head, .body = body };
    f->next = s->free;
    s->free = f;
}

static void flight_free(struct flight *f)
{
    loop_disarm(f->session->client->loop, &f->limit);
    buf_free(&f->call.head);
    buf_free(&f->call.body);
    buf_free(&f->cookies);
    free(f);
}

/* ---- sessions and clients ---- */

struct http_session *http_session_new(struct http_client *c)
{
    struct http_session *s = xcalloc(1, sizeof *s);
    s->client = c;
    return s;
}

void http_session_free(struct http_session *s)
{
    while (s->active != NULL) {
        struct flight *f = s->active;
        http_call_cancel(&f->call);
        http_call_release(&f->call);
    }
    while (s->free != NULL) {
        struct flight *f = s->free;
        s->free = f->next;
        flight_free(f);
    }
    curl_session_free(s->curl);
    native_session_free(s);
    cookies_clear(&s->jar);
    free(s);
}

void http_session_clear_cookies(struct http_session *s)
{
    cookies_clear(&s->jar);
}

struct http_client *http_client_new(struct loop *loop,
                                    const struct http_options *options)
{
    struct http_client *c = xcalloc(1, sizeof *c);
    c->loop = loop;
    c->options = *options;
    sock_set_init(&c->socks, loop->ev);
    return c;
}

void http_client_free(struct http_client *c)
{
    curl_client_free(c->curl);
    native_client_free(c->native);
    free(c);
}

void http_client_prepare(struct http_client *c, const char *url)
{
    if (strncmp(url, "https:", 6) == 0)
        native_prepare(c);
}

int http_client_receive(struct http_client *c)
{
    return sock_set_take(&c->socks, EVENTS_AT_ONCE);
}

int http_client_send(struct http_client *c)
{
    return c->curl != NULL && curl_client_send(c->curl);
}

void http_client_take_shortages(struct http_client *c, uint64_t *no_fds,
                                uint64_t *no_ports)
{
    *no_fds = c->no_fds;
    *no_ports = c->no_ports;
    c->no_fds = c->no_ports = 0;
}

/* ---- heads ---- */

const char *http_head_find(const char *head, size_t len, const char *name,
                           size_t name_len, unsigned nth, size_t *value_len)
{
    const char *end = head + len, *line = head;
    while (line < end) {
        const char *next = memchr(line, '\n', (size_t)(end - line));
        next = next ? next + 1 : end;
        if ((size_t)(next - line) > name_len && line[name_len] == ':' &&
            strncasecmp(line, name, name_len) == 0 && nth-- == 0) {
            const char *v = line + name_len + 1, *stop = next;
            while (v < stop && (*v == ' ' || *v == '\t'))
                v++;
            while (stop > v && (stop[-1] == '\r' || stop[-1] == '\n' ||
                                stop[-1] == ' ' || stop[-1] == '\t'))
                stop--;
            *value_len = (size_t)(stop - v);
            return v;
        }
        line = next;
    }
    return NULL;
}
