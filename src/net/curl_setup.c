/* curl_setup.c - a request as options of an easy handle; see http.h
 *
 * Handles are reused and options stick, so each request sets what it needs
 * and what the one before left behind: the set_... fields remember that.
 * Rare options go through `special`: such a handle is reset before its next
 * use.  Defaults of libcurl are never trusted.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "net/curl_internal.h"

/* Up to here a body leaves with the head, in one system call; a larger one
 * is handed over piece by piece, so that its end can be stamped. */
enum { BODY_AT_ONCE = 64 * 1024 };

/* libcurl makes and frees its read buffer for every transfer.  The smallest
 * comes from malloc's cache of small pieces, which saves a twentieth of a
 * request's cost; handles whose answers are larger get a large one. */
enum { BUFFER_SMALL = 1024, BUFFER_LARGE = 64 * 1024 };

#define CA_FILE "/etc/ssl/certs/ca-certificates.crt"

/* ---- callbacks ---- */

static curl_socket_t on_open_socket(void *arg, curlsocktype purpose,
                                    struct curl_sockaddr *addr)
{
    struct transfer *t = arg;
    (void)purpose;
    int fd =
        socket(addr->family, addr->socktype | SOCK_CLOEXEC, addr->protocol);
    if (fd >= 0) {
        t->call->new_connection = 1;
        return fd;
    }
    /* libcurl would report the errno of some earlier call. */
    t->socket_errno = errno;
    return CURL_SOCKET_BAD;
}

static int on_close_socket(void *arg, curl_socket_t fd)
{
    (void)arg;
    return close(fd);
}

/* Once per attempt: connected, nothing sent yet. */
static int on_attempt(void *arg, char *remote_ip, char *local_ip,
                      int remote_port, int local_port)
{
    struct transfer *t = arg;
    (void)remote_ip, (void)local_ip, (void)remote_port, (void)local_port;
    struct http_call *call = t->call;
    /* After a complete answer it is not a repetition: libcurl goes on by
     * itself where a server asked for authentication. */
    call->attempts += call->attempts == 0 || !t->flight->head_done;
    call->times.send = clock_us();
    call->times.first_byte = 0;
    call->status = 0;
    /* What leaves at once is on its way now; this libcurl does not tell. */
    int at_once = t->flight->body_len <= BODY_AT_ONCE;
    call->times.sent = at_once ? call->times.send : 0;
    return CURL_PREREQFUNC_OK;
}

static size_t on_read_body(char *out, size_t size, size_t n, void *arg)
{
    struct transfer *t = arg;
    const struct flight *f = t->flight;
    size_t want = size * n, left = f->body_len - t->body_at;
    if (want > left)
        want = left;
    memcpy(out, f->body + t->body_at, want);
    t->body_at += want;
    if (t->body_at == f->body_len && want > 0)
        t->call->times.sent = clock_us();
    return want;
}

/* libcurl rewinds a body to send it again. */
static int on_seek_body(void *arg, curl_off_t offset, int origin)
{
    struct transfer *t = arg;
    if (origin != SEEK_SET || offset < 0 ||
        (size_t)offset > t->flight->body_len)
        return CURL_SEEKFUNC_CANTSEEK;
    t->body_at = (size_t)offset;
    return CURL_SEEKFUNC_OK;
}

static int on_debug(CURL *easy, curl_infotype type, char *data, size_t len,
                    void *arg)
{
    const struct transfer *t = arg;
    (void)easy;
    int bodies = t->client->http->options.debug > 1;
    const char *mark = type == CURLINFO_HEADER_OUT           ? "> "
                       : type == CURLINFO_HEADER_IN          ? "< "
                       : bodies && type == CURLINFO_DATA_OUT ? "}} "
                       : bodies && type == CURLINFO_DATA_IN  ? "{{ "
                                                             : NULL;
    if (mark != NULL)
        fprintf(stderr, "%s%.*s%s", mark, (int)len, data,
                len > 0 && data[len - 1] == '\n' ? "" : "\n");
    return 0;
}

/* ---- special options ---- */

/* Each socket path gets a host name of its own, or libcurl would mix their
 * connections; it is seen only by libcurl. */
static void set_version(CURL *e, enum http_version version)
{
    static const long versions[] = {
        [HTTP_DEFAULT] = CURL_HTTP_VERSION_1_1,
        [HTTP_1_0] = CURL_HTTP_VERSION_1_0,
        [HTTP_1_1] = CURL_HTTP_VERSION_1_1,
        [HTTP_2] = CURL_HTTP_VERSION_2TLS,
        [HTTP_2_PRIOR] = CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE,
    };
    curl_easy_setopt(e, CURLOPT_HTTP_VERSION, versions[version]);
}

