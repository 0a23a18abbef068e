/* multipart.c - see multipart.h */
#include "target/multipart.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

enum { HEAD_MAX = 16384 };

enum {
    IN_PREAMBLE, /* before the first delimiter */
    AFTER_DELIMITER,
    AFTER_DASH, /* one of the two that end everything */
    IN_HEAD,
    IN_BODY,
    IN_EPILOGUE,
    MALFORMED
};

/* The value of a parameter such as name="a", without quotes and escapes, in
 * memory that the caller frees; NULL if it is not there. */
static char *parameter(const char *line, const char *name)
{
    size_t name_len = strlen(name);
    while ((line = strchr(line, ';')) != NULL) {
        line++;
        line += strspn(line, " \t");
        bool ours =
            strncasecmp(line, name, name_len) == 0 && line[name_len] == '=';
        line += strcspn(line, "=;");
        line += *line == '=';
        bool quoted = *line == '"';
        struct buf value = { 0 };
        for (line += quoted; *line != '\0'; line++) {
            if (quoted ? *line == '"' : strchr("; \t\r\n", *line) != NULL)
                break;
            if (quoted && *line == '\\' && line[1] != '\0')
                line++;
            buf_addc(&value, *line);
        }
        char *text = buf_detach(&value);
        if (ours)
            return text;
        free(text);
    }
    return NULL;
}

int multipart_init(struct multipart *m, const char *content_type)
{
    m->state = IN_PREAMBLE;
    m->head = (struct buf){ .max = HEAD_MAX };
    m->size = 0;
    /* The first delimiter may stand at the very beginning, without the line
     * break that belongs to it. */
    m->matched = 2;
    char *boundary = parameter(content_type, "boundary");
    size_t len = boundary != NULL ? strlen(boundary) : 0;
    bool usable = len > 0 && len <= MULTIPART_BOUNDARY_MAX;
    if (usable)
        m->delimiter_len = (size_t)snprintf(m->delimiter, sizeof m->delimiter,
                                            "\r\n--%s", boundary);
    free(boundary);
    return usable ? 0 : -1;
}

void multipart_fini(struct multipart *m)
{
    buf_free(&m->head);
}

/* The line of the head that names the part; "" if there is none. */
static const char *disposition(const char *head)
{
    static const char name[] = "Content-Disposition:";
    while (head != NULL && *head != '\0') {
        if (strncasecmp(head, name, sizeof name - 1) == 0)
            return head;
        head = strchr(head, '\n');
        head += head != NULL;
    }
    return "";
}

static void end_part(struct multipart *m)
{
    char *line = xstrdup(disposition(m->head.data));
    line[strcspn(line, "\r\n")] = '\0';
    char *name = parameter(line, "name");
    char *filename = parameter(line, "filename");
    m->on_part(m->cls, name != NULL ? name : "", filename, m->size);
    free(name);
    free(filename);
    free(line);
}

/* One byte of the preamble or of a body.  A carriage return begins the
 * delimiter and is nowhere else in it, so a match that fails can only start
 * again at this byte. */
static void match(struct multipart *m, char c)
{
    if (c != m->delimiter[m->matched]) {
        m->size += m->matched;
        m->matched = 0;
    }
    if (c != m->delimiter[m->matched]) {
        m->size++;
        return;
    }
    m->matched++;
    if (m->matched < m->delimiter_len)
        return;
    m->matched = 0;
    if (m->state == IN_BODY)
        end_part(m);
    m->state = AFTER_DELIMITER;
}

static void read_head(struct multipart *m, char c)
{
    struct buf *h = &m->head;
    if (buf_addc(h, c) != 0) {
        m->state = MALFORMED;
        return;
    }
    if ((h->len == 2 && memcmp(h->data, "\r\n", 2) == 0) ||
        (h->len >= 4 && memcmp(h->data + h->len - 4, "\r\n\r\n", 4) == 0)) {
        m->state = IN_BODY;
        m->size = 0;
        m->matched = 0;
    }
}

static void after_delimiter(struct multipart *m, char c)
{
    if (c == '-') {
        m->state = AFTER_DASH;
    } else if (c == '\n') {
        m->state = IN_HEAD;
        buf_clear(&m->head, HEAD_MAX);
    } else if (c != ' ' && c != '\t' && c != '\r') {
        m->state = MALFORMED;
    }
}

/* How many of the bytes are plainly content: up to the next carriage
 * return, if no delimiter has begun. */
static size_t plain_bytes(const struct multipart *m, const char *bytes,
                          size_t len)
{
    if (m->matched != 0)
        return 0;
    const char *next = memchr(bytes, '\r', len);
    return next != NULL ? (size_t)(next - bytes) : len;
}

void multipart_feed(struct multipart *m, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        switch (m->state) {
        case IN_PREAMBLE:
        case IN_BODY: {
            size_t skip = plain_bytes(m, bytes + i, len - i);
            m->size += skip;
            i += skip;
            if (i < len)
                match(m, bytes[i]);
            break;
        }
        case AFTER_DELIMITER:
            after_delimiter(m, bytes[i]);
            break;
        case AFTER_DASH:
            m->state = bytes[i] == '-' ? IN_EPILOGUE : MALFORMED;
            break;
        case IN_HEAD:
            read_head(m, bytes[i]);
            break;
        default:
            return;
        }
    }
}

bool multipart_complete(const struct multipart *m)
{
    return m->state == IN_EPILOGUE;
}
