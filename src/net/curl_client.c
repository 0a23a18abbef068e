/* curl_client.c - libcurl's multi interface on our loop; see http.h
 *
 * One multi handle per client.  Each session has a share object that owns its
 * connections and cookies: without it all VUs of a worker would
 * draw from one pool, which is not what users do, and which libcurl walks
 * connection by connection.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "net/curl_internal.h"

struct sock {
    ev_io io;
    struct http_client *client;
    struct sock *next; /* with events, or free */
    int events;        /* CURL_CSELECT_ bits */
    int noted, gone;
};

/* So many answers, and the requests that follow them, fit into a core's
 * cache. */
enum { EVENTS_AT_ONCE = 8 };

/* Connections that a session keeps open, idle ones included. */
enum { SESSION_CONNECTIONS = 256 };

/* ---- calling libcurl ---- */

static void detach(struct transfer *t)
{
    struct http_session *s = t->session;
    if (!t->active)
        return;
    curl_multi_remove_handle(t->client->multi, t->easy);
    loop_disarm(t->client->loop, &t->timeout);
    t->active = 0;
    if (t->prev != NULL)
        t->prev->next = t->next;
    else
        s->active = t->next;
    if (t->next != NULL)
        t->next->prev = t->prev;
    t->prev = t->next = NULL;
}

static void attach(struct transfer *t)
{
    struct http_session *s = t->session;
    t->active = 1;
    t->prev = NULL;
    t->next = s->active;
    if (s->active != NULL)
        s->active->prev = t;
    s->active = t;
    curl_multi_add_handle(t->client->multi, t->easy);
}

static int is_redirect(int status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 ||
           status == 308;
}

static int same_host(const char *a, const char *b)
{
    const char *ha = strstr(a, "://"), *hb = strstr(b, "://");
    if (ha == NULL || hb == NULL)
        return 0;
    size_t na = strcspn(ha + 3, "/?#"), nb = strcspn(hb + 3, "/?#");
    return na == nb && strncmp(ha + 3, hb + 3, na) == 0;
}

/* Goes on to where the answer points.  Returns 0 when it does not. */
static int follow(struct transfer *t)
{
    struct http_call *call = &t->call;
    char *where = NULL;
    if (call->error_code != 0 || !is_redirect(call->status) ||
        call->req.max_redirects == 0)
        return 0;
    curl_easy_getinfo(t->easy, CURLINFO_REDIRECT_URL, &where);
    if (where == NULL)
        return 0;
    if (call->redirects >= (unsigned)call->req.max_redirects) {
        call->error_code = 1000;
        call->error_class = "too_many_redirects";
        call->origin = ORIGIN_SUT;
        call->error = "too many redirects";
        return 0;
    }
    if (call->hop != NULL)
        call->hop(call);
    char *next = xstrdup(where);
    if (!same_host(call->url, next))
        t->drop_auth = 1;
    free(t->redirect_url);
    t->redirect_url = next;
    call->url = next;
    call->redirects++;
    if (call->status != 307 && call->status != 308 &&
        strcmp(t->method, "HEAD") != 0) {
        t->no_body |= strcmp(t->method, "GET") != 0;
        t->method = "GET";
    }
    return 1;
}

static void launch(struct transfer *t);

static void finish(struct transfer *t)
{
    struct http_call *call = &t->call;
    int again = follow(t);
    curl_setup_clear(t);
    if (again) {
        call->times.started = call->times.done;
        launch(t);
        return;
    }
    call->done(call);
}

static void after_libcurl(struct http_client *c)
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
        t->call.times.done = now;
        curl_answer_finish(t, rc);
        detach(t);
        curl_cookies_adopt(t);
        finish(t);
    }
}

