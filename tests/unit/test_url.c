/* test_url.c - URLs taken apart, compared, and redirects followed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "guard.h"
#include "net/url.h"
#include "sentence.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

enum { TEXT_MAX = 4096 };

static void expect(const char *at, size_t len, const char *expected)
{
    assert_int_equal(len, strlen(expected));
    assert_memory_equal(at ? at : "", expected, len);
}

static void a_url_is_taken_apart(void **state)
{
    static const struct {
        const char *url;
        int tls, ipv6;
        const char *host;
        unsigned port;
        const char *authority, *userinfo, *path, *query;
    } cases[] = {
        { "http://a/", 0, 0, "a", 80, "a", "", "/", "" },
        { "https://a/", 1, 0, "a", 443, "a", "", "/", "" },
        { "http://a", 0, 0, "a", 80, "a", "", "", "" },
        { "HTTPS://A.Example/B", 1, 0, "A.Example", 443, "A.Example", "", "/B",
          "" },
        { "HttP://a-b_c.d~e.1/", 0, 0, "a-b_c.d~e.1", 80, "a-b_c.d~e.1", "",
          "/", "" },
        { "http://a:8080/b/c?d=e", 0, 0, "a", 8080, "a:8080", "", "/b/c",
          "?d=e" },
        { "http://a:8080", 0, 0, "a", 8080, "a:8080", "", "", "" },
        { "http://a?b", 0, 0, "a", 80, "a", "", "", "?b" },
        { "http://a:81?b/c@d:e", 0, 0, "a", 81, "a:81", "", "", "?b/c@d:e" },
        { "http://a#b", 0, 0, "a", 80, "a", "", "", "" },
        { "http://a/b?", 0, 0, "a", 80, "a", "", "/b", "?" },
        { "http://a/b?c?d#e?f#g", 0, 0, "a", 80, "a", "", "/b", "?c?d" },
        { "http://a/b#c?d", 0, 0, "a", 80, "a", "", "/b", "" },
        { "http://a/b:c@d/e//f/../g;h", 0, 0, "a", 80, "a", "",
          "/b:c@d/e//f/../g;h", "" },
        { "http://a/%41\xc3\xa9?\xff", 0, 0, "a", 80, "a", "", "/%41\xc3\xa9",
          "?\xff" },
        /* the scheme's own port does not belong into the Host header */
        { "http://a:80/", 0, 0, "a", 80, "a", "", "/", "" },
        { "https://a:443/", 1, 0, "a", 443, "a", "", "/", "" },
        { "http://a:443/", 0, 0, "a", 443, "a:443", "", "/", "" },
        { "https://a:80/", 1, 0, "a", 80, "a:80", "", "/", "" },
        { "http://a:/", 0, 0, "a", 80, "a", "", "/", "" },
        { "http://a:", 0, 0, "a", 80, "a", "", "", "" },
        { "http://a:1/", 0, 0, "a", 1, "a:1", "", "/", "" },
        { "http://a:65535/", 0, 0, "a", 65535, "a:65535", "", "/", "" },
        { "http://u:p@a:81/b", 0, 0, "a", 81, "a:81", "u:p", "/b", "" },
        { "http://u@a", 0, 0, "a", 80, "a", "u", "", "" },
        { "http://u:[1]%40:p@a/", 0, 0, "a", 80, "a", "u:[1]%40:p", "/", "" },
        { "http://127.0.0.1:9/", 0, 0, "127.0.0.1", 9, "127.0.0.1:9", "", "/",
          "" },
        { "http://[::1]/", 0, 1, "::1", 80, "[::1]", "", "/", "" },
        { "http://u@[FE80::1.2.3.4]:81?q", 0, 1, "FE80::1.2.3.4", 81,
          "[FE80::1.2.3.4]:81", "u", "", "?q" },
        { "https://[1:2:3:4:5:6:7:8]:443", 1, 1, "1:2:3:4:5:6:7:8", 443,
          "[1:2:3:4:5:6:7:8]", "", "", "" },
    };
    struct guard g = guard_open(TEXT_MAX);
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        size_t len = strlen(cases[i].url);
        struct url_parts u;
        memset(&u, 0x5a, sizeof u);
        assert_int_equal(url_split(guard_text(&g, cases[i].url, len), &u), 0);
        assert_int_equal(u.tls, cases[i].tls);
        assert_int_equal(u.ipv6_literal, cases[i].ipv6);
        assert_int_equal(u.port, cases[i].port);
        expect(u.host, u.host_len, cases[i].host);
        expect(u.authority, u.authority_len, cases[i].authority);
        expect(u.userinfo, u.userinfo_len, cases[i].userinfo);
        expect(u.path, u.path_len, cases[i].path);
        expect(u.query, u.query_len, cases[i].query);
    }
    guard_close(&g);
}

