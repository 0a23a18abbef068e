/* test_tally.c - recording into slots, handing over, and its bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "stats/tally.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

static const struct metric_def counter = { .kind = METRIC_COUNTER };
static const struct metric_def gauge = { .kind = METRIC_GAUGE };
static const struct metric_def rate = { .kind = METRIC_RATE,
                                        .unit = UNIT_SHARE };
static const struct metric_def plain = { .kind = METRIC_TREND };
static const struct metric_def in_us = { .kind = METRIC_TREND,
                                         .unit = UNIT_TIME,
                                         .us_per_unit = 1 };
static const struct metric_def in_s = { .kind = METRIC_TREND,
                                        .unit = UNIT_TIME,
                                        .us_per_unit = 1000000 };

/* ---- values ---- */

static void a_value_is_recorded_by_the_kind_of_its_metric(void **state)
{
    static const struct {
        const struct metric_def *def;
        double value;
        double sum;
        uint64_t trues;
        uint64_t stored; /* of trends */
    } cases[] = {
        { &counter, 2.5, 2.5, 0, 0 },
        { &counter, 0, 0, 0, 0 },
        { &rate, 1, 0, 1, 0 },
        { &rate, 0, 0, 0, 0 },
        { &rate, -3, 0, 1, 0 },
        { &gauge, -7, 0, 0, 0 },
        { &plain, 1.5, 0, 0, 1500000 },
        { &plain, 0, 0, 0, 0 },
        { &plain, 0.0000004, 0, 0, 0 },
        { &plain, 0.0000006, 0, 0, 1 },
        { &in_us, 7, 0, 0, 7 },
        { &in_s, 0.25, 0, 0, 250000 },
        { &in_s, 9000, 0, 0, 9000000000 }, /* above an hour: kept as such */
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct metric_data *d = metric_data_new(cases[i].def, HIST_3_DIGITS);
        assert_int_equal(record_value(d, cases[i].value, 10), 0);
        assert_int_equal(d->count, 1);
        assert_true(d->sum == cases[i].sum);
        assert_int_equal(d->trues, cases[i].trues);
        if (cases[i].def->kind == METRIC_TREND) {
            assert_int_equal(d->hist->count, 1);
            assert_int_equal(d->hist->max, cases[i].stored);
        }
        if (cases[i].def->kind == METRIC_GAUGE)
            assert_true(d->value == cases[i].value && d->at == 10);
        metric_data_free(d);
    }
}

static void what_cannot_be_recorded_leaves_nothing(void **state)
{
    static const struct {
        const struct metric_def *def;
        double value;
    } cases[] = {
        { &counter, -1 }, { &counter, NAN },     { &counter, INFINITY },
        { &gauge, NAN },  { &gauge, -INFINITY }, { &rate, NAN },
        { &plain, -0.5 }, { &plain, NAN },       { &plain, INFINITY },
        { &plain, 1e13 }, { &in_us, 1e19 },      { &in_s, 1e13 },
        { &in_s, -1e-3 },
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct metric_data *d = metric_data_new(cases[i].def, HIST_2_DIGITS);
        assert_int_equal(record_value(d, cases[i].value, 0), -1);
        assert_int_equal(d->count, 0);
        assert_true(d->sum == 0 && d->trues == 0);
        if (d->hist != NULL)
            assert_int_equal(d->hist->count, 0);
        metric_data_free(d);
    }
    metric_data_free(NULL);
}

