/* test_live.c - what the live view writes, read back from a file or a
 * terminal of the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "out/canvas.h"
#include "out/live.h"
#include "sentence.h"

enum { S = 1000000, COLUMNS_MAX = 400, ROWS_MAX = 200 };

static struct live_scenario scenario(const char *name, double progress,
                                     const char *state)
{
    return (struct live_scenario){
        .name = name,
        .progress = progress,
        .elapsed_us = (int64_t)(progress * 30 * S),
        .total_us = 30 * S,
        .iterations = 2460,
        .vus = 50,
        .max_vus = 400,
        .state = state,
    };
}

static struct live_state state_at(int64_t elapsed_us,
                                  const struct live_scenario *s, int n)
{
    return (struct live_state){
        .suite = "Checkout",
        .phase = "running",
        .elapsed_us = elapsed_us,
        .scenarios = s,
        .nscenarios = n,
        .req_rate = 3456,
        .iter_rate = 205,
        .requests = 41234,
        .iterations = 2460,
        .p95_ms = 12.3,
        .p99_ms = 45.1,
        .has_latency = 1,
        .vus = 50,
        .max_vus = 400,
        .health = "VALID",
        .received_rate = 1.2e6,
        .sent_rate = 3e5,
    };
}

/* ---- a file that is read back ---- */

static int file_open(void)
{
    char path[] = "/tmp/test_live.XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    unlink(path);
    return fd;
}

static const char *file_text(int fd)
{
    static char text[1 << 16];
    ssize_t n = pread(fd, text, sizeof text - 1, 0);
    assert_true(n >= 0);
    text[n] = '\0';
    return text;
}

static int count(const char *text, const char *what)
{
    int n = 0;
    for (; (text = strstr(text, what)) != NULL; text++)
        n++;
    return n;
}

/* ---- a screen that understands what the view sends ---- */

struct screen {
    int width;
    char cell[ROWS_MAX][COLUMNS_MAX];
    int row, column;
    int widest; /* column that was ever written to */
};

static void screen_clear_from(struct screen *s, int row, int column)
{
    memset(&s->cell[row][column], 0, (size_t)(COLUMNS_MAX - column));
}

static const char *screen_escape(struct screen *s, const char *at)
{
    int n = (int)strtol(at + 2, (char **)&at, 10);
    if (*at == 'A') {
        s->row -= n;
        assert_true(s->row >= 0);
    } else if (*at == 'K') {
        screen_clear_from(s, s->row, n == 2 ? 0 : s->column);
    } else if (*at == 'J') {
        assert_true(s->row > 0 || s->column > 0); /* all of the screen */
        screen_clear_from(s, s->row, s->column);
        for (int row = s->row + 1; row < ROWS_MAX; row++)
            screen_clear_from(s, row, 0);
    } else if (*at != 'm') {
        fail_msg("an escape sequence ends with '%c'", *at);
    }
    return at;
}

/* Every character counts one column, whatever its bytes. */
static void screen_show(struct screen *s, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\033') {
            text = screen_escape(s, text);
        } else if (*text == '\r') {
            s->column = 0;
        } else if (*text == '\n') {
            s->row++;
            s->column = 0;
        } else if (((unsigned char)*text & 0xc0) != 0x80) {
            assert_true(s->row < ROWS_MAX && s->column < COLUMNS_MAX);
            s->cell[s->row][s->column++] =
                (unsigned char)*text < 0x80 ? *text : '#';
            if (s->column > s->widest)
                s->widest = s->column;
        }
    }
}

/* How many rows hold this text. */
static int screen_rows(const struct screen *s, const char *text)
{
    int n = 0;
    for (int row = 0; row < ROWS_MAX; row++)
        n += strstr(s->cell[row], text) != NULL;
    return n;
}

/* ---- a terminal of a given size ---- */

struct terminal {
    int master, slave;
    struct screen screen;
};

static void terminal_open(struct terminal *t, int width, int height)
{
    struct winsize size = { .ws_col = (unsigned short)width,
                            .ws_row = (unsigned short)height };
    memset(t, 0, sizeof *t);
    t->screen.width = width;
    assert_int_equal(openpty(&t->master, &t->slave, NULL, NULL, &size), 0);
    assert_int_equal(fcntl(t->master, F_SETFL, O_NONBLOCK), 0);
}

static void terminal_read(struct terminal *t)
{
    char text[1 << 15];
    size_t len = 0;
    ssize_t n;
    while ((n = read(t->master, text + len, sizeof text - 1 - len)) > 0)
        len += (size_t)n;
    text[len] = '\0';
    screen_show(&t->screen, text);
}

static void terminal_close(struct terminal *t)
{
    close(t->master);
    close(t->slave);
}

