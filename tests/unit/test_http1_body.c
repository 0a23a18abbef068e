/* test_http1_body.c - bodies of HTTP/1 answers: of known length, chunked, up
 * to the close; the limits; and that the work is linear. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/buf.h"
#include "http1_cases.h"
#include "sentence.h"

#define OK "HTTP/1.1 200 OK\r\n"
#define LENGTH(n) OK "Content-Length: " n "\r\n\r\n"
#define CHUNKED OK "Transfer-Encoding: chunked\r\n\r\n"
enum { CHUNKED_LEN = sizeof(CHUNKED) - 1 };

static void bodies_end_where_their_head_says(void **state)
{
    static const struct fine_case cases[] = {
        { W(LENGTH("0")), 200, "kl", "", 0 },
        { W(LENGTH("0") "x"), 200, "kl", "", 1 },
        { W(LENGTH("5") "hello"), 200, "kl", "hello", 0 },
        { W(LENGTH("5") "hello\r\nHTTP/1.1"), 200, "kl", "hello", 10 },
        { W(LENGTH("  \t 5 \t ") "hello"), 200, "kl", "hello", 0 },
        { W(LENGTH("5\t") "hello"), 200, "kl", "hello", 0 },
        { W(LENGTH("00005") "hello"), 200, "kl", "hello", 0 },
        { W(LENGTH("5, 5") "hello"), 200, "kl", "hello", 0 },
        { W(LENGTH("5,5\t,05") "hello"), 200, "kl", "hello", 0 },
        { W(LENGTH("5\r\nCONTENT-LENGTH:5") "hello"), 200, "kl", "hello", 0 },
        { W(OK "Content-Length:5\n\nhello"), 200, "kl", "hello", 0 },
        { W(OK "\r\nhello"), 200, "x", "hello", 0 },
        { W(OK "\r\n\r\n\r\n"), 200, "x", "\r\n\r\n", 0 },
        { W("HTTP/1.0 200 OK\r\n\r\nhello"), 200, "x0", "hello", 0 },
        { W("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi!"), 200, "l0", "hi",
          1 },
        { W(CHUNKED "5\r\nhello\r\n0\r\n\r\n"), 200, "kc", "hello", 0 },
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        check_fine(&cases[i]);
}

static void some_answers_have_no_body_whatever_they_say(void **state)
{
    static const struct fine_case cases[] = {
        { W("HTTP/1.1 204 No\r\n\r\nx"), 204, "k", "", 1 },
        { W("HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\nhello"), 204, "k", "",
          5 },
        { W("HTTP/1.1 204 No\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
          204, "k", "", 5 },
        { W("HTTP/1.1 304 Not Modified\r\n\r\nx"), 304, "k", "", 1 },
        { W("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nx"), 304,
          "kl", "", 1 },
        { W("HTTP/1.1 304 No\r\nTransfer-Encoding: chunked\r\n\r\nx"), 304,
          "kc", "", 1 },
        { W("HTTP/1.0 304 Not Modified\r\n\r\n"), 304, "0", "", 0 },
    };
    static const struct fine_case of_head[] = {
        { W(LENGTH("5")), 200, "kl", "", 0 },
        { W(LENGTH("5") "hello"), 200, "kl", "", 5 },
        { W(CHUNKED "0\r\n\r\n"), 200, "kc", "", 5 },
        { W(OK "\r\nx"), 200, "k", "", 1 },
        { W("HTTP/1.1 100 Go\r\n\r\n" LENGTH("5")), 200, "kl", "", 0 },
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        check_fine(&cases[i]);
    cases_head = 1;
    for (size_t i = 0; i < COUNT_OF(of_head); i++)
        check_fine(&of_head[i]);
    cases_head = 0;
}

static void chunks_are_put_together(void **state)
{
    static const struct fine_case cases[] = {
        { W(CHUNKED "0\r\n\r\n"), 200, "kc", "", 0 },
        { W(CHUNKED "0\r\n\r\nHTTP"), 200, "kc", "", 4 },
        { W(CHUNKED "1\r\na\r\n2\r\nbc\r\n3\r\ndef\r\n0\r\n\r\n"), 200, "kc",
          "abcdef", 0 },
        { W(CHUNKED
            "a\r\n0123456789\r\nA\r\n\r\n\r\n\r\n\r\n\r\n\r\n0\r\n\r\n"),
          200, "kc", "0123456789\r\n\r\n\r\n\r\n\r\n", 0 },
        { W(CHUNKED "00000000000000F\r\n0123456789abcde\r\n000\r\n\r\n"), 200,
          "kc", "0123456789abcde", 0 },
        { W(CHUNKED "0000000000000001\r\nx\r\n0000000000000000\r\n\r\n"), 200,
          "kc", "x", 0 },
        { W(CHUNKED "3\r\n0\r\n\r\n0\r\n\r\n"), 200, "kc", "0\r\n", 0 },
        /* blanks and extensions */
        { W(CHUNKED "1 \t\r\na\r\n0  \r\n\r\n"), 200, "kc", "a", 0 },
        { W(CHUNKED "1;\r\na\r\n0;\r\n\r\n"), 200, "kc", "a", 0 },
        { W(CHUNKED "1;x=y;z\r\na\r\n0;last\r\n\r\n"), 200, "kc", "a", 0 },
        { W(CHUNKED "1 ; x = \"y;\\\"z\";\t\xff\r\na\r\n0\r\n\r\n"), 200, "kc",
          "a", 0 },
        { W(CHUNKED "1;x=\"\r\na\r\n0\r\n\r\n"), 200, "kc", "a", 0 },
        /* trailers */
        { W(CHUNKED "0\r\nA: b\r\nC:\r\n\r\nx"), 200, "kc", "", 1 },
        { W(CHUNKED "1\r\na\r\n0\r\nContent-Length: 77\r\nConnection: close\r\n"
                    "Transfer-Encoding: x\r\n\r\n"),
          200, "kc", "a", 0 },
        { W(CHUNKED "0\r\nA: \t\xe9: \"\r\n\r\n"), 200, "kc", "", 0 },
        /* how the coding is asked for */
        { W(OK "transfer-ENCODING:\tChunked \t\r\n\r\n1\r\na\r\n0\r\n\r\n"),
          200, "kc", "a", 0 },
        { W(OK "Transfer-Encoding:chunked\n\n1\r\na\r\n0\r\n\r\n"), 200, "kc",
          "a", 0 },
        { W(OK "Transfer-Encoding: , chunked ,,\r\n\r\n0\r\n\r\n"), 200, "kc",
          "", 0 },
        { W(OK "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
               "1\r\na\r\n0\r\n\r\n"),
          200, "c", "a", 0 },
        { W("HTTP/1.1 100 x\r\n\r\n" CHUNKED "1\r\na\r\n0\r\n\r\n"), 200, "kc",
          "a", 0 },
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        check_fine(&cases[i]);
}

