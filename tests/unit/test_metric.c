/* test_metric.c - the table of built-in metrics, names and shown values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "guard.h"
#include "sentence.h"
#include "stats/metric.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

static void the_names_kinds_and_units_are_the_agreed_ones(void **state)
{
    static const struct {
        enum metric_id id;
        const char *name, *kind, *unit;
    } cases[] = {
        { M_HTTP_REQS, "http_reqs", "counter", "" },
        { M_HTTP_REQ_FAILED, "http_req_failed", "rate", "" },
        { M_HTTP_REQ_DURATION, "http_req_duration", "trend", "ms" },
        { M_HTTP_REQ_RESPONSE_TIME, "http_req_response_time", "trend", "ms" },
        { M_HTTP_REQ_BLOCKED, "http_req_blocked", "trend", "ms" },
        { M_HTTP_REQ_LOOKING_UP, "http_req_looking_up", "trend", "ms" },
        { M_HTTP_REQ_CONNECTING, "http_req_connecting", "trend", "ms" },
        { M_HTTP_REQ_TLS, "http_req_tls_handshaking", "trend", "ms" },
        { M_HTTP_REQ_SENDING, "http_req_sending", "trend", "ms" },
        { M_HTTP_REQ_WAITING, "http_req_waiting", "trend", "ms" },
        { M_HTTP_REQ_RECEIVING, "http_req_receiving", "trend", "ms" },
        { M_HTTP_REQ_RETRIED, "http_req_retried", "counter", "" },
        { M_HTTP_CONN_NEW, "http_conn_new", "counter", "" },
        { M_DATA_SENT, "data_sent", "counter", "bytes" },
        { M_DATA_RECEIVED, "data_received", "counter", "bytes" },
        { M_ITERATIONS, "iterations", "counter", "" },
        { M_ITERATION_DURATION, "iteration_duration", "trend", "ms" },
        { M_ITERATION_LATENESS, "iteration_lateness", "trend", "ms" },
        { M_DROPPED_ITERATIONS, "dropped_iterations", "counter", "" },
        { M_INTERRUPTED_ITERATIONS, "interrupted_iterations", "counter", "" },
        { M_HTTP_REQ_INTERRUPTED, "http_req_interrupted", "trend", "ms" },
        { M_CHECKS, "checks", "rate", "" },
        { M_GROUP_DURATION, "group_duration", "trend", "ms" },
        { M_SCRIPT_ERRORS, "script_errors", "counter", "" },
        { M_VUS, "vus", "gauge", "" },
        { M_VUS_MAX, "vus_max", "gauge", "" },
    };
    (void)state;
    assert_int_equal(COUNT_OF(cases), METRIC_BUILTIN_COUNT);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct metric_info *m = &metric_builtin[cases[i].id];
        assert_string_equal(m->name, cases[i].name);
        assert_string_equal(metric_kind_name(m->kind), cases[i].kind);
        assert_string_equal(metric_unit_name(m->unit), cases[i].unit);
    }
}

static void every_metric_is_whole_and_found_by_its_name(void **state)
{
    (void)state;
    for (int i = 0; i < METRIC_BUILTIN_COUNT; i++) {
        const struct metric_info *m = &metric_builtin[i];
        assert_true(metric_name_ok(m->name));
        assert_int_equal(metric_find_builtin(m->name), i);
        assert_int_equal(m->unit == UNIT_SHARE, m->kind == METRIC_RATE);
        assert_true(strlen(m->what) > 10 && strlen(m->what) < 70);
        assert_null(strpbrk(m->what, "\n"));
    }
}

static void other_names_are_not_found(void **state)
{
    static const char *const names[] = { "", "http_req", "http_reqss",
                                         "HTTP_REQS", "vus " };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        assert_int_equal(metric_find_builtin(names[i]), -1);
}

static void a_name_is_a_letter_and_then_few_signs(void **state)
{
    static const struct {
        const char *name;
        int ok;
    } cases[] = {
        { "a", 1 },         { "Z", 1 },   { "a9", 1 },  { "a_b-c.d", 1 },
        { "a..", 1 },       { "", 0 },    { "9a", 0 },  { "_a", 0 },
        { ".a", 0 },        { "-a", 0 },  { "a b", 0 }, { "a:b", 0 },
        { "a{b}", 0 },      { "a/b", 0 }, { "a\n", 0 }, { "\xc3\xa4", 0 },
        { "a\xc3\xa4", 0 }, { "a,", 0 },
    };
    (void)state;
    struct guard g = guard_open(METRIC_NAME_MAX);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *name = cases[i].name;
        assert_int_equal(metric_name_ok(guard_text(&g, name, strlen(name))),
                         cases[i].ok);
    }
    guard_close(&g);
}

static void a_name_has_a_longest_length(void **state)
{
    char name[METRIC_NAME_MAX + 10];
    (void)state;
    for (size_t len = 1; len < sizeof name; len++) {
        memset(name, 'x', len);
        name[len] = '\0';
        assert_int_equal(metric_name_ok(name), len < METRIC_NAME_MAX);
    }
}

static void
times_are_shown_in_ms_and_plain_numbers_without_fixed_point(void **state)
{
    static const struct {
        enum metric_unit unit;
        double stored, shown;
    } cases[] = {
        { UNIT_TIME, 1500, 1.5 },
        { UNIT_TIME, 1, 0.001 },
        { UNIT_NONE, 2500000, 2.5 },
        { UNIT_NONE, 1, 0.000001 },
        { UNIT_BYTES, 1048576, 1048576 },
        { UNIT_SHARE, 0.25, 0.25 },
        { UNIT_TIME, 0, 0 },
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_true(metric_shown(cases[i].unit, cases[i].stored) ==
                    cases[i].shown);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T("the names, kinds and units are the agreed ones",
          the_names_kinds_and_units_are_the_agreed_ones),
        T("every metric is whole and found by its name",
          every_metric_is_whole_and_found_by_its_name),
        T("other names are not found", other_names_are_not_found),
        T("a name is a letter and then few signs",
          a_name_is_a_letter_and_then_few_signs),
        T("a name has a longest length", a_name_has_a_longest_length),
        T("times are shown in ms, and plain numbers without fixed point",
          times_are_shown_in_ms_and_plain_numbers_without_fixed_point),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
