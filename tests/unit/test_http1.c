/* test_http1.c - heads of HTTP/1 answers: status line, headers, what they say
 * about the body and the connection. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "http1_cases.h"
#include "sentence.h"

#define OK "HTTP/1.1 200 OK\r\n"

static void check_all_fine(const struct fine_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++)
        check_fine(&cases[i]);
}

static void check_all_bad(const struct bad_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++)
        check_bad(&cases[i]);
}

static void status_lines_are_read(void **state)
{
    static const struct fine_case cases[] = {
        { W("HTTP/1.1 200 OK\r\n\r\n"), 200, "x", "", 0 },
        { W("HTTP/1.1 200 \r\n\r\n"), 200, "x", "", 0 },
        { W("HTTP/1.1 200\r\n\r\n"), 200, "x", "", 0 },
        { W("HTTP/1.1 200\n\n"), 200, "x", "", 0 },
        { W("HTTP/1.1 200 OK\n\r\n"), 200, "x", "", 0 },
        { W("HTTP/1.1 200 OK\r\n\n"), 200, "x", "", 0 },
        { W("HTTP/1.1 100 OK\r\n\r\nHTTP/1.1 999 \r\n\r\n"), 999, "x", "", 0 },
        { W("HTTP/1.1 404  Not\tFound  \r\n\r\n"), 404, "x", "", 0 },
        { W("HTTP/1.1 500 \xc3\x84rger\xff\x80\r\n\r\n"), 500, "x", "", 0 },
        { W("HTTP/1.1 200 HTTP/1.1 500 Oh\r\n\r\n"), 200, "x", "", 0 },
        { W("HTTP/1.0 200 OK\r\n\r\n"), 200, "x0", "", 0 },
        { W("HTTP/1.2 200 OK\r\n\r\n"), 200, "x", "", 0 },
        { W("HTTP/1.9 200 OK\r\nContent-Length: 0\r\n\r\n"), 200, "kl", "", 0 },
        { W("\r\nHTTP/1.1 200 OK\r\n\r\n"), 200, "x", "", 0 },
        { W("\nHTTP/1.1 200 OK\r\n\r\n"), 200, "x", "", 0 },
        { W("\r\n\nHTTP/1.1 200 OK\r\n\r\n"), 200, "x", "", 0 },
        { W("\r\n\r\nHTTP/1.1 204 OK\r\n\r\n"), 204, "k", "", 0 },
    };
    (void)state;
    check_all_fine(cases, COUNT_OF(cases));
}

static void what_is_no_status_line_is_refused_at_its_byte(void **state)
{
    static const struct bad_case cases[] = {
        /* other protocols */
        { W("\x15\x03\x01\x00\x02\x02\x46"), HTTP1_NOT_HTTP, 0 },
        { W("SSH-2.0-OpenSSH_9.2\r\n"), HTTP1_NOT_HTTP, 0 },
        { W("ICY 200 OK\r\n\r\n"), HTTP1_NOT_HTTP, 0 },
        { W("<html><body>hello</body></html>"), HTTP1_NOT_HTTP, 0 },
        { W("HTTPS/1.1 200 OK\r\n\r\n"), HTTP1_NOT_HTTP, 4 },
        { W("http/1.1 200 OK\r\n\r\n"), HTTP1_NOT_HTTP, 0 },
        { W("HTTp/1.1 200 OK\r\n\r\n"), HTTP1_NOT_HTTP, 3 },
        { W(" HTTP/1.1 200 OK\r\n\r\n"), HTTP1_NOT_HTTP, 0 },
        { W("\0HTTP/1.1 200 OK\r\n\r\n"), HTTP1_NOT_HTTP, 0 },
        { W("\vHTTP/1.1 200 OK\r\n\r\n"), HTTP1_NOT_HTTP, 0 },
        { W("\xef\xbb\xbfHTTP/1.1 200 OK\r\n"), HTTP1_NOT_HTTP, 0 },
        { W("\0\0\x12\4\0\0\0\0\0"), HTTP1_NOT_HTTP, 0 },
        { W("H\r\n\r\n"), HTTP1_NOT_HTTP, 1 },
        { W("\r\nX"), HTTP1_NOT_HTTP, 2 },
        /* versions */
        { W("HTTP/2 200\r\n\r\n"), HTTP1_BAD_VERSION, 5 },
        { W("HTTP/2.0 200 OK\r\n\r\n"), HTTP1_BAD_VERSION, 5 },
        { W("HTTP/0.9 200 OK\r\n\r\n"), HTTP1_BAD_VERSION, 5 },
        { W("HTTP/11 200 OK\r\n\r\n"), HTTP1_BAD_VERSION, 6 },
        { W("HTTP/1,1 200 OK\r\n\r\n"), HTTP1_BAD_VERSION, 6 },
        { W("HTTP/1. 200 OK\r\n\r\n"), HTTP1_BAD_VERSION, 7 },
        { W("HTTP/1.x 200 OK\r\n\r\n"), HTTP1_BAD_VERSION, 7 },
        { W("HTTP/ 1.1 200 OK\r\n\r\n"), HTTP1_BAD_VERSION, 5 },
        { W("HTTP/01.1 200 OK\r\n\r\n"), HTTP1_BAD_VERSION, 5 },
        { W("HTTP/\r\n"), HTTP1_BAD_VERSION, 5 },
        /* blanks */
        { W("HTTP/1.10 200 OK\r\n\r\n"), HTTP1_BAD_STATUS_LINE, 8 },
        { W("HTTP/1.1\t200 OK\r\n\r\n"), HTTP1_BAD_STATUS_LINE, 8 },
        { W("HTTP/1.1\r\n\r\n"), HTTP1_BAD_STATUS_LINE, 8 },
        { W("HTTP/1.1\n\n"), HTTP1_BAD_STATUS_LINE, 8 },
        { W("HTTP/1.1200 OK\r\n\r\n"), HTTP1_BAD_STATUS_LINE, 8 },
        { W("HTTP/1.1 200\tOK\r\n\r\n"), HTTP1_BAD_STATUS_LINE, 12 },
        { W("HTTP/1.1 200OK\r\n\r\n"), HTTP1_BAD_STATUS_LINE, 12 },
        { W("HTTP/1.1 200\0\r\n\r\n"), HTTP1_BAD_STATUS_LINE, 12 },
        { W("HTTP/1.1 200.5\r\n\r\n"), HTTP1_BAD_STATUS_LINE, 12 },
        { W("\r\n\n\nHTTP/1.1 200 OK\r\n\r\n"), HTTP1_BAD_STATUS_LINE, 3 },
        { W("\r\n\r\n\r\nHTTP/1.1 200"), HTTP1_BAD_STATUS_LINE, 4 },
        /* statuses */
        { W("HTTP/1.1  200 OK\r\n\r\n"), HTTP1_BAD_STATUS, 9 },
        { W("HTTP/1.1 \r\n\r\n"), HTTP1_BAD_STATUS, 9 },
        { W("HTTP/1.1 OK\r\n\r\n"), HTTP1_BAD_STATUS, 9 },
        { W("HTTP/1.1 099 OK\r\n\r\n"), HTTP1_BAD_STATUS, 9 },
        { W("HTTP/1.1 000 OK\r\n\r\n"), HTTP1_BAD_STATUS, 9 },
        { W("HTTP/1.1 -20 OK\r\n\r\n"), HTTP1_BAD_STATUS, 9 },
        { W("HTTP/1.1 +20 OK\r\n\r\n"), HTTP1_BAD_STATUS, 9 },
        { W("HTTP/1.1 2 OK\r\n\r\n"), HTTP1_BAD_STATUS, 10 },
        { W("HTTP/1.1 20 OK\r\n\r\n"), HTTP1_BAD_STATUS, 11 },
        { W("HTTP/1.1 20\r\n\r\n"), HTTP1_BAD_STATUS, 11 },
        { W("HTTP/1.1 20x OK\r\n\r\n"), HTTP1_BAD_STATUS, 11 },
        { W("HTTP/1.1 2000 OK\r\n\r\n"), HTTP1_BAD_STATUS, 12 },
        { W("HTTP/1.1 2000\r\n\r\n"), HTTP1_BAD_STATUS, 12 },
        /* the reason */
        { W("HTTP/1.1 200 O\0K\r\n\r\n"), HTTP1_BAD_STATUS_LINE, 14 },
        { W("HTTP/1.1 200 O\vK\r\n\r\n"), HTTP1_BAD_STATUS_LINE, 14 },
        { W("HTTP/1.1 200 OK\x7f\r\n\r\n"), HTTP1_BAD_STATUS_LINE, 15 },
        { W("HTTP/1.1 200 O\rK\r\n\r\n"), HTTP1_BARE_CR, 14 },
        { W("HTTP/1.1 200 OK\r\r\n\r\n"), HTTP1_BARE_CR, 15 },
        { W("HTTP/1.1 200\rOK\r\n\r\n"), HTTP1_BARE_CR, 12 },
        { W("\rHTTP/1.1 200 OK\r\n\r\n"), HTTP1_BARE_CR, 0 },
        { W("\r\r\nHTTP/1.1 200 OK\r\n\r\n"), HTTP1_BARE_CR, 0 },
    };
    (void)state;
    check_all_bad(cases, COUNT_OF(cases));
}