/* The places are offsets behind the head. */
static void what_is_no_chunk_is_refused_at_its_byte(void **state)
{
    static const struct bad_case cases[] = {
        { W(CHUNKED "\r\n"), HTTP1_BAD_CHUNK_SIZE, 0 },
        { W(CHUNKED "x\r\n"), HTTP1_BAD_CHUNK_SIZE, 0 },
        { W(CHUNKED "G\r\n"), HTTP1_BAD_CHUNK_SIZE, 0 },
        { W(CHUNKED "`\r\n"), HTTP1_BAD_CHUNK_SIZE, 0 },
        { W(CHUNKED "@\r\n"), HTTP1_BAD_CHUNK_SIZE, 0 },
        { W(CHUNKED "/\r\n"), HTTP1_BAD_CHUNK_SIZE, 0 },
        { W(CHUNKED ":\r\n"), HTTP1_BAD_CHUNK_SIZE, 0 },
        { W(CHUNKED "\x11\r\n"), HTTP1_BAD_CHUNK_SIZE, 0 },
        { W(CHUNKED " 5\r\nhello\r\n"), HTTP1_BAD_CHUNK_SIZE, 0 },
        { W(CHUNKED "-5\r\nhello\r\n"), HTTP1_BAD_CHUNK_SIZE, 0 },
        { W(CHUNKED "+5\r\nhello\r\n"), HTTP1_BAD_CHUNK_SIZE, 0 },
        { W(CHUNKED ";x\r\n"), HTTP1_BAD_CHUNK_SIZE, 0 },
        { W(CHUNKED "\n5\r\n"), HTTP1_BAD_CHUNK_SIZE, 0 },
        { W(CHUNKED "0x5\r\nhello\r\n"), HTTP1_BAD_CHUNK_SIZE, 1 },
        { W(CHUNKED "5,\r\nhello\r\n"), HTTP1_BAD_CHUNK_SIZE, 1 },
        { W(CHUNKED "5\0\r\nhello\r\n"), HTTP1_BAD_CHUNK_SIZE, 1 },
        { W(CHUNKED "5_0\r\n"), HTTP1_BAD_CHUNK_SIZE, 1 },
        { W(CHUNKED "5\v\r\n"), HTTP1_BAD_CHUNK_SIZE, 1 },
        { W(CHUNKED "5 5\r\nhello\r\n"), HTTP1_BAD_CHUNK_SIZE, 2 },
        { W(CHUNKED "00000000000000005\r\n"), HTTP1_CHUNK_TOO_LARGE, 16 },
        { W(CHUNKED "10000000000000000\r\n"), HTTP1_CHUNK_TOO_LARGE, 16 },
        { W(CHUNKED "5;a\0b\r\n"), HTTP1_BAD_CHUNK_EXT, 3 },
        { W(CHUNKED "5;a\vb\r\n"), HTTP1_BAD_CHUNK_EXT, 3 },
        { W(CHUNKED "5;\"\x7f\"\r\n"), HTTP1_BAD_CHUNK_EXT, 3 },
        /* ends of lines */
        { W(CHUNKED "5\nhello\r\n"), HTTP1_BAD_CHUNK_END, 1 },
        { W(CHUNKED "5 \nhello\r\n"), HTTP1_BAD_CHUNK_END, 2 },
        { W(CHUNKED "5;a\nhello\r\n"), HTTP1_BAD_CHUNK_END, 3 },
        { W(CHUNKED "5;\"a\nb\"\r\nhello\r\n"), HTTP1_BAD_CHUNK_END, 4 },
        { W(CHUNKED "5\rhello\r\n"), HTTP1_BAD_CHUNK_END, 2 },
        { W(CHUNKED "5\r\r\nhello\r\n"), HTTP1_BAD_CHUNK_END, 2 },
        { W(CHUNKED "5;a\rb\r\nhello\r\n"), HTTP1_BAD_CHUNK_END, 4 },
        { W(CHUNKED "5\r\nhello0\r\n\r\n"), HTTP1_BAD_CHUNK_END, 8 },
        { W(CHUNKED "5\r\nhello\n0\r\n\r\n"), HTTP1_BAD_CHUNK_END, 8 },
        { W(CHUNKED "5\r\nhello\r0\r\n\r\n"), HTTP1_BAD_CHUNK_END, 9 },
        { W(CHUNKED "5\r\nhello\r\r\n0\r\n\r\n"), HTTP1_BAD_CHUNK_END, 9 },
        { W(CHUNKED "4\r\nhello\r\n0\r\n\r\n"), HTTP1_BAD_CHUNK_END, 7 },
        { W(CHUNKED "6\r\nhello\r\n0\r\n\r\n"), HTTP1_BAD_CHUNK_END, 9 },
        { W(CHUNKED "5\r\nhello\r\n\r\n"), HTTP1_BAD_CHUNK_SIZE, 10 },
        { W(CHUNKED "0\n\r\n"), HTTP1_BAD_CHUNK_END, 1 },
        /* trailers */
        { W(CHUNKED "0\r\n\n"), HTTP1_BAD_TRAILER, 3 },
        { W(CHUNKED "0\r\n: b\r\n\r\n"), HTTP1_BAD_TRAILER, 3 },
        { W(CHUNKED "0\r\n A: b\r\n\r\n"), HTTP1_BAD_TRAILER, 3 },
        { W(CHUNKED "0\r\nA: b\r\n c\r\n\r\n"), HTTP1_BAD_TRAILER, 9 },
        { W(CHUNKED "0\r\nA : b\r\n\r\n"), HTTP1_BAD_TRAILER, 4 },
        { W(CHUNKED "0\r\nA\r\n\r\n"), HTTP1_BAD_TRAILER, 4 },
        { W(CHUNKED "0\r\nA: b\n\r\n"), HTTP1_BAD_TRAILER, 7 },
        { W(CHUNKED "0\r\nA: b\0\r\n\r\n"), HTTP1_BAD_TRAILER, 7 },
        { W(CHUNKED "0\r\nA: b\rc\r\n\r\n"), HTTP1_BAD_TRAILER, 8 },
        { W(CHUNKED "0\r\n\rx"), HTTP1_BAD_TRAILER, 4 },
        { W(CHUNKED "0\r\nHTTP/1.1 200 OK\r\n\r\n"), HTTP1_BAD_TRAILER, 7 },
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct bad_case c = cases[i];
        c.at += CHUNKED_LEN;
        check_bad(&c);
    }
}

