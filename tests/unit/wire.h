/* wire.h - both ends of a connection in one thread: a client on its loop, and
 * a server that does what the test says, when it says so.
 *
 *     struct stage *st = stage_open(NULL);
 *     struct http_call *call = ask(st, "GET", "/path");
 *     int fd = take(st);                 -- the server accepts,
 *     hear(st, fd);                      -- reads a request's head
 *     say(fd, "HTTP/1.1 204 No\r\n\r\n");
 *     await(st, call);                   -- the client's turn
 *     http_call_release(call);
 *     close(fd);
 *     stage_close(st);                   -- fails if a descriptor is left
 *
 * Nothing here waits for longer than ten seconds.  Include cmocka.h before.
 */
#ifndef TESTS_WIRE_H
#define TESTS_WIRE_H

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/loop.h"
#include "base/mem.h"
#include "net/http.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

enum { CALLS_MAX = 64, PATIENCE_US = 10 * US_PER_S, HEARD_MAX = 1 << 16 };

struct stage {
    struct loop loop;
    struct http_client *client;
    struct http_session *session;
    int listener;
    unsigned port;
    char url[64]; /* "http://127.0.0.1:PORT" */
    int fds;      /* open before */
    int ncalls;
    int done[CALLS_MAX]; /* how often done() came, of each call */
    size_t heard;
    char head[HEARD_MAX]; /* what hear() has read */
};

static inline int open_fds(void)
{
    int n = 0;
    for (int fd = 0; fd < 256; fd++)
        n += fcntl(fd, F_GETFD) != -1;
    return n;
}

/* ---- the client ---- */

static inline void on_stage_turn(void *arg)
{
    struct stage *st = arg;
    int more = 0;
    if (st->client == NULL)
        return;
    while (http_client_receive(st->client))
        ;
    more |= http_client_send(st->client);
    loop_stay(&st->loop, more);
}

/* Lets the client do what it can do now. */
static inline void pump(struct stage *st)
{
    for (int i = 0; i < 3; i++)
        ev_run(st->loop.ev, EVRUN_NOWAIT);
}

/* Lets it work until something is true. */
#define until(st, condition)                                                   \
    do {                                                                       \
        int64_t stop_ = clock_us() + PATIENCE_US;                              \
        while (!(condition)) {                                                 \
            if (clock_us() > stop_)                                            \
                fail_msg("waited in vain for: %s", #condition);                \
            pump(st);                                                          \
            usleep(100);                                                       \
        }                                                                      \
    } while (0)

/* Lets it work for so long. */
static inline void pump_for(struct stage *st, int64_t us)
{
    int64_t stop = clock_us() + us;
    while (clock_us() < stop) {
        pump(st);
        usleep(200);
    }
}

static inline void on_call_done(struct http_call *call)
{
    ++*(int *)call->arg;
}

static inline void on_enough(struct timer *t)
{
    *(int *)t->arg = 1;
}

/* How many turns the loop takes in that time when it waits as it does in
 * life: many if it waits for something that is always there. */
static inline uint64_t turns_in(struct stage *st, int64_t us)
{
    int enough = 0;
    struct timer end = { .fire = on_enough, .arg = &enough };
    uint64_t before = st->loop.turns;
    loop_arm(&st->loop, &end, clock_us() + us);
    /* cppcheck-suppress knownConditionTrueFalse ; on_enough sets it */
    while (!enough)
        ev_run(st->loop.ev, EVRUN_ONCE);
    return st->loop.turns - before;
}

static inline int is_done(const struct http_call *call)
{
    return *(int *)call->arg;
}

/* The request's empty fields are filled in.  It must outlive the call. */
static inline struct http_call *ask_of(struct stage *st,
                                       struct http_session *session,
                                       const struct http_request *req)
{
    struct http_call *call = http_call_take(session);
    assert_true(st->ncalls < CALLS_MAX);
    call->req = *req;
    if (call->req.method == NULL)
        call->req.method = "GET";
    if (call->req.url == NULL)
        call->req.url = st->url;
    if (call->req.timeout_us == 0)
        call->req.timeout_us = PATIENCE_US;
    if (strcmp(call->req.method, "HEAD") == 0)
        call->req.flags |= HTTP_HEAD;
    call->done = on_call_done;
    call->arg = &st->done[st->ncalls++];
    *(int *)call->arg = 0;
    http_call_start(call);
    assert_int_equal(is_done(call), 0);
    return call;
}

static inline struct http_call *ask_for(struct stage *st,
                                        const struct http_request *req)
{
    return ask_of(st, st->session, req);
}

/* Without a body; "/path" is kept by the stage until the next such call. */
static inline struct http_call *ask(struct stage *st, const char *method,
                                    const char *path)
{
    static char urls[CALLS_MAX][256];
    char *url = urls[st->ncalls % CALLS_MAX];
    snprintf(url, sizeof urls[0], "%s%s", st->url, path);
    return ask_for(st, &(struct http_request){ .method = method, .url = url });
}

static inline void await(struct stage *st, const struct http_call *call)
{
    until(st, is_done(call));
    assert_int_equal(is_done(call), 1);
}

/* Of a call that is over, whatever became of it. */
static inline void check_times(const struct http_call *call)
{
    const struct http_times *t = &call->times;
    assert_true(t->started > 0);
    assert_true(t->done >= t->started);
    assert_true(t->looking_up >= 0 && t->connecting >= 0 && t->tls >= 0);
    if (t->send == 0) {
        assert_true(t->looking_up + t->connecting + t->tls <=
                    t->done - t->started);
        return;
    }
    assert_true(t->send >= t->started);
    assert_true(t->looking_up + t->connecting + t->tls <= t->send - t->started);
    assert_true(t->sent >= t->send);
    assert_true(t->first_byte >= t->sent);
    assert_true(t->done >= t->first_byte);
}

static inline void expect_error(const struct http_call *call, int code,
                                const char *class)
{
    check_times(call);
    assert_string_equal(call->error_class, class);
    assert_int_equal(call->error_code, code);
    assert_true((code != 0) == (call->error[0] != '\0'));
}

static inline void expect_answer(const struct http_call *call, int status,
                                 const char *body)
{
    expect_error(call, 0, "");
    assert_int_equal(call->status, status);
    assert_string_equal(call->body.data ? call->body.data : "", body);
}

/* ---- the server ---- */

static inline int readable(int fd)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };
    return poll(&p, 1, 0) == 1;
}

