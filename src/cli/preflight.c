/* preflight.c - see preflight.h */
#include "cli/preflight.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/mem.h"

enum { PATIENCE_MS = 5000 };

/* 0, or the errno of why not. */
static int try_connect(int family, const struct sockaddr *addr, socklen_t len)
{
    int err = 0;
    socklen_t size = sizeof err;
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return errno;
    if (connect(fd, addr, len) != 0) {
        struct pollfd p = { .fd = fd, .events = POLLOUT };
        err = errno;
        if (err == EINPROGRESS) {
            int n = poll(&p, 1, PATIENCE_MS);
            if (n == 0)
                err = ETIMEDOUT;
            else
                getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &size);
        }
    }
    close(fd);
    return err;
}

static char *split_url(const char *url, char *host, size_t size, char **port)
{
    const char *at = strstr(url, "://");
    int tls = strncmp(url, "https", 5) == 0;
    at = at ? at + 3 : url;
    size_t len = strcspn(at, "/?#");
    const char *user = memchr(at, '@', len);
    if (user != NULL) {
        len -= (size_t)(user + 1 - at);
        at = user + 1;
    }
    snprintf(host, size, "%.*s", (int)len, at);
    char *colon = strrchr(host, ':');
    if (host[0] == '[') { /* an IPv6 address */
        char *end = strchr(host, ']');
        if (end != NULL) {
            colon = end[1] == ':' ? end + 1 : NULL;
            *end = '\0';
        }
        host++;
    }
    *port = (char *)(tls ? "443" : "80");
    if (colon != NULL && colon[1] != '\0') {
        *colon = '\0';
        *port = colon + 1;
    }
    return host;
}

static char *connect_host(const char *host, const char *port)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list;
    int rc = getaddrinfo(host, port, &hints, &list);
    if (rc != 0)
        return xasprintf("%s: %s", host, gai_strerror(rc));
    int err = EHOSTUNREACH;
    for (struct addrinfo *a = list; a != NULL && err != 0; a = a->ai_next)
        err = try_connect(a->ai_family, a->ai_addr, a->ai_addrlen);
    freeaddrinfo(list);
    return err ? xasprintf("%s:%s: %s", host, port, strerror(err)) : NULL;
}

static char *connect_unix(const char *path)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    if (strlen(path) >= sizeof addr.sun_path)
        return xasprintf("%s: the path is too long for a socket", path);
    memcpy(addr.sun_path, path, strlen(path));
    int err = try_connect(AF_UNIX, (struct sockaddr *)&addr, sizeof addr);
    return err ? xasprintf("%s: %s", path, strerror(err)) : NULL;
}

char *preflight(const char *url, const char *unix_socket)
{
    char host[300], *port;
    if (unix_socket != NULL)
        return connect_unix(unix_socket);
    char *name = split_url(url, host, sizeof host, &port);
    return connect_host(name, port);
}
