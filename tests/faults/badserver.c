/* badserver.c - a web server that misbehaves on demand, for the tests.
 *
 *     badserver [SOCKET]
 *
 * Listens on a free port of 127.0.0.1, and on a Unix socket if one is named,
 * prints "listening on http://127.0.0.1:PORT" and serves until it is killed.
 * The path says what goes wrong: see `canned` and `paths` below.  /count
 * answers with how many requests each path had, and how many bytes came and
 * went before that request.  A request for a whole URL is taken as one to a
 * proxy, and answered with that URL.
 *
 * It speaks bytes: nothing here comes from the program under test.  One
 * thread per connection.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { HEAD_MAX = 65536, PATHS_MAX = 64 };

struct conn {
    int fd;
    int requests; /* so far, this one included */
    char head[HEAD_MAX];
    size_t len; /* of what was read */
    size_t head_len;
    char method[16];
    char path[1024];
    const char *query;  /* "" without one */
    unsigned long body; /* bytes of it that came */
};

/* ---- counting ---- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
    char path[64];
    int n;
} counts[PATHS_MAX];
static int connections;
static unsigned long bytes_in, bytes_out;

static void count_bytes(unsigned long in, unsigned long out)
{
    pthread_mutex_lock(&lock);
    bytes_in += in;
    bytes_out += out;
    pthread_mutex_unlock(&lock);
}

/* All below "/first/" are one. */
static void count_request(const char *whole)
{
    char path[64];
    snprintf(path, sizeof path, "%.*s",
             (int)(whole[0] == '/' ? 1 + strcspn(whole + 1, "/") : 63), whole);
    pthread_mutex_lock(&lock);
    int i = 0;
    while (i < PATHS_MAX - 1 && counts[i].n > 0 &&
           strcmp(counts[i].path, path) != 0)
        i++;
    snprintf(counts[i].path, sizeof counts[i].path, "%.63s", path);
    counts[i].n++;
    pthread_mutex_unlock(&lock);
}

/* The request of whoever asks, of `asking` bytes, is not among the bytes. */
static void list_counts(char *out, size_t size, unsigned long asking)
{
    pthread_mutex_lock(&lock);
    size_t n = (size_t)snprintf(out, size,
                                "{\"connections\":%d,\"bytes_in\":%lu,"
                                "\"bytes_out\":%lu,\"requests\":{",
                                connections, bytes_in - asking, bytes_out);
    for (int i = 0; i < PATHS_MAX && counts[i].n > 0 && n < size; i++)
        n += (size_t)snprintf(out + n, size - n, "%s\"%s\":%d", i ? "," : "",
                              counts[i].path, counts[i].n);
    if (n < size)
        snprintf(out + n, size - n, "}}");
    pthread_mutex_unlock(&lock);
}

/* ---- requests ---- */

/* The value of a header as it stands in the head, or NULL. */
static const char *header(struct conn *c, const char *name)
{
    size_t len = strlen(name);
    for (char *line = strchr(c->head, '\n'); line; line = strchr(line, '\n')) {
        line++;
        if (strncasecmp(line, name, len) == 0 && line[len] == ':')
            return line + len + 1 + strspn(line + len + 1, " ");
    }
    return NULL;
}

static int has_header(struct conn *c, const char *name, const char *word)
{
    const char *value = header(c, name);
    return value != NULL && strncasecmp(value, word, strlen(word)) == 0;
}

static void put(struct conn *c, const char *text)
{
    size_t len = strlen(text);
    count_bytes(0, len); /* before who got them asks */
    while (len > 0) {
        ssize_t n = send(c->fd, text, len, MSG_NOSIGNAL);
        if (n <= 0)
            return;
        text += n;
        len -= (size_t)n;
    }
}

static int read_more(struct conn *c)
{
    ssize_t n = recv(c->fd, c->head + c->len, sizeof c->head - 1 - c->len, 0);
    if (n <= 0)
        return -1;
    count_bytes((unsigned long)n, 0);
    c->len += (size_t)n;
    c->head[c->len] = '\0';
    return 0;
}

/* Reads the body that the head announces and forgets it.  Of a chunked one
 * only the end is looked for. */
