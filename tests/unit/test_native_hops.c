/* test_native_hops.c - redirects: where a call goes on, with what, and what is
 * told of each hop.  See wire.h; the client is http.h's, over the transport of
 * our own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "names.h"
#include "wire.h"

#define OK "HTTP/1.1 200 OK\r\n"
#define SMALL OK "Content-Length: 2\r\n\r\nok"

enum { HOPS_MAX = 8 };

/* What was told of each hop but the last. */
static struct {
    int status;
    struct http_times times;
    uint64_t sent, received;
} hops[HOPS_MAX];
static int nhops;

static void on_hop(struct http_call *call)
{
    assert_true(nhops < HOPS_MAX);
    check_times(call);
    hops[nhops].status = call->status;
    hops[nhops].times = call->times;
    hops[nhops].sent = call->bytes_sent;
    hops[nhops].received = call->bytes_received;
    nhops++;
}

static struct http_call *follow(struct stage *st, struct http_request *req)
{
    if (req->max_redirects == 0)
        req->max_redirects = 10;
    nhops = 0;
    struct http_call *call = ask_for(st, req);
    call->hop = on_hop;
    return call;
}

/* Without "http://..." it is a path here. */
static void redirect(int fd, int status, const char *where)
{
    char text[600];
    snprintf(text, sizeof text,
             "HTTP/1.1 %d Go\r\nLocation: %s\r\nContent-Length: 4\r\n\r\ngone",
             status, where);
    say(fd, text);
}

static void expect_line(struct stage *st, int fd, const char *line)
{
    char text[600];
    snprintf(text, sizeof text, "%s\r\n", line);
    if (strncmp(hear(st, fd), text, strlen(text)) != 0)
        fail_msg("expected %s, got %s", line, st->head);
}

static int has(const struct stage *st, const char *text)
{
    return strstr(st->head, text) != NULL;
}

static void finish_call(struct stage *st, struct http_call *call, int fd)
{
    say(fd, SMALL);
    await(st, call);
    expect_answer(call, 200, "ok");
    http_call_release(call);
    close(fd);
    stage_close(st);
}

/* ---- where to ---- */

static void a_location_is_taken_from_where_the_request_went(void **state)
{
    static const char *const cases[][2] = {
        { "/x", "GET /x HTTP/1.1" },
        { "x", "GET /a/x HTTP/1.1" },
        { "../x?q=1", "GET /x?q=1 HTTP/1.1" },
        { "?q=2", "GET /a/b?q=2 HTTP/1.1" },
        { "/x#here", "GET /x HTTP/1.1" },
        { "./", "GET /a/ HTTP/1.1" },
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct stage *st = stage_open(NULL);
        char url[100], whole[100];
        struct http_request req = { .url = url };
        snprintf(url, sizeof url, "%s/a/b?c=d", st->url);
        struct http_call *call = follow(st, &req);
        int fd = take(st);
        expect_line(st, fd, "GET /a/b?c=d HTTP/1.1");
        redirect(fd, 302, cases[i][0]);
        expect_line(st, fd, cases[i][1]); /* over the same connection */
        snprintf(whole, sizeof whole, "%.*s", (int)strlen(st->url), call->url);
        assert_string_equal(whole, st->url);
        assert_int_equal(call->redirects, 1);
        assert_int_equal(nhops, 1);
        assert_int_equal(hops[0].status, 302);
        finish_call(st, call, fd);
    }
}

static void an_absolute_one_may_lead_to_another_server(void **state)
{
    struct stage *st = stage_open(NULL);
    struct http_request req = { .method = "GET" };
    unsigned port;
    int here = st->listener, there = listen_on_loopback(&port, 8);
    char where[100];
    (void)state;
    snprintf(where, sizeof where, "http://127.0.0.1:%u/there", port);
    struct http_call *call = follow(st, &req);
    int first = take(st);
    hear(st, first);
    redirect(first, 301, where);
    st->listener = there;
    int fd = take(st);
    expect_line(st, fd, "GET /there HTTP/1.1");
    assert_true(has(st, strstr(where, "127")) == 0); /* it has no path */
    assert_string_equal(call->url, where);
    st->listener = here;
    close(there);
    close(first);
    finish_call(st, call, fd);
}

