/* canvas.c - see canvas.h */
#include "out/canvas.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static const char *const codes[] = {
    [PLAIN] = "",        [BOLD] = "\033[1m",   [DIM] = "\033[2m",
    [RED] = "\033[31m",  [GREEN] = "\033[32m", [YELLOW] = "\033[33m",
    [CYAN] = "\033[36m",
};

/* ---- characters and their columns ---- */

struct glyph {
    size_t len;  /* bytes; 0 at the end of the text */
    int columns; /* -1: not to be shown */
};

/* Ranges that matter in names: combining marks, joiners and variation
 * selectors take no column; East Asian text and most pictures take two. */
static const struct {
    uint32_t from, to;
    int columns;
} special[] = {
    { 0x0300, 0x036f, 0 },   { 0x1100, 0x115f, 2 },   { 0x200b, 0x200f, 0 },
    { 0x2028, 0x202e, -1 },  { 0x2066, 0x2069, -1 },  { 0x2e80, 0x303e, 2 },
    { 0x3041, 0xa4cf, 2 },   { 0xac00, 0xd7a3, 2 },   { 0xf900, 0xfaff, 2 },
    { 0xfe00, 0xfe0f, 0 },   { 0xfe30, 0xfe6f, 2 },   { 0xff00, 0xff60, 2 },
    { 0xffe0, 0xffe6, 2 },   { 0x1f300, 0x1f64f, 2 }, { 0x1f900, 0x1faff, 2 },
    { 0x20000, 0x3fffd, 2 },
};

static int columns_of(uint32_t code)
{
    if (code < 0x20 || (code >= 0x7f && code < 0xa0))
        return -1;
    for (size_t i = 0; i < sizeof special / sizeof *special; i++)
        if (code >= special[i].from && code <= special[i].to)
            return special[i].columns;
    return 1;
}

/* The bytes that a first byte announces; 0 for one that cannot be first. */
static size_t announced(unsigned char first)
{
    return first < 0x80                     ? 1
           : first >= 0xc2 && first < 0xe0  ? 2
           : first >= 0xe0 && first < 0xf0  ? 3
           : first >= 0xf0 && first <= 0xf4 ? 4
                                            : 0;
}

static struct glyph glyph_at(const char *text)
{
    unsigned char first = (unsigned char)text[0];
    size_t len = announced(first);
    if (first == '\0')
        return (struct glyph){ 0, 0 };
    if (len == 0)
        return (struct glyph){ 1, -1 };
    uint32_t code = len == 1 ? first : first & (0x7fu >> len);
    for (size_t i = 1; i < len; i++) {
        unsigned char next = (unsigned char)text[i];
        if ((next & 0xc0) != 0x80)
            return (struct glyph){ 1, -1 };
        code = code << 6 | (next & 0x3f);
    }
    return (struct glyph){ len, columns_of(code) };
}

static int shown_columns(struct glyph g)
{
    return g.columns < 0 ? 1 : g.columns; /* a '?' stands for it */
}

int text_columns(const char *text)
{
    int columns = 0;
    struct glyph g;
    for (; (g = glyph_at(text)).len > 0; text += g.len)
        columns += shown_columns(g);
    return columns;
}

/* ---- lines ---- */

void canvas_reset(struct canvas *c, int width, int height, int color)
{
    buf_clear(&c->text, 1 << 16);
    c->nlines = 0;
    c->used = c->gap = 0;
    c->width = width;
    c->height = height;
    c->color = color;
}

void canvas_free(struct canvas *c)
{
    buf_free(&c->text);
    free(c->columns);
    *c = (struct canvas){ 0 };
}

static int is_full(const struct canvas *c)
{
    return c->nlines >= (size_t)(c->height > 0 ? c->height : 0);
}

/* Returns the columns that were put: at most `room`. */
static int put_cut(struct canvas *c, enum style style, const char *text,
                   int room)
{
    int put = 0;
    struct glyph g;
    if (room > c->width - c->used)
        room = c->width - c->used;
    if (is_full(c) || room <= 0 || text[0] == '\0')
        return 0;
    for (; c->gap > 0; c->gap--)
        buf_addc(&c->text, ' ');
    if (c->color)
        buf_adds(&c->text, codes[style]);
    for (; (g = glyph_at(text)).len > 0; text += g.len) {
        if (put + shown_columns(g) > room)
            break;
        put += shown_columns(g);
        if (g.columns < 0)
            buf_addc(&c->text, '?');
        else
            buf_add(&c->text, text, g.len);
    }
    if (c->color && style != PLAIN)
        buf_adds(&c->text, "\033[0m");
    c->used += put;
    return put;
}

void canvas_put(struct canvas *c, enum style style, const char *text)
{
    put_cut(c, style, text, c->width);
}

void canvas_putf(struct canvas *c, enum style style, const char *fmt, ...)
{
    char text[512];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    canvas_put(c, style, text);
}

void canvas_item(struct canvas *c, enum style style, const char *text,
                 int is_first)
{
    int needed = text_columns(text) + (is_first ? 0 : 3);
    if (needed > c->width - c->used)
        return;
    if (!is_first)
        canvas_put(c, DIM, " · ");
    canvas_put(c, style, text);
}

void canvas_gap(struct canvas *c, int n)
{
    if (n > c->width - c->used)
        n = c->width - c->used;
    if (is_full(c) || n <= 0)
        return;
    c->used += n;
    c->gap += n;
}

void canvas_field(struct canvas *c, enum style style, const char *text,
                  int width)
{
    int room = abs(width);
    int fill = room - text_columns(text);
    if (width < 0)
        canvas_gap(c, fill);
    int put = put_cut(c, style, text, fill < 0 ? room - 1 : room);
    if (fill < 0)
        put += put_cut(c, style, "…", 1);
    if (width > 0)
        canvas_gap(c, room - put);
}

void canvas_newline(struct canvas *c)
{
    if (is_full(c))
        return;
    buf_addc(&c->text, '\n');
    c->columns = grow(c->columns, &c->cap, c->nlines + 1, sizeof *c->columns);
    c->columns[c->nlines++] = c->used - c->gap;
    c->used = c->gap = 0;
}
