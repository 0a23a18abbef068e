/* curl_answer.c - what libcurl reports, as a result of ours; see http.h
 *
 * libcurl's CURLE_OK is evidence and not the verdict: it also covers a head
 * that was cut in half and two contradicting lengths.  The numbers of
 * error_code are k6's.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "net/curl_internal.h"

/* ---- what comes in ---- */

void curl_answer_reset(struct transfer *t)
{
    t->socket_errno = 0;
    t->length_lines = 0;
    t->length_conflict = 0;
    t->body_overflow = 0;
    t->last_bytes = t->head_bytes + t->body_bytes;
    t->head_bytes = t->body_bytes = 0;
    t->error_text[0] = '\0';
}

static const char *proto_name(const char *line, size_t len)
{
    if (len >= 8 && memcmp(line, "HTTP/1.1", 8) == 0)
        return "HTTP/1.1";
    if (len >= 8 && memcmp(line, "HTTP/1.0", 8) == 0)
        return "HTTP/1.0";
    return len >= 6 && memcmp(line, "HTTP/2", 6) == 0 ? "HTTP/2" : "";
}

/* A new head begins: an interim one (1xx), the answer, or the answer to
 * another attempt. */
static void begin_head(struct transfer *t, const char *line, size_t len)
{
    struct http_call *call = t->call;
    const char *space = memchr(line, ' ', len);
    int status = 0;
    if (space != NULL && space + 3 < line + len)
        status =
            (space[1] - '0') * 100 + (space[2] - '0') * 10 + (space[3] - '0');
    if (status < 100 || status > 999)
        status = 0;
    buf_clear(&call->head, 1 << 16);
    t->flight->head_done = 0;
    t->length_lines = 0;
    t->length_conflict = 0;
    call->proto = proto_name(line, len);
    call->status = status;
    if (status >= 200 && call->times.first_byte == 0)
        call->times.first_byte = clock_us();
}

static void note_length(struct transfer *t, const char *line, size_t len)
{
    char value[sizeof t->length_value];
    size_t n = 0;
    for (size_t i = 15; i < len && n + 1 < sizeof value; i++)
        if (line[i] >= '0' && line[i] <= '9')
            value[n++] = line[i];
    value[n] = '\0';
    if (t->length_lines++ > 0 && strcmp(value, t->length_value) != 0)
        t->length_conflict = 1;
    memcpy(t->length_value, value, sizeof value);
}

size_t curl_on_header(char *bytes, size_t size, size_t n, void *arg)
{
    struct transfer *t = arg;
    size_t len = size * n;
    t->head_bytes += len;
    if (len >= 5 && memcmp(bytes, "HTTP/", 5) == 0)
        begin_head(t, bytes, len);
    else if (len <= 2 && (bytes[0] == '\r' || bytes[0] == '\n'))
        t->flight->head_done = t->call->status >= 200;
    else if (len > 15 && strncasecmp(bytes, "content-length:", 15) == 0)
        note_length(t, bytes, len);
    else if (len > 11 && strncasecmp(bytes, "set-cookie:", 11) == 0)
        t->flight->cookie_lines = 1;
    buf_add(&t->call->head, bytes, len);
    return len;
}

size_t curl_on_body(char *bytes, size_t size, size_t n, void *arg)
{
    struct transfer *t = arg;
    size_t len = size * n;
    t->body_bytes += len;
    if (t->call->piece != NULL)
        t->call->piece(t->call, bytes, len);
    if (t->call->piece != NULL || t->call->req.flags & HTTP_DISCARD_BODY)
        return len;
    if (t->call->body.len == 0 && t->length_lines == 1) {
        curl_off_t total = -1;
        curl_easy_getinfo(t->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &total);
        /* A server may lie; believe it up to a bound. */
        if (total > (curl_off_t)len && total < (curl_off_t)1 << 28)
            buf_reserve(&t->call->body, (size_t)total);
    }
    if (buf_add(&t->call->body, bytes, len) != 0) {
        t->body_overflow = 1;
        return 0;
    }
    return len;
}

/* ---- the verdict ---- */