static void header_lines_are_gone_through(void **state)
{
    static const struct fine_case cases[] = {
        { W(OK "A: b\r\nC: d\r\n\r\n"), 200, "x", "", 0 },
        { W(OK "A: b\nC: d\n\n"), 200, "x", "", 0 },
        { W(OK "A: b\nC: d\r\n\n"), 200, "x", "", 0 },
        { W(OK "A:\r\nB: \r\nC:\t\r\n\r\n"), 200, "x", "", 0 },
        { W(OK "!#$%&'*+-.^_`|~0Az: \"()<>@,;:\\/[]?={}\r\n\r\n"), 200, "x", "",
          0 },
        { W(OK "A: b\tc\t\t\td \t eeeeeeeee\tffffff\r\n\r\n"), 200, "x", "",
          0 },
        { W(OK "A: \x80\xff\xfe latin \xe9\xa9 and more of it\r\n\r\n"), 200,
          "x", "", 0 },
        { W(OK "A: b\xff\r\n\r\n"), 200, "x", "", 0 },
        { W(OK "1: 2\r\n\r\n"), 200, "x", "", 0 },
        { W(OK "A-name-that-is-longer-than-a-few-words: x\r\n\r\n"), 200, "x",
          "", 0 },
        { W(OK "A: HTTP/1.1 500 Oh\r\n\r\n"), 200, "x", "", 0 },
        { W(OK "A: Content-Length: 5\r\n\r\n"), 200, "x", "", 0 },
        /* as long as a name that matters */
        { W(OK "xonnection: close\r\nXontent-Length: x\r\n"
               "Content-LengtH0: x\r\nXransfer-Encoding: x\r\n"
               "Content-Length: 0\r\n\r\n"),
          200, "kl", "", 0 },
        { W(OK "Content.Length: 5\r\nContent_Length: 5\r\n"
               "Content-Length: 0\r\n\r\n"),
          200, "kl", "", 0 },
    };
    (void)state;
    check_all_fine(cases, COUNT_OF(cases));
}

