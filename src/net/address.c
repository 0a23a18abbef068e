/* address.c - see address.h */
#include "net/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

struct lookup {
    struct sock sock;  /* an eventfd */
    atomic_int owners; /* the loop and the thread */
    char *host;
    char port[8];
    struct addresses result;
    void (*done)(void *arg, const struct addresses *);
    void *arg;
};

static void drop(struct lookup *l)
{
    if (atomic_fetch_sub(&l->owners, 1) > 1)
        return;
    close(l->sock.io.fd);
    free(l->host);
    free(l);
}

/* ---- without a lookup ---- */

static void add(struct addresses *out, const void *at, socklen_t len)
{
    struct address *a = &out->list[out->n++];
    memcpy(&a->at, at, len);
    a->len = len;
}

int address_parse(const char *host, unsigned port, struct addresses *out)
{
    struct sockaddr_in v4 = { .sin_family = AF_INET,
                              .sin_port = htons((uint16_t)port) };
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6,
                               .sin6_port = htons((uint16_t)port) };
    *out = (struct addresses){ 0 };
    if (inet_pton(AF_INET, host, &v4.sin_addr) == 1)
        add(out, &v4, sizeof v4);
    else if (inet_pton(AF_INET6, host, &v6.sin6_addr) == 1)
        add(out, &v6, sizeof v6);
    return out->n > 0;
}

int address_unix(const char *path, struct addresses *out)
{
    struct sockaddr_un un = { .sun_family = AF_UNIX };
    *out = (struct addresses){ 0 };
    if (strlen(path) >= sizeof un.sun_path)
        return -1;
    memcpy(un.sun_path, path, strlen(path) + 1);
    add(out, &un, sizeof un);
    return 0;
}

/* ---- with one ---- */

/* One of each family in turn, in getaddrinfo's order: when one family leads
 * nowhere, the next address is of the other (RFC 8305, 4). */
static void interleave(struct addresses *out, const struct addrinfo *list)
{
    const struct addrinfo *first = list, *second = list;
    int family = list->ai_family;
    while (out->n < ADDRESSES_MAX && (first != NULL || second != NULL)) {
        while (first != NULL && first->ai_family != family)
            first = first->ai_next;
        if (first != NULL) {
            add(out, first->ai_addr, first->ai_addrlen);
            first = first->ai_next;
        }
        while (second != NULL && second->ai_family == family)
            second = second->ai_next;
        if (second != NULL && out->n < ADDRESSES_MAX) {
            add(out, second->ai_addr, second->ai_addrlen);
            second = second->ai_next;
        }
    }
}

static void *look_up(void *arg)
{
    struct lookup *l = arg;
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
                              .ai_flags = AI_NUMERICSERV };
    struct addrinfo *list = NULL;
    uint64_t one = 1;
    int64_t began = clock_us();
    int rc = getaddrinfo(l->host, l->port, &hints, &list);
    if (rc == 0)
        interleave(&l->result, list);
    else
        l->result.error = gai_strerror(rc);
    if (list != NULL)
        freeaddrinfo(list);
    l->result.took_us = clock_us() - began;
    if (write(l->sock.io.fd, &one, sizeof one) != sizeof one)
        bug("an eventfd cannot be written");
    drop(l);
    return NULL;
}

static void on_found(struct sock *sock, int events)
{
    struct lookup *l = (struct lookup *)sock;
    uint64_t one;
    (void)events;
    if (read(sock->io.fd, &one, sizeof one) != sizeof one)
        return;
    sock_release(sock);
    l->done(l->arg, &l->result);
    drop(l);
}

/* Signals are the main thread's. */
static int start_thread(struct lookup *l)
{
    pthread_t thread;
    pthread_attr_t attr;
    sigset_t all, old;
    sigfillset(&all);
    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int rc = pthread_create(&thread, &attr, look_up, l);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    pthread_attr_destroy(&attr);
    return rc;
}

struct lookup *lookup_start(struct sock_set *set, const char *host,
                            unsigned port,
                            void (*done)(void *arg, const struct addresses *),
                            void *arg)
{
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fd < 0)
        return NULL;
    struct lookup *l = xcalloc(1, sizeof *l);
    atomic_init(&l->owners, 2);
    l->host = xstrdup(host);
    snprintf(l->port, sizeof l->port, "%u", port);
    l->done = done;
    l->arg = arg;
    sock_open(set, &l->sock, fd, EV_READ, on_found);
    int rc = start_thread(l);
    if (rc == 0)
        return l;
    sock_release(&l->sock);
    atomic_store(&l->owners, 1);
    drop(l);
    errno = rc;
    return NULL;
}

void lookup_cancel(struct lookup *l)
{
    sock_release(&l->sock);
    drop(l);
}
