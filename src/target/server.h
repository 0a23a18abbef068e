/* server.h - the HTTP server library, set up and fed.
 *
 * Worker threads of libmicrohttpd on epoll; a connection stays with the
 * worker that accepted it.
 */
#ifndef TARGET_SERVER_H
#define TARGET_SERVER_H

struct MHD_Daemon;

/* Serves on a listening socket, which is taken over.  NULL on failure, with
 * the socket closed.  `threads`: 0 for one per core. */
struct MHD_Daemon *server_start(int listen_fd, int threads,
                                unsigned connections);

/* Ends all connections.  Nothing may be suspended any more. */
void server_stop(struct MHD_Daemon *server);

#endif
