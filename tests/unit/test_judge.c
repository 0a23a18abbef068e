/* test_judge.c - thresholds against what was counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "court.h"
#include "sentence.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

/* ---- verdicts ---- */

static void judgements_have_the_agreed_names(void **state)
{
    (void)state;
    assert_string_equal(judgement_name(JUDGE_PASS), "PASS");
    assert_string_equal(judgement_name(JUDGE_FAIL), "FAIL");
    assert_string_equal(judgement_name(JUDGE_NO_DATA), "NO DATA");
    assert_string_equal(judgement_name(JUDGE_SKIPPED), "SKIPPED");
}

/* Recorded are: 40 requests in "s", 8 of them failed, 20 of them named /x;
 * durations of 10 ms, those of /x of 30 ms; 6 logins; a queue of 7. */
static void a_threshold_is_judged_by_what_was_counted(void **state)
{
    static const struct {
        const char *selector, *expr;
        enum judgement status;
        double actual;
        uint64_t samples;
    } cases[] = {
        { "http_reqs", "count==40", JUDGE_PASS, 40, 40 },
        { "http_reqs", "count>40", JUDGE_FAIL, 40, 40 },
        { "http_reqs", "rate>=4", JUDGE_PASS, 4, 40 },
        { "http_reqs", "rate>4", JUDGE_FAIL, 4, 40 },
        { "http_reqs{scenario:s}", "rate==10", JUDGE_PASS, 10, 40 },
        { "http_reqs{scenario:s,name:/x}", "rate==5", JUDGE_PASS, 5, 20 },
        { "http_reqs{name:/x}", "rate==2", JUDGE_PASS, 2, 20 },
        { "http_req_failed", "rate<=20%", JUDGE_PASS, 0.2, 40 },
        { "http_req_failed", "rate<0.2", JUDGE_FAIL, 0.2, 40 },
        { "http_req_failed", "count<8", JUDGE_FAIL, 8, 40 },
        { "http_req_duration", "max<31ms", JUDGE_PASS, 30, 40 },
        { "http_req_duration", "max<0.03s", JUDGE_FAIL, 30, 40 },
        { "http_req_duration", "avg<=20", JUDGE_PASS, 20, 40 },
        { "http_req_duration{name:/x}", "min>=30", JUDGE_PASS, 30, 20 },
        { "logins", "count>5", JUDGE_PASS, 6, 6 },
        { "queue", "value==7", JUDGE_PASS, 7, 1 },
        { "queue", "max<7", JUDGE_FAIL, 7, 1 },
    };
    struct court c;
    (void)state;
    court_open(&c);
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        add(&c, cases[i].selector, cases[i].expr, 0);
    for (int i = 0; i < 40; i++) {
        void (*to)(struct court *, int, double) = i % 2 ? record : record_named;
        to(&c, M_HTTP_REQS, 1);
        to(&c, M_HTTP_REQ_FAILED, i < 8);
        to(&c, M_HTTP_REQ_DURATION, i % 2 ? 10 : 30);
    }
    for (int i = 0; i < 6; i++)
        record(&c, c.counter, 1);
    record(&c, c.gauge, 7);
    merge(&c);
    judge(&c);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct criterion *k = &c.judge.criteria[i];
        assert_int_equal(k->status, cases[i].status);
        assert_true(k->has_actual);
        assert_true(k->actual > cases[i].actual - 0.01 &&
                    k->actual < cases[i].actual + 0.01);
        assert_int_equal(k->samples, cases[i].samples);
        assert_string_equal(k->selector_text, cases[i].selector);
        assert_string_equal(k->expr_text, cases[i].expr);
    }
    court_close(&c);
}

/* A trend of seconds is shown in seconds, and so is its limit: 500 ms are
 * 0.5 of them. */