static void what_leads_nowhere_is_an_answer_like_others(void **state)
{
    static const char *const texts[] = {
        "HTTP/1.1 302 Go\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 302 Go\r\nLocation: \r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 302 Go\r\nLocation: mailto:a@b\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 302 Go\r\nLocation: ftp://a/b\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 304 Go\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 300 Go\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 201 Go\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n",
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct stage *st = stage_open(NULL);
        struct http_request req = { .method = "GET" };
        struct http_call *call = follow(st, &req);
        int fd = take(st);
        hear(st, fd);
        say(fd, texts[i]);
        until(st, is_done(call) || readable(fd) || call->redirects);
        if (!is_done(call) || call->redirects)
            fail_msg("followed: %s", texts[i]);
        expect_answer(call, call->status, "");
        assert_true(call->status > 200);
        assert_int_equal(nhops, 0);
        http_call_release(call);
        close(fd);
        stage_close(st);
    }
}

static void a_redirect_that_was_cut_short_is_an_error(void **state)
{
    struct stage *st = stage_open(NULL);
    struct http_request req = { .method = "GET" };
    struct http_call *call = follow(st, &req);
    int fd = take(st);
    (void)state;
    hear(st, fd);
    say(fd, "HTTP/1.1 302 Go\r\nLocation: /x\r\nContent-Length: 5\r\n\r\ncut");
    close(fd);
    await(st, call);
    expect_error(call, 1000, "truncated_body");
    assert_int_equal(call->redirects, 0);
    http_call_release(call);
    stage_close(st);
}

static void one_too_many_is_an_error(void **state)
{
    struct stage *st = stage_open(NULL);
    struct http_request req = { .max_redirects = 3 };
    struct http_call *call = follow(st, &req);
    int fd = take(st);
    (void)state;
    for (int i = 0; i < 4; i++) {
        hear(st, fd);
        redirect(fd, 307, "/again");
    }
    await(st, call);
    expect_error(call, 1000, "too_many_redirects");
    assert_int_equal(call->status, 307);
    assert_int_equal(call->redirects, 3);
    assert_int_equal(nhops, 3);
    http_call_release(call);
    close(fd);
    stage_close(st);
}

static void none_are_followed_when_none_are_wanted(void **state)
{
    struct stage *st = stage_open(NULL);
    struct http_request req = { .method = "GET" };
    struct http_call *call = ask_for(st, &req);
    int fd = take(st);
    (void)state;
    hear(st, fd);
    redirect(fd, 302, "/x");
    await(st, call);
    expect_answer(call, 302, "gone");
    http_call_release(call);
    close(fd);
    stage_close(st);
}

/* ---- with what ---- */

static const struct {
    int status;
    const char *method, *then;
    int with_body;
} methods[] = {
    { 301, "POST", "GET", 0 },  { 302, "POST", "GET", 0 },
    { 303, "POST", "GET", 0 },  { 307, "POST", "POST", 1 },
    { 308, "POST", "POST", 1 }, { 303, "PUT", "GET", 0 },
    { 308, "PUT", "PUT", 1 },   { 303, "HEAD", "HEAD", 0 },
    { 302, "GET", "GET", 0 },
};

static void the_method_follows_the_status(void **state)
{
    static const char *const lines[] = { "Content-Type: text/x", "X-Own: 1" };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(methods); i++) {
        struct stage *st = stage_open(NULL);
        int has_body = methods[i].method[0] == 'P';
        struct http_request req = { .method = methods[i].method,
                                    .headers = lines,
                                    .nheaders = 2,
                                    .body = has_body ? "body" : NULL,
                                    .body_len = has_body ? 4 : 0 };
        char line[40];
        struct http_call *call = follow(st, &req);
        int fd = take(st);
        hear(st, fd);
        hear_body(st, fd, req.body_len);
        if (strcmp(req.method, "HEAD") == 0)
            say(fd, "HTTP/1.1 303 Go\r\nLocation: /x\r\n"
                    "Content-Length: 4\r\n\r\n");
        else
            redirect(fd, methods[i].status, "/x");
        snprintf(line, sizeof line, "%s /x HTTP/1.1", methods[i].then);
        expect_line(st, fd, line);
        assert_true(has(st, "X-Own: 1\r\n"));
        assert_int_equal(has(st, "Content-Type: text/x\r\n"),
                         methods[i].with_body || !has_body);
        assert_int_equal(has(st, "Content-Length: 4\r\n"),
                         methods[i].with_body);
        assert_int_equal(has(st, "Content-Length"), methods[i].with_body);
        if (methods[i].with_body)
            hear_body(st, fd, 4);
        say(fd, strcmp(req.method, "HEAD") == 0 ? OK "Content-Length: 2\r\n\r\n"
                                                : SMALL);
        await(st, call);
        expect_answer(call, 200, strcmp(req.method, "HEAD") ? "ok" : "");
        http_call_release(call);
        close(fd);
        stage_close(st);
    }
}

