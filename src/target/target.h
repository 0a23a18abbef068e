/* target.h - the built-in system under test: an HTTP server to stress.
 *
 * A real server in one call.  It has endpoints with known laws (a delay, a
 * size, a status), a registry of tools, logins, uploads, and counters that
 * say exactly how many requests it answered.  See router.c for the list of
 * endpoints; GET / serves the same list.
 *
 * It shares no HTTP and no JSON code with the engine, so that neither can
 * hide a mistake of the other.
 *
 * There is one target per process: the modules of this folder keep their
 * state in statics, made before the server's threads start and released
 * after they ended.
 */
#ifndef TARGET_TARGET_H
#define TARGET_TARGET_H

struct target_options {
    const char *host; /* address to bind, "127.0.0.1" by default */
    int port;         /* 0: any free one */
    int threads;      /* worker threads; 0: one per core */
    int ready_fd;     /* where to write "PORT\n" once it listens, then
                       * closed, also on failure; -1: nowhere */
    int announce;     /* print "listening on http://HOST:PORT" on stdout */
};

/* Serves until SIGINT or SIGTERM.  Returns 0, or -1 with a message on stderr
 * (a port in use, an address that is not ours).  To be called from the main
 * thread, before the process has others: it blocks the two signals in every
 * thread that it starts. */
int target_serve(const struct target_options *options);

/* The version of libmicrohttpd, "0.9.75". */
const char *target_library_version(void);

#endif