static void a_unit_is_turned_into_the_one_the_metric_is_shown_in(void **state)
{
    static const struct {
        const char *selector, *expr;
        enum judgement status;
        double limit;
    } cases[] = {
        { "wait_s", "max<500ms", JUDGE_PASS, 0.5 },
        { "wait_s", "max<200ms", JUDGE_FAIL, 0.2 },
        { "wait_s", "max<0.5", JUDGE_PASS, 0.5 },
        { "wait_s", "max<0.2", JUDGE_FAIL, 0.2 },
        { "wait_s", "max<1m", JUDGE_PASS, 60 },
        { "wait_s", "count==1", JUDGE_PASS, 1 },
        { "wait_us", "max<1ms", JUDGE_PASS, 1000 },
        { "wait_us", "max<0.2ms", JUDGE_FAIL, 200 },
        { "wait_us", "max<500", JUDGE_PASS, 500 },
        { "http_req_duration", "max<1s", JUDGE_PASS, 1000 },
        { "http_req_failed", "rate<50%", JUDGE_PASS, 0.5 },
        { "data_sent", "count<=1kB", JUDGE_PASS, 1000 },
    };
    struct court c;
    (void)state;
    court_open(&c);
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        add(&c, cases[i].selector, cases[i].expr, 0);
    record(&c, c.seconds, 0.3);
    record(&c, c.micros, 300);
    record(&c, M_HTTP_REQ_DURATION, 300);
    record(&c, M_HTTP_REQ_FAILED, 0);
    record(&c, M_DATA_SENT, 1000);
    merge(&c);
    judge(&c);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct criterion *k = &c.judge.criteria[i];
        if (k->status != cases[i].status || k->limit != cases[i].limit)
            fail_msg("%s %s: %s, limit %f", cases[i].selector, cases[i].expr,
                     judgement_name(k->status), k->limit);
    }
    court_close(&c);
}

/* ---- without data ---- */

static void without_data_nothing_passes(void **state)
{
    static const struct {
        const char *selector, *expr;
        const char *detail;
    } cases[] = {
        { "http_req_waiting", "p(95)<100", "no samples were recorded" },
        { "http_req_failed", "rate<0.01", "no samples were recorded" },
        { "http_req_duration{name:/y}", "max<9", "no samples with these tags" },
        { "http_reqs{scenario:t}", "count==0", "no samples with these tags" },
        { "loggins", "count>0", "no metric of this name was recorded" },
        { "htp_reqs", "count>0",
          "no metric of this name was recorded; did you mean http_reqs?" },
        { "http_req_duratoin", "avg<9",
          "no metric of this name was recorded; did you mean "
          "http_req_duration?" },
    };
    struct court c;
    (void)state;
    court_open(&c);
    for (int optional = 0; optional <= 1; optional++)
        for (size_t i = 0; i < COUNT_OF(cases); i++)
            add(&c, cases[i].selector, cases[i].expr, 0)->optional = optional;
    record(&c, M_HTTP_REQS, 1);
    record_named(&c, M_HTTP_REQ_DURATION, 1);
    merge(&c);
    judge(&c);
    for (size_t i = 0; i < c.judge.n; i++) {
        const struct criterion *k = &c.judge.criteria[i];
        int optional = i >= COUNT_OF(cases);
        assert_int_equal(k->status, optional ? JUDGE_SKIPPED : JUDGE_NO_DATA);
        assert_false(k->has_actual);
        assert_int_equal(k->samples, 0);
        assert_string_equal(k->detail, cases[i % COUNT_OF(cases)].detail);
    }
    court_close(&c);
}

static void before_anything_came_there_is_no_data(void **state)
{
    struct court c;
    (void)state;
    court_open(&c);
    add(&c, "http_reqs", "count>=0", 0);
    add(&c, "http_reqs", "count>=0", US_PER_S);
    add(&c, "dropped_iterations", "count==0", 0);
    judge(&c);
    for (size_t i = 0; i < c.judge.n; i++)
        assert_int_equal(c.judge.criteria[i].status, JUDGE_NO_DATA);
    court_close(&c);
}

