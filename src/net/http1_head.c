/* http1_head.c - the lines of a head.
 *
 * A client spends its time here, so each line is gone through once: names
 * byte by byte with a table, values eight bytes at a time.  Only what stands
 * in the three headers that matter is looked at again.
 *
 * `at` is where looking goes on when more bytes have come, `line` where that
 * line begins.
 */
#include <endian.h>
#include <string.h>

#include "base/mem.h"
#include "net/http1_internal.h"

enum line { LINE_WHOLE, LINE_PART, LINE_BAD };

static enum line bad(struct http1 *p, enum http1_error error, size_t at)
{
    http1_fail(p, error, at);
    return LINE_BAD;
}

/* Where looking must stop: where the bytes end, or a limit. */
static inline size_t line_limit(const struct http1 *p, size_t len)
{
    size_t end = (size_t)p->line + HTTP1_LINE_MAX;
    if (end > HTTP1_HEAD_MAX)
        end = HTTP1_HEAD_MAX;
    return end < len ? end : len;
}

/* The line does not end before `end`. */
static enum line stop_at(struct http1 *p, size_t at, size_t end)
{
    p->at = (uint32_t)at;
    if (end == (size_t)p->line + HTTP1_LINE_MAX)
        return bad(p, HTTP1_LINE_TOO_LONG, p->line);
    if (end == HTTP1_HEAD_MAX)
        return bad(p, HTTP1_HEAD_TOO_LONG, p->line);
    return LINE_PART;
}

/* The line ends at `at`; else it is `wrong` that the byte is there. */
static inline enum line end_line(struct http1 *p, const char *s, size_t at,
                                 size_t end, enum http1_error wrong)
{
    size_t lf = at;
    if (at < end && s[at] == '\r')
        lf++;
    if (lf == end)
        return stop_at(p, at, end);
    if (s[lf] != '\n')
        return bad(p, lf == at ? wrong : HTTP1_BARE_CR, at);
    p->at = (uint32_t)(lf + 1);
    return LINE_WHOLE;
}

static inline size_t skip_token(const char *s, size_t at, size_t end)
{
    while (end - at >= 4) {
        if (!is_token(s[at]))
            return at;
        if (!is_token(s[at + 1]))
            return at + 1;
        if (!is_token(s[at + 2]))
            return at + 2;
        if (!is_token(s[at + 3]))
            return at + 3;
        at += 4;
    }
    while (at < end && is_token(s[at]))
        at++;
    return at;
}

/* 0x80 in the first byte of eight that is a control character, be it a tab;
 * bytes behind that one may be marked wrongly.  0: there is none. */
static inline uint64_t controls(const char *s)
{
    const uint64_t ones = 0x0101010101010101, highs = ones << 7;
    uint64_t word;
    memcpy(&word, s, sizeof word);
    word = le64toh(word);
    uint64_t low = word - ones * 0x20, del = (word ^ ones * 0x7f) - ones;
    return (low | del) & ~word & highs;
}

static inline size_t skip_value(const char *s, size_t at, size_t end)
{
    while (end - at >= 8) {
        uint64_t found = controls(s + at);
        if (found == 0) {
            at += 8;
            continue;
        }
        at += (size_t)__builtin_ctzll(found) / 8;
        if (s[at] != '\t')
            return at;
        at++;
    }
    while (at < end && is_value(s[at]))
        at++;
    return at;
}

/* ---- the status line ---- */

/* How it begins: # is a digit, + is a digit but 0. */
static const char form[] = "HTTP/1.# +##";
enum { FORM_LEN = sizeof form - 1 };

static inline bool fits(char want, char c)
{
    if (want == '#')
        return is_digit(c);
    return want == '+' ? c >= '1' && c <= '9' : c == want;
}

/* What it means that byte `i` does not fit. */
static enum http1_error misfit(size_t i)
{
    if (i < 5)
        return HTTP1_NOT_HTTP;
    if (i < 8)
        return HTTP1_BAD_VERSION;
    return i == 8 ? HTTP1_BAD_STATUS_LINE : HTTP1_BAD_STATUS;
}

static enum line skip_blank_lines(struct http1 *p, const char *s, size_t len)
{
    while (p->at < len && (s[p->at] == '\r' || s[p->at] == '\n')) {
        if (p->blanks == HTTP1_BLANK_MAX)
            return bad(p, HTTP1_BAD_STATUS_LINE, p->at);
        enum line got = end_line(p, s, p->at, len, HTTP1_BARE_CR);
        if (got != LINE_WHOLE)
            return got;
        p->line = p->at;
        p->blanks++;
    }
    return LINE_WHOLE;
}