/* From the first place to another and back. */
static void what_is_secret_stays_where_it_belongs(void **state)
{
    static const char *const lines[] = { "Authorization: Basic x",
                                         "Host: named.example", "X-Own: 1" };
    struct stage *st = stage_open(NULL);
    struct http_request req = { .headers = lines,
                                .nheaders = 3,
                                .cookies = "secret=1" };
    unsigned port;
    int here = st->listener, there = listen_on_loopback(&port, 8);
    char where[100], host[100];
    (void)state;
    struct http_call *call = follow(st, &req);
    int first = take(st);
    hear(st, first);
    redirect(first, 302, "/same");
    expect_line(st, first, "GET /same HTTP/1.1");
    assert_true(has(st, "Authorization: Basic x\r\n"));
    assert_true(has(st, "Host: named.example\r\n"));
    assert_true(has(st, "Cookie: secret=1\r\n"));
    snprintf(where, sizeof where, "http://127.0.0.1:%u/there", port);
    redirect(first, 302, where);
    st->listener = there;
    int fd = take(st);
    hear(st, fd);
    assert_true(has(st, "X-Own: 1\r\n"));
    assert_false(has(st, "Authorization"));
    snprintf(host, sizeof host, "Host: 127.0.0.1:%u\r\n", port);
    if (!has(st, host))
        fail_msg("the Host of another place: %s", st->head);
    if (has(st, "secret"))
        fail_msg("the cookies of another place: %s", st->head);
    st->listener = here;
    close(there);
    close(first);
    finish_call(st, call, fd);
}

static void a_user_in_a_location_is_carried_by_libcurl(void **state)
{
    struct stage *st = stage_open(NULL);
    struct http_request req = { .method = "GET" };
    char where[100];
    (void)state;
    snprintf(where, sizeof where, "http://ann:pw@127.0.0.1:%u/x", st->port);
    struct http_call *call = follow(st, &req);
    int first = take(st);
    hear(st, first);
    assert_string_equal(call->transport, "native");
    redirect(first, 302, where);
    int fd = take(st);
    expect_line(st, fd, "GET /x HTTP/1.1");
    assert_true(has(st, "Authorization: Basic YW5uOnB3\r\n"));
    assert_string_equal(call->transport, "curl");
    close(first);
    finish_call(st, call, fd);
}

/* ---- what is told of it ---- */

static void each_hop_has_times_and_bytes_of_its_own(void **state)
{
    struct stage *st = stage_open(NULL);
    struct http_request req = { .method = "POST",
                                .body = "1234",
                                .body_len = 4 };
    struct http_call *call = follow(st, &req);
    int fd = take(st);
    (void)state;
    hear(st, fd);
    size_t first = st->heard + 4;
    hear_body(st, fd, 4);
    pump_for(st, 20 * US_PER_MS);
    redirect(fd, 303, "/x");
    hear(st, fd);
    size_t second = st->heard;
    assert_int_equal(nhops, 1);
    pump_for(st, 10 * US_PER_MS);
    say(fd, SMALL);
    await(st, call);
    expect_answer(call, 200, "ok");
    assert_true(hops[0].times.first_byte - hops[0].times.sent >=
                19 * US_PER_MS);
    assert_true(call->times.started == hops[0].times.done);
    assert_true(call->times.first_byte - call->times.sent < 19 * US_PER_MS);
    assert_true(hops[0].sent == first);
    assert_true(call->bytes_sent == second);
    assert_true(call->bytes_received == strlen(SMALL));
    http_call_release(call);
    close(fd);
    stage_close(st);
}