static void an_empty_userinfo_is_told_from_none(void **state)
{
    struct url_parts u;
    (void)state;
    assert_int_equal(url_split("http://@a/", &u), 0);
    assert_non_null(u.userinfo);
    assert_int_equal(u.userinfo_len, 0);
    expect(u.authority, u.authority_len, "a");
    assert_int_equal(url_split("http://a/@", &u), 0);
    assert_null(u.userinfo);
}

static void what_is_no_url_is_refused(void **state)
{
    static const char *const cases[] = {
        "",
        "a",
        "/a",
        "//a/",
        "http",
        "http:",
        "http:/",
        "http://",
        "http:///",
        "http:/a",
        "http:a",
        "http//a",
        "https",
        "https:/",
        "https://",
        "httpss://a/",
        "httpx://a/",
        "ftp://a/",
        "ws://a/",
        "xhttp://a/",
        " http://a/",
        "http://?",
        "http://#",
        "http://@/",
        "http://u@",
        "http://:80/",
        "http://u@:80/",
        /* ports */
        "http://a:0/",
        "http://a:65536/",
        "http://a:99999/",
        "http://a:100000/",
        "http://a:4294967376/",
        "http://a:080/",
        "http://a:-1/",
        "http://a:+1/",
        "http://a:8x/",
        "http://a:x",
        "http://a:80:80/",
        "http://a: 80/",
        /* hosts */
        "http://a b/",
        "http://a%41/",
        "http://a\xc3\xa9/",
        "http://a,b/",
        "http://a\\b/",
        "http://a!b/",
        "http://a*b/",
        "http://a|b/",
        "http://a^/",
        "http://<a>/",
        "http://\"a\"/",
        "http://u@v@a/",
        "http://a[::1]/",
        /* brackets */
        "http://[]/",
        "http://[",
        "http://[::1",
        "http://[::1/",
        "http://::1/",
        "http://[::1]a/",
        "http://[::1]:x/",
        "http://[1]/",
        "http://[a]/",
        "http://[1.2.3.4]/",
        "http://[::1::]/",
        "http://[v1.a]/",
        "http://[fe80::1%25eth0]/",
        "http://[fe80::1%eth0]/",
        "http://[0000:0000:0000:0000:0000:0000:255.255.255.2550]/",
        "http://[1:2:3:4:5:6:7:8:9:a:b:c:d:e:f:0:1:2:3:4:5:6:7:8:9]/",
        /* blanks and control characters, wherever they stand */
        "http://a/ ",
        "http://a/b c",
        "http://a/b\tc",
        "http://a/b\nc",
        "http://a/b\rc",
        "http://a/\x7f",
        "http://a/\x01",
        "http://a/?b c",
        "http://a/?\x1f",
        "http://a/#b c",
        "http://a/#\x7f",
        "http://u p@a/",
        "http://u\n@a/",
        "http://a\t/",
        "http://a\n",
        "http://a#\r\nX: y",
        "http:// a/",
        "http://a:80 /",
    };
    struct guard g = guard_open(TEXT_MAX);
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct url_parts u, before;
        memset(&u, 0x5a, sizeof u);
        before = u;
        char *text = guard_text(&g, cases[i], strlen(cases[i]));
        if (url_split(text, &u) == 0)
            fail_msg("taken: \"%s\"", cases[i]);
        assert_memory_equal(&u, &before, sizeof u);
    }
    guard_close(&g);
}

