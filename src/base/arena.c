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

void *arena_take(struct arena *a, size_t size)
{
    size = (size + ALIGN - 1) / ALIGN * ALIGN;
    if (a->block == NULL || size > a->block->size - a->used) {
        size_t room = size > BLOCK ? size : BLOCK;
        struct arena_block *b = xmalloc(sizeof *b + room);
        b->next = a->block;
        b->size = room;
        a->block = b;
        a->used = 0;
    }
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

static void free_all_but(struct arena *a, struct arena_block *keep)
{
    while (a->block != keep) {
        struct arena_block *next = a->block->next;
        free(a->block);
        a->block = next;
    }
}

void arena_reset(struct arena *a)
{
    struct arena_block *last = a->block;
    while (last != NULL && last->next != NULL)
        last = last->next;
    free_all_but(a, last);
    /* One huge thing must not be kept for all that follow. */
    if (last != NULL && last->size > KEEP_MAX)
        free_all_but(a, NULL);
    a->used = 0;
}

void arena_fini(struct arena *a)
{
    free_all_but(a, NULL);
    a->used = 0;
}
