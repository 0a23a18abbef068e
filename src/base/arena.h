/* arena.h - memory for many small things that go all at once.
 *
 * All zeroes is an empty arena.  What it gives lives until arena_reset() or
 * arena_fini().  A reset keeps the largest block, and each new one is twice
 * as large as the one before, up to 16 KB: so an arena that is filled alike
 * again and again soon allocates nothing.  What does not fit into that, and
 * every single thing above 16 KB, is allocated each time anew.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

struct arena {
    /* private */
    struct arena_block *block; /* the one in use, then older ones */
    struct arena_block *huge;  /* each for one thing */
    size_t used;
};

void *arena_take(struct arena *a, size_t size); /* aligned to 16 bytes */
char *arena_dup(struct arena *a, const char *bytes, size_t len); /* plus NUL */
char *arena_printf(struct arena *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void arena_reset(struct arena *a);
void arena_fini(struct arena *a);

#endif
