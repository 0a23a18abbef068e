/* server.c - see server.h */
#include "target/server.h"

#include <microhttpd.h>
#include <strings.h>
#include <unistd.h>

#include "target/metrics.h"
#include "target/reply.h"
#include "target/request.h"
#include "target/router.h"

/* A client that asks before it sends is told at once that its body is too
 * large.  Any other is heard out: to hang up on a sender would lose it the
 * answer. */
static enum MHD_Result begin(struct request *r)
{
    const char *expect = request_header(r, MHD_HTTP_HEADER_EXPECT);
    if (r->too_large && expect != NULL &&
        strcasecmp(expect, "100-continue") == 0)
        return router_answer(r);
    return MHD_YES;
}

/* Called with the header, then for each piece of the body, then once more,
 * and again after a suspended request was resumed. */
static enum MHD_Result on_request(void *cls, struct MHD_Connection *conn,
                                  const char *url, const char *method,
                                  const char *version, const char *bytes,
                                  size_t *len, void **state)
{
    (void)cls;
    (void)version;
    struct request *r = *state;
    if (r == NULL) {
        r = request_new(conn, url, method);
        *state = r;
        return begin(r);
    }
    if (*len != 0) {
        request_feed(r, bytes, *len);
        *len = 0;
        return MHD_YES;
    }
    return router_answer(r);
}

/* libmicrohttpd 0.9.75 on epoll does not always notice that a client hung up
 * right after a piece of its request: such a connection has to time out.
 * Long enough for any think time; suspended requests are not concerned. */
enum { IDLE_S = 300 };

static void on_completed(void *cls, struct MHD_Connection *conn, void **state,
                         enum MHD_RequestTerminationCode why)
{
    (void)cls;
    (void)conn;
    (void)why;
    if (*state != NULL)
        request_free(*state);
    *state = NULL;
}

static void on_connection(void *cls, struct MHD_Connection *conn, void **state,
                          enum MHD_ConnectionNotificationCode what)
{
    (void)cls;
    (void)conn;
    (void)state;
    if (what == MHD_CONNECTION_NOTIFY_STARTED)
        metrics_connected();
    else
        metrics_disconnected();
}

static unsigned thread_count(int threads)
{
    if (threads > 0)
        return (unsigned)threads;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return cores > 0 ? (unsigned)cores : 1;
}

struct MHD_Daemon *server_start(int listen_fd, int threads,
                                unsigned connections)
{
    unsigned pool = thread_count(threads);
    /* The library wants 0, not 1, for a single thread. */
    if (pool == 1)
        pool = 0;
    if (connections < pool)
        connections = pool;
    struct MHD_Daemon *server = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_SUSPEND_RESUME | MHD_USE_TURBO,
        0, NULL, NULL, on_request, NULL, MHD_OPTION_LISTEN_SOCKET, listen_fd,
        MHD_OPTION_THREAD_POOL_SIZE, pool, MHD_OPTION_CONNECTION_LIMIT,
        connections, MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, NULL,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S,
        MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_END);
    if (server == NULL)
        close(listen_fd);
    return server;
}

void server_stop(struct MHD_Daemon *server)
{
    MHD_stop_daemon(server);
}