/* ---- on a terminal ---- */

static void no_line_is_wider_than_the_terminal(void **unused)
{
    (void)unused;
    struct live_scenario s[] = {
        scenario("order", 0.41, "running"),
        scenario("a scenario with quite a long name, longer than others", 0,
                 "waiting"),
        scenario("b\xc3\xa4ume \xf0\x9f\x8c\xb3 \xe6\x9c\xac", 1, "done"),
    };
    for (int width = 1; width <= 200; width++) {
        struct terminal t;
        terminal_open(&t, width, 24);
        struct live *l = live_new(t.slave, 1, width % 2, 0);
        struct live_state state = state_at(12 * S, s, 3);
        state.dropped = state.script_errors = 1234567;
        state.health = "DEGRADED: worker CPU 84% (limit 80%), loop lag p99 "
                       "2.4ms (limit 2ms), longest Lua slice 6.1ms";
        live_draw(l, &state);
        terminal_read(&t);
        if (t.screen.widest >= width && width > 1)
            fail_msg("%d columns of %d", t.screen.widest, width);
        live_free(l);
        terminal_close(&t);
    }
}

static void no_number_is_cut(void **unused)
{
    (void)unused;
    struct live_state state = state_at(12 * S, NULL, 0);
    state.failed = 9876;
    state.fail_rate = 0.5;
    for (int width = 1; width <= 120; width++) {
        struct terminal t;
        terminal_open(&t, width, 24);
        struct live *l = live_new(t.slave, 1, 0, 0);
        live_draw(l, &state);
        terminal_read(&t);
        assert_int_equal(screen_rows(&t.screen, "(9"),
                         screen_rows(&t.screen, "50.0% failed (9,876)"));
        assert_int_equal(screen_rows(&t.screen, "p95"),
                         screen_rows(&t.screen, "p95 12.30ms"));
        assert_int_equal(screen_rows(&t.screen, "41"),
                         screen_rows(&t.screen, "41,234"));
        live_free(l);
        terminal_close(&t);
    }
}

static void no_block_is_higher_than_the_terminal(void **unused)
{
    (void)unused;
    struct live_scenario s[40];
    for (int i = 0; i < 40; i++)
        s[i] = scenario("order", 0.5, i % 2 ? "running" : "done");
    for (int height = 2; height <= 60; height++) {
        struct terminal t;
        terminal_open(&t, 80, height);
        struct live *l = live_new(t.slave, 1, 0, 0);
        struct live_state state = state_at(12 * S, s, 40);
        live_draw(l, &state);
        terminal_read(&t);
        assert_true(t.screen.row < height);
        if (height >= 8)
            assert_int_equal(screen_rows(&t.screen, "health"), 1);
        if (height >= 8 && height < 40)
            assert_int_equal(screen_rows(&t.screen, "more"), 1);
        live_free(l);
        terminal_close(&t);
    }
}

static void a_second_drawing_takes_the_place_of_the_first(void **unused)
{
    (void)unused;
    struct live_scenario s[] = { scenario("order", 0.41, "running"),
                                 scenario("browse", 0, "waiting") };
    struct screen screen = { .width = 80 };
    int fd = file_open();
    struct live *l = live_new(fd, 1, 1, 0);
    for (int i = 0; i < 10; i++) {
        struct live_state state = state_at(i * S, s, i % 2 ? 1 : 2);
        live_draw(l, &state);
    }
    screen_show(&screen, file_text(fd));
    assert_int_equal(screen_rows(&screen, "Checkout  running  9s"), 1);
    assert_int_equal(screen_rows(&screen, "Checkout"), 1);
    assert_int_equal(screen_rows(&screen, "order"), 1);
    assert_int_equal(screen_rows(&screen, "browse"), 0);
    assert_int_equal(screen_rows(&screen, "health"), 1);
    live_finish(l);
    memset(&screen, 0, sizeof screen);
    screen_show(&screen, file_text(fd));
    assert_int_equal(screen.row, 0);
    assert_int_equal(screen_rows(&screen, "health"), 0);
    live_free(l);
    close(fd);
}

static void what_has_not_changed_is_not_written(void **unused)
{
    (void)unused;
    struct live_scenario s = scenario("order", 0.41, "running");
    struct live_state state = state_at(S, &s, 1);
    int fd = file_open();
    struct live *l = live_new(fd, 1, 0, 0);
    live_draw(l, &state);
    size_t before = strlen(file_text(fd));
    live_draw(l, &state);
    assert_int_equal(strlen(file_text(fd)), before);
    live_finish(l);
    live_draw(l, &state);
    assert_int_equal(count(file_text(fd), "Checkout"), 2);
    live_free(l);
    close(fd);
}

