/* native_conn.c - one connection; see native_internal.h
 *
 *   LOOKUP -> DIAL -> (TLS) -> BUSY <-> IDLE
 *
 * Functions that a request calls (conn_open, conn_request) return -1 when it
 * failed at once; those that an event calls end the hop themselves.
 */
#include <errno.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "net/native_internal.h"

/* A body up to here is sent together with its head in one TLS record. */
enum { TOGETHER_MAX = 12 * 1024 };

/* A fast peer must not keep the others from theirs.  Reads are of IN_SIZE
 * bytes, writes of what a socket's buffer or a TLS record takes. */
enum { READS_AT_ONCE = 4, WRITES_AT_ONCE = 16 };

static void on_event(struct sock *sock, int events);

static struct native_client *client_of(const struct conn *conn)
{
    return conn->session->client->native;
}

/* ---- the end ---- */

static void stop_waiting(struct conn *conn)
{
    struct conn **at = &conn->origin->waiting;
    while (*at != NULL && *at != conn)
        at = &(*at)->next_waiting;
    if (*at != NULL)
        *at = conn->next_waiting;
}

void conn_close(struct conn *conn)
{
    if (conn->state == CONN_LOOKUP)
        stop_waiting(conn);
    if (conn->dial != NULL)
        dial_cancel(conn->dial);
    if (conn->ssl != NULL) {

        if (!conn->broken && SSL_is_init_finished(conn->ssl))
            SSL_shutdown(conn->ssl);
        SSL_free(conn->ssl);
    }
    if (conn->open)
        sock_close(&conn->sock);
    if (conn->flight != NULL)
        conn->flight->carrier = NULL;
    native_forget(conn);
    buf_free(&conn->rest);
    free(conn);
}

/* The hop has failed, and the connection with it. */
static void hop_failed(struct conn *conn)
{
    struct flight *f = conn->flight;
    f->call.times.done = clock_us();
    conn_count_bytes(conn);
    conn_close(conn);
    http_hop_over(f);
}

/* ---- bytes ---- */

enum { IO_AGAIN = -1, IO_FAILED = -2 };

/* What OpenSSL says, as a status; which event it waits for. */
static int tls_status(struct conn *conn, int rc, int *wants)
{
    switch (SSL_get_error(conn->ssl, rc)) {
    case SSL_ERROR_WANT_READ:
        *wants = EV_READ;
        return IO_AGAIN;
    case SSL_ERROR_WANT_WRITE:
        *wants = EV_READ | EV_WRITE;
        return IO_AGAIN;
    case SSL_ERROR_ZERO_RETURN:
        return 0;
    default:
        conn->broken = 1;
        return IO_FAILED;
    }
}

static ssize_t read_some(struct conn *conn, char *in, size_t size)
{
    if (conn->ssl != NULL) {
        int wants;
        ERR_clear_error();
        int n = SSL_read(conn->ssl, in, (int)size);
        return n > 0 ? n : tls_status(conn, n, &wants);
    }
    ssize_t n = recv(conn->sock.io.fd, in, size, 0);
    if (n >= 0)
        return n;
    return errno == EAGAIN || errno == EINTR ? IO_AGAIN : IO_FAILED;
}

static ssize_t write_some(struct conn *conn, const struct iovec *v)
{
    if (conn->ssl != NULL) {
        int wants, first = v[0].iov_len == 0;
        size_t len = v[first].iov_len;
        ERR_clear_error();
        int n = SSL_write(conn->ssl, v[first].iov_base,
                          (int)(len < 1 << 30 ? len : 1 << 30));
        return n > 0 ? n : tls_status(conn, n, &wants);
    }
    struct msghdr msg = { .msg_iov = (struct iovec *)v, .msg_iovlen = 2 };
    ssize_t n = sendmsg(conn->sock.io.fd, &msg, MSG_NOSIGNAL);
    if (n >= 0)
        return n;
    return errno == EAGAIN || errno == EINTR ? IO_AGAIN : IO_FAILED;
}

/* Wire bytes: of TLS what the socket moved, counted by OpenSSL; without TLS
 * each read and write counts itself. */
