/* test_native_trust.c - TLS of the transport of our own: who is trusted, what
 * is shown and said in a handshake, and which session is resumed.  See
 * far.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "far.h"
#include "names.h"

/* ---- who is trusted ---- */

static const struct {
    const char *names, *host; /* of the certificate; of the URL */
    struct http_special special;
    int from, days;
    int code;
    const char *class;
} trusts[] = {
    { "DNS:four.test", "four.test", { 0 }, 0, 1, 0, "" },
    { "IP:127.0.0.1", "127.0.0.1", { 0 }, 0, 1, 0, "" },
    { "DNS:*.wild.test", "a.wild.test", { 0 }, 0, 1, 0, "" },
    { "DNS:*.test", "a.wild.test", { 0 }, 0, 1, 1311, "tls_wrong_name" },
    { "DNS:*.wild.test", "wild.test", { 0 }, 0, 1, 1311, "tls_wrong_name" },
    { "DNS:FOUR.TEST", "four.test", { 0 }, 0, 1, 0, "" },
    { "DNS:f*.test", "four.test", { 0 }, 0, 1, 1311, "tls_wrong_name" },
    { "DNS:*", "four.test", { 0 }, 0, 1, 1311, "tls_wrong_name" },
    { "DNS:both.test", "four.test", { 0 }, 0, 1, 1311, "tls_wrong_name" },
    { "DNS:127.0.0.1", "127.0.0.1", { 0 }, 0, 1, 1311, "tls_wrong_name" },
    { "IP:127.0.0.2", "127.0.0.1", { 0 }, 0, 1, 1311, "tls_wrong_name" },
    { "DNS:four.test", "127.0.0.1", { 0 }, 0, 1, 1311, "tls_wrong_name" },
    { "DNS:four.test", "four.test", { 0 }, -5, 2, 1310, "tls_untrusted" },
    { "DNS:four.test", "four.test", { 0 }, 5, 2, 1310, "tls_untrusted" },
    { "DNS:four.test",
      "four.test",
      { .ca = certs.cert },
      0,
      1,
      1310,
      "tls_untrusted" },
    { "DNS:four.test",
      "four.test",
      { .ca = "/nonexistent" },
      0,
      1,
      1300,
      "tls_ca_file" },
    { "DNS:four.test",
      "four.test",
      { .ca = certs.text },
      0,
      1,
      1300,
      "tls_ca_file" },
    /* All is well with insecure. */
    { "DNS:both.test", "four.test", { .insecure = 1 }, -5, 2, 0, "" },
    { "DNS:both.test",
      "four.test",
      { .insecure = 1, .ca = "/nonexistent" },
      0,
      1,
      0,
      "" },
    /* Another name than the URL's. */
    { "DNS:both.test",
      "127.0.0.1",
      { .server_name = "both.test" },
      0,
      1,
      0,
      "" },
    { "DNS:four.test",
      "four.test",
      { .server_name = "both.test" },
      0,
      1,
      1311,
      "tls_wrong_name" },
};

static void who_is_trusted(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(trusts); i++) {
        SSL_CTX *ctx = certs_server(&certs, trusts[i].names, trusts[i].from,
                                    trusts[i].days);
        struct stage *st = tls_stage(&trusts[i].special);
        /* The second time with what the first has left. */
        for (int again = 0; again < 2; again++) {
            snprintf(st->url, sizeof st->url, "https://%s:%u", trusts[i].host,
                     st->port);
            struct http_call *call = ask(st, "GET", "/");
            struct far f = far_open(st, ctx);
            if (far_handshake(st, &f) && trusts[i].code == 0) {
                far_hear(st, &f);
                far_say(st, &f, SMALL);
            }
            await(st, call);
            if (strcmp(call->error_class, trusts[i].class) != 0)
                fail_msg("%s for %s: %s (%s)", trusts[i].names, trusts[i].host,
                         call->error_class, call->error);
            expect_error(call, trusts[i].code, trusts[i].class);
            assert_int_equal(call->status, trusts[i].code ? 0 : 200);
            assert_true(call->times.connecting > 0);
            http_call_release(call);
            far_close(&f, 1);
            pump_for(st, 1000);
        }
        stage_close(st);
        SSL_CTX_free(ctx);
    }
}

/* What one request may do is nothing for the next. */
static void insecure_is_for_those_who_say_so(void **state)
{
    SSL_CTX *ctx = certs_server(&certs, "DNS:both.test", 0, 1);
    struct stage *st = tls_stage(NULL);
    struct http_special special = { .insecure = 1 };
    struct http_request req = { .special = &special };
    (void)state;
    struct http_call *call = ask_for(st, &req);
    struct far f = far_accept(st, ctx);
    far_hear(st, &f);
    far_say(st, &f, SMALL);
    await(st, call);
    expect_answer(call, 200, "ok");
    http_call_release(call);
    /* The connection is there; so is a session that could be resumed. */
    call = ask(st, "GET", "/");
    struct far g = far_open(st, ctx);
    far_handshake(st, &g);
    await(st, call);
    expect_error(call, 1311, "tls_wrong_name");
    http_call_release(call);
    far_close(&f, 1);
    far_close(&g, 1);
    stage_close(st);
    SSL_CTX_free(ctx);
}

