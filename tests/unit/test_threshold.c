/* test_threshold.c - thresholds and selectors: what is accepted, what each
 * mistake is answered with, and what holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "guard.h"
#include "sentence.h"
#include "stats/threshold.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

enum { ERR_MAX = 256 };

static void good_expressions_are_understood(void **state)
{
    static const struct {
        const char *text;
        enum threshold_method method;
        double percent;
        enum threshold_op op;
        double limit;
        const char *unit;
    } cases[] = {
        { "count<10", TH_COUNT, 0, OP_LT, 10, "" },
        { "count>=0", TH_COUNT, 0, OP_GE, 0, "" },
        { "rate<0.01", TH_RATE, 0, OP_LT, 0.01, "" },
        { "rate<1%", TH_RATE, 0, OP_LT, 1, "%" },
        { "rate > 5 %", TH_RATE, 0, OP_GT, 5, "%" },
        { "value==4000", TH_VALUE, 0, OP_EQ, 4000, "" },
        { "value===4000", TH_VALUE, 0, OP_EQ, 4000, "" },
        { "value!=0", TH_VALUE, 0, OP_NE, 0, "" },
        { "avg<1.5s", TH_AVG, 0, OP_LT, 1.5, "s" },
        { "min>-1", TH_MIN, 0, OP_GT, -1, "" },
        { "max<=1e3", TH_MAX, 0, OP_LE, 1000, "" },
        { "max<=1E+3ms", TH_MAX, 0, OP_LE, 1000, "ms" },
        { "max<=25e-1h", TH_MAX, 0, OP_LE, 2.5, "h" },
        { "max<.5", TH_MAX, 0, OP_LT, 0.5, "" },
        { "med<200us", TH_MED, 0, OP_LT, 200, "us" },
        { "med<2m", TH_MED, 0, OP_LT, 2, "m" },
        { "count<5B", TH_COUNT, 0, OP_LT, 5, "B" },
        { "count<5kB", TH_COUNT, 0, OP_LT, 5, "kB" },
        { "rate<5MiB", TH_RATE, 0, OP_LT, 5, "MiB" },
        { "p(95)<300", TH_P, 95, OP_LT, 300, "" },
        { "p(99.99)<300ms", TH_P, 99.99, OP_LT, 300, "ms" },
        { "p(0)>0", TH_P, 0, OP_GT, 0, "" },
        { "p(100)<1", TH_P, 100, OP_LT, 1, "" },
        { "  p ( 95 )  <  300  ms  ", TH_P, 95, OP_LT, 300, "ms" },
        { "\tp(95)\n<\r300\v", TH_P, 95, OP_LT, 300, "" },
        { "avg<0000000000000000000000000000000001.50", TH_AVG, 0, OP_LT, 1.5,
          "" },
    };
    (void)state;
    struct guard g = guard_open(ERR_MAX);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct threshold_expr e;
        char err[ERR_MAX] = "";
        char *text = guard_text(&g, cases[i].text, strlen(cases[i].text));
        if (threshold_parse(text, &e, err, sizeof err) != 0)
            fail_msg("%s: %s", cases[i].text, err);
        assert_int_equal(e.method, cases[i].method);
        assert_true(e.percent == cases[i].percent);
        assert_int_equal(e.op, cases[i].op);
        assert_true(e.limit == cases[i].limit);
        assert_string_equal(e.unit, cases[i].unit);
    }
    guard_close(&g);
}

#define METHODS "count, rate, value, avg, min, max, med or p(N)"
#define OPS "<, <=, >, >=, ==, === or !="

static void a_bad_expression_is_answered_with_place_and_remedy(void **state)
{
    static const struct {
        const char *text, *err;
    } cases[] = {
        { "", "column 1: expected " METHODS ", found the end" },
        { "   ", "column 4: expected " METHODS ", found the end" },
        { "<300", "column 1: expected " METHODS ", found \"<300\"" },
        { "percentile(95)<300",
          "column 1: \"percentile\" is not a method; did you mean p(95)?" },
        { " percentil( 99.9 )<300",
          "column 2: \"percentil\" is not a method; did you mean p(99.9)?" },
        { "p95<300", "column 1: \"p95\" is not a method; did you mean p(95)?" },
        { "P(95)<300", "column 1: \"P\" is not a method; did you mean p(95)?" },
        { "percentile<300",
          "column 1: \"percentile\" is not a method; did you mean p(95)?" },
        { "mean<3", "column 1: \"mean\" is not a method; did you mean avg?" },
        { "median<3",
          "column 1: \"median\" is not a method; did you mean med?" },
        { "AVG<3", "column 1: \"AVG\" is not a method; did you mean avg?" },
        { "cuont<3", "column 1: \"cuont\" is not a method; did you mean "
                     "count?" },
        { "rates<3", "column 1: \"rates\" is not a method; did you mean "
                     "rate?" },
        { "throughput<3",
          "column 1: \"throughput\" is not a method; expected " METHODS },
        { "p<300", "column 2: expected \"(\" after p, as in p(95), "
                   "found \"<300\"" },
        { "p()<300", "column 3: expected a number, found \")<300\"" },
        { "p(abc)<3", "column 3: expected a number, found \"abc)<3\"" },
        { "p(101)<3",
          "column 3: the number in p(N) must be between 0 and 100" },
        { "p( -1)<3",
          "column 4: the number in p(N) must be between 0 and 100" },
        { "p(95%)<3",
          "column 5: expected \")\" after the number, found \"%)<3\"" },
        { "p(95", "column 5: expected \")\" after the number, found the end" },
        { "avg", "column 4: expected " OPS ", found the end" },
        { "avg 300", "column 5: expected " OPS ", found \"300\"" },
        { "avg(5)<3", "column 4: expected " OPS ", found \"(5)<3\"" },
        { "avg=<3", "column 4: \"=<\" is not an operator; did you mean <=?" },
        { "avg=3", "column 4: \"=\" is not an operator; did you mean ==?" },
        { "avg <> 3", "column 5: \"<>\" is not an operator; did you mean !=?" },
        { "avg \xe2\x89\xa4 3",
          "column 5: \"\xe2\x89\xa4\" is not an operator; did you mean <=?" },
        { "avg<<<3", "column 4: expected " OPS ", found \"<<<3\"" },
        { "avg<", "column 5: expected a number, found the end" },
        { "avg<abc", "column 5: expected a number, found \"abc\"" },
        { "avg<nan", "column 5: expected a number, found \"nan\"" },
        { "avg<inf", "column 5: expected a number, found \"inf\"" },
        { "avg<+5", "column 5: expected a number, found \"+5\"" },
        { "avg<-", "column 5: expected a number, found \"-\"" },
        { "avg<.", "column 5: expected a number, found \".\"" },
        { "avg<--5", "column 5: expected a number, found \"--5\"" },
        { "avg<1e999", "column 5: \"1e999\" is too large" },
        { "avg<0x1f", "column 6: \"x\" is not a unit; expected "
                      "us, ms, s, m, h, %, B, kB, MB, GB or KiB, MiB, GiB" },
        { "avg<5.",
          "column 6: expected the end after the number, found \".\"" },
        { "avg<1.2.3",
          "column 8: expected the end after the number, found \".3\"" },
        { "avg<0,5",
          "column 6: expected the end after the number, found \",5\"" },
        { "avg<3 sec", "column 7: \"sec\" is not a unit; did you mean s?" },
        { "avg<3MS", "column 6: \"MS\" is not a unit; did you mean ms?" },
        { "avg<3\xc2\xb5s",
          "column 6: \"\xc2\xb5s\" is not a unit; did you mean us?" },
        { "count<3KB", "column 8: \"KB\" is not a unit; did you mean kB?" },
        { "rate<3percent",
          "column 7: \"percent\" is not a unit; did you mean %?" },
        { "p(95)<300 over 30s",
          "column 11: \"over\" is not a unit; expected "
          "us, ms, s, m, h, %, B, kB, MB, GB or KiB, MiB, GiB" },
        { "p(95)<300ms, p(99)<1s",
          "column 12: expected the end after the unit, found "
          "\", p(99)<1s\"" },
        { "p(95)<300 and avg<1",
          "column 11: \"and\" is not a unit; expected "
          "us, ms, s, m, h, %, B, kB, MB, GB or KiB, MiB, GiB" },
        { "\xc3\xa4\xc3\xb6<3",
          "column 1: expected " METHODS ", found \"\xc3\xa4\xc3\xb6<3\"" },
        { "avg<3s\x1b[31m",
          "column 7: expected the end after the unit, found \"?[31m\"" },
    };
    (void)state;
    struct guard g = guard_open(ERR_MAX);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct threshold_expr e, before;
        char err[ERR_MAX] = "";
        memset(&e, 0x5a, sizeof e);
        before = e;
        char *text = guard_text(&g, cases[i].text, strlen(cases[i].text));
        assert_int_equal(threshold_parse(text, &e, err, sizeof err), -1);
        assert_string_equal(err, cases[i].err);
        assert_memory_equal(&e, &before, sizeof e);
    }
    guard_close(&g);
}

static void a_very_long_text_is_cut_in_the_complaint(void **state)
{
    char text[5000], err[ERR_MAX];
    struct threshold_expr e;
    (void)state;
    for (size_t i = 0; i + 1 < sizeof text; i += 2)
        memcpy(text + i, "\xc3\xa4", 2);
    text[sizeof text - 2] = '\0';
    assert_int_equal(threshold_parse(text, &e, err, sizeof err), -1);
    assert_non_null(strstr(err, "found \"\xc3\xa4\xc3\xa4"));
    assert_string_equal(err + strlen(err) - 6, "\xc3\xa4...\"");
    text[0] = ' ';
    text[1] = '<'; /* the cut now falls inside a character */
    assert_int_equal(threshold_parse(text, &e, err, sizeof err), -1);
    assert_string_equal(err + strlen(err) - 6, "\xc3\xa4...\"");
    memset(text, 'p', sizeof text - 1);
    assert_int_equal(threshold_parse(text, &e, err, sizeof err), -1);
    assert_non_null(strstr(err, "ppp...\" is not a method; expected"));
    memset(text, '9', sizeof text - 1);
    memcpy(text, "avg<", 4);
    text[sizeof text - 1] = '\0';
    assert_int_equal(threshold_parse(text, &e, err, sizeof err), -1);
    assert_string_equal(err,
                        "column 5: a number of 4995 characters is too long");
}

