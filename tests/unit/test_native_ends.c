/* test_native_ends.c - requests over the transport of our own that end in
 * another way than by an answer: in time, by their user, for want of
 * descriptors; in every phase of a connection's life.  See wire.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/resource.h>

#include "names.h"
#include "wire.h"

#define OK "HTTP/1.1 200 OK\r\n"
#define SMALL OK "Content-Length: 2\r\n\r\nok"

enum { BIG = 32 << 20 };
static char big[BIG];

/* ---- a request in each phase ---- */

enum phase { LOOKUP, DIAL, TLS, SENDING, WAITING, RECEIVING, PHASES };

static const struct {
    int code;
    const char *class;
    int status;
} outcomes[] = {
    [LOOKUP] = { 1211, "dial_timeout", 0 },
    [DIAL] = { 1211, "dial_timeout", 0 },
    [TLS] = { 1211, "dial_timeout", 0 },
    [SENDING] = { 1050, "timeout", 0 },
    [WAITING] = { 1050, "timeout", 0 },
    [RECEIVING] = { 1050, "timeout", 200 },
};

struct act {
    struct stage *st;
    struct wall wall;
    struct http_call *call;
    int fd; /* the server's; -1: none */
};

/* Brings a request to the phase. */
static struct act act_open(struct stage *st, enum phase phase,
                           int64_t timeout_us)
{
    static char url[100];
    struct act a = { .st = st, .fd = -1, .wall.listener = -1 };
    struct http_request req = { .url = url, .timeout_us = timeout_us };
    snprintf(url, sizeof url, "%s", st->url);
    if (phase == LOOKUP) {
        atomic_store(&names_held, 1);
        snprintf(url, sizeof url, "http://four.test:%u", st->port);
    } else if (phase == DIAL) {
        wall_open(&a.wall);
        snprintf(url, sizeof url, "http://127.0.0.1:%u", a.wall.port);
    } else if (phase == TLS) {
        snprintf(url, sizeof url, "https://127.0.0.1:%u", st->port);
    } else if (phase == SENDING) {
        req.method = "POST";
        req.body = big;
        req.body_len = BIG;
    }
    a.call = ask_for(st, &req);
    if (phase > DIAL)
        a.fd = take(st);
    if (phase > TLS)
        hear(st, a.fd);
    if (phase == RECEIVING) {
        say(a.fd, OK "Content-Length: 10\r\n\r\nhalf");
        until(st, a.call->body.len == 4);
    }
    pump_for(st, 2000);
    return a;
}

static void act_close(struct act *a)
{
    atomic_store(&names_held, 0);
    if (a->wall.listener >= 0)
        wall_close(&a->wall);
    if (a->fd >= 0) {
        assert_true(client_closes(a->st, a->fd));
        close(a->fd);
    }
}

/* The session can be used as before. */
static void goes_on(struct stage *st)
{
    struct http_call *call = ask(st, "GET", "/");
    int fd = take(st);
    hear(st, fd);
    say(fd, SMALL);
    await(st, call);
    expect_answer(call, 200, "ok");
    http_call_release(call);
    close(fd);
}

static void a_time_limit_holds_in_every_phase(void **state)
{
    (void)state;
    for (enum phase p = LOOKUP; p < PHASES; p++) {
        struct stage *st = stage_open(NULL);
        struct act a = act_open(st, p, 40 * US_PER_MS);
        await(st, a.call);
        const struct http_times *t = &a.call->times;
        expect_error(a.call, outcomes[p].code, outcomes[p].class);
        assert_int_equal(a.call->status, outcomes[p].status);
        assert_true(a.call->timed_out);
        assert_true(t->done - t->started >= 40 * US_PER_MS);
        assert_true(t->done - t->started < 2 * US_PER_S);
        assert_int_equal(t->send == 0, p < SENDING);
        assert_int_equal(a.call->attempts, p >= SENDING);
        http_call_release(a.call);
        act_close(&a);
        goes_on(st);
        stage_close(st);
    }
}

static void a_call_can_be_cancelled_in_every_phase(void **state)
{
    (void)state;
    for (enum phase p = LOOKUP; p < PHASES; p++) {
        struct stage *st = stage_open(NULL);
        struct act a = act_open(st, p, 0);
        http_call_cancel(a.call);
        http_call_release(a.call);
        act_close(&a);
        pump_for(st, 5000);
        assert_int_equal(st->done[0], 0);
        goes_on(st);
        stage_close(st);
    }
}