static void classify_connect(struct transfer *t)
{
    long os_errno = 0;
    curl_easy_getinfo(t->easy, CURLINFO_OS_ERRNO, &os_errno);
    int err = t->socket_errno ? t->socket_errno : (int)os_errno;
    http_fail_connect(t->flight, err);
}

static void classify_broken(struct transfer *t)
{
    long os_errno = 0;
    curl_easy_getinfo(t->easy, CURLINFO_OS_ERRNO, &os_errno);
    const char *text = t->error_text;
    if (os_errno == ECONNRESET && strstr(text, "ecv failure") != NULL)
        http_fail(t->flight, 1220, "reset", ORIGIN_SUT,
                  "connection reset by peer");
    else if (os_errno == EPIPE || strstr(text, "end failure") != NULL)
        http_fail(t->flight, 1201, "broken_pipe", ORIGIN_SUT,
                  "the connection broke while sending");
    else if (strstr(text, " alert ") != NULL)
        /* With TLS 1.3 a server refuses after the handshake. */
        http_fail(t->flight, 1300, "tls", ORIGIN_SUT, text);
    else
        http_fail(t->flight, 1000, "bad_answer", ORIGIN_SUT,
                  text[0] ? text : "the answer is not valid HTTP");
}

static void classify_tls(struct transfer *t)
{
    long verify = 0;
    curl_easy_getinfo(t->easy, CURLINFO_SSL_VERIFYRESULT, &verify);
    if (strstr(t->error_text, "subject name") != NULL)
        http_fail(t->flight, 1311, "tls_wrong_name", ORIGIN_SUT, t->error_text);
    else
        http_fail(t->flight, 1310, "tls_untrusted", ORIGIN_SUT,
                  t->error_text[0] ? t->error_text
                                   : "the certificate is not trusted");
}

static const struct {
    CURLcode rc;
    int code;
    const char *class;
    enum http_origin origin;
    const char *text; /* NULL: libcurl's own */
} simple_errors[] = {
    { CURLE_URL_MALFORMAT, 1020, "bad_url", ORIGIN_SCRIPT,
      "the URL is not valid" },
    { CURLE_COULDNT_RESOLVE_PROXY, 1101, "no_such_host", ORIGIN_NETWORK,
      "the proxy's name was not found" },
    { CURLE_COULDNT_RESOLVE_HOST, 1101, "no_such_host", ORIGIN_NETWORK,
      "the host's name was not found" },
    { CURLE_GOT_NOTHING, 1000, "empty_answer", ORIGIN_SUT,
      "the connection was closed without an answer" },
    { CURLE_PARTIAL_FILE, 1000, "truncated_body", ORIGIN_SUT,
      "the body is shorter than was declared" },
    { CURLE_WEIRD_SERVER_REPLY, 1000, "bad_answer", ORIGIN_SUT, NULL },
    { CURLE_OUT_OF_MEMORY, 1000, "header_too_long", ORIGIN_SUT,
      "a header line longer than 100 KB" },
    { CURLE_SSL_CONNECT_ERROR, 1300, "tls", ORIGIN_SUT, NULL },
    { CURLE_SSL_CERTPROBLEM, 1300, "tls_own_certificate", ORIGIN_GENERATOR,
      NULL },
    { CURLE_SSL_CIPHER, 1300, "tls_cipher", ORIGIN_GENERATOR, NULL },
    { CURLE_SSL_CACERT_BADFILE, 1300, "tls_ca_file", ORIGIN_GENERATOR, NULL },
    { CURLE_BAD_CONTENT_ENCODING, 1701, "bad_encoding", ORIGIN_SUT,
      "the compressed body is not valid" },
    { CURLE_HTTP2, 1600, "http2", ORIGIN_SUT, NULL },
    { CURLE_HTTP2_STREAM, 1630, "http2_stream", ORIGIN_SUT, NULL },
    { CURLE_SSL_ISSUER_ERROR, 1310, "tls_untrusted", ORIGIN_SUT, NULL },
    { CURLE_INTERFACE_FAILED, 1210, "no_source_address", ORIGIN_GENERATOR,
      NULL },
};