static void a_gauge_keeps_the_latest_the_least_and_the_most(void **state)
{
    static const struct {
        double value;
        int64_t at;
        int into; /* which of two */
    } samples[] = {
        { 5, 100, 0 }, { -2, 110, 1 }, { 9, 120, 0 },
        { 4, 130, 1 }, { 3, 125, 0 },
    };
    (void)state;
    for (int order = 0; order <= 1; order++) {
        struct metric_data *d[3];
        for (size_t i = 0; i < 3; i++)
            d[i] = metric_data_new(&gauge, HIST_3_DIGITS);
        for (size_t i = 0; i < COUNT_OF(samples); i++)
            record_gauge(d[samples[i].into], samples[i].value, samples[i].at);
        assert_true(d[0]->min == 3 && d[0]->max == 9 && d[0]->value == 3);
        assert_true(d[1]->min == -2 && d[1]->max == 4 && d[1]->value == 4);
        metric_data_add(d[2], d[order]);
        metric_data_add(d[2], d[!order]);
        assert_true(d[2]->min == -2 && d[2]->max == 9);
        assert_true(d[2]->value == 4 && d[2]->at == 130);
        assert_int_equal(d[2]->count, 5);
        /* Nothing changes nothing; cleared it begins anew. */
        metric_data_clear(d[0]);
        metric_data_add(d[2], d[0]);
        assert_true(d[2]->min == -2 && d[2]->max == 9 && d[2]->value == 4);
        metric_data_clear(d[2]);
        record_gauge(d[2], 6, 140);
        assert_true(d[2]->min == 6 && d[2]->max == 6 && d[2]->value == 6);
        for (size_t i = 0; i < 3; i++)
            metric_data_free(d[i]);
    }
}

static void adding_adds_counts_sums_and_histograms(void **state)
{
    static const struct metric_def *const defs[] = { &counter, &rate, &in_us };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(defs); i++) {
        struct metric_data *a = metric_data_new(defs[i], HIST_3_DIGITS);
        struct metric_data *b = metric_data_new(defs[i], HIST_3_DIGITS);
        for (int k = 0; k < 10; k++)
            record_value(k < 3 ? a : b, k, 0);
        metric_data_add(a, b);
        assert_int_equal(a->count, 10);
        assert_true(a->sum == (defs[i] == &counter ? 45 : 0));
        assert_int_equal(a->trues, defs[i] == &rate ? 9 : 0);
        if (a->hist != NULL) {
            assert_int_equal(a->hist->count, 10);
            assert_true(a->hist->sum == 45);
            assert_int_equal(hist_quantile(a->hist, 0.5), 4);
        }
        assert_int_equal(b->count, 7); /* unchanged */
        metric_data_free(a);
        metric_data_free(b);
    }
}

/* ---- errors ---- */

static void errors_are_counted_by_kind_with_the_first_example(void **state)
{
    struct error_list l = { 0 };
    (void)state;
    assert_int_equal(error_list_add(&l, "refused", 1, "first"), 1);
    assert_int_equal(error_list_add(&l, "timeout", 2, NULL), 1);
    assert_int_equal(error_list_add(&l, "refused", 3, "second"), 0);
    assert_int_equal(l.n, 2);
    assert_string_equal(l.kinds[0].message, "refused");
    assert_string_equal(l.kinds[0].example, "first");
    assert_int_equal(l.kinds[0].count, 4);
    assert_int_equal(l.kinds[1].count, 2);
    assert_null(l.kinds[1].example);
    error_list_clear(&l);
    assert_int_equal(l.n, 0);
    error_list_clear(&l);
}

static void kinds_of_errors_are_bounded_and_none_is_lost(void **state)
{
    struct error_list l = { 0 }, all = { 0 };
    char message[32];
    (void)state;
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < ERROR_KINDS_MAX + 50; i++) {
            snprintf(message, sizeof message, "error %d", i);
            int is_new = error_list_add(&l, message, 2, message);
            assert_int_equal(is_new, round == 0 && i < ERROR_KINDS_MAX);
        }
    assert_int_equal(l.n, ERROR_KINDS_MAX);
    assert_int_equal(l.other, 2 * 50 * 2);
    error_list_add(&all, "of its own", 1, NULL);
    error_list_merge(&all, &l);
    error_list_merge(&all, &l);
    uint64_t sum = all.other;
    for (size_t i = 0; i < all.n; i++)
        sum += all.kinds[i].count;
    assert_int_equal(all.n, ERROR_KINDS_MAX);
    assert_int_equal(sum, 1 + 2 * (ERROR_KINDS_MAX + 50) * 2 * 2);
    assert_string_equal(all.kinds[1].message, "error 0");
    assert_string_equal(all.kinds[1].example, "error 0");
    assert_int_equal(all.kinds[1].count, 8);
    error_list_clear(&l);
    error_list_clear(&all);
}

