/* arena.c - see arena.h */
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { BLOCK = 256, KEEP_MAX = 16 * 1024, ALIGN = 16 };

struct arena_block {
    struct arena_block *next;
    size_t size;
    _Alignas(ALIGN) char bytes[];
};

static struct arena_block *push_block(struct arena_block **list, size_t size)
{
    struct arena_block *b = xmalloc(sizeof *b + size);
    b->next = *list;
    b->size = size;
    *list = b;
    return b;
}

/* Twice the one before, so that after a few rounds all fits into one. */
static void add_block(struct arena *a, size_t least)
{
    size_t size = a->block != NULL ? a->block->size * 2 : BLOCK;
    if (size > KEEP_MAX)
        size = KEEP_MAX;
    push_block(&a->block, size > least ? size : least);
    a->used = 0;
}

void *arena_take(struct arena *a, size_t size)
{
    size = (size + ALIGN - 1) / ALIGN * ALIGN;
    if (size > KEEP_MAX)
        return push_block(&a->huge, size)->bytes;
    if (a->block == NULL || size > a->block->size - a->used)
        add_block(a, size);
    void *p = a->block->bytes + a->used;
    a->used += size;
    return p;
}

char *arena_dup(struct arena *a, const char *bytes, size_t len)
{
    char *copy = arena_take(a, len + 1);
    if (len > 0)
        memcpy(copy, bytes, len);
    copy[len] = '\0';
    return copy;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int len = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    char *text = arena_take(a, (size_t)len + 1);
    va_start(ap, fmt);
    vsnprintf(text, (size_t)len + 1, fmt, ap);
    va_end(ap);
    return text;
}

static void free_blocks(struct arena_block **list)
{
    while (*list != NULL) {
        struct arena_block *next = (*list)->next;
        free(*list);
        *list = next;
    }
}

/* Blocks only grow, so the latest one is the largest. */
void arena_reset(struct arena *a)
{
    if (a->block != NULL)
        free_blocks(&a->block->next);
    free_blocks(&a->huge);
    a->used = 0;
}

void arena_fini(struct arena *a)
{
    free_blocks(&a->block);
    arena_reset(a);
}
