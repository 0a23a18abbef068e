/* sock.c - see sock.h */
#include "net/sock.h"

#include <unistd.h>

void sock_set_init(struct sock_set *set, struct ev_loop *ev)
{
    *set = (struct sock_set){ .ev = ev };
    set->last = &set->first;
}

static void forget(struct sock *sock)
{
    struct sock_set *set = sock->set;
    if (sock->link == NULL)
        return;
    *sock->link = sock->next;
    if (sock->next != NULL)
        sock->next->link = sock->link;
    else
        set->last = sock->link;
    sock->link = NULL;
    sock->events = 0;
}

void sock_note(struct sock *sock, int events)
{
    struct sock_set *set = sock->set;
    sock->events |= events & (EV_READ | EV_WRITE);
    if (sock->link != NULL)
        return;
    sock->next = NULL;
    sock->link = set->last;
    *set->last = sock;
    set->last = &sock->next;
}

static void on_event(struct ev_loop *ev, ev_io *io, int revents)
{
    (void)ev;
    sock_note(io->data, revents);
}

void sock_open(struct sock_set *set, struct sock *sock, int fd, int events,
               void (*handle)(struct sock *, int))
{
    sock->set = set;
    sock->handle = handle;
    sock->link = NULL;
    sock->events = 0;
    ev_io_init(&sock->io, on_event, fd, events);
    sock->io.data = sock;
    if (events != 0)
        ev_io_start(set->ev, &sock->io);
}

void sock_watch(struct sock *sock, int events)
{
    if (ev_is_active(&sock->io) && sock->io.events == events)
        return;
    int fd = sock->io.fd;
    ev_io_stop(sock->set->ev, &sock->io);
    ev_io_set(&sock->io, fd, events);
    if (events != 0)
        ev_io_start(sock->set->ev, &sock->io);
}

void sock_release(struct sock *sock)
{
    if (sock->set == NULL)
        return;
    forget(sock);
    ev_io_stop(sock->set->ev, &sock->io);
    sock->set = NULL;
}

void sock_close(struct sock *sock)
{
    if (sock->set == NULL)
        return;
    sock_release(sock);
    close(sock->io.fd);
}

int sock_is_noted(const struct sock *sock)
{
    return sock->link != NULL;
}

int sock_set_take(struct sock_set *set, int n)
{
    while (n-- > 0 && set->first != NULL) {
        struct sock *sock = set->first;
        int events = sock->events;
        forget(sock);
        sock->handle(sock, events);
    }
    return set->first != NULL;
}
