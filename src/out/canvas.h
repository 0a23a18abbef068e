/* canvas.h - lines of text with colours, none wider than the terminal.
 *
 * Text is put at the end of the last line; what passes the width is cut, by
 * whole characters.  Control characters become '?', so that a name chosen by
 * a script cannot move the cursor.  Text that is not UTF-8 counts one column
 * for each byte.
 *
 * A canvas of zeroes is empty; canvas_reset() makes it ready.
 */
#ifndef OUT_CANVAS_H
#define OUT_CANVAS_H

#include <stddef.h>

#include "base/buf.h"

enum style { PLAIN, BOLD, DIM, RED, GREEN, YELLOW, CYAN };

struct canvas {
    struct buf text; /* every line ends with a newline */
    int *columns;    /* of each line: what it takes on the screen */
    size_t nlines;
    /* private */
    size_t cap;
    int width, height;
    int color;
    int used; /* columns of the line at hand */
    int gap;  /* of those, blanks at its end, not written yet */
};

/* Empties it: at most `height` lines of `width` columns from here on. */
void canvas_reset(struct canvas *c, int width, int height, int color);
void canvas_free(struct canvas *c);

/* Adds text to the line at hand. */
void canvas_put(struct canvas *c, enum style style, const char *text);
void canvas_putf(struct canvas *c, enum style style, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts text in a field of `width` columns: cut and ended by an ellipsis, or
 * filled up behind it; with a negative width filled up before it. */
void canvas_field(struct canvas *c, enum style style, const char *text,
                  int width);

/* Puts all of " · " and the text, or nothing: half a number would be another
 * number.  The first text of a row comes without the dot. */
void canvas_item(struct canvas *c, enum style style, const char *text,
                 int is_first);

/* Leaves `n` columns free. */
void canvas_gap(struct canvas *c, int n);

/* Ends the line, without blanks at its end.  A line past the
 * height is forgotten. */
void canvas_newline(struct canvas *c);

/* The columns that a text takes. */
int text_columns(const char *text);

#endif