static void set_special(CURL *e, const struct http_special *s)
{
    /* "": the proxy variables of the environment do not count, and are not
     * looked up for every request. */
    curl_easy_setopt(e, CURLOPT_NOPROXY, "");
    curl_easy_setopt(e, CURLOPT_PROXY, s->proxy ? s->proxy : "");
    curl_easy_setopt(e, CURLOPT_UNIX_SOCKET_PATH, s->unix_socket);
    set_version(e, s->version);
    if (s->auth != HTTP_AUTH_NONE) {
        curl_easy_setopt(e, CURLOPT_HTTPAUTH,
                         s->auth == HTTP_AUTH_DIGEST ? (long)CURLAUTH_DIGEST
                                                     : (long)CURLAUTH_NTLM);
        curl_easy_setopt(e, CURLOPT_USERNAME, s->user);
        curl_easy_setopt(e, CURLOPT_PASSWORD, s->password);
    }
    curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, s->insecure ? 0L : 1L);
    curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, s->insecure ? 0L : 2L);
    /* One file and no directory: only so does libcurl keep the parsed store
     * from one connection to the next; parsing takes 25 ms. */
    curl_easy_setopt(e, CURLOPT_CAINFO, s->ca ? s->ca : CA_FILE);
    curl_easy_setopt(e, CURLOPT_CAPATH, NULL);
    curl_easy_setopt(e, CURLOPT_SSL_SESSIONID_CACHE, s->no_resume ? 0L : 1L);
    if (s->cert != NULL)
        curl_easy_setopt(e, CURLOPT_SSLCERT, s->cert);
    if (s->key != NULL)
        curl_easy_setopt(e, CURLOPT_SSLKEY, s->key);
}

void curl_setup_base(struct transfer *t)
{
    CURL *e = t->easy;
    struct http_client *c = t->client->http;
    curl_easy_reset(e);
    curl_easy_setopt(e, CURLOPT_SHARE, t->share);
    curl_easy_setopt(e, CURLOPT_PRIVATE, t);
    curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(e, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(e, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(e, CURLOPT_PATH_AS_IS, 1L); /* "/a/../b" too */
    curl_easy_setopt(e, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(e, CURLOPT_CA_CACHE_TIMEOUT, -1L);
    curl_easy_setopt(e, CURLOPT_DNS_CACHE_TIMEOUT, -1L);
    curl_easy_setopt(e, CURLOPT_MAXAGE_CONN, 3600L);
    /* The engine has timeouts of its own; these must not come before. */
    curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, 86400000L);
    curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, 0L);
    curl_easy_setopt(e, CURLOPT_ERRORBUFFER, t->error_text);
    curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, t);
    curl_easy_setopt(e, CURLOPT_CLOSESOCKETFUNCTION, on_close_socket);
    curl_easy_setopt(e, CURLOPT_PREREQFUNCTION, on_attempt);
    curl_easy_setopt(e, CURLOPT_PREREQDATA, t);
    curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, curl_on_header);
    curl_easy_setopt(e, CURLOPT_HEADERDATA, t);
    curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, curl_on_body);
    curl_easy_setopt(e, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(e, CURLOPT_READFUNCTION, on_read_body);
    curl_easy_setopt(e, CURLOPT_READDATA, t);
    curl_easy_setopt(e, CURLOPT_SEEKFUNCTION, on_seek_body);
    curl_easy_setopt(e, CURLOPT_SEEKDATA, t);
    if (c->options.debug) {
        curl_easy_setopt(e, CURLOPT_VERBOSE, 1L);
        curl_easy_setopt(e, CURLOPT_DEBUGFUNCTION, on_debug);
        curl_easy_setopt(e, CURLOPT_DEBUGDATA, t);
    }
    curl_easy_setopt(e, CURLOPT_BUFFERSIZE, (long)BUFFER_SMALL);
    t->buffer_size = BUFFER_SMALL;
    free(t->set_url);
    t->set_url = NULL;
    set_special(e, &c->options.special);
    t->tainted = t->set_headers = t->set_cookies = t->set_body = 0;
    t->set_custom = t->set_nobody = t->set_encoding = 0;
}