/* The version and the status, and a look at what follows them. */
static enum line take_status(struct http1 *p, const char *s, size_t len)
{
    size_t end = line_limit(p, len), have = end - p->line;
    const char *l = s + p->line;
    size_t fit = have > FORM_LEN && memcmp(l, "HTTP/1.1 ", 9) == 0 ? 9 : 0;
    while (fit < FORM_LEN && fit < have && fits(form[fit], l[fit]))
        fit++;
    if (fit == have)
        return stop_at(p, p->line, end);
    if (fit < FORM_LEN)
        return bad(p, misfit(fit), p->line + fit);
    if (l[fit] != ' ' && l[fit] != '\r' && l[fit] != '\n')
        return bad(p,
                   is_digit(l[fit]) ? HTTP1_BAD_STATUS : HTTP1_BAD_STATUS_LINE,
                   p->line + fit);
    p->minor = (uint8_t)(l[7] - '0');
    p->status = (l[9] - '0') * 100 + (l[10] - '0') * 10 + (l[11] - '0');
    if (p->interims == HTTP1_INTERIM_MAX && p->status < 200 && p->status != 101)
        return bad(p, HTTP1_TOO_MANY_INTERIM, p->line);
    p->at = p->line + FORM_LEN;
    return LINE_WHOLE;
}

static enum line take_reason(struct http1 *p, const char *s, size_t len)
{
    size_t end = line_limit(p, len);
    size_t at = skip_value(s, p->at, end);
    enum line got = end_line(p, s, at, end, HTTP1_BAD_STATUS_LINE);
    if (got == LINE_WHOLE)
        p->line = p->at;
    return got;
}

/* ---- header lines ---- */

/* The value of the line ends at `to`. */
static inline bool judge(struct http1 *p, const char *s, size_t to)
{
    const char *name = s + p->line;
    size_t len = p->colon - p->line, from = (size_t)p->colon + 1;
    switch (len) {
    case 10:
        if (is_word(name, len, "connection"))
            http1_take_connection(p, s, from, to);
        else if (is_word(name, len, "set-cookie"))
            p->sets_cookies = true;
        return true;
    case 14:
        return !is_word(name, len, "content-length") ||
               http1_take_length(p, s, from, to);
    case 17:
        return !is_word(name, len, "transfer-encoding") ||
               http1_take_coding(p, s, from, to);
    default:
        return true;
    }
}

static enum line bad_name(struct http1 *p, const char *s, size_t at)
{
    if (!is_blank(s[at]))
        return bad(p, HTTP1_BAD_HEADER_NAME, at);
    return bad(p, at == p->line ? HTTP1_OBS_FOLD : HTTP1_SPACE_BEFORE_COLON,
               at);
}

static inline enum line take_field(struct http1 *p, const char *s, size_t end)
{
    size_t at = p->at;
    if (p->colon == 0) {
        at = skip_token(s, at, end);
        if (at == end)
            return stop_at(p, at, end);
        if (s[at] != ':' || at == p->line)
            return bad_name(p, s, at);
        p->colon = (uint32_t)at;
    }
    at = skip_value(s, at, end);
    enum line got = end_line(p, s, at, end, HTTP1_BAD_HEADER_VALUE);
    if (got != LINE_WHOLE)
        return got;
    if (!judge(p, s, at))
        return LINE_BAD;
    p->line = p->at;
    p->colon = 0;
    return LINE_WHOLE;
}

/* All lines up to the empty one, which ends the head. */
static enum line take_fields(struct http1 *p, const char *s, size_t len)
{
    for (;;) {
        size_t end = line_limit(p, len);
        if (p->at == p->line) {
            if (p->at == end)
                return stop_at(p, p->at, end);
            if (s[p->at] == '\r' || s[p->at] == '\n')
                return end_line(p, s, p->at, end, HTTP1_BARE_CR);
            if (p->headers == HTTP1_HEADERS_MAX)
                return bad(p, HTTP1_TOO_MANY_HEADERS, p->line);
            p->headers++;
        }
        enum line got = take_field(p, s, end);
        if (got != LINE_WHOLE)
            return got;
    }
}

/* ---- all of it ---- */

/* Nothing of a head of 1xx is left for the next. */
static void begin_again(struct http1 *p)
{
    uint8_t interims = p->interims;
    http1_begin(p, p->no_body);
    p->interims = interims;
}

static enum line take_lines(struct http1 *p, const char *s, size_t len)
{
    enum line got;
    if (p->phase == PHASE_BEGIN) {
        if ((got = skip_blank_lines(p, s, len)) != LINE_WHOLE ||
            (got = take_status(p, s, len)) != LINE_WHOLE)
            return got;
        p->phase = PHASE_REASON;
    }
    if (p->phase == PHASE_REASON) {
        if ((got = take_reason(p, s, len)) != LINE_WHOLE)
            return got;
        p->phase = PHASE_FIELDS;
    }
    return take_fields(p, s, len);
}

enum http1_state http1_head(struct http1 *p, const char *head, size_t len)
{
    if (p->phase >= PHASE_PLAIN)
        return p->phase == PHASE_BAD ? HTTP1_BAD : HTTP1_HEAD;
    if (p->phase == PHASE_INTERIM)
        begin_again(p);
    if (len < p->at)
        bug("the head has become shorter");
    switch (take_lines(p, head, len)) {
    case LINE_WHOLE:
        return http1_frame(p);
    case LINE_PART:
        return HTTP1_MORE;
    default:
        return HTTP1_BAD;
    }
}