static void what_is_no_header_line_is_refused_at_its_byte(void **state)
{
    static const struct bad_case cases[] = {
        { W(OK ": b\r\n\r\n"), HTTP1_BAD_HEADER_NAME, 17 },
        { W(OK "No colon\r\n\r\n"), HTTP1_SPACE_BEFORE_COLON, 19 },
        { W(OK "NoColon\r\n\r\n"), HTTP1_BAD_HEADER_NAME, 24 },
        { W(OK "NoColon\n\n"), HTTP1_BAD_HEADER_NAME, 24 },
        { W(OK "A\r\nB: c\r\n\r\n"), HTTP1_BAD_HEADER_NAME, 18 },
        { W(OK "N(me: b\r\n\r\n"), HTTP1_BAD_HEADER_NAME, 18 },
        { W(OK "Name\0: b\r\n\r\n"), HTTP1_BAD_HEADER_NAME, 21 },
        { W(OK "N\xc3\xa4me: b\r\n\r\n"), HTTP1_BAD_HEADER_NAME, 18 },
        { W(OK "Name\v: b\r\n\r\n"), HTTP1_BAD_HEADER_NAME, 21 },
        { W(OK "\"Name\": b\r\n\r\n"), HTTP1_BAD_HEADER_NAME, 17 },
        { W(OK "A\x7f: b\r\n\r\n"), HTTP1_BAD_HEADER_NAME, 18 },
        { W(OK "{}: b\r\n\r\n"), HTTP1_BAD_HEADER_NAME, 17 },
        { W(OK "A/B: b\r\n\r\n"), HTTP1_BAD_HEADER_NAME, 18 },
        { W(OK "A=B: b\r\n\r\n"), HTTP1_BAD_HEADER_NAME, 18 },
        { W(OK "Abcdefg@: b\r\n\r\n"), HTTP1_BAD_HEADER_NAME, 24 },
        { W(OK "Abc[: b\r\n\r\n"), HTTP1_BAD_HEADER_NAME, 20 },
        { W(OK "A : b\r\n\r\n"), HTTP1_SPACE_BEFORE_COLON, 18 },
        { W(OK "A\t: b\r\n\r\n"), HTTP1_SPACE_BEFORE_COLON, 18 },
        { W(OK "Transfer-Encoding : chunked\r\n\r\n"), HTTP1_SPACE_BEFORE_COLON,
          34 },
        { W(OK "Content-Length : 5\r\n\r\n"), HTTP1_SPACE_BEFORE_COLON, 31 },
        { W(OK " A: b\r\n\r\n"), HTTP1_OBS_FOLD, 17 },
        { W(OK "A: b\r\n c\r\n\r\n"), HTTP1_OBS_FOLD, 23 },
        { W(OK "A: b\r\n\tc\r\n\r\n"), HTTP1_OBS_FOLD, 23 },
        { W(OK "A: b\n \n\n"), HTTP1_OBS_FOLD, 22 },
        { W(OK "A: b\r\n \r\n\r\n"), HTTP1_OBS_FOLD, 23 },
        { W(OK "Transfer-Encoding:\r\n chunked\r\n"), HTTP1_BAD_CODING, 17 },
        { W(OK "A:\r\n chunked\r\n"), HTTP1_OBS_FOLD, 21 },
        { W(OK "A: b\0c\r\n\r\n"), HTTP1_BAD_HEADER_VALUE, 21 },
        { W(OK "A: b\vc\r\n\r\n"), HTTP1_BAD_HEADER_VALUE, 21 },
        { W(OK "A: b\fc\r\n\r\n"), HTTP1_BAD_HEADER_VALUE, 21 },
        { W(OK "A: b\x1f\r\n\r\n"), HTTP1_BAD_HEADER_VALUE, 21 },
        { W(OK "A: b\x7f\r\n\r\n"), HTTP1_BAD_HEADER_VALUE, 21 },
        { W(OK "A: bcdefghij\1lmnopqrstu\r\n\r\n"), HTTP1_BAD_HEADER_VALUE,
          29 },
        { W(OK "A: \t\xff\x7f\xff\r\n\r\n"), HTTP1_BAD_HEADER_VALUE, 22 },
        { W(OK "A: \t\1\t\1\r\n\r\n"), HTTP1_BAD_HEADER_VALUE, 21 },
        { W(OK "A: b\rc\r\n\r\n"), HTTP1_BARE_CR, 21 },
        { W(OK "A: b\r\r\n\r\n"), HTTP1_BARE_CR, 21 },
        { W(OK "A: b\r c\r\n\r\n"), HTTP1_BARE_CR, 21 },
        { W(OK "A:\rContent-Length: 5\r\n\r\n"), HTTP1_BARE_CR, 19 },
        { W(OK "\rA: b\r\n\r\n"), HTTP1_BARE_CR, 17 },
        { W(OK "A: b\r\n\r\r\n"), HTTP1_BARE_CR, 23 },
        { W(OK "\rX"), HTTP1_BARE_CR, 17 },
        { W(OK "A\r: b\r\n\r\n"), HTTP1_BAD_HEADER_NAME, 18 },
    };
    (void)state;
    check_all_bad(cases, COUNT_OF(cases));
}