static void a_complaint_fits_into_any_space(void **state)
{
    static const char *const texts[] = { "percentile(95)<3", "avg<3 sec", "" };
    (void)state;
    struct guard g = guard_open(ERR_MAX);
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        for (size_t size = 0; size < 80; size++) {
            struct threshold_expr e;
            struct selector sel;
            char *err = guard_bytes(&g, (char[80]){ "x" }, size);
            assert_int_equal(threshold_parse(texts[i], &e, err, size), -1);
            assert_true(size == 0 || memchr(err, '\0', size) != NULL);
            assert_int_equal(selector_parse(texts[i], &sel, err, size), -1);
            assert_true(size == 0 || memchr(err, '\0', size) != NULL);
        }
    }
    guard_close(&g);
}

static void every_prefix_is_read_no_further_than_its_end(void **state)
{
    static const char *const texts[] = {
        "  p ( 99.9 ) <= -1.5e+3 ms ",
        "count===5GiB",
        "avg \xe2\x89\xa4 3",
        "avg<3\xc2\xb5s",
        "http_reqs { a : b , group:::c d }  ",
    };
    (void)state;
    struct guard g = guard_open(ERR_MAX);
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        for (size_t len = 0; len <= strlen(texts[i]); len++) {
            struct threshold_expr e;
            struct selector sel;
            char err[ERR_MAX] = "";
            char *text = guard_text(&g, texts[i], len);
            if (threshold_parse(text, &e, err, sizeof err) != 0)
                assert_memory_equal(err, "column ", 7);
            if (selector_parse(text, &sel, err, sizeof err) != 0)
                assert_memory_equal(err, "column ", 7);
        }
    }
    guard_close(&g);
}