/* Also that no beginning of a URL is read past its end. */
static void a_beginning_of_a_url_is_one_or_is_not(void **state)
{
    static const struct {
        const char *url, *taken; /* '1': with this character it is a URL */
    } cases[] = {
        { "http://u:p@h:81/a?b#c", "0000000"
                                   "11001"
                                   "111"
                                   "111111" },
        { "https://[1::2]:8443/a?b#c", "00000000"
                                       "000001"
                                       "11111"
                                       "111111" },
    };
    struct guard g = guard_open(TEXT_MAX);
    struct url_parts u;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *url = cases[i].url;
        assert_int_equal(strlen(url), strlen(cases[i].taken));
        for (size_t len = 1; len <= strlen(url); len++) {
            int taken = url_split(guard_text(&g, url, len), &u) == 0;
            if (taken != (cases[i].taken[len - 1] == '1'))
                fail_msg("%.*s", (int)len, url);
        }
    }
    guard_close(&g);
}

static void an_origin_is_scheme_host_and_port(void **state)
{
    static const struct {
        const char *a, *b;
        int same;
    } cases[] = {
        { "http://a/", "http://a/", 1 },
        { "http://a", "HTTP://A/b?c#d", 1 },
        { "http://a/", "http://a:80/", 1 },
        { "https://a/", "https://a:443/", 1 },
        { "http://u:p@a/", "http://v@a/", 1 },
        { "http://[::1]/", "http://[::1]:80/", 1 },
        { "http://a/", "https://a/", 0 },
        { "http://a:443/", "https://a/", 0 },
        { "http://a/", "http://b/", 0 },
        { "http://a/", "http://a.a/", 0 },
        { "http://a.b/", "http://b/", 0 },
        { "http://a/", "http://ab/", 0 },
        { "http://a:81/", "http://a:82/", 0 },
        { "http://a/", "/", 0 },
        { "", "", 0 },
        { "ftp://a/", "ftp://a/", 0 },
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        if (url_same_origin(cases[i].a, cases[i].b) != cases[i].same ||
            url_same_origin(cases[i].b, cases[i].a) != cases[i].same)
            fail_msg("%s and %s", cases[i].a, cases[i].b);
    }
}

struct redirect {
    const char *location;
    const char *to; /* NULL: nowhere */
};

static void follow(const char *base, const struct redirect *cases, size_t n)
{
    struct guard g = guard_open(TEXT_MAX);
    for (size_t i = 0; i < n; i++) {
        size_t len = strlen(cases[i].location);
        char *got =
            url_resolve(base, guard_bytes(&g, cases[i].location, len), len);
        const char *to = cases[i].to;
        if ((got != NULL) != (to != NULL) || (got && strcmp(got, to) != 0))
            fail_msg("\"%s\" leads to %s, not %s", cases[i].location,
                     got ? got : "nowhere", to ? to : "nowhere");
        free(got);
    }
    guard_close(&g);
}

static void a_location_is_resolved_against_its_url(void **state)
{
    static const struct redirect cases[] = {
        /* RFC 3986, 5.4, as far as it leads to http */
        { "g", "http://a/b/c/g" },
        { "./g", "http://a/b/c/g" },
        { "g/", "http://a/b/c/g/" },
        { "/g", "http://a/g" },
        { "//g", "http://g/" },
        { "?y", "http://a/b/c/d;p?y" },
        { "g?y", "http://a/b/c/g?y" },
        { "#s", "http://a/b/c/d;p?q" },
        { "g#s", "http://a/b/c/g" },
        { "g?y#s", "http://a/b/c/g?y" },
        { ";x", "http://a/b/c/;x" },
        { "g;x", "http://a/b/c/g;x" },
        { ".", "http://a/b/c/" },
        { "./", "http://a/b/c/" },
        { "..", "http://a/b/" },
        { "../", "http://a/b/" },
        { "../g", "http://a/b/g" },
        { "../..", "http://a/" },
        { "../../g", "http://a/g" },
        { "../../../g", "http://a/g" },
        { "/./g", "http://a/g" },
        { "/../g", "http://a/g" },
        { "g.", "http://a/b/c/g." },
        { "..g", "http://a/b/c/..g" },
        { "./g/.", "http://a/b/c/g/" },
        { "g/../h", "http://a/b/c/h" },
        { "g;x=1/../y", "http://a/b/c/y" },
        { "g?y/../x", "http://a/b/c/g?y/../x" },
        { "g#s/../x", "http://a/b/c/g" },
        /* absolute */
        { "http://x", "http://x/" },
        { "HTTPS://X:8443/Y?Z#W", "https://X:8443/Y?Z" },
        { "https://u:p@x/", "https://u:p@x/" },
        { "//x:81/y", "http://x:81/y" },
        { "http://[::1]:81/y", "http://[::1]:81/y" },
        { "http://x?y", "http://x/?y" },
    };
    (void)state;
    follow("http://a/b/c/d;p?q#f", cases, COUNT_OF(cases));
}