void conn_count_bytes(struct conn *conn)
{
    if (conn->ssl == NULL || conn->flight == NULL)
        return;
    uint64_t in = BIO_number_read(SSL_get_rbio(conn->ssl));
    uint64_t out = BIO_number_written(SSL_get_wbio(conn->ssl));
    conn->flight->call.bytes_received += in - conn->wire_in;
    conn->flight->call.bytes_sent += out - conn->wire_out;
    conn->wire_in = in;
    conn->wire_out = out;
}

/* ---- sending ---- */

/* Takes n sent bytes off head and body. */
static void advance(struct conn *conn, struct iovec *v, size_t n)
{
    size_t of_head = n < v[0].iov_len ? n : v[0].iov_len;
    v[0].iov_base = (char *)v[0].iov_base + of_head;
    v[0].iov_len -= of_head;
    v[1].iov_base = (char *)v[1].iov_base + (n - of_head);
    v[1].iov_len -= n - of_head;
    conn->body_at += n - of_head;
    if (conn->ssl == NULL)
        conn->flight->call.bytes_sent += n;
}

/* Writes until the socket takes no more, or others should have their turn.
 * Returns 1 when all is written, 0 when not, -1 on failure. */
static int push(struct conn *conn, struct iovec *v)
{
    for (int i = 0; v[0].iov_len + v[1].iov_len > 0; i++) {
        if (i == WRITES_AT_ONCE)
            return 0;
        ssize_t n = write_some(conn, v);
        if (n == IO_AGAIN)
            return 0;
        if (n <= 0)
            return -1;
        advance(conn, v, (size_t)n);
    }
    conn->flight->call.times.sent = clock_us();
    return 1;
}

static struct iovec rest_of_body(const struct conn *conn)
{
    const struct flight *f = conn->flight;
    if (f->body_len == conn->body_at)
        return (struct iovec){ (void *)"", 0 };
    return (struct iovec){ (void *)(f->body + conn->body_at),
                           f->body_len - conn->body_at };
}

/* A peer that closes while we send may have answered before: then the answer
 * counts, and is read next. */
static void write_failed(struct conn *conn)
{
    conn->write_errno = conn->ssl ? 0 : errno;
    conn->writing = 0;
    conn->close_after = 1;
    sock_watch(&conn->sock, EV_READ);
}

static void keep_rest(struct conn *conn, const struct iovec *head)
{
    buf_clear(&conn->rest, 0);
    conn->rest_at = 0;
    if (head->iov_len > 0)
        buf_add(&conn->rest, head->iov_base, head->iov_len);
}

static void write_more(struct conn *conn)
{
    struct iovec v[2] = { { conn->rest.data + conn->rest_at,
                            conn->rest.len - conn->rest_at },
                          rest_of_body(conn) };
    size_t head = v[0].iov_len;
    int rc = push(conn, v);
    conn->rest_at += head - v[0].iov_len;
    if (rc < 0) {
        write_failed(conn);
    } else if (rc > 0) {
        conn->writing = 0;
        buf_free(&conn->rest);
        sock_watch(&conn->sock, EV_READ);
    }
}

/* The request goes out at once, as far as the socket takes it. */
static void send_request(struct conn *conn)
{
    struct flight *f = conn->flight;
    struct buf *out = &client_of(conn)->out;
    out->len = 0;
    native_compose(conn, f, out);
    if (native_debug(conn))
        native_print("> ", out->data, out->len);
    if (native_debug(conn) > 1)
        native_print("}} ", f->body, f->body_len);
    conn->body_at = 0;
    conn->write_errno = 0;
    if (conn->ssl != NULL && f->body_len > 0 && f->body_len <= TOGETHER_MAX) {
        buf_add(out, f->body, f->body_len);
        conn->body_at = f->body_len;
    }
    struct iovec v[2] = { { out->data, out->len }, rest_of_body(conn) };
    f->call.attempts++;
    conn->state = CONN_BUSY;
    native_answer_begin(conn);
    int rc = push(conn, v);
    conn->writing = rc == 0;
    if (rc == 0) {
        keep_rest(conn, &v[0]);
        sock_watch(&conn->sock, EV_READ | EV_WRITE);
    } else if (rc < 0) {
        write_failed(conn);
    }
}

