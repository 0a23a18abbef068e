/* listen.h - the listening socket, and as many descriptors as allowed.
 *
 * For the thread that starts the server.
 */
#ifndef TARGET_LISTEN_H
#define TARGET_LISTEN_H

/* Opens a listening, non-blocking TCP socket.  Returns it and stores the
 * port really bound; or -1, with the reason on stderr. */
int listen_open(const char *host, int port, int *bound_port);

/* Raises the soft limit of open files to the hard one; returns how many
 * connections fit, which is never more than a million. */
unsigned listen_capacity(void);

#endif
