/* target.c - see target.h: the order of starting and stopping */
#include "target/target.h"

#include <jansson.h>
#include <microhttpd.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "target/endpoints.h"
#include "target/listen.h"
#include "target/metrics.h"
#include "target/reply.h"
#include "target/server.h"
#include "target/sessions.h"

static void init(void)
{
    /* Seeds jansson's hashes before there are threads. */
    json_object_seed(0);
    metrics_init();
    basics_init();
    content_init();
    toolbox_init();
}

static void fini(void)
{
    toolbox_fini();
    content_fini();
    sessions_clear();
    reply_fini();
}

static void announce(const struct target_options *o, const char *host, int port)
{
    if (o->announce) {
        int v6 = strchr(host, ':') != NULL;
        printf("listening on http://%s%s%s:%d\n", v6 ? "[" : "", host,
               v6 ? "]" : "", port);
        fflush(stdout);
    }
    if (o->ready_fd >= 0)
        dprintf(o->ready_fd, "%d\n", port);
}

/* Serves until one of the signals in `quit`, which are blocked. */
static int serve(const struct target_options *o, const char *host,
                 const sigset_t *quit)
{
    int port;
    unsigned connections = listen_capacity();
    int fd = listen_open(host, o->port, &port);
    if (fd < 0)
        return -1;
    if (delay_start() != 0) {
        close(fd);
        fputs("target: cannot start a thread\n", stderr);
        return -1;
    }
    struct MHD_Daemon *server = server_start(fd, o->threads, connections);
    if (server == NULL) {
        delay_stop();
        fputs("target: cannot start the server\n", stderr);
        return -1;
    }
    announce(o, host, port);
    if (o->ready_fd >= 0)
        close(o->ready_fd);
    int signal_number;
    sigwait(quit, &signal_number);
    delay_stop();
    server_stop(server);
    return 0;
}

int target_serve(const struct target_options *o)
{
    sigset_t quit, old_mask;
    sigemptyset(&quit);
    sigaddset(&quit, SIGINT);
    sigaddset(&quit, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &quit, &old_mask);
    struct sigaction ignore = { .sa_handler = SIG_IGN }, old_pipe;
    sigaction(SIGPIPE, &ignore, &old_pipe);
    init();
    int result = serve(o, o->host ? o->host : "127.0.0.1", &quit);
    fini();
    if (result != 0 && o->ready_fd >= 0)
        close(o->ready_fd);
    sigaction(SIGPIPE, &old_pipe, NULL);
    pthread_sigmask(SIG_SETMASK, &old_mask, NULL);
    return result;
}

const char *target_library_version(void)
{
    return MHD_get_version();
}
