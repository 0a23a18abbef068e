/* test_health.c - whether the generator's own numbers can be believed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "engine/health.h"
#include "sentence.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

/* A run of 10 s on two workers that is over; healthy until changed. */
struct clinic {
    struct run run;
    struct plan plan;
    struct scenario scenarios[2];
    struct scenario_state states[2];
};

static void clinic_open(struct clinic *c)
{
    *c = (struct clinic){ 0 };
    c->plan = (struct plan){ .scenarios = c->scenarios,
                             .nscenarios = 2,
                             .nworkers = 2 };
    c->scenarios[0].executor = CONSTANT_ARRIVAL_RATE;
    c->scenarios[1].executor = CONSTANT_VUS;
    c->run.plan = &c->plan;
    c->run.scenarios = c->states;
    c->run.began = 5 * US_PER_S;
    c->run.ended = 15 * US_PER_S;
    store_init(&c->run.store, 2);
    c->run.store.accounting[0] = (struct accounting){ .planned = 100,
                                                      .started = 90,
                                                      .dropped = 10,
                                                      .ok = 80,
                                                      .failed = 4,
                                                      .timed_out = 3,
                                                      .cancelled = 2 };
}

static void clinic_close(struct clinic *c)
{
    store_fini(&c->run.store);
}

static void assert_verdict(const struct clinic *c, enum health_verdict v,
                           const char *reason)
{
    struct health h;
    health_judge(&h, &c->run);
    if (h.verdict != v)
        fail_msg("%s, not %s: %s", health_verdict_name(h.verdict),
                 health_verdict_name(v), h.reasons[0]);
    assert_int_equal(h.nreasons, reason != NULL);
    if (reason != NULL && strstr(h.reasons[0], reason) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", reason, h.reasons[0]);
}

static void verdicts_have_the_agreed_names(void **state)
{
    (void)state;
    assert_string_equal(health_verdict_name(HEALTH_VALID), "VALID");
    assert_string_equal(health_verdict_name(HEALTH_DEGRADED), "DEGRADED");
    assert_string_equal(health_verdict_name(HEALTH_INVALID), "INVALID");
}

static void a_healthy_run_is_valid_without_reasons(void **state)
{
    struct clinic c;
    struct health h;
    (void)state;
    clinic_open(&c);
    assert_verdict(&c, HEALTH_VALID, NULL);
    health_judge(&h, &c.run);
    assert_true(h.rss_bytes > 100000);
    assert_true(h.cpu_share == 0);
    clinic_close(&c);
}

/* `starts` of which `late` were 20 ms late, the others `lag` us. */
static void late_starts_are_judged_by_share_and_number(void **state)
{
    static const struct {
        uint64_t starts, late, lag;
        enum health_verdict verdict;
        const char *reason;
    } cases[] = {
        { 0, 0, 0, HEALTH_VALID, NULL },
        { 1000, 0, 50, HEALTH_VALID, NULL },
        { 1000, 0, 990, HEALTH_VALID, NULL },
        { 1000, 0, 1500, HEALTH_DEGRADED, "p99 1.50 ms" },
        { 1000, 9, 50, HEALTH_VALID, NULL },
        { 1000, 10, 50, HEALTH_VALID, NULL }, /* 1 % is not more than 1 % */
        { 1000, 11, 50, HEALTH_INVALID, "started 1.1% of the iterations" },
        { 2000, 21, 50, HEALTH_INVALID, "could not keep the rate" },
        { 1000000, 10000, 50, HEALTH_VALID, NULL },
        { 1000000, 10001, 50, HEALTH_INVALID, "1.0%" },
        /* few late ones prove nothing... */
        { 1, 1, 0, HEALTH_DEGRADED, "p99 20.0" },
        { 2, 2, 0, HEALTH_DEGRADED, "late" },
        { 100, 9, 50, HEALTH_DEGRADED, "late" },
        { 30, 3, 50, HEALTH_DEGRADED, "late" },
        /* ...unless they are many of few */
        { 29, 3, 50, HEALTH_INVALID, "10.3%" },
        { 3, 3, 0, HEALTH_INVALID, "100.0%" },
        { 100, 10, 50, HEALTH_INVALID, "10.0%" },
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct clinic c;
        clinic_open(&c);
        struct worker_health *w = &c.run.store.health;
        hist_record_n(&w->lag, cases[i].lag, cases[i].starts - cases[i].late);
        if (cases[i].late > 0)
            hist_record_n(&w->lag, 20000, cases[i].late);
        w->late_10ms = cases[i].late;
        assert_verdict(&c, cases[i].verdict, cases[i].reason);
        clinic_close(&c);
    }
}

static void a_shortage_on_this_side_is_no_finding_about_the_target(void **state)
{
    static const struct {
        uint64_t no_fds, no_ports, killed, lost, names;
        enum health_verdict verdict;
        const char *reason;
    } cases[] = {
        { 1, 0, 0, 0, 0, HEALTH_INVALID, "1 connections failed for want of" },
        { 0, 7, 0, 0, 0, HEALTH_INVALID, "7 connections found no local port" },
        { 0, 0, 2, 0, 0, HEALTH_INVALID, "2 times a script ran for seconds" },
        { 0, 0, 0, 9, 0, HEALTH_DEGRADED, "9 samples with too many different" },
        { 0, 0, 0, 0, 3, HEALTH_DEGRADED,
          "3 requests with too many different" },
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct clinic c;
        clinic_open(&c);
        c.run.store.health.no_fds = cases[i].no_fds;
        c.run.store.health.no_ports = cases[i].no_ports;
        c.run.store.health.killed_slices = cases[i].killed;
        c.run.store.health.lost_tags = cases[i].lost;
        c.run.store.health.lost_names = cases[i].names;
        assert_verdict(&c, cases[i].verdict, cases[i].reason);
        clinic_close(&c);
    }
}

static void an_account_that_does_not_balance_is_invalid(void **state)
{
    static const struct {
        struct accounting a;
        int balances;
    } cases[] = {
        { { .planned = 5, .started = 5, .ok = 5 }, 1 },
        { { .planned = 5, .started = 5, .ok = 1 }, 1 }, /* four in flight */
        { { .planned = 5, .started = 3, .dropped = 2 }, 1 },
        { { .warmup = 9 }, 1 },
        { { .planned = 5, .started = 4, .ok = 4 }, 0 },
        { { .planned = 5, .started = 5, .dropped = 1 }, 0 },
        { { .started = 1 }, 0 },
        { { .planned = 2, .started = 2, .ok = 3 }, 0 },
        { { .planned = 3,
            .started = 3,
            .ok = 1,
            .failed = 1,
            .timed_out = 1,
            .cancelled = 1 },
          0 },
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct clinic c;
        clinic_open(&c);
        c.run.store.accounting[1] = cases[i].a;
        assert_verdict(&c, cases[i].balances ? HEALTH_VALID : HEALTH_INVALID,
                       cases[i].balances ? NULL : "does not balance");
        clinic_close(&c);
    }
}

static void a_worker_given_up_is_invalid(void **state)
{
    struct clinic c;
    (void)state;
    clinic_open(&c);
    c.run.stuck = 1;
    assert_verdict(&c, HEALTH_INVALID, "did not answer");
    clinic_close(&c);
}

/* Two workers had 20 s of CPU time between them in these 10 s, and the
 * warm-up counts as well. */
static void busy_workers_degrade(void **state)
{
    static const struct {
        int64_t cpu_s, warmup_s, length_ms;
        double share;
        enum health_verdict verdict;
    } cases[] = {
        { 2, 0, 10000, 0.1, HEALTH_VALID },
        { 16, 0, 10000, 0.8, HEALTH_VALID },
        { 17, 0, 10000, 0.85, HEALTH_DEGRADED },
        { 17, 5, 10000, 0.85, HEALTH_DEGRADED }, /* 5 s of them, then 5 s */
        { 1, 0, 500, 1, HEALTH_VALID },          /* too short to tell */
        { 2, 0, 1000, 1, HEALTH_DEGRADED },
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct clinic c;
        struct health h;
        clinic_open(&c);
        c.run.ended = c.run.began + cases[i].length_ms * US_PER_MS;
        c.plan.warmup_us = cases[i].warmup_s * US_PER_S;
        c.run.store.health.cpu_us = cases[i].cpu_s * US_PER_S;
        health_judge(&h, &c.run);
        assert_true(h.cpu_share > cases[i].share - 1e-9 &&
                    h.cpu_share < cases[i].share + 1e-9);
        assert_verdict(&c, cases[i].verdict,
                       cases[i].verdict ? "% of their cores" : NULL);
        clinic_close(&c);
    }
}

static void the_worst_counts_and_every_reason_is_given(void **state)
{
    struct clinic c;
    struct health h;
    (void)state;
    clinic_open(&c);
    struct worker_health *w = &c.run.store.health;
    w->no_fds = w->no_ports = w->killed_slices = 1;
    w->lost_tags = w->lost_names = 1;
    w->cpu_us = 19 * US_PER_S;
    hist_record_n(&w->lag, 5000, 100);
    c.run.store.accounting[0].started = 0;
    c.run.stuck = 1;
    health_judge(&h, &c.run);
    assert_int_equal(h.verdict, HEALTH_INVALID);
    assert_int_equal(h.nreasons, 9);
    for (int i = 0; i < h.nreasons; i++) {
        assert_true(strlen(h.reasons[i]) > 20);
        assert_true(strlen(h.reasons[i]) < HEALTH_REASON_LEN - 1);
    }
    /* What comes last and is milder changes nothing. */
    assert_non_null(strstr(h.reasons[8], "their cores"));
    clinic_close(&c);
}

static void a_run_that_never_began_is_judged_too(void **state)
{
    struct clinic c;
    struct health h;
    (void)state;
    clinic_open(&c);
    c.run.began = c.run.ended = 0;
    c.run.store.accounting[0] = (struct accounting){ 0 };
    health_judge(&h, &c.run);
    assert_int_equal(h.verdict, HEALTH_VALID);
    assert_true(h.cpu_share == 0);
    clinic_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T("verdicts have the agreed names", verdicts_have_the_agreed_names),
        T("a healthy run is valid without reasons",
          a_healthy_run_is_valid_without_reasons),
        T("late starts are judged by share and number",
          late_starts_are_judged_by_share_and_number),
        T("a shortage on this side is no finding about the target",
          a_shortage_on_this_side_is_no_finding_about_the_target),
        T("an account that does not balance is invalid",
          an_account_that_does_not_balance_is_invalid),
        T("a worker given up is invalid", a_worker_given_up_is_invalid),
        T("busy workers degrade", busy_workers_degrade),
        T("the worst counts and every reason is given",
          the_worst_counts_and_every_reason_is_given),
        T("a run that never began is judged too",
          a_run_that_never_began_is_judged_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