void conn_request(struct conn *conn, struct flight *f)
{
    conn->flight = f;
    f->carrier = conn;
    f->call.times.send = f->call.times.started;
    send_request(conn);
}

/* ---- receiving ---- */

/* Nothing was asked: the server closes, or speaks out of turn.  Tickets of
 * TLS 1.3 are taken here, as they come after an answer. */
static int has_spoken(struct conn *conn)
{
    char byte;
    if (conn->ssl != NULL)
        return read_some(conn, &byte, 1) != IO_AGAIN;
    return recv(conn->sock.io.fd, &byte, 1, MSG_PEEK) >= 0 || errno != EAGAIN;
}

int conn_is_stale(struct conn *conn)
{
    return sock_is_noted(&conn->sock) && has_spoken(conn);
}

/* What OpenSSL has read already the socket will not report again. */
static int holds_more(struct conn *conn)
{
    return conn->ssl != NULL && SSL_has_pending(conn->ssl) && has_spoken(conn);
}

/* The answer is complete; `left` bytes after it are not asked for. */
static void answered(struct conn *conn, size_t left, int64_t now)
{
    struct flight *f = conn->flight;
    int keep = conn->parser.keep_alive && left == 0 && !conn->writing &&
               !conn->close_after && conn->body_at == f->body_len &&
               !holds_more(conn);
    f->call.times.done = now;
    conn_count_bytes(conn);
    conn->served++;
    if (keep) {
        conn->state = CONN_IDLE;
        conn->flight = NULL;
        f->carrier = NULL;
    } else {
        conn_close(conn);
    }
    http_hop_over(f);
}

/* Closed, or broken, before the answer was complete; err 0: closed in order,
 * -1: OpenSSL knows why. */
static void ended(struct conn *conn, int err)
{
    struct flight *f = conn->flight;
    if (err == 0 && native_answer_end(conn) == ANSWER_DONE) {
        answered(conn, 0, clock_us());
        return;
    }
    /* The failed write took the error away from the read. */
    if (err == 0 && f->call.times.first_byte == 0)
        err = conn->write_errno;
    f->lost_kept = err >= 0 && conn->served > 0 && !f->answer_began;
    if (err < 0)
        tls_fail(f, conn->ssl);
    else if (f->lost_kept && err == 0)
        http_fail(f, 1000, "kept_connection_closed", ORIGIN_SUT,
                  "a kept connection was closed without an answer (the "
                  "option retries sends such a request again)");
    else if (err == ECONNRESET)
        http_fail(f, 1220, "reset", ORIGIN_SUT, "connection reset by peer");
    else if (err == EPIPE)
        http_fail(f, 1201, "broken_pipe", ORIGIN_SUT,
                  "the connection broke while sending");
    else if (err > 0)
        http_fail(f, 1000, "transport", ORIGIN_NETWORK, strerror(err));
    hop_failed(conn);
}

/* A TLS peer that closes without saying so: to be told from one that cut the
 * answer short when only the close would end it. */
static int tls_cut(void)
{
    return ERR_GET_REASON(ERR_peek_error()) ==
           SSL_R_UNEXPECTED_EOF_WHILE_READING;
}

static void read_failed(struct conn *conn)
{
    int err = errno;
    if (conn->ssl == NULL) {
        ended(conn, err);
    } else if (!tls_cut()) {
        ended(conn, ERR_peek_error() ? -1 : err ? err : ECONNRESET);
    } else {
        ERR_clear_error();
        if (conn->parser.until_close && conn->flight->head_done)
            http_fail(conn->flight, 1000, "truncated_body", ORIGIN_SUT,
                      "the connection was closed without a word from TLS, so "
                      "that the body may be cut short");
        ended(conn, 0);
    }
}

