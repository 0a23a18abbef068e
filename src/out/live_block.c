/* live_block.c - the lines of the live block; see live_block.h
 *
 *     Checkout  running  12s
 *       order   ━━╸──  41%  12s/30s  50/400 VUs  2,460 iters
 *       browse  ─────   0%  waiting
 *
 *       requests    41,234 · 3,456/s · 0.0% failed · p95 12.30ms ...
 *       iterations  2,460 · 205/s · 50/400 VUs
 *       network     1.2 MB/s received · 300.0 kB/s sent
 *       health      VALID
 */
#include "out/live_block.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/units.h"

enum {
    LABEL_COLUMNS = 12,
    NAME_COLUMNS_MIN = 12, /* as far as names are so long */
    NAME_COLUMNS_MAX = 24,
    BAR_MIN = 6,
    BAR_MAX = 40,
};

/* ---- texts ---- */

/* Whole seconds below a minute: a view that changes ten times a second is
 * not read to the millisecond. */
char *live_seconds_text(char *out, size_t size, int64_t us)
{
    int64_t s = us > 0 ? us / US_PER_S : 0;
    if (s < 60)
        snprintf(out, size, "%ds", (int)s);
    else
        format_duration(out, size, (double)s * US_PER_S);
    return out;
}

/* A planned duration, which may be a fraction of a second. */
static char *total_text(char *out, size_t size, int64_t us)
{
    if (us % US_PER_S != 0)
        return format_duration(out, size, (double)us);
    return live_seconds_text(out, size, us);
}

char *live_fail_text(char *out, size_t size, const struct live_state *s)
{
    const char *sign = s->fail_rate > 0 && s->fail_rate < 0.001 ? "<" : "";
    double percent = sign[0] != '\0' ? 0.1 : s->fail_rate * 100;
    int len = snprintf(out, size, "%s%.1f%% failed", sign, percent);
    if (s->failed > 0 && (size_t)len < size) {
        char all[UNITS_TEXT_MAX];
        format_count(all, sizeof all, (double)s->failed);
        snprintf(out + len, size - (size_t)len, " (%s)", all);
    }
    return out;
}

char *live_vus_text(char *out, size_t size, unsigned vus, unsigned max)
{
    char n[UNITS_TEXT_MAX], of[UNITS_TEXT_MAX];
    format_count(n, sizeof n, vus);
    format_count(of, sizeof of, max);
    if (max > vus)
        snprintf(out, size, "%s/%s VUs", n, of);
    else
        snprintf(out, size, "%s VU%s", n, vus == 1 ? "" : "s");
    return out;
}

static int is_state(const struct live_scenario *s, const char *state)
{
    return strcmp(s->state, state) == 0;
}

int live_is_at_work(const struct live_scenario *s)
{
    return !is_state(s, "waiting") && !is_state(s, "done");
}

double live_progress(const struct live_scenario *s)
{
    return !(s->progress > 0) ? 0 : s->progress > 1 ? 1 : s->progress;
}

static enum style health_style(const char *health)
{
    return strncmp(health, "VALID", 5) == 0      ? GREEN
           : strncmp(health, "DEGRADED", 8) == 0 ? YELLOW
                                                 : RED;
}

/* ---- the scenarios of the block ---- */

enum { TIME, VUS, ITERATIONS, FIELDS };

struct fields {
    char text[FIELDS][3 * UNITS_TEXT_MAX];
};

struct layout {
    int name;
    int bar;
    int field[FIELDS]; /* 0: no room for it */
};

static void time_field(char *out, size_t size, const struct live_scenario *s)
{
    char elapsed[UNITS_TEXT_MAX], total[UNITS_TEXT_MAX];
    live_seconds_text(elapsed, sizeof elapsed, s->elapsed_us);
    total_text(total, sizeof total, s->total_us);
    if (is_state(s, "done"))
        snprintf(out, size, "done %s", elapsed);
    else if (!is_state(s, "running"))
        snprintf(out, size, "%s", s->state);
    else if (s->total_us > 0)
        snprintf(out, size, "%s/%s", elapsed, total);
    else
        snprintf(out, size, "%s", elapsed);
}

static void iterations_field(char *out, size_t size,
                             const struct live_scenario *s)
{
    char n[UNITS_TEXT_MAX], of[UNITS_TEXT_MAX];
    format_count(n, sizeof n, (double)s->iterations);
    format_count(of, sizeof of, (double)s->total_iterations);
    if (s->total_iterations > 0)
        snprintf(out, size, "%s/%s iters", n, of);
    else
        snprintf(out, size, "%s iters", n);
}

