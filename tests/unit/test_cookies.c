/* test_cookies.c - what a jar takes, keeps and sends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guard.h"
#include "net/cookies.h"
#include "sentence.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

enum { TEXT_MAX = 8192, NOW_S = 1700000000 }; /* 2023-11-14 22:13:20 */

/* What is done, one after the other:
 *   NEW            with an empty jar
 *   SET url text   a Set-Cookie, which is taken
 *   NOT url text   a Set-Cookie, which is not
 *   GET url text   a request, and the cookies that go with it
 *   AT seconds     after the start, as the text says
 */
enum what { NEW, SET, NOT, GET, AT };

struct step {
    enum what what;
    const char *url, *text;
};

struct run {
    struct cookie_jar jar;
    struct guard value, url;
    int64_t now_s;
};

static struct url_parts split(struct run *r, const char *url)
{
    struct url_parts u;
    char *text = guard_text(&r->url, url, strlen(url));
    assert_int_equal(url_split(text, &u), 0);
    return u;
}

static int set(struct run *r, const char *url, const char *value)
{
    struct url_parts from = split(r, url);
    size_t len = strlen(value);
    return cookies_set(&r->jar, guard_bytes(&r->value, value, len), len, &from,
                       r->now_s);
}

static size_t pairs_in(const char *text)
{
    size_t n = *text != '\0';
    while ((text = strstr(text, "; ")) != NULL) {
        text += 2;
        n++;
    }
    return n;
}

static void get(struct run *r, const char *url, const char *expected)
{
    struct url_parts to = split(r, url);
    struct buf out = { 0 };
    size_t n = cookies_get(&r->jar, &to, r->now_s, &out);
    const char *got = out.data ? out.data : "";
    if (strcmp(got, expected) != 0)
        fail_msg("%s gets \"%s\", not \"%s\"", url, got, expected);
    assert_int_equal(n, pairs_in(expected));
    buf_free(&out);
}

static struct run start(void)
{
    return (struct run){ .value = guard_open(TEXT_MAX),
                         .url = guard_open(TEXT_MAX),
                         .now_s = NOW_S };
}

static void finish(struct run *r)
{
    cookies_clear(&r->jar);
    guard_close(&r->value);
    guard_close(&r->url);
}

static void play(const struct step *steps, size_t n)
{
    struct run r = start();
    for (const struct step *s = steps; s < steps + n; s++) {
        if (s->what == NEW) {
            cookies_clear(&r.jar);
            r.now_s = NOW_S;
        } else if (s->what == AT) {
            r.now_s = NOW_S + atoll(s->text);
        } else if (s->what == GET) {
            get(&r, s->url, s->text);
        } else if (set(&r, s->url, s->text) != (s->what == SET)) {
            fail_msg("%s: \"%s\" is %s", s->url, s->text,
                     s->what == SET ? "refused" : "taken");
        }
    }
    finish(&r);
}

#define PLAY(...)                                                              \
    do {                                                                       \
        static const struct step steps[] = { __VA_ARGS__ };                    \
        (void)state;                                                           \
        play(steps, COUNT_OF(steps));                                          \
    } while (0)

static void an_empty_jar_sends_and_owns_nothing(void **state)
{
    struct cookie_jar jar = { 0 };
    struct url_parts u;
    struct buf out = { 0 };
    (void)state;
    assert_int_equal(url_split("http://a/", &u), 0);
    assert_int_equal(cookies_get(&jar, &u, NOW_S, &out), 0);
    assert_null(out.data);
    assert_int_equal(cookies_set(&jar, "a", 1, &u, NOW_S), 0);
    assert_int_equal(cookies_set(&jar, "a=; Max-Age=0", 13, &u, NOW_S), 1);
    assert_null(jar.first);
    cookies_clear(&jar);
    cookies_clear(&jar);
    assert_null(jar.first);
}