static int read_body(struct conn *c)
{
    char bytes[65536];
    const char *length = header(c, "Content-Length");
    int chunked = has_header(c, "Transfer-Encoding", "chunked");
    unsigned long want = length ? strtoul(length, NULL, 10) : 0;
    size_t here = c->len - c->head_len;
    memcpy(bytes, c->head + c->head_len, here);
    c->body = here;
    size_t last = here;
    while (chunked ? last < 5 || memcmp(bytes + last - 5, "0\r\n\r\n", 5) != 0
                   : c->body < want) {
        ssize_t n = recv(c->fd, bytes, sizeof bytes, 0);
        if (n <= 0)
            return -1;
        count_bytes((unsigned long)n, 0);
        last = (size_t)n;
        c->body += last;
    }
    return 0;
}

/* Reads what comes and forgets it, until the client goes. */
static void linger(struct conn *c)
{
    char bytes[65536];
    ssize_t n;
    while ((n = recv(c->fd, bytes, sizeof bytes, 0)) > 0)
        count_bytes((unsigned long)n, 0);
}

static void reset_at_close(struct conn *c)
{
    struct linger at_once = { .l_onoff = 1, .l_linger = 0 };
    setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

/* What does not wait for the body; tells whether that was such a path. */
static int answer_early(struct conn *c)
{
    if (strncmp(c->path, "/early", 6) != 0)
        return 0;
    if (strcmp(c->path, "/early-end") != 0)
        put(c, "HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nno!");
    if (strcmp(c->path, "/early") == 0) /* it stays, and reads nothing */
        sleep(1);
    else
        usleep(30000);
    if (strcmp(c->path, "/early-reset") == 0)
        reset_at_close(c);
    return 1; /* closed with bytes unread: the kernel makes that a reset */
}

/* 0 when there is a whole request, -1 at the end of the connection. */
static int read_request(struct conn *c)
{
    char *end;
    c->len = 0;
    c->head[0] = '\0';
    while ((end = strstr(c->head, "\r\n\r\n")) == NULL) {
        if (c->len == sizeof c->head - 1 || read_more(c) != 0)
            return -1;
        if (c->head[0] == 0x16) { /* the beginning of TLS */
            put(c, "HTTP/1.1 400 Bad Request\r\n\r\n");
            return -1;
        }
    }
    c->head_len = (size_t)(end + 4 - c->head);
    if (sscanf(c->head, "%15s %1023s", c->method, c->path) != 2)
        return -1;
    char *query = strchr(c->path, '?');
    c->query = query ? query + 1 : "";
    if (query != NULL)
        *query = '\0';
    if (answer_early(c))
        return -1;
    if (strcmp(c->path, "/slow-reader") == 0)
        usleep(100000);
    /* A client that waits for a go-ahead waits for long. */
    if (has_header(c, "Expect", "100"))
        sleep(1);
    if (read_body(c) != 0)
        return -1;
    c->head[c->head_len] = '\0';
    c->requests++;
    count_request(c->path);
    return 0;
}

static void put_answer(struct conn *c, const char *headers, const char *body)
{
    char head[2048];
    snprintf(head, sizeof head,
             "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n%s\r\n", strlen(body),
             headers);
    put(c, head);
    put(c, body);
}

/* ---- answers that are always the same bytes ---- */

/* LINGER: until the client goes; LATER: after 20 ms. */
enum then { STAY, CLOSE, RESET, LINGER, LATER };

#define OK "HTTP/1.1 200 OK\r\n"
#define CHUNKED OK "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n"

static const struct {
    const char *path, *text;
    enum then then;
} canned[] = {
    /* These are right. */
    { "/ok", OK "Content-Length: 2\r\n\r\nok", STAY },
    { "/chunked",
      CHUNKED "4;x=y\r\nay, \r\n4\r\nfine\r\n0\r\nX-Last: yes\r\n"
              "\r\n",
      STAY },
    { "/no-length", OK "\r\nuntil the end", CLOSE },
    { "/loop",
      "HTTP/1.1 302 Found\r\nLocation: /loop\r\n"
      "Content-Length: 0\r\n\r\n",
      STAY },
    { "/no-content", "HTTP/1.1 204 No Content\r\nContent-Length: 9\r\n\r\n",
      STAY },
    { "/not-modified",
      "HTTP/1.1 304 Not Modified\r\nContent-Length: 900\r\n\r\n", STAY },
    { "/length-only", OK "Content-Length: 900\r\n\r\n", STAY }, /* to HEAD */
    { "/old", "HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nold", CLOSE },
    { "/old-keep",
      "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 3\r\n"
      "\r\nold",
      STAY },
    { "/old-no-length", "HTTP/1.0 200 OK\r\n\r\nuntil the end", CLOSE },
    { "/slow-reader", OK "Content-Length: 2\r\n\r\nok", STAY },
    /* Nor is this wrong; but who does not expect it loses a request. */
    { "/close-after", OK "Content-Length: 2\r\n\r\nok", CLOSE },
    { "/close-idle", OK "Content-Length: 2\r\n\r\nok", LATER },
    { "/reset-after", OK "Content-Length: 2\r\n\r\nok", RESET },
    /* These are not. */
    { "/close", "", CLOSE },
    { "/half-head", OK "Content-Type: text/pl", CLOSE },
    { "/reset", "", RESET },
    { "/reset-body", OK "Content-Length: 100\r\n\r\nhalf of it", RESET },
    { "/short", OK "Content-Length: 100\r\n\r\nten bytes.", CLOSE },
    { "/long", OK "Content-Length: 3\r\n\r\nten bytes.", LINGER },
    { "/two-lengths", OK "Content-Length: 9\r\nContent-Length: 2\r\n\r\nok",
      STAY },
    { "/garbage", "220 mail.example.com ESMTP is what this is\r\n", CLOSE },
    { "/bad-chunk", CHUNKED "zz\r\nwhat?\r\n0\r\n\r\n", CLOSE },
    { "/cut-chunk", CHUNKED "5\r\nwh", CLOSE },
    { "/bad-gzip",
      OK "Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\n"
         "plain",
      STAY },
    { "/never", "", LINGER },
};

static int put_canned(struct conn *c, size_t i)
{
    put(c, canned[i].text);
    switch (canned[i].then) {
    case RESET:
        usleep(50000); /* a reset overtakes what was sent just before */
        reset_at_close(c);
        return 0;
    case LINGER:
        linger(c);
        return 0;
    case LATER:
        usleep(20000);
        return 0;
    default:
        return canned[i].then == STAY;
    }
}

/* ---- answers that depend on something ---- */

static int do_count(struct conn *c)
{
    char text[8192];
    list_counts(text, sizeof text, c->head_len);
    put_answer(c, "Content-Type: application/json\r\n", text);
    return 1;
}

static int do_head(struct conn *c)
{
    put_answer(c, "Content-Type: text/plain\r\n", c->head);
    return 1;
}

/* To what stands behind the question mark. */
static int do_to(struct conn *c)
{
    char head[1200];
    const char *url = strchr(c->head, '?');
    int len = url ? (int)strcspn(url + 1, " ") : 0;
    snprintf(head, sizeof head,
             "HTTP/1.1 307 To There\r\nContent-Length: 0\r\n"
             "Location: %.*s\r\n\r\n",
             len, url ? url + 1 : "");
    put(c, head);
    return 1;
}

static int do_body(struct conn *c)
{
    char text[64];
    snprintf(text, sizeof text, "{\"bytes\":%lu,\"requests\":%d}", c->body,
             c->requests);
    put_answer(c, "", text);
    return 1;
}

static int do_drop_second(struct conn *c)
{
    return c->requests == 1 && do_body(c);
}

/* /cut/N: the first N bytes of an answer. */
static int do_cut(struct conn *c)
{
    char text[] = OK "Content-Length: 5\r\nX-Some: thing\r\n\r\nhello";
    size_t at = strtoul(c->path + strlen("/cut/"), NULL, 10);
    if (at < sizeof text)
        text[at] = '\0';
    put(c, text);
    return 0;
}

/* /split/N: the same in two pieces of which the first has N bytes. */
static int do_split(struct conn *c)
{
    char text[] = OK "Content-Length: 5\r\nX-Some: thing\r\n\r\nhello";
    size_t at = strtoul(c->path + strlen("/split/"), NULL, 10);
    char first[sizeof text];
    snprintf(first, sizeof first, "%.*s", (int)at, text);
    put(c, first);
    usleep(1000);
    put(c, text + strlen(first));
    return 1;
}

/* /go/STATUS?WHERE */
static int do_go(struct conn *c)
{
    char text[1200];
    snprintf(text, sizeof text,
             "HTTP/1.1 %.3s Go\r\nLocation: %s\r\nContent-Length: 5\r\n\r\n"
             "there",
             c->path + strlen("/go/"), c->query);
    put(c, text);
    return 1;
}

/* /cookie?A=B sets it. */
static int do_cookie(struct conn *c)
{
    char line[1100];
    snprintf(line, sizeof line, "Set-Cookie: %s\r\n", c->query);
    put_answer(c, line, "");
    return 1;
}

static int do_slow(struct conn *c)
{
    const char *text = OK "Content-Length: 4\r\n\r\nslow";
    for (; *text != '\0'; text++) {
        char byte[2] = { *text, '\0' };
        put(c, byte);
        usleep(2000);
    }
    return 1;
}

static int do_interim(struct conn *c)
{
    put(c, "HTTP/1.1 100 Continue\r\n\r\n"
           "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n");
    usleep(100000);
    put_answer(c, "", "after all");
    return 1;
}

static int do_huge_header(struct conn *c)
{
    char line[1001];
    memset(line, 'x', 1000);
    line[1000] = '\0';
    put(c, OK "X-Huge: ");
    for (int i = 0; i < 200; i++)
        put(c, line);
    put(c, "\r\nContent-Length: 2\r\n\r\nok");
    return 1;
}

static int do_digest(struct conn *c)
{
    if (has_header(c, "Authorization", "Digest"))
        return do_head(c);
    put(c, "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n"
           "WWW-Authenticate: Digest realm=\"r\", nonce=\"abc\", "
           "qop=\"auth\", algorithm=MD5\r\n\r\n");
    return 1;
}

static const struct {
    const char *path;
    int (*answer)(struct conn *); /* whether the connection stays */
} paths[] = {
    { "/count", do_count },
    { "/head", do_head },               /* the request's head as the body */
    { "/to", do_to },                   /* 307 to the URL behind the ? */
    { "/body", do_body },               /* how long the request's body was */
    { "/drop-second", do_drop_second }, /* no answer on a reused connection */
    { "/slow", do_slow },               /* 2 ms between any two bytes */
    { "/cut", do_cut },                 /* only its beginning */
    { "/split", do_split },             /* in two pieces */
    { "/go", do_go },                   /* a redirect */
    { "/cookie", do_cookie },           /* sets one */
    { "/interim", do_interim },         /* 100 and 103, and 200 after 100 ms */
    { "/huge-header", do_huge_header }, /* one of 200 KB */
    { "/digest", do_digest },           /* asks for it; any answer is right */
};

/* Whether it is that path, or one that begins with it and a slash. */
static int is_below(const char *path, const char *first)
{
    size_t len = strlen(first);
    return strncmp(path, first, len) == 0 &&
           (path[len] == '\0' || path[len] == '/');
}

static int answer(struct conn *c)
{
    if (strncmp(c->path, "http://", 7) == 0) {
        put_answer(c, "Via: 1.1 badserver\r\n", c->path);
        return 1;
    }
    for (size_t i = 0; i < sizeof canned / sizeof *canned; i++)
        if (strcmp(canned[i].path, c->path) == 0)
            return put_canned(c, i);
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        if (is_below(c->path, paths[i].path))
            return paths[i].answer(c);
    put(c, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    return 1;
}

/* ---- connections ---- */

static void *serve(void *arg)
{
    struct conn *c = arg;
    while (read_request(c) == 0 && answer(c))
        ;
    close(c->fd);
    free(c);
    return NULL;
}

static void *accept_all(void *arg)
{
    int listener = *(int *)arg;
    for (;;) {
        struct conn *c = calloc(1, sizeof *c);
        pthread_t thread;
        int on = 1;
        c->fd = accept(listener, NULL, NULL);
        setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (c->fd < 0 || pthread_create(&thread, NULL, serve, c) != 0) {
            perror("badserver");
            exit(1);
        }
        pthread_detach(thread);
        pthread_mutex_lock(&lock);
        connections++;
        pthread_mutex_unlock(&lock);
    }
}

static int listen_on(int family, void *address, socklen_t len)
{
    int fd = socket(family, SOCK_STREAM, 0);
    if (fd < 0 || bind(fd, address, len) != 0 || listen(fd, 128) != 0) {
        perror("badserver");
        exit(1);
    }
    return fd;
}

int main(int argc, char **argv)
{
    struct sockaddr_in in = { .sin_family = AF_INET };
    struct sockaddr_un un = { .sun_family = AF_UNIX };
    socklen_t len = sizeof in;
    pthread_t thread;
    int unix_fd;
    signal(SIGPIPE, SIG_IGN);
    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = listen_on(AF_INET, &in, sizeof in);
    getsockname(fd, (struct sockaddr *)&in, &len);
    if (argc > 1) {
        snprintf(un.sun_path, sizeof un.sun_path, "%s", argv[1]);
        unix_fd = listen_on(AF_UNIX, &un, sizeof un);
        pthread_create(&thread, NULL, accept_all, &unix_fd);
    }
    printf("listening on http://127.0.0.1:%d\n", ntohs(in.sin_port));
    fflush(stdout);
    accept_all(&fd);
    return 0;
}