/* What happened never is known when what goes with it was counted. */
static void a_counter_is_known_to_be_0_when_its_companion_counted(void **state)
{
    static const struct {
        const char *selector, *expr;
        enum judgement status;
    } cases[] = {
        { "dropped_iterations", "count==0", JUDGE_PASS },
        { "dropped_iterations", "count<1", JUDGE_PASS },
        { "dropped_iterations", "rate<0.1", JUDGE_PASS },
        { "dropped_iterations", "count>0", JUDGE_FAIL },
        { "dropped_iterations{scenario:s}", "count==0", JUDGE_PASS },
        { "dropped_iterations{scenario:t}", "count==0", JUDGE_NO_DATA },
        { "interrupted_iterations", "count==0", JUDGE_PASS },
        { "script_errors", "count==0", JUDGE_PASS },
        { "script_errors", "max<1", JUDGE_FAIL }, /* the wrong method */
        { "http_req_retried", "count==0", JUDGE_NO_DATA }, /* no requests */
        { "http_conn_new", "count==0", JUDGE_NO_DATA },
        { "http_req_interrupted", "count==0", JUDGE_NO_DATA },
        { "http_req_interrupted", "max<1s", JUDGE_NO_DATA },
        { "http_reqs", "count==0", JUDGE_NO_DATA },
        { "checks", "rate>0.9", JUDGE_NO_DATA },
    };
    struct court c;
    (void)state;
    court_open(&c);
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        add(&c, cases[i].selector, cases[i].expr, 0);
    record(&c, M_ITERATIONS, 1);
    merge(&c);
    judge(&c);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct criterion *k = &c.judge.criteria[i];
        if (k->status != cases[i].status)
            fail_msg("%s %s: %s", cases[i].selector, cases[i].expr,
                     judgement_name(k->status));
        if (k->status == JUDGE_PASS)
            assert_true(k->has_actual && k->actual == 0);
    }
    /* With requests their companions are known, and drops that came count. */
    record(&c, M_HTTP_REQS, 1);
    record(&c, M_DROPPED_ITERATIONS, 1);
    merge(&c);
    judge(&c);
    assert_int_equal(c.judge.criteria[0].status, JUDGE_FAIL);
    assert_int_equal(c.judge.criteria[9].status, JUDGE_PASS);
    assert_int_equal(c.judge.criteria[10].status, JUDGE_PASS);
    assert_int_equal(c.judge.criteria[11].status, JUDGE_PASS);
    assert_int_equal(c.judge.criteria[12].status, JUDGE_NO_DATA);
    court_close(&c);
}

/* ---- mistakes ---- */

static void a_method_that_does_not_suit_is_found_when_judging(void **state)
{
    static const struct {
        const char *selector, *expr, *says;
    } cases[] = {
        { "logins", "p(95)<100", "does not suit a counter; use count or rate" },
        { "queue", "count>1", "does not suit a gauge; use value, min or max" },
        { "queue", "avg!=1", "does not suit a gauge" },
        { "wait_s", "rate<1", "does not suit a trend" },
        { "logins", "count<5ms", "leave out the unit" },
        { "wait_s", "max<5%", "does not suit the max of a trend" },
    };
    struct court c;
    (void)state;
    court_open(&c);
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        add(&c, cases[i].selector, cases[i].expr, 0);
    record(&c, c.counter, 1);
    record(&c, c.gauge, 1);
    record(&c, c.seconds, 1);
    merge(&c);
    judge(&c);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct criterion *k = &c.judge.criteria[i];
        assert_int_equal(k->status, JUDGE_FAIL);
        assert_false(k->has_actual);
        assert_non_null(strstr(k->detail, cases[i].says));
    }
    court_close(&c);
}

