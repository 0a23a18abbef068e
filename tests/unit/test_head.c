/* test_head.c - the value of a header in a head. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "guard.h"
#include "net/http.h"
#include "sentence.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

static const char head[] = "HTTP/1.1 200 OK\r\n"
                           "Content-Type: text/plain\r\n"
                           "Set-Cookie: a=1\r\n"
                           "set-cookie:b=2;  path=/ \t\r\n"
                           "X-Empty:\r\n"
                           "X-Blank: \t \r\n"
                           "X-Colons: a: b:c\r\n"
                           "SET-COOKIE:\t c=3\r\n"
                           "Content: short\r\n"
                           "Server : with a blank before\r\n"
                           "No-Colon\r\n"
                           "Bare-Newline: x\n"
                           "Date: now\r\n"
                           "\r\n";

static void a_header_is_found_by_name_and_number(void **state)
{
    static const struct {
        const char *name;
        unsigned nth;
        const char *value; /* NULL: there is none */
    } cases[] = {
        { "Content-Type", 0, "text/plain" },
        { "content-type", 0, "text/plain" },
        { "CONTENT-TYPE", 0, "text/plain" },
        { "Content-Type", 1, NULL },
        { "Set-Cookie", 0, "a=1" },
        { "Set-Cookie", 1, "b=2;  path=/" },
        { "Set-Cookie", 2, "c=3" },
        { "Set-Cookie", 3, NULL },
        { "Set-Cookie", 4000000000u, NULL },
        { "X-Empty", 0, "" },
        { "X-Blank", 0, "" },
        { "X-Colons", 0, "a: b:c" },
        /* the beginning of another's name, and one that begins with it */
        { "Content", 0, "short" },
        { "Content-", 0, NULL },
        { "Content-Type-Options", 0, NULL },
        { "ontent-Type", 0, NULL },
        { "Cookie", 0, NULL },
        { "Server", 0, NULL },
        { "No-Colon", 0, NULL },
        { "Bare-Newline", 0, "x" },
        { "Date", 0, "now" },
        { "HTTP/1.1 200 OK", 0, NULL },
        { "path", 0, NULL },
        { "now", 0, NULL },
        { "", 0, NULL },
    };
    struct guard h = guard_open(sizeof head), n = guard_open(64);
    char *bytes = guard_bytes(&h, head, sizeof head - 1);
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        size_t len = strlen(cases[i].name), got_len = 999;
        const char *got = http_head_find(bytes, sizeof head - 1,
                                         guard_bytes(&n, cases[i].name, len),
                                         len, cases[i].nth, &got_len);
        if (cases[i].value == NULL) {
            assert_null(got);
            assert_int_equal(got_len, 999);
            continue;
        }
        assert_non_null(got);
        assert_int_equal(got_len, strlen(cases[i].value));
        assert_memory_equal(got, cases[i].value, got_len);
        assert_true(got >= bytes && got + got_len <= bytes + sizeof head);
    }
    guard_close(&h);
    guard_close(&n);
}

/* Every beginning of the head, right before a page that must not be read. */
static void no_prefix_is_read_too_far(void **state)
{
    static const char *const names[] = {
        "Content-Type", "Set-Cookie", "X-Empty",
        "X-Blank",      "Date",       "No-Colon",
        "Bare-Newline", "",           "a-name-longer-than-any-there-is",
    };
    struct guard h = guard_open(sizeof head), n = guard_open(64);
    (void)state;
    for (size_t len = 0; len < sizeof head; len++) {
        char *bytes = guard_bytes(&h, head, len);
        for (size_t i = 0; i < COUNT_OF(names); i++) {
            size_t name_len = strlen(names[i]);
            char *name = guard_bytes(&n, names[i], name_len);
            for (unsigned nth = 0; nth < 3; nth++) {
                size_t value_len = 0;
                const char *v =
                    http_head_find(bytes, len, name, name_len, nth, &value_len);
                if (v != NULL)
                    assert_true(v >= bytes && v + value_len <= bytes + len);
            }
        }
    }
    guard_close(&h);
    guard_close(&n);
}

static void the_last_line_needs_no_end(void **state)
{
    static const struct {
        const char *head;
        const char *value;
    } cases[] = {
        { "A: b", "b" },       { "A: b\r", "b" }, { "A:", "" },
        { "A: ", "" },         { "A", NULL },     { "", NULL },
        { "\r\n\nA: b", "b" }, { ":\nA:b", "b" }, { "A :b", NULL },
        { "B: A: x", NULL },
    };
    struct guard g = guard_open(64);
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        size_t len = strlen(cases[i].head), got_len;
        const char *got = http_head_find(guard_bytes(&g, cases[i].head, len),
                                         len, "a", 1, 0, &got_len);
        assert_int_equal(got != NULL, cases[i].value != NULL);
        if (got == NULL)
            continue;
        assert_int_equal(got_len, strlen(cases[i].value));
        assert_memory_equal(got, cases[i].value, got_len);
    }
    guard_close(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T("a header is found by name and number",
          a_header_is_found_by_name_and_number),
        T("no prefix is read too far", no_prefix_is_read_too_far),
        T("the last line needs no end", the_last_line_needs_no_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