static void a_close_ends_only_what_has_no_other_end(void **state)
{
    static const struct {
        const char *wire;
        size_t len;
        enum http1_error error;
    } cases[] = {
        { W(LENGTH("1")), HTTP1_TRUNCATED_BODY },
        { W(LENGTH("5") "hell"), HTTP1_TRUNCATED_BODY },
        { W(LENGTH("18446744073709551615") "x"), HTTP1_TRUNCATED_BODY },
        { W(LENGTH("5") "hello"), HTTP1_FINE },
        { W(OK "\r\n"), HTTP1_FINE },
        { W(OK "\r\nhello"), HTTP1_FINE },
        { W(CHUNKED), HTTP1_TRUNCATED_BODY },
        { W(CHUNKED "5"), HTTP1_TRUNCATED_BODY },
        { W(CHUNKED "5;x"), HTTP1_TRUNCATED_BODY },
        { W(CHUNKED "5\r"), HTTP1_TRUNCATED_BODY },
        { W(CHUNKED "5\r\n"), HTTP1_TRUNCATED_BODY },
        { W(CHUNKED "5\r\nhello"), HTTP1_TRUNCATED_BODY },
        { W(CHUNKED "5\r\nhello\r"), HTTP1_TRUNCATED_BODY },
        { W(CHUNKED "5\r\nhello\r\n"), HTTP1_TRUNCATED_BODY },
        { W(CHUNKED "0\r\n"), HTTP1_TRUNCATED_BODY },
        { W(CHUNKED "0\r\n\r"), HTTP1_TRUNCATED_BODY },
        { W(CHUNKED "0\r\nA"), HTTP1_TRUNCATED_BODY },
        { W(CHUNKED "0\r\nA:"), HTTP1_TRUNCATED_BODY },
        { W(CHUNKED "0\r\nA:\r\n"), HTTP1_TRUNCATED_BODY },
        { W(CHUNKED "0\r\n\r\n"), HTTP1_FINE },
        { W(CHUNKED "ffffffffffffffff\r\nx"), HTTP1_TRUNCATED_BODY },
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct outcome got = read_all_ways(cases[i].wire, cases[i].len, 1);
        if (got.error != cases[i].error ||
            (got.state == HTTP1_DONE) != (cases[i].error == HTTP1_FINE))
            fail_msg("case %zu: %s", i, http1_error_name(got.error));
    }
}

