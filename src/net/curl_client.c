/* curl_client.c - libcurl's multi interface on our loop; see http.h
 *
 * One multi handle per client.  Each session has a share object that owns its
 * connections: without it all VUs of a worker would draw from one pool, which
 * is not what users do, and which libcurl walks connection by connection.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "net/curl_internal.h"

/* libcurl tells when it has no more use for one; until its notes are taken
 * it cannot be given to another descriptor. */
struct curl_sock {
    struct sock sock;
    struct curl_client *client;
    struct curl_sock *next; /* free ones */
};

/* Connections that a session keeps open, idle ones included. */
enum { SESSION_CONNECTIONS = 256 };

/* ---- calling libcurl ---- */

static struct curl_session *session_of(struct transfer *t)
{
    return t->flight->session->curl;
}

/* The transfer is free for another flight. */
static void detach(struct transfer *t)
{
    struct curl_session *s = session_of(t);
    curl_multi_remove_handle(t->client->multi, t->easy);
    curl_setup_clear(t);
    t->flight->carrier = NULL;
    t->flight = NULL;
    t->next = s->free;
    s->free = t;
}

static void after_libcurl(struct curl_client *c)
{
    CURLMsg *msg;
    int left;
    int64_t now = 0;
    while ((msg = curl_multi_info_read(c->multi, &left)) != NULL) {
        struct transfer *t;
        CURLcode rc = msg->data.result;
        if (msg->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &t);
        if (now == 0)
            now = clock_us();
        struct flight *f = t->flight;
        f->call.times.done = now;
        curl_answer_finish(t, rc);
        detach(t);
        http_hop_over(f);
    }
}

static void on_event(struct sock *sock, int events)
{
    struct curl_client *c = ((struct curl_sock *)sock)->client;
    int running, bits = (events & EV_READ ? CURL_CSELECT_IN : 0) |
                        (events & EV_WRITE ? CURL_CSELECT_OUT : 0);
    curl_multi_socket_action(c->multi, sock->io.fd, bits, &running);
    after_libcurl(c);
}

int curl_client_send(struct curl_client *c)
{
    int running;
    if (!c->kick)
        return 0;
    c->kick = 0;
    curl_multi_socket_action(c->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    after_libcurl(c);
    return c->kick; /* a redirect that is followed, for instance */
}

/* ---- libcurl calling ---- */

static struct curl_sock *take_sock(struct curl_client *c)
{
    struct curl_sock *sock = c->free_socks;
    if (sock != NULL)
        c->free_socks = sock->next;
    else
        sock = xcalloc(1, sizeof *sock);
    sock->client = c;
    return sock;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg,
                     void *socketp)
{
    struct curl_client *c = arg;
    struct curl_sock *sock = socketp;
    int events = (what & CURL_POLL_IN ? EV_READ : 0) |
                 (what & CURL_POLL_OUT ? EV_WRITE : 0);
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (sock != NULL) {
            sock_release(&sock->sock);
            sock->next = c->free_socks;
            c->free_socks = sock;
        }
        return 0;
    }
    if (sock == NULL) {
        sock = take_sock(c);
        curl_multi_assign(c->multi, fd, sock);
        sock_open(&c->http->socks, &sock->sock, fd, events, on_event);
    } else {
        sock_watch(&sock->sock, events);
    }
    return 0;
}

static int on_timer(CURLM *multi, long timeout_ms, void *arg)
{
    struct curl_client *c = arg;
    (void)multi;
    if (timeout_ms == 0)
        c->kick = 1;
    else if (timeout_ms < 0)
        loop_disarm(c->http->loop, &c->timer);
    else
        loop_arm(c->http->loop, &c->timer,
                 clock_us() + (int64_t)timeout_ms * US_PER_MS);
    return 0;
}

static void on_timeout(struct timer *timer)
{
    struct curl_client *c = timer->arg;
    c->kick = 1; /* done in the turn that follows */
}

/* ---- one hop ---- */

static struct curl_client *client_of(struct http_client *http)
{
    struct curl_client *c = http->curl;
    if (c != NULL)
        return c;
    c = http->curl = xcalloc(1, sizeof *c);
    c->http = http;
    c->timer = (struct timer){ .fire = on_timeout, .arg = c };
    c->multi = curl_multi_init();
    if (c->multi == NULL)
        bug("curl_multi_init failed");
    curl_multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c);
    curl_multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(c->multi, CURLMOPT_TIMERDATA, c);
    curl_multi_setopt(c->multi, CURLMOPT_MAXCONNECTS,
                      (long)SESSION_CONNECTIONS);
    return c;
}

static struct curl_session *open_session(struct http_session *http)
{
    struct curl_session *s = http->curl = xcalloc(1, sizeof *s);
    s->share = curl_share_init();
    if (s->share == NULL)
        bug("curl_share_init failed");
    curl_share_setopt(s->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_CONNECT);
    return s;
}

static struct transfer *take(struct http_session *http)
{
    struct curl_session *s = http->curl ? http->curl : open_session(http);
    struct transfer *t = s->free;
    if (t != NULL) {
        s->free = t->next;
        return t;
    }
    t = xcalloc(1, sizeof *t);
    t->client = client_of(http->client);
    t->share = s->share;
    t->easy = curl_easy_init();
    if (t->easy == NULL)
        bug("curl_easy_init failed");
    curl_setup_base(t);
    return t;
}

static int start(struct flight *f)
{
    struct transfer *t = take(f->session);
    t->flight = f;
    t->call = &f->call;
    f->carrier = t;
    curl_answer_reset(t);
    if (curl_setup_request(t) != 0) {
        detach(t);
        return -1;
    }
    curl_multi_add_handle(t->client->multi, t->easy);
    t->client->kick = 1;
    return 0;
}

static void cancel(struct flight *f)
{
    curl_answer_cancel(f->carrier);
    detach(f->carrier);
}

const struct transport transport_curl = { "curl", start, cancel };

/* ---- life ---- */

static void transfer_free(struct transfer *t)
{
    curl_easy_cleanup(t->easy);
    free(t->set_url);
    free(t);
}

void curl_session_free(struct curl_session *s)
{
    if (s == NULL)
        return;
    while (s->free != NULL) {
        struct transfer *t = s->free;
        s->free = t->next;
        transfer_free(t);
    }
    curl_share_cleanup(s->share);
    free(s);
}

void curl_client_free(struct curl_client *c)
{
    if (c == NULL)
        return;
    curl_multi_cleanup(c->multi);
    loop_disarm(c->http->loop, &c->timer);
    while (c->free_socks != NULL) {
        struct curl_sock *sock = c->free_socks;
        c->free_socks = sock->next;
        free(sock);
    }
    free(c);
}

void http_global_init(void)
{
    if (curl_global_init(CURL_GLOBAL_ALL) != 0)
        bug("curl_global_init failed");
}

const char *http_library_version(void)
{
    return curl_version();
}
