/* test_native_send.c - what the transport of our own puts on the wire, and
 * what happens when the other end does not take it.  See wire.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "wire.h"

#define OK "HTTP/1.1 200 OK\r\n"
#define SMALL OK "Content-Length: 2\r\n\r\nok"

static void answer_and_end(struct stage *st, struct http_call *call, int fd)
{
    say(fd, SMALL);
    await(st, call);
    expect_answer(call, 200, call->req.flags & HTTP_HEAD ? "" : "ok");
    http_call_release(call);
    reset(fd);
    pump(st);
}

/* ---- heads ---- */

#define LINES(...)                                                             \
    .headers = (const char *const[])                                           \
    {                                                                          \
        __VA_ARGS__                                                            \
    }

static const struct {
    struct http_request req;
    const char *path, *head; /* without the Host line */
    const char *body;
} heads[] = {
    { { .method = "GET" }, "", "GET / HTTP/1.1\r\nAccept: */*\r\n", "" },
    { { .method = "GET" },
      "?q=1",
      "GET /?q=1 HTTP/1.1\r\nAccept: */*\r\n",
      "" },
    { { .method = "GET" },
      "/a%20b/../c?x=/?&y=%2f#part",
      "GET /a%20b/../c?x=/?&y=%2f HTTP/1.1\r\nAccept: */*\r\n",
      "" },
    { { .method = "HEAD" }, "/h", "HEAD /h HTTP/1.1\r\nAccept: */*\r\n", "" },
    { { .method = "DELETE" },
      "/d",
      "DELETE /d HTTP/1.1\r\nAccept: */*\r\n",
      "" },
    { { .method = "DELETE", .body = "why", .body_len = 3 },
      "/d",
      "DELETE /d HTTP/1.1\r\nAccept: */*\r\nContent-Length: 3\r\n",
      "why" },
    { { .method = "GET", .body = "odd", .body_len = 3 },
      "/g",
      "GET /g HTTP/1.1\r\nAccept: */*\r\nContent-Length: 3\r\n",
      "odd" },
    { { .method = "POST" },
      "/p",
      "POST /p HTTP/1.1\r\nAccept: */*\r\nContent-Length: 0\r\n",
      "" },
    { { .method = "PATCH" },
      "/p",
      "PATCH /p HTTP/1.1\r\nAccept: */*\r\nContent-Length: 0\r\n",
      "" },
    { { .method = "PUT", .body = "a\0b", .body_len = 3 },
      "/p",
      "PUT /p HTTP/1.1\r\nAccept: */*\r\nContent-Length: 3\r\n",
      "a" },
    { { .method = "PATCH", .body = "", .body_len = 0 },
      "/p",
      "PATCH /p HTTP/1.1\r\nAccept: */*\r\nContent-Length: 0\r\n",
      "" },
    { { .method = "GET", LINES("X-Empty: ", "accept: a/b"), .nheaders = 2 },
      "/own",
      "GET /own HTTP/1.1\r\nX-Empty: \r\naccept: a/b\r\n",
      "" },
    /* The length is that of what is sent, whatever the script says. */
    { { .method = "POST",
        .body = "1234",
        .body_len = 4,
        LINES("content-length: 9"),
        .nheaders = 1 },
      "/p",
      "POST /p HTTP/1.1\r\nAccept: */*\r\nContent-Length: 4\r\n",
      "1234" },
    { { .method = "GET", .cookies = "a=1; b=2" },
      "/c",
      "GET /c HTTP/1.1\r\nAccept: */*\r\nCookie: a=1; b=2\r\n",
      "" },
};

/* Takes the Host line out, which has the port in it. */
static void drop_host(struct stage *st, char *head)
{
    char line[64];
    int len = snprintf(line, sizeof line, "Host: 127.0.0.1:%u\r\n", st->port);
    char *at = strstr(head, line);
    assert_non_null(at);
    memmove(at, at + len, strlen(at + len) + 1);
    assert_null(strstr(head, "Host:"));
}