static void a_print_stands_above_the_block(void **unused)
{
    (void)unused;
    struct live_scenario s = scenario("order", 0.41, "running");
    struct live_state state = state_at(S, &s, 1);
    struct terminal t;
    terminal_open(&t, 80, 24);
    struct live *l = live_new(t.slave, 1, 1, 0);
    live_draw(l, &state);
    live_print(l, "hello\n", 6, t.slave);
    live_print(l, "no newline", 10, t.slave);
    state.elapsed_us = 2 * S;
    live_draw(l, &state);
    terminal_read(&t);
    assert_string_equal(t.screen.cell[0], "hello");
    assert_string_equal(t.screen.cell[1], "no newline");
    assert_string_equal(t.screen.cell[2], "Checkout  running  2s");
    assert_int_equal(screen_rows(&t.screen, "Checkout"), 1);
    live_free(l);
    terminal_close(&t);
}

static void errors_are_red_when_there_are_any(void **unused)
{
    (void)unused;
    struct live_scenario s = scenario("order", 0.41, "running");
    struct live_state state = state_at(S, &s, 1);
    int fd = file_open();
    struct live *l = live_new(fd, 1, 1, 0);
    live_draw(l, &state);
    assert_int_equal(count(file_text(fd), "\033[31m"), 0);
    state.failed = 3;
    state.fail_rate = 0.0001;
    state.script_errors = 1;
    live_draw(l, &state);
    assert_int_equal(count(file_text(fd), "\033[31m<0.1% failed (3)"), 1);
    assert_int_equal(count(file_text(fd), "\033[31m1 script error\033"), 1);
    live_free(l);
    close(fd);
}

static void without_colours_no_colour_is_written(void **unused)
{
    (void)unused;
    struct live_scenario s = scenario("order", 0.41, "draining");
    struct live_state state = state_at(S, &s, 1);
    state.failed = state.dropped = state.script_errors = 5;
    state.health = "INVALID: no ports left";
    int fd = file_open();
    struct live *l = live_new(fd, 1, 0, 0);
    live_draw(l, &state);
    for (const char *at = file_text(fd); (at = strchr(at, '\033')); at++)
        assert_non_null(strchr("KJA2", at[2]));
    live_free(l);
    close(fd);
}

static void a_name_cannot_move_the_cursor(void **unused)
{
    (void)unused;
    struct live_scenario s = scenario("a\033[9A\n\x9b\xc2\x9b", 0, "running");
    struct live_state state = state_at(S, &s, 1);
    state.suite = "x\r\x7f\xff";
    int tty = file_open(), plain = file_open();
    struct live *l = live_new(tty, 1, 0, 0);
    live_draw(l, &state);
    live_free(l);
    assert_non_null(strstr(file_text(tty), "x???"));
    assert_non_null(strstr(file_text(tty), "a?[9A??? "));
    l = live_new(plain, 0, 0, 0);
    live_draw(l, &state);
    live_free(l);
    assert_null(strchr(file_text(plain), '\033'));
    close(tty);
    close(plain);
}

static void numbers_out_of_range_are_drawn(void **unused)
{
    (void)unused;
    struct live_scenario s[] = {
        scenario("less", -1, "running"), scenario("more", 7, "running"),
        scenario("none", __builtin_nan(""), "running")
    };
    struct live_state state = state_at(-5, s, 3);
    state.req_rate = state.fail_rate = state.p95_ms = __builtin_nan("");
    state.health = NULL;
    int fd = file_open();
    struct live *l = live_new(fd, 1, 0, 0);
    live_draw(l, &state);
    assert_int_equal(count(file_text(fd), "  0%"), 2);
    assert_int_equal(count(file_text(fd), "100%"), 1);
    live_free(l);
    l = live_new(fd, 0, 0, 0);
    state.elapsed_us = S;
    live_draw(l, &state);
    live_free(l);
    close(fd);
}

/* ---- without a terminal ---- */

static void lines_are_five_seconds_apart(void **unused)
{
    (void)unused;
    struct live_scenario s = scenario("order", 0.2, "running");
    int fd = file_open();
    struct live *l = live_new(fd, 0, 0, 0);
    for (int64_t at = 0; at <= 12 * S; at += S / 10) {
        struct live_state state = state_at(at, &s, 1);
        live_draw(l, &state);
    }
    assert_string_equal(file_text(fd),
                        "   1s  running  3,456 req/s  0.0% failed  "
                        "p95 12.30ms  50 VUs  order 20%\n"
                        "   6s  running  3,456 req/s  0.0% failed  "
                        "p95 12.30ms  50 VUs  order 20%\n"
                        "  11s  running  3,456 req/s  0.0% failed  "
                        "p95 12.30ms  50 VUs  order 20%\n");
    live_free(l);
    close(fd);
}