static void a_cookie_goes_back_to_its_host_alone(void **state)
{
    PLAY({ SET, "http://a.test/", "n=v" }, { GET, "http://a.test/", "n=v" },
         { GET, "http://a.test", "n=v" }, { GET, "http://A.Test:8080/", "n=v" },
         { GET, "https://u:p@a.test/b/c?d#e", "n=v" },
         { GET, "http://b.a.test/", "" }, { GET, "http://test/", "" },
         { GET, "http://ba.test/", "" }, { GET, "http://a.test.b.test/", "" },
         { GET, "http://b.test/", "" });
}

static void a_domain_shares_it_with_the_hosts_below(void **state)
{
    PLAY({ SET, "http://a.b.test/", "n=v; Domain=b.test" },
         { GET, "http://a.b.test/", "n=v" }, { GET, "http://b.test/", "n=v" },
         { GET, "http://c.d.b.test/", "n=v" },
         { GET, "http://X.B.Test/", "n=v" }, { GET, "http://ab.test/", "" },
         { GET, "http://test/", "" }, { GET, "http://b.test.c.test/", "" },
         { GET, "http://b.test./", "" }, { NEW, 0, 0 },
         { SET, "http://A.B.Test/", "n=v; dOMAIN = .B.TEST ; Path=/" },
         { GET, "http://c.b.test/", "n=v" }, { NEW, 0, 0 },
         /* the last one counts, also an empty one: for the host alone */
         { SET, "http://a.b.test/", "n=v; Domain=a.b.test; Domain=b.test" },
         { GET, "http://c.b.test/", "n=v" }, { NEW, 0, 0 },
         { SET, "http://a.b.test/", "n=v; Domain=b.test; Domain=" },
         { GET, "http://c.b.test/", "" }, { GET, "http://c.a.b.test/", "" },
         { GET, "http://a.b.test/", "n=v" });
}

static void a_host_sets_no_cookies_for_others(void **state)
{
    PLAY({ NOT, "http://a.b.test/", "n=v; Domain=c.test" },
         { NOT, "http://a.b.test/", "n=v; Domain=c.b.test" },
         { NOT, "http://a.b.test/", "n=v; Domain=c.a.b.test" },
         { NOT, "http://a.b.test/", "n=v; Domain=.b" },
         { NOT, "http://ab.test/", "n=v; Domain=b.test" },
         { NOT, "http://a.b.test/", "n=v; Domain=..b.test" },
         { NOT, "http://a.b.test/", "n=v; Domain=b.test." },
         { NOT, "http://a.b.test/", "n=v; Domain=b.test:80" },
         { NOT, "http://a.b.test/", "n=v; Domain=\"b.test\"" },
         { GET, "http://a.b.test/", "" });
}

static void public_suffixes_are_shared_by_nobody(void **state)
{
    PLAY(
        { NOT, "http://a.com/", "n=v; Domain=com" },
        { NOT, "http://a.co.uk/", "n=v; Domain=.co.uk" },
        { NOT, "http://A.CO.UK/", "n=v; Domain=CO.UK" },
        { NOT, "http://a.github.io/", "n=v; Domain=github.io" },
        { NOT, "http://a.b.ck/", "n=v; Domain=b.ck" },
        { NOT, "http://a.internal/", "n=v; Domain=internal" },
        { NOT, "http://a.localhost/", "n=v; Domain=localhost" },
        { NOT, "http://a.com./", "n=v; Domain=com." },
        { NOT, "http://a.co.uk./", "n=v; Domain=co.uk." },
        { NOT, "http://a.xn--p1ai/", "n=v; Domain=xn--p1ai" },
        { SET, "http://a.www.ck/", "n=v; Domain=www.ck" },
        { GET, "http://b.www.ck/", "n=v" },
        { SET, "http://a.b.co.uk/", "n=v; Domain=b.co.uk" },
        { GET, "http://c.b.co.uk/", "n=v" },
        /* its own name: as if it were left out */
        { SET, "http://github.io/", "n=v; Domain=GitHub.io" },
        { GET, "http://github.io/", "n=v" }, { GET, "http://a.github.io/", "" },
        { SET, "http://localhost/", "n=v; Domain=localhost" },
        { GET, "http://localhost/", "n=v" }, { GET, "http://a.localhost/", "" },
        { SET, "http://web/", "n=v; Domain=.web" },
        { GET, "http://web/", "n=v" });
}

