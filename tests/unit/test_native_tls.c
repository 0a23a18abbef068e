/* test_native_tls.c - TLS of the transport of our own, against a server that
 * the test plays itself with OpenSSL.  See wire.h and certs.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "far.h"
#include "names.h"

/* ---- exchanges ---- */

static void requests_go_over_one_connection(void **state)
{
    (void)state;
    for (size_t v = 0; v < COUNT_OF(versions); v++) {
        SSL_CTX *ctx = far_context(versions[v]);
        struct stage *st = tls_stage(NULL);
        struct far f = exchange(st, ctx, st->session);
        assert_int_equal(SSL_version(f.ssl), versions[v]);
        for (int i = 0; i < 5; i++)
            exchange_again(st, &f);
        assert_true(client_stays(st, f.fd));
        far_close(&f, 1);
        stage_close(st);
        SSL_CTX_free(ctx);
    }
}

static void older_versions_are_refused(void **state)
{
    SSL_CTX *ctx = far_context(TLS1_1_VERSION);
    struct stage *st = tls_stage(NULL);
    struct http_call *call = ask(st, "GET", "/");
    (void)state;
    SSL_CTX_set_security_level(ctx, 0);
    struct far f = far_open(st, ctx);
    assert_false(far_handshake(st, &f));
    await(st, call);
    expect_error(call, 1300, "tls");
    http_call_release(call);
    far_close(&f, 0);
    stage_close(st);
    SSL_CTX_free(ctx);
}

/* As the server's own counters have it; what follows an answer (tickets of
 * TLS 1.3) comes with the next. */
static void bytes_are_those_of_the_wire(void **state)
{
    (void)state;
    for (size_t v = 0; v < COUNT_OF(versions); v++) {
        SSL_CTX *ctx = far_context(versions[v]);
        struct stage *st = tls_stage(NULL);
        struct http_request req = { .method = "POST",
                                    .body = "0123456789",
                                    .body_len = 10 };
        uint64_t sent = 0, received = 0;
        struct far f = { .fd = -1 };
        for (int i = 0; i < 3; i++) {
            char body[10];
            struct http_call *call = ask_for(st, &req);
            if (i == 0)
                f = far_accept(st, ctx);
            far_hear(st, &f);
            far_take(st, &f, body, sizeof body);
            far_say(st, &f, SMALL);
            await(st, call);
            expect_answer(call, 200, "ok");
            sent += call->bytes_sent;
            received += call->bytes_received;
            http_call_release(call);
            assert_true(sent == BIO_number_read(SSL_get_rbio(f.ssl)));
            assert_true(received == BIO_number_written(SSL_get_wbio(f.ssl)));
        }
        far_close(&f, 1);
        stage_close(st);
        SSL_CTX_free(ctx);
    }
}

static void bytes_of_a_handshake_that_failed_are_counted(void **state)
{
    SSL_CTX *ctx = far_context(0);
    struct http_special special = { .ca = certs.cert }; /* not the authority */
    struct stage *st = tls_stage(&special);
    struct http_call *call = ask(st, "GET", "/");
    (void)state;
    struct far f = far_open(st, ctx);
    far_handshake(st, &f);
    await(st, call);
    expect_error(call, 1310, "tls_untrusted");
    assert_true(call->bytes_sent == BIO_number_read(SSL_get_rbio(f.ssl)));
    assert_true(call->bytes_received > 500);
    assert_true(call->bytes_received <=
                BIO_number_written(SSL_get_wbio(f.ssl)));
    assert_true(call->times.send == 0 && call->times.tls > 0);
    http_call_release(call);
    far_close(&f, 0);
    stage_close(st);
    SSL_CTX_free(ctx);
}

/* ---- large bodies ---- */

enum { BIG = 16 << 20 };

static char *big_body(void)
{
    char *body = xmalloc(BIG);
    unsigned x = 1;
    for (size_t i = 0; i < BIG; i++) {
        x = x * 1664525 + 1013904223;
        body[i] = (char)(x >> 24);
    }
    return body;
}

