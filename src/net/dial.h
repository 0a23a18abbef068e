/* dial.h - a connection to the first of several addresses that answers.
 *
 * The addresses are tried in their order: the next one at once when one
 * fails, and beside it when it is silent for a quarter of a second (RFC 8305).
 * The first that stands wins and the others are given up.  There is no time
 * limit here: cancel it.
 */
#ifndef NET_DIAL_H
#define NET_DIAL_H

#include "base/loop.h"
#include "net/address.h"

struct dial;

/* Calls done() once, never from inside: with the descriptor, or -1 and the
 * errno of the last failure that tells more than that there is no way.
 * Then the dial is gone. */
struct dial *dial_start(struct sock_set *set, struct loop *loop,
                        const struct addresses *to,
                        void (*done)(void *arg, int fd, int err), void *arg);
void dial_cancel(struct dial *d);

#endif