/* Only notes it: http_client_receive() takes a few at a time. */
static void on_event(struct ev_loop *ev, ev_io *io, int revents)
{
    (void)ev;
    struct sock *sock = io->data;
    struct http_client *c = sock->client;
    sock->events |= (revents & EV_READ ? CURL_CSELECT_IN : 0) |
                    (revents & EV_WRITE ? CURL_CSELECT_OUT : 0);
    if (sock->noted)
        return;
    sock->noted = 1;
    sock->next = NULL;
    *c->events_tail = sock;
    c->events_tail = &sock->next;
}

static struct sock *next_event(struct http_client *c)
{
    struct sock *sock = c->events;
    c->events = sock->next;
    if (c->events == NULL)
        c->events_tail = &c->events;
    sock->noted = 0;
    return sock;
}

static void give_back(struct http_client *c, struct sock *sock)
{
    sock->next = c->free_socks;
    c->free_socks = sock;
}

int http_client_receive(struct http_client *c)
{
    for (int i = 0; i < EVENTS_AT_ONCE && c->events != NULL; i++) {
        struct sock *sock = next_event(c);
        int running, events = sock->events;
        sock->events = 0;
        if (sock->gone) {
            give_back(c, sock);
            continue;
        }
        curl_multi_socket_action(c->multi, sock->io.fd, events, &running);
        after_libcurl(c);
    }
    return c->events != NULL;
}

int http_client_send(struct http_client *c)
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

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg,
                     void *socketp)
{
    struct http_client *c = arg;
    struct sock *sock = socketp;
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (sock != NULL) {
            ev_io_stop(c->loop->ev, &sock->io);
            sock->gone = 1;
            if (!sock->noted)
                give_back(c, sock);
        }
        return 0;
    }
    int events = (what & CURL_POLL_IN ? EV_READ : 0) |
                 (what & CURL_POLL_OUT ? EV_WRITE : 0);
    if (sock == NULL) {
        sock = c->free_socks;
        if (sock != NULL)
            c->free_socks = sock->next;
        else
            sock = xcalloc(1, sizeof *sock);
        sock->client = c;
        sock->events = sock->gone = 0;
        ev_init(&sock->io, on_event);
        sock->io.data = sock;
        curl_multi_assign(c->multi, fd, sock);
    }
    ev_io_stop(c->loop->ev, &sock->io);
    ev_io_set(&sock->io, fd, events);
    ev_io_start(c->loop->ev, &sock->io);
    return 0;
}

static int on_timer(CURLM *multi, long timeout_ms, void *arg)
{
    struct http_client *c = arg;
    (void)multi;
    if (timeout_ms == 0)
        c->kick = 1;
    else if (timeout_ms < 0)
        loop_disarm(c->loop, &c->timer);
    else
        loop_arm(c->loop, &c->timer,
                 clock_us() + (int64_t)timeout_ms * US_PER_MS);
    return 0;
}

static void on_timeout(struct timer *timer)
{
    struct http_client *c = timer->arg;
    c->kick = 1; /* done in the turn that follows */
}

static void on_call_timeout(struct timer *timer)
{
    struct transfer *t = timer->arg;
    t->call.times.done = clock_us();
    curl_answer_timeout(t);
    detach(t);
    curl_setup_clear(t);
    t->call.done(&t->call);
}

/* The request could not even be made; call->error says why. */
static void on_call_refused(struct timer *timer)
{
    struct transfer *t = timer->arg;
    t->call.times.done = clock_us();
    curl_setup_clear(t);
    t->call.done(&t->call);
}

/* ---- calls ---- */

/* Starts it, or follows a redirect.  A request that cannot be made ends in
 * the next turn, by its timeout's way, so that done() never comes early. */
static void launch(struct transfer *t)
{
    struct http_client *c = t->client;
    curl_answer_reset(t);
    if (curl_setup_request(t) != 0) {
        t->timeout.fire = on_call_refused;
        loop_arm(c->loop, &t->timeout, 0);
        return;
    }
    attach(t);
    t->timeout.fire = on_call_timeout;
    loop_arm(c->loop, &t->timeout, t->deadline);
    c->kick = 1;
}

