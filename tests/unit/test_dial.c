/* test_dial.c - which of several addresses a connection is made to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/resource.h>
#include <sys/un.h>

#include "wire.h"

#include "net/dial.h"

/* ---- a dial and who waits for it ---- */

static struct sock_set set;

struct outcome {
    int done, fd, err;
    int64_t at;
};

static void take_notes(void *arg)
{
    (void)arg;
    while (sock_set_take(&set, 8))
        ;
}

static struct stage *set_stage(void)
{
    struct stage *st = stage_open(NULL);
    sock_set_init(&set, st->loop.ev);
    st->loop.turn = take_notes;
    return st;
}

static void on_dialled(void *arg, int fd, int err)
{
    struct outcome *o = arg;
    o->done++;
    o->fd = fd;
    o->err = err;
    o->at = clock_us();
}

static void add(struct addresses *to, const char *host, unsigned port)
{
    struct addresses one;
    assert_true(address_parse(host, port, &one));
    to->list[to->n++] = one.list[0];
}

/* A port of 127.0.0.1 where nobody listens. */
static unsigned dead_port(void)
{
    unsigned port;
    close(listen_on_loopback(&port, 1));
    return port;
}

static void dial_to(struct stage *st, const struct addresses *to,
                    struct outcome *o)
{
    *o = (struct outcome){ .fd = -2 };
    assert_non_null(dial_start(&set, &st->loop, to, on_dialled, o));
    assert_int_equal(o->done, 0);
}

static void expect_connection(struct stage *st, struct outcome *o)
{
    until(st, o->done > 0);
    assert_int_equal(o->done, 1);
    assert_true(o->fd >= 0);
    int fd = take(st);
    assert_int_equal(send(o->fd, "!", 1, MSG_NOSIGNAL), 1);
    assert_int_equal(hear_body(st, fd, 1), '!');
    close(fd);
    close(o->fd);
}

static void expect_failure(struct stage *st, struct outcome *o, int err)
{
    until(st, o->done > 0);
    assert_int_equal(o->done, 1);
    assert_int_equal(o->fd, -1);
    assert_int_equal(o->err, err);
}

/* ---- one address ---- */

static void who_listens_is_reached(void **state)
{
    struct stage *st = set_stage();
    struct addresses to = { 0 };
    struct outcome o;
    (void)state;
    add(&to, "127.0.0.1", st->port);
    dial_to(st, &to, &o);
    until(st, o.done > 0);
    int on = 0, flags = fcntl(o.fd, F_GETFL);
    socklen_t len = sizeof on;
    assert_true(flags & O_NONBLOCK);
    assert_true(fcntl(o.fd, F_GETFD) & FD_CLOEXEC);
    getsockopt(o.fd, IPPROTO_TCP, 1 /* TCP_NODELAY */, &on, &len);
    assert_true(on);
    expect_connection(st, &o);
    stage_close(st);
}

static void who_does_not_refuses(void **state)
{
    struct stage *st = set_stage();
    struct addresses to = { 0 };
    struct outcome o;
    (void)state;
    add(&to, "127.0.0.1", dead_port());
    dial_to(st, &to, &o);
    expect_failure(st, &o, ECONNREFUSED);
    stage_close(st);
}

static void a_family_that_is_not_there_fails_in_the_next_turn(void **state)
{
    struct stage *st = set_stage();
    struct addresses to = { 0 };
    struct outcome o;
    (void)state;
    add(&to, "127.0.0.1", st->port);
    to.list[0].at.ss_family = 255;
    dial_to(st, &to, &o);
    expect_failure(st, &o, EAFNOSUPPORT);
    stage_close(st);
}

/* ---- several ---- */

static void after_a_refusal_the_next_is_tried_at_once(void **state)
{
    struct stage *st = set_stage();
    struct addresses to = { 0 };
    struct outcome o;
    unsigned dead = dead_port();
    (void)state;
    for (int i = 0; i < ADDRESSES_MAX - 1; i++)
        add(&to, "127.0.0.1", dead);
    add(&to, "127.0.0.1", st->port);
    int64_t began = clock_us();
    dial_to(st, &to, &o);
    until(st, o.done > 0);
    assert_true(o.at - began < 200 * US_PER_MS);
    expect_connection(st, &o);
    stage_close(st);
}