static void a_session_can_end_in_every_phase(void **state)
{
    (void)state;
    for (enum phase p = LOOKUP; p < PHASES; p++) {
        struct stage *st = stage_open(NULL);
        struct act a = act_open(st, p, 0);
        http_session_free(st->session);
        act_close(&a);
        pump_for(st, 5000);
        assert_int_equal(st->done[0], 0);
        st->session = http_session_new(st->client);
        goes_on(st);
        stage_close(st);
    }
}

/* The lookup's thread outlives all who wanted to know. */
static void a_client_can_end_while_names_are_looked_up(void **state)
{
    struct stage *st = stage_open(NULL);
    struct act a = act_open(st, LOOKUP, 0);
    (void)state;
    http_session_free(st->session);
    st->session = NULL;
    http_client_free(st->client);
    st->client = http_client_new(&st->loop, &(struct http_options){ 0 });
    act_close(&a);
    stage_close(st);
}

/* ---- limits, one after the other ---- */

static void take_and_answer(struct stage *st, struct http_call *call)
{
    int fd = take(st);
    hear(st, fd);
    say(fd, SMALL);
    await(st, call);
    expect_answer(call, 200, "ok");
    http_call_release(call);
    reset(fd);
    pump_for(st, 1000);
}

static void a_short_limit_after_a_long_one_holds(void **state)
{
    struct stage *st = stage_open(NULL);
    struct http_request late = { .timeout_us = 60 * (int64_t)US_PER_S };
    struct http_request soon = { .timeout_us = 30 * US_PER_MS };
    (void)state;
    take_and_answer(st, ask_for(st, &late));
    struct http_call *call = ask_for(st, &soon);
    int fd = take(st);
    await(st, call);
    expect_error(call, 1050, "timeout");
    assert_true(call->times.done - call->times.started < US_PER_S);
    http_call_release(call);
    close(fd);
    stage_close(st);
}

static void a_long_limit_after_a_short_one_is_not_cut(void **state)
{
    struct stage *st = stage_open(NULL);
    struct http_request late = { .timeout_us = 60 * (int64_t)US_PER_S };
    struct http_request soon = { .timeout_us = 30 * US_PER_MS };
    (void)state;
    take_and_answer(st, ask_for(st, &soon));
    struct http_call *call = ask_for(st, &late);
    int fd = take(st);
    hear(st, fd);
    pump_for(st, 60 * US_PER_MS);
    assert_false(is_done(call));
    say(fd, SMALL);
    await(st, call);
    expect_answer(call, 200, "ok");
    http_call_release(call);
    close(fd);
    stage_close(st);
}

/* Sending again does not begin the time anew. */
static void a_limit_counts_for_all_attempts(void **state)
{
    struct stage *st = stage_open(NULL);
    struct http_call *call = ask(st, "GET", "/");
    struct http_request req = { .timeout_us = 60 * US_PER_MS, .retries = 3 };
    int fd = take(st);
    (void)state;
    hear(st, fd);
    say(fd, SMALL);
    await(st, call);
    http_call_release(call);
    call = ask_for(st, &req);
    hear(st, fd);
    pump_for(st, 40 * US_PER_MS);
    close(fd);
    fd = take(st);
    await(st, call);
    expect_error(call, 1050, "timeout");
    assert_int_equal(call->attempts, 2);
    assert_true(call->times.done - call->times.started < 95 * US_PER_MS ||
                call->times.done - call->times.send < 50 * US_PER_MS);
    http_call_release(call);
    close(fd);
    stage_close(st);
}

/* ---- what done() may do ---- */

static struct http_session *to_be_freed;
static int ends;

static void on_done_free(struct http_call *call)
{
    ends++;
    http_call_release(call);
    http_session_free(to_be_freed);
    to_be_freed = NULL;
}

static struct http_call *ask_and_free(struct stage *st,
                                      const struct http_request *req)
{
    struct http_call *call = ask_of(st, to_be_freed, req);
    call->done = on_done_free;
    return call;
}