static void a_clock_that_starts_anew_does_not_silence_the_lines(void **unused)
{
    (void)unused;
    int fd = file_open();
    struct live *l = live_new(fd, 0, 0, 0);
    struct live_state state = state_at(100 * S, NULL, 0);
    live_draw(l, &state);
    state.elapsed_us = 0;
    live_draw(l, &state);
    assert_int_equal(count(file_text(fd), "\n"), 1);
    state.elapsed_us = 2 * S;
    live_draw(l, &state);
    assert_int_equal(count(file_text(fd), "\n"), 2);
    live_free(l);
    close(fd);
}

static void a_line_names_what_goes_wrong(void **unused)
{
    (void)unused;
    struct live_scenario s[7];
    for (int i = 0; i < 7; i++)
        s[i] = scenario("s", 0.5, i == 0 ? "waiting" : "running");
    struct live_state state = state_at(65 * S, s, 7);
    state.failed = 100;
    state.fail_rate = 0.1;
    state.dropped = 1200;
    state.script_errors = 2;
    state.has_latency = 0;
    state.health = "INVALID: no ports left";
    int fd = file_open();
    struct live *l = live_new(fd, 0, 1, 0);
    live_draw(l, &state);
    assert_string_equal(file_text(fd),
                        "1m05s  running  3,456 req/s  10.0% failed (100)"
                        "  50 VUs  1,200 dropped  2 script errors"
                        "  s 50%  s 50%  s 50%  s 50%  +2 more"
                        "  INVALID: no ports left\n");
    live_free(l);
    close(fd);
}

static void quiet_prints_nothing_but_the_scripts_own(void **unused)
{
    (void)unused;
    struct live_state state = state_at(S, NULL, 0);
    for (int is_tty = 0; is_tty < 2; is_tty++) {
        int fd = file_open(), out = file_open();
        struct live *l = live_new(fd, is_tty, 1, 1);
        live_draw(l, &state);
        live_print(l, "a\n", 2, out);
        live_finish(l);
        live_free(l);
        assert_string_equal(file_text(fd), "");
        assert_string_equal(file_text(out), "a\n");
        close(fd);
        close(out);
    }
}

/* ---- the canvas ---- */

static void fields_are_filled_up_or_cut(void **unused)
{
    (void)unused;
    static const struct {
        const char *text;
        int width;
        const char *line;
    } cases[] = {
        { "ab", 4, "ab  |" },     { "ab", -4, "  ab|" },
        { "abcd", 4, "abcd|" },   { "abcde", 4, "abc…|" },
        { "abcde", -4, "abc…|" }, { "", 2, "  |" },
        { "日本", 4, "日本|" },   { "日本語", 5, "日本…|" },
        { "日本語", 4, "日… |" }, { "e\xcc\x81", 2, "e\xcc\x81 |" },
        { "\xc3", 2, "? |" },     { "\xc3(", 3, "?( |" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct canvas c = { 0 };
        canvas_reset(&c, 20, 1, 0);
        canvas_field(&c, PLAIN, cases[i].text, cases[i].width);
        canvas_put(&c, PLAIN, "|");
        canvas_newline(&c);
        c.text.data[c.text.len - 1] = '\0';
        assert_string_equal(c.text.data, cases[i].line);
        assert_int_equal(c.columns[0], abs(cases[i].width) + 1);
        canvas_free(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T("no line is wider than the terminal",
          no_line_is_wider_than_the_terminal),
        T("no number is cut", no_number_is_cut),
        T("no block is higher than the terminal",
          no_block_is_higher_than_the_terminal),
        T("a second drawing takes the place of the first",
          a_second_drawing_takes_the_place_of_the_first),
        T("what has not changed is not written",
          what_has_not_changed_is_not_written),
        T("a print stands above the block", a_print_stands_above_the_block),
        T("errors are red when there are any",
          errors_are_red_when_there_are_any),
        T("without colours no colour is written",
          without_colours_no_colour_is_written),
        T("a name cannot move the cursor", a_name_cannot_move_the_cursor),
        T("numbers out of range are drawn", numbers_out_of_range_are_drawn),
        T("lines are five seconds apart", lines_are_five_seconds_apart),
        T("a clock that starts anew does not silence the lines",
          a_clock_that_starts_anew_does_not_silence_the_lines),
        T("a line names what goes wrong", a_line_names_what_goes_wrong),
        T("quiet prints nothing but the script's own",
          quiet_prints_nothing_but_the_scripts_own),
        T("fields are filled up or cut", fields_are_filled_up_or_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