static char name_heard[100];

static int on_name(SSL *ssl, int *alert, void *arg)
{
    const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    (void)alert, (void)arg;
    snprintf(name_heard, sizeof name_heard, "%s", name ? name : "");
    return SSL_TLSEXT_ERR_OK;
}

static char protocols_heard[100];

static int on_alpn(SSL *ssl, const unsigned char **out, unsigned char *outlen,
                   const unsigned char *in, unsigned inlen, void *arg)
{
    (void)ssl, (void)arg;
    assert_true(inlen < sizeof protocols_heard);
    memcpy(protocols_heard, in, inlen);
    protocols_heard[inlen] = '\0';
    *out = in + 1;
    *outlen = in[0];
    return SSL_TLSEXT_ERR_OK;
}

static void the_name_and_the_protocol_are_said(void **state)
{
    static const struct {
        const char *host, *server_name, *heard;
    } cases[] = {
        { "four.test", NULL, "four.test" },
        { "127.0.0.1", NULL, "" }, /* RFC 6066: no numbers */
        { "127.0.0.1", "named.example", "named.example" },
        { "four.test", "named.example", "named.example" },
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        SSL_CTX *ctx = far_context(0);
        struct http_special special = { .insecure = 1,
                                        .server_name = cases[i].server_name };
        struct stage *st = tls_stage(&special);
        snprintf(st->url, sizeof st->url, "https://%s:%u", cases[i].host,
                 st->port);
        SSL_CTX_set_tlsext_servername_callback(ctx, on_name);
        SSL_CTX_set_alpn_select_cb(ctx, on_alpn, NULL);
        struct far f = exchange(st, ctx, st->session);
        assert_string_equal(name_heard, cases[i].heard);
        assert_string_equal(protocols_heard, "\x08http/1.1");
        /* The Host is the URL's all the same. */
        char host[100];
        snprintf(host, sizeof host, "\r\nHost: %s:%u\r\n", cases[i].host,
                 st->port);
        assert_non_null(strstr(st->head, host));
        far_close(&f, 1);
        stage_close(st);
        SSL_CTX_free(ctx);
    }
}

/* ---- client certificates ---- */

static const struct {
    struct http_special special;
    int code;
    const char *class;
} owns[] = {
    { { .cert = certs.cert, .key = certs.cert_key }, 0, "" },
    { { 0 }, 1300, "tls" }, /* the server wants one */
    { { .cert = certs.cert, .key = certs.other_key },
      1300,
      "tls_own_certificate" },
    { { .cert = "/nonexistent" }, 1300, "tls_own_certificate" },
    { { .cert = certs.text }, 1300, "tls_own_certificate" },
    { { .cert = certs.cert, .key = "/nonexistent" },
      1300,
      "tls_own_certificate" },
    { { .cert = certs.cert }, 1300, "tls_own_certificate" }, /* no key in it */
};