static void large_bodies_go_both_ways(void **state)
{
    char *body = big_body(), *got = xmalloc(BIG), head[100];
    (void)state;
    snprintf(head, sizeof head, OK "Content-Length: %d\r\n\r\n", BIG);
    for (size_t v = 0; v < COUNT_OF(versions); v++) {
        SSL_CTX *ctx = far_context(versions[v]);
        struct stage *st = tls_stage(NULL);
        struct http_request req = { .method = "PUT",
                                    .body = body,
                                    .body_len = BIG };
        struct http_call *call = ask_for(st, &req);
        struct far f = far_accept(st, ctx);
        far_hear(st, &f);
        pump_for(st, 10 * US_PER_MS);
        assert_true(call->times.sent == 0);
        far_take(st, &f, got, BIG);
        assert_memory_equal(got, body, BIG);
        far_say(st, &f, head);
        far_write(st, &f, body, BIG);
        await(st, call);
        expect_error(call, 0, "");
        assert_int_equal(call->body.len, BIG);
        assert_memory_equal(call->body.data, body, BIG);
        assert_true(call->times.sent - call->times.send >= 10 * US_PER_MS);
        http_call_release(call);
        exchange_again(st, &f);
        far_close(&f, 1);
        stage_close(st);
        SSL_CTX_free(ctx);
    }
    free(body);
    free(got);
}

/* What OpenSSL has begun to send must be given to it again, from wherever it
 * is kept meanwhile. */
static void a_head_that_does_not_fit_is_sent_in_pieces(void **state)
{
    enum { LINES = 200, LEN = 60000 };
    static char line[LEN + 1], got[LEN + 2];
    const char *headers[LINES];
    memset(line, 'x', LEN);
    memcpy(line, "X-Long: ", 8);
    for (int i = 0; i < LINES; i++)
        headers[i] = line;
    struct http_request req = { .headers = headers, .nheaders = LINES };
    SSL_CTX *ctx = far_context(0);
    struct stage *st = tls_stage(NULL);
    struct http_call *call = ask_for(st, &req);
    struct far f = far_accept(st, ctx);
    (void)state;
    pump_for(st, 2000);
    assert_true(call->times.sent == 0);
    size_t n = 0; /* the lines before come first */
    while (n < 5 || memcmp(got + n - 5, "*/*\r\n", 5) != 0)
        far_take(st, &f, got + n++, 1);
    for (int i = 0; i < LINES; i++) {
        far_take(st, &f, got, sizeof got);
        assert_memory_equal(got, line, LEN);
        assert_memory_equal(got + LEN, "\r\n", 2);
    }
    far_take(st, &f, got, 2);
    far_say(st, &f, SMALL);
    await(st, call);
    expect_answer(call, 200, "ok");
    http_call_release(call);
    far_close(&f, 1);
    stage_close(st);
    SSL_CTX_free(ctx);
}

/* All are there before the client reads: the socket is silent afterwards. */
static void many_records_at_once_are_all_read(void **state)
{
    enum { RECORDS = 3000 };
    (void)state;
    for (size_t v = 0; v < COUNT_OF(versions); v++) {
        SSL_CTX *ctx = far_context(versions[v]);
        struct stage *st = tls_stage(NULL);
        struct http_call *call = ask(st, "GET", "/");
        struct far f = far_accept(st, ctx);
        char head[100];
        far_hear(st, &f);
        snprintf(head, sizeof head, OK "Content-Length: %d\r\n\r\n",
                 RECORDS * 3);
        assert_true(SSL_write(f.ssl, head, (int)strlen(head)) > 0);
        for (int i = 0; i < RECORDS; i++)
            assert_int_equal(SSL_write(f.ssl, "abc", 3), 3);
        await(st, call);
        expect_error(call, 0, "");
        assert_int_equal(call->body.len, RECORDS * 3);
        http_call_release(call);
        exchange_again(st, &f);
        far_close(&f, 1);
        stage_close(st);
        SSL_CTX_free(ctx);
    }
}

/* Head and body are a record each, or together, or in bytes. */
static void how_records_are_cut_makes_no_difference(void **state)
{
    SSL_CTX *ctx = far_context(0);
    struct stage *st = tls_stage(NULL);
    struct far f = exchange(st, ctx, st->session);
    (void)state;
    for (size_t step = 1; step < strlen(SMALL); step += 1 + step / 2) {
        struct http_call *call = ask(st, "GET", "/");
        far_hear(st, &f);
        for (size_t at = 0; at < strlen(SMALL); at += step) {
            size_t left = strlen(SMALL) - at;
            far_write(st, &f, SMALL + at, left < step ? left : step);
            pump(st);
        }
        await(st, call);
        expect_answer(call, 200, "ok");
        http_call_release(call);
    }
    far_close(&f, 1);
    stage_close(st);
    SSL_CTX_free(ctx);
}

