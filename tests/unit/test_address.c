/* test_address.c - names to addresses; see names.h for whose names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/un.h>

#include "names.h"
#include "wire.h"

#include "net/address.h"

/* ---- without a lookup ---- */

static const char *text_of(const struct address *a)
{
    static char text[64];
    char host[INET6_ADDRSTRLEN];
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)&a->at;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&a->at;
    if (a->at.ss_family == AF_INET) {
        assert_int_equal(a->len, sizeof *v4);
        inet_ntop(AF_INET, &v4->sin_addr, host, sizeof host);
        snprintf(text, sizeof text, "%s:%d", host, ntohs(v4->sin_port));
    } else {
        assert_int_equal(a->at.ss_family, AF_INET6);
        assert_int_equal(a->len, sizeof *v6);
        inet_ntop(AF_INET6, &v6->sin6_addr, host, sizeof host);
        snprintf(text, sizeof text, "[%s]:%d", host, ntohs(v6->sin6_port));
    }
    return text;
}

static void numbers_need_no_lookup(void **state)
{
    static const struct {
        const char *host;
        unsigned port;
        const char *text;
    } cases[] = {
        { "127.0.0.1", 80, "127.0.0.1:80" },
        { "255.255.255.255", 65535, "255.255.255.255:65535" },
        { "::1", 1, "[::1]:1" },
        { "0:0::0:1", 443, "[::1]:443" },
        { "::ffff:1.2.3.4", 8080, "[::ffff:1.2.3.4]:8080" },
        { "fe80::A", 8080, "[fe80::a]:8080" },
    };
    struct addresses out;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        memset(&out, 0xff, sizeof out);
        assert_true(address_parse(cases[i].host, cases[i].port, &out));
        assert_int_equal(out.n, 1);
        assert_null(out.error);
        assert_string_equal(text_of(&out.list[0]), cases[i].text);
    }
}

static void what_is_no_number_is_a_name(void **state)
{
    static const char *const hosts[] = {
        "",          "localhost", "127.0.0.1.", "127.1",  "0x7f000001",
        "1.2.3.256", "1.2.3",     "[::1]",      "::1%lo", "2130706433",
        " 1.2.3.4",  "1.2.3.4 ",  ":::1",       "::g",
    };
    struct addresses out;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(hosts); i++) {
        memset(&out, 0xff, sizeof out);
        if (address_parse(hosts[i], 80, &out))
            fail_msg("\"%s\" is taken for a number", hosts[i]);
        assert_int_equal(out.n, 0);
    }
}

static void the_path_of_a_socket_may_be_107_bytes_long(void **state)
{
    char path[200];
    struct addresses out;
    struct sockaddr_un un;
    (void)state;
    for (size_t len = 1; len < sizeof path; len++) {
        memset(path, 'p', len);
        path[len] = '\0';
        int rc = address_unix(path, &out);
        assert_int_equal(rc, len < sizeof un.sun_path ? 0 : -1);
        assert_int_equal(out.n, rc == 0);
        if (rc != 0)
            continue;
        memcpy(&un, &out.list[0].at, sizeof un);
        assert_int_equal(un.sun_family, AF_UNIX);
        assert_string_equal(un.sun_path, path);
    }
}

/* ---- with one ---- */

struct inquiry {
    struct stage *st;
    struct addresses found;
    int done;
};

static void on_found(void *arg, const struct addresses *found)
{
    struct inquiry *q = arg;
    q->found = *found;
    q->done++;
}

/* The client is not needed: the set is the test's own. */
static struct sock_set set;

static void take_notes(void *arg)
{
    (void)arg;
    while (sock_set_take(&set, 8))
        ;
}

static struct stage *set_stage(void)
{
    struct stage *st = stage_open(NULL);
    sock_set_init(&set, st->loop.ev);
    st->loop.turn = take_notes;
    return st;
}

static void inquire(struct stage *st, struct inquiry *q, const char *host)
{
    *q = (struct inquiry){ .st = st };
    assert_non_null(lookup_start(&set, host, 80, on_found, q));
    assert_int_equal(q->done, 0);
    until(st, q->done > 0);
    assert_int_equal(q->done, 1);
}