static void a_suited_limit_is_in_the_metrics_own_unit(void **state)
{
    static const struct {
        const char *text;
        enum metric_kind kind;
        enum metric_unit unit;
        double limit;
    } cases[] = {
        { "p(95)<300", METRIC_TREND, UNIT_TIME, 300 },
        { "p(95)<300ms", METRIC_TREND, UNIT_TIME, 300 },
        { "p(95)<300us", METRIC_TREND, UNIT_TIME, 0.3 },
        { "avg<1.5s", METRIC_TREND, UNIT_TIME, 1500 },
        { "max<2m", METRIC_TREND, UNIT_TIME, 120000 },
        { "med<1h", METRIC_TREND, UNIT_TIME, 3600000 },
        { "count>1000", METRIC_TREND, UNIT_TIME, 1000 },
        { "min>3", METRIC_TREND, UNIT_NONE, 3 },
        { "avg<2kB", METRIC_TREND, UNIT_BYTES, 2000 },
        { "rate<5%", METRIC_RATE, UNIT_SHARE, 0.05 },
        { "rate<7%", METRIC_RATE, UNIT_SHARE, 0.07 },
        { "rate<0.1%", METRIC_RATE, UNIT_SHARE, 0.001 },
        { "rate<5%", METRIC_RATE, UNIT_NONE, 0.05 },
        { "rate<0.05", METRIC_RATE, UNIT_SHARE, 0.05 },
        { "count<10", METRIC_RATE, UNIT_SHARE, 10 },
        { "count<10", METRIC_COUNTER, UNIT_NONE, 10 },
        { "rate>100", METRIC_COUNTER, UNIT_NONE, 100 },
        { "count<1.5MiB", METRIC_COUNTER, UNIT_BYTES, 1572864 },
        { "count<10", METRIC_COUNTER, UNIT_BYTES, 10 },
        { "rate<1MB", METRIC_COUNTER, UNIT_BYTES, 1e6 },
        { "rate<2GiB", METRIC_COUNTER, UNIT_BYTES, 2147483648.0 },
        { "value<100", METRIC_GAUGE, UNIT_NONE, 100 },
        { "min>1s", METRIC_GAUGE, UNIT_TIME, 1000 },
        { "max<1GB", METRIC_GAUGE, UNIT_BYTES, 1e9 },
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct threshold_expr e;
        char err[ERR_MAX] = "";
        double limit = -1;
        assert_int_equal(threshold_parse(cases[i].text, &e, err, sizeof err),
                         0);
        if (threshold_suits(&e, cases[i].kind, cases[i].unit, &limit, err,
                            sizeof err) != 0)
            fail_msg("%s: %s", cases[i].text, err);
        assert_true(limit == cases[i].limit);
    }
}