/* ---- the recorder ---- */

struct desk {
    struct recorder r;
    struct tally *spare;
    const struct tagset *base; /* {scenario:s} */
    unsigned slot;
};

static void desk_open(struct desk *d)
{
    const struct tag tag = { "scenario", "s" };
    recorder_init(&d->r, tally_new(0, 1));
    d->spare = tally_new(0, 1);
    d->base = tagset_intern(&d->r.pool, &tag, 1);
    d->slot = recorder_slot(&d->r, d->base, 0, 0);
}

static void desk_close(struct desk *d)
{
    tally_free(d->r.tally);
    tally_free(d->spare);
    recorder_fini(&d->r);
}

static uint64_t lost(const struct desk *d)
{
    return d->r.tally->health.lost_tags;
}

static void built_in_metrics_are_there_with_their_own_ids(void **state)
{
    struct desk d;
    (void)state;
    desk_open(&d);
    for (int i = 0; i < METRIC_BUILTIN_COUNT; i++) {
        const struct metric_def *def = recorder_metric(&d.r, i);
        assert_int_equal(def->id, i);
        assert_string_equal(def->name, metric_builtin[i].name);
        assert_int_equal(def->kind, metric_builtin[i].kind);
        assert_int_equal(def->unit, metric_builtin[i].unit);
        assert_ptr_equal(recorder_find(&d.r, def->name), def);
    }
    assert_null(recorder_metric(&d.r, METRIC_BUILTIN_COUNT));
    assert_null(recorder_metric(&d.r, -1));
    assert_null(recorder_find(&d.r, "nothing"));
    desk_close(&d);
}

static void a_metric_is_defined_once_and_never_otherwise(void **state)
{
    static const struct {
        const char *name;
        enum metric_kind kind;
        const char *unit;
        const char *error; /* NULL: fine */
        enum metric_unit stored;
        int64_t us;
    } cases[] = {
        { "wait", METRIC_TREND, "ms", NULL, UNIT_TIME, 1000 },
        { "wait", METRIC_TREND, "ms", NULL, UNIT_TIME, 1000 },
        { "wait", METRIC_TREND, "s", "wait is already a trend in ms", 0, 0 },
        { "wait", METRIC_GAUGE, "ms", "wait is already a trend in ms", 0, 0 },
        { "us", METRIC_TREND, "us", NULL, UNIT_TIME, 1 },
        { "secs", METRIC_TREND, "s", NULL, UNIT_TIME, 1000000 },
        { "size", METRIC_TREND, "bytes", NULL, UNIT_BYTES, 1000 },
        { "items", METRIC_COUNTER, "", NULL, UNIT_NONE, 1000 },
        { "items", METRIC_RATE, "", "items is already a counter", 0, 0 },
        { "odd", METRIC_GAUGE, "parsec", NULL, UNIT_NONE, 1000 },
        { "hits", METRIC_RATE, "", NULL, UNIT_SHARE, 1000 },
        { "vus", METRIC_GAUGE, "", "vus is a built-in metric", 0, 0 },
        { "9x", METRIC_GAUGE, "", "\"9x\" is not a metric name", 0, 0 },
        { "", METRIC_GAUGE, "", "\"\" is not a metric name", 0, 0 },
    };
    struct desk d;
    (void)state;
    desk_open(&d);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char err[200] = "";
        size_t before = d.r.ndefs;
        const struct metric_def *def = recorder_define(
            &d.r, cases[i].name, cases[i].kind, cases[i].unit, err, sizeof err);
        if (cases[i].error != NULL) {
            assert_null(def);
            assert_non_null(strstr(err, cases[i].error));
            assert_int_equal(d.r.ndefs, before);
            continue;
        }
        assert_int_equal(def->unit, cases[i].stored);
        assert_int_equal(def->us_per_unit, cases[i].us);
        assert_string_equal(def->unit_text, cases[i].unit);
        assert_ptr_equal(recorder_metric(&d.r, def->id), def);
        assert_ptr_equal(recorder_find(&d.r, cases[i].name), def);
    }
    assert_int_equal(d.r.ndefs, METRIC_BUILTIN_COUNT + 7);
    desk_close(&d);
}

