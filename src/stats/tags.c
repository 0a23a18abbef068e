/* tags.c - see tags.h */
#include "stats/tags.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct str_entry {
    uint32_t hash;
    uint32_t len;
    char text[];
};

/* FNV-1a, 32 bits. */
uint32_t hash_bytes(const void *bytes, size_t len, uint32_t seed)
{
    const unsigned char *p = bytes;
    uint32_t h = 2166136261u ^ seed;
    for (size_t i = 0; i < len; i++)
        h = (h ^ p[i]) * 16777619u;
    return h;
}

uint32_t hash_words(const void *bytes, size_t len)
{
    const char *p = bytes;
    uint64_t h = 0x9e3779b97f4a7c15u, word;
    for (size_t i = 0; i + sizeof word <= len; i += sizeof word) {
        memcpy(&word, p + i, sizeof word);
        h = (h ^ word) * 0xff51afd7ed558ccdu;
        h ^= h >> 32;
    }
    return (uint32_t)h;
}

/* Both tables are open addressing with a power of two of places, never more
 * than half full; a place is a pointer to something that begins with or
 * holds its hash. */

static size_t next_size(size_t cap)
{
    return cap ? cap * 2 : 64;
}

static void grow_strings(struct tag_pool *pool)
{
    size_t cap = next_size(pool->strings_cap);
    struct str_entry **places = xcalloc(cap, sizeof(struct str_entry *));
    for (size_t i = 0; i < pool->strings_cap; i++) {
        struct str_entry *e = pool->strings[i];
        if (e == NULL)
            continue;
        size_t at = e->hash & (cap - 1);
        while (places[at] != NULL)
            at = (at + 1) & (cap - 1);
        places[at] = e;
    }
    free(pool->strings);
    pool->strings = places;
    pool->strings_cap = cap;
}

/* The place of a text, or the empty place where it would go. */
static size_t find_text(const struct tag_pool *pool, const char *text,
                        size_t len, uint32_t hash)
{
    size_t mask = pool->strings_cap - 1, at = hash & mask;
    for (; pool->strings[at] != NULL; at = (at + 1) & mask) {
        const struct str_entry *e = pool->strings[at];
        if (e->hash == hash && e->len == len && memcmp(e->text, text, len) == 0)
            break;
    }
    return at;
}

int tag_known(const struct tag_pool *pool, const char *text, size_t len)
{
    if (len > TAG_TEXT_MAX)
        len = TAG_TEXT_MAX;
    uint32_t hash = hash_bytes(text, len, 0);
    return pool->strings_cap > 0 &&
           pool->strings[find_text(pool, text, len, hash)] != NULL;
}

const char *tag_intern(struct tag_pool *pool, const char *text, size_t len)
{
    if (len > TAG_TEXT_MAX)
        len = TAG_TEXT_MAX;
    if (pool->nstrings * 2 >= pool->strings_cap)
        grow_strings(pool);
    uint32_t hash = hash_bytes(text, len, 0);
    size_t at = find_text(pool, text, len, hash);
    if (pool->strings[at] != NULL)
        return pool->strings[at]->text;
    struct str_entry *e = xmalloc(sizeof *e + len + 1);
    e->hash = hash;
    e->len = (uint32_t)len;
    memcpy(e->text, text, len);
    e->text[len] = '\0';
    pool->strings[at] = e;
    pool->nstrings++;
    return e->text;
}

static void grow_sets(struct tag_pool *pool)
{
    size_t cap = next_size(pool->sets_cap);
    struct tagset **places = xcalloc(cap, sizeof(struct tagset *));
    for (size_t i = 0; i < pool->sets_cap; i++) {
        struct tagset *s = pool->sets[i];
        if (s == NULL)
            continue;
        size_t at = s->hash & (cap - 1);
        while (places[at] != NULL)
            at = (at + 1) & (cap - 1);
        places[at] = s;
    }
    free(pool->sets);
    pool->sets = places;
    pool->sets_cap = cap;
}

/* Adds a tag to a sorted array, replacing an equal key: equal in what is kept
 * of it. */
static size_t insert(struct tag *tags, size_t n, struct tag tag)
{
    size_t at = 0;
    while (at < n && strncmp(tags[at].key, tag.key, TAG_TEXT_MAX) < 0)
        at++;
    if (at < n && strncmp(tags[at].key, tag.key, TAG_TEXT_MAX) == 0) {
        tags[at] = tag;
        return n;
    }
    if (n == TAGS_MAX)
        return n;
    memmove(tags + at + 1, tags + at, (n - at) * sizeof *tags);
    tags[at] = tag;
    return n + 1;
}