/* Returns whether there may be more to read now. */
static int read_once(struct conn *conn)
{
    char *in = client_of(conn)->in;
    size_t left = 0;
    ssize_t n = read_some(conn, in, IN_SIZE);
    if (n == IO_AGAIN)
        return 0;
    if (n == 0)
        ended(conn, 0);
    else if (n < 0)
        read_failed(conn);
    if (n <= 0)
        return 0;
    int64_t now = clock_us();
    if (conn->ssl == NULL)
        conn->flight->call.bytes_received += (uint64_t)n;
    switch (native_answer_feed(conn, in, (size_t)n, now, &left)) {
    case ANSWER_MORE:
        return conn->ssl ? SSL_has_pending(conn->ssl) : n == IN_SIZE;
    case ANSWER_DONE:
        answered(conn, left, now);
        return 0;
    case ANSWER_BAD:
        hop_failed(conn);
        return 0;
    }
    return 0;
}

static void read_answer(struct conn *conn)
{
    for (int i = 0; i < READS_AT_ONCE; i++)
        if (!read_once(conn))
            return;
    sock_note(&conn->sock, EV_READ);
}

/* ---- TLS ---- */

static struct tls_ticket *ticket_of(const struct conn *conn)
{
    struct tls_ticket *t = conn->session->tickets;
    while (t != NULL && t->origin != conn->origin)
        t = t->next;
    return t;
}

/* A copy, to be freed: OpenSSL makes a session unusable when its connection
 * ends badly, be it by a close without a word. */
static SSL_SESSION *session_for(const struct conn *conn)
{
    struct tls_ticket *t = ticket_of(conn);
    if (t == NULL || t->session == NULL || !conn->origin->resume)
        return NULL;
    return SSL_SESSION_dup(t->session);
}

static void drop_ticket(const struct conn *conn)
{
    struct tls_ticket *t = ticket_of(conn);
    if (t == NULL)
        return;
    SSL_SESSION_free(t->session);
    t->session = NULL;
}

static int take_ticket(SSL *ssl, SSL_SESSION *session)
{
    struct conn *conn = SSL_get_app_data(ssl);
    struct tls_ticket *t = ticket_of(conn);
    if (!conn->origin->resume)
        return 0;
    if (t == NULL) {
        t = xcalloc(1, sizeof *t);
        t->origin = conn->origin;
        t->next = conn->session->tickets;
        conn->session->tickets = t;
    }
    SSL_SESSION_free(t->session);
    t->session = SSL_SESSION_dup(session);
    return 0; /* what OpenSSL has stays its own */
}

static void connected(struct conn *conn)
{
    conn->flight->call.times.send = clock_us();
    send_request(conn);
    /* What came with the handshake the socket will not report again. */
    if (conn->ssl != NULL && SSL_has_pending(conn->ssl))
        sock_note(&conn->sock, EV_READ);
}

static void handshake(struct conn *conn)
{
    struct flight *f = conn->flight;
    int wants = EV_READ;
    ERR_clear_error();
    int rc = SSL_do_handshake(conn->ssl);
    if (rc != 1 && tls_status(conn, rc, &wants) == IO_AGAIN) {
        sock_watch(&conn->sock, wants);
        return;
    }
    f->call.times.tls = clock_us() - conn->phase_began;
    if (rc != 1) {
        drop_ticket(conn); /* it may be the reason */
        tls_fail(f, conn->ssl);
        hop_failed(conn);
        return;
    }
    sock_watch(&conn->sock, EV_READ);
    connected(conn);
}

static void begin_tls(struct conn *conn)
{
    struct origin *o = conn->origin;
    if (o->context->ctx == NULL) {
        http_fail(conn->flight, 1300, o->context->error_class, ORIGIN_GENERATOR,
                  o->context->error);
        hop_failed(conn);
        return;
    }
    tls_on_session(o->context, take_ticket);
    SSL_SESSION *session = session_for(conn);
    conn->ssl = tls_new(o->context, conn->sock.io.fd, o->server_name, session);
    SSL_SESSION_free(session);
    SSL_set_app_data(conn->ssl, conn);
    conn->state = CONN_TLS;
    handshake(conn);
}

