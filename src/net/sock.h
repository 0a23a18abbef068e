/* sock.h - descriptors whose events are taken a few at a time.
 *
 * The loop only notes that something came for a socket; the client takes the
 * notes in that order, a few per round, so that the answer, the script that
 * it wakes and the request that follows are handled while the memory of that
 * user is still in the core's cache.
 *
 * Embed a sock; all zeroes is one that is closed.  It belongs to one set, and
 * both to the thread of their loop.
 */
#ifndef NET_SOCK_H
#define NET_SOCK_H

#include <ev.h>

struct sock {
    ev_io io; /* .fd is the descriptor */
    void (*handle)(struct sock *sock, int events);
    /* private */
    struct sock_set *set;
    struct sock *next, **link; /* link NULL: nothing is noted */
    int events;                /* noted */
};

struct sock_set { /* those with something to do, oldest first */
    struct ev_loop *ev;
    struct sock *first, **last;
};

/* An empty set. */
void sock_set_init(struct sock_set *set, struct ev_loop *ev);

/* Watches fd for `events` (EV_READ, EV_WRITE); 0: for none yet. */
void sock_open(struct sock_set *set, struct sock *sock, int fd, int events,
               void (*handle)(struct sock *, int));
/* Watches for other events. */
void sock_watch(struct sock *sock, int events);

/* Watches it no more and forgets its notes; the descriptor stays open. */
void sock_release(struct sock *sock);
void sock_close(struct sock *sock);

/* Notes it as the loop would: there is more to do, after the others. */
void sock_note(struct sock *sock, int events);

/* Whether something was noted and not taken yet. */
int sock_is_noted(const struct sock *sock);

/* Handles up to n notes; tells whether some are left. */
int sock_set_take(struct sock_set *set, int n);

#endif