static void ends_once(struct stage *st)
{
    until(st, ends > 0);
    pump_for(st, 3000);
    assert_int_equal(ends, 1);
    assert_null(to_be_freed);
}

static void a_session_can_be_freed_when_an_answer_came(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        struct stage *st = stage_open(NULL);
        struct http_request req = { .method = "GET" };
        ends = 0;
        to_be_freed = http_session_new(st->client);
        ask_and_free(st, &req);
        ask_and_free(st, &req);
        int a = take(st), b = take(st);
        hear(st, a);
        hear(st, b);
        /* Both have something in the same turn. */
        if (i == 0)
            say(a, SMALL), say(b, SMALL);
        else if (i == 1)
            close(a), close(b);
        else if (i == 2)
            reset(a), reset(b);
        else
            say(a, "220 mail\r\n"), say(b, "220 mail\r\n");
        ends_once(st);
        if (i == 0 || i == 3)
            close(a), close(b);
        stage_close(st);
    }
}

static void a_session_can_be_freed_when_nobody_was_there(void **state)
{
    static const char *const urls[] = { "http://none.test/",
                                        "http://127.0.0.1:1/" };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(urls); i++) {
        struct stage *st = stage_open(NULL);
        struct http_request req = { .url = urls[i] };
        ends = 0;
        to_be_freed = http_session_new(st->client);
        for (int n = 0; n < 5; n++)
            ask_and_free(st, &req);
        ends_once(st);
        stage_close(st);
    }
}

static void a_session_can_be_freed_in_time(void **state)
{
    struct stage *st = stage_open(NULL);
    struct http_request req = { .timeout_us = 10 * US_PER_MS };
    (void)state;
    ends = 0;
    to_be_freed = http_session_new(st->client);
    for (int n = 0; n < 5; n++)
        ask_and_free(st, &req);
    ends_once(st);
    stage_close(st);
}

static struct stage *again_on;
static struct http_request again;
static int agains;
enum { AGAINS = 30 };

static void on_done_again(struct http_call *call)
{
    http_call_release(call);
    if (++agains >= AGAINS)
        return;
    struct http_call *next = http_call_take(again_on->session);
    next->req = again;
    next->done = on_done_again;
    http_call_start(next);
}

/* A script that goes on whatever happens must leave the others their turn. */
static void failures_one_after_the_other_hold_up_nobody(void **state)
{
    static char too_long[200];
    static struct http_special special = { .unix_socket = too_long };
    const struct http_request failing[] = {
        { .url = "http://127.0.0.1:1/" },
        { .url = "http://none.test/" },
        { .url = "http://host/", .special = &special },
    };
    (void)state;
    memset(too_long, 'x', sizeof too_long - 1);
    for (size_t i = 0; i < COUNT_OF(failing); i++) {
        struct stage *st = again_on = stage_open(NULL);
        again = failing[i];
        again.timeout_us = US_PER_S;
        again.method = "GET";
        agains = 0;
        struct http_call *call = ask_for(st, &again);
        call->done = on_done_again;
        uint64_t turns = st->loop.turns;
        until(st, agains >= AGAINS);
        if (st->loop.turns - turns < AGAINS)
            fail_msg("%s: %d in %d turns", failing[i].url, AGAINS,
                     (int)(st->loop.turns - turns));
        stage_close(st);
    }
}

/* ---- refused before it began ---- */

static void what_cannot_begin_ends_in_the_next_turn(void **state)
{
    static char too_long[200];
    struct http_special special = { .unix_socket = too_long };
    struct http_request req = { .special = &special };
    struct stage *st = stage_open(NULL);
    (void)state;
    memset(too_long, 'x', sizeof too_long - 1);
    struct http_call *call = ask_for(st, &req);
    await(st, call);
    expect_error(call, 1210, "no_socket");
    http_call_release(call);
    call = ask_for(st, &req);
    http_call_cancel(call);
    http_call_release(call);
    pump_for(st, 2000);
    assert_int_equal(st->done[1], 0);
    /* The same call object, now for something that works. */
    goes_on(st);
    stage_close(st);
}

/* ---- names ---- */