static void a_slot_belongs_to_a_set_of_tags(void **state)
{
    struct desk d;
    const struct tag tag = { "name", "x" };
    (void)state;
    desk_open(&d);
    const struct tagset *named = tagset_with(&d.r.pool, d.base, &tag, 1);
    unsigned own = recorder_slot(&d.r, named, 0, RECORDER_NO_SLOT);
    unsigned detail = recorder_slot(&d.r, named, 1, RECORDER_NO_SLOT);
    assert_int_equal(recorder_slot(&d.r, d.base, 0, 99), d.slot);
    assert_int_equal(recorder_slot(&d.r, named, 0, 99), own);
    assert_int_equal(recorder_slot(&d.r, named, 1, 99), detail);
    assert_true(own != d.slot && detail != d.slot && own != detail);
    assert_ptr_equal(recorder_tags(&d.r, detail), named);
    assert_int_equal(recorder_detail(&d.r, d.slot, &tag, 1), detail);
    desk_close(&d);
}

static void details_are_the_slots_tags_and_more_remembered_or_not(void **state)
{
    struct desk d;
    (void)state;
    desk_open(&d);
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 600; i++) { /* more than the memory has places */
            char text[16];
            struct tag tags[5];
            size_t n = 1 + (size_t)i % 5;
            int len = snprintf(text, sizeof text, "v%d", i);
            for (size_t k = 0; k < n; k++)
                tags[k] =
                    (struct tag){ recorder_text(&d.r, "abcde" + k, 1),
                                  recorder_text(&d.r, text, (size_t)len) };
            unsigned slot = recorder_detail(&d.r, d.slot, tags, n);
            assert_int_equal(slot, recorder_detail(&d.r, d.slot, tags, n));
            const struct tagset *set = recorder_tags(&d.r, slot);
            assert_ptr_equal(set, tagset_with(&d.r.pool, d.base, tags, n));
            assert_string_equal(tagset_get(set, "scenario"), "s");
        }
    assert_int_equal(d.r.nslots, 601);
    assert_int_equal(lost(&d), 0);
    desk_close(&d);
}

static void the_same_details_of_two_slots_are_two(void **state)
{
    struct desk d;
    const struct tag other = { "scenario", "t" }, tag = { "name", "x" };
    (void)state;
    desk_open(&d);
    unsigned second = recorder_slot(&d.r, tagset_intern(&d.r.pool, &other, 1),
                                    0, RECORDER_NO_SLOT);
    for (int round = 0; round < 2; round++) {
        unsigned a = recorder_detail(&d.r, d.slot, &tag, 1);
        unsigned b = recorder_detail(&d.r, second, &tag, 1);
        assert_string_equal(tagset_get(recorder_tags(&d.r, a), "scenario"),
                            "s");
        assert_string_equal(tagset_get(recorder_tags(&d.r, b), "scenario"),
                            "t");
    }
    desk_close(&d);
}

