/* test_sock.c - descriptors whose events are noted and taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/rng.h"
#include "net/sock.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

enum { MANY = 12, TAKEN_MAX = 5000 };

struct pair {
    struct sock sock; /* first */
    int far;          /* the other end of its descriptor */
};

static struct ev_loop *ev;
static struct sock_set set;
static struct pair pairs[MANY];
static struct {
    int who, events;
} taken[TAKEN_MAX];
static int ntaken;
static void (*also)(struct pair *p); /* what a handler does besides */

static void on_event(struct sock *sock, int events)
{
    struct pair *p = (struct pair *)sock;
    assert_false(sock_is_noted(sock)); /* the note is taken */
    assert_true(ntaken < TAKEN_MAX);
    taken[ntaken].who = (int)(p - pairs);
    taken[ntaken].events = events;
    ntaken++;
    if (also != NULL)
        also(p);
}

static void open_pair(int i, int events)
{
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds),
                     0);
    pairs[i].far = fds[1];
    sock_open(&set, &pairs[i].sock, fds[0], events, on_event);
}

static int set_up(void **state)
{
    (void)state;
    ev = ev_loop_new(EVFLAG_AUTO);
    sock_set_init(&set, ev);
    ntaken = 0;
    also = NULL;
    for (int i = 0; i < MANY; i++)
        open_pair(i, EV_READ);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (int i = 0; i < MANY; i++) {
        sock_close(&pairs[i].sock);
        close(pairs[i].far);
    }
    assert_null(set.first);
    ev_loop_destroy(ev);
    return 0;
}

/* The other end has written to it, and the loop has seen that. */
static void ready(int i)
{
    assert_int_equal(write(pairs[i].far, "x", 1), 1);
    ev_run(ev, EVRUN_NOWAIT);
    assert_true(sock_is_noted(&pairs[i].sock));
}

static void drain(struct pair *p)
{
    char bytes[64];
    while (read(p->sock.io.fd, bytes, sizeof bytes) > 0)
        ;
}

static void expect_taken(const int *who, int n)
{
    assert_int_equal(ntaken, n);
    for (int i = 0; i < n; i++)
        assert_int_equal(taken[i].who, who[i]);
    ntaken = 0;
}

static void notes_are_taken_in_the_order_they_came(void **state)
{
    (void)state;
    ready(3);
    ready(1);
    ready(7);
    ready(1);
    assert_int_equal(ntaken, 0); /* the loop alone calls nobody */
    assert_int_equal(sock_set_take(&set, 2), 1);
    expect_taken((int[]){ 3, 1 }, 2);
    assert_int_equal(sock_set_take(&set, 5), 0);
    expect_taken((int[]){ 7 }, 1);
    assert_int_equal(sock_set_take(&set, 5), 0);
    assert_int_equal(ntaken, 0);
}

static void taking_none_tells_whether_there_are_some(void **state)
{
    (void)state;
    assert_int_equal(sock_set_take(&set, 0), 0);
    ready(0);
    assert_int_equal(sock_set_take(&set, 0), 1);
    assert_int_equal(ntaken, 0);
}

static void a_handler_is_told_what_came_in_all(void **state)
{
    (void)state;
    sock_watch(&pairs[2].sock, EV_WRITE);
    ev_run(ev, EVRUN_NOWAIT);
    sock_watch(&pairs[2].sock, EV_READ);
    ready(2);
    sock_set_take(&set, 8);
    assert_int_equal(ntaken, 1);
    assert_int_equal(taken[0].events, EV_READ | EV_WRITE);
    ntaken = 0;
    drain(&pairs[2]);
    ready(2);
    sock_set_take(&set, 8);
    assert_int_equal(taken[0].events, EV_READ); /* nothing is left over */
}

static void note_again(struct pair *p)
{
    if (p == &pairs[4] && ntaken < 4)
        sock_note(&p->sock, EV_READ);
}

static void who_asks_for_more_goes_last(void **state)
{
    (void)state;
    also = note_again;
    ready(4);
    ready(5);
    ready(6);
    assert_int_equal(sock_set_take(&set, 3), 1);
    expect_taken((int[]){ 4, 5, 6 }, 3);
    assert_int_equal(sock_set_take(&set, 3), 1);
    expect_taken((int[]){ 4, 4, 4 }, 3);
    ntaken = 4;
    assert_int_equal(sock_set_take(&set, 3), 0);
}

static void one_that_is_released_is_forgotten(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) { /* the first, middle, last in the list */
        ready(0);
        ready(1);
        ready(2);
        int fd = pairs[i].sock.io.fd;
        sock_release(&pairs[i].sock);
        assert_false(sock_is_noted(&pairs[i].sock));
        sock_release(&pairs[i].sock); /* nothing to do */
        ready((i + 1) % 3);           /* the list is whole */
        sock_set_take(&set, 8);
        assert_int_equal(ntaken, 2);
        for (int k = 0; k < 2; k++)
            assert_int_not_equal(taken[k].who, i);
        ntaken = 0;
        assert_int_not_equal(fcntl(fd, F_GETFD), -1); /* it stays open */
        for (int k = 0; k < 3; k++)
            drain(&pairs[k]);
        sock_open(&set, &pairs[i].sock, fd, EV_READ, on_event);
    }
    ready(2);
    sock_set_take(&set, 8);
    expect_taken((int[]){ 2 }, 1);
}