/* ---- one request ---- */

static void set_method(struct transfer *t)
{
    CURL *e = t->easy;
    const struct http_request *req = &t->call->req;
    const struct flight *f = t->flight;
    int has_body = f->has_body;
    int nobody = (req->flags & HTTP_HEAD) != 0;
    if (t->set_nobody && !nobody) {
        curl_easy_setopt(e, CURLOPT_NOBODY, 0L);
        curl_easy_setopt(e, CURLOPT_HTTPGET, 1L);
    }
    if (t->set_body && !has_body) {
        curl_easy_setopt(e, CURLOPT_POSTFIELDS, NULL);
        curl_easy_setopt(e, CURLOPT_HTTPGET, 1L);
    }
    if (nobody)
        curl_easy_setopt(e, CURLOPT_NOBODY, 1L);
    if (has_body) {
        int at_once = f->body_len <= BODY_AT_ONCE;
        t->body_at = 0;
        curl_easy_setopt(e, CURLOPT_POST, 1L);
        const char *body = f->body ? f->body : "";
        curl_easy_setopt(e, CURLOPT_POSTFIELDS, at_once ? body : NULL);
        curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE,
                         (curl_off_t)f->body_len);
    }
    const char *natural = nobody ? "HEAD" : has_body ? "POST" : "GET";
    int custom = strcmp(t->flight->method, natural) != 0;
    if (custom || t->set_custom)
        curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST,
                         custom ? t->flight->method : NULL);
    t->set_custom = custom;
    t->set_body = has_body;
    t->set_nobody = nobody;
}

/* libcurl sends an empty value only when the line ends in a semicolon. */
static struct curl_slist *append(struct curl_slist *list, const char *line)
{
    size_t len = strlen(line);
    if (len < 2 || strcmp(line + len - 2, ": ") != 0)
        return curl_slist_append(list, line);
    char *empty = xasprintf("%.*s;", (int)(len - 2), line);
    list = curl_slist_append(list, empty);
    free(empty);
    return list;
}

static void set_headers(struct transfer *t)
{
    const struct http_request *req = &t->call->req;
    struct curl_slist *list = NULL;
    int typed = 0;
    for (size_t i = 0; i < req->nheaders; i++)
        if (http_header_wanted(t->flight, req->headers[i])) {
            list = append(list, req->headers[i]);
            typed |= http_header_is(req->headers[i], "Content-Type");
        }
    if (t->flight->has_body && t->flight->parts_type != NULL && !typed)
        list = curl_slist_append(list, t->flight->parts_type);
    if (t->host_header != NULL)
        list = curl_slist_append(list, t->host_header);
    /* libcurl would wait a second for a "100 Continue" that never comes, and
     * call every body a form. */
    if (t->flight->body_len > 1000000)
        list = curl_slist_append(list, "Expect:");
    if (t->flight->has_body && !typed && t->flight->parts_type == NULL)
        list = curl_slist_append(list, "Content-Type:");
    t->headers = list;
    if (list != NULL || t->set_headers)
        curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, list);
    t->set_headers = list != NULL;
}

static void set_cookies(struct transfer *t)
{
    const struct buf *cookies = &t->flight->cookies;
    if (cookies->len > 0 || t->set_cookies)
        curl_easy_setopt(t->easy, CURLOPT_COOKIE,
                         cookies->len > 0 ? cookies->data : NULL);
    t->set_cookies = cookies->len > 0;
}

/* Another name for TLS than the URL's: the URL carries that name and the
 * connection goes where the URL went before. */