static void own_certificates_are_shown(void **state)
{
    (void)state;
    for (size_t v = 0; v < COUNT_OF(versions); v++)
        for (size_t i = 0; i < COUNT_OF(owns); i++) {
            SSL_CTX *ctx = far_context(versions[v]);
            struct stage *st = tls_stage(&owns[i].special);
            SSL_CTX_load_verify_file(ctx, certs.ca);
            SSL_CTX_set_verify(
                ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
            struct http_call *call = ask(st, "GET", "/");
            struct far f = far_open(st, ctx);
            if (far_handshake(st, &f)) {
                far_hear(st, &f);
                far_say(st, &f, SMALL);
            }
            await(st, call);
            expect_error(call, owns[i].code, owns[i].class);
            assert_int_equal(call->status, owns[i].code ? 0 : 200);
            assert_true((call->origin == ORIGIN_GENERATOR) == (i > 1));
            http_call_release(call);
            far_close(&f, 1);
            stage_close(st);
            SSL_CTX_free(ctx);
        }
}

/* Both in one client, the same place, and a session that could be resumed. */
static void what_one_request_shows_the_next_does_not(void **state)
{
    struct http_special with = { .ca = certs.ca,
                                 .cert = certs.cert,
                                 .key = certs.cert_key };
    struct http_special without = { .ca = certs.ca };
    (void)state;
    for (size_t v = 0; v < COUNT_OF(versions); v++) {
        SSL_CTX *ctx = far_context(versions[v]);
        struct stage *st = tls_stage(NULL);
        SSL_CTX_load_verify_file(ctx, certs.ca);
        SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
        for (int i = 0; i < 4; i++) {
            struct http_request req = { .special = i % 2 ? &without : &with };
            struct http_call *call = ask_for(st, &req);
            struct far f = far_accept(st, ctx);
            far_hear(st, &f);
            far_say(st, &f,
                    OK "Connection: close\r\n"
                       "Content-Length: 2\r\n\r\nok");
            await(st, call);
            expect_answer(call, 200, "ok");
            assert_int_equal(SSL_get0_peer_certificate(f.ssl) != NULL,
                             i % 2 == 0);
            http_call_release(call);
            far_close(&f, 1);
        }
        stage_close(st);
        SSL_CTX_free(ctx);
    }
}

/* ---- sessions ---- */

static void a_session_is_resumed_by_its_user_alone(void **state)
{
    (void)state;
    for (size_t v = 0; v < COUNT_OF(versions); v++)
        for (int politely = 0; politely < 2; politely++) {
            SSL_CTX *ctx = far_context(versions[v]);
            struct stage *st = tls_stage(NULL);
            struct http_session *other = http_session_new(st->client);
            for (int i = 0; i < 4; i++) {
                struct far f = exchange(st, ctx, st->session);
                if (SSL_session_reused(f.ssl) != (i > 0))
                    fail_msg("version %d, closed %s, connection %d", (int)v + 2,
                             politely ? "politely" : "without a word", i + 1);
                exchange_again(st, &f); /* tickets come with it */
                far_close(&f, politely);
                pump_for(st, 1000);
            }
            struct far f = exchange(st, ctx, other);
            assert_false(SSL_session_reused(f.ssl));
            far_close(&f, politely);
            http_session_free(other);
            stage_close(st);
            SSL_CTX_free(ctx);
        }
}

/* The client is the one that closes, or the request failed. */
static void a_session_outlives_what_became_of_its_connection(void **state)
{
    static const char *const texts[] = {
        OK "Connection: close\r\nContent-Length: 2\r\n\r\nok",
        SMALL "too much",
        OK "Content-Length: 20\r\n\r\ncut",
        "HTTP/1.1 200 OK\r\nno header\r\n\r\n",
        "",
    };
    (void)state;
    for (size_t v = 0; v < COUNT_OF(versions); v++)
        for (size_t i = 0; i < COUNT_OF(texts); i++) {
            SSL_CTX *ctx = far_context(versions[v]);
            struct stage *st = tls_stage(NULL);
            struct far f = exchange(st, ctx, st->session);
            struct http_call *call = ask(st, "GET", "/");
            far_hear(st, &f);
            far_say(st, &f, texts[i]);
            if (i > 1)
                SSL_shutdown(f.ssl);
            await(st, call);
            http_call_release(call);
            far_close(&f, 1);
            f = exchange(st, ctx, st->session);
            if (!SSL_session_reused(f.ssl))
                fail_msg("not resumed after \"%s\", version %d", texts[i],
                         (int)v + 2);
            far_close(&f, 1);
            stage_close(st);
            SSL_CTX_free(ctx);
        }
}

static void without_resume_all_handshakes_are_full(void **state)
{
    (void)state;
    for (size_t v = 0; v < COUNT_OF(versions); v++) {
        SSL_CTX *ctx = far_context(versions[v]);
        struct http_special special = { .no_resume = 1 };
        struct stage *st = tls_stage(&special);
        for (int i = 0; i < 3; i++) {
            struct far f = exchange(st, ctx, st->session);
            assert_false(SSL_session_reused(f.ssl));
            exchange_again(st, &f);
            far_close(&f, 1);
            pump_for(st, 1000);
        }
        stage_close(st);
        SSL_CTX_free(ctx);
    }
}

/* The server has forgotten the keys of its tickets. */
static void a_session_that_is_unknown_makes_a_full_handshake(void **state)
{
    (void)state;
    for (size_t v = 0; v < COUNT_OF(versions); v++) {
        SSL_CTX *ctx = far_context(versions[v]);
        struct stage *st = tls_stage(NULL);
        struct far f = exchange(st, ctx, st->session);
        exchange_again(st, &f);
        far_close(&f, 1);
        pump_for(st, 1000);
        SSL_CTX_free(ctx);
        ctx = far_context(versions[v]);
        f = exchange(st, ctx, st->session);
        assert_false(SSL_session_reused(f.ssl));
        far_close(&f, 1);
        stage_close(st);
        SSL_CTX_free(ctx);
    }
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
        T("a certificate is for a name, a time and an authority",
          who_is_trusted),
        T("insecure is for those who say so", insecure_is_for_those_who_say_so),
        T("the name and the protocol are said",
          the_name_and_the_protocol_are_said),
        T("own certificates are shown", own_certificates_are_shown),
        T("what one request shows, the next does not",
          what_one_request_shows_the_next_does_not),
        T("a session is resumed by its user alone",
          a_session_is_resumed_by_its_user_alone),
        T("a session outlives what became of its connection",
          a_session_outlives_what_became_of_its_connection),
        T("without resume all handshakes are full",
          without_resume_all_handshakes_are_full),
        T("a session that is unknown makes a full handshake",
          a_session_that_is_unknown_makes_a_full_handshake),
    };
    return cmocka_run_group_tests(tests, make_certs, drop_certs);
}