static void classify(struct transfer *t, CURLcode rc)
{
    switch (rc) {
    case CURLE_COULDNT_CONNECT:
        classify_connect(t);
        return;
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
        classify_broken(t);
        return;
    case CURLE_PEER_FAILED_VERIFICATION:
        classify_tls(t);
        return;
    case CURLE_WRITE_ERROR:
        http_fail(t->flight, 1000, "body_too_large", ORIGIN_SUT,
                  "the body is larger than this engine takes");
        return;
    case CURLE_UNSUPPORTED_PROTOCOL:
        /* Before sending it is the URL; after, what answered. */
        if (t->call->attempts == 0)
            http_fail(t->flight, 1020, "bad_url", ORIGIN_SCRIPT,
                      "the URL does not begin with http:// or https://");
        else
            http_fail(t->flight, 1000, "bad_answer", ORIGIN_SUT,
                      "the answer is not HTTP");
        return;
    default:
        break;
    }
    for (size_t i = 0; i < sizeof simple_errors / sizeof *simple_errors; i++)
        if (simple_errors[i].rc == rc) {
            const char *text = simple_errors[i].text;
            if (text == NULL)
                text =
                    t->error_text[0] ? t->error_text : curl_easy_strerror(rc);
            http_fail(t->flight, simple_errors[i].code, simple_errors[i].class,
                      simple_errors[i].origin, text);
            return;
        }
    http_fail(t->flight, 1000, "transport", ORIGIN_NETWORK,
              t->error_text[0] ? t->error_text : curl_easy_strerror(rc));
}

/* What CURLE_OK hides. */
static void check_answer(struct transfer *t)
{
    if (!t->flight->head_done)
        http_fail(t->flight, 1000, "truncated_head", ORIGIN_SUT,
                  "the connection was closed inside the head of the answer");
    else if (t->length_conflict)
        http_fail(t->flight, 1000, "length_conflict", ORIGIN_SUT,
                  "two different Content-Length lines");
}

static void take_phases(struct transfer *t)
{
    struct http_times *times = &t->call->times;
    curl_off_t lookup = 0, connect = 0, tls = 0;
    if (!t->call->new_connection || t->call->attempts != 1)
        return;
    curl_easy_getinfo(t->easy, CURLINFO_NAMELOOKUP_TIME_T, &lookup);
    curl_easy_getinfo(t->easy, CURLINFO_CONNECT_TIME_T, &connect);
    curl_easy_getinfo(t->easy, CURLINFO_APPCONNECT_TIME_T, &tls);
    times->looking_up = lookup;
    times->connecting = connect > lookup ? connect - lookup : 0;
    times->tls = tls > connect ? tls - connect : 0;
}

static void take_bytes(struct transfer *t)
{
    struct http_call *call = t->call;
    long head = 0;
    curl_off_t body = 0;
    curl_easy_getinfo(t->easy, CURLINFO_REQUEST_SIZE, &head);
    call->bytes_sent += (uint64_t)head;
    if (t->flight->body_len > 0) {
        curl_easy_getinfo(t->easy, CURLINFO_SIZE_UPLOAD_T, &body);
        call->bytes_sent += (uint64_t)body;
    }
    call->bytes_received += t->head_bytes + t->body_bytes;
}

void curl_answer_finish(struct transfer *t, CURLcode rc)
{
    struct http_call *call = t->call;
    take_phases(t);
    take_bytes(t);
    /* libcurl counts what it sends again for the life of a handle, and at
     * the fifth gives up; only a reset begins anew. */
    if (call->attempts > 1)
        t->tainted = 1;
    if (rc != CURLE_OK)
        classify(t, rc);
    else
        check_answer(t);
    /* The text is the transfer's, which others will use. */
    _Static_assert(sizeof t->flight->error_text >= sizeof t->error_text,
                   "an error of libcurl fits");
    if (call->error == t->error_text)
        call->error =
            memcpy(t->flight->error_text, t->error_text, sizeof t->error_text);
}

void curl_answer_cancel(struct transfer *t)
{
    take_bytes(t);
}