static void one_that_is_closed_is_closed_once(void **state)
{
    struct sock never = { 0 };
    (void)state;
    sock_close(&never); /* all zeroes: closed */
    int fd = pairs[0].sock.io.fd;
    ready(0);
    sock_close(&pairs[0].sock);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
    int other = dup(0); /* likely the same number */
    sock_close(&pairs[0].sock);
    assert_int_not_equal(fcntl(other, F_GETFD), -1);
    close(other);
    assert_int_equal(sock_set_take(&set, 8), 0);
    assert_int_equal(ntaken, 0);
    close(pairs[0].far);
    open_pair(0, EV_READ);
}

static void close_the_others(struct pair *p)
{
    for (int i = 0; i < MANY; i++)
        if (&pairs[i] != p)
            sock_close(&pairs[i].sock);
    sock_close(&p->sock);
}

static void a_handler_may_close_all_with_notes_itself_too(void **state)
{
    (void)state;
    for (int i = 0; i < MANY; i++)
        ready(i);
    also = close_the_others;
    assert_int_equal(sock_set_take(&set, 8), 0);
    assert_int_equal(ntaken, 1);
}

static void one_that_watches_nothing_hears_nothing(void **state)
{
    (void)state;
    close(pairs[0].far);
    sock_close(&pairs[0].sock);
    open_pair(0, 0);
    assert_int_equal(write(pairs[0].far, "x", 1), 1);
    ev_run(ev, EVRUN_NOWAIT);
    assert_false(sock_is_noted(&pairs[0].sock));
    sock_watch(&pairs[0].sock, EV_READ);
    ev_run(ev, EVRUN_NOWAIT);
    assert_true(sock_is_noted(&pairs[0].sock));
    sock_set_take(&set, 8);
    sock_watch(&pairs[0].sock, 0);
    ev_run(ev, EVRUN_NOWAIT);
    assert_false(sock_is_noted(&pairs[0].sock));
    sock_watch(&pairs[0].sock, EV_WRITE);
    ev_run(ev, EVRUN_NOWAIT);
    sock_set_take(&set, 8);
    assert_int_equal(taken[1].events, EV_WRITE);
}

static void a_peer_that_is_gone_is_an_event(void **state)
{
    (void)state;
    close(pairs[9].far);
    ev_run(ev, EVRUN_NOWAIT);
    sock_set_take(&set, 8);
    expect_taken((int[]){ 9 }, 1);
    assert_true(taken[0].events & EV_READ);
    pairs[9].far = dup(0);
}

/* Against a list of who is noted, in order. */
static void thousands_of_random_steps_keep_the_order(void **state)
{
    struct rng r;
    int model[MANY] = { 0 }, n = 0;
    (void)state;
    rng_init(&r, 1, RNG_LOAD, 0);
    for (int step = 0; step < 20000; step++) {
        int who = (int)rng_below(&r, MANY - 1), at = 0;
        struct sock *s = &pairs[who].sock;
        while (at < n && model[at] != who)
            at++;
        assert_int_equal(sock_is_noted(s), at < n);
        switch (rng_below(&r, 2)) {
        case 0:
            sock_note(s, EV_READ);
            if (at == n)
                model[n++] = who;
            break;
        case 1: {
            int fd = s->io.fd;
            sock_release(s);
            sock_open(&set, s, fd, EV_READ, on_event);
            if (at < n) {
                for (int i = at; i + 1 < n; i++)
                    model[i] = model[i + 1];
                n--;
            }
            break;
        }
        default:
            ntaken = 0;
            assert_int_equal(sock_set_take(&set, 1), n > 1);
            assert_int_equal(ntaken, n > 0);
            if (n > 0)
                assert_int_equal(taken[0].who, model[0]);
            for (int i = 0; i + 1 < n; i++)
                model[i] = model[i + 1];
            n -= n > 0;
        }
    }
}

#define T(sentence, fn)                                                        \
    {                                                                          \
        sentence, fn, set_up, tear_down, NULL                                  \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        T("notes are taken in the order they came",
          notes_are_taken_in_the_order_they_came),
        T("taking none tells whether there are some",
          taking_none_tells_whether_there_are_some),
        T("a handler is told what came, in all",
          a_handler_is_told_what_came_in_all),
        T("who asks for more goes last", who_asks_for_more_goes_last),
        T("one that is released is forgotten",
          one_that_is_released_is_forgotten),
        T("one that is closed is closed once",
          one_that_is_closed_is_closed_once),
        T("a handler may close all with notes, itself too",
          a_handler_may_close_all_with_notes_itself_too),
        T("one that watches nothing hears nothing",
          one_that_watches_nothing_hears_nothing),
        T("a peer that is gone is an event", a_peer_that_is_gone_is_an_event),
        T("thousands of random steps keep the order",
          thousands_of_random_steps_keep_the_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
