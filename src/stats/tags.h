/* tags.h - sets of tags, each kept once.
 *
 * A tag pool interns strings and sets: the same tags give the same pointer,
 * and what a pool handed out stays unchanged and in place until the pool
 * goes.  A pool belongs to one thread; its sets may be read by any thread
 * that got them through a mailbox.
 */
#ifndef STATS_TAGS_H
#define STATS_TAGS_H

#include <stddef.h>
#include <stdint.h>

struct tag {
    const char *key, *value;
};

/* Sorted by key; no key twice. */
struct tagset {
    uint32_t n;
    uint32_t hash;
    struct tag tags[];
};

enum { TAGS_MAX = 32, TAG_TEXT_MAX = 200 };

struct tag_pool {
    /* private */
    struct str_entry **strings;
    size_t nstrings, strings_cap;
    struct tagset **sets;
    size_t nsets, sets_cap;
};

void tag_pool_fini(struct tag_pool *pool);

/* The pool's own copy of a text; cut to TAG_TEXT_MAX bytes. */
const char *tag_intern(struct tag_pool *pool, const char *text, size_t len);

/* Whether the pool has this text already. */
int tag_known(const struct tag_pool *pool, const char *text, size_t len);

/* The set of `n` tags, in any order; of the same key the later one counts.
 * More than TAGS_MAX are cut off. */
const struct tagset *tagset_intern(struct tag_pool *pool,
                                   const struct tag *tags, size_t n);

/* `base` (may be NULL) with `n` more tags. */
const struct tagset *tagset_with(struct tag_pool *pool,
                                 const struct tagset *base,
                                 const struct tag *tags, size_t n);

/* The same set if the pool has it already, else NULL; adds nothing. */
const struct tagset *tagset_known(const struct tag_pool *pool,
                                  const struct tagset *base,
                                  const struct tag *tags, size_t n);

/* The value of a key, or NULL. */
const char *tagset_get(const struct tagset *set, const char *key);

/* "{a:b,c:d}", "" for no tags.  Returns out. */
char *tagset_text(const struct tagset *set, char *out, size_t size);

/* Of a struct without holes, eight bytes at a time. */
uint32_t hash_words(const void *bytes, size_t len);

/* Of any bytes. */
uint32_t hash_bytes(const void *bytes, size_t len, uint32_t seed);

#endif