/* ---- ends ---- */

static const struct {
    const char *text, *body;
    int politely, code;
    const char *class;
} closes[] = {
    { OK "Content-Length: 5\r\n\r\nwhole", "whole", 1, 0, "" },
    { OK "Content-Length: 5\r\n\r\nwhole", "whole", 0, 0, "" },
    { OK "Content-Length: 9\r\n\r\ncut", "cut", 1, 1000, "truncated_body" },
    { OK "Content-Length: 9\r\n\r\ncut", "cut", 0, 1000, "truncated_body" },
    { OK "\r\nuntil the end", "until the end", 1, 0, "" },
    { OK "\r\nuntil a cut", "until a cut", 0, 1000, "truncated_body" },
    { OK "\r\n", "", 0, 1000, "truncated_body" },
    { OK "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", "abc", 0, 1000,
      "truncated_body" },
    { OK "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", "abc", 0, 0,
      "" },
    { OK "Content-Type: te", "", 0, 1000, "truncated_head" },
    { "", "", 1, 1000, "empty_answer" },
    { "", "", 0, 1000, "empty_answer" },
};

static void a_close_ends_what_it_may_end(void **state)
{
    (void)state;
    for (size_t v = 0; v < COUNT_OF(versions); v++)
        for (size_t i = 0; i < COUNT_OF(closes); i++) {
            SSL_CTX *ctx = far_context(versions[v]);
            struct stage *st = tls_stage(NULL);
            struct http_call *call = ask(st, "GET", "/");
            struct far f = far_accept(st, ctx);
            far_hear(st, &f);
            far_say(st, &f, closes[i].text);
            far_close(&f, closes[i].politely);
            await(st, call);
            expect_error(call, closes[i].code, closes[i].class);
            assert_string_equal(call->body.data ? call->body.data : "",
                                closes[i].body);
            http_call_release(call);
            stage_close(st);
            SSL_CTX_free(ctx);
        }
}

static void a_kept_connection_closed_is_noticed_or_told(void **state)
{
    (void)state;
    for (size_t v = 0; v < COUNT_OF(versions); v++)
        for (int how = 0; how < 6; how++) {
            SSL_CTX *ctx = far_context(versions[v]);
            struct stage *st = tls_stage(NULL);
            struct far f = exchange(st, ctx, st->session);
            int politely = how & 1, when = how / 2; /* seen, not seen, asked */
            if (when < 2)
                far_close(&f, politely);
            if (when == 0)
                pump_for(st, 2000);
            struct http_call *call = ask(st, "GET", "/");
            if (when == 2) {
                far_hear(st, &f);
                far_close(&f, politely);
            }
            if (when == 0) {
                f = far_accept(st, ctx);
                far_hear(st, &f);
                far_say(st, &f, SMALL);
                await(st, call);
                expect_answer(call, 200, "ok");
                far_close(&f, 1);
            } else {
                await(st, call);
                expect_error(call, 1000, "kept_connection_closed");
            }
            http_call_release(call);
            stage_close(st);
            SSL_CTX_free(ctx);
        }
}

static void a_reset_is_a_reset(void **state)
{
    SSL_CTX *ctx = far_context(0);
    struct stage *st = tls_stage(NULL);
    struct http_call *call = ask(st, "GET", "/");
    struct far f = far_accept(st, ctx);
    (void)state;
    far_hear(st, &f);
    far_break(&f);
    await(st, call);
    expect_error(call, 1220, "reset");
    http_call_release(call);
    stage_close(st);
    SSL_CTX_free(ctx);
}

/* The server answers and closes; unread bytes make that an RST. */
static void an_early_answer_counts(void **state)
{
    char *body = big_body();
    struct http_request req = { .method = "POST",
                                .body = body,
                                .body_len = BIG };
    (void)state;
    for (size_t v = 0; v < COUNT_OF(versions); v++)
        for (int stays = 0; stays < 2; stays++) {
            SSL_CTX *ctx = far_context(versions[v]);
            struct stage *st = tls_stage(NULL);
            struct http_call *call = ask_for(st, &req);
            struct far f = far_accept(st, ctx);
            far_hear(st, &f);
            far_say(st, &f,
                    "HTTP/1.1 413 Too Large\r\n"
                    "Content-Length: 2\r\n\r\nno");
            if (!stays)
                far_close(&f, 1);
            await(st, call);
            expect_answer(call, 413, "no");
            http_call_release(call);
            if (stays) {
                assert_true(client_closes(st, f.fd));
                far_close(&f, 0);
            }
            stage_close(st);
            SSL_CTX_free(ctx);
        }
    free(body);
}

