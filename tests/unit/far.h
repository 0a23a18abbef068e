/* far.h - TLS at both ends of a connection: on top of wire.h the server's end,
 * played with OpenSSL.
 *
 *     struct stage *st = tls_stage(NULL);       -- https, trusts certs.h's CA
 *     struct http_call *call = ask(st, "GET", "/");
 *     struct far f = far_accept(st, ctx);       -- with the handshake
 *     far_hear(st, &f);
 *     far_say(st, &f, SMALL);
 *
 * Include cmocka.h before.
 */
#ifndef TESTS_FAR_H
#define TESTS_FAR_H

#include "certs.h"
#include "wire.h"

#define OK "HTTP/1.1 200 OK\r\n"
#define SMALL OK "Content-Length: 2\r\n\r\nok"

static struct certs certs;
static const int versions[]
    __attribute__((unused)) = { TLS1_2_VERSION, TLS1_3_VERSION };

/* ---- the server's end ---- */

struct far {
    int fd;
    SSL *ssl;
};

static inline int wants_more(SSL *ssl, int rc)
{
    int why = SSL_get_error(ssl, rc);
    return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE;
}

static inline struct far far_open(struct stage *st, SSL_CTX *ctx)
{
    struct far f = { .fd = take(st), .ssl = SSL_new(ctx) };
    fcntl(f.fd, F_SETFL, O_NONBLOCK);
    SSL_set_fd(f.ssl, f.fd);
    SSL_set_accept_state(f.ssl);
    return f;
}

/* Returns whether the handshake succeeded. */
static inline int far_handshake(struct stage *st, struct far *f)
{
    int rc;
    ERR_clear_error();
    until(st, (rc = SSL_do_handshake(f->ssl)) == 1 || !wants_more(f->ssl, rc));
    ERR_clear_error();
    return rc == 1;
}

static inline struct far far_accept(struct stage *st, SSL_CTX *ctx)
{
    struct far f = far_open(st, ctx);
    if (!far_handshake(st, &f))
        fail_msg("the handshake failed");
    return f;
}

static inline size_t far_read(struct stage *st, struct far *f, void *out,
                              size_t size)
{
    int n;
    ERR_clear_error();
    until(st,
          (n = SSL_read(f->ssl, out, (int)size)) > 0 || !wants_more(f->ssl, n));
    return n > 0 ? (size_t)n : 0;
}

/* So many bytes and no fewer. */
static inline void far_take(struct stage *st, struct far *f, char *out,
                            size_t len)
{
    while (len > 0) {
        size_t n = far_read(st, f, out, len);
        assert_true(n > 0);
        out += n;
        len -= n;
    }
}

static inline const char *far_hear(struct stage *st, struct far *f)
{
    st->heard = 0;
    st->head[0] = '\0';
    while (strstr(st->head, "\r\n\r\n") == NULL) {
        far_take(st, f, st->head + st->heard, 1);
        st->head[++st->heard] = '\0';
    }
    return st->head;
}

static inline void far_write(struct stage *st, struct far *f, const char *bytes,
                             size_t len)
{
    int n;
    ERR_clear_error();
    SSL_set_mode(f->ssl, SSL_MODE_ENABLE_PARTIAL_WRITE |
                             SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    while (len > 0) {
        until(st, (n = SSL_write(f->ssl, bytes, (int)len)) > 0 ||
                      !wants_more(f->ssl, n));
        assert_true(n > 0);
        bytes += n;
        len -= (size_t)n;
    }
}

static inline void far_say(struct stage *st, struct far *f, const char *text)
{
    far_write(st, f, text, strlen(text));
}

/* With close_notify or without. */
static inline void far_close(struct far *f, int politely)
{
    if (politely)
        SSL_shutdown(f->ssl);
    SSL_free(f->ssl);
    close(f->fd);
    ERR_clear_error();
}

static inline void far_break(struct far *f)
{
    SSL_free(f->ssl);
    reset(f->fd);
}

static inline SSL_CTX *far_context(int version)
{
    SSL_CTX *ctx = certs_server(&certs, "DNS:four.test,IP:127.0.0.1", 0, 1);
    if (version != 0) {
        SSL_CTX_set_min_proto_version(ctx, version);
        SSL_CTX_set_max_proto_version(ctx, version);
    }
    return ctx;
}

/* ---- the client's end ---- */

static inline struct stage *tls_stage(const struct http_special *special)
{
    struct http_options options = { 0 };
    if (special != NULL)
        options.special = *special;
    if (options.special.ca == NULL)
        options.special.ca = certs.ca;
    struct stage *st = stage_open(&options);
    snprintf(st->url, sizeof st->url, "https://127.0.0.1:%u", st->port);
    return st;
}

/* One exchange over a new connection. */
static inline struct far exchange(struct stage *st, SSL_CTX *ctx,
                                  struct http_session *session)
{
    struct http_call *call =
        ask_of(st, session, &(struct http_request){ .method = "GET" });
    struct far f = far_accept(st, ctx);
    far_hear(st, &f);
    far_say(st, &f, SMALL);
    await(st, call);
    expect_answer(call, 200, "ok");
    assert_true(call->new_connection && call->times.tls > 0);
    http_call_release(call);
    return f;
}

static inline void exchange_again(struct stage *st, struct far *f)
{
    struct http_call *call = ask(st, "GET", "/again");
    assert_non_null(strstr(far_hear(st, f), "GET /again HTTP/1.1\r\n"));
    far_say(st, f, SMALL);
    await(st, call);
    expect_answer(call, 200, "ok");
    assert_int_equal(call->new_connection, 0);
    assert_true(call->times.tls == 0);
    http_call_release(call);
}

#endif
