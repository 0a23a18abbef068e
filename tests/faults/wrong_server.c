/* wrong_server.c - a tool server that is wrong in exactly one way.
 *
 *     wrong_server [FAULT]
 *
 * Listens on a free port of 127.0.0.1, prints "listening on
 * http://127.0.0.1:PORT" and serves until it is killed.  It speaks the
 * protocol of POST /tools as the built-in target does, but shares no code
 * with it.  The faults:
 *
 *     none          it is right
 *     wrong-sum     every tenth result is one too high
 *     empty-search  a search finds nothing
 *     few-tools     it has 24 tools
 *     error-as-200  list fails, under the status 200
 *     slow-list     list takes 30 ms
 *     loses-bytes   it reads at most a million bytes of a body
 *     accepts       a request without a name is answered with ok
 *     wrong-status  an unknown tool is 400, not 404
 *     stuck         after a division by zero the next request fails
 *     tires         each list takes 1 us longer than the one before
 *     stalls        one stretch of lists is ten times as slow
 *
 * What it counts, it counts per connection.  One thread for each.
 */
#include <arpa/inet.h>
#include <pthread.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define TOKEN                                                                  \
    "^(null|true|false|-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][-+]?[0-9]+)?)"
#define SUM "^([0-9]+) ([-+*/]) ([0-9]+)( \\+ ([0-9]+))?$"

enum { LINE_BYTES = 65536, BODY_MAX = 1 << 30, ANSWER_MAX = 1024 };
enum { TOOLS_MAX = 30, DEPTH_MAX = 512 /* of nested JSON */ };

struct conn {
    FILE *in;
    char *body; /* ends in a NUL that len does not count */
    size_t len;
    int lists, sums, stuck;
};

/* Set before the first connection. */
static const char *fault;
static char tools[TOOLS_MAX][24];
static int tool_count;
static regex_t token, sum;

static int wrong(const char *how)
{
    return strcmp(fault, how) == 0;
}

/* ---- JSON ----
 *
 * Everything is checked, but only the fields asked for are kept.  Strings are
 * decoded where they stand.  The NUL behind the body stops every scan.
 */

enum kind { NOTHING, SCALAR, OBJECT, OTHER }; /* NOTHING: absent or null */

struct value {
    enum kind kind;
    const char *text; /* of a string; empty for numbers */
    size_t len;
};

struct field {
    const char *name; /* NULL ends a table of them */
    struct value *into;
    const struct field *inside; /* of the object that it is, or NULL */
};

struct json {
    char *at;
    int depth;
};

static int parse_value(struct json *j, struct value *v,
                       const struct field *fields);

static int is(const struct value *v, const char *text)
{
    return v->kind == SCALAR && v->len == strlen(text) &&
           memcmp(v->text, text, v->len) == 0;
}

/* Skips blanks; returns what comes then. */
static char peek(struct json *j)
{
    j->at += strspn(j->at, " \t\r\n");
    return *j->at;
}

/* Whether that was next.  Then it is behind us. */
static int skip(struct json *j, char c)
{
    if (peek(j) != c)
        return 0;
    j->at++;
    return 1;
}