static void a_head_has_what_was_asked_and_no_more(void **state)
{
    struct stage *st = stage_open(NULL);
    (void)state;
    for (size_t i = 0; i < COUNT_OF(heads); i++) {
        struct http_request req = heads[i].req;
        char url[200], want[400];
        snprintf(url, sizeof url, "%s%s", st->url, heads[i].path);
        snprintf(want, sizeof want, "%s\r\n", heads[i].head);
        req.url = url;
        struct http_call *call = ask_for(st, &req);
        int fd = take(st);
        hear(st, fd);
        size_t head_len = st->heard;
        drop_host(st, st->head);
        assert_string_equal(st->head, want);
        char body[16] = "";
        if (req.body_len > 0)
            assert_int_equal(recv(fd, body, req.body_len, MSG_WAITALL),
                             req.body_len);
        assert_string_equal(body, heads[i].body);
        pump(st);
        assert_false(readable(fd));
        assert_true(call->bytes_sent == head_len + req.body_len);
        answer_and_end(st, call, fd);
    }
    stage_close(st);
}

static void a_host_of_the_scripts_replaces_ours(void **state)
{
    static const char *const line[] = { "HOST: shop.example" };
    struct http_request req = { .headers = line, .nheaders = 1 };
    struct stage *st = stage_open(NULL);
    struct http_call *call = ask_for(st, &req);
    (void)state;
    int fd = take(st);
    hear(st, fd);
    assert_string_equal(st->head, "GET / HTTP/1.1\r\nAccept: */*\r\n"
                                  "HOST: shop.example\r\n\r\n");
    answer_and_end(st, call, fd);
    stage_close(st);
}

static void version_1_0_is_said_in_the_first_line(void **state)
{
    struct http_special special = { .version = HTTP_1_0 };
    struct http_request req = { .special = &special };
    struct stage *st = stage_open(NULL);
    struct http_call *call = ask_for(st, &req);
    (void)state;
    int fd = take(st);
    assert_non_null(strstr(hear(st, fd), "GET / HTTP/1.0\r\nHost: 127"));
    answer_and_end(st, call, fd);
    stage_close(st);
}

/* Else the server reads a chunked body, and finds ours. */
static void a_coding_that_is_not_sent_is_not_announced(void **state)
{
    static const char *const line[] = { "Transfer-Encoding: chunked" };
    struct http_request req = { .method = "POST",
                                .headers = line,
                                .nheaders = 1,
                                .body = "5 bytes",
                                .body_len = 7 };
    struct stage *st = stage_open(NULL);
    struct http_call *call = ask_for(st, &req);
    (void)state;
    int fd = take(st);
    hear(st, fd);
    if (strstr(st->head, "Transfer-Encoding") != NULL) {
        assert_null(strstr(st->head, "Content-Length"));
        assert_string_equal(call->transport, "curl");
    } else {
        assert_non_null(strstr(st->head, "Content-Length: 7\r\n"));
    }
    http_call_cancel(call);
    http_call_release(call);
    close(fd);
    stage_close(st);
}

/* ---- large bodies ---- */

enum { BIG = 100 << 20 };

static char *big_body(size_t len)
{
    char *body = xmalloc(len);
    unsigned x = 1;
    for (size_t i = 0; i < len; i++) {
        x = x * 1664525 + 1013904223;
        body[i] = (char)(x >> 24);
    }
    return body;
}

static unsigned sum_of(const char *bytes, size_t len)
{
    unsigned sum = 0;
    for (size_t i = 0; i < len; i++)
        sum = sum * 31 + (unsigned char)bytes[i];
    return sum;
}

static long memory_kb(void)
{
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%*d %ld", &pages), 1);
    fclose(file);
    return pages * sysconf(_SC_PAGESIZE) / 1024;
}

