/* test_judge_missing.c - thresholds where samples lost their tags, and where
 * requests were cut off. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "court.h"
#include "sentence.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

/* ---- without their tags ---- */

/* Where samples lost their name or tags, a part of them is no answer.  Rows
 * that found no place are no loss: those of thresholds always find one. */
static void a_part_of_the_samples_is_no_data(void **state)
{
    static const struct {
        const char *selector;
        uint64_t lost_tags, lost_rows, lost_names;
        enum judgement status;
    } cases[] = {
        { "http_reqs{name:/x}", 0, 0, 0, JUDGE_PASS },
        { "http_reqs{name:/x}", 0, 0, 1, JUDGE_NO_DATA },
        { "http_reqs{name:/x}", 1, 0, 0, JUDGE_NO_DATA },
        { "http_reqs{name:/x}", 0, 1, 0, JUDGE_PASS },
        { "http_reqs{name:/x,scenario:s}", 0, 0, 1, JUDGE_NO_DATA },
        { "http_reqs", 1, 1, 1, JUDGE_PASS },
        { "http_reqs{scenario:s}", 1, 1, 1, JUDGE_PASS },
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct court c;
        court_open(&c);
        add(&c, cases[i].selector, "count==1", 0);
        add(&c, cases[i].selector, "count==1", 0)->optional = 1;
        record_named(&c, M_HTTP_REQS, 1);
        c.r.tally->health.lost_tags = cases[i].lost_tags;
        c.r.tally->health.lost_names = cases[i].lost_names;
        c.store.lost = cases[i].lost_rows;
        merge(&c);
        judge(&c);
        assert_int_equal(c.judge.criteria[0].status, cases[i].status);
        if (cases[i].status == JUDGE_NO_DATA) {
            assert_int_equal(c.judge.criteria[1].status, JUDGE_SKIPPED);
            assert_non_null(strstr(c.judge.criteria[0].detail, "too many"));
        }
        court_close(&c);
    }
}

/* Two scenarios, gold and blue, of a suite with the tag shop; so many samples
 * in each, every one with a tag of its own, that most of them lose it. */
static void record_too_many(struct court *c, const char *scenario,
                            const char *tier, int n)
{
    const struct tag tags[] = { { "scenario", scenario },
                                { "suite", "shop" },
                                { "tier", tier } };
    const struct tagset *set = tagset_intern(&c->r.pool, tags, 3);
    unsigned base = recorder_slot(&c->r, set, 0, 0);
    for (int i = 0; i < n; i++) {
        char value[16];
        snprintf(value, sizeof value, "%d", i);
        struct tag own = { "kind", recorder_text(&c->r, value, strlen(value)) };
        unsigned slot = recorder_detail(&c->r, base, &own, 1);
        record_count(recorder_at(&c->r, base, M_HTTP_REQS), 1);
        if (slot != RECORDER_NO_SLOT)
            record_count(recorder_at(&c->r, slot, M_HTTP_REQS), 1);
    }
}

static void what_a_scenarios_own_tags_decide_is_exact(void **state)
{
    static const struct {
        const char *selector, *expr;
        enum judgement status;
        const char *says;
    } cases[] = {
        { "http_reqs", "count==1500", JUDGE_PASS, "" },
        { "http_reqs{scenario:a}", "count==900", JUDGE_PASS, "" },
        { "http_reqs{suite:shop}", "count==1500", JUDGE_PASS, "" },
        { "http_reqs{tier:gold}", "count==900", JUDGE_PASS, "" },
        { "http_reqs{tier:blue,suite:shop}", "count==600", JUDGE_PASS, "" },
        { "http_reqs{tier:blue,scenario:b}", "count==600", JUDGE_PASS, "" },
        { "http_reqs{tier:blue,scenario:a}", "count==0", JUDGE_NO_DATA,
          "no samples with these tags" },
        { "http_reqs{suite:other}", "count==0", JUDGE_NO_DATA,
          "no samples with these tags" },
        { "http_reqs{kind:7}", "count==2", JUDGE_NO_DATA, "too many" },
        { "http_reqs{kind:7,scenario:a}", "count==1", JUDGE_NO_DATA,
          "too many" },
        { "http_reqs{kind:7,suite:shop}", "count==2", JUDGE_NO_DATA,
          "too many" },
        { "http_reqs{suite:shop,name:/x}", "count==0", JUDGE_NO_DATA,
          "too many" },
    };
    struct court c;
    (void)state;
    court_open(&c);
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        add(&c, cases[i].selector, cases[i].expr, 0);
    record_too_many(&c, "a", "gold", 900);
    record_too_many(&c, "b", "blue", 600);
    assert_true(c.r.tally->health.lost_tags > 0);
    merge(&c);
    judge(&c);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct criterion *k = &c.judge.criteria[i];
        if (k->status != cases[i].status ||
            strncmp(k->detail, cases[i].says, strlen(cases[i].says)) != 0)
            fail_msg("%s %s: %s (%s)", cases[i].selector, cases[i].expr,
                     judgement_name(k->status), k->detail);
    }
    court_close(&c);
}