static void a_scenarios_slot_has_three_digits_and_a_detail_two(void **state)
{
    struct desk d;
    const struct tag tag = { "name", "x" };
    (void)state;
    desk_open(&d);
    unsigned detail = recorder_detail(&d.r, d.slot, &tag, 1);
    struct metric_data *fine = recorder_at(&d.r, d.slot, M_HTTP_REQ_DURATION);
    struct metric_data *coarse = recorder_at(&d.r, detail, M_HTTP_REQ_DURATION);
    record_trend(fine, 100000);
    record_trend(coarse, 100000);
    assert_int_equal(hist_highest_equal(fine->hist, 100000), 100031);
    assert_int_equal(hist_highest_equal(coarse->hist, 100000), 100351);
    desk_close(&d);
}

static void a_row_is_whole_whatever_was_made_before(void **state)
{
    static const struct {
        int made[3];
        size_t n;
    } cases[] = {
        { { 0 }, 0 },
        { { M_HTTP_REQS }, 1 },
        { { M_DATA_RECEIVED }, 1 },
        { { M_HTTP_REQS, M_DATA_RECEIVED }, 2 },
        { { M_VUS_MAX, M_HTTP_REQ_TLS, M_DATA_RECEIVED }, 3 },
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct desk d;
        desk_open(&d);
        for (size_t k = 0; k < cases[i].n; k++)
            recorder_at(&d.r, d.slot, cases[i].made[k]);
        struct metric_data **row =
            recorder_row(&d.r, d.slot, M_HTTP_REQS, M_DATA_RECEIVED);
        for (int id = M_HTTP_REQS; id <= M_DATA_RECEIVED; id++) {
            assert_non_null(row[id]);
            assert_ptr_equal(row[id], recorder_at(&d.r, d.slot, id));
            assert_int_equal(row[id]->def->id, id);
        }
        desk_close(&d);
    }
}

/* ---- handing over ---- */

static void a_tally_handed_over_is_whole_and_the_next_is_empty(void **state)
{
    struct desk d;
    char err[100];
    (void)state;
    desk_open(&d);
    const struct metric_def *own =
        recorder_define(&d.r, "own", METRIC_COUNTER, "", err, sizeof err);
    for (int round = 1; round <= 5; round++) {
        /* A new slot in each round: the tallies learn of it one by one. */
        char text[16];
        int len = snprintf(text, sizeof text, "n%d", round);
        struct tag tag = { "name", recorder_text(&d.r, text, (size_t)len) };
        unsigned detail = recorder_detail(&d.r, d.slot, &tag, 1);
        record_count(recorder_at(&d.r, d.slot, own->id), round);
        record_count(recorder_at(&d.r, detail, own->id), 10 * round);
        d.r.tally->accounting[0].started = (uint64_t)round;
        d.r.tally->health.no_fds = 1;
        error_list_add(&d.r.tally->errors, "e", 1, NULL);
        struct tally *full = recorder_swap(&d.r, d.spare);
        assert_ptr_equal(d.r.tally, d.spare);
        assert_true(full->slots[d.slot].data[own->id]->sum == round);
        assert_true(full->slots[detail].data[own->id]->sum == 10 * round);
        assert_int_equal(full->slots[d.slot].detail, 0);
        assert_int_equal(full->slots[detail].detail, 1);
        assert_ptr_equal(full->slots[detail].tags, recorder_tags(&d.r, detail));
        assert_int_equal(full->accounting[0].started, round);
        for (size_t i = 0; i < full->nslots; i++)
            if (full->slots[i].tags != NULL && i != d.slot && i != detail)
                assert_int_equal(full->slots[i].data[own->id]->count, 0);
        tally_clear(full);
        assert_int_equal(full->slots[detail].data[own->id]->count, 0);
        assert_true(full->slots[detail].data[own->id]->sum == 0);
        assert_int_equal(full->accounting[0].started, 0);
        assert_int_equal(full->health.no_fds, 0);
        assert_int_equal(full->errors.n, 0);
        d.spare = full;
    }
    desk_close(&d);
}