static void a_large_body_arrives_whole_and_is_not_copied(void **state)
{
    struct stage *st = stage_open(NULL);
    char *body = big_body(BIG), want[64];
    struct http_request req = { .method = "PUT",
                                .body = body,
                                .body_len = BIG };
    unsigned sum = sum_of(body, BIG);
    (void)state;
    snprintf(want, sizeof want, "Content-Length: %d\r\n", BIG);
    struct http_call *call = ask_for(st, &req);
    int fd = take(st);
    assert_non_null(strstr(hear(st, fd), want));
    size_t head_len = st->heard;
    long before = memory_kb();
    assert_int_equal(hear_body(st, fd, BIG), sum);
    assert_true(memory_kb() - before < 8 * 1024);
    pump(st);
    assert_true(call->bytes_sent == head_len + BIG);
    answer_and_end(st, call, fd);
    free(body);
    stage_close(st);
}

/* A head that alone is more than the socket takes, several times over. */
enum { LINES = 200, LINE_LEN = 60000 };

static const char *const *long_lines(void)
{
    static char lines[LINES][LINE_LEN + 1];
    static const char *headers[LINES];
    for (int i = 0; i < LINES; i++) {
        memset(lines[i], 'a' + i % 26, LINE_LEN);
        memcpy(lines[i], "X-Long: ", 8);
        headers[i] = lines[i];
    }
    return headers;
}

static void hear_line(struct stage *st, int fd, char *out, size_t len)
{
    for (size_t at = 0; at < len;) {
        until(st, readable(fd));
        ssize_t n = recv(fd, out + at, len - at, 0);
        assert_true(n > 0);
        at += (size_t)n;
    }
}

