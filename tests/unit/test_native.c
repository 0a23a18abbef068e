/* test_native.c - how the transport of our own reads answers, whether they keep
 * the connection.  The server is played by the test: see wire.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "wire.h"

#define OK "HTTP/1.1 200 OK\r\n"
#define SMALL OK "Content-Length: 2\r\n\r\nok"

/* ---- answers, whole and cut ---- */

static const struct whole {
    const char *text, *body;
    int status, head_only, keeps;
} wholes[] = {
    { OK "Content-Length: 5\r\n\r\nhello", "hello", 200, 0, 1 },
    { OK "Content-Length: 0\r\n\r\n", "", 200, 0, 1 },
    { OK "Transfer-Encoding: chunked\r\n\r\n3;x=\"y\"\r\nabc\r\n002\r\nde\r\n"
         "0\r\nTrailer: t\r\nAnother: u\r\n\r\n",
      "abcde", 200, 0, 1 },
    { "HTTP/1.1 204 None\r\nContent-Length: 9\r\n\r\n", "", 204, 0, 1 },
    { "HTTP/1.1 304 Same\r\nContent-Length: 900\r\n\r\n", "", 304, 0, 1 },
    { OK "Content-Length: 900\r\n\r\n", "", 200, 1, 1 },
    { OK "Transfer-Encoding: chunked\r\n\r\n", "", 200, 1, 1 },
    { "HTTP/1.1 100 Go on\r\n\r\nHTTP/1.1 103 Hints\r\nLink: </a>\r\n\r\n" OK
      "Content-Length: 2\r\n\r\nok",
      "ok", 200, 0, 1 },
    { "HTTP/1.1 404 No\r\nConnection: close\r\nContent-Length: 3\r\n\r\nout",
      "out", 404, 0, 0 },
    { "HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nold", "old", 200, 0, 0 },
    { "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 3\r\n"
      "\r\nold",
      "old", 200, 0, 1 },
    { "HTTP/1.1 101 Switch\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", "",
      101, 0, 0 },
};

static struct http_call *ask_whole(struct stage *st, const struct whole *w)
{
    st->ncalls = 0;
    return ask(st, w->head_only ? "HEAD" : "GET", "/");
}

static void a_cut(struct stage *st, const struct whole *w, size_t at)
{
    struct http_call *call = ask_whole(st, w);
    int fd = take(st);
    hear(st, fd);
    say_bytes(fd, w->text, at);
    close(fd);
    await(st, call);
    const char *last = strstr(w->text, OK) ? strstr(w->text, OK) : w->text;
    size_t head_end = (size_t)(strstr(last, "\r\n\r\n") + 4 - w->text);
    if (at == 0)
        expect_error(call, 1000, "empty_answer");
    else if (at < head_end)
        expect_error(call, 1000, "truncated_head");
    else
        expect_error(call, 1000, "truncated_body");
    assert_int_equal(call->status, at < head_end ? 0 : w->status);
    assert_int_equal(call->attempts, 1);
    assert_true(call->bytes_received == at);
    if (call->body.len > 0)
        assert_memory_equal(call->body.data, w->body, call->body.len);
    http_call_release(call);
}

static void an_answer_cut_anywhere_is_an_error(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(wholes); i++) {
        struct stage *st = stage_open(NULL);
        for (size_t at = 0; at < strlen(wholes[i].text); at++)
            a_cut(st, &wholes[i], at);
        stage_close(st);
    }
}

/* Each piece is there before the next is sent, if the machine lets us. */
static void answer_in_pieces(struct stage *st, const struct whole *w,
                             size_t first, size_t step)
{
    struct http_call *call = ask_whole(st, w);
    size_t len = strlen(w->text), at = first;
    int fd = take(st);
    hear(st, fd);
    say_bytes(fd, w->text, first);
    pump(st);
    for (; at < len; at += step) {
        assert_false(is_done(call));
        say_bytes(fd, w->text + at, at + step < len ? step : len - at);
        pump(st);
    }
    await(st, call);
    expect_answer(call, w->status, w->body);
    assert_true(call->bytes_received == len);
    http_call_release(call);
    if (w->keeps)
        assert_true(client_stays(st, fd));
    reset(fd);
    pump(st);
}

static void how_an_answer_is_cut_makes_no_difference(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(wholes); i++) {
        struct stage *st = stage_open(NULL);
        size_t len = strlen(wholes[i].text);
        for (size_t at = 1; at < len; at += 1 + at % 3)
            answer_in_pieces(st, &wholes[i], at, len);
        answer_in_pieces(st, &wholes[i], 1, 1);
        stage_close(st);
    }
}