/* Known before a byte of it has come. */
static void the_largest_length_is_known(void **state)
{
    (void)state;
    cases_wire = LENGTH("18446744073709551615");
    struct outcome got = read_cut(strlen(cases_wire), WHOLE, 0);
    assert_int_equal(got.state, HTTP1_MORE);
    assert_true(got.length == UINT64_MAX);
}

/* ---- pieces ---- */

static void a_piece_is_as_long_as_it_can_be(void **state)
{
    static const char wire[] = CHUNKED "5\r\nhello\r\n3\r\nabc\r\n0\r\n\r\n!";
    struct http1 p;
    const char *piece;
    size_t used, len, at = CHUNKED_LEN, size = sizeof wire - 1;
    (void)state;
    http1_begin(&p, 0);
    assert_int_equal(http1_head(&p, wire, size), HTTP1_HEAD);
    assert_int_equal(http1_head(&p, wire, size), HTTP1_HEAD);
    assert_int_equal(p.head_len, at);
    assert_int_equal(http1_body(&p, NULL, 0, &used, &piece, &len), HTTP1_MORE);
    assert_int_equal(used, 0);
    assert_int_equal(http1_body(&p, wire + at, size - at, &used, &piece, &len),
                     HTTP1_PIECE);
    assert_int_equal(used, 8);
    assert_int_equal(len, 5);
    assert_ptr_equal(piece, wire + at + 3);
    at += used;
    assert_int_equal(http1_body(&p, wire + at, size - at, &used, &piece, &len),
                     HTTP1_PIECE);
    assert_int_equal(used, 8);
    assert_int_equal(len, 3);
    at += used;
    assert_int_equal(http1_body(&p, wire + at, size - at, &used, &piece, &len),
                     HTTP1_DONE);
    assert_int_equal(used, size - at - 1);
}