/* The next connection.  What is said is sent at once: when it is closed with
 * bytes unread, the kernel drops what was not. */
static inline int take(struct stage *st)
{
    struct timeval patience = { .tv_sec = 10 };
    int on = 1;
    until(st, readable(st->listener));
    int fd = accept(st->listener, NULL, NULL);
    assert_true(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

static inline int nobody_connects(struct stage *st)
{
    pump_for(st, 5000);
    return !readable(st->listener);
}

/* Reads a head and not one byte more, into st->head. */
static inline const char *hear(struct stage *st, int fd)
{
    st->heard = 0;
    st->head[0] = '\0';
    while (st->heard < 4 ||
           memcmp(st->head + st->heard - 4, "\r\n\r\n", 4) != 0) {
        until(st, readable(fd));
        assert_true(st->heard < HEARD_MAX - 1);
        ssize_t n = recv(fd, st->head + st->heard, 1, 0);
        assert_true(n == 1);
        st->head[++st->heard] = '\0';
    }
    return st->head;
}

/* Reads `len` bytes of a body; returns a sum of them. */
static inline unsigned hear_body(struct stage *st, int fd, size_t len)
{
    static char bytes[1 << 16];
    unsigned sum = 0;
    while (len > 0) {
        until(st, readable(fd));
        ssize_t n = recv(fd, bytes, len < sizeof bytes ? len : sizeof bytes, 0);
        assert_true(n > 0);
        for (ssize_t i = 0; i < n; i++)
            sum = sum * 31 + (unsigned char)bytes[i];
        len -= (size_t)n;
    }
    return sum;
}

static inline void say_bytes(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);
        assert_true(n > 0);
        bytes += n;
        len -= (size_t)n;
    }
}

static inline void say(int fd, const char *text)
{
    say_bytes(fd, text, strlen(text));
}

/* With RST instead of FIN. */
static inline void reset(int fd)
{
    struct linger at_once = { .l_onoff = 1 };
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(fd);
}

/* Whether the client closes; what it still says is read. */
static inline int client_closes(struct stage *st, int fd)
{
    char bytes[4096];
    ssize_t n;
    do {
        until(st, readable(fd));
        n = recv(fd, bytes, sizeof bytes, 0);
    } while (n > 0);
    return n == 0 || errno == ECONNRESET;
}

/* Whether it does not, for a moment. */
static inline int client_stays(struct stage *st, int fd)
{
    pump_for(st, 3000);
    return !readable(fd);
}

/* A listening socket that lets nobody in: connecting to it takes for ever.
 * `filler` has the descriptors that keep it full. */
struct wall {
    int listener, filler[8];
    unsigned port;
};

static inline int listen_on_loopback(unsigned *port, int backlog)
{
    struct sockaddr_in in = { .sin_family = AF_INET,
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof in;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&in, sizeof in), 0);
    assert_int_equal(listen(fd, backlog), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&in, &len), 0);
    *port = ntohs(in.sin_port);
    return fd;
}

static inline void wall_open(struct wall *w)
{
    w->listener = listen_on_loopback(&w->port, 0);
    struct sockaddr_in in = { .sin_family = AF_INET,
                              .sin_port = htons((uint16_t)w->port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    for (size_t i = 0; i < COUNT_OF(w->filler); i++) {
        w->filler[i] =
            socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        connect(w->filler[i], (struct sockaddr *)&in, sizeof in);
    }
}

static inline void wall_close(struct wall *w)
{
    for (size_t i = 0; i < COUNT_OF(w->filler); i++)
        close(w->filler[i]);
    close(w->listener);
}

/* ---- the stage ---- */

static inline struct stage *stage_open(const struct http_options *options)
{
    static const struct http_options none;
    struct stage *st = xcalloc(1, sizeof *st);
    signal(SIGPIPE, SIG_IGN);
    st->fds = open_fds();
    assert_int_equal(loop_init(&st->loop, on_stage_turn, NULL, st), 0);
    st->client = http_client_new(&st->loop, options ? options : &none);
    st->session = http_session_new(st->client);
    st->listener = listen_on_loopback(&st->port, 64);
    snprintf(st->url, sizeof st->url, "http://127.0.0.1:%u", st->port);
    return st;
}

static inline void stage_close(struct stage *st)
{
    if (st->session != NULL)
        http_session_free(st->session);
    http_client_free(st->client);
    loop_fini(&st->loop);
    close(st->listener);
    int64_t stop = clock_us() + PATIENCE_US;
    /* The thread of a cancelled lookup closes its own when it ends. */
    while (open_fds() != st->fds && clock_us() < stop)
        usleep(500);
    int left = open_fds() - st->fds;
    free(st);
    assert_int_equal(left, 0);
}

#endif