static void what_cannot_be_parsed_is_refused_and_adds_nothing(void **state)
{
    static const struct {
        const char *selector, *expr;
    } cases[] = {
        { "http_reqs", "count>" },     { "http_reqs", "" },
        { "http_reqs{", "count>1" },   { "", "count>1" },
        { "http_reqs{a}", "count>1" }, { "http_reqs", "p(101)<1" },
    };
    struct court c;
    (void)state;
    court_open(&c);
    add(&c, "http_reqs", "count>1", 0);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char err[200] = "";
        assert_int_equal(judge_add(&c.judge, &c.store, cases[i].selector,
                                   cases[i].expr, 0, err, sizeof err),
                         -1);
        assert_true(strlen(err) > 0);
        assert_int_equal(c.judge.n, 1);
    }
    court_close(&c);
}

static void many_thresholds_keep_their_texts_and_rows(void **state)
{
    struct court c;
    (void)state;
    court_open(&c);
    for (int i = 0; i < 200; i++) {
        char selector[64], expr[32];
        snprintf(selector, sizeof selector, "http_reqs{name:/%d}", i % 50);
        snprintf(expr, sizeof expr, "count<%d", i);
        add(&c, selector, expr, 0);
    }
    for (int i = 0; i < 200; i++) {
        char selector[64], name[16];
        snprintf(name, sizeof name, "/%d", i % 50);
        snprintf(selector, sizeof selector, "http_reqs{name:%s}", name);
        const struct criterion *k = &c.judge.criteria[i];
        assert_string_equal(k->selector_text, selector);
        assert_ptr_equal(k->row, c.judge.criteria[i % 50].row);
        assert_string_equal(tagset_get(k->row->tags, "name"), name);
    }
    court_close(&c);
}

/* ---- windows ---- */

/* Each second counts one more than the one before. */
static void a_window_judges_the_last_seconds_only(void **state)
{
    struct court c;
    (void)state;
    court_open(&c);
    add(&c, "http_reqs", "count>0", 1 * US_PER_S);
    add(&c, "http_reqs", "rate>0", 3 * US_PER_S);
    add(&c, "http_reqs", "count>0", 2 * US_PER_S + 1); /* rounded up to 3 */
    add(&c, "http_reqs", "count>0", 0);
    for (int n = 1; n <= 9; n++) {
        for (int i = 0; i < n; i++)
            record(&c, M_HTTP_REQS, 1);
        close_second(&c);
        int two = n > 1 ? n - 1 : 0, three = n > 2 ? n - 2 : 0;
        const struct criterion *k = c.judge.criteria;
        assert_true(k[0].actual == n);
        assert_true(k[1].actual == (n + two + three) / 3.0);
        assert_true(k[2].actual == n + two + three);
        assert_true(k[3].actual == n * (n + 1) / 2);
        assert_int_equal(k[0].samples, n);
        assert_int_equal(k[3].samples, n * (n + 1) / 2);
    }
    /* At the end of the run, after the last tick, it is the same. */
    judge(&c);
    assert_true(c.judge.criteria[0].actual == 9);
    assert_true(c.judge.criteria[2].actual == 9 + 8 + 7);
    court_close(&c);
}

/* In a window the companion must have counted within it. */
static void a_counter_is_known_to_be_0_in_a_window_too(void **state)
{
    static const struct {
        int iterations, drops;
        enum judgement status;
        double actual;
    } seconds[] = {
        { 0, 0, JUDGE_NO_DATA, 0 }, { 5, 0, JUDGE_PASS, 0 },
        { 5, 3, JUDGE_FAIL, 3 },    { 0, 0, JUDGE_FAIL, 3 },
        { 5, 0, JUDGE_PASS, 0 },    { 0, 0, JUDGE_PASS, 0 },
        { 0, 0, JUDGE_NO_DATA, 0 },
    };
    struct court c;
    (void)state;
    court_open(&c);
    add(&c, "dropped_iterations", "count==0", 2 * US_PER_S);
    for (size_t i = 0; i < COUNT_OF(seconds); i++) {
        for (int k = 0; k < seconds[i].iterations; k++)
            record(&c, M_ITERATIONS, 1);
        if (seconds[i].drops > 0)
            record(&c, M_DROPPED_ITERATIONS, seconds[i].drops);
        close_second(&c);
        const struct criterion *k = &c.judge.criteria[0];
        assert_int_equal(k->status, seconds[i].status);
        if (k->has_actual)
            assert_true(k->actual == seconds[i].actual);
    }
    court_close(&c);
}

