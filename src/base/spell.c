/* spell.c - see spell.h */
#include "base/spell.h"

#include <string.h>

enum { WORD_MAX = 64, PREFIX_MIN = 3 };

static char fold(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Three rows of the usual matrix: a swap looks two rows back. */
static unsigned distance(const char *a, size_t alen, const char *b, size_t blen)
{
    unsigned rows[3][WORD_MAX + 1];
    unsigned *old = rows[0], *last = rows[1], *row = rows[2];
    for (size_t j = 0; j <= blen; j++)
        last[j] = (unsigned)j;
    for (size_t i = 1; i <= alen; i++) {
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= blen; j++) {
            char x = fold(a[i - 1]), y = fold(b[j - 1]);
            row[j] =
                least(least(last[j], row[j - 1]) + 1, last[j - 1] + (x != y));
            if (i > 1 && j > 1 && x != y && x == fold(b[j - 2]) &&
                y == fold(a[i - 2]))
                row[j] = least(row[j], old[j - 2] + 1);
        }
        unsigned *free_row = old;
        old = last;
        last = row;
        row = free_row;
    }
    return last[blen];
}

static int begins_with(const char *s, const char *start, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (fold(s[i]) != fold(start[i]))
            return 0;
    return len >= PREFIX_MIN;
}

const char *spell_nearest(const char *word, const char *const *list, size_t n)
{
    size_t len = strnlen(word, WORD_MAX + 1);
    if (len == 0 || len > WORD_MAX)
        return NULL;
    unsigned limit = len <= 4 ? 1 : len <= 8 ? 2 : 3;
    unsigned best = limit + 1;
    const char *nearest = NULL;
    for (size_t i = 0; i < n; i++) {
        size_t other = strnlen(list[i], WORD_MAX + 1);
        if (other > WORD_MAX)
            continue;
        unsigned d = distance(word, len, list[i], other);
        size_t shorter = len < other ? len : other;
        size_t longer = len < other ? other : len;
        if (d >= longer)
            continue;
        if (d > limit && begins_with(word, list[i], shorter))
            d = limit;
        if (d < best) {
            best = d;
            nearest = list[i];
        }
    }
    return nearest;
}