static void the_time_limit_is_that_of_all_hops(void **state)
{
    struct stage *st = stage_open(NULL);
    struct http_request req = { .timeout_us = 60 * US_PER_MS };
    struct http_call *call = follow(st, &req);
    int fd = take(st);
    int64_t began = clock_us();
    (void)state;
    hear(st, fd);
    pump_for(st, 40 * US_PER_MS);
    redirect(fd, 302, "/x");
    hear(st, fd);
    await(st, call);
    expect_error(call, 1050, "timeout");
    assert_int_equal(call->redirects, 1);
    assert_int_equal(call->status, 0);
    assert_true(call->body.len == 0);
    assert_true(clock_us() - began < 2 * US_PER_S);
    http_call_release(call);
    close(fd);
    stage_close(st);
}

/* The first answer's body does not end up in the second's. */
static void nothing_is_left_of_the_hop_before(void **state)
{
    struct stage *st = stage_open(NULL);
    struct http_request req = { .method = "GET" };
    struct http_call *call = follow(st, &req);
    int fd = take(st);
    (void)state;
    hear(st, fd);
    redirect(fd, 302, "/x");
    hear(st, fd);
    reset(fd);
    await(st, call);
    expect_error(call, 1220, "reset");
    assert_int_equal(call->status, 0);
    assert_true(call->head.len == 0 && call->body.len == 0);
    assert_int_equal(call->redirects, 1);
    http_call_release(call);
    stage_close(st);
}

/* A connection that the first answer ends does not carry the second. */
static void a_redirect_that_closes_is_followed_elsewhere(void **state)
{
    struct stage *st = stage_open(NULL);
    struct http_request req = { .method = "GET" };
    struct http_call *call = follow(st, &req);
    int first = take(st);
    (void)state;
    hear(st, first);
    say(first, "HTTP/1.1 302 Go\r\nLocation: /x\r\nConnection: close\r\n\r\n");
    close(first);
    int fd = take(st);
    expect_line(st, fd, "GET /x HTTP/1.1");
    finish_call(st, call, fd);
}

static void a_hop_can_be_cancelled_on_its_way(void **state)
{
    struct stage *st = stage_open(NULL);
    struct http_request req = { .method = "GET" };
    struct http_call *call = follow(st, &req);
    int fd = take(st);
    (void)state;
    hear(st, fd);
    atomic_store(&names_held, 1);
    redirect(fd, 302, "http://none.test/");
    until(st, call->redirects == 1);
    http_call_cancel(call);
    http_call_release(call);
    atomic_store(&names_held, 0);
    pump_for(st, 3000);
    assert_int_equal(st->done[0], 0);
    close(fd);
    stage_close(st);
}

#define T(sentence, fn)                                                        \
    {                                                                          \
        sentence, fn, NULL, NULL, NULL                                         \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        T("a Location is taken from where the request went",
          a_location_is_taken_from_where_the_request_went),
        T("an absolute one may lead to another server",
          an_absolute_one_may_lead_to_another_server),
        T("what leads nowhere is an answer like others",
          what_leads_nowhere_is_an_answer_like_others),
        T("a redirect that was cut short is an error",
          a_redirect_that_was_cut_short_is_an_error),
        T("one too many is an error", one_too_many_is_an_error),
        T("none are followed when none are wanted",
          none_are_followed_when_none_are_wanted),
        T("the method follows the status", the_method_follows_the_status),
        T("what is secret stays where it belongs",
          what_is_secret_stays_where_it_belongs),
        T("a user in a Location is carried by libcurl",
          a_user_in_a_location_is_carried_by_libcurl),
        T("each hop has times and bytes of its own",
          each_hop_has_times_and_bytes_of_its_own),
        T("the time limit is that of all hops",
          the_time_limit_is_that_of_all_hops),
        T("nothing is left of the hop before",
          nothing_is_left_of_the_hop_before),
        T("a redirect that closes is followed elsewhere",
          a_redirect_that_closes_is_followed_elsewhere),
        T("a hop can be cancelled on its way",
          a_hop_can_be_cancelled_on_its_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