static void a_window_without_samples_has_no_data(void **state)
{
    struct court c;
    (void)state;
    court_open(&c);
    add(&c, "http_req_duration", "max<100", 2 * US_PER_S);
    record(&c, M_HTTP_REQ_DURATION, 500);
    close_second(&c);
    assert_int_equal(c.judge.criteria[0].status, JUDGE_FAIL);
    close_second(&c);
    assert_int_equal(c.judge.criteria[0].status, JUDGE_FAIL);
    close_second(&c); /* the slow one has left */
    assert_int_equal(c.judge.criteria[0].status, JUDGE_NO_DATA);
    assert_string_equal(c.judge.criteria[0].detail,
                        "no samples within the window");
    record(&c, M_HTTP_REQ_DURATION, 50);
    close_second(&c);
    assert_int_equal(c.judge.criteria[0].status, JUDGE_PASS);
    assert_string_equal(c.judge.criteria[0].detail, "");
    court_close(&c);
}

/* 10 s have passed, or 4 s of the scenario: a rate over a minute must not be
 * divided by 60. */
static void
a_rate_in_a_window_longer_than_the_run_is_that_of_the_run(void **state)
{
    struct court c;
    (void)state;
    court_open(&c);
    add(&c, "http_reqs", "rate>0", 60 * US_PER_S);
    add(&c, "http_reqs{scenario:s}", "rate>0", 60 * US_PER_S);
    add(&c, "http_reqs{scenario:s}", "rate>0", 2 * US_PER_S);
    for (int i = 0; i < 40; i++)
        record(&c, M_HTTP_REQS, 1);
    close_second(&c);
    assert_true(c.judge.criteria[0].actual == 4);
    assert_true(c.judge.criteria[1].actual == 10);
    assert_true(c.judge.criteria[2].actual == 20);
    court_close(&c);
}

static void a_window_has_a_longest_length_and_says_it(void **state)
{
    struct court c;
    (void)state;
    court_open(&c);
    add(&c, "http_reqs", "rate>0", (int64_t)100000 * US_PER_S);
    assert_int_equal(c.judge.criteria[0].window_s, STORE_WINDOW_MAX);
    court_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T("judgements have the agreed names", judgements_have_the_agreed_names),
        T("a threshold is judged by what was counted",
          a_threshold_is_judged_by_what_was_counted),
        T("a unit is turned into the one the metric is shown in",
          a_unit_is_turned_into_the_one_the_metric_is_shown_in),
        T("without data nothing passes", without_data_nothing_passes),
        T("before anything came there is no data",
          before_anything_came_there_is_no_data),
        T("a counter is known to be 0 when its companion counted",
          a_counter_is_known_to_be_0_when_its_companion_counted),
        T("a method that does not suit is found when judging",
          a_method_that_does_not_suit_is_found_when_judging),
        T("what cannot be parsed is refused and adds nothing",
          what_cannot_be_parsed_is_refused_and_adds_nothing),
        T("many thresholds keep their texts and rows",
          many_thresholds_keep_their_texts_and_rows),
        T("a window judges the last seconds only",
          a_window_judges_the_last_seconds_only),
        T("a counter is known to be 0 in a window too",
          a_counter_is_known_to_be_0_in_a_window_too),
        T("a window without samples has no data",
          a_window_without_samples_has_no_data),
        T("a rate in a window longer than the run is that of the run",
          a_rate_in_a_window_longer_than_the_run_is_that_of_the_run),
        T("a window has a longest length and says it",
          a_window_has_a_longest_length_and_says_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
