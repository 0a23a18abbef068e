/* test_native_kept.c - connections of the transport of our own that are kept
 * for the next request: whose they are, what happens when the server has left
 * one, and when a request is sent again.  See wire.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "wire.h"

#define OK "HTTP/1.1 200 OK\r\n"
#define SMALL OK "Content-Length: 2\r\n\r\nok"

/* ---- kept connections ---- */

/* One exchange, after which the connection is kept. */
static int kept_connection(struct stage *st, struct http_session *session)
{
    struct http_call *call =
        ask_of(st, session, &(struct http_request){ .method = "GET" });
    int fd = take(st);
    hear(st, fd);
    say(fd, SMALL);
    await(st, call);
    expect_answer(call, 200, "ok");
    http_call_release(call);
    return fd;
}

static void one_that_was_closed_in_peace_is_not_used(void **state)
{
    struct stage *st = stage_open(NULL);
    (void)state;
    for (int how = 0; how < 2; how++) {
        int fd = kept_connection(st, st->session);
        if (how == 0)
            close(fd);
        else
            reset(fd);
        pump_for(st, 2000);
        struct http_call *call = ask(st, "POST", "/");
        int other = take(st);
        hear(st, other);
        say(other, SMALL);
        await(st, call);
        expect_answer(call, 200, "ok");
        assert_int_equal(call->new_connection, 1);
        assert_int_equal(call->attempts, 1);
        http_call_release(call);
        reset(other);
        pump_for(st, 2000);
    }
    stage_close(st);
}

/* The server has closed, or does so instead of answering. */
static void one_closed_under_a_request_is_an_error(void **state)
{
    (void)state;
    for (int when = 0; when < 3; when++) {
        struct stage *st = stage_open(NULL);
        int fd = kept_connection(st, st->session);
        if (when == 0)
            close(fd);
        struct http_call *call = ask(st, "GET", "/again");
        if (when > 0)
            hear(st, fd);
        if (when == 1)
            close(fd);
        if (when == 2)
            reset(fd);
        await(st, call);
        if (when < 2)
            expect_error(call, 1000, "kept_connection_closed");
        else
            expect_error(call, 1220, "reset");
        assert_int_equal(call->status, 0);
        assert_int_equal(call->new_connection, 0);
        assert_int_equal(call->attempts, 1);
        http_call_release(call);
        assert_true(nobody_connects(st));
        stage_close(st);
    }
}

static void with_retries_it_is_sent_again_and_counted(void **state)
{
    struct http_request req = {
        .method = "POST", .body = "abc", .body_len = 3, .retries = 1
    };
    (void)state;
    for (int when = 0; when < 3; when++) {
        struct stage *st = stage_open(NULL);
        int fd = kept_connection(st, st->session);
        if (when == 0)
            close(fd);
        struct http_call *call = ask_for(st, &req);
        if (when > 0) {
            hear(st, fd);
            hear_body(st, fd, 3);
        }
        if (when == 1)
            close(fd);
        if (when == 2)
            reset(fd);
        int other = take(st);
        assert_non_null(strstr(hear(st, other), "POST / "));
        hear_body(st, other, 3);
        say(other, SMALL);
        await(st, call);
        expect_answer(call, 200, "ok");
        assert_int_equal(call->attempts, 2);
        assert_int_equal(call->new_connection, 1);
        http_call_release(call);
        close(other);
        stage_close(st);
    }
}

static void two_kept_connections(struct stage *st, int fds[2])
{
    struct http_call *calls[2];
    for (int i = 0; i < 2; i++) {
        calls[i] = ask(st, "GET", "/");
        fds[i] = take(st);
    }
    for (int i = 0; i < 2; i++) {
        hear(st, fds[i]);
        say(fds[i], SMALL);
        await(st, calls[i]);
        http_call_release(calls[i]);
    }
}

/* Of several that the server has left, none must take a retry. */
static void a_retry_does_not_go_to_another_dead_connection(void **state)
{
    struct stage *st = stage_open(NULL);
    int fds[2];
    (void)state;
    two_kept_connections(st, fds);
    close(fds[0]);
    close(fds[1]);
    struct http_call *call =
        ask_for(st, &(struct http_request){ .retries = 1 });
    int fd = take(st);
    hear(st, fd);
    say(fd, SMALL);
    await(st, call);
    expect_answer(call, 200, "ok");
    assert_int_equal(call->attempts, 2);
    http_call_release(call);
    close(fd);
    stage_close(st);
}

/* `send` is when the attempt that was answered began.  That is on a new
 * connection, also where another kept one is free. */
static void a_retry_has_times_of_its_own(void **state)
{
    (void)state;
    for (int kept = 0; kept < 2; kept++) {
        struct stage *st = stage_open(NULL);
        int fds[2];
        two_kept_connections(st, fds);
        if (!kept) {
            close(fds[0]);
            pump_for(st, 2000);
        }
        struct http_call *call =
            ask_for(st, &(struct http_request){ .retries = 1 });
        until(st, readable(fds[1]) || (kept && readable(fds[0])));
        int used = !readable(fds[1]) ? 0 : 1;
        hear(st, fds[used]);
        pump_for(st, 20 * US_PER_MS);
        close(fds[used]);
        int fd = take(st);
        hear(st, fd);
        say(fd, SMALL);
        await(st, call);
        expect_answer(call, 200, "ok");
        assert_int_equal(call->new_connection, 1);
        assert_int_equal(call->attempts, 2);
        assert_true(call->times.send - call->times.started >= 20 * US_PER_MS);
        http_call_release(call);
        close(fd);
        if (kept)
            close(fds[!used]);
        stage_close(st);
    }
}