static void an_answer_without_a_body_is_done_without_bytes(void **state)
{
    static const char *const heads[] = { LENGTH("0"), "HTTP/1.1 204 No\r\n\r\n",
                                         "HTTP/1.1 101 Up\r\n\r\n" };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(heads); i++) {
        struct http1 p;
        const char *piece;
        size_t used = 9, len;
        http1_begin(&p, 0);
        assert_int_equal(http1_head(&p, heads[i], strlen(heads[i])),
                         HTTP1_HEAD);
        assert_int_equal(http1_body(&p, NULL, 0, &used, &piece, &len),
                         HTTP1_DONE);
        assert_int_equal(used, 0);
    }
}

static void a_parser_is_small(void **state)
{
    (void)state;
    assert_true(sizeof(struct http1) <= 96);
}

/* ---- limits ---- */

static void add_many(struct buf *b, const char *text, size_t times)
{
    while (times-- > 0)
        buf_adds(b, text);
}

/* The bytes, whole and in the middle of their last 100, then one by one: at
 * the limit they are fine, and with one more `text` in them they are not. */
static struct outcome read_long(const struct buf *b)
{
    cases_wire = b->data;
    struct outcome whole = read_cut(b->len, WHOLE, 0);
    struct outcome cut = read_cut(b->len, (long)b->len - 50, 0);
    same(&whole, &cut, b->len, (long)b->len - 50);
    return whole;
}

static void check_limit(struct buf *b, enum http1_error error, size_t at)
{
    struct outcome got = read_long(b);
    if (got.error != error || (error != HTTP1_FINE && got.error_at != at))
        fail_msg("%s at %zu, not %s at %zu", http1_error_name(got.error),
                 got.error_at, http1_error_name(error), at);
    buf_clear(b, SIZE_MAX);
}

static void lines_of_a_head_may_have_64_kb(void **state)
{
    struct buf b = { 0 };
    (void)state;
    for (int over = 0; over <= 1; over++) {
        enum http1_error error = over ? HTTP1_LINE_TOO_LONG : HTTP1_FINE;
        buf_adds(&b, OK "A: ");
        add_many(&b, "x", (size_t)(HTTP1_LINE_MAX - 5 + over));
        buf_adds(&b, "\r\nContent-Length: 0\r\n\r\n");
        check_limit(&b, error, 17);

        buf_adds(&b, OK "A:");
        add_many(&b, "\t", (size_t)(HTTP1_LINE_MAX - 3 + over));
        buf_adds(&b, "\nContent-Length: 0\r\n\r\n");
        check_limit(&b, error, 17);

        buf_adds(&b, OK);
        add_many(&b, "n", (size_t)(HTTP1_LINE_MAX - 3 + over));
        buf_adds(&b, ":\r\nContent-Length: 0\r\n\r\n");
        check_limit(&b, error, 17);

        buf_adds(&b, "\r\nHTTP/1.1 200 ");
        add_many(&b, "r", (size_t)(HTTP1_LINE_MAX - 15 + over));
        buf_adds(&b, "\r\nContent-Length: 0\r\n\r\n");
        check_limit(&b, error, 2);
    }
    /* it is known before the line ends */
    buf_adds(&b, OK "A: ");
    add_many(&b, "x", HTTP1_LINE_MAX - 4);
    check_limit(&b, HTTP1_FINE, 0);
    buf_adds(&b, OK "A: ");
    add_many(&b, "x", HTTP1_LINE_MAX - 3);
    check_limit(&b, HTTP1_LINE_TOO_LONG, 17);
    buf_free(&b);
}