static void a_cleared_tally_is_empty_in_all_its_parts(void **state)
{
    struct tally *t = tally_new(4, 2);
    (void)state;
    t->accounting[1] = (struct accounting){ 1, 2, 3, 4, 5, 6, 7, 8 };
    t->from = 5;
    t->to = 6;
    t->vus = 7;
    t->vus_max = 8;
    t->vus_peak = 9;
    hist_record(&t->health.lag, 12345);
    t->health.late_10ms = t->health.killed_slices = 3;
    t->health.turn_max_us = t->health.slice_max_us = t->health.cpu_us = 9;
    t->errors.other = 10;
    tally_clear(t);
    static const struct accounting none[2];
    assert_memory_equal(t->accounting, none, sizeof none);
    assert_int_equal(t->health.lag.count, 0);
    assert_int_equal(t->health.late_10ms + t->health.killed_slices, 0);
    assert_int_equal(
        t->health.turn_max_us + t->health.slice_max_us + t->health.cpu_us, 0);
    assert_true(t->from == 0 && t->to == 0 && t->vus == 0 && t->vus_max == 0 &&
                t->vus_peak == 0);
    assert_int_equal(t->errors.other, 0);
    assert_int_equal(t->worker, 4);
    hist_record(&t->health.lag, 1); /* it can be used on */
    assert_int_equal(t->health.lag.count, 1);
    tally_free(t);
    tally_free(NULL);
}

static void accounts_are_added_and_know_what_is_in_flight(void **state)
{
    struct accounting sum = { 0 };
    static const struct accounting a = { 100, 90, 50, 20, 5, 3, 10, 7 };
    static const struct accounting twice = { 200, 180, 100, 40, 10, 6, 20, 14 };
    (void)state;
    accounting_add(&sum, &a);
    accounting_add(&sum, &a);
    assert_memory_equal(&sum, &twice, sizeof sum);
    assert_int_equal(accounting_in_flight(&a), 90 - 50 - 20 - 5 - 3);
    assert_int_equal(accounting_in_flight(&sum), 24);
}

/* ---- bounds ---- */

static void slots_are_bounded_and_those_there_stay(void **state)
{
    struct desk d;
    unsigned slots[SLOTS_MAX + 500];
    (void)state;
    desk_open(&d);
    for (int round = 0; round < 2; round++) {
        uint64_t before = lost(&d);
        for (int i = 0; i < SLOTS_MAX + 500; i++) {
            char text[16];
            int len = snprintf(text, sizeof text, "%d", i);
            const struct tag tag = { "name",
                                     recorder_text(&d.r, text, (size_t)len) };
            unsigned slot = recorder_detail(&d.r, d.slot, &tag, 1);
            if (round == 0)
                slots[i] = slot;
            assert_int_equal(slot, slots[i]);
            /* One slot is the scenario's own. */
            assert_int_equal(slot == RECORDER_NO_SLOT, i >= SLOTS_MAX - 1);
        }
        assert_int_equal(lost(&d) - before, 501);
    }
    assert_int_equal(d.r.nslots, SLOTS_MAX);
    const struct tag tag = { "another", "one" };
    const struct tagset *set = tagset_intern(&d.r.pool, &tag, 1);
    assert_int_equal(recorder_slot(&d.r, set, 0, d.slot), d.slot);
    assert_int_equal(lost(&d), 2 * 501 + 1);
    desk_close(&d);
}

static void texts_are_bounded_and_those_there_stay(void **state)
{
    struct desk d;
    (void)state;
    desk_open(&d);
    size_t have = d.r.pool.nstrings;
    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < TEXTS_MAX + 500; i++) {
            char text[16];
            int len = snprintf(text, sizeof text, "%zu", i);
            int fits = i < TEXTS_MAX - have;
            assert_string_equal(recorder_text(&d.r, text, (size_t)len),
                                fits ? text : "__other__");
        }
    assert_int_equal(d.r.pool.nstrings, TEXTS_MAX);
    assert_int_equal(lost(&d), 2 * (500 + have));
    desk_close(&d);
}