/* Every byte, at each of the places that a word of the machine has, in a name
 * and in a value. */
static void each_byte_is_known_in_names_and_values(void **state)
{
    static const char others[] = "!#$%&'*+-.^_`|~";
    (void)state;
    for (int c = 0; c < 256; c++) {
        int token = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                    (c >= 'A' && c <= 'Z') ||
                    (c != 0 && c < 128 && strchr(others, c) != NULL);
        int value = c == '\t' || (c >= ' ' && c != 127);
        for (size_t at = 0; at < 18; at++) {
            char name[] = OK "Abcdefghijklmnopqr:\r\n\r\n";
            char text[] = OK "A:bcdefghijklmnopqrstuvwxyz\r\n\r\n";
            name[17 + at] = (char)c;
            text[19 + at] = (char)c;
            cases_wire = name;
            struct outcome n = read_cut(sizeof name - 1, WHOLE, 0);
            cases_wire = text;
            struct outcome v = read_cut(sizeof text - 1, WHOLE, 0);
            if (c != ':' && c != '\n' && c != '\r')
                assert_int_equal(n.state == HTTP1_MORE && n.status == 200,
                                 token);
            if (c == '\n')
                continue;
            assert_int_equal(v.error == HTTP1_FINE, value);
            if (v.error != HTTP1_FINE)
                assert_int_equal(v.error_at, 19 + at);
        }
    }
}