static void one_lookup_serves_all(void **state)
{
    enum { N = 10 };
    struct http_call *calls[N];
    struct stage *st = stage_open(NULL);
    int fds[N];
    char url[100];
    struct http_request req = { .url = url };
    (void)state;
    snprintf(url, sizeof url, "http://four.test:%u/", st->port);
    atomic_store(&names_held, 1);
    int before = atomic_load(&names_asked);
    for (int i = 0; i < N; i++)
        calls[i] = ask_for(st, &req);
    /* One of them gives up: in the middle, at an end. */
    http_call_cancel(calls[5]);
    http_call_release(calls[5]);
    http_call_cancel(calls[9]);
    http_call_release(calls[9]);
    pump_for(st, 5000);
    atomic_store(&names_held, 0);
    calls[5] = ask_for(st, &req);
    calls[9] = ask_for(st, &req);
    for (int i = 0; i < N; i++) {
        fds[i] = take(st);
        assert_non_null(strstr(hear(st, fds[i]), "Host: four.test:"));
        say(fds[i], SMALL);
    }
    for (int i = 0; i < N; i++) {
        await(st, calls[i]);
        expect_answer(calls[i], 200, "ok");
        assert_true(calls[i]->times.looking_up > 0);
    }
    for (int i = 0; i < N; i++)
        http_call_release(calls[i]);
    assert_int_equal(atomic_load(&names_asked) - before, 1);
    for (int i = 0; i < N; i++)
        close(fds[i]);
    stage_close(st);
}

static void a_name_that_is_not_found_is_asked_for_again(void **state)
{
    struct stage *st = stage_open(NULL);
    struct http_request req = { .url = "http://none.test/" };
    int before = atomic_load(&names_asked);
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct http_call *call = ask_for(st, &req);
        await(st, call);
        expect_error(call, 1101, "no_such_host");
        assert_non_null(strstr(call->error, "not known"));
        assert_int_equal(call->attempts, 0);
        http_call_release(call);
    }
    assert_int_equal(atomic_load(&names_asked) - before, 3);
    stage_close(st);
}

static void a_lookup_that_takes_long_is_told_as_such(void **state)
{
    struct stage *st = stage_open(NULL);
    char url[100];
    struct http_request req = { .url = url };
    (void)state;
    snprintf(url, sizeof url, "http://four.test:%u/", st->port);
    atomic_store(&names_held, 1);
    struct http_call *call = ask_for(st, &req);
    pump_for(st, 20 * US_PER_MS);
    atomic_store(&names_held, 0);
    int fd = take(st);
    hear(st, fd);
    say(fd, SMALL);
    await(st, call);
    expect_answer(call, 200, "ok");
    assert_true(call->times.looking_up >= 20 * US_PER_MS);
    assert_true(call->times.connecting < 20 * US_PER_MS);
    http_call_release(call);
    close(fd);
    stage_close(st);
}

/* The server listens on 127.0.0.1 alone, or on ::1 alone. */
static void a_name_with_two_addresses_needs_one_server(void **state)
{
    static const char *const hosts[] = { "both.test", "other-way.test",
                                         "moved.test" };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(hosts); i++) {
        struct stage *st = stage_open(NULL);
        char url[100];
        struct http_request req = { .url = url };
        snprintf(url, sizeof url, "http://%s:%u/", hosts[i], st->port);
        take_and_answer(st, ask_for(st, &req));
        stage_close(st);
    }
}

static int listen_on_six(unsigned *port)
{
    struct sockaddr_in6 in = { .sin6_family = AF_INET6,
                               .sin6_addr = in6addr_loopback };
    socklen_t len = sizeof in;
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && (bind(fd, (struct sockaddr *)&in, sizeof in) != 0 ||
                    listen(fd, 8) != 0 ||
                    getsockname(fd, (struct sockaddr *)&in, &len) != 0)) {
        close(fd);
        return -1;
    }
    *port = ntohs(in.sin6_port);
    return fd;
}