static void a_connection_is_kept_when_the_answer_allows_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(wholes); i++) {
        const struct whole *w = &wholes[i];
        struct stage *st = stage_open(NULL);
        struct http_call *call = ask_whole(st, w);
        int fd = take(st);
        hear(st, fd);
        say(fd, w->text);
        await(st, call);
        expect_answer(call, w->status, w->body);
        assert_int_equal(call->new_connection, 1);
        http_call_release(call);
        if (!w->keeps) {
            assert_true(client_closes(st, fd));
            close(fd);
            stage_close(st);
            continue;
        }
        call = ask(st, "GET", "/next");
        assert_non_null(strstr(hear(st, fd), "GET /next "));
        say(fd, SMALL);
        await(st, call);
        expect_answer(call, 200, "ok");
        assert_int_equal(call->new_connection, 0);
        http_call_release(call);
        close(fd);
        stage_close(st);
    }
}

/* One exchange with an answer that the close ends, or that it does not. */
static void a_body_may_end_with_the_connection(void **state)
{
    static const char *const heads[] = {
        OK "\r\n",
        "HTTP/1.0 200 OK\r\n\r\n",
        OK "Connection: keep-alive\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n" OK "\r\n",
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(heads); i++) {
        struct stage *st = stage_open(NULL);
        struct http_call *call = ask(st, "GET", "/");
        int fd = take(st);
        hear(st, fd);
        say(fd, heads[i]);
        say(fd, "until ");
        pump_for(st, 2000);
        assert_false(is_done(call));
        say(fd, "the end");
        close(fd);
        await(st, call);
        expect_answer(call, 200, "until the end");
        http_call_release(call);
        stage_close(st);
    }
}

static void a_reset_ends_a_body_like_an_error(void **state)
{
    struct stage *st = stage_open(NULL);
    struct http_call *call = ask(st, "GET", "/");
    int fd = take(st);
    (void)state;
    hear(st, fd);
    say(fd, OK "\r\nuntil the end");
    until(st, call->body.len == 13);
    reset(fd);
    await(st, call);
    expect_error(call, 1220, "reset");
    assert_int_equal(call->status, 200);
    http_call_release(call);
    stage_close(st);
}

/* ---- what is too much ---- */

static const char *const extras[] = {
    SMALL "!",
    SMALL SMALL,
    SMALL "\r\n",
    OK "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n\n",
};

static void bytes_after_an_answer_end_the_connection(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(extras); i++) {
        struct stage *st = stage_open(NULL);
        struct http_call *call = ask(st, "GET", "/");
        int fd = take(st);
        hear(st, fd);
        say(fd, extras[i]);
        await(st, call);
        expect_answer(call, 200, "ok");
        http_call_release(call);
        assert_true(client_closes(st, fd));
        close(fd);
        stage_close(st);
    }
}

/* They come while nothing was asked, seen by the loop or not. */
static void bytes_out_of_turn_are_nobodys_answer(void **state)
{
    (void)state;
    for (int seen = 0; seen < 2; seen++) {
        struct stage *st = stage_open(NULL);
        struct http_call *call = ask(st, "GET", "/");
        int fd = take(st);
        hear(st, fd);
        say(fd, SMALL);
        await(st, call);
        http_call_release(call);
        say(fd, OK "Content-Length: 5\r\n\r\nwrong");
        if (seen) {
            assert_true(client_closes(st, fd));
        } else {
            /* The loop has noted it, and nobody has looked. */
            struct http_client *client = st->client;
            st->client = NULL;
            pump_for(st, 2000);
            st->client = client;
        }
        call = ask(st, "GET", "/");
        int other = take(st);
        hear(st, other);
        say(other, SMALL);
        await(st, call);
        expect_answer(call, 200, "ok");
        http_call_release(call);
        close(fd);
        close(other);
        stage_close(st);
    }
}

static void a_body_larger_than_allowed_is_an_error(void **state)
{
    static const char *const texts[] = {
        OK "Content-Length: 11\r\n\r\n12345678901",
        OK "Content-Length: 100000000\r\n\r\n12345678901",
        OK "Transfer-Encoding: chunked\r\n\r\nb\r\n12345678901\r\n0\r\n\r\n",
        OK "\r\n12345678901",
        OK "Content-Length: 10\r\n\r\n1234567890",
    };
    struct http_options options = { .body_max = 10 };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct stage *st = stage_open(&options);
        struct http_call *call = ask(st, "GET", "/");
        int fd = take(st);
        hear(st, fd);
        say(fd, texts[i]);
        await(st, call);
        if (i + 1 < COUNT_OF(texts)) {
            expect_error(call, 1000, "body_too_large");
            assert_true(client_closes(st, fd));
        } else {
            expect_answer(call, 200, "1234567890");
        }
        http_call_release(call);
        close(fd);
        stage_close(st);
    }
}