static void a_head_may_have_256_kb(void **state)
{
    struct buf b = { 0 };
    (void)state;
    for (int over = 0; over <= 1; over++) {
        buf_adds(&b, OK "Content-Length: 0\r\n");
        for (int i = 0; i < 4; i++) {
            buf_adds(&b, "A: ");
            add_many(&b, "x", 65000);
            buf_adds(&b, "\r\n");
        }
        buf_adds(&b, "A:");
        add_many(&b, "x", HTTP1_HEAD_MAX - 4 - b.len + (size_t)over);
        buf_adds(&b, "\r\n\r\n");
        /* what is too long then is the empty line */
        check_limit(&b, over ? HTTP1_HEAD_TOO_LONG : HTTP1_FINE, b.len - 2);
    }
    buf_free(&b);
}

static void a_head_may_have_200_headers(void **state)
{
    struct buf b = { 0 };
    (void)state;
    for (int over = 0; over <= 1; over++) {
        buf_adds(&b, OK "Content-Length: 0\r\n");
        add_many(&b, "A: b\r\n", (size_t)(HTTP1_HEADERS_MAX - 1 + over));
        size_t line = b.len - 6;
        buf_adds(&b, "\r\n");
        check_limit(&b, over ? HTTP1_TOO_MANY_HEADERS : HTTP1_FINE, line);
    }
    buf_free(&b);
}

/* Each may have as many headers as the answer. */
static void sixteen_interim_heads_may_come(void **state)
{
    struct buf b = { 0 };
    (void)state;
    for (int over = 0; over <= 1; over++) {
        for (int i = 0; i < HTTP1_INTERIM_MAX + over; i++) {
            buf_adds(&b, "\r\nHTTP/1.1 103 Hints\r\n");
            add_many(&b, "Link: x\r\n", 100);
            buf_adds(&b, "\r\n");
        }
        size_t line = b.len - 900 - 20 - 2;
        buf_adds(&b, LENGTH("0"));
        check_limit(&b, over ? HTTP1_TOO_MANY_INTERIM : HTTP1_FINE, line);
    }
    add_many(&b, "HTTP/1.1 100 Go\r\n\r\n", HTTP1_INTERIM_MAX);
    buf_adds(&b, "HTTP/1.1 101 Up\r\n\r\n");
    check_limit(&b, HTTP1_FINE, 0);
    buf_free(&b);
}

static void chunk_lines_may_have_4_kb(void **state)
{
    struct buf b = { 0 };
    (void)state;
    for (int over = 0; over <= 1; over++) {
        enum http1_error error = over ? HTTP1_LINE_TOO_LONG : HTTP1_FINE;
        for (int i = 0; i < 2; i++) {
            buf_adds(&b, CHUNKED "5\r\nhello\r\n0");
            add_many(&b, i ? " " : ";",
                     (size_t)(HTTP1_CHUNK_LINE_MAX - 3 + over));
            buf_adds(&b, "\r\n\r\n");
            check_limit(&b, error, b.len - 3);
        }
    }
    /* the limit is one for each line */
    buf_adds(&b, CHUNKED);
    for (int i = 0; i < 10; i++) {
        buf_adds(&b, "1;");
        add_many(&b, "x", HTTP1_CHUNK_LINE_MAX - 4);
        buf_adds(&b, "\r\n.\r\n");
    }
    buf_adds(&b, "0\r\n\r\n");
    check_limit(&b, HTTP1_FINE, 0);
    buf_free(&b);
}

static void trailers_may_have_64_kb(void **state)
{
    struct buf b = { 0 };
    (void)state;
    for (int over = 0; over <= 1; over++) {
        buf_adds(&b, CHUNKED "0;xyz\r\n");
        size_t begin = b.len;
        add_many(&b, "A: b\r\n", 10000);
        buf_adds(&b, "A: ");
        add_many(&b, "x", begin + HTTP1_TRAILER_MAX - b.len - 4 + (size_t)over);
        buf_adds(&b, "\r\n\r\n");
        check_limit(&b, over ? HTTP1_TRAILER_TOO_LONG : HTTP1_FINE, b.len - 1);
    }
    buf_free(&b);
}

/* ---- how much is looked at ---- */

/* Feeds the bytes one by one and makes each page unreadable once the parser
 * has been past it, except for `keep` bytes from the begin on: a second look
 * crashes. */
