/* test_set_cookie.c - a Set-Cookie header, and dates, taken apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "guard.h"
#include "net/set_cookie.h"
#include "sentence.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

enum { TEXT_MAX = 8192, NOW_S = 1000 };

static void expect(struct span got, const char *expected)
{
    assert_int_equal(got.len, strlen(expected));
    assert_memory_equal(got.at ? got.at : "", expected, got.len);
}

static void a_header_is_taken_apart(void **state)
{
    static const struct {
        const char *text, *name, *value, *domain, *path;
        int64_t expires_s;
        int secure;
    } cases[] = {
        { "n=v", "n", "v", "", "", COOKIE_SESSION, 0 },
        { "n=v;", "n", "v", "", "", COOKIE_SESSION, 0 },
        { " n m =\tv w ;", "n m", "v w", "", "", COOKIE_SESSION, 0 },
        { "n==", "n", "=", "", "", COOKIE_SESSION, 0 },
        { "n=v;secure", "n", "v", "", "", COOKIE_SESSION, 1 },
        { "n=v; Secure=0; HttpOnly", "n", "v", "", "", COOKIE_SESSION, 1 },
        { "n=v; Domain=.A.b; DOMAIN=c", "n", "v", "c", "", COOKIE_SESSION, 0 },
        { "n=v; Domain=..a", "n", "v", ".a", "", COOKIE_SESSION, 0 },
        { "n=v; Domain=.", "n", "v", "", "", COOKIE_SESSION, 0 },
        { "n=v; Path = /a b\t;x", "n", "v", "", "/a b", COOKIE_SESSION, 0 },
        { "n=v; Path=/a; Path=b", "n", "v", "", "", COOKIE_SESSION, 0 },
        { "n=v; Max-Age=1", "n", "v", "", "", NOW_S + 1, 0 },
        { "n=v; Max-Age=0", "n", "v", "", "", INT64_MIN, 0 },
        { "n=v; Max-Age=-1", "n", "v", "", "", INT64_MIN, 0 },
        { "n=v; Max-Age=1; Max-Age=2; Max-Age=", "n", "v", "", "", NOW_S + 2,
          0 },
        { "n=v; Max-Age=3; Expires=1 Jan 1970 0:0:5", "n", "v", "", "",
          NOW_S + 3, 0 },
        { "n=v; Expires=1 Jan 1970 0:0:5; Expires=x", "n", "v", "", "", 5, 0 },
    };
    struct guard g = guard_open(TEXT_MAX);
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct set_cookie c;
        size_t len = strlen(cases[i].text);
        char *bytes = guard_bytes(&g, cases[i].text, len);
        memset(&c, 0x5a, sizeof c);
        assert_int_equal(set_cookie_parse(bytes, len, NOW_S, &c), 0);
        expect(c.name, cases[i].name);
        expect(c.value, cases[i].value);
        expect(c.domain, cases[i].domain);
        expect(c.path, cases[i].path);
        assert_int_equal(c.expires_s, cases[i].expires_s);
        assert_int_equal(c.secure, cases[i].secure);
    }
    guard_close(&g);
}

static void what_is_refused_changes_nothing(void **state)
{
    static const char *const cases[] = {
        "", "n", "=v", "n;=v", "\t=v", "n=v\n", "n=\x01", "n=v; \x7f",
    };
    struct guard g = guard_open(TEXT_MAX);
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct set_cookie c, before;
        size_t len = strlen(cases[i]);
        memset(&c, 0x5a, sizeof c);
        before = c;
        assert_int_equal(
            set_cookie_parse(guard_bytes(&g, cases[i], len), len, NOW_S, &c),
            -1);
        assert_memory_equal(&c, &before, sizeof c);
    }
    guard_close(&g);
}

static void dates_are_read_as_browsers_do(void **state)
{
    static const struct {
        const char *text;
        int64_t seconds;
    } cases[] = {
        { "Thu, 01 Jan 1970 00:00:00 GMT", 0 },
        { "Thu, 01-Jan-1970 00:00:01 GMT", 1 },
        { "Sun, 06 Nov 1994 08:49:37 GMT", 784111777 },
        { "Sunday, 06-Nov-94 08:49:37 GMT", 784111777 },
        { "Sun Nov  6 08:49:37 1994", 784111777 },
        { "1994 6 november 8:49:37", 784111777 },
        { "8:49:37 6 94 Nov", 784111777 },
        { "8:49:37~6{94}Nov@", 784111777 },
        { "\t06/NOVx/1994x,08:49:37x(whatever)", 784111777 },
        { "Sun, 06 Nov 1994 08:49:37 +0200", 784111777 },
        { "Sun, 06 Nov 1994 08:49:37 1995 Dec 7 9:9:9", 784111777 },
        { "1 Jan 70 0:0:0", 0 },
        { "1 Jan 69 0:0:0", 3124224000 },
        { "1 Jan 00 0:0:0", 946684800 },
        { "1 Jan 99 0:0:0", 915148800 },
        { "1 Jan 100 0:0:0", INT64_MIN },
        { "31 Dec 1969 23:59:59", -1 },
        { "29 Feb 2000 12:00:00", 951825600 },
        { "1 Mar 2000 12:00:00", 951912000 },
        { "29 Feb 2024 23:59:59", 1709251199 },
        { "1 Mar 2100 00:00:00", 4107542400 },
        { "31 Dec 9999 23:59:59", 253402300799 },
        { "1 Jan 1601 00:00:00", -11644473600 },
        { "31 Dec 1600 23:59:59", INT64_MIN },
        { "29 Feb 2023 00:00:00", INT64_MIN },
        { "29 Feb 1900 00:00:00", INT64_MIN },
        { "31 Apr 2023 00:00:00", INT64_MIN },
        { "32 Jan 2023 00:00:00", INT64_MIN },
        { "0 Jan 2023 00:00:00", INT64_MIN },
        { "1 Jan 2023 24:00:00", INT64_MIN },
        { "1 Jan 2023 00:60:00", INT64_MIN },
        { "1 Jan 2023 00:00:60", INT64_MIN },
        { "1 Jan 2023 00:00", INT64_MIN },
        { "1 Jan 2023 100:00:00", INT64_MIN },
        { "1 Jan 2023 00:000:00", INT64_MIN },
        { "1 Jan 2023 00:00:000", INT64_MIN },
        { "1 Jan 2023 ::", INT64_MIN },
        { "1 Jan 2023", INT64_MIN },
        { "1 Jan 00:00:00", INT64_MIN },
        { "Jan 2023 00:00:00", INT64_MIN },
        { "1 2023 00:00:00", INT64_MIN },
        { "1 Ja 2023 00:00:00", INT64_MIN },
        { "1 Jan 20230 00:00:00", INT64_MIN },
        { "99999999999999999999 Jan 2023 00:00:00", INT64_MIN },
        { "1990-01-01T00:00:00Z", INT64_MIN },
        { "garbage", INT64_MIN },
        { " ,;-", INT64_MIN },
        { "", INT64_MIN },
    };
    struct guard g = guard_open(TEXT_MAX);
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        size_t len = strlen(cases[i].text);
        int64_t got = INT64_MIN;
        int result =
            cookie_date_parse(guard_bytes(&g, cases[i].text, len), len, &got);
        if (got != cases[i].seconds || result != -(got == INT64_MIN))
            fail_msg("\"%s\" is %lld", cases[i].text, (long long)got);
    }
    guard_close(&g);
}

/* Every beginning of a value, right before a page that must not be read. */
static void no_value_is_read_too_far(void **state)
{
    static const char value[] =
        "name = \"value\" ; Expires=Sun, 06 Nov 2044 08:49:37 GMT; "
        "Max-Age=-12; Domain=.b.test; Path=/c/d; Secure; HttpOnly";
    static const size_t min = sizeof "name =" - 1;
    struct guard g = guard_open(TEXT_MAX);
    (void)state;
    for (size_t len = 0; len < sizeof value; len++) {
        struct set_cookie c;
        int result =
            set_cookie_parse(guard_bytes(&g, value, len), len, NOW_S, &c);
        assert_int_equal(result, len < min ? -1 : 0);
        const char *end = strstr(value, "Secure") + 6;
        assert_int_equal(result == 0 && c.secure, value + len >= end);
    }
    guard_close(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T("a header is taken apart", a_header_is_taken_apart),
        T("what is refused changes nothing", what_is_refused_changes_nothing),
        T("dates are read as browsers do", dates_are_read_as_browsers_do),
        T("no value is read too far", no_value_is_read_too_far),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