/* Bytes of a character that may stand in a string as it is, else 0. */
static size_t char_len(const char *text)
{
    const unsigned char *s = (const unsigned char *)text;
    if (s[0] < 0x80)
        return s[0] >= 0x20;
    if (s[0] < 0xc2 || s[0] > 0xf4)
        return 0;
    size_t n = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
    for (size_t i = 1; i < n; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    /* Too long, a surrogate, or past the last character there is. */
    if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
        (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
        return 0;
    return n;
}

static int parse_escape(struct json *j, char *out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    char c = j->at[1], digits[5] = "";
    const char *which = c ? strchr(from, c) : NULL;
    if (which != NULL) {
        *out = to[which - from];
        j->at += 2;
        return 0;
    }
    if (c != 'u' || strspn(j->at + 2, "0123456789abcdefABCDEF") < 4)
        return -1;
    memcpy(digits, j->at + 2, 4);
    long code = strtol(digits, NULL, 16);
    /* No name that is looked for has a character past ASCII. */
    *out = code < 0x80 ? (char)code : '?';
    j->at += 6;
    return 0;
}

static int parse_string(struct json *j, struct value *v)
{
    char *out = ++j->at, *start = out;
    while (*j->at != '"') {
        if (*j->at == '\\') {
            if (parse_escape(j, out++) != 0)
                return -1;
            continue;
        }
        size_t n = char_len(j->at);
        if (n == 0)
            return -1;
        if (out != j->at)
            memmove(out, j->at, n);
        out += n;
        j->at += n;
    }
    j->at++;
    *out = '\0';
    *v = (struct value){ SCALAR, start, (size_t)(out - start) };
    return 0;
}

/* A number, null, true or false. */
static int parse_token(struct json *j, struct value *v)
{
    regmatch_t match;
    if (regexec(&token, j->at, 1, &match, 0) != 0)
        return -1;
    v->kind = *j->at == 'n' ? NOTHING : strchr("tf", *j->at) ? OTHER : SCALAR;
    j->at += match.rm_eo;
    return 0;
}

/* One "name": value of an object. */
static int parse_member(struct json *j, const struct field *fields)
{
    struct value name, v;
    if (peek(j) != '"' || parse_string(j, &name) != 0 || !skip(j, ':'))
        return -1;
    while (fields != NULL && fields->name != NULL && !is(&name, fields->name))
        fields++;
    int wanted = fields != NULL && fields->name != NULL;
    if (parse_value(j, &v, wanted ? fields->inside : NULL) != 0)
        return -1;
    if (wanted)
        *fields->into = v;
    return 0;
}

/* A list or an object, up to the bracket that ends it. */
static int parse_many(struct json *j, char end, const struct field *fields)
{
    struct value v;
    j->at++;
    if (++j->depth > DEPTH_MAX)
        return -1;
    if (!skip(j, end)) {
        do {
            if (end == '}' ? parse_member(j, fields) : parse_value(j, &v, NULL))
                return -1;
        } while (skip(j, ','));
        if (!skip(j, end))
            return -1;
    }
    j->depth--;
    return 0;
}

static int parse_value(struct json *j, struct value *v,
                       const struct field *fields)
{
    char c = peek(j);
    *v = (struct value){ NOTHING, "", 0 };
    if (c == '{' || c == '[') {
        /* Of two objects under one name the last one counts. */
        for (const struct field *f = fields; f && f->name; f++)
            *f->into = *v;
        v->kind = c == '{' ? OBJECT : OTHER;
        return parse_many(j, c == '{' ? '}' : ']', fields);
    }
    if (c == '"')
        return parse_string(j, v);
    return parse_token(j, v);
}

/* ---- answers: the status is returned, the JSON is in text ---- */

struct request {
    struct value command, name, query, params, expression;
};

static int parse_request(const struct conn *c, struct request *r)
{
    struct json j = { c->body, 0 };
    struct value all;
    const struct field inside[] = { { "expression", &r->expression, NULL },
                                    { NULL, NULL, NULL } };
    const struct field fields[] = { { "command", &r->command, NULL },
                                    { "name", &r->name, NULL },
                                    { "query", &r->query, NULL },
                                    { "params", &r->params, inside },
                                    { NULL, NULL, NULL } };
    *r = (struct request){ 0 };
    if (parse_value(&j, &all, fields) != 0 || all.kind != OBJECT)
        return -1;
    peek(&j);
    return j.at == c->body + c->len ? 0 : -1;
}

static int bad(char *text, int status)
{
    snprintf(text, ANSWER_MAX,
             "{\"status\":\"error\",\"error\":\"this is wrong\"}");
    return status;
}

static int do_list(struct conn *c, char *text)
{
    c->lists++;
    if (wrong("slow-list"))
        usleep(30000);
    if (wrong("tires"))
        usleep((useconds_t)c->lists);
    if (wrong("stalls") && c->lists > 1200 && c->lists <= 1400)
        usleep(12000);
    if (wrong("error-as-200"))
        return bad(text, 200);
    int n = snprintf(text, ANSWER_MAX, "{\"status\":\"ok\",\"tools\":[");
    for (int i = 0; i < tool_count; i++)
        n += snprintf(text + n, (size_t)(ANSWER_MAX - n), "%s\"%s\"",
                      i ? "," : "", tools[i]);
    snprintf(text + n, (size_t)(ANSWER_MAX - n), "]}");
    return 200;
}

static int do_search(const struct request *r, char *text)
{
    if (r->query.kind != SCALAR)
        return bad(text, 400);
    snprintf(text, ANSWER_MAX, "{\"status\":\"ok\",\"results\":[%s]}",
             wrong("empty-search") ? "" : "\"calculator\"");
    return 200;
}

static int do_invoke(struct conn *c, const struct request *r, char *text)
{
    const char *at = r->expression.text;
    regmatch_t m[6];
    if (r->params.kind != OBJECT || r->expression.kind != SCALAR ||
        strlen(at) != r->expression.len || regexec(&sum, at, 6, m, 0) != 0)
        return bad(text, 400);
    double a = strtod(at, NULL), b = strtod(at + m[3].rm_so, NULL), result;
    char op = at[m[2].rm_so];
    if (op == '/' && b == 0) {
        c->stuck = wrong("stuck");
        return bad(text, 400);
    }
    result = op == '+' ? a + b : op == '-' ? a - b : op == '*' ? a * b : a / b;
    if (m[5].rm_so >= 0)
        result += strtod(at + m[5].rm_so, NULL);
    if (wrong("wrong-sum") && ++c->sums % 10 == 0)
        result++;
    snprintf(text, ANSWER_MAX,
             "{\"status\":\"ok\",\"tool\":\"calculator\",\"result\":%.15g}",
             result);
    return 200;
}

static int do_tool(struct conn *c, const struct request *r, char *text)
{
    if (r->name.kind != SCALAR) {
        if (!wrong("accepts"))
            return bad(text, 400);
        snprintf(text, ANSWER_MAX, "{\"status\":\"ok\"}");
        return 200;
    }
    int i = 0;
    while (i < tool_count && !is(&r->name, tools[i]))
        i++;
    if (i == tool_count)
        return bad(text, wrong("wrong-status") ? 400 : 404);
    if (is(&r->command, "invoke"))
        return do_invoke(c, r, text);
    size_t bytes = c->len;
    if (wrong("loses-bytes") && bytes > 1000000)
        bytes = 1000000;
    snprintf(text, ANSWER_MAX,
             "{\"status\":\"ok\",\"tool\":{\"name\":\"%s\"},"
             "\"received_bytes\":%zu}",
             tools[i], bytes);
    return 200;
}

static int answer(struct conn *c, char *text)
{
    struct request r;
    if (c->stuck) {
        c->stuck = 0;
        return bad(text, 500);
    }
    if (parse_request(c, &r) != 0)
        return bad(text, 400);
    if (is(&r.command, "list"))
        return do_list(c, text);
    if (is(&r.command, "search"))
        return do_search(&r, text);
    if (is(&r.command, "info") || is(&r.command, "invoke"))
        return do_tool(c, &r, text);
    return bad(text, 400);
}

/* ---- connections ---- */

/* Reads a request.  What its first line asks for does not matter. */
static int read_request(struct conn *c)
{
    static const char length[] = "Content-Length:";
    char line[LINE_BYTES];
    c->len = 0;
    if (fgets(line, sizeof line, c->in) == NULL)
        return -1;
    do {
        if (fgets(line, sizeof line, c->in) == NULL || !strchr(line, '\n'))
            return -1;
        if (strncasecmp(line, length, sizeof length - 1) == 0)
            c->len = strtoul(line + sizeof length - 1, NULL, 10);
    } while (line[strspn(line, " \t\r\n")] != '\0');
    c->body = c->len <= BODY_MAX ? malloc(c->len + 1) : NULL;
    if (c->body == NULL || fread(c->body, 1, c->len, c->in) != c->len)
        return -1;
    c->body[c->len] = '\0';
    return 0;
}

static void *serve(void *arg)
{
    struct conn *c = arg;
    char text[ANSWER_MAX], all[ANSWER_MAX + 256];
    ssize_t sent = 1;
    while (sent > 0 && read_request(c) == 0) {
        int status = answer(c, text);
        int n = snprintf(all, sizeof all,
                         "HTTP/1.1 %d Whatever\r\n"
                         "Content-Type: application/json\r\n"
                         "Content-Length: %zu\r\n\r\n%s",
                         status, strlen(text), text);
        sent = send(fileno(c->in), all, (size_t)n, MSG_NOSIGNAL);
        free(c->body);
        c->body = NULL;
    }
    free(c->body);
    fclose(c->in);
    free(c);
    return NULL;
}

static void name_tools(void)
{
    tool_count = wrong("few-tools") ? 24 : TOOLS_MAX;
    for (int i = 0; i < tool_count; i++)
        snprintf(tools[i], sizeof tools[i], "tool_%d", i + 1);
    snprintf(tools[tool_count - 1], sizeof tools[0], "calculator");
}

static void accept_all(int listener)
{
    for (;;) {
        struct conn *c = calloc(1, sizeof *c);
        pthread_t thread;
        int fd = accept(listener, NULL, NULL);
        if (c == NULL || fd < 0 || (c->in = fdopen(fd, "r")) == NULL ||
            pthread_create(&thread, NULL, serve, c) != 0) {
            perror("wrong_server");
            exit(1);
        }
        pthread_detach(thread);
    }
}

int main(int argc, char **argv)
{
    struct sockaddr_in in = { .sin_family = AF_INET };
    socklen_t len = sizeof in;
    fault = argc > 1 ? argv[1] : "none";
    name_tools();
    regcomp(&token, TOKEN, REG_EXTENDED);
    regcomp(&sum, SUM, REG_EXTENDED);
    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&in, len) != 0 ||
        listen(fd, 64) != 0 ||
        getsockname(fd, (struct sockaddr *)&in, &len) != 0) {
        perror("wrong_server");
        return 1;
    }
    printf("listening on http://127.0.0.1:%d\n", ntohs(in.sin_port));
    fflush(stdout);
    accept_all(fd);
    return 0;
}