static void connections_are_kept_as_the_server_says(void **state)
{
    static const struct fine_case cases[] = {
#define L "Content-Length: 0\r\n"
        { W(OK L "\r\n"), 200, "kl", "", 0 },
        { W(OK L "Connection: close\r\n\r\n"), 200, "l", "", 0 },
        { W(OK L "connection:CLOSE\r\n\r\n"), 200, "l", "", 0 },
        { W(OK L "CONNECTION: \tClose \t\r\n\r\n"), 200, "l", "", 0 },
        { W(OK L "Connection: keep-alive\r\n\r\n"), 200, "kl", "", 0 },
        { W(OK L "Connection: keep-alive, close\r\n\r\n"), 200, "l", "", 0 },
        { W(OK L "Connection: close, keep-alive\r\n\r\n"), 200, "l", "", 0 },
        { W(OK L "Connection: ,, close\r\n\r\n"), 200, "l", "", 0 },
        { W(OK L "Connection: close,\r\n\r\n"), 200, "l", "", 0 },
        { W(OK L "Connection: x,close\t,y\r\n\r\n"), 200, "l", "", 0 },
        { W(OK L "Connection: x\r\nConnection: close\r\n\r\n"), 200, "l", "",
          0 },
        { W(OK L "Connection: close\r\nConnection: x\r\n\r\n"), 200, "l", "",
          0 },
        { W(OK L "Connection: closed\r\n\r\n"), 200, "kl", "", 0 },
        { W(OK L "Connection: clos\r\n\r\n"), 200, "kl", "", 0 },
        { W(OK L "Connection: xclose\r\n\r\n"), 200, "kl", "", 0 },
        { W(OK L "Connection: not close\r\n\r\n"), 200, "kl", "", 0 },
        { W(OK L "Connection: \"close\"\r\n\r\n"), 200, "kl", "", 0 },
        { W(OK L "Connection: clo\xd3\x65\r\n\r\n"), 200, "kl", "", 0 },
        { W(OK L "Connection:\r\n\r\n"), 200, "kl", "", 0 },
        { W(OK L "Connection: ,\r\n\r\n"), 200, "kl", "", 0 },
        { W(OK L "Proxy-Connection: close\r\n\r\n"), 200, "kl", "", 0 },
        { W(OK L "Connection2: close\r\n\r\n"), 200, "kl", "", 0 },
#undef L
#define L "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n"
        { W(L "\r\n"), 200, "l0", "", 0 },
        { W(L "Connection: keep-alive\r\n\r\n"), 200, "kl0", "", 0 },
        { W(L "Connection: Keep-Alive\r\n\r\n"), 200, "kl0", "", 0 },
        { W(L "Connection: x, KEEP-ALIVE\r\n\r\n"), 200, "kl0", "", 0 },
        { W(L "Connection: keep-alive\r\nConnection: close\r\n\r\n"), 200, "l0",
          "", 0 },
        { W(L "Connection: keepalive\r\n\r\n"), 200, "l0", "", 0 },
        { W(L "Connection: keep_alive\r\n\r\n"), 200, "l0", "", 0 },
        { W(L "Keep-Alive: timeout=5\r\n\r\n"), 200, "l0", "", 0 },
        { W(L "Proxy-Connection: keep-alive\r\n\r\n"), 200, "l0", "", 0 },
#undef L
        { W("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\nabc"), 200, "x0",
          "abc", 0 },
        { W(OK "Connection: keep-alive\r\n\r\nabc"), 200, "x", "abc", 0 },
    };
    (void)state;
    check_all_fine(cases, COUNT_OF(cases));
}