static void version_6_is_reached_by_number_and_by_name(void **state)
{
    static const char *const hosts[] = { "[::1]", "[0:0::0:1]", "six.test",
                                         "both.test", "other-way.test" };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(hosts); i++) {
        struct stage *st = stage_open(NULL);
        char url[100], host[100];
        struct http_request req = { .url = url };
        close(st->listener);
        st->listener = listen_on_six(&st->port);
        if (st->listener < 0) {
            st->listener = dup(0);
            stage_close(st);
            skip();
            return;
        }
        snprintf(url, sizeof url, "http://%s:%u/", hosts[i], st->port);
        snprintf(host, sizeof host, "\r\nHost: %s:%u\r\n", hosts[i], st->port);
        struct http_call *call = ask_for(st, &req);
        int fd = take(st);
        assert_non_null(strstr(hear(st, fd), host));
        say(fd, SMALL);
        await(st, call);
        expect_answer(call, 200, "ok");
        http_call_release(call);
        close(fd);
        stage_close(st);
    }
}

/* ---- descriptors ---- */

/* So many descriptors may be opened from now on; -1: as before. */
static void leave_descriptors(int n)
{
    static struct rlimit before;
    struct rlimit few;
    if (n < 0) {
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
        return;
    }
    int lowest = dup(0);
    close(lowest);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    few = before;
    few.rlim_cur = (rlim_t)(lowest + n);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
}

static void without_descriptors_it_is_our_fault(void **state)
{
    static const char *const urls[] = { NULL, "http://four.test:1/" };
    uint64_t fds, ports;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(urls); i++) {
        struct stage *st = stage_open(NULL);
        struct http_request req = { .url = urls[i] };
        goes_on(st);
        pump_for(st, 2000);
        leave_descriptors(0);
        struct http_call *call = ask_for(st, &req);
        await(st, call);
        leave_descriptors(-1);
        expect_error(call, 1210, "no_descriptors");
        assert_int_equal(call->origin, ORIGIN_GENERATOR);
        http_call_release(call);
        http_client_take_shortages(st->client, &fds, &ports);
        assert_int_equal(fds, 1);
        assert_int_equal(ports, 0);
        http_client_take_shortages(st->client, &fds, &ports);
        assert_int_equal(fds, 0);
        goes_on(st);
        stage_close(st);
    }
}

static void a_connection_refused_is_the_servers_fault(void **state)
{
    struct stage *st = stage_open(NULL);
    char url[64];
    unsigned port;
    int fd = listen_on_loopback(&port, 1);
    (void)state;
    close(fd);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", port);
    struct http_call *call = ask_for(st, &(struct http_request){ .url = url });
    await(st, call);
    expect_error(call, 1212, "refused");
    assert_int_equal(call->origin, ORIGIN_SUT);
    http_call_release(call);
    stage_close(st);
}

#define T(sentence, fn)                                                        \
    {                                                                          \
        sentence, fn, NULL, NULL, NULL                                         \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        T("a time limit holds in every phase",
          a_time_limit_holds_in_every_phase),
        T("a call can be cancelled in every phase",
          a_call_can_be_cancelled_in_every_phase),
        T("a session can end in every phase", a_session_can_end_in_every_phase),
        T("a client can end while names are looked up",
          a_client_can_end_while_names_are_looked_up),
        T("a short limit after a long one holds",
          a_short_limit_after_a_long_one_holds),
        T("a long limit after a short one is not cut",
          a_long_limit_after_a_short_one_is_not_cut),
        T("a limit counts for all attempts", a_limit_counts_for_all_attempts),
        T("a session can be freed when an answer came",
          a_session_can_be_freed_when_an_answer_came),
        T("a session can be freed when nobody was there",
          a_session_can_be_freed_when_nobody_was_there),
        T("a session can be freed in time", a_session_can_be_freed_in_time),
        T("failures one after the other hold up nobody",
          failures_one_after_the_other_hold_up_nobody),
        T("what cannot begin ends in the next turn",
          what_cannot_begin_ends_in_the_next_turn),
        T("one lookup serves all", one_lookup_serves_all),
        T("a name that is not found is asked for again",
          a_name_that_is_not_found_is_asked_for_again),
        T("a lookup that takes long is told as such",
          a_lookup_that_takes_long_is_told_as_such),
        T("a name with two addresses needs one server",
          a_name_with_two_addresses_needs_one_server),
        T("version 6 is reached by number and by name",
          version_6_is_reached_by_number_and_by_name),
        T("without descriptors it is our fault",
          without_descriptors_it_is_our_fault),
        T("a connection refused is the server's fault",
          a_connection_refused_is_the_servers_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