static struct fields fields_of(const struct live_scenario *s)
{
    struct fields f = { 0 };
    size_t size = sizeof f.text[0];
    time_field(f.text[TIME], size, s);
    if (is_state(s, "waiting"))
        return f;
    if (!is_state(s, "done"))
        live_vus_text(f.text[VUS], size, s->vus, s->max_vus);
    iterations_field(f.text[ITERATIONS], size, s);
    return f;
}

/* What is left of the width for the bar. */
static int bar_room(const struct layout *w, int width)
{
    int room = width - 2 - w->name - 2 - 6; /* 6: "  100%" */
    for (int i = 0; i < FIELDS; i++)
        room -= w->field[i] > 0 ? w->field[i] + 2 : 0;
    return room;
}

/* Fields are given up, the last one first, until the bar has room. */
static struct layout make_layout(const struct live_state *s, int width)
{
    struct layout w = { 0 };
    for (int i = 0; i < s->nscenarios; i++) {
        struct fields f = fields_of(&s->scenarios[i]);
        int columns = text_columns(s->scenarios[i].name);
        if (columns > w.name)
            w.name = columns;
        for (int k = 0; k < FIELDS; k++)
            if (text_columns(f.text[k]) > w.field[k])
                w.field[k] = text_columns(f.text[k]);
    }
    int most = width / 4 < NAME_COLUMNS_MIN ? NAME_COLUMNS_MIN : width / 4;
    if (most > NAME_COLUMNS_MAX)
        most = NAME_COLUMNS_MAX;
    if (w.name > most)
        w.name = most;
    for (int k = FIELDS - 1; k >= 0 && bar_room(&w, width) < BAR_MIN; k--)
        w.field[k] = 0;
    w.bar = bar_room(&w, width);
    w.bar = w.bar < 0 ? 0 : w.bar > BAR_MAX ? BAR_MAX : w.bar;
    return w;
}

static void put_times(struct canvas *c, enum style style, const char *mark,
                      int n)
{
    char text[BAR_MAX * 4 + 1] = "";
    size_t len = strlen(mark);
    for (int i = 0; i < n && i < BAR_MAX; i++)
        memcpy(text + (size_t)i * len, mark, len + 1);
    canvas_put(c, style, text);
}

static void put_bar(struct canvas *c, enum style style, double progress,
                    int width)
{
    int halves = (int)(progress * 2 * width);
    put_times(c, style, "━", halves / 2);
    put_times(c, style, "╸", halves % 2);
    put_times(c, DIM, "─", width - halves / 2 - halves % 2);
}

static void put_scenario(struct canvas *c, const struct layout *w,
                         const struct live_scenario *s)
{
    struct fields f = fields_of(s);
    double progress = live_progress(s);
    enum style style = is_state(s, "done")       ? GREEN
                       : is_state(s, "draining") ? YELLOW
                                                 : CYAN;
    canvas_gap(c, 2);
    canvas_field(c, live_is_at_work(s) ? PLAIN : DIM, s->name, w->name);
    canvas_gap(c, 2);
    put_bar(c, style, progress, w->bar);
    canvas_putf(c, PLAIN, "  %3d%%", (int)(progress * 100));
    for (int k = 0; k < FIELDS; k++)
        if (w->field[k] > 0) {
            canvas_gap(c, 2);
            canvas_field(c, k == TIME && style == YELLOW ? YELLOW : PLAIN,
                         f.text[k], w->field[k]);
        }
    canvas_newline(c);
}

static int rank(const struct live_scenario *s)
{
    return live_is_at_work(s) ? 0 : is_state(s, "waiting") ? 1 : 2;
}

/* Where there is no room for all, those at work come before those that wait,
 * and those before the ones that are done; the order stays. */
static void put_scenarios(struct canvas *c, const struct live_state *s,
                          int width, int rows)
{
    struct layout w = make_layout(s, width);
    int left[3] = { 0 }; /* by rank: how many are still to be shown */
    int room = s->nscenarios > rows ? rows - 1 : rows;
    for (int i = 0; i < s->nscenarios; i++)
        left[rank(&s->scenarios[i])]++;
    for (int k = 0; k < 3; k++) {
        left[k] = left[k] < room ? left[k] : room;
        room -= left[k];
    }
    int shown = 0;
    for (int i = 0; i < s->nscenarios; i++)
        if (left[rank(&s->scenarios[i])]-- > 0) {
            shown++;
            put_scenario(c, &w, &s->scenarios[i]);
        }
    if (shown < s->nscenarios) {
        canvas_putf(c, DIM, "  ... and %d more", s->nscenarios - shown);
        canvas_newline(c);
    }
}