static void an_unsuited_one_is_told_what_would_suit(void **state)
{
    static const struct {
        const char *text;
        enum metric_kind kind;
        enum metric_unit unit;
        const char *err;
    } cases[] = {
        { "p(95)<3", METRIC_COUNTER, UNIT_NONE,
          "p(95) does not suit a counter; use count or rate" },
        { "avg<3", METRIC_COUNTER, UNIT_BYTES,
          "avg does not suit a counter; use count or rate" },
        { "value<3", METRIC_TREND, UNIT_TIME,
          "value does not suit a trend; use avg, min, max, med, p(N) or "
          "count" },
        { "rate<3", METRIC_TREND, UNIT_TIME,
          "rate does not suit a trend; use avg, min, max, med, p(N) or "
          "count" },
        { "count<3", METRIC_GAUGE, UNIT_NONE,
          "count does not suit a gauge; use value, min or max" },
        { "avg<3", METRIC_GAUGE, UNIT_NONE,
          "avg does not suit a gauge; use value, min or max" },
        { "med<3", METRIC_RATE, UNIT_SHARE,
          "med does not suit a rate; use rate or count" },
        { "p(95)<3MB", METRIC_TREND, UNIT_TIME,
          "the unit \"MB\" does not suit the p(95) of a trend; use "
          "us, ms, s, m or h" },
        { "rate<3s", METRIC_RATE, UNIT_SHARE,
          "the unit \"s\" does not suit the rate of a rate; use %" },
        { "count<3s", METRIC_COUNTER, UNIT_BYTES,
          "the unit \"s\" does not suit the count of a counter; use "
          "B, kB, MB, GB, KiB, MiB or GiB" },
        { "count<3%", METRIC_RATE, UNIT_SHARE,
          "count of this rate is a plain number: leave out the unit \"%\"" },
        { "count<3ms", METRIC_TREND, UNIT_TIME,
          "count of this trend is a plain number: leave out the unit "
          "\"ms\"" },
        { "rate<3%", METRIC_COUNTER, UNIT_NONE,
          "rate of this counter is a plain number: leave out the unit "
          "\"%\"" },
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct threshold_expr e;
        char err[ERR_MAX] = "";
        double limit = 42;
        assert_int_equal(threshold_parse(cases[i].text, &e, err, sizeof err),
                         0);
        assert_int_equal(threshold_suits(&e, cases[i].kind, cases[i].unit,
                                         &limit, err, sizeof err),
                         -1);
        assert_string_equal(err, cases[i].err);
        assert_true(limit == 42);
    }
}