static void a_location_goes_on_from_where_it_came(void **state)
{
    static const struct redirect secure[] = {
        { "/c", "https://u:p@a:8443/c" },
        { "//b/c", "https://b/c" },
        { "http://a:8443/", "http://a:8443/" },
    };
    static const struct redirect bare[] = {
        { "b", "http://a/b" },
        { "?b", "http://a/?b" },
        { "#b", "http://a/" },
    };
    (void)state;
    follow("https://u:p@a:8443/b", secure, COUNT_OF(secure));
    follow("http://a", bare, COUNT_OF(bare));
}

static void what_a_url_cannot_hold_is_escaped(void **state)
{
    static const struct redirect cases[] = {
        { "b c", "http://a/b%20c" },
        { "/b c?d e#f g", "http://a/b%20c?d+e" },
        { "http://x/b c?d e#f g", "http://x/b%20c?d+e" },
        { "/\xc3\xa9?\xc3\xa9", "http://a/%c3%a9?%c3%a9" },
        { "http://x/\xff", "http://x/%ff" },
        { "/%20%zz", "http://a/%20%zz" },
        { " \t/b\t ", "http://a/b" },
        { " http://x/ ", "http://x/" },
    };
    (void)state;
    follow("http://a/", cases, COUNT_OF(cases));
}

static void what_leads_nowhere_is_refused(void **state)
{
    static const struct redirect cases[] = {
        { "", NULL },
        { " \t ", NULL },
        { "ftp://a/", NULL },
        { "ws://a/", NULL },
        { "file:///etc/passwd", NULL },
        { "javascript:alert(1)", NULL },
        { "mailto:a@b", NULL },
        { "http:b", NULL },
        { "http://", NULL },
        { "//", NULL },
        { "http://x:0/", NULL },
        { "http://x:99999/", NULL },
        { "http://x y/", NULL },
        { "http://u v@x/", NULL },
        { "http://[::1/", NULL },
        { "http://[fe80::1%25eth0]/", NULL },
        { "http://\xc3\xa9/", NULL },
        { "b\tc", NULL },
        { "b\r\nX: y", NULL },
        { "/\x7f", NULL },
    };
    (void)state;
    follow("http://a/", cases, COUNT_OF(cases));
    follow("no URL", &(struct redirect){ "/b", NULL }, 1);
    assert_null(url_resolve("http://a/", "b\0c", 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T("a URL is taken apart", a_url_is_taken_apart),
        T("an empty userinfo is told from none",
          an_empty_userinfo_is_told_from_none),
        T("what is no URL is refused", what_is_no_url_is_refused),
        T("a beginning of a URL is one or is not",
          a_beginning_of_a_url_is_one_or_is_not),
        T("an origin is scheme, host and port",
          an_origin_is_scheme_host_and_port),
        T("a Location is resolved against its URL",
          a_location_is_resolved_against_its_url),
        T("a Location goes on from where it came",
          a_location_goes_on_from_where_it_came),
        T("what a URL cannot hold is escaped",
          what_a_url_cannot_hold_is_escaped),
        T("what leads nowhere is refused", what_leads_nowhere_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