static void addresses_match_themselves_alone(void **state)
{
    PLAY({ SET, "http://10.0.0.1/", "n=v" },
         { SET, "http://10.0.0.1/", "m=v; Domain=10.0.0.1" },
         { GET, "http://10.0.0.1/", "n=v; m=v" },
         { GET, "http://1.10.0.0.1/", "" },
         { NOT, "http://10.0.0.1/", "n=v; Domain=0.0.1" },
         { NOT, "http://10.0.0.1/", "n=v; Domain=.1" },
         { NOT, "http://10.1.0x1/", "n=v; Domain=1.0x1" },
         { SET, "http://0.0.1/", "o=v; Domain=0.0.1" },
         { GET, "http://10.0.0.1/", "n=v; m=v" }, { NEW, 0, 0 },
         { SET, "http://[2001:db8::1]/", "n=v" },
         { SET, "http://[2001:db8::1]/", "m=v; Domain=2001:DB8::1" },
         { NOT, "http://[2001:db8::1]/", "m=v; Domain=[2001:db8::1]" },
         { GET, "http://[2001:db8::1]:81/", "n=v; m=v" },
         { GET, "http://[2001:db8::2]/", "" }, { NEW, 0, 0 },
         { SET, "http://a.b1.test2x/", "n=v; Domain=b1.test2x" },
         { GET, "http://b1.test2x/", "n=v" });
}

static void a_path_is_for_what_lies_below(void **state)
{
    PLAY({ SET, "http://a.test/", "n=v; Path=/b" },
         { GET, "http://a.test/b", "n=v" }, { GET, "http://a.test/b/", "n=v" },
         { GET, "http://a.test/b/c", "n=v" },
         { GET, "http://a.test/b?c", "n=v" }, { GET, "http://a.test/bc", "" },
         { GET, "http://a.test/B", "" }, { GET, "http://a.test/", "" },
         { GET, "http://a.test", "" }, { GET, "http://a.test/c/b", "" },
         { GET, "http://a.test?/b", "" }, { NEW, 0, 0 },
         { SET, "http://a.test/", "n=v; Path=/b/" },
         { GET, "http://a.test/b", "" }, { GET, "http://a.test/b/", "n=v" },
         { GET, "http://a.test/b/c", "n=v" }, { NEW, 0, 0 },
         /* of another folder than it came from; the last one counts */
         { SET, "http://a.test/b/c", "n=v; Path=/x;path = /y/z " },
         { GET, "http://a.test/b/c", "" }, { GET, "http://a.test/x", "" },
         { GET, "http://a.test/y/z", "n=v" });
}

static void without_a_path_it_is_for_the_folder(void **state)
{
    static const struct {
        const char *from, *folder; /* NULL: for all */
    } cases[] = {
        { "http://a.test", NULL },        { "http://a.test?/b/c", NULL },
        { "http://a.test/", NULL },       { "http://a.test/b", NULL },
        { "http://a.test/b?/c/d", NULL }, { "http://a.test/b/", "/b" },
        { "http://a.test/b/c", "/b" },    { "http://a.test/b/c/", "/b/c" },
        { "http://a.test//", "/" },       { "http://a.test/b%2fc/d", "/b%2fc" },
    };
    static const char *const paths[] = {
        "", "; Path", "; Path=", "; Path=b", "; Path=\"/\"", "; Path=/x; Path=b"
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases) * COUNT_OF(paths); i++) {
        const char *from = cases[i / COUNT_OF(paths)].from;
        const char *folder = cases[i / COUNT_OF(paths)].folder;
        char url[100], value[100];
        struct run r = start();
        snprintf(value, sizeof value, "n=v%s", paths[i % COUNT_OF(paths)]);
        assert_int_equal(set(&r, from, value), 1);
        get(&r, "http://a.test/", folder && folder[1] ? "" : "n=v");
        get(&r, "http://a.test/z", folder && folder[1] ? "" : "n=v");
        snprintf(url, sizeof url, "http://a.test%s", folder ? folder : "");
        get(&r, url, "n=v");
        snprintf(url, sizeof url, "http://a.test%s/z", folder ? folder : "");
        get(&r, url, "n=v");
        finish(&r);
    }
}

