/* native_client.c - HTTP/1.1 of our own; see native_internal.h */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "net/native_internal.h"

/* ---- which requests ---- */

const char *native_obstacle(const struct http_request *req,
                            const struct http_special *s)
{
    if (s->proxy != NULL && s->proxy[0] != '\0')
        return "the option proxy";
    if (s->version >= HTTP_2)
        return "HTTP/2";
    if (s->auth != HTTP_AUTH_NONE)
        return "digest and NTLM authentication";
    if (req->flags & HTTP_COMPRESSED)
        return "the option compression";
    return NULL;
}

static struct native_client *client_of(struct http_client *http)
{
    if (http->native == NULL) {
        http->native = xcalloc(1, sizeof *http->native);
        http->native->http = http;
    }
    return http->native;
}

/* ---- origins ---- */

static const char *or_empty(const char *s)
{
    return s ? s : "";
}

static char *extra_of(const struct http_special *s)
{
    if (s->unix_socket == NULL && s->ca == NULL && s->cert == NULL &&
        s->key == NULL && s->server_name == NULL && !s->insecure &&
        !s->no_resume)
        return xstrdup("");
    return xasprintf("%s\n%s\n%s\n%s\n%s\n%d%d", or_empty(s->unix_socket),
                     or_empty(s->ca), or_empty(s->cert), or_empty(s->key),
                     or_empty(s->server_name), s->insecure, s->no_resume);
}

static int set_addresses(struct flight *f, struct origin *o,
                         const struct http_special *s)
{
    if (s->unix_socket == NULL) {
        address_parse(o->host, o->port, &o->to);
        return 0;
    }
    if (address_unix(s->unix_socket, &o->to) == 0)
        return 0;
    http_fail(f, 1210, "no_socket", ORIGIN_SCRIPT,
              "the path of the Unix socket is too long");
    return -1;
}

static void origin_free(struct origin *o)
{
    if (o->lookup != NULL)
        lookup_cancel(o->lookup);
    free(o->text);
    free(o->extra);
    free(o->host);
    free(o->host_line);
    free(o->server_name);
    free(o);
}

static struct origin *new_origin(struct native_client *c, struct flight *f,
                                 char *extra)
{
    const struct url_parts *url = &f->parts_of_url;
    const struct http_special *s = http_special_of(f);
    struct origin *o = xcalloc(1, sizeof *o);
    o->len = (size_t)(url->authority + url->authority_len - f->url);
    o->text = xstrndup(f->url, o->len);
    o->extra = extra;
    o->tls = url->tls;
    o->host = xstrndup(url->host, url->host_len);
    o->port = url->port;
    o->host_line =
        xasprintf("Host: %.*s\r\n", (int)url->authority_len, url->authority);
    o->host_line_len = strlen(o->host_line);
    o->resume = !s->no_resume;
    o->server_name = xstrdup(s->server_name ? s->server_name : o->host);
    size_t dot = strlen(o->server_name);
    if (dot > 1 && o->server_name[dot - 1] == '.')
        o->server_name[dot - 1] = '\0'; /* RFC 6066, 3 */
    if (set_addresses(f, o, s) != 0) {
        origin_free(o);
        return NULL;
    }
    if (o->tls)
        o->context = tls_context_get(&c->contexts, s);
    o->next = c->origins;
    return c->origins = o;
}

/* One comparison when all requests go to one place. */
static int is_origin(const struct origin *o, const char *url, size_t len,
                     const char *extra)
{
    return o->len == len && memcmp(o->text, url, len) == 0 &&
           strcmp(o->extra, extra) == 0;
}

struct origin *native_origin(struct native_client *c, struct flight *f)
{
    const struct url_parts *url = &f->parts_of_url;
    size_t len = (size_t)(url->authority + url->authority_len - f->url);
    char *extra = NULL;
    const char *of_default = c->extra;
    if (f->call.req.special != NULL)
        extra = extra_of(f->call.req.special);
    else if (of_default == NULL)
        of_default = c->extra = extra_of(http_special_of(f));
    const char *wanted = extra ? extra : of_default;
    struct origin *o = c->origins;
    while (o != NULL && !is_origin(o, f->url, len, wanted))
        o = o->next;
    if (o != NULL) {
        free(extra);
        return o;
    }
    return new_origin(c, f, extra ? extra : xstrdup(of_default));
}

void native_prepare(struct http_client *http)
{
    struct native_client *c = client_of(http);
    tls_context_get(&c->contexts, &http->options.special);
}

/* ---- connections of a session ---- */

/* A session that goes to ever new places does not keep them all. */
enum { KEPT_MAX = 256 };

void native_make_room(struct http_session *s)
{
    struct conn *oldest = NULL;
    if (s->nconns < KEPT_MAX)
        return;
    for (struct conn *conn = s->conns; conn != NULL; conn = conn->next)
        if (conn->state == CONN_IDLE)
            oldest = conn;
    if (oldest != NULL)
        conn_close(oldest);
}

void native_forget(struct conn *conn)
{
    struct conn **at = &conn->session->conns;
    while (*at != conn)
        at = &(*at)->next;
    *at = conn->next;
    conn->session->nconns--;
}

static struct conn *find_idle(struct http_session *s, const struct origin *o)
{
    struct conn *conn = s->conns;
    while (conn != NULL) {
        struct conn *next = conn->next;
        if (conn->state == CONN_IDLE && conn->origin == o) {
            if (!conn_is_stale(conn))
                return conn;
            conn_close(conn);
        }
        conn = next;
    }
    return NULL;
}

static int start(struct flight *f)
{
    struct native_client *c = client_of(f->session->client);
    if (f->bad_url) {
        http_fail(f, 1020, "bad_url", ORIGIN_SCRIPT, "the URL is not valid");
        return -1;
    }
    if (f->parts_of_url.userinfo_len > 0) {
        http_fail(f, 1020, "bad_url", ORIGIN_SCRIPT,
                  "a user name in the URL is for the transport curl; use the "
                  "option auth");
        return -1;
    }
    struct origin *o = native_origin(c, f);
    if (o == NULL)
        return -1;
    /* What was lost on a kept connection is not tried on another kept one. */
    struct conn *conn = f->retries == 0 ? find_idle(f->session, o) : NULL;
    if (conn == NULL)
        return conn_open(f, o);
    conn_request(conn, f);
    return 0;
}

/* An exchange that is not finished cannot be left on the connection. */
static void cancel(struct flight *f)
{
    struct conn *conn = f->carrier;
    conn_count_bytes(conn);
    conn_close(conn);
}

const struct transport transport_native = { "native", start, cancel };

void native_session_free(struct http_session *s)
{
    while (s->conns != NULL)
        conn_close(s->conns);
    while (s->tickets != NULL) {
        struct tls_ticket *t = s->tickets;
        s->tickets = t->next;
        SSL_SESSION_free(t->session);
        free(t);
    }
}

void native_client_free(struct native_client *c)
{
    if (c == NULL)
        return;
    while (c->origins != NULL) {
        struct origin *o = c->origins;
        c->origins = o->next;
        origin_free(o);
    }
    tls_contexts_free(c->contexts);
    buf_free(&c->out);
    free(c->extra);
    free(c);
}

/* ---- debugging ---- */

void native_print(const char *mark, const char *bytes, size_t len)
{
    if (len > 0)
        fprintf(stderr, "%s%.*s%s", mark, (int)len, bytes,
                bytes[len - 1] == '\n' ? "" : "\n");
}