static int set_server_name(struct transfer *t, const char *name)
{
    CURLU *u = curl_url();
    char *host = NULL, *port = NULL, *explicit_port = NULL, *url = NULL;
    int rc = -1;
    if (curl_url_set(u, CURLUPART_URL, t->flight->url, 0) == CURLUE_OK &&
        curl_url_get(u, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
        curl_url_get(u, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) ==
            CURLUE_OK &&
        curl_url_set(u, CURLUPART_HOST, name, 0) == CURLUE_OK &&
        curl_url_get(u, CURLUPART_URL, &url, 0) == CURLUE_OK) {
        int has_port =
            curl_url_get(u, CURLUPART_PORT, &explicit_port, 0) == CURLUE_OK;
        t->connect_to_text = xasprintf("%s:%s:%s:%s", name, port, host, port);
        t->host_header = xasprintf("Host: %s%s%s", host, has_port ? ":" : "",
                                   has_port ? port : "");
        t->connect_to = curl_slist_append(NULL, t->connect_to_text);
        curl_easy_setopt(t->easy, CURLOPT_CONNECT_TO, t->connect_to);
        curl_easy_setopt(t->easy, CURLOPT_URL, url);
        free(t->set_url);
        t->set_url = NULL;
        rc = 0;
    }
    curl_free(host);
    curl_free(port);
    curl_free(explicit_port);
    curl_free(url);
    curl_url_cleanup(u);
    return rc;
}

/* A URL over a Unix socket: the host in it is replaced by one made from the
 * path, so that two sockets never share a connection. */
static void set_socket_url(struct transfer *t, const char *path)
{
    unsigned long hash = 5381;
    for (const char *p = path; *p != '\0'; p++)
        hash = hash * 33 + (unsigned char)*p;
    const char *host = strstr(t->flight->url, "://");
    host = host ? host + 3 : t->flight->url;
    size_t len = strcspn(host, "/?#");
    char *url =
        xasprintf("%.*sunix-%lx.invalid%s", (int)(host - t->flight->url),
                  t->flight->url, hash, host + len);
    t->host_header = xasprintf("Host: %.*s", (int)len, host);
    curl_easy_setopt(t->easy, CURLOPT_URL, url);
    free(t->set_url);
    t->set_url = NULL;
    free(url);
}

static int refuse(struct transfer *t, int code, const char *text)
{
    http_fail(t->flight, code, "bad_request", ORIGIN_SCRIPT, text);
    return -1;
}

static int set_url(struct transfer *t)
{
    const struct http_special *s = http_special_of(t->flight);
    if (s->unix_socket != NULL) {
        set_socket_url(t, s->unix_socket);
        return 0;
    }
    if (s->server_name != NULL) {
        if (set_server_name(t, s->server_name) != 0)
            return refuse(t, 1020, "the URL is not valid");
        return 0;
    }
    if (t->set_url != NULL && strcmp(t->set_url, t->flight->url) == 0)
        return 0;
    free(t->set_url);
    t->set_url = xstrdup(t->flight->url);
    curl_easy_setopt(t->easy, CURLOPT_URL, t->flight->url);
    return 0;
}

/* Over HTTP/2 this libcurl reads ahead, and with a small buffer forgets that it
 * did: the end of a body would come with the next event of its socket, if ever.
 */
static void set_buffer(struct transfer *t)
{
    int large = t->last_bytes > BUFFER_SMALL ||
                http_special_of(t->flight)->version == HTTP_2;
    long size = large ? BUFFER_LARGE : BUFFER_SMALL;
    if (size != t->buffer_size)
        curl_easy_setopt(t->easy, CURLOPT_BUFFERSIZE, size);
    t->buffer_size = size;
}

int curl_setup_request(struct transfer *t)
{
    const struct http_request *req = &t->call->req;
    if (t->tainted)
        curl_setup_base(t);
    if (req->special != NULL) {
        set_special(t->easy, req->special);
        if (t->flight->drop_auth) { /* it was for another host */
            curl_easy_setopt(t->easy, CURLOPT_USERNAME, NULL);
            curl_easy_setopt(t->easy, CURLOPT_PASSWORD, NULL);
        }
        t->tainted = 1;
    }
    if (req->special != NULL && req->special->version == HTTP_2_PRIOR)
        return refuse(t, 1600,
                      "HTTP/2 with prior knowledge fails on reused "
                      "connections in this libcurl; use https, where "
                      "http_version = \"2\" is negotiated");
    if (set_url(t) != 0)
        return -1;
    set_buffer(t);
    set_method(t);
    set_headers(t);
    set_cookies(t);
    int compressed = (req->flags & HTTP_COMPRESSED) != 0;
    if (compressed != t->set_encoding)
        curl_easy_setopt(t->easy, CURLOPT_ACCEPT_ENCODING,
                         compressed ? "" : NULL);
    t->set_encoding = compressed;
    return 0;
}

void curl_setup_clear(struct transfer *t)
{
    curl_slist_free_all(t->headers);
    t->headers = NULL;
    if (t->connect_to != NULL) {
        curl_easy_setopt(t->easy, CURLOPT_CONNECT_TO, NULL);
        curl_slist_free_all(t->connect_to);
        t->connect_to = NULL;
    }
    free(t->connect_to_text);
    free(t->host_header);
    t->connect_to_text = t->host_header = NULL;
}
