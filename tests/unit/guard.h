/* guard.h - bytes that end right before a page without access, so that a
 * parser that reads one byte too far crashes at once.
 *
 *     struct guard g = guard_open(4096);
 *     parse(guard_bytes(&g, wire, len), len);
 *     parse_text(guard_text(&g, "5s", 1));     -- "5" and its NUL
 *     guard_close(&g);
 *
 * What was put in earlier is overwritten by the next.
 */
#ifndef TESTS_GUARD_H
#define TESTS_GUARD_H

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct guard {
    char *map;
    size_t size; /* of what may be read and written; a page follows */
};

/* Room for `max` bytes and a NUL. */
static inline struct guard guard_open(size_t max)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    struct guard g = { NULL, (max + page) / page * page };
    g.map = mmap(NULL, g.size + page, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (g.map == MAP_FAILED || mprotect(g.map + g.size, page, PROT_NONE) != 0)
        abort();
    return g;
}

static inline void guard_close(struct guard *g)
{
    munmap(g->map, g->size + (size_t)sysconf(_SC_PAGESIZE));
    g->map = NULL;
}

/* A copy whose last byte is the last one before the page. */
static inline char *guard_bytes(struct guard *g, const void *bytes, size_t len)
{
    if (len > g->size)
        abort();
    char *at = g->map + g->size - len;
    if (len != 0)
        memcpy(at, bytes, len);
    return at;
}

/* The same with a NUL as its last byte. */
static inline char *guard_text(struct guard *g, const char *text, size_t len)
{
    if (len >= g->size)
        abort();
    char *at = g->map + g->size - len - 1;
    memcpy(at, text, len);
    at[len] = '\0';
    return at;
}

#endif
