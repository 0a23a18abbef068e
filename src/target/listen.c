/* listen.c - see listen.h */
#include "target/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    BACKLOG = 4096,
    OWN_DESCRIPTORS = 100, /* standard streams, epolls, event descriptors */
    FEWEST = 16,
    MOST = 1000000,
};

static int complain(const char *host, int port, const char *why)
{
    fprintf(stderr, "target: cannot listen on %s port %d: %s\n", host, port,
            why);
    return -1;
}

static int bind_one(const struct addrinfo *address)
{
    int fd = socket(address->ai_family,
                    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, address->ai_addr, address->ai_addrlen) != 0 ||
        listen(fd, BACKLOG) != 0) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

static int port_of(int fd)
{
    struct sockaddr_storage address = { 0 };
    socklen_t len = sizeof address;
    if (getsockname(fd, (struct sockaddr *)&address, &len) != 0)
        return 0;
    if (address.ss_family == AF_INET6)
        return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
    return ntohs(((struct sockaddr_in *)&address)->sin_port);
}

int listen_open(const char *host, int port, int *bound_port)
{
    char service[16];
    snprintf(service, sizeof service, "%d", port);
    if (port < 0 || port > 65535)
        return complain(host, port, "a port is 0 to 65535");
    struct addrinfo hints = {
        .ai_socktype = SOCK_STREAM,
        .ai_flags = AI_PASSIVE | AI_NUMERICSERV,
    };
    struct addrinfo *address;
    int error = getaddrinfo(host, service, &hints, &address);
    if (error != 0)
        return complain(host, port, gai_strerror(error));
    int fd = bind_one(address);
    freeaddrinfo(address);
    if (fd < 0 && errno == EADDRINUSE)
        return complain(host, port, "the port is in use by another program");
    if (fd < 0)
        return complain(host, port, strerror(errno));
    *bound_port = port_of(fd);
    return fd;
}

unsigned listen_capacity(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return FEWEST;
    if (limit.rlim_cur < limit.rlim_max) {
        rlim_t before = limit.rlim_cur;
        limit.rlim_cur = limit.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
            limit.rlim_cur = before;
    }
    if (limit.rlim_cur == RLIM_INFINITY ||
        limit.rlim_cur > MOST + OWN_DESCRIPTORS)
        return MOST;
    if (limit.rlim_cur < FEWEST + OWN_DESCRIPTORS)
        return FEWEST;
    return (unsigned)limit.rlim_cur - OWN_DESCRIPTORS;
}