static void longer_paths_come_first_then_older_ones(void **state)
{
    PLAY({ SET, "http://a.test/", "a=1; Path=/" },
         { SET, "http://a.test/", "b=2; Path=/x/y" },
         { SET, "http://a.test/", "c=3; Path=/x" },
         { SET, "http://a.test/", "d=4; Path=/x; Domain=a.test" },
         { SET, "http://a.test/", "a=5; Path=/x/y" },
         { SET, "http://a.test/", "aa=6; Path=/" },
         { GET, "http://a.test/x/y", "b=2; a=5; c=3; d=4; a=1; aa=6" },
         { GET, "http://a.test/x", "c=3; d=4; a=1; aa=6" },
         { GET, "http://a.test/", "a=1; aa=6" });
}

static void the_same_name_domain_and_path_replaces(void **state)
{
    PLAY({ SET, "http://a.test/", "n=1" }, { SET, "http://a.test/", "m=2" },
         { SET, "http://A.TEST/", "n=a longer value than the one before" },
         { GET, "http://a.test/", "n=a longer value than the one before; m=2" },
         { SET, "http://a.test/", "n=short" },
         { GET, "http://a.test/", "n=short; m=2" },
         { SET, "http://a.test/", "n=" }, { GET, "http://a.test/", "n=; m=2" },
         { NEW, 0, 0 },
         /* others are another */
         { SET, "http://a.test/", "n=1" }, { SET, "http://a.test/", "N=2" },
         { SET, "http://a.test/", "n=3; Path=/x" },
         { SET, "http://a.test/", "n=4; Domain=a.test" },
         { SET, "http://b.a.test/", "n=5" },
         { SET, "http://a.test/", "n =6; Path=/X" },
         { GET, "http://a.test/x", "n=3; n=1; N=2; n=4" },
         { GET, "http://a.test/X", "n=6; n=1; N=2; n=4" },
         { GET, "http://b.a.test/", "n=4; n=5" });
}

static void secure_cookies_stay_among_secure_origins(void **state)
{
    PLAY({ SET, "https://a.test/", "n=1; Secure" },
         { SET, "https://a.test/", "m=2; sEcUrE=no" },
         { GET, "https://a.test/", "n=1; m=2" }, { GET, "http://a.test/", "" },
         { GET, "http://a.test:443/", "" },
         { NOT, "http://a.test/", "o=3; Secure" },
         /* what https set it may make plain */
         { SET, "https://a.test/", "n=4" }, { GET, "http://a.test/", "n=4" },
         { NEW, 0, 0 }, { SET, "http://localhost:81/", "n=1; Secure" },
         { GET, "http://LocalHost/", "n=1" },
         { SET, "http://127.0.0.1/", "n=2; Secure" },
         { GET, "http://127.0.0.1/", "n=2" },
         { SET, "http://[::1]/", "n=3; Secure" },
         { GET, "http://[::1]/", "n=3" },
         { NOT, "http://127.0.0.2/", "n=4; Secure" },
         { NOT, "http://a.localhost/", "n=5; Secure" },
         { NOT, "http://localhost.test/", "n=6; Secure" });
}

static void plain_origins_cannot_shadow_secure_cookies(void **state)
{
    PLAY({ SET, "https://a.b.test/", "n=1; Secure; Domain=b.test; Path=/x" },
         { NOT, "http://b.test/", "n=2; Domain=b.test; Path=/x" },
         { NOT, "http://b.test/", "n=2; Path=/x/y" },
         { NOT, "http://c.b.test/", "n=2; Path=/x" },
         { NOT, "http://b.test/", "n=; Domain=b.test; Path=/x; Max-Age=0" },
         { GET, "https://b.test/x", "n=1" },
         { SET, "http://b.test/", "N=3; Path=/x" },
         { SET, "http://b.test/", "n=4; Path=/" },
         { SET, "http://b.test/", "n=5; Path=/xy" },
         { GET, "https://b.test/x", "n=1; N=3; n=4" },
         { GET, "http://b.test/x", "N=3; n=4" }, { NEW, 0, 0 },
         { SET, "https://a.b.test/", "n=1; Secure" },
         { NOT, "http://b.test/", "n=2; Domain=b.test" },
         { SET, "http://c.b.test/", "n=3" },
         { GET, "https://a.b.test/", "n=1" }, { NEW, 0, 0 },
         { SET, "https://a.test/", "n=1; Secure; Max-Age=9" }, { AT, 0, "9" },
         { SET, "http://a.test/", "n=2" }, { GET, "http://a.test/", "n=2" });
}