/* ---- no TLS ---- */

static void who_speaks_no_tls_is_told_from_who_does(void **state)
{
    static const char *const texts[] = {
        "HTTP/1.1 400 Bad Request\r\n\r\n", "220 mail.example\r\n",
        "\x15\x03\x01\x00\x02\x02\x28", /* an alert */
        "\x16\x03\x01\x00\x05hello", ""
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        for (int hard = 0; hard < 2; hard++) {
            struct stage *st = tls_stage(NULL);
            struct http_call *call = ask(st, "GET", "/");
            char bytes[4096];
            int fd = take(st);
            until(st, readable(fd));
            while (readable(fd))
                assert_true(recv(fd, bytes, sizeof bytes, 0) > 0);
            if (i == 2)
                say_bytes(fd, texts[i], 7);
            else if (i == 3)
                say_bytes(fd, texts[i], 10);
            else
                say(fd, texts[i]);
            if (hard)
                reset(fd);
            else
                close(fd);
            await(st, call);
            /* A reset overtakes what was said. */
            if (call->error_code != 1220)
                expect_error(call, 1300, "tls");
            else
                assert_true(hard);
            assert_int_equal(call->status, 0);
            assert_int_equal(call->attempts, 0);
            http_call_release(call);
            stage_close(st);
        }
}

static void a_plain_request_to_tls_is_not_http(void **state)
{
    struct stage *st = stage_open(NULL);
    struct http_call *call = ask(st, "GET", "/");
    int fd = take(st);
    (void)state;
    hear(st, fd);
    say_bytes(fd, "\x15\x03\x01\x00\x02\x02\x46", 7); /* an alert */
    await(st, call);
    expect_error(call, 1000, "not_http");
    http_call_release(call);
    close(fd);
    stage_close(st);
}

/* ---- what TLS says between answers ---- */

static void tickets_and_new_keys_do_not_end_a_connection(void **state)
{
    SSL_CTX *ctx = far_context(TLS1_3_VERSION);
    struct stage *st = tls_stage(NULL);
    struct far f = exchange(st, ctx, st->session);
    (void)state;
    for (int i = 0; i < 6; i++) {
        if (i % 2)
            assert_int_equal(SSL_new_session_ticket(f.ssl), 1);
        else
            assert_int_equal(SSL_key_update(f.ssl, SSL_KEY_UPDATE_REQUESTED),
                             1);
        SSL_do_handshake(f.ssl);
        if (i > 2)
            pump_for(st, 1000);
        assert_true(client_stays(st, f.fd) || i % 2 == 0);
        exchange_again(st, &f);
    }
    far_close(&f, 1);
    stage_close(st);
    SSL_CTX_free(ctx);
}

static void new_keys_in_the_middle_of_a_body_do_no_harm(void **state)
{
    char *body = big_body(), head[100];
    SSL_CTX *ctx = far_context(TLS1_3_VERSION);
    struct stage *st = tls_stage(NULL);
    struct http_request req = { .method = "PUT",
                                .body = body,
                                .body_len = 1 << 20 };
    (void)state;
    struct http_call *call = ask_for(st, &req);
    struct far f = far_accept(st, ctx);
    far_hear(st, &f);
    snprintf(head, sizeof head, OK "Content-Length: %d\r\n\r\n", 1 << 20);
    for (size_t at = 0; at < 1 << 20;) {
        static char got[1 << 16];
        size_t n = far_read(st, &f, got, sizeof got);
        assert_true(n > 0);
        assert_memory_equal(got, body + at, n);
        at += n;
        SSL_key_update(f.ssl, SSL_KEY_UPDATE_REQUESTED);
    }
    far_say(st, &f, head);
    for (size_t at = 0; at < 1 << 20; at += 1 << 16) {
        SSL_key_update(f.ssl, SSL_KEY_UPDATE_REQUESTED);
        far_write(st, &f, body + at, 1 << 16);
    }
    await(st, call);
    expect_error(call, 0, "");
    assert_memory_equal(call->body.data, body, 1 << 20);
    http_call_release(call);
    exchange_again(st, &f);
    far_close(&f, 1);
    free(body);
    stage_close(st);
    SSL_CTX_free(ctx);
}

/* Handshakes begun anew by the server, as only TLS 1.2 has them: it may be
 * refused or done, but nothing hangs and nothing turns without end. */
static void a_new_handshake_in_a_connection_ends_or_does_not(void **state)
{
    (void)state;
    for (int asked = 0; asked < 2; asked++) {
        SSL_CTX *ctx = far_context(TLS1_2_VERSION);
        struct stage *st = tls_stage(NULL);
        struct far f = exchange(st, ctx, st->session);
        struct http_call *call = NULL;
        if (asked) {
            call = ask(st, "GET", "/");
            far_hear(st, &f);
        }
        if (SSL_renegotiate(f.ssl) == 1)
            SSL_do_handshake(f.ssl);
        pump_for(st, 2000);
        assert_true(turns_in(st, 20 * US_PER_MS) < 10);
        if (!asked)
            call = ask(st, "GET", "/");
        SSL_free(f.ssl);
        close(f.fd);
        await(st, call);
        assert_true(call->error_code >= 1000);
        assert_int_equal(call->status, 0);
        http_call_release(call);
        stage_close(st);
        SSL_CTX_free(ctx);
    }
}

/* ---- what is left of a failure ---- */

static void a_failure_is_not_told_of_the_next(void **state)
{
    SSL_CTX *good = far_context(0), *bad = certs_server(&certs, "DNS:x", 0, 1);
    struct stage *st = tls_stage(NULL);
    (void)state;
    for (int i = 0; i < 6; i++) {
        if (i % 2) {
            struct far f = exchange(st, good, st->session);
            exchange_again(st, &f);
            far_close(&f, 0);
            pump_for(st, 1000);
            continue;
        }
        struct http_call *call = ask(st, "GET", "/");
        struct far f = far_open(st, bad);
        far_handshake(st, &f);
        await(st, call);
        expect_error(call, 1311, "tls_wrong_name");
        http_call_release(call);
        far_close(&f, 0);
    }
    stage_close(st);
    SSL_CTX_free(good);
    SSL_CTX_free(bad);
}

static int make_certs(void **state)
{
    (void)state;
    certs_open(&certs);
    return 0;
}

static int drop_certs(void **state)
{
    (void)state;
    certs_close(&certs);
    return 0;
}

#define T(sentence, fn)                                                        \
    {                                                                          \
        sentence, fn, NULL, NULL, NULL                                         \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        T("requests go over one connection", requests_go_over_one_connection),
        T("older versions are refused", older_versions_are_refused),
        T("bytes are those of the wire", bytes_are_those_of_the_wire),
        T("bytes of a handshake that failed are counted",
          bytes_of_a_handshake_that_failed_are_counted),
        T("large bodies go both ways", large_bodies_go_both_ways),
        T("a head that does not fit is sent in pieces",
          a_head_that_does_not_fit_is_sent_in_pieces),
        T("many records at once are all read",
          many_records_at_once_are_all_read),
        T("how records are cut makes no difference",
          how_records_are_cut_makes_no_difference),
        T("a close ends what it may end", a_close_ends_what_it_may_end),
        T("a kept connection that is closed is noticed, or told",
          a_kept_connection_closed_is_noticed_or_told),
        T("a reset is a reset", a_reset_is_a_reset),
        T("an early answer counts", an_early_answer_counts),
        T("who speaks no TLS is told from who does",
          who_speaks_no_tls_is_told_from_who_does),
        T("a plain request to TLS is not HTTP",
          a_plain_request_to_tls_is_not_http),
        T("tickets and new keys do not end a connection",
          tickets_and_new_keys_do_not_end_a_connection),
        T("new keys in the middle of a body do no harm",
          new_keys_in_the_middle_of_a_body_do_no_harm),
        T("a new handshake in a connection ends, or does not",
          a_new_handshake_in_a_connection_ends_or_does_not),
        T("a failure is not told of the next",
          a_failure_is_not_told_of_the_next),
    };
    return cmocka_run_group_tests(tests, make_certs, drop_certs);
}
