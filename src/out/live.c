/* live.c - see live.h
 *
 * Below the block the cursor waits in an empty line.  To redraw, it goes up
 * by the rows that the block takes now: a terminal that became narrower has
 * wrapped its lines meanwhile.
 */
#include "out/live.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/units.h"
#include "out/canvas.h"
#include "out/live_block.h"

enum {
    FIRST_LINE_US = 3 * US_PER_S / 2, /* the first second is counted */
    LINE_EVERY_US = 5 * US_PER_S,
    LINE_SCENARIOS = 4, /* that a line without a terminal names */
};

struct live {
    int fd;
    int is_tty, color, quiet;
    struct canvas shown; /* on the screen, unless it has no lines */
    struct canvas next;
    int width;               /* that `shown` was made for */
    int64_t last_us, due_us; /* of lines without a terminal */
};

struct live *live_new(int fd, int is_tty, int color, int quiet)
{
    struct live *l = xcalloc(1, sizeof *l);
    l->fd = fd;
    l->is_tty = is_tty;
    l->color = color;
    l->quiet = quiet;
    l->due_us = FIRST_LINE_US;
    return l;
}

void live_free(struct live *l)
{
    if (l == NULL)
        return;
    canvas_free(&l->shown);
    canvas_free(&l->next);
    free(l);
}

/* ---- the terminal ---- */

/* What cannot be written is lost: a view must not stop the run. */
static void write_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, bytes, len);
        if (n >= 0) {
            bytes += n;
            len -= (size_t)n;
        } else if (errno == EAGAIN) {
            struct pollfd p = { .fd = fd, .events = POLLOUT };
            if (poll(&p, 1, 100) == 0)
                return;
        } else if (errno != EINTR) {
            return;
        }
    }
}

static void terminal_size(int fd, int *width, int *height)
{
    struct winsize size;
    *width = 80;
    *height = 24;
    if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return;
    *width = size.ws_col;
    if (size.ws_row > 0)
        *height = size.ws_row;
}

/* The rows that the block takes on a terminal of this width. */
static int rows_shown(const struct live *l, int width)
{
    int rows = 0;
    for (size_t i = 0; i < l->shown.nlines; i++) {
        int columns = l->shown.columns[i];
        rows += columns > width ? (columns + width - 1) / width : 1;
    }
    return rows;
}

/* To the block's first column. */
static void add_return(struct buf *out, int rows)
{
    if (rows > 0)
        buf_addf(out, "\r\033[%dA", rows);
}

/* Row by row: some terminals take the erasing of all of the screen from its
 * first row on for an order to keep what was there. */
static void add_erase(struct buf *out, int rows)
{
    if (rows == 0)
        return;
    add_return(out, rows);
    for (int i = 0; i < rows; i++)
        buf_adds(out, "\033[2K\n");
    buf_adds(out, "\033[J");
    add_return(out, rows);
}

/* Each line erases what was behind it before; no line is as wide as the
 * terminal, so its cursor never hangs at the edge. */
static void add_block(struct buf *out, const struct canvas *block)
{
    const char *line = block->text.data;
    for (size_t i = 0; i < block->nlines; i++) {
        size_t len = strcspn(line, "\n");
        buf_add(out, line, len);
        buf_adds(out, "\033[K\n");
        line += len + 1;
    }
}

static void erase(struct live *l)
{
    struct buf out = { 0 };
    int width, height;
    if (l->shown.nlines == 0)
        return;
    terminal_size(l->fd, &width, &height);
    add_erase(&out, rows_shown(l, width));
    write_all(l->fd, out.data, out.len);
    buf_free(&out);
}

/* Puts `next` in the place of `shown`. */
static void show(struct live *l, int width)
{
    struct buf out = { 0 };
    /* Rows that a terminal once wrapped stay joined to their neighbours,
     * whatever is written over them, until they are erased whole. */
    if (width != l->width)
        add_erase(&out, rows_shown(l, width));
    else
        add_return(&out, rows_shown(l, width));
    add_block(&out, &l->next);
    buf_adds(&out, "\033[J");
    write_all(l->fd, out.data, out.len);
    buf_free(&out);
    struct canvas old = l->shown;
    l->shown = l->next;
    l->next = old;
    l->width = width;
}

