/* judge.c - see judge.h */
#include "stats/judge.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/spell.h"
#include "base/units.h"

/* Where nothing was counted, a counter that must exist anyway is 0: "no
 * dropped iterations" is knowledge when iterations were counted.  The metric
 * that must have been counted, or NULL. */
static const char *witness_of(const char *metric, enum threshold_method method)
{
    static const struct {
        int counter, witness;
    } pairs[] = {
        { M_DROPPED_ITERATIONS, M_ITERATIONS },
        { M_INTERRUPTED_ITERATIONS, M_ITERATIONS },
        { M_SCRIPT_ERRORS, M_ITERATIONS },
        { M_HTTP_REQ_RETRIED, M_HTTP_REQS },
        { M_HTTP_CONN_NEW, M_HTTP_REQS },
        { M_HTTP_REQ_INTERRUPTED, M_HTTP_REQS },
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (strcmp(metric_builtin[pairs[i].counter].name, metric) == 0 &&
            (metric_builtin[pairs[i].counter].kind == METRIC_COUNTER ||
             method == TH_COUNT))
            return metric_builtin[pairs[i].witness].name;
    return NULL;
}

/* A limit that slow requests pass, on a time that requests which were cut off
 * would have had as well. */
static int cut_ones_matter(const char *metric, const struct threshold_expr *e)
{
    static const int times[] = { M_HTTP_REQ_DURATION, M_HTTP_REQ_RESPONSE_TIME,
                                 M_HTTP_REQ_WAITING };
    if ((e->op != OP_LT && e->op != OP_LE) ||
        (e->method != TH_P && e->method != TH_MED && e->method != TH_MAX))
        return 0;
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        if (strcmp(metric_builtin[times[i]].name, metric) == 0)
            return 1;
    return 0;
}

/* The row of another metric with the same tags, or NULL without one. */
static struct row *watch_beside(struct store *s, struct selector sel,
                                const char *metric, int window_s)
{
    sel.metric = metric;
    return metric != NULL ? store_watch(s, &sel, window_s) : NULL;
}

int judge_add(struct judge *j, struct store *s, const char *selector,
              const char *expr, int64_t window_us, char *err, size_t errlen)
{
    struct criterion c = { 0 };
    struct selector sel;
    if (threshold_parse(expr, &c.expr, err, errlen) != 0 ||
        selector_parse(selector, &sel, err, errlen) != 0)
        return -1;
    snprintf(c.selector_text, sizeof c.selector_text, "%s", selector);
    snprintf(c.expr_text, sizeof c.expr_text, "%s", expr);
    int64_t window_s = (window_us + US_PER_S - 1) / US_PER_S;
    c.window_s = window_s < STORE_WINDOW_MAX ? (int)window_s : STORE_WINDOW_MAX;
    c.row = store_watch(s, &sel, c.window_s);
    c.witness =
        watch_beside(s, sel, witness_of(sel.metric, c.expr.method), c.window_s);
    if (cut_ones_matter(sel.metric, &c.expr))
        c.cut = watch_beside(
            s, sel, metric_builtin[M_HTTP_REQ_INTERRUPTED].name, c.window_s);
    j->criteria = grow(j->criteria, &j->cap, j->n + 1, sizeof *j->criteria);
    j->criteria[j->n++] = c;
    return 0;
}

void judge_fini(struct judge *j)
{
    free(j->criteria);
    *j = (struct judge){ 0 };
}

const char *judgement_name(enum judgement j)
{
    static const char *const names[] = {
        [JUDGE_PASS] = "PASS",
        [JUDGE_FAIL] = "FAIL",
        [JUDGE_NO_DATA] = "NO DATA",
        [JUDGE_SKIPPED] = "SKIPPED",
    };
    return names[j];
}

static void no_data(struct criterion *c, const struct store *s)
{
    const char *names[METRIC_BUILTIN_COUNT];
    const char *metric = c->row->metric;
    c->status = c->optional ? JUDGE_SKIPPED : JUDGE_NO_DATA;
    if (store_find(s, metric, NULL, 0) != NULL &&
        store_find(s, metric, NULL, 0)->data != NULL) {
        snprintf(c->detail, sizeof c->detail,
                 c->window_s ? "no samples within the window"
                             : "no samples with these tags");
        return;
    }
    if (metric_find_builtin(metric) >= 0) {
        snprintf(c->detail, sizeof c->detail, "no samples were recorded");
        return;
    }
    for (int i = 0; i < METRIC_BUILTIN_COUNT; i++)
        names[i] = metric_builtin[i].name;
    const char *near = spell_nearest(metric, names, METRIC_BUILTIN_COUNT);
    snprintf(c->detail, sizeof c->detail,
             "no metric of this name was recorded%s%s%s",
             near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
}

static int counted(const struct row *row, const struct store *s, int window_s)
{
    struct metric_data *window = window_s ? row_window(s, row, window_s) : NULL;
    const struct metric_data *d = window_s ? window : row->data;
    int any = d != NULL && d->count > 0;
    metric_data_free(window);
    return any;
}

/* A limit that was written with a unit came out in milliseconds; a metric of
 * the suite's own may be in seconds or microseconds. */
static double own_unit(const struct criterion *c, const struct metric_def *def)
{
    if (def == NULL || def->unit != UNIT_TIME || c->expr.unit[0] == '\0')
        return c->limit;
    return c->limit * 1000 / (double)def->us_per_unit;
}

static void decide(struct criterion *c, enum metric_kind kind,
                   enum metric_unit unit, const struct metric_def *def,
                   double actual)
{
    char err[200];
    c->kind = kind;
    c->unit_kind = unit;
    if (threshold_suits(&c->expr, kind, unit, &c->limit, err, sizeof err) !=
        0) {
        c->status = JUDGE_FAIL;
        snprintf(c->detail, sizeof c->detail, "%s", err);
        return;
    }
    c->limit = own_unit(c, def);
    c->actual = actual;
    c->has_actual = 1;
    c->status =
        threshold_holds(c->expr.op, actual, c->limit) ? JUDGE_PASS : JUDGE_FAIL;
}

/* ---- requests that were cut off ---- */

/* How many of them had lasted at least so long (us) by then. */
static uint64_t cut_after(const struct criterion *c, const struct store *s,
                          double us)
{
    struct metric_data *window =
        c->window_s ? row_window(s, c->cut, c->window_s) : NULL;
    const struct metric_data *d = c->window_s ? window : c->cut->data;
    uint64_t lowest, highest, n, sum = d != NULL ? d->hist->overflow : 0;
    unsigned cursor = 0;
    while (d != NULL && hist_next(d->hist, &cursor, &lowest, &highest, &n))
        sum += (double)lowest >= us ? n : 0;
    metric_data_free(window);
    return sum;
}

static double share_of(const struct threshold_expr *e)
{
    return e->method == TH_P ? e->percent / 100 : e->method == TH_MED ? 0.5 : 1;
}

/* Those that had passed the limit when they were cut off are slower than it,
 * whatever they would have taken: the percentile is one of all of them. */
static void count_cut_ones(struct criterion *c, const struct store *s,
                           const struct metric_data *d)
{
    uint64_t cut = cut_after(c, s, c->limit * US_PER_MS);
    double n = (double)d->count;
    double share = share_of(&c->expr) * (n + (double)cut) / n;
    double actual = (double)hist_quantile(d->hist, share) / US_PER_MS;
    int is_known = share <= 1 + 1e-9; /* or it is one of those cut off */
    if (cut == 0 || (is_known && threshold_holds(c->expr.op, actual, c->limit)))
        return;
    c->status = JUDGE_FAIL;
    c->actual = actual;
    c->has_actual = is_known;
    char count[UNITS_TEXT_MAX];
    snprintf(c->detail, sizeof c->detail,
             "%s %s cut off at the end of the run, slower than this "
             "already: they count",
             format_count(count, sizeof count, (double)cut),
             cut == 1 ? "request was" : "requests were");
}

static void judge_one(struct criterion *c, const struct store *s,
                      double (*seconds_of)(void *arg, const char *scenario),
                      void *arg)
{
    struct metric_data *window =
        c->window_s ? row_window(s, c->row, c->window_s) : NULL;
    const struct metric_data *d = c->window_s ? window : c->row->data;
    double actual = 0;
    double seconds = seconds_of(arg, tagset_get(c->row->tags, "scenario"));
    if (c->window_s > 0 && seconds > c->window_s)
        seconds = c->window_s;
    c->has_actual = 0;
    c->detail[0] = '\0';
    c->samples = d ? d->count : 0;
    if (!store_saw_all(s, c->row->tags)) {
        c->status = c->optional ? JUDGE_SKIPPED : JUDGE_NO_DATA;
        snprintf(c->detail, sizeof c->detail,
                 "too many different names or tags: some samples lost theirs "
                 "(see the option name)");
    } else if (d != NULL && d->count > 0) {
        c->unit = d->def->unit_text;
        if (metric_value(d, &c->expr, seconds, &actual) != 0)
            actual = NAN;
        decide(c, d->def->kind, d->def->unit, d->def, actual);
        if (c->cut != NULL && c->status == JUDGE_PASS)
            count_cut_ones(c, s, d);
    } else if (c->witness != NULL && counted(c->witness, s, c->window_s)) {
        decide(c, METRIC_COUNTER, UNIT_NONE, NULL, actual);
    } else {
        no_data(c, s);
    }
    metric_data_free(window);
}

void judge_all(struct judge *j, const struct store *s,
               double (*seconds_of)(void *arg, const char *scenario), void *arg)
{
    for (size_t i = 0; i < j->n; i++)
        judge_one(&j->criteria[i], s, seconds_of, arg);
}
