/* address.h - names to addresses, off the loop.
 *
 * getaddrinfo() blocks, so each lookup runs in a thread of its own and tells
 * the loop through an eventfd.  A lookup that is cancelled is left to end by
 * itself: its thread touches nothing but the lookup.
 */
#ifndef NET_ADDRESS_H
#define NET_ADDRESS_H

#include <stdint.h>
#include <sys/socket.h>

#include "net/sock.h"

struct address {
    socklen_t len;
    struct sockaddr_storage at;
};

enum { ADDRESSES_MAX = 8 };

struct addresses { /* in the order in which they are to be tried */
    unsigned n;
    struct address list[ADDRESSES_MAX];
    const char *error; /* why there are none: a sentence of the C library */
    int64_t took_us;
};

struct lookup;

/* An IP literal needs no lookup: returns whether it is one. */
int address_parse(const char *host, unsigned port, struct addresses *out);

/* The path of a Unix socket; -1: too long. */
int address_unix(const char *path, struct addresses *out);

/* Calls done() once from the loop, unless it is cancelled.  Returns NULL,
 * with errno, when no thread or descriptor is to be had. */
struct lookup *lookup_start(struct sock_set *set, const char *host,
                            unsigned port,
                            void (*done)(void *arg, const struct addresses *),
                            void *arg);
void lookup_cancel(struct lookup *l);

#endif