static void prefixes_of_names_are_kept_to(void **state)
{
    PLAY({ SET, "https://a.test/x/", "__Secure-n=1; Secure" },
         { NOT, "https://a.test/x/", "__Secure-n=1" },
         { NOT, "https://a.test/x/", "__sEcuRe-n=1" },
         { NOT, "http://a.test/x/", "__Secure-n=1; Secure" },
         { SET, "https://a.test/x/", "__Secure=1" },
         { SET, "https://a.test/x/", "__Host-n=1; Secure; Path=/" },
         { SET, "https://a.test/x/", "__Host-m=1; Secure; Path=/; Domain=" },
         { NOT, "https://a.test/x/", "__Host-n=1; Path=/" },
         { NOT, "https://a.test/x/", "__hOST-n=1; Path=/" },
         { NOT, "https://a.test/", "__Host-n=1; Secure" },
         { NOT, "https://a.test/x/", "__Host-n=1; Secure; Path=/x" },
         { NOT, "https://a.test/x/",
           "__Host-n=1; Secure; Path=/; Domain=a.test" },
         { NOT, "http://a.test/x/", "__Host-n=1; Secure; Path=/" },
         { SET, "http://localhost/", "__Host-n=1; Secure; Path=/" },
         { GET, "https://a.test/x/",
           "__Secure-n=1; __Secure=1; __Host-n=1; __Host-m=1" });
}

static void other_attributes_change_nothing(void **state)
{
    PLAY({ SET, "http://a.test/", "a=1; HttpOnly; SameSite=Strict" },
         { SET, "http://a.test/", "b=2; SameSite=None" },
         { SET, "http://a.test/", "c=3; Version=1; Comment=x; Port=81" },
         { SET, "http://a.test/", "d=4; =; ; = ;;Domains=x;Pat=/x;Secur" },
         { GET, "http://a.test/", "a=1; b=2; c=3; d=4" });
}

static void names_and_values_are_kept_as_they_are(void **state)
{
    PLAY({ SET, "http://a.test/", "a=" },
         { SET, "http://a.test/", " \tb\t =  1 2\t ; Path=/" },
         { SET, "http://a.test/", "c=\"3\"" },
         { SET, "http://a.test/", "d=\"4;5\"" },
         { SET, "http://a.test/", "e=f==g" },
         { SET, "http://a.test/", "h i=j, k" },
         { SET, "http://a.test/", "\xc3\xa9=\xff" },
         { SET, "http://a.test/", "l=1\t2" },
         { GET, "http://a.test/",
           "a=; b=1 2; c=\"3\"; d=\"4; e=f==g; h i=j, k; \xc3\xa9=\xff; "
           "l=1\t2" });
}

static void what_is_no_cookie_is_refused(void **state)
{
    PLAY({ NOT, "http://a.test/", "" }, { NOT, "http://a.test/", "n" },
         { NOT, "http://a.test/", "=" }, { NOT, "http://a.test/", "=v" },
         { NOT, "http://a.test/", " \t =v" },
         { NOT, "http://a.test/", "; n=v" },
         { NOT, "http://a.test/", "n; m=v" },
         { NOT, "http://a.test/", "n=v\r" }, { NOT, "http://a.test/", "n=v\n" },
         { NOT, "http://a.test/", "n\x01=v" },
         { NOT, "http://a.test/", "n=\x1fv" },
         { NOT, "http://a.test/", "n=v\x7f" },
         { NOT, "http://a.test/", "n=v; Path=/\x01" },
         { GET, "http://a.test/", "" });
    struct run r = start();
    struct url_parts u = split(&r, "http://a.test/");
    assert_int_equal(cookies_set(&r.jar, "n=\0v", 4, &u, NOW_S), 0);
    finish(&r);
}