static void what_stands_in_lengths_and_codings_is_judged(void **state)
{
#define N OK "Content-Length:"
#define C OK "Transfer-Encoding:"
    static const struct bad_case cases[] = {
        { W(N "\r\n\r\n"), HTTP1_BAD_LENGTH, 32 },
        { W(N " \r\n\r\n"), HTTP1_BAD_LENGTH, 33 },
        { W(N " +5\r\n\r\n"), HTTP1_BAD_LENGTH, 33 },
        { W(N " -5\r\n\r\n"), HTTP1_BAD_LENGTH, 33 },
        { W(N " -0\r\n\r\n"), HTTP1_BAD_LENGTH, 33 },
        { W(N " 0x5\r\n\r\n"), HTTP1_BAD_LENGTH, 34 },
        { W(N " 5 5\r\n\r\n"), HTTP1_BAD_LENGTH, 35 },
        { W(N " 5.0\r\n\r\n"), HTTP1_BAD_LENGTH, 34 },
        { W(N " 5e1\r\n\r\n"), HTTP1_BAD_LENGTH, 34 },
        { W(N " 5;x\r\n\r\n"), HTTP1_BAD_LENGTH, 34 },
        { W(N " \"5\"\r\n\r\n"), HTTP1_BAD_LENGTH, 33 },
        { W(N " five\r\n\r\n"), HTTP1_BAD_LENGTH, 33 },
        { W(N " 5,\r\n\r\n"), HTTP1_BAD_LENGTH, 35 },
        { W(N " ,5\r\n\r\n"), HTTP1_BAD_LENGTH, 33 },
        { W(N " 5,,5\r\n\r\n"), HTTP1_BAD_LENGTH, 35 },
        { W(N " 5, x\r\n\r\n"), HTTP1_BAD_LENGTH, 36 },
        { W(N " 5\xa0\r\n\r\n"), HTTP1_BAD_LENGTH, 34 },
        { W(N " \xef\xbc\x95\r\n\r\n"), HTTP1_BAD_LENGTH, 33 },
        { W(N " 5\v\r\n\r\n"), HTTP1_BAD_HEADER_VALUE, 34 },
        { W(N " 5\0\r\n\r\n"), HTTP1_BAD_HEADER_VALUE, 34 },
        { W(N " 18446744073709551616\r\n\r\n"), HTTP1_BAD_LENGTH, 52 },
        { W(N " 18446744073709551620\r\n\r\n"), HTTP1_BAD_LENGTH, 52 },
        { W(N " 28446744073709551615\r\n\r\n"), HTTP1_BAD_LENGTH, 52 },
        { W(N " 99999999999999999999999\r\n\r\n"), HTTP1_BAD_LENGTH, 52 },
        { W(N " 5,6\r\n\r\n"), HTTP1_LENGTH_CONFLICT, 35 },
        { W(N " 5, 5, 55\r\n\r\n"), HTTP1_LENGTH_CONFLICT, 39 },
        { W(N " 5\r\nContent-Length: 6\r\n\r\n"), HTTP1_LENGTH_CONFLICT, 52 },
        { W(N " 0\r\ncontent-length: 1\r\n\r\n"), HTTP1_LENGTH_CONFLICT, 52 },
        { W(N " 5\r\nTransfer-Encoding: chunked\r\n\r\n"),
          HTTP1_LENGTH_AND_CHUNKED, 36 },
        { W(C " chunked\r\nContent-Length: 5\r\n\r\n"),
          HTTP1_LENGTH_AND_CHUNKED, 45 },
        { W(C " chunked\r\nContent-Length: x\r\n\r\n"), HTTP1_BAD_LENGTH, 61 },
        { W(C "\r\n\r\n"), HTTP1_BAD_CODING, 17 },
        { W(C " ,\r\n\r\n"), HTTP1_BAD_CODING, 17 },
        { W(C " xchunked\r\n\r\n"), HTTP1_BAD_CODING, 36 },
        { W(C " chunkedx\r\n\r\n"), HTTP1_BAD_CODING, 36 },
        { W(C " chunke\r\n\r\n"), HTTP1_BAD_CODING, 36 },
        { W(C " chunked;q=1\r\n\r\n"), HTTP1_BAD_CODING, 36 },
        { W(C " \"chunked\"\r\n\r\n"), HTTP1_BAD_CODING, 36 },
        { W(C " chunked chunked\r\n\r\n"), HTTP1_BAD_CODING, 36 },
        { W(C " chunked, chunked\r\n\r\n"), HTTP1_BAD_CODING, 45 },
        { W(C " chunked\r\nTransfer-Encoding: chunked\r\n\r\n"),
          HTTP1_BAD_CODING, 64 },
        { W(C " chunked, identity\r\n\r\n"), HTTP1_BAD_CODING, 45 },
        { W(C " identity\r\n\r\n"), HTTP1_BAD_CODING, 36 },
        { W(C " gzip\r\n\r\n"), HTTP1_BAD_CODING, 36 },
        { W(C " gzip, chunked\r\n\r\n"), HTTP1_BAD_CODING, 36 },
        { W(C " chunked, gzip\r\n\r\n"), HTTP1_BAD_CODING, 45 },
        { W(C " \vchunked\r\n\r\n"), HTTP1_BAD_HEADER_VALUE, 36 },
        { W(C " chunked\v\r\n\r\n"), HTTP1_BAD_HEADER_VALUE, 43 },
        { W("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
          HTTP1_BAD_CODING, 17 },
        /* also where no body follows */
        { W("HTTP/1.1 204 No\r\nContent-Length: x\r\n\r\n"), HTTP1_BAD_LENGTH,
          33 },
        { W("HTTP/1.1 304 No\r\nTransfer-Encoding: x\r\n\r\n"),
          HTTP1_BAD_CODING, 36 },
        { W("HTTP/1.1 100 Go\r\nContent-Length: x\r\n\r\n"), HTTP1_BAD_LENGTH,
          33 },
    };
#undef N
#undef C
    (void)state;
    check_all_bad(cases, COUNT_OF(cases));
}

static void interim_heads_come_before_the_answer(void **state)
{
#define GO "HTTP/1.1 100 Continue\r\n\r\n"
#define END "HTTP/1.1 201 Made\r\nContent-Length: 2\r\n\r\nhi"
    static const struct fine_case cases[] = {
        { W(GO END), 201, "kl", "hi", 0 },
        { W(GO GO GO END), 201, "kl", "hi", 0 },
        { W("HTTP/1.1 103 Hints\r\nLink: </a>\r\nLink: </b>\r\n\r\n" GO END),
          201, "kl", "hi", 0 },
        { W("HTTP/1.1 100\n\n\nHTTP/1.1 200\nContent-Length:0\n\n"), 200, "kl",
          "", 0 },
        /* what they say is not said of the answer */
        { W("HTTP/1.1 102 x\r\nContent-Length: 9\r\nConnection: "
            "close\r\n\r\n" END),
          201, "kl", "hi", 0 },
        { W("HTTP/1.1 199 x\r\nTransfer-Encoding: chunked\r\n\r\n" END), 201,
          "kl", "hi", 0 },
        { W("HTTP/1.0 100 x\r\n\r\n" END), 201, "kl", "hi", 0 },
        /* the last of them */
        { W(GO "HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n\1\2\3"), 101, "u",
          "", 3 },
        { W("HTTP/1.1 101 Switching\r\nContent-Length: 3\r\n\r\n\1\2\3"), 101,
          "u", "", 3 },
    };
    (void)state;
    check_all_fine(cases, COUNT_OF(cases));
    struct outcome got = read_all_ways(W(GO "HTTP/1.1 103\r\n\r\n" END), 1);
    assert_int_equal(got.interims, 2);
    got = read_all_ways(W("HTTP/1.1 103 x\r\nContent-Length: 3\r\n\r\n"), 0);
    assert_int_equal(got.interims, 1);
    assert_int_equal(got.status, 103);
    assert_int_equal(got.state, HTTP1_MORE);
    assert_int_equal(got.has_length, 0);
    assert_int_equal(got.length, 0);
#undef GO
#undef END
}

static void a_close_in_the_head_is_told_from_one_before_it(void **state)
{
    static const struct bad_case cases[] = {
        { W(""), HTTP1_EMPTY, 0 },
        { W("H"), HTTP1_TRUNCATED_HEAD, 1 },
        { W("\r\n"), HTTP1_TRUNCATED_HEAD, 2 },
        { W("\r"), HTTP1_TRUNCATED_HEAD, 1 },
        { W("HTTP/1.1 200"), HTTP1_TRUNCATED_HEAD, 12 },
        { W(OK), HTTP1_TRUNCATED_HEAD, 17 },
        { W(OK "Content-Length: 0\r\n"), HTTP1_TRUNCATED_HEAD, 36 },
        { W(OK "\r"), HTTP1_TRUNCATED_HEAD, 18 },
        { W("HTTP/1.1 100\r\n\r\n"), HTTP1_TRUNCATED_HEAD, 16 },
        { W("HTTP/1.1 100\r\n\r\nHT"), HTTP1_TRUNCATED_HEAD, 18 },
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct outcome got = read_all_ways(cases[i].wire, cases[i].len, 1);
        assert_int_equal(got.state, HTTP1_BAD);
        assert_int_equal(got.error, cases[i].error);
        assert_int_equal(got.error_at, cases[i].at);
    }
}

static void each_error_has_words_of_its_own(void **state)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz_0123456789";
    (void)state;
    for (int e = 0; e < HTTP1_ERRORS; e++) {
        const char *name = http1_error_name((enum http1_error)e);
        assert_non_null(name);
        assert_int_equal(strspn(name, letters), strlen(name));
        assert_true(strlen(http1_error_text((enum http1_error)e)) > 10);
        for (int other = 0; other < e; other++) {
            assert_string_not_equal(name,
                                    http1_error_name((enum http1_error)other));
            assert_string_not_equal(http1_error_text((enum http1_error)e),
                                    http1_error_text((enum http1_error)other));
        }
    }
    assert_string_equal(http1_error_name(HTTP1_LENGTH_CONFLICT),
                        "length_conflict");
}