static void every_method_suits_the_kinds_it_was_made_for(void **state)
{
    static const struct {
        const char *method;
        int counter, gauge, rate, trend;
    } cases[] = {
        { "count<1", 1, 0, 1, 1 }, { "rate<1", 1, 0, 1, 0 },
        { "value<1", 0, 1, 0, 0 }, { "avg<1", 0, 0, 0, 1 },
        { "min<1", 0, 1, 0, 1 },   { "max<1", 0, 1, 0, 1 },
        { "med<1", 0, 0, 0, 1 },   { "p(5)<1", 0, 0, 0, 1 },
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct threshold_expr e;
        char err[ERR_MAX];
        double limit;
        assert_int_equal(threshold_parse(cases[i].method, &e, err, sizeof err),
                         0);
        const int suits[] = { cases[i].counter, cases[i].gauge, cases[i].rate,
                              cases[i].trend };
        for (int kind = METRIC_COUNTER; kind <= METRIC_TREND; kind++)
            assert_int_equal(threshold_suits(&e, (enum metric_kind)kind,
                                             UNIT_NONE, &limit, err,
                                             sizeof err),
                             suits[kind] - 1);
    }
}

static void each_operator_compares_as_it_reads(void **state)
{
    static const struct {
        enum threshold_op op;
        const char *name;
        int below, equal, above;
    } cases[] = {
        { OP_GT, ">", 0, 0, 1 },  { OP_GE, ">=", 0, 1, 1 },
        { OP_LT, "<", 1, 0, 0 },  { OP_LE, "<=", 1, 1, 0 },
        { OP_EQ, "==", 0, 1, 0 }, { OP_NE, "!=", 1, 0, 1 },
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        enum threshold_op op = cases[i].op;
        assert_string_equal(threshold_op_name(op), cases[i].name);
        assert_int_equal(threshold_holds(op, 1, 2), cases[i].below);
        assert_int_equal(threshold_holds(op, 2, 2), cases[i].equal);
        assert_int_equal(threshold_holds(op, 3, 2), cases[i].above);
        assert_int_equal(threshold_holds(op, -INFINITY, 2), cases[i].below);
        assert_int_equal(threshold_holds(op, INFINITY, 2), cases[i].above);
        assert_false(threshold_holds(op, NAN, 2));
    }
}