static void when_all_refuse_it_is_told_once(void **state)
{
    struct stage *st = set_stage();
    struct addresses to = { 0 };
    struct outcome o;
    unsigned dead = dead_port();
    (void)state;
    for (int i = 0; i < ADDRESSES_MAX; i++)
        add(&to, i % 2 ? "127.0.0.1" : "127.0.0.2", dead);
    dial_to(st, &to, &o);
    expect_failure(st, &o, ECONNREFUSED);
    pump_for(st, 5000);
    assert_int_equal(o.done, 1);
    stage_close(st);
}

/* The address that is silent is neither waited for nor left open. */
static void beside_a_silent_one_the_next_is_tried(void **state)
{
    struct stage *st = set_stage();
    struct addresses to = { 0 };
    struct outcome o;
    struct wall wall;
    (void)state;
    wall_open(&wall);
    add(&to, "127.0.0.1", wall.port);
    add(&to, "127.0.0.1", st->port);
    int64_t began = clock_us();
    int fds = open_fds();
    dial_to(st, &to, &o);
    until(st, o.done > 0);
    assert_true(o.at - began >= 240 * US_PER_MS);
    assert_true(o.at - began < 2 * US_PER_S);
    assert_int_equal(open_fds(), fds + 1);
    expect_connection(st, &o);
    wall_close(&wall);
    stage_close(st);
}

/* A refusal of a later one must not give up the silent one. */
static void a_silent_one_may_answer_late(void **state)
{
    struct stage *st = set_stage();
    struct addresses to = { 0 };
    struct outcome o;
    struct wall wall;
    int accepted;
    (void)state;
    wall_open(&wall);
    add(&to, "127.0.0.1", wall.port);
    add(&to, "127.0.0.1", dead_port());
    dial_to(st, &to, &o);
    pump_for(st, 300 * US_PER_MS);
    assert_int_equal(o.done, 0);
    /* Room is made; the kernel tries again within a second or two. */
    while (readable(wall.listener)) {
        accepted = accept(wall.listener, NULL, NULL);
        close(accepted);
    }
    for (size_t i = 0; i < COUNT_OF(wall.filler); i++)
        close(wall.filler[i]), wall.filler[i] = -1;
    until(st, o.done > 0);
    assert_true(o.fd >= 0);
    close(o.fd);
    wall_close(&wall);
    stage_close(st);
}

/* What a person wants to hear is that nobody listens where somebody could,
 * not that this machine has no route to the other family. */
static void the_most_telling_failure_is_told(void **state)
{
    struct stage *st = set_stage();
    struct addresses to = { 0 };
    struct outcome o;
    unsigned dead = dead_port();
    (void)state;
    for (int order = 0; order < 2; order++) {
        to.n = 0;
        add(&to, "127.0.0.1", dead);
        add(&to, "127.0.0.1", dead);
        to.list[order].at.ss_family = 255;
        dial_to(st, &to, &o);
        expect_failure(st, &o, ECONNREFUSED);
    }
    stage_close(st);
}

/* ---- giving up ---- */

static void nothing_is_left_of_one_that_is_cancelled(void **state)
{
    struct stage *st = set_stage();
    struct addresses silent = { 0 }, dead = { 0 }, alive = { 0 };
    struct outcome o;
    struct wall wall;
    (void)state;
    wall_open(&wall);
    add(&silent, "127.0.0.1", wall.port);
    add(&silent, "127.0.0.1", wall.port);
    add(&dead, "127.0.0.1", dead_port());
    add(&alive, "127.0.0.1", st->port);
    const struct {
        const struct addresses *to;
        int64_t after;
    } cases[] = { { &silent, 0 },
                  { &silent, 10 * US_PER_MS },
                  { &silent, 300 * US_PER_MS },
                  { &dead, 0 },
                  { &alive, 0 } };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int fds = open_fds();
        o = (struct outcome){ .fd = -2 };
        struct dial *d =
            dial_start(&set, &st->loop, cases[i].to, on_dialled, &o);
        if (cases[i].after > 0)
            pump_for(st, cases[i].after);
        dial_cancel(d);
        assert_int_equal(open_fds(), fds);
        pump_for(st, 2000);
        assert_int_equal(o.done, 0);
    }
    wall_close(&wall);
    stage_close(st);
}