static size_t merge(const struct tagset *base, const struct tag *tags, size_t n,
                    struct tag *all)
{
    size_t len = 0;
    for (size_t i = 0; base != NULL && i < base->n; i++)
        len = insert(all, len, base->tags[i]);
    for (size_t i = 0; i < n; i++)
        len = insert(all, len, tags[i]);
    return len;
}

/* The place of the set of sorted tags whose texts are the pool's own, so that
 * equal texts are equal pointers; or the empty place where it would go. */
static size_t find_set(const struct tag_pool *pool, const struct tag *tags,
                       size_t n, uint32_t hash)
{
    size_t mask = pool->sets_cap - 1, at = hash & mask;
    for (; pool->sets[at] != NULL; at = (at + 1) & mask) {
        const struct tagset *s = pool->sets[at];
        if (s->hash == hash && s->n == n &&
            memcmp(s->tags, tags, n * sizeof *tags) == 0)
            break;
    }
    return at;
}

static uint32_t hash_tags(const struct tag *tags, size_t n)
{
    return hash_bytes(tags, n * sizeof *tags, 1);
}

const struct tagset *tagset_with(struct tag_pool *pool,
                                 const struct tagset *base,
                                 const struct tag *tags, size_t n)
{
    struct tag all[TAGS_MAX];
    size_t len = merge(base, tags, n, all);
    for (size_t i = 0; i < len; i++) {
        all[i].key = tag_intern(pool, all[i].key, strlen(all[i].key));
        all[i].value = tag_intern(pool, all[i].value, strlen(all[i].value));
    }
    if (pool->nsets * 2 >= pool->sets_cap)
        grow_sets(pool);
    uint32_t hash = hash_tags(all, len);
    size_t at = find_set(pool, all, len, hash);
    if (pool->sets[at] != NULL)
        return pool->sets[at];
    struct tagset *s = xmalloc(sizeof *s + len * sizeof *all);
    s->n = (uint32_t)len;
    s->hash = hash;
    if (len > 0)
        memcpy(s->tags, all, len * sizeof *all);
    pool->sets[at] = s;
    pool->nsets++;
    return s;
}

static const char *known_text(const struct tag_pool *pool, const char *text)
{
    size_t len = strnlen(text, TAG_TEXT_MAX);
    if (!tag_known(pool, text, len))
        return NULL;
    size_t at = find_text(pool, text, len, hash_bytes(text, len, 0));
    return pool->strings[at]->text;
}

const struct tagset *tagset_known(const struct tag_pool *pool,
                                  const struct tagset *base,
                                  const struct tag *tags, size_t n)
{
    struct tag all[TAGS_MAX];
    size_t len = merge(base, tags, n, all);
    for (size_t i = 0; i < len; i++) {
        all[i].key = known_text(pool, all[i].key);
        all[i].value = known_text(pool, all[i].value);
        if (all[i].key == NULL || all[i].value == NULL)
            return NULL;
    }
    if (pool->sets_cap == 0)
        return NULL;
    return pool->sets[find_set(pool, all, len, hash_tags(all, len))];
}

const struct tagset *tagset_intern(struct tag_pool *pool,
                                   const struct tag *tags, size_t n)
{
    return tagset_with(pool, NULL, tags, n);
}

const char *tagset_get(const struct tagset *set, const char *key)
{
    for (size_t i = 0; set != NULL && i < set->n; i++)
        if (strcmp(set->tags[i].key, key) == 0)
            return set->tags[i].value;
    return NULL;
}

char *tagset_text(const struct tagset *set, char *out, size_t size)
{
    size_t at = 0;
    out[0] = '\0';
    for (size_t i = 0; set != NULL && i < set->n && at < size; i++)
        at +=
            (size_t)snprintf(out + at, size - at, "%s%s:%s", i == 0 ? "{" : ",",
                             set->tags[i].key, set->tags[i].value);
    if (at > 0 && at + 1 < size) {
        out[at] = '}';
        out[at + 1] = '\0';
    }
    return out;
}

void tag_pool_fini(struct tag_pool *pool)
{
    for (size_t i = 0; i < pool->strings_cap; i++)
        free(pool->strings[i]);
    for (size_t i = 0; i < pool->sets_cap; i++)
        free(pool->sets[i]);
    free(pool->strings);
    free(pool->sets);
    *pool = (struct tag_pool){ 0 };
}