/* ---- the rest of the block ---- */

static void put_label(struct canvas *c, const char *label)
{
    canvas_gap(c, 2);
    canvas_field(c, DIM, label, LABEL_COLUMNS);
}

static void put_requests(struct canvas *c, const struct live_state *s)
{
    char n[UNITS_TEXT_MAX], text[LIVE_TEXT_MAX];
    put_label(c, "requests");
    canvas_item(c, PLAIN, format_count(n, sizeof n, (double)s->requests), 1);
    format_count(n, sizeof n, s->req_rate);
    snprintf(text, sizeof text, "%s/s", n);
    canvas_item(c, BOLD, text, 0);
    canvas_item(c, s->failed > 0 ? RED : PLAIN,
                live_fail_text(text, sizeof text, s), 0);
    if (s->has_latency) {
        format_duration(n, sizeof n, s->p95_ms * US_PER_MS);
        snprintf(text, sizeof text, "p95 %s", n);
        canvas_item(c, PLAIN, text, 0);
        format_duration(n, sizeof n, s->p99_ms * US_PER_MS);
        snprintf(text, sizeof text, "p99 %s", n);
        canvas_item(c, PLAIN, text, 0);
    }
    canvas_newline(c);
}

/* A number that should be 0, and is shown when it is not. */
static void put_trouble(struct canvas *c, enum style style, uint64_t n,
                        const char *what)
{
    char count[UNITS_TEXT_MAX], text[LIVE_TEXT_MAX];
    if (n == 0)
        return;
    format_count(count, sizeof count, (double)n);
    snprintf(text, sizeof text, "%s %s%s", count, what,
             n > 1 && style == RED ? "s" : "");
    canvas_item(c, style, text, 0);
}

static void put_iterations(struct canvas *c, const struct live_state *s)
{
    char n[UNITS_TEXT_MAX], text[LIVE_TEXT_MAX];
    put_label(c, "iterations");
    canvas_item(c, PLAIN, format_count(n, sizeof n, (double)s->iterations), 1);
    format_count(n, sizeof n, s->iter_rate);
    snprintf(text, sizeof text, "%s/s", n);
    canvas_item(c, PLAIN, text, 0);
    canvas_item(c, PLAIN, live_vus_text(text, sizeof text, s->vus, s->max_vus),
                0);
    put_trouble(c, YELLOW, s->dropped, "dropped");
    put_trouble(c, RED, s->script_errors, "script error");
    canvas_newline(c);
}

static void put_network(struct canvas *c, const struct live_state *s)
{
    char n[UNITS_TEXT_MAX], text[LIVE_TEXT_MAX];
    put_label(c, "network");
    format_bytes(n, sizeof n, s->received_rate);
    snprintf(text, sizeof text, "%s/s received", n);
    canvas_item(c, PLAIN, text, 1);
    format_bytes(n, sizeof n, s->sent_rate);
    snprintf(text, sizeof text, "%s/s sent", n);
    canvas_item(c, PLAIN, text, 0);
    canvas_newline(c);
}

static void put_head(struct canvas *c, const struct live_state *s)
{
    char text[UNITS_TEXT_MAX];
    canvas_put(c, BOLD, s->suite);
    canvas_putf(c, CYAN, "  %s", s->phase);
    canvas_putf(c, PLAIN, "  %s",
                live_seconds_text(text, sizeof text, s->elapsed_us));
    canvas_newline(c);
}

static void put_health(struct canvas *c, const struct live_state *s)
{
    if (s->health == NULL)
        return;
    put_label(c, "health");
    canvas_put(c, health_style(s->health), s->health);
    canvas_newline(c);
}

void live_block_draw(struct canvas *c, const struct live_state *s, int width,
                     int height, int color)
{
    enum { HEAD = 1, NUMBERS = 4, CURSOR = 1 };
    int rows = height - HEAD - NUMBERS - CURSOR;
    canvas_reset(c, width - 1, height - CURSOR, color);
    put_head(c, s);
    put_scenarios(c, s, width - 1, rows > 1 ? rows : 1);
    if (s->nscenarios > 0 && s->nscenarios < rows)
        canvas_newline(c);
    put_requests(c, s);
    put_iterations(c, s);
    put_network(c, s);
    put_health(c, s);
}