/* A request of b says that it is gold: others may have said so and lost it.
 * What all of a scenario's samples carry is not in doubt. */
static void a_tag_that_samples_change_is_decided_by_them(void **state)
{
    const struct tag base[] = { { "scenario", "b" }, { "tier", "blue" } };
    struct court c;
    (void)state;
    court_open(&c);
    add(&c, "http_reqs{tier:gold}", "count==1", 0);
    add(&c, "http_reqs{scenario:b}", "count==1", 0);
    unsigned slot =
        recorder_slot(&c.r, tagset_intern(&c.r.pool, base, 2), 0, 0);
    struct tag own = { "tier", recorder_text(&c.r, "gold", 4) };
    unsigned detail = recorder_detail(&c.r, slot, &own, 1);
    record_count(recorder_at(&c.r, slot, M_HTTP_REQS), 1);
    record_count(recorder_at(&c.r, detail, M_HTTP_REQS), 1);
    merge(&c);
    judge(&c);
    assert_int_equal(c.judge.criteria[0].status, JUDGE_PASS);
    c.r.tally->health.lost_tags = 1;
    merge(&c);
    judge(&c);
    assert_int_equal(c.judge.criteria[0].status, JUDGE_NO_DATA);
    assert_int_equal(c.judge.criteria[1].status, JUDGE_PASS);
    court_close(&c);
}

/* ---- requests that were cut off ---- */

static void record_n(struct court *c, int metric, int n, double value)
{
    for (int i = 0; i < n; i++)
        record_named(c, metric, value);
}

/* Of 100 requests 95 took 10 ms, 3 took 200 ms, and 2 had lasted 500 ms when
 * the run ended.  The first two are what p(96) alone would be made of. */
static void requests_that_were_cut_off_count_as_slower(void **state)
{
    static const struct {
        const char *selector, *expr;
        enum judgement status;
        double actual; /* 0: unknown, among those cut off */
    } cases[] = {
        { "http_req_duration", "p(95)<100", JUDGE_PASS, 10 },
        { "http_req_duration", "p(96)<100", JUDGE_FAIL, 200 },
        { "http_req_duration", "p(96)<=100ms", JUDGE_FAIL, 200 },
        { "http_req_duration{name:/x}", "p(96)<100", JUDGE_FAIL, 200 },
        { "http_req_duration", "p(98)<0.3s", JUDGE_PASS, 200 },
        { "http_req_duration", "p(98.1)<0.3s", JUDGE_FAIL, 0 },
        { "http_req_duration", "p(99.9)<600", JUDGE_PASS, 200 },
        { "http_req_duration", "max<300", JUDGE_FAIL, 0 },
        { "http_req_duration", "max<600", JUDGE_PASS, 200 },
        { "http_req_duration", "med<100", JUDGE_PASS, 10 },
        /* They say nothing about the others. */
        { "http_req_duration", "max>100", JUDGE_PASS, 200 },
        { "http_req_duration", "count==98", JUDGE_PASS, 98 },
        { "http_req_duration{name:/y}", "max<300", JUDGE_PASS, 200 },
        { "iteration_duration", "max<300", JUDGE_PASS, 200 },
        { "http_req_interrupted", "count==2", JUDGE_PASS, 2 },
    };
    struct court c;
    (void)state;
    court_open(&c);
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        add(&c, cases[i].selector, cases[i].expr, 0);
    record_n(&c, M_HTTP_REQ_DURATION, 95, 10);
    record_n(&c, M_HTTP_REQ_DURATION, 3, 200);
    record_n(&c, M_HTTP_REQ_INTERRUPTED, 2, 500);
    record_n(&c, M_ITERATION_DURATION, 98, 200);
    struct tag name = { "name", recorder_text(&c.r, "/y", 2) };
    unsigned other = recorder_detail(&c.r, c.slot, &name, 1);
    record_value(recorder_at(&c.r, other, M_HTTP_REQ_DURATION), 200, 0);
    merge(&c);
    judge(&c);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct criterion *k = &c.judge.criteria[i];
        if (k->status != cases[i].status ||
            k->has_actual != (cases[i].actual != 0) ||
            (k->has_actual && fabs(k->actual / cases[i].actual - 1) > 0.01))
            fail_msg("%s %s: %s, %g", cases[i].selector, cases[i].expr,
                     judgement_name(k->status), k->actual);
        assert_int_equal(k->status == JUDGE_FAIL,
                         strstr(k->detail, "2 requests were cut off") != NULL);
    }
    court_close(&c);
}