static void a_method_is_named_as_results_name_it(void **state)
{
    static const struct {
        const char *text, *name;
    } cases[] = {
        { "count<1", "count" },
        { "rate<1", "rate" },
        { "value<1", "value" },
        { "avg<1", "avg" },
        { "min<1", "min" },
        { "max<1", "max" },
        { "med<1", "med" },
        { "p(95)<1", "p(95)" },
        { "p(095.0)<1", "p(95)" },
        { "p( 99.9 )<1", "p(99.9)" },
        { "p(99.999)<1", "p(99.999)" },
        { "p(0)<1", "p(0)" },
        { "p(1e1)<1", "p(10)" },
        { "p(33.3)<1", "p(33.3)" },
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct threshold_expr e;
        char err[ERR_MAX], name[16];
        assert_int_equal(threshold_parse(cases[i].text, &e, err, sizeof err),
                         0);
        assert_string_equal(threshold_method_name(&e, name, sizeof name),
                            cases[i].name);
    }
}

static void good_selectors_are_taken_apart(void **state)
{
    static const struct {
        const char *text, *metric;
        int ntags;
        const char *tags[3][2];
    } cases[] = {
        { "http_reqs", "http_reqs", 0, { { NULL } } },
        { "  http_reqs\t", "http_reqs", 0, { { NULL } } },
        { "a.b-c_9", "a.b-c_9", 0, { { NULL } } },
        { "checks{status:200}", "checks", 1, { { "status", "200" } } },
        { "checks { status : 200 } ", "checks", 1, { { "status", "200" } } },
        { "c{a:b,c:d, e : f g }",
          "c",
          3,
          { { "a", "b" }, { "c", "d" }, { "e", "f g" } } },
        { "group_duration{group:::login}",
          "group_duration",
          1,
          { { "group", "::login" } } },
        { "c{group: ::a::b ,x:y}",
          "c",
          2,
          { { "group", "::a::b" }, { "x", "y" } } },
        { "c{name:GET /items/{id}}",
          "c",
          1,
          { { "name", "GET /items/{id}" } } },
        { "c{name:http://h:80/a?b=c}",
          "c",
          1,
          { { "name", "http://h:80/a?b=c" } } },
        { "c{name:caf\xc3\xa9}", "c", 1, { { "name", "caf\xc3\xa9" } } },
    };
    (void)state;
    struct guard g = guard_open(ERR_MAX);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct selector sel;
        char err[ERR_MAX] = "";
        char *text = guard_text(&g, cases[i].text, strlen(cases[i].text));
        if (selector_parse(text, &sel, err, sizeof err) != 0)
            fail_msg("%s: %s", cases[i].text, err);
        assert_true(sel.metric >= sel.text &&
                    sel.metric < sel.text + sizeof sel.text);
        assert_string_equal(sel.metric, cases[i].metric);
        assert_int_equal(sel.ntags, cases[i].ntags);
        for (int t = 0; t < sel.ntags; t++) {
            assert_true(sel.tags[t].value > sel.tags[t].key &&
                        sel.tags[t].key > sel.metric);
            assert_string_equal(sel.tags[t].key, cases[i].tags[t][0]);
            assert_string_equal(sel.tags[t].value, cases[i].tags[t][1]);
        }
    }
    guard_close(&g);
}

#define NAME_RULE                                                              \
    " is not the name of a metric: a letter, then letters, digits, \"_\", "    \
    "\"-\" or \".\", at most 95"

