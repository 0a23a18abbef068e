/* fuzz_threshold.c - any text given to both parsers of threshold.h: what is
 * accepted must be in range and say the same again when written out, what is
 * refused must be explained and change nothing. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stats/threshold.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int true_)
{
    if (!true_)
        abort();
}

static void suit_all(const struct threshold_expr *e)
{
    char err[200];
    for (int kind = METRIC_COUNTER; kind <= METRIC_TREND; kind++) {
        for (int unit = UNIT_NONE; unit <= UNIT_SHARE; unit++) {
            double limit = NAN;
            err[0] = '\0';
            int suits = threshold_suits(e, (enum metric_kind)kind,
                                        (enum metric_unit)unit, &limit, err,
                                        sizeof err);
            must(suits == 0 ? !isnan(limit) : isnan(limit) && err[0] != '\0');
        }
    }
}

static void try_expression(const char *text)
{
    struct threshold_expr e, again;
    char err[300] = "", method[40], written[128];
    memset(&e, 0x5a, sizeof e);
    again = e;
    if (threshold_parse(text, &e, err, sizeof err) != 0) {
        must(memcmp(&e, &again, sizeof e) == 0);
        must(strncmp(err, "column ", 7) == 0);
        return;
    }
    must(isfinite(e.limit) && e.percent >= 0 && e.percent <= 100);
    must(memchr(e.unit, '\0', sizeof e.unit) != NULL);
    threshold_method_name(&e, method, sizeof method);
    snprintf(written, sizeof written, "%s%s%.17g%s", method,
             threshold_op_name(e.op), e.limit, e.unit);
    must(threshold_parse(written, &again, err, sizeof err) == 0);
    must(again.method == e.method && again.op == e.op);
    must(again.limit == e.limit && strcmp(again.unit, e.unit) == 0);
    must(fabs(again.percent - e.percent) < 1e-12);
    suit_all(&e);
}

static void is_inside(const struct selector *sel, const char *at)
{
    must(at >= sel->text && at < sel->text + sizeof sel->text && *at != '\0');
}

static void try_selector(const char *text)
{
    struct selector sel, before;
    char err[300] = "";
    memset(&sel, 0x5a, sizeof sel);
    before = sel;
    if (selector_parse(text, &sel, err, sizeof err) != 0) {
        must(memcmp(&sel, &before, sizeof sel) == 0);
        must(strncmp(err, "column ", 7) == 0);
        return;
    }
    is_inside(&sel, sel.metric);
    must(metric_name_ok(sel.metric));
    must(sel.ntags >= 0 && sel.ntags <= SELECTOR_TAGS_MAX);
    for (int i = 0; i < sel.ntags; i++) {
        is_inside(&sel, sel.tags[i].key);
        is_inside(&sel, sel.tags[i].value);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    must(text != NULL);
    if (size != 0)
        memcpy(text, data, size);
    text[size] = '\0';
    try_expression(text);
    try_selector(text);
    free(text);
    return 0;
}
