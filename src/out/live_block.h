/* live_block.h - the lines that live.c shows, and texts that it shares.
 *
 * Private to out/live.c.
 */
#ifndef OUT_LIVE_BLOCK_H
#define OUT_LIVE_BLOCK_H

#include <stddef.h>
#include <stdint.h>

#include "out/canvas.h"
#include "out/live.h"

/* Draws the block for a terminal of this size, anew: its lines stay one
 * column short of the width, and leave one row for the cursor. */
void live_block_draw(struct canvas *c, const struct live_state *s, int width,
                     int height, int color);

enum { LIVE_TEXT_MAX = 96 }; /* room for any of the texts below */

/* Texts; all return `out`. */
char *live_seconds_text(char *out, size_t size, int64_t us);
char *live_fail_text(char *out, size_t size, const struct live_state *s);
char *live_vus_text(char *out, size_t size, unsigned vus, unsigned max);

/* Neither waiting nor done. */
int live_is_at_work(const struct live_scenario *s);

/* Within 0..1, whatever was given. */
double live_progress(const struct live_scenario *s);

#endif