static void a_head_that_does_not_fit_is_sent_in_pieces(void **state)
{
    static char got[LINE_LEN + 2];
    struct http_request req = { .method = "POST",
                                .headers = long_lines(),
                                .nheaders = LINES,
                                .body = "the end",
                                .body_len = 7 };
    struct stage *st = stage_open(NULL);
    int small = 4096;
    (void)state;
    setsockopt(st->listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    struct http_call *call = ask_for(st, &req);
    int fd = take(st);
    pump_for(st, 2000);
    assert_true(call->times.sent == 0);
    size_t lines = (size_t)LINES * (LINE_LEN + 2);
    size_t head = strlen("POST / HTTP/1.1\r\nHost: 127.0.0.1:\r\n"
                         "Accept: */*\r\n") +
                  strlen(strrchr(st->url, ':') + 1);
    hear_line(st, fd, got, head);
    for (int i = 0; i < LINES; i++) {
        hear_line(st, fd, got, sizeof got);
        assert_memory_equal(got, req.headers[i], LINE_LEN);
        assert_memory_equal(got + LINE_LEN, "\r\n", 2);
    }
    hear_line(st, fd, got, 21 + 7);
    assert_memory_equal(got, "Content-Length: 7\r\n\r\nthe end", 21 + 7);
    pump(st);
    assert_true(call->bytes_sent == head + lines + 21 + 7);
    answer_and_end(st, call, fd);
    stage_close(st);
}

static void an_answer_before_the_end_of_the_head_ends_it_too(void **state)
{
    struct http_request req = { .headers = long_lines(), .nheaders = LINES };
    struct stage *st = stage_open(NULL);
    int small = 4096;
    (void)state;
    setsockopt(st->listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    struct http_call *call = ask_for(st, &req);
    int fd = take(st);
    say(fd, SMALL);
    await(st, call);
    expect_answer(call, 200, "ok");
    http_call_release(call);
    assert_true(client_closes(st, fd));
    close(fd);
    stage_close(st);
}

/* Several times round: the kernel takes a few MB and no more. */
static void what_is_sent_slowly_has_a_sending_time(void **state)
{
    enum { LEN = 16 << 20 };
    struct stage *st = stage_open(NULL);
    char *body = big_body(LEN);
    struct http_request req = { .method = "POST",
                                .body = body,
                                .body_len = LEN };
    (void)state;
    struct http_call *call = ask_for(st, &req);
    int fd = take(st);
    pump_for(st, 30 * US_PER_MS);
    assert_true(call->times.sent == 0);
    hear(st, fd);
    assert_int_equal(hear_body(st, fd, LEN), sum_of(body, LEN));
    assert_true(turns_in(st, 20 * US_PER_MS) < 10); /* it waits to read */
    say(fd, SMALL);
    await(st, call);
    expect_answer(call, 200, "ok");
    assert_true(call->times.sent - call->times.send >= 30 * US_PER_MS);
    assert_true(call->times.first_byte - call->times.sent >= 15 * US_PER_MS);
    http_call_release(call);
    assert_true(client_stays(st, fd)); /* it was all sent */
    close(fd);
    free(body);
    stage_close(st);
}

/* Waiting for a socket that takes nothing must not cost turns. */
static void a_full_socket_is_waited_for_without_turning(void **state)
{
    enum { LEN = 16 << 20 };
    struct stage *st = stage_open(NULL);
    char *body = big_body(LEN);
    struct http_request req = { .method = "POST",
                                .body = body,
                                .body_len = LEN };
    (void)state;
    struct http_call *call = ask_for(st, &req);
    int fd = take(st);
    pump_for(st, 5 * US_PER_MS);
    uint64_t sent = call->bytes_sent;
    assert_true(sent < LEN);
    assert_true(turns_in(st, 20 * US_PER_MS) < 10);
    /* cppcheck-suppress knownConditionTrueFalse ; the client is at work */
    assert_true(call->bytes_sent == sent);
    http_call_cancel(call);
    http_call_release(call);
    close(fd);
    free(body);
    stage_close(st);
}

/* ---- answers before the end ---- */

static void an_answer_before_the_end_counts_and_ends_it(void **state)
{
    static const char *const texts[] = {
        "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno",
        "HTTP/1.1 413 Too Large\r\nConnection: close\r\n\r\nno",
    };
    enum { LEN = 16 << 20 };
    char *body = big_body(LEN);
    struct http_request req = { .method = "POST",
                                .body = body,
                                .body_len = LEN };
    (void)state;
    /* The server stays, closes, resets. */
    for (int then = 0; then < 3; then++)
        for (size_t i = 0; i < COUNT_OF(texts); i++) {
            struct stage *st = stage_open(NULL);
            struct http_call *call = ask_for(st, &req);
            int fd = take(st);
            hear(st, fd);
            say(fd, texts[i]);
            if (i == 1)
                shutdown(fd, SHUT_WR); /* that ends the body */
            if (then == 1) /* with bytes unread: the kernel sends RST */
                close(fd);
            if (then == 2) {
                usleep(2000);
                reset(fd);
            }
            await(st, call);
            if (call->error_code != 0) {
                /* The reset may only overtake a body without a length. */
                assert_int_equal(i, 1);
                assert_int_not_equal(then, 0);
            }
            assert_int_equal(call->status, 413);
            assert_int_equal(call->attempts, 1);
            assert_true(call->bytes_sent < LEN);
            check_times(call);
            http_call_release(call);
            if (then == 0) {
                assert_true(client_closes(st, fd));
                close(fd);
            }
            stage_close(st);
        }
    free(body);
}

/* The head of an answer is there, its end is not: the rest is still sent. */
static void sending_goes_on_while_an_answer_comes(void **state)
{
    enum { LEN = 16 << 20 };
    struct stage *st = stage_open(NULL);
    char *body = big_body(LEN);
    struct http_request req = { .method = "POST",
                                .body = body,
                                .body_len = LEN };
    (void)state;
    struct http_call *call = ask_for(st, &req);
    int fd = take(st);
    hear(st, fd);
    say(fd, "HTTP/1.1 100 Continue\r\n\r\n" OK "Content-Length: 4\r\n\r\nab");
    pump_for(st, 5000);
    assert_int_equal(hear_body(st, fd, LEN), sum_of(body, LEN));
    assert_false(is_done(call));
    say(fd, "cd");
    await(st, call);
    expect_answer(call, 200, "abcd");
    http_call_release(call);
    assert_true(client_stays(st, fd));
    close(fd);
    free(body);
    stage_close(st);
}

/* ---- nobody takes it ---- */

static void a_connection_that_breaks_while_sending_says_so(void **state)
{
    enum { LEN = 16 << 20 };
    char *body = big_body(LEN);
    struct http_request req = { .method = "POST",
                                .body = body,
                                .body_len = LEN };
    (void)state;
    for (int hard = 0; hard < 2; hard++) {
        struct stage *st = stage_open(NULL);
        struct http_call *call = ask_for(st, &req);
        int fd = take(st);
        hear(st, fd);
        if (hard)
            reset(fd);
        else
            close(fd);
        await(st, call);
        check_times(call);
        assert_int_equal(call->status, 0);
        if (call->error_code != 1220 && call->error_code != 1201)
            fail_msg("%s (%d): %s", call->error_class, call->error_code,
                     call->error);
        http_call_release(call);
        stage_close(st);
    }
    free(body);
}

/* The server has taken all and closes its side only: an answer may come. */
static void half_a_close_does_not_end_sending(void **state)
{
    enum { LEN = 16 << 20 };
    struct stage *st = stage_open(NULL);
    char *body = big_body(LEN);
    struct http_request req = { .method = "POST",
                                .body = body,
                                .body_len = LEN };
    (void)state;
    struct http_call *call = ask_for(st, &req);
    int fd = take(st);
    hear(st, fd);
    say(fd, SMALL);
    shutdown(fd, SHUT_WR);
    await(st, call);
    expect_answer(call, 200, "ok");
    http_call_release(call);
    assert_true(client_closes(st, fd));
    close(fd);
    free(body);
    stage_close(st);
}

/* ---- Unix sockets ---- */

static int listen_on_path(char *path, size_t size, int backlog)
{
    struct sockaddr_un {
        sa_family_t family;
        char path[108];
    } un = { .family = AF_UNIX };
    char folder[] = "/tmp/wire-XXXXXX";
    assert_non_null(mkdtemp(folder));
    snprintf(path, size, "%s/s", folder);
    snprintf(un.path, sizeof un.path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&un, sizeof un), 0);
    assert_int_equal(listen(fd, backlog), 0);
    return fd;
}

static void remove_path(char *path)
{
    unlink(path);
    *strrchr(path, '/') = '\0';
    rmdir(path);
}

static void a_unix_socket_is_a_place_like_others(void **state)
{
    char path[100];
    struct stage *st = stage_open(NULL);
    (void)state;
    close(st->listener);
    st->listener = listen_on_path(path, sizeof path, 8);
    struct http_special special = { .unix_socket = path };
    struct http_request req = { .url = "http://named.example:81/x",
                                .special = &special };
    struct http_call *call = ask_for(st, &req);
    int fd = take(st);
    assert_string_equal(hear(st, fd), "GET /x HTTP/1.1\r\n"
                                      "Host: named.example:81\r\n"
                                      "Accept: */*\r\n\r\n");
    say(fd, SMALL);
    await(st, call);
    expect_answer(call, 200, "ok");
    http_call_release(call);
    call = ask_for(st, &req);
    hear(st, fd);
    say(fd, SMALL);
    await(st, call);
    expect_answer(call, 200, "ok");
    assert_int_equal(call->new_connection, 0);
    http_call_release(call);
    close(fd);
    stage_close(st);
    remove_path(path);
}

/* The same URL over two sockets goes to two servers. */
static void two_unix_sockets_are_two_places(void **state)
{
    char path[100];
    struct stage *st = stage_open(NULL);
    int tcp = st->listener;
    (void)state;
    st->listener = listen_on_path(path, sizeof path, 8);
    struct http_special special = { .unix_socket = path };
    struct http_request req = { .special = &special };
    struct http_call *call = ask_for(st, &req);
    int a = take(st);
    hear(st, a);
    say(a, SMALL);
    await(st, call);
    http_call_release(call);
    close(st->listener);
    st->listener = tcp;
    call = ask(st, "GET", "/");
    int b = take(st);
    hear(st, b);
    say(b, SMALL);
    await(st, call);
    expect_answer(call, 200, "ok");
    http_call_release(call);
    close(a);
    close(b);
    stage_close(st);
    remove_path(path);
}

static void a_unix_socket_that_cannot_be_is_an_error(void **state)
{
    static char longest[200];
    struct stage *st = stage_open(NULL);
    (void)state;
    memset(longest, 'x', sizeof longest - 1);
    longest[0] = '/';
    const char *const paths[] = { "/nonexistent/socket", longest };
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        struct http_special special = { .unix_socket = paths[i] };
        struct http_request req = { .special = &special };
        for (int again = 0; again < 2; again++) {
            struct http_call *call = ask_for(st, &req);
            await(st, call);
            expect_error(call, 1210, "no_socket");
            assert_int_equal(call->status, 0);
            http_call_release(call);
        }
    }
    stage_close(st);
}