static void a_bad_selector_is_answered_with_place_and_remedy(void **state)
{
    static const struct {
        const char *text, *err;
    } cases[] = {
        { "", "column 1: expected the name of a metric" },
        { "  ", "column 3: expected the name of a metric" },
        { "{a:b}", "column 1: expected the name of a metric" },
        { "9a", "column 1: \"9a\"" NAME_RULE },
        { " http reqs", "column 2: \"http reqs\"" NAME_RULE },
        { "http_reqs}", "column 1: \"http_reqs}\"" NAME_RULE },
        { "c{", "column 3: expected \"}\" after the tags" },
        { "c{a:b", "column 6: expected \"}\" after the tags" },
        { "c{}", "column 3: expected a tag, as in {status:200}" },
        { "c{a:b,}", "column 7: expected a tag, as in {status:200}" },
        { "c{ , a:b}", "column 4: expected a tag, as in {status:200}" },
        { "c{status=200}", "column 3: \"status=200\" is not a tag; expected "
                           "name:value, as in {status:200}" },
        { "c{a:b, c}", "column 8: \"c\" is not a tag; expected name:value, "
                       "as in {status:200}" },
        { "c{:b}", "column 3: the tag \":b\" has no name" },
        { "c{a: }", "column 3: the tag \"a:\" has no value" },
        { "c{a:b,a:c}", "column 7: the tag \"a\" is there twice" },
        { "c{a:b} x", "column 8: expected the end after \"}\", found \"x\"" },
        { "c{\xc3\xa9:b,d}", "column 7: \"d\" is not a tag; expected "
                             "name:value, as in {status:200}" },
        { "c{a:1,b:1,c:1,d:1,e:1,f:1,g:1,h:1,i:1}",
          "column 35: more than 8 tags" },
    };
    (void)state;
    struct guard g = guard_open(ERR_MAX);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct selector sel, before;
        char err[ERR_MAX] = "";
        memset(&sel, 0x5a, sizeof sel);
        before = sel;
        char *text = guard_text(&g, cases[i].text, strlen(cases[i].text));
        assert_int_equal(selector_parse(text, &sel, err, sizeof err), -1);
        assert_string_equal(err, cases[i].err);
        assert_memory_equal(&sel, &before, sizeof sel);
    }
    guard_close(&g);
}

static void a_selector_has_a_longest_length(void **state)
{
    char text[SELECTOR_TEXT_MAX + 1], err[ERR_MAX];
    struct selector sel;
    (void)state;
    memset(text, 'x', sizeof text);
    memcpy(text, "c{a:", 4);
    text[SELECTOR_TEXT_MAX - 1] = '}';
    text[SELECTOR_TEXT_MAX] = '\0';
    assert_int_equal(selector_parse(text, &sel, err, sizeof err), -1);
    assert_string_equal(err, "column 1: 256 bytes are too long; at most 255");
    text[SELECTOR_TEXT_MAX - 2] = '}';
    text[SELECTOR_TEXT_MAX - 1] = '\0';
    assert_int_equal(selector_parse(text, &sel, err, sizeof err), 0);
    assert_int_equal(strlen(sel.tags[0].value), SELECTOR_TEXT_MAX - 6);
    text[95] = '\0';
    memset(text, 'x', 95);
    assert_int_equal(selector_parse(text, &sel, err, sizeof err), 0);
    memset(text, 'x', 96);
    text[96] = '\0';
    assert_int_equal(selector_parse(text, &sel, err, sizeof err), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T("good expressions are understood", good_expressions_are_understood),
        T("a bad expression is answered with its place and a remedy",
          a_bad_expression_is_answered_with_place_and_remedy),
        T("a very long text is cut in the complaint",
          a_very_long_text_is_cut_in_the_complaint),
        T("a complaint fits into any space", a_complaint_fits_into_any_space),
        T("every prefix is read no further than its end",
          every_prefix_is_read_no_further_than_its_end),
        T("a suited limit is in the metric's own unit",
          a_suited_limit_is_in_the_metrics_own_unit),
        T("an unsuited one is told what would suit",
          an_unsuited_one_is_told_what_would_suit),
        T("every method suits the kinds it was made for",
          every_method_suits_the_kinds_it_was_made_for),
        T("each operator compares as it reads, and nothing holds for nan",
          each_operator_compares_as_it_reads),
        T("a method is named as results name it",
          a_method_is_named_as_results_name_it),
        T("good selectors are taken apart", good_selectors_are_taken_apart),
        T("a bad selector is answered with its place and a remedy",
          a_bad_selector_is_answered_with_place_and_remedy),
        T("a selector has a longest length", a_selector_has_a_longest_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