static void max_age_comes_before_expires(void **state)
{
    PLAY(
        { SET, "http://a.test/", "a=1" },
        { SET, "http://a.test/", "b=2; Max-Age=10" },
        { SET, "http://a.test/", "c=3; Expires=Tue, 14 Nov 2023 22:13:40 GMT" },
        { SET, "http://a.test/",
          "d=4; Max-Age=10; Expires=Tue, 14 Nov 2023 22:13:40 GMT" },
        { SET, "http://a.test/",
          "e=5; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=10" },
        { GET, "http://a.test/", "a=1; b=2; c=3; d=4; e=5" }, { AT, 0, "9" },
        { GET, "http://a.test/", "a=1; b=2; c=3; d=4; e=5" }, { AT, 0, "10" },
        { GET, "http://b.test/", "" }, { GET, "http://a.test/", "a=1; c=3" },
        { AT, 0, "19" }, { GET, "http://a.test/", "a=1; c=3" }, { AT, 0, "20" },
        { GET, "http://a.test/", "a=1" }, { AT, 0, "9999999999" },
        { GET, "http://a.test/", "a=1" });
}

static void max_age_is_a_whole_number(void **state)
{
    PLAY({ SET, "http://a.test/", "a=1; Max-Age=x" },
         { SET, "http://a.test/", "b=1; Max-Age=" },
         { SET, "http://a.test/", "c=1; Max-Age" },
         { SET, "http://a.test/", "d=1; Max-Age=-" },
         { SET, "http://a.test/", "e=1; Max-Age=\"0\"" },
         { SET, "http://a.test/", "f=1; Max-Age=+0" },
         { SET, "http://a.test/", "g=1; Max-Age=0.5" },
         { SET, "http://a.test/", "h=1; Max-Age=0; Max-Age=1" },
         { SET, "http://a.test/", "i=1; Max-Age=0; Max-Age=x" },
         { SET, "http://a.test/", "j=1; max-age = 007 " },
         { SET, "http://a.test/", "k=1; Max-Age=99999999999999999999999" },
         { SET, "http://a.test/", "l=1; Max-Age=-9999999999999999999999" },
         { SET, "http://a.test/", "m=1; Max-Age=-1" },
         { SET, "http://a.test/", "n=1; Max-Age=00" },
         { GET, "http://a.test/",
           "a=1; b=1; c=1; d=1; e=1; f=1; g=1; h=1; j=1; k=1" },
         { AT, 0, "7" },
         { GET, "http://a.test/", "a=1; b=1; c=1; d=1; e=1; f=1; g=1; k=1" },
         /* 400 days */
         { AT, 0, "34559999" },
         { GET, "http://a.test/", "a=1; b=1; c=1; d=1; e=1; f=1; g=1; k=1" },
         { AT, 0, "34560000" },
         { GET, "http://a.test/", "a=1; b=1; c=1; d=1; e=1; f=1; g=1" });
}

static void a_past_date_deletes(void **state)
{
    PLAY({ SET, "http://a.test/", "n=1" },
         { SET, "http://a.test/", "m=2; Path=/x" },
         { SET, "http://a.test/", "n=; Domain=a.test; Max-Age=0" },
         { SET, "http://a.test/", "n=; Path=/x; Max-Age=0" },
         { SET, "http://a.test/", "N=; Max-Age=0" },
         { SET, "http://a.test/", "m=; Max-Age=0" },
         { GET, "http://a.test/x", "m=2; n=1" },
         { SET, "http://a.test/", "n=; Expires=Thu, 01-Jan-1970 00:00:00 GMT" },
         { GET, "http://a.test/x", "m=2" },
         { SET, "http://a.test/", "m=3; Path=/x; Max-Age=-5" },
         { GET, "http://a.test/x", "" },
         /* what can be no date is passed over */
         { SET, "http://a.test/", "n=1; Expires=0" },
         { SET, "http://a.test/",
           "n=2; Expires=Tue, 14 Nov 2023 22:13:20 GMT; Expires=never" },
         { GET, "http://a.test/", "" },
         { SET, "http://a.test/", "n=3; Expires=-1" },
         { GET, "http://a.test/", "n=3" });
}