static void cut_off_soon_proves_nothing(void **state)
{
    struct court c;
    (void)state;
    court_open(&c);
    add(&c, "http_req_response_time", "p(99)<100ms", 0);
    add(&c, "http_req_waiting", "max<100ms", 0);
    record_n(&c, M_HTTP_REQ_RESPONSE_TIME, 10, 50);
    record_n(&c, M_HTTP_REQ_WAITING, 10, 50);
    record_n(&c, M_HTTP_REQ_INTERRUPTED, 90, 99);
    merge(&c);
    judge(&c);
    assert_int_equal(c.judge.criteria[0].status, JUDGE_PASS);
    assert_int_equal(c.judge.criteria[1].status, JUDGE_PASS);
    record_n(&c, M_HTTP_REQ_INTERRUPTED, 1, 101);
    merge(&c);
    judge(&c);
    assert_int_equal(c.judge.criteria[0].status, JUDGE_FAIL);
    assert_int_equal(c.judge.criteria[1].status, JUDGE_FAIL);
    assert_string_equal(c.judge.criteria[0].detail,
                        "1 request was cut off at the end of the run, slower "
                        "than this already: they count");
    court_close(&c);
}

static void without_an_answer_there_is_no_data(void **state)
{
    struct court c;
    (void)state;
    court_open(&c);
    add(&c, "http_req_duration", "p(95)<100ms", 0);
    record_n(&c, M_HTTP_REQ_INTERRUPTED, 90, 50);
    merge(&c);
    judge(&c);
    assert_int_equal(c.judge.criteria[0].status, JUDGE_NO_DATA);
    court_close(&c);
}

static void what_was_cut_off_leaves_the_window(void **state)
{
    struct court c;
    (void)state;
    court_open(&c);
    add(&c, "http_req_duration", "max<100ms", 2 * US_PER_S);
    record(&c, M_HTTP_REQ_INTERRUPTED, 500);
    for (int second = 1; second <= 4; second++) {
        record(&c, M_HTTP_REQ_DURATION, 50);
        close_second(&c);
        assert_int_equal(c.judge.criteria[0].status,
                         second <= 2 ? JUDGE_FAIL : JUDGE_PASS);
    }
    court_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T("a part of the samples is no data", a_part_of_the_samples_is_no_data),
        T("what a scenario's own tags decide is exact",
          what_a_scenarios_own_tags_decide_is_exact),
        T("a tag that samples change is decided by them",
          a_tag_that_samples_change_is_decided_by_them),
        T("requests that were cut off count as slower",
          requests_that_were_cut_off_count_as_slower),
        T("cut off soon proves nothing", cut_off_soon_proves_nothing),
        T("without an answer there is no data",
          without_an_answer_there_is_no_data),
        T("what was cut off leaves the window",
          what_was_cut_off_leaves_the_window),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