static void bytes_are_quoted_for_messages(void **state)
{
    static const struct {
        const char *bytes;
        size_t len, at, cap;
        const char *text;
    } cases[] = {
        { W(""), 0, 100, "" },
        { W("abc"), 0, 100, "abc" },
        { W("abc"), 3, 100, "abc" },
        { W("abc"), 99, 100, "..." },
        { W("a\r\n\tb\\\"c"), 0, 100, "a\\r\\n\\tb\\\\\"c" },
        { W("\x15\x03\0\x7f\xff~ "), 0, 100, "\\x15\\x03\\x00\\x7f\\xff~ " },
        { W("0123456789012345678901234567890123456789"), 20, 100,
          "0123456789012345678901234567890123456789" },
        { W("0123456789012345678901234567890123456789x"), 20, 100,
          "0123456789012345678901234567890123456789..." },
        { W("0123456789012345678901234567890123456789x"), 21, 100,
          "...123456789012345678901234567890123456789x" },
        { W("abc\r\n"), 0, 0, NULL },
        { W("abc\r\n"), 0, 1, "" },
        { W("abc\r\n"), 0, 3, "ab" },
        { W("abc\r\n"), 0, 5, "abc" },
        { W("abc\r\n"), 0, 6, "abc\\r" },
        { W("abc\r\n"), 0, 8, "abc\\r\\n" },
    };
    struct guard out = guard_open(HTTP1_QUOTE_MAX);
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char blank[HTTP1_QUOTE_MAX] = "";
        char *to = guard_bytes(&out, blank, cases[i].cap);
        const char *from =
            guard_bytes(&cases_guard, cases[i].bytes, cases[i].len);
        assert_ptr_equal(
            http1_quote(to, cases[i].cap, from, cases[i].len, cases[i].at), to);
        if (cases[i].text != NULL)
            assert_string_equal(to, cases[i].text);
    }
    /* what takes the most room */
    char nuls[100] = "";
    char *to =
        guard_bytes(&out, (char[HTTP1_QUOTE_MAX]){ "" }, HTTP1_QUOTE_MAX);
    http1_quote(to, HTTP1_QUOTE_MAX, nuls, sizeof nuls, 50);
    assert_int_equal(strlen(to), HTTP1_QUOTE_MAX - 1);
    guard_close(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T("status lines are read", status_lines_are_read),
        T("what is no status line is refused at its byte",
          what_is_no_status_line_is_refused_at_its_byte),
        T("header lines are gone through", header_lines_are_gone_through),
        T("what is no header line is refused at its byte",
          what_is_no_header_line_is_refused_at_its_byte),
        T("each byte is known in names and values",
          each_byte_is_known_in_names_and_values),
        T("connections are kept as the server says",
          connections_are_kept_as_the_server_says),
        T("what stands in lengths and codings is judged",
          what_stands_in_lengths_and_codings_is_judged),
        T("interim heads come before the answer",
          interim_heads_come_before_the_answer),
        T("a close in the head is told from one before it",
          a_close_in_the_head_is_told_from_one_before_it),
        T("each error has words of its own", each_error_has_words_of_its_own),
        T("bytes are quoted for messages", bytes_are_quoted_for_messages),
    };
    return cmocka_run_group_tests(tests, cases_open, cases_close);
}