static void names_values_and_attributes_have_a_limit(void **state)
{
    struct run r = start();
    char text[TEXT_MAX], path[TEXT_MAX / 2];
    (void)state;
    memset(text, 'x', sizeof text);
    text[1] = '=';
    text[4098] = '\0';
    assert_int_equal(set(&r, "http://a.test/", text), 0);
    text[4097] = '\0';
    assert_int_equal(set(&r, "http://a.test/", text), 1);
    get(&r, "http://a.test/", text);
    memset(path, 'x', sizeof path);
    path[0] = '/';
    path[1024] = '\0';
    snprintf(text, sizeof text, "n=v; Path=%s", path);
    assert_int_equal(set(&r, "http://b.test/", text), 1);
    get(&r, "http://b.test/", "");
    snprintf(text, sizeof text, "http://b.test%s", path);
    get(&r, text, "n=v");
    path[1024] = 'x';
    path[1025] = '\0';
    snprintf(text, sizeof text, "n=v; Path=%s; Max-Age=1", path);
    assert_int_equal(set(&r, "http://c.test/", text), 1);
    get(&r, "http://c.test/", "n=v");
    finish(&r);
}

static void fill(struct run *r, const char *url, int from, int to)
{
    for (int i = from; i < to; i++) {
        char value[40];
        /* paths of many lengths, so that their order is not that of age */
        snprintf(value, sizeof value, "n%d=v; Path=/%.*s", i, i % 7, "xxxxxxx");
        assert_int_equal(set(r, url, value), 1);
    }
}

static int has(struct run *r, const char *url, int i)
{
    struct buf out = { 0 };
    char pair[40], whole[100];
    snprintf(whole, sizeof whole, "%s%.*s", url, i % 7, "xxxxxxx");
    struct url_parts u = split(r, whole);
    cookies_get(&r->jar, &u, r->now_s, &out);
    snprintf(pair, sizeof pair, "n%d=v", i);
    int found = out.data != NULL && strstr(out.data, pair) != NULL;
    buf_free(&out);
    return found;
}

static void has_from(struct run *r, const char *url, int first, int end)
{
    for (int i = 100; i < end; i++)
        assert_int_equal(has(r, url, i), i >= first);
}

/* Numbers of three digits: no pair is the beginning of another. */
static void a_domain_keeps_its_fifty_newest(void **state)
{
    struct run r = start();
    (void)state;
    r.jar.made = UINT32_MAX - 20; /* the numbers wrap around meanwhile */
    fill(&r, "http://a.test/", 100, 150);
    has_from(&r, "http://a.test/", 100, 150);
    /* replacing takes no place, and makes nothing younger */
    fill(&r, "http://a.test/", 100, 110);
    has_from(&r, "http://a.test/", 100, 150);
    fill(&r, "http://a.test/", 150, 153);
    has_from(&r, "http://a.test/", 103, 153);
    assert_int_equal(r.jar.count, COOKIES_OF_DOMAIN_MAX);
    fill(&r, "http://b.test/", 100, 101);
    has_from(&r, "http://a.test/", 103, 153);
    finish(&r);
}

static void a_jar_keeps_its_newest(void **state)
{
    struct run r = start();
    (void)state;
    r.jar.made = UINT32_MAX - 120;
    fill(&r, "http://a.test/", 100, 140);
    fill(&r, "http://b.test/", 100, 140);
    fill(&r, "http://c.test/", 100, 140);
    fill(&r, "http://d.test/", 100, 130);
    has_from(&r, "http://a.test/", 100, 140);
    assert_int_equal(r.jar.count, COOKIES_MAX);
    fill(&r, "http://d.test/", 130, 140);
    assert_int_equal(r.jar.count, COOKIES_MAX);
    has_from(&r, "http://a.test/", 110, 140);
    has_from(&r, "http://b.test/", 100, 140);
    has_from(&r, "http://d.test/", 100, 140);
    /* what has expired gives way first */
    assert_int_equal(set(&r, "http://d.test/",
                         "n139=; Path=/xxxxxx; "
                         "Max-Age=1"),
                     1);
    r.now_s++;
    fill(&r, "http://d.test/", 140, 141);
    has_from(&r, "http://a.test/", 110, 140);
    finish(&r);
}

