/* names.h - getaddrinfo() as a test wants it: this one is found before the C
 * library's.  Names that are not in the table do not exist.
 *
 * Set names_held to 1, and every lookup waits in its thread until it is 0.
 */
#ifndef TESTS_NAMES_H
#define TESTS_NAMES_H

#include <arpa/inet.h>
#include <netdb.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
    const char *name, *addresses; /* in getaddrinfo's order */
} names[] = {
    { "four.test", "127.0.0.1" },
    { "six.test", "::1" },
    { "wild.test", "127.0.0.1" },
    { "a.wild.test", "127.0.0.1" },
    { "both.test", "::1 127.0.0.1" },
    { "other-way.test", "127.0.0.1 ::1" },
    { "moved.test", "127.0.0.2 127.0.0.1" },
    { "many.test", "127.0.0.1 127.0.0.2 127.0.0.3 127.0.0.4 127.0.0.5 "
                   "127.0.0.6 127.0.0.7 127.0.0.8 127.0.0.9 ::1 ::2" },
    { "few.test", "127.0.0.1 127.0.0.2 127.0.0.3 ::1" },
};

static atomic_int names_held, names_asked, names_answered;

static inline struct addrinfo *names_make(const char *address, int port)
{
    struct addrinfo *a = calloc(1, sizeof *a + sizeof(struct sockaddr_in6));
    struct sockaddr_in *v4 = (struct sockaddr_in *)(a + 1);
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)(a + 1);
    a->ai_addr = (struct sockaddr *)v4;
    if (inet_pton(AF_INET, address, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t)port);
        a->ai_addrlen = sizeof *v4;
    } else {
        inet_pton(AF_INET6, address, &v6->sin6_addr);
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons((uint16_t)port);
        a->ai_addrlen = sizeof *v6;
    }
    a->ai_family = a->ai_addr->sa_family;
    a->ai_socktype = SOCK_STREAM;
    return a;
}

static inline struct addrinfo *names_list(const char *addresses, int port)
{
    struct addrinfo *list = NULL, **last = &list;
    char copy[256], *rest = NULL;
    snprintf(copy, sizeof copy, "%s", addresses);
    for (char *at = strtok_r(copy, " ", &rest); at != NULL;
         at = strtok_r(NULL, " ", &rest)) {
        *last = names_make(at, port);
        last = &(*last)->ai_next;
    }
    return list;
}

int getaddrinfo(const char *node, const char *service,
                const struct addrinfo *hints, struct addrinfo **res)
{
    (void)hints;
    atomic_fetch_add(&names_asked, 1);
    while (atomic_load(&names_held))
        usleep(500);
    atomic_fetch_add(&names_answered, 1);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i].name, node) == 0) {
            int port = service ? (int)strtol(service, NULL, 10) : 0;
            *res = names_list(names[i].addresses, port);
            return 0;
        }
    return EAI_NONAME;
}

void freeaddrinfo(struct addrinfo *list)
{
    while (list != NULL) {
        struct addrinfo *next = list->ai_next;
        free(list);
        list = next;
    }
}

#endif
