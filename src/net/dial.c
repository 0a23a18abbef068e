/* dial.c - see dial.h */
#include "net/dial.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

enum { STAGGER_US = 250 * US_PER_MS, BACKLOG_RETRY_US = 5 * US_PER_MS };

struct attempt {
    struct sock sock; /* first */
    struct dial *dial;
    int open;
};

struct dial {
    struct sock_set *set;
    struct loop *loop;
    struct timer timer; /* when to try one more, or to report */
    const struct addresses *to;
    unsigned next; /* address to be tried */
    unsigned open;
    int err; /* of the last failure */
    void (*done)(void *arg, int fd, int err);
    void *arg;
    struct attempt attempts[];
};

/* That this machine has no way to one address says less than what another
 * one, or the want of descriptors, had to say. */
static void note_failure(struct dial *d, int err)
{
    if (d->err == 0 || (err != ENETUNREACH && err != EAFNOSUPPORT))
        d->err = err;
}

static void close_attempts(struct dial *d)
{
    for (unsigned i = 0; i < d->next; i++)
        if (d->attempts[i].open)
            sock_close(&d->attempts[i].sock);
    loop_disarm(d->loop, &d->timer);
}

static void finish(struct dial *d, int fd)
{
    void (*done)(void *, int, int) = d->done;
    void *arg = d->arg;
    int err = d->err;
    dial_cancel(d);
    done(arg, fd, err);
}

static void try_next(struct dial *d);

static void on_event(struct sock *sock, int events)
{
    struct attempt *a = (struct attempt *)sock;
    struct dial *d = a->dial;
    int fd = sock->io.fd, err = 0;
    socklen_t len = sizeof err;
    (void)events;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) != 0)
        err = errno;
    sock_release(sock);
    a->open = 0;
    if (err == 0) {
        finish(d, fd);
        return;
    }
    close(fd);
    note_failure(d, err);
    d->open--;
    try_next(d);
}

static int open_socket(const struct address *to)
{
    int family = to->at.ss_family, on = 1;
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0 && family != AF_UNIX)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

/* Returns 0, or the errno. */
static int begin(struct dial *d, unsigned i)
{
    const struct address *to = &d->to->list[i];
    struct attempt *a = &d->attempts[i];
    int fd = open_socket(to);
    if (fd < 0)
        return errno;
    if (connect(fd, (const struct sockaddr *)&to->at, to->len) != 0 &&
        errno != EINPROGRESS) {
        int err = errno;
        close(fd);
        return err;
    }
    a->dial = d;
    a->open = 1;
    d->open++;
    sock_open(d->set, &a->sock, fd, EV_WRITE, on_event);
    return 0;
}

static void wait_until(struct dial *d, int64_t at)
{
    loop_arm(d->loop, &d->timer, at);
}

/* Begins the next attempt that can be begun.  With none left and none under
 * way the failure is reported by the timer, not from inside dial_start(). */
static void try_next(struct dial *d)
{
    while (d->next < d->to->n) {
        unsigned i = d->next++;
        int err = begin(d, i);
        if (err == 0) {
            if (d->next < d->to->n)
                wait_until(d, clock_us() + STAGGER_US);
            return;
        }
        /* A Unix socket's backlog is full. */
        if (err == EAGAIN && d->to->list[i].at.ss_family == AF_UNIX) {
            d->next = i;
            wait_until(d, clock_us() + BACKLOG_RETRY_US);
            return;
        }
        note_failure(d, err);
    }
    if (d->open == 0)
        wait_until(d, 0);
}

static void on_timer(struct timer *timer)
{
    struct dial *d = timer->arg;
    if (d->next < d->to->n)
        try_next(d);
    else if (d->open == 0)
        finish(d, -1);
}

struct dial *dial_start(struct sock_set *set, struct loop *loop,
                        const struct addresses *to,
                        void (*done)(void *arg, int fd, int err), void *arg)
{
    struct dial *d = xcalloc(1, sizeof *d + to->n * sizeof(struct attempt));
    d->set = set;
    d->loop = loop;
    d->to = to;
    d->done = done;
    d->arg = arg;
    d->timer = (struct timer){ .fire = on_timer, .arg = d };
    try_next(d);
    return d;
}

void dial_cancel(struct dial *d)
{
    close_attempts(d);
    free(d);
}