void http_call_start(struct http_call *call)
{
    struct transfer *t = (struct transfer *)call;
    call->times.started = clock_us();
    call->url = call->req.url;
    t->method = call->req.method;
    t->deadline = call->times.started + call->req.timeout_us;
    launch(t);
}

void http_call_cancel(struct http_call *call)
{
    struct transfer *t = (struct transfer *)call;
    detach(t);
    loop_disarm(t->client->loop, &t->timeout);
    curl_setup_clear(t);
}

struct http_call *http_call_take(struct http_session *s)
{
    struct transfer *t = s->free;
    if (t != NULL) {
        s->free = t->next;
        t->next = NULL;
    } else {
        t = xcalloc(1, sizeof *t);
        t->client = s->client;
        t->session = s;
        t->easy = curl_easy_init();
        if (t->easy == NULL)
            bug("curl_easy_init failed");
        t->timeout = (struct timer){ .fire = on_call_timeout, .arg = t };
        curl_setup_base(t);
    }
    return &t->call;
}

void http_call_release(struct http_call *call)
{
    struct transfer *t = (struct transfer *)call;
    struct http_session *s = t->session;
    struct buf head = call->head, body = call->body;
    /* What one large answer needed is not kept for all that follow. */
    buf_clear(&head, 2048);
    buf_clear(&body, 4096);
    free(t->redirect_url);
    t->redirect_url = NULL;
    t->drop_auth = 0;
    t->no_body = 0;
    *call = (struct http_call){ .head = head, .body = body };
    t->next = s->free;
    s->free = t;
}

static void transfer_free(struct transfer *t)
{
    curl_easy_cleanup(t->easy);
    buf_free(&t->call.head);
    buf_free(&t->call.body);
    buf_free(&t->cookie_lines);
    free(t->redirect_url);
    free(t->set_url);
    free(t);
}

/* ---- sessions and clients ---- */

struct http_session *http_session_new(struct http_client *c)
{
    struct http_session *s = xcalloc(1, sizeof *s);
    s->client = c;
    s->share = curl_share_init();
    if (s->share == NULL)
        bug("curl_share_init failed");
    curl_share_setopt(s->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_CONNECT);
    curl_share_setopt(s->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_COOKIE);
    return s;
}

void http_session_free(struct http_session *s)
{
    while (s->active != NULL) {
        struct transfer *t = s->active;
        http_call_cancel(&t->call);
        http_call_release(&t->call);
    }
    while (s->free != NULL) {
        struct transfer *t = s->free;
        s->free = t->next;
        transfer_free(t);
    }
    curl_share_cleanup(s->share);
    free(s);
}

void http_session_clear_cookies(struct http_session *s)
{
    if (!s->cookies)
        return;
    struct http_call *call = http_call_take(s);
    struct transfer *t = (struct transfer *)call;
    curl_easy_setopt(t->easy, CURLOPT_COOKIELIST, "ALL");
    http_call_release(call);
}

struct http_client *http_client_new(struct loop *loop,
                                    const struct http_options *options)
{
    struct http_client *c = xcalloc(1, sizeof *c);
    c->loop = loop;
    c->options = *options;
    c->events_tail = &c->events;
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

void http_client_free(struct http_client *c)
{
    curl_multi_cleanup(c->multi);
    loop_disarm(c->loop, &c->timer);
    while (c->events != NULL)
        give_back(c, next_event(c));
    while (c->free_socks != NULL) {
        struct sock *sock = c->free_socks;
        c->free_socks = sock->next;
        free(sock);
    }
    free(c);
}

void http_client_take_shortages(struct http_client *c, uint64_t *no_fds,
                                uint64_t *no_ports)
{
    *no_fds = c->no_fds;
    *no_ports = c->no_ports;
    c->no_fds = c->no_ports = 0;
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