/* ---- connecting ---- */

static void on_dialled(void *arg, int fd, int err)
{
    struct conn *conn = arg;
    struct flight *f = conn->flight;
    int64_t now = clock_us();
    conn->dial = NULL;
    f->call.times.connecting = now - conn->phase_began;
    if (fd < 0) {
        http_fail_connect(f, err);
        hop_failed(conn);
        return;
    }
    f->call.new_connection = 1;
    conn->open = 1;
    conn->phase_began = now;
    sock_open(&conn->session->client->socks, &conn->sock, fd, EV_READ,
              on_event);
    if (conn->origin->tls)
        begin_tls(conn);
    else
        connected(conn);
}

static void dial(struct conn *conn)
{
    struct http_client *http = conn->session->client;
    conn->state = CONN_DIAL;
    conn->phase_began = clock_us();
    conn->dial = dial_start(&http->socks, http->loop, &conn->origin->to,
                            on_dialled, conn);
}

static struct conn *next_waiting(struct origin *o, unsigned lookup_no)
{
    struct conn *conn = o->waiting;
    while (conn != NULL && conn->lookup_no != lookup_no)
        conn = conn->next_waiting;
    if (conn != NULL)
        stop_waiting(conn);
    return conn;
}

/* One lookup serves all who wait for the name, and all who come later.  Who
 * asks again as soon as it has failed waits for the next. */
static void on_found(void *arg, const struct addresses *found)
{
    struct origin *o = arg;
    struct conn *conn;
    unsigned no = o->lookup_no++;
    o->lookup = NULL;
    o->to = *found;
    while ((conn = next_waiting(o, no)) != NULL) {
        conn->flight->call.times.looking_up = clock_us() - conn->phase_began;
        conn->state = CONN_DIAL;
        if (found->n > 0) {
            dial(conn);
            continue;
        }
        snprintf(conn->flight->error_text, sizeof conn->flight->error_text,
                 "the host's name was not found: %s", found->error);
        http_fail(conn->flight, 1101, "no_such_host", ORIGIN_NETWORK,
                  conn->flight->error_text);
        hop_failed(conn);
    }
}

static void fail_lookup(struct flight *f, int err)
{
    if (err == EAGAIN)
        http_fail(f, 1210, "no_thread", ORIGIN_GENERATOR,
                  "no thread to look up a name (see ulimit -u)");
    else
        http_fail_connect(f, err);
}

static int wait_for_lookup(struct conn *conn)
{
    struct origin *o = conn->origin;
    if (o->lookup == NULL)
        o->lookup = lookup_start(&conn->session->client->socks, o->host,
                                 o->port, on_found, o);
    if (o->lookup == NULL) {
        fail_lookup(conn->flight, errno);
        conn_close(conn);
        return -1;
    }
    conn->phase_began = clock_us();
    conn->lookup_no = o->lookup_no;
    conn->next_waiting = o->waiting;
    o->waiting = conn;
    return 0;
}

int conn_open(struct flight *f, struct origin *o)
{
    struct http_session *s = f->session;
    native_make_room(s);
    struct conn *conn = xcalloc(1, sizeof *conn);
    conn->session = s;
    conn->origin = o;
    conn->flight = f;
    f->carrier = conn;
    conn->next = s->conns;
    s->conns = conn;
    s->nconns++;
    if (o->to.n == 0)
        return wait_for_lookup(conn);
    dial(conn);
    return 0;
}

/* ---- events ---- */

static void on_event(struct sock *sock, int events)
{
    struct conn *conn = (struct conn *)sock;
    switch ((enum conn_state)conn->state) {
    case CONN_TLS:
        handshake(conn);
        return;
    case CONN_IDLE:
        if (has_spoken(conn))
            conn_close(conn);
        return;
    case CONN_BUSY:
        if (conn->writing && (events & EV_WRITE))
            write_more(conn);
        if (events & EV_READ)
            read_answer(conn);
        return;
    case CONN_LOOKUP:
    case CONN_DIAL:
        bug("an event for a connection that is not there yet");
    }
}