static int is_same(const struct live *l, int width)
{
    return l->width == width && l->shown.nlines == l->next.nlines &&
           l->shown.text.len == l->next.text.len && l->shown.nlines > 0 &&
           memcmp(l->shown.text.data, l->next.text.data, l->next.text.len) == 0;
}

/* ---- without a terminal ---- */

static void add_line_scenarios(struct buf *out, const struct live_state *s)
{
    int named = 0, more = 0;
    for (int i = 0; i < s->nscenarios; i++) {
        const struct live_scenario *one = &s->scenarios[i];
        if (!live_is_at_work(one))
            continue;
        if (named++ < LINE_SCENARIOS)
            buf_addf(out, "  %s %d%%", one->name,
                     (int)(live_progress(one) * 100));
        else
            more++;
    }
    if (more > 0)
        buf_addf(out, "  +%d more", more);
}

static void draw_line(struct live *l, const struct live_state *s)
{
    struct buf out = { 0 };
    char a[LIVE_TEXT_MAX], b[UNITS_TEXT_MAX], failed[LIVE_TEXT_MAX];
    buf_addf(&out, "%5s  %s  %s req/s  %s",
             live_seconds_text(a, sizeof a, s->elapsed_us), s->phase,
             format_count(b, sizeof b, s->req_rate),
             live_fail_text(failed, sizeof failed, s));
    if (s->has_latency)
        buf_addf(&out, "  p95 %s",
                 format_duration(b, sizeof b, s->p95_ms * US_PER_MS));
    buf_addf(&out, "  %s", live_vus_text(a, sizeof a, s->vus, 0));
    if (s->dropped > 0)
        buf_addf(&out, "  %s dropped",
                 format_count(b, sizeof b, (double)s->dropped));
    if (s->script_errors > 0)
        buf_addf(&out, "  %s script error%s",
                 format_count(b, sizeof b, (double)s->script_errors),
                 s->script_errors > 1 ? "s" : "");
    add_line_scenarios(&out, s);
    if (s->health != NULL && strcmp(s->health, "VALID") != 0)
        buf_addf(&out, "  %s", s->health);
    for (size_t i = 0; i < out.len; i++)
        if ((unsigned char)out.data[i] < ' ' || out.data[i] == 0x7f)
            out.data[i] = '?';
    buf_addc(&out, '\n');
    write_all(l->fd, out.data, out.len);
    buf_free(&out);
}

/* A clock that went back belongs to another phase. */
static int line_is_due(struct live *l, int64_t elapsed_us)
{
    if (elapsed_us < l->last_us)
        l->due_us = elapsed_us + FIRST_LINE_US;
    l->last_us = elapsed_us;
    if (elapsed_us < l->due_us)
        return 0;
    l->due_us = elapsed_us + LINE_EVERY_US;
    return 1;
}

/* ---- from outside ---- */

void live_draw(struct live *l, const struct live_state *state)
{
    int width, height;
    if (l->quiet)
        return;
    if (l->is_tty) {
        terminal_size(l->fd, &width, &height);
        live_block_draw(&l->next, state, width, height, l->color);
        if (!is_same(l, width))
            show(l, width);
    } else if (line_is_due(l, state->elapsed_us)) {
        draw_line(l, state);
    }
}

void live_print(struct live *l, const char *text, size_t len, int fd_out)
{
    struct buf out = { 0 };
    erase(l);
    write_all(fd_out, text, len);
    if (l->shown.nlines == 0)
        return;
    if (len > 0 && text[len - 1] != '\n' && isatty(fd_out))
        buf_addc(&out, '\n');
    add_block(&out, &l->shown);
    write_all(l->fd, out.data, out.len);
    buf_free(&out);
}

void live_finish(struct live *l)
{
    if (l == NULL)
        return;
    erase(l);
    canvas_reset(&l->shown, 0, 0, 0);
}