static void what_may_have_been_answered_is_not_sent_again(void **state)
{
    static const char *const beginnings[] = { "H", OK,
                                              OK "Content-Length: 9\r\n\r\n",
                                              "HTTP/1.1 100 Continue\r\n\r\n" };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(beginnings); i++) {
        struct stage *st = stage_open(NULL);
        int fd = kept_connection(st, st->session);
        struct http_call *call =
            ask_for(st, &(struct http_request){ .retries = 5 });
        hear(st, fd);
        say(fd, beginnings[i]);
        close(fd);
        await(st, call);
        assert_int_equal(call->error_code, 1000);
        assert_non_null(strstr(call->error_class, "truncated"));
        assert_int_equal(call->attempts, 1);
        http_call_release(call);
        assert_true(nobody_connects(st));
        stage_close(st);
    }
}

static void nor_what_went_out_on_a_new_connection(void **state)
{
    struct stage *st = stage_open(NULL);
    struct http_call *call =
        ask_for(st, &(struct http_request){ .retries = 5 });
    int fd = take(st);
    (void)state;
    hear(st, fd);
    close(fd);
    await(st, call);
    expect_error(call, 1000, "empty_answer");
    assert_int_equal(call->attempts, 1);
    http_call_release(call);
    assert_true(nobody_connects(st));
    stage_close(st);
}

/* ---- whose connection ---- */

static void requests_at_once_have_a_connection_each_and_keep_them(void **state)
{
    enum { N = 20 };
    struct http_call *calls[N];
    int fds[N];
    struct stage *st = stage_open(NULL);
    (void)state;
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < N; i++)
            calls[i] = ask(st, "GET", "/");
        for (int i = 0; round == 0 && i < N; i++)
            fds[i] = take(st);
        for (int i = 0; i < N; i++)
            hear(st, fds[i]);
        for (int i = N; i-- > 0;)
            say(fds[i], SMALL);
        for (int i = 0; i < N; i++) {
            await(st, calls[i]);
            expect_answer(calls[i], 200, "ok");
            assert_int_equal(calls[i]->new_connection, round == 0);
            http_call_release(calls[i]);
        }
    }
    assert_true(nobody_connects(st));
    for (int i = 0; i < N; i++)
        close(fds[i]);
    stage_close(st);
}

static void sessions_do_not_share_connections(void **state)
{
    struct stage *st = stage_open(NULL);
    struct http_session *other = http_session_new(st->client);
    int a = kept_connection(st, st->session), b = kept_connection(st, other);
    (void)state;
    assert_true(a != b);
    http_session_free(other);
    assert_true(client_closes(st, b));
    assert_true(client_stays(st, a));
    close(a);
    close(b);
    stage_close(st);
}

static void a_request_that_says_close_ends_the_connection(void **state)
{
    static const char *const lines[] = { "Connection: close",
                                         "connection: Close",
                                         "Connection: TE, close" };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        struct stage *st = stage_open(NULL);
        struct http_request req = { .headers = &lines[i], .nheaders = 1 };
        struct http_call *call = ask_for(st, &req);
        int fd = take(st);
        assert_non_null(strstr(hear(st, fd), lines[i]));
        say(fd, SMALL);
        await(st, call);
        expect_answer(call, 200, "ok");
        http_call_release(call);
        assert_true(client_closes(st, fd));
        close(fd);
        stage_close(st);
    }
}

static void one_that_says_it_does_not_bother_the_next(void **state)
{
    static const char *const line[] = { "Connection: close" };
    struct http_request req = { .headers = line, .nheaders = 1 };
    struct stage *st = stage_open(NULL);
    int fd = kept_connection(st, st->session);
    struct http_call *call = ask_for(st, &req);
    (void)state;
    hear(st, fd);
    say(fd, SMALL);
    await(st, call);
    http_call_release(call);
    close(fd);
    fd = kept_connection(st, st->session);
    assert_true(client_stays(st, fd));
    close(fd);
    stage_close(st);
}

static void a_kept_connection_takes_no_time_to_connect(void **state)
{
    struct stage *st = stage_open(NULL);
    int fd = kept_connection(st, st->session);
    struct http_call *call = ask(st, "GET", "/");
    (void)state;
    hear(st, fd);
    say(fd, SMALL);
    await(st, call);
    expect_answer(call, 200, "ok");
    assert_true(call->times.connecting == 0 && call->times.looking_up == 0);
    assert_true(call->times.send == call->times.started);
    http_call_release(call);
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
        T("a kept connection that was closed in peace is not used",
          one_that_was_closed_in_peace_is_not_used),
        T("one closed under a request is an error",
          one_closed_under_a_request_is_an_error),
        T("with retries the request is sent again, and counted",
          with_retries_it_is_sent_again_and_counted),
        T("a retry does not go to another dead connection",
          a_retry_does_not_go_to_another_dead_connection),
        T("a retry has times of its own", a_retry_has_times_of_its_own),
        T("what may have been answered is not sent again",
          what_may_have_been_answered_is_not_sent_again),
        T("nor what went out on a new connection",
          nor_what_went_out_on_a_new_connection),
        T("requests at once have a connection each, and keep them",
          requests_at_once_have_a_connection_each_and_keep_them),
        T("sessions do not share connections",
          sessions_do_not_share_connections),
        T("a request that says close ends the connection",
          a_request_that_says_close_ends_the_connection),
        T("one that says so does not bother the next",
          one_that_says_it_does_not_bother_the_next),
        T("a kept connection takes no time to connect",
          a_kept_connection_takes_no_time_to_connect),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