static void a_length_that_is_a_lie_takes_no_memory(void **state)
{
    struct stage *st = stage_open(NULL);
    struct http_call *call = ask(st, "GET", "/");
    int fd = take(st);
    (void)state;
    hear(st, fd);
    say(fd, OK "Content-Length: 18446744073709551615\r\n\r\nshort");
    close(fd);
    await(st, call);
    expect_error(call, 1000, "truncated_body");
    assert_int_equal(call->body.len, 5);
    http_call_release(call);
    stage_close(st);
}

/* ---- bodies that nobody keeps ---- */

static uint64_t piece_bytes;
static unsigned piece_sum;

static void on_piece(struct http_call *call, const char *bytes, size_t len)
{
    assert_int_equal(call->status, 200);
    piece_bytes += len;
    for (size_t i = 0; i < len; i++)
        piece_sum = piece_sum * 31 + (unsigned char)bytes[i];
}

static long peak_kb(void)
{
    char line[128];
    long kb = 0;
    FILE *file = fopen("/proc/self/status", "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "VmRSS: %ld", &kb) == 1)
            break;
    fclose(file);
    return kb;
}

/* 100 MB come in, discarded or in pieces; both counted. */
static void a_body_that_nobody_keeps_takes_no_memory(void **state)
{
    static char bytes[1 << 20];
    enum { TIMES = 100 };
    (void)state;
    for (int pieces = 0; pieces < 2; pieces++) {
        struct stage *st = stage_open(NULL);
        struct http_request req = { .flags = pieces ? 0 : HTTP_DISCARD_BODY };
        struct http_call *call = ask_for(st, &req);
        int fd = take(st);
        unsigned sum = 0;
        char head[100];
        call->piece = pieces ? on_piece : NULL;
        piece_bytes = piece_sum = 0;
        hear(st, fd);
        int head_len =
            snprintf(head, sizeof head, OK "Content-Length: %zu\r\n\r\n",
                     TIMES * sizeof bytes);
        say(fd, head);
        long before = peak_kb();
        for (int i = 0; i < TIMES; i++) {
            memset(bytes, 'a' + i % 26, sizeof bytes);
            for (size_t at = 0; at < sizeof bytes; at += 1 << 16) {
                if (pieces)
                    for (size_t k = 0; k < 1 << 16; k++)
                        sum = sum * 31 + (unsigned char)bytes[at + k];
                say_bytes(fd, bytes + at, 1 << 16);
                pump(st);
            }
        }
        await(st, call);
        assert_true(peak_kb() - before < 8 * 1024);
        expect_answer(call, 200, "");
        assert_true(call->bytes_received ==
                    (uint64_t)head_len + TIMES * sizeof bytes);
        if (pieces) {
            assert_true(piece_bytes == TIMES * sizeof bytes);
            assert_int_equal(piece_sum, sum);
        }
        http_call_release(call);
        close(fd);
        stage_close(st);
    }
}

/* ---- times ---- */

static void the_first_byte_is_that_of_the_answer(void **state)
{
    struct stage *st = stage_open(NULL);
    struct http_call *call = ask(st, "GET", "/");
    int fd = take(st);
    (void)state;
    hear(st, fd);
    pump_for(st, 10 * US_PER_MS);
    say(fd, "HTTP/1.1 103 Hints\r\n\r\n");
    pump_for(st, 10 * US_PER_MS);
    say(fd, OK);
    pump_for(st, 30 * US_PER_MS);
    say(fd, "Content-Length: 2\r\n\r\nok");
    await(st, call);
    expect_answer(call, 200, "ok");
    const struct http_times *t = &call->times;
    assert_true(t->first_byte - t->sent >= 20 * US_PER_MS);
    assert_true(t->done - t->first_byte >= 29 * US_PER_MS);
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
        T("an answer cut anywhere is an error",
          an_answer_cut_anywhere_is_an_error),
        T("how an answer is cut makes no difference",
          how_an_answer_is_cut_makes_no_difference),
        T("a connection is kept when the answer allows it",
          a_connection_is_kept_when_the_answer_allows_it),
        T("a body may end with the connection",
          a_body_may_end_with_the_connection),
        T("a reset ends a body like an error",
          a_reset_ends_a_body_like_an_error),
        T("bytes after an answer end the connection",
          bytes_after_an_answer_end_the_connection),
        T("bytes out of turn are nobody's answer",
          bytes_out_of_turn_are_nobodys_answer),
        T("a body larger than allowed is an error",
          a_body_larger_than_allowed_is_an_error),
        T("a length that is a lie takes no memory",
          a_length_that_is_a_lie_takes_no_memory),
        T("a body that nobody keeps takes no memory",
          a_body_that_nobody_keeps_takes_no_memory),
        T("the first byte is that of the answer",
          the_first_byte_is_that_of_the_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