/* In the name's order, but a family in turn; no more than eight. */
static void the_families_take_turns(void **state)
{
    static const struct {
        const char *host, *list[ADDRESSES_MAX];
    } cases[] = {
        { "four.test", { "127.0.0.1:80" } },
        { "both.test", { "[::1]:80", "127.0.0.1:80" } },
        { "other-way.test", { "127.0.0.1:80", "[::1]:80" } },
        { "few.test",
          { "127.0.0.1:80", "[::1]:80", "127.0.0.2:80", "127.0.0.3:80" } },
        { "many.test",
          { "127.0.0.1:80", "[::1]:80", "127.0.0.2:80", "[::2]:80",
            "127.0.0.3:80", "127.0.0.4:80", "127.0.0.5:80", "127.0.0.6:80" } },
    };
    struct stage *st = set_stage();
    struct inquiry q;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        inquire(st, &q, cases[i].host);
        unsigned n = 0;
        for (; n < ADDRESSES_MAX && cases[i].list[n] != NULL; n++) {
            assert_true(n < q.found.n);
            assert_string_equal(text_of(&q.found.list[n]), cases[i].list[n]);
        }
        assert_int_equal(q.found.n, n);
        assert_null(q.found.error);
        assert_true(q.found.took_us >= 0);
    }
    stage_close(st);
}

static void a_name_that_nobody_knows_has_a_reason(void **state)
{
    struct stage *st = set_stage();
    struct inquiry q;
    (void)state;
    inquire(st, &q, "none.test");
    assert_int_equal(q.found.n, 0);
    assert_string_equal(q.found.error, gai_strerror(EAI_NONAME));
    stage_close(st);
}

static void the_time_is_that_of_the_lookup(void **state)
{
    struct stage *st = set_stage();
    struct inquiry q = { .st = st };
    (void)state;
    atomic_store(&names_held, 1);
    lookup_start(&set, "four.test", 80, on_found, &q);
    pump_for(st, 20 * US_PER_MS);
    assert_int_equal(q.done, 0); /* the loop goes on meanwhile */
    atomic_store(&names_held, 0);
    until(st, q.done > 0);
    assert_true(q.found.took_us >= 15 * US_PER_MS);
    stage_close(st);
}

/* Before its thread asks, while it does, after it has told. */
static void a_lookup_can_be_cancelled_at_any_time(void **state)
{
    struct stage *st = set_stage();
    struct inquiry q = { .st = st };
    (void)state;
    for (int when = 0; when < 60; when++) {
        int answered = atomic_load(&names_answered);
        atomic_store(&names_held, when % 3 == 1);
        struct lookup *l = lookup_start(&set, "four.test", 80, on_found, &q);
        if (when % 3 == 1)
            usleep(1000);
        if (when % 3 == 2)
            until(st, atomic_load(&names_answered) > answered || q.done);
        if (q.done == 0)
            lookup_cancel(l);
        q.done = 0;
        atomic_store(&names_held, 0);
    }
    pump_for(st, 5000);
    assert_int_equal(q.done, 0);
    stage_close(st);
}

static void many_lookups_are_made_at_once(void **state)
{
    enum { N = 50 };
    static struct inquiry q[N];
    struct stage *st = set_stage();
    (void)state;
    atomic_store(&names_held, 1);
    for (int i = 0; i < N; i++) {
        q[i] = (struct inquiry){ .st = st };
        lookup_start(&set, i % 2 ? "both.test" : "none.test", 80, on_found,
                     &q[i]);
    }
    pump_for(st, 5000);
    atomic_store(&names_held, 0);
    for (int i = 0; i < N; i++) {
        until(st, q[i].done > 0);
        assert_int_equal(q[i].found.n, i % 2 ? 2 : 0);
    }
    stage_close(st);
}

#define T(sentence, fn)                                                        \
    {                                                                          \
        sentence, fn, NULL, NULL, NULL                                         \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        T("numbers need no lookup", numbers_need_no_lookup),
        T("what is no number is a name", what_is_no_number_is_a_name),
        T("the path of a socket may be 107 bytes long",
          the_path_of_a_socket_may_be_107_bytes_long),
        T("the families take turns", the_families_take_turns),
        T("a name that nobody knows has a reason",
          a_name_that_nobody_knows_has_a_reason),
        T("the time is that of the lookup", the_time_is_that_of_the_lookup),
        T("a lookup can be cancelled at any time",
          a_lookup_can_be_cancelled_at_any_time),
        T("many lookups are made at once", many_lookups_are_made_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