/* ---- descriptors ---- */

static void without_descriptors_it_says_so(void **state)
{
    struct stage *st = set_stage();
    struct addresses to = { 0 };
    struct outcome o;
    struct rlimit before, few;
    int lowest = dup(0);
    (void)state;
    close(lowest);
    add(&to, "127.0.0.1", st->port);
    add(&to, "127.0.0.2", st->port);
    getrlimit(RLIMIT_NOFILE, &before);
    few = before;
    few.rlim_cur = (rlim_t)lowest;
    setrlimit(RLIMIT_NOFILE, &few);
    dial_to(st, &to, &o);
    until(st, o.done > 0);
    setrlimit(RLIMIT_NOFILE, &before);
    expect_failure(st, &o, EMFILE);
    stage_close(st);
}

/* ---- Unix sockets ---- */

static int listen_on_path(struct addresses *to, char *folder, int backlog)
{
    char path[100];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/s", folder);
    assert_int_equal(address_unix(path, to), 0);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const struct sockaddr *at = (const struct sockaddr *)&to->list[0].at;
    assert_int_equal(bind(fd, at, to->list[0].len), 0);
    assert_int_equal(listen(fd, backlog), 0);
    return fd;
}

static void a_unix_socket_that_is_full_is_waited_for(void **state)
{
    enum { N = 5 };
    char folder[] = "/tmp/dial-XXXXXX", path[100];
    struct stage *st = set_stage();
    struct addresses to;
    struct outcome o[N];
    int tcp = st->listener;
    (void)state;
    st->listener = listen_on_path(&to, folder, 0);
    for (int i = 0; i < N; i++)
        dial_to(st, &to, &o[i]);
    assert_true(turns_in(st, 50 * US_PER_MS) < N * 30);
    int open = 0;
    for (int i = 0; i < N; i++)
        open += o[i].done;
    assert_true(open < N);
    for (int i = 0; i < N; i++)
        close(take(st));
    for (int i = 0; i < N; i++) {
        until(st, o[i].done > 0);
        assert_true(o[i].fd >= 0);
        close(o[i].fd);
    }
    close(tcp);
    stage_close(st);
    snprintf(path, sizeof path, "%s/s", folder);
    unlink(path);
    rmdir(folder);
}

static void a_unix_socket_that_is_not_one_fails(void **state)
{
    char folder[] = "/tmp/dial-XXXXXX", path[100];
    struct stage *st = set_stage();
    struct addresses to;
    struct outcome o;
    (void)state;
    address_unix("/nonexistent/socket", &to);
    dial_to(st, &to, &o);
    expect_failure(st, &o, ENOENT);
    close(listen_on_path(&to, folder, 1)); /* its file stays */
    dial_to(st, &to, &o);
    expect_failure(st, &o, ECONNREFUSED);
    stage_close(st);
    snprintf(path, sizeof path, "%s/s", folder);
    unlink(path);
    rmdir(folder);
}

#define T(sentence, fn)                                                        \
    {                                                                          \
        sentence, fn, NULL, NULL, NULL                                         \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        T("who listens is reached", who_listens_is_reached),
        T("who does not, refuses", who_does_not_refuses),
        T("a family that is not there fails in the next turn",
          a_family_that_is_not_there_fails_in_the_next_turn),
        T("after a refusal the next is tried at once",
          after_a_refusal_the_next_is_tried_at_once),
        T("when all refuse, it is told once", when_all_refuse_it_is_told_once),
        T("beside a silent one the next is tried",
          beside_a_silent_one_the_next_is_tried),
        T("a silent one may answer late", a_silent_one_may_answer_late),
        T("the most telling failure is told", the_most_telling_failure_is_told),
        T("nothing is left of one that is cancelled",
          nothing_is_left_of_one_that_is_cancelled),
        T("without descriptors it says so", without_descriptors_it_says_so),
        T("a Unix socket that is full is waited for",
          a_unix_socket_that_is_full_is_waited_for),
        T("a Unix socket that is not one fails",
          a_unix_socket_that_is_not_one_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