static struct http1 feed_behind_a_wall(const struct buf *b, size_t keep)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), wall = 0;
    struct guard g = guard_open(b->len + page);
    char *bytes = g.map;
    struct http1 p;
    memcpy(bytes, b->data, b->len);
    http1_begin(&p, 0);
    for (size_t n = 0; n < b->len; n++) {
        assert_int_equal(http1_head(&p, bytes, n), HTTP1_MORE);
        for (; wall + page + 1 < n; wall += page)
            if (wall >= keep)
                mprotect(bytes + wall, page, PROT_NONE);
    }
    assert_int_equal(mprotect(bytes, g.size, PROT_READ), 0);
    assert_int_equal(http1_head(&p, bytes, b->len), HTTP1_HEAD);
    mprotect(bytes, g.size, PROT_READ | PROT_WRITE);
    guard_close(&g);
    return p;
}

/* So the work is linear, however the bytes come. */
static void what_was_looked_at_in_a_head_is_not_looked_at_again(void **state)
{
    struct buf b = { 0 };
    (void)state;
    buf_adds(&b, "HTTP/1.1 200 ");
    add_many(&b, "reason ", 8000);
    for (int i = 0; i < 3; i++) {
        buf_adds(&b, i == 2 ? "\nName:" : "\r\nLonger-Name: \t");
        add_many(&b, "value \t\t \xff ", 4000);
    }
    buf_adds(&b, "\r\n");
    add_many(&b, "name", 3500);
    buf_adds(&b, ": x\r\n\r\n");
    assert_true(b.len > 180000);
    struct http1 p = feed_behind_a_wall(&b, 0);
    assert_int_equal(p.status, 200);
    assert_int_equal(p.head_len, b.len);
    buf_free(&b);
}

/* A value that is read is read once, at its end. */
static void a_long_list_is_read_at_the_end_of_its_line(void **state)
{
    struct buf b = { 0 };
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    (void)state;
    buf_adds(&b, OK "Content-Length: 7");
    add_many(&b, ", 7", 20000);
    size_t line = b.len;
    struct guard g = guard_open(b.len + page);
    struct http1 p;
    buf_adds(&b, "\r\n\r\n");
    memcpy(g.map, b.data, b.len);
    http1_begin(&p, 0);
    for (size_t n = 0, wall = 0; n <= line + 1; n++) {
        assert_int_equal(http1_head(&p, g.map, n), HTTP1_MORE);
        for (; wall + page + 1 < n; wall += page)
            mprotect(g.map + wall, page, PROT_NONE);
    }
    mprotect(g.map, g.size, PROT_READ | PROT_WRITE);
    assert_int_equal(http1_head(&p, g.map, b.len), HTTP1_HEAD);
    assert_int_equal(p.length, 7);
    guard_close(&g);
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T("bodies end where their head says", bodies_end_where_their_head_says),
        T("some answers have no body, whatever they say",
          some_answers_have_no_body_whatever_they_say),
        T("chunks are put together", chunks_are_put_together),
        T("what is no chunk is refused at its byte",
          what_is_no_chunk_is_refused_at_its_byte),
        T("a close ends only what has no other end",
          a_close_ends_only_what_has_no_other_end),
        T("the largest length is known", the_largest_length_is_known),
        T("a piece is as long as it can be", a_piece_is_as_long_as_it_can_be),
        T("an answer without a body is done without bytes",
          an_answer_without_a_body_is_done_without_bytes),
        T("a parser is small", a_parser_is_small),
        T("lines of a head may have 64 KB", lines_of_a_head_may_have_64_kb),
        T("a head may have 256 KB", a_head_may_have_256_kb),
        T("a head may have 200 headers", a_head_may_have_200_headers),
        T("16 interim heads may come", sixteen_interim_heads_may_come),
        T("lines of chunks may have 4 KB", chunk_lines_may_have_4_kb),
        T("trailers may have 64 KB", trailers_may_have_64_kb),
        T("what was looked at in a head is not looked at again",
          what_was_looked_at_in_a_head_is_not_looked_at_again),
        T("a long list is read at the end of its line",
          a_long_list_is_read_at_the_end_of_its_line),
    };
    return cmocka_run_group_tests(tests, cases_open, cases_close);
}