static void names_are_bounded_and_those_there_stay(void **state)
{
    struct desk d;
    (void)state;
    desk_open(&d);
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < NAMES_MAX + 200; i++) {
            char text[16];
            int len = snprintf(text, sizeof text, "/%d", i);
            assert_string_equal(recorder_name(&d.r, text, (size_t)len),
                                i < NAMES_MAX ? text : "__other__");
        }
    assert_int_equal(d.r.nnames, NAMES_MAX);
    assert_int_equal(d.r.tally->health.lost_names, 2 * 200);
    /* A text that is known is not yet a name. */
    recorder_text(&d.r, "/300", 4);
    assert_string_equal(recorder_name(&d.r, "/300", 4), "__other__");
    assert_int_equal(lost(&d), 0);
    desk_close(&d);
}

/* A set that was there before the limit was reached goes on being found: its
 * slot would else stop counting in the middle of the run. */
static void sets_are_bounded_and_those_there_stay(void **state)
{
    struct desk d;
    (void)state;
    desk_open(&d);
    size_t have = d.r.pool.nsets;
    uint64_t refused = 0;
    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < SETS_MAX + 500; i++) {
            char a[16], b[16];
            snprintf(a, sizeof a, "%zu", i % 100);
            snprintf(b, sizeof b, "%zu", i / 100);
            const struct tag tags[] = { { "a", a }, { "b", b } };
            const struct tagset *set = recorder_tagset(&d.r, d.base, tags, 2);
            assert_int_equal(set != NULL, i < SETS_MAX - have);
            refused += set == NULL;
            if (set != NULL)
                assert_string_equal(tagset_get(set, "b"), b);
        }
    assert_int_equal(d.r.pool.nsets, SETS_MAX);
    assert_int_equal(refused, 2 * (500 + have));
    assert_int_equal(lost(&d), refused);
    desk_close(&d);
}

#define T(sentence, fn)                                                        \
    {                                                                          \
        sentence, fn, NULL, NULL, NULL                                         \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        T("a value is recorded by the kind of its metric",
          a_value_is_recorded_by_the_kind_of_its_metric),
        T("what cannot be recorded leaves nothing",
          what_cannot_be_recorded_leaves_nothing),
        T("a gauge keeps the latest, the least and the most",
          a_gauge_keeps_the_latest_the_least_and_the_most),
        T("adding adds counts, sums and histograms",
          adding_adds_counts_sums_and_histograms),
        T("errors are counted by kind, with the first example",
          errors_are_counted_by_kind_with_the_first_example),
        T("kinds of errors are bounded and none is lost",
          kinds_of_errors_are_bounded_and_none_is_lost),
        T("built-in metrics are there with their own ids",
          built_in_metrics_are_there_with_their_own_ids),
        T("a metric is defined once and never otherwise",
          a_metric_is_defined_once_and_never_otherwise),
        T("a slot belongs to a set of tags", a_slot_belongs_to_a_set_of_tags),
        T("details are the slot's tags and more, remembered or not",
          details_are_the_slots_tags_and_more_remembered_or_not),
        T("the same details of two slots are two",
          the_same_details_of_two_slots_are_two),
        T("a scenario's slot has three digits and a detail two",
          a_scenarios_slot_has_three_digits_and_a_detail_two),
        T("a row is whole, whatever was made before",
          a_row_is_whole_whatever_was_made_before),
        T("a tally handed over is whole and the next is empty",
          a_tally_handed_over_is_whole_and_the_next_is_empty),
        T("a cleared tally is empty in all its parts",
          a_cleared_tally_is_empty_in_all_its_parts),
        T("accounts are added and know what is in flight",
          accounts_are_added_and_know_what_is_in_flight),
        T("slots are bounded and those there stay",
          slots_are_bounded_and_those_there_stay),
        T("texts are bounded and those there stay",
          texts_are_bounded_and_those_there_stay),
        T("names are bounded and those there stay",
          names_are_bounded_and_those_there_stay),
        T("sets are bounded and those there stay",
          sets_are_bounded_and_those_there_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