/* Connecting fails at once there, and is tried again until there is room. */
static void a_unix_socket_that_is_full_is_waited_for(void **state)
{
    enum { N = 4 };
    char path[100];
    struct http_call *calls[N];
    struct stage *st = stage_open(NULL);
    int tcp = st->listener, fds[N];
    (void)state;
    st->listener = listen_on_path(path, sizeof path, 0);
    struct http_special special = { .unix_socket = path };
    struct http_request req = { .special = &special };
    for (int i = 0; i < N; i++)
        calls[i] = ask_for(st, &req);
    pump_for(st, 20 * US_PER_MS);
    for (int i = 0; i < N; i++) {
        fds[i] = take(st);
        hear(st, fds[i]);
        say(fds[i], SMALL);
    }
    for (int i = 0; i < N; i++) {
        await(st, calls[i]);
        expect_answer(calls[i], 200, "ok");
        http_call_release(calls[i]);
        close(fds[i]);
    }
    close(tcp);
    stage_close(st);
    remove_path(path);
}

#define T(sentence, fn)                                                        \
    {                                                                          \
        sentence, fn, NULL, NULL, NULL                                         \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        T("a head has what was asked, and no more",
          a_head_has_what_was_asked_and_no_more),
        T("a Host of the script's replaces ours",
          a_host_of_the_scripts_replaces_ours),
        T("version 1.0 is said in the first line",
          version_1_0_is_said_in_the_first_line),
        T("a coding that is not sent is not announced",
          a_coding_that_is_not_sent_is_not_announced),
        T("a large body arrives whole, and is not copied",
          a_large_body_arrives_whole_and_is_not_copied),
        T("a head that does not fit is sent in pieces",
          a_head_that_does_not_fit_is_sent_in_pieces),
        T("an answer before the end of the head ends it, too",
          an_answer_before_the_end_of_the_head_ends_it_too),
        T("what is sent slowly has a sending time",
          what_is_sent_slowly_has_a_sending_time),
        T("a full socket is waited for without turning",
          a_full_socket_is_waited_for_without_turning),
        T("an answer before the end counts, and ends the connection",
          an_answer_before_the_end_counts_and_ends_it),
        T("sending goes on while an answer comes",
          sending_goes_on_while_an_answer_comes),
        T("a connection that breaks while sending says so",
          a_connection_that_breaks_while_sending_says_so),
        T("half a close does not end sending",
          half_a_close_does_not_end_sending),
        T("a Unix socket is a place like others",
          a_unix_socket_is_a_place_like_others),
        T("two Unix sockets are two places", two_unix_sockets_are_two_places),
        T("a Unix socket that cannot be is an error",
          a_unix_socket_that_cannot_be_is_an_error),
        T("a Unix socket that is full is waited for",
          a_unix_socket_that_is_full_is_waited_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