static void what_finds_no_room_is_left_out_whole(void **state)
{
    static const struct {
        size_t max;
        const char *sent;
    } cases[] = {
        { 2, "" },
        { 3, "a=1" },
        { 7, "a=1" },
        { 8, "a=1; c=3" },
        { 12, "a=1; c=3" },
        { 13, "a=1; bbbbbb=2" },
        { 17, "a=1; bbbbbb=2" },
        { 18, "a=1; bbbbbb=2; c=3" },
    };
    struct run r = start();
    (void)state;
    assert_int_equal(set(&r, "http://a.test/", "a=1"), 1);
    assert_int_equal(set(&r, "http://a.test/", "bbbbbb=2"), 1);
    assert_int_equal(set(&r, "http://a.test/", "c=3"), 1);
    struct url_parts u = split(&r, "http://a.test/");
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buf out = { .max = cases[i].max };
        size_t n = cookies_get(&r.jar, &u, r.now_s, &out);
        assert_string_equal(out.data ? out.data : "", cases[i].sent);
        assert_int_equal(n, pairs_in(cases[i].sent));
        buf_free(&out);
    }
    finish(&r);
}

static void cookies_are_appended(void **state)
{
    struct run r = start();
    struct buf out = { 0 };
    (void)state;
    assert_int_equal(set(&r, "http://a.test/", "a=1"), 1);
    struct url_parts u = split(&r, "http://a.test/");
    buf_adds(&out, "Cookie: ");
    assert_int_equal(cookies_get(&r.jar, &u, r.now_s, &out), 1);
    assert_string_equal(out.data, "Cookie: a=1");
    buf_free(&out);
    cookies_clear(&r.jar);
    get(&r, "http://a.test/", "");
    assert_int_equal(set(&r, "http://a.test/", "b=1"), 1);
    get(&r, "http://a.test/", "b=1");
    finish(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T("an empty jar sends and owns nothing",
          an_empty_jar_sends_and_owns_nothing),
        T("a cookie goes back to its host alone",
          a_cookie_goes_back_to_its_host_alone),
        T("a domain shares it with the hosts below",
          a_domain_shares_it_with_the_hosts_below),
        T("a host sets no cookies for others",
          a_host_sets_no_cookies_for_others),
        T("public suffixes are shared by nobody",
          public_suffixes_are_shared_by_nobody),
        T("addresses match themselves alone", addresses_match_themselves_alone),
        T("a path is for what lies below", a_path_is_for_what_lies_below),
        T("without a path it is for the folder",
          without_a_path_it_is_for_the_folder),
        T("longer paths come first, then older ones",
          longer_paths_come_first_then_older_ones),
        T("the same name, domain and path replaces",
          the_same_name_domain_and_path_replaces),
        T("secure cookies stay among secure origins",
          secure_cookies_stay_among_secure_origins),
        T("plain origins cannot shadow secure cookies",
          plain_origins_cannot_shadow_secure_cookies),
        T("prefixes of names are kept to", prefixes_of_names_are_kept_to),
        T("other attributes change nothing", other_attributes_change_nothing),
        T("names and values are kept as they are",
          names_and_values_are_kept_as_they_are),
        T("what is no cookie is refused", what_is_no_cookie_is_refused),
        T("Max-Age comes before Expires", max_age_comes_before_expires),
        T("Max-Age is a whole number", max_age_is_a_whole_number),
        T("a past date deletes", a_past_date_deletes),
        T("names, values and attributes have a limit",
          names_values_and_attributes_have_a_limit),
        T("a domain keeps its fifty newest", a_domain_keeps_its_fifty_newest),
        T("a jar keeps its newest", a_jar_keeps_its_newest),
        T("what finds no room is left out whole",
          what_finds_no_room_is_left_out_whole),
        T("cookies are appended", cookies_are_appended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
