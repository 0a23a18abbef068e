/* test_tags.c - tags and sets of tags, each kept once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "guard.h"
#include "stats/tags.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

/* ---- texts ---- */

static void a_text_is_kept_once_and_stays_in_its_place(void **state)
{
    enum { TEXTS = 5000 };
    struct tag_pool pool = { 0 };
    const char **kept = xcalloc(TEXTS, sizeof *kept);
    char text[32];
    (void)state;
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < TEXTS; i++) {
            int len = snprintf(text, sizeof text, "/path/%d", i);
            const char *got = tag_intern(&pool, text, (size_t)len);
            assert_string_equal(got, text);
            assert_true(got != text);
            if (round == 0)
                kept[i] = got;
            assert_ptr_equal(got, kept[i]);
        }
    free(kept);
    tag_pool_fini(&pool);
    tag_pool_fini(&pool);
}

static void texts_with_a_common_beginning_are_different(void **state)
{
    struct tag_pool pool = { 0 };
    struct guard g = guard_open(64);
    const char *a = tag_intern(&pool, guard_bytes(&g, "abc", 3), 3);
    const char *ab = tag_intern(&pool, guard_bytes(&g, "abc", 3), 2);
    const char *none = tag_intern(&pool, guard_bytes(&g, "", 0), 0);
    (void)state;
    assert_string_equal(a, "abc");
    assert_string_equal(ab, "ab");
    assert_string_equal(none, "");
    assert_ptr_equal(tag_intern(&pool, guard_bytes(&g, "ab", 2), 2), ab);
    assert_true(tag_known(&pool, guard_bytes(&g, "ab", 2), 2));
    assert_false(tag_known(&pool, guard_bytes(&g, "a", 1), 1));
    assert_false(tag_known(&pool, guard_bytes(&g, "abcd", 4), 4));
    guard_close(&g);
    tag_pool_fini(&pool);
}

static void every_beginning_of_a_text_is_a_text_of_its_own(void **state)
{
    struct tag_pool pool = { 0 };
    struct guard g = guard_open(TAG_TEXT_MAX);
    char text[TAG_TEXT_MAX];
    (void)state;
    memset(text, 'x', sizeof text);
    for (size_t len = sizeof text; len > 0; len--) { /* the longest first */
        assert_false(tag_known(&pool, guard_bytes(&g, text, len), len));
        const char *got = tag_intern(&pool, guard_bytes(&g, text, len), len);
        assert_int_equal(strlen(got), len);
    }
    assert_int_equal(pool.nstrings, sizeof text);
    guard_close(&g);
    tag_pool_fini(&pool);
}

static void an_empty_pool_knows_nothing(void **state)
{
    struct tag_pool pool = { 0 };
    (void)state;
    assert_false(tag_known(&pool, "", 0));
    assert_false(tag_known(&pool, "a", 1));
    assert_null(tagset_known(&pool, NULL, NULL, 0));
    tag_pool_fini(&pool);
}

static void a_long_text_is_cut(void **state)
{
    struct tag_pool pool = { 0 };
    char text[TAG_TEXT_MAX + 50];
    (void)state;
    memset(text, 'x', sizeof text);
    for (size_t len = TAG_TEXT_MAX - 2; len < sizeof text; len++) {
        const char *got = tag_intern(&pool, text, len);
        assert_int_equal(strlen(got), len < TAG_TEXT_MAX ? len : TAG_TEXT_MAX);
        assert_true(tag_known(&pool, text, len));
    }
    assert_int_equal(pool.nstrings, 3);
    tag_pool_fini(&pool);
}

/* ---- sets ---- */

static void a_set_is_sorted_and_the_later_of_a_key_counts(void **state)
{
    static const struct {
        struct tag tags[5];
        size_t n;
        const char *text;
    } cases[] = {
        { { { NULL, NULL } }, 0, "" },
        { { { "a", "1" } }, 1, "{a:1}" },
        { { { "a", "1" }, { "b", "2" }, { "c", "3" } }, 3, "{a:1,b:2,c:3}" },
        { { { "c", "3" }, { "a", "1" }, { "b", "2" } }, 3, "{a:1,b:2,c:3}" },
        { { { "b", "2" }, { "c", "3" }, { "a", "1" } }, 3, "{a:1,b:2,c:3}" },
        { { { "a", "1" }, { "a", "2" } }, 2, "{a:2}" },
        { { { "b", "1" }, { "a", "1" }, { "b", "2" }, { "a", "3" } },
          4,
          "{a:3,b:2}" },
        { { { "a", "" }, { "", "b" } }, 2, "{:b,a:}" },
        { { { "ab", "1" }, { "a", "2" }, { "B", "3" } }, 3, "{B:3,a:2,ab:1}" },
    };
    struct tag_pool pool = { 0 };
    char text[200];
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct tagset *set =
            tagset_intern(&pool, cases[i].tags, cases[i].n);
        assert_string_equal(tagset_text(set, text, sizeof text), cases[i].text);
        assert_ptr_equal(tagset_intern(&pool, cases[i].tags, cases[i].n), set);
    }
    tag_pool_fini(&pool);
}

static void equal_sets_are_one_set(void **state)
{
    struct tag_pool pool = { 0 };
    char k1[] = "name", k2[] = "name", v1[] = "x", v2[] = "x";
    const struct tag one[] = { { k1, v1 }, { "status", "200" } };
    const struct tag two[] = { { "status", "500" },
                               { "status", "200" },
                               { k2, v2 } };
    const struct tag other[] = { { k1, v1 }, { "status", "201" } };
    (void)state;
    assert_ptr_equal(tagset_intern(&pool, one, 2),
                     tagset_intern(&pool, two, 3));
    assert_true(tagset_intern(&pool, one, 2) != tagset_intern(&pool, other, 2));
    assert_true(tagset_intern(&pool, one, 1) != tagset_intern(&pool, one, 2));
    assert_ptr_equal(tagset_intern(&pool, NULL, 0),
                     tagset_intern(&pool, one, 0));
    assert_int_equal(pool.nsets, 4);
    tag_pool_fini(&pool);
}

static void a_set_grows_from_another(void **state)
{
    struct tag_pool pool = { 0 };
    const struct tag base_tags[] = { { "scenario", "s" }, { "env", "prod" } };
    const struct tag more[] = { { "name", "x" }, { "env", "test" } };
    const struct tag all[] = { { "env", "test" },
                               { "name", "x" },
                               { "scenario", "s" } };
    (void)state;
    const struct tagset *base = tagset_intern(&pool, base_tags, 2);
    assert_ptr_equal(tagset_with(&pool, base, more, 2),
                     tagset_intern(&pool, all, 3));
    assert_ptr_equal(tagset_with(&pool, base, NULL, 0), base);
    assert_ptr_equal(tagset_with(&pool, base, base_tags, 2), base);
    assert_ptr_equal(tagset_with(&pool, NULL, base_tags, 2), base);
    tag_pool_fini(&pool);
}

static void a_value_is_found_by_its_key(void **state)
{
    struct tag_pool pool = { 0 };
    const struct tag tags[] = { { "name", "x" },
                                { "status", "200" },
                                { "e", "" } };
    const struct tagset *set = tagset_intern(&pool, tags, 3);
    (void)state;
    assert_string_equal(tagset_get(set, "name"), "x");
    assert_string_equal(tagset_get(set, "status"), "200");
    assert_string_equal(tagset_get(set, "e"), "");
    assert_null(tagset_get(set, "nam"));
    assert_null(tagset_get(set, "names"));
    assert_null(tagset_get(set, ""));
    assert_null(tagset_get(NULL, "name"));
    tag_pool_fini(&pool);
}

static void a_set_has_a_largest_size(void **state)
{
    enum { MANY = TAGS_MAX + 10 };
    struct tag_pool pool = { 0 };
    char keys[MANY][8];
    struct tag tags[MANY];
    (void)state;
    for (int i = 0; i < MANY; i++) {
        snprintf(keys[i], sizeof keys[i], "k%02d", i);
        tags[i] = (struct tag){ keys[i], "v" };
    }
    const struct tagset *set = tagset_intern(&pool, tags, MANY);
    assert_int_equal(set->n, TAGS_MAX);
    assert_string_equal(tagset_get(set, "k31"), "v");
    assert_null(tagset_get(set, "k32"));
    /* A full set still takes a new value. */
    const struct tag changed = { "k05", "w" }, another = { "a", "w" };
    assert_string_equal(tagset_get(tagset_with(&pool, set, &changed, 1), "k05"),
                        "w");
    assert_ptr_equal(tagset_with(&pool, set, &another, 1), set);
    tag_pool_fini(&pool);
}

/* Keys are cut like all texts, and then they may be equal. */
static void no_key_is_there_twice_however_long(void **state)
{
    struct tag_pool pool = { 0 };
    char a[TAG_TEXT_MAX + 2], b[TAG_TEXT_MAX + 2];
    (void)state;
    memset(a, 'k', sizeof a);
    memset(b, 'k', sizeof b);
    a[TAG_TEXT_MAX] = 'a';
    b[TAG_TEXT_MAX] = 'b';
    a[TAG_TEXT_MAX + 1] = b[TAG_TEXT_MAX + 1] = '\0';
    const struct tag tags[] = { { b, "1" }, { a, "2" } };
    const struct tagset *set = tagset_intern(&pool, tags, 2);
    assert_int_equal(set->n, 1);
    assert_string_equal(set->tags[0].value, "2");
    tag_pool_fini(&pool);
}

static void thousands_of_sets_stay_apart_and_in_place(void **state)
{
    enum { SETS = 6000 };
    struct tag_pool pool = { 0 };
    const struct tagset **kept = xcalloc(SETS, sizeof *kept);
    (void)state;
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < SETS; i++) {
            char a[16], b[16];
            snprintf(a, sizeof a, "%d", i % 77);
            snprintf(b, sizeof b, "%d", i / 77);
            const struct tag tags[] = { { "a", a }, { "b", b } };
            const struct tagset *set = tagset_intern(&pool, tags, 2);
            if (round == 0)
                kept[i] = set;
            assert_ptr_equal(set, kept[i]);
            assert_string_equal(tagset_get(set, "a"), a);
            assert_string_equal(tagset_get(set, "b"), b);
        }
    assert_int_equal(pool.nsets, SETS);
    free(kept);
    tag_pool_fini(&pool);
}

static void a_set_is_known_once_it_was_made(void **state)
{
    struct tag_pool pool = { 0 };
    const struct tag tags[] = { { "b", "1" }, { "a", "2" } };
    const struct tag unknown = { "a", "3" };
    (void)state;
    assert_null(tagset_known(&pool, NULL, tags, 2));
    assert_int_equal(pool.nstrings + pool.nsets, 0);
    const struct tagset *one = tagset_intern(&pool, tags, 1);
    const struct tagset *both = tagset_intern(&pool, tags, 2);
    size_t strings = pool.nstrings;
    assert_ptr_equal(tagset_known(&pool, NULL, tags, 2), both);
    assert_ptr_equal(tagset_known(&pool, one, tags + 1, 1), both);
    assert_null(tagset_known(&pool, NULL, tags + 1, 1)); /* texts are known */
    assert_null(tagset_known(&pool, one, &unknown, 1));
    assert_int_equal(pool.nstrings, strings);
    assert_int_equal(pool.nsets, 2);
    tag_pool_fini(&pool);
}

static void a_short_buffer_gets_the_beginning(void **state)
{
    static const char whole[] = "{a:1,bc:23}";
    struct tag_pool pool = { 0 };
    struct guard g = guard_open(64);
    char zeroes[64] = "";
    const struct tag tags[] = { { "a", "1" }, { "bc", "23" } };
    const struct tagset *set = tagset_intern(&pool, tags, 2);
    (void)state;
    for (size_t size = 1; size <= sizeof whole + 2; size++) {
        char *out = guard_bytes(&g, zeroes, size);
        tagset_text(set, out, size);
        assert_true(strlen(out) < size);
        assert_memory_equal(out, whole, strlen(out));
        if (size >= sizeof whole)
            assert_string_equal(out, whole);
        else
            assert_true(strlen(out) + 2 >= size);
        tagset_text(NULL, out, size);
        assert_string_equal(out, "");
    }
    guard_close(&g);
    tag_pool_fini(&pool);
}

/* ---- hashes ---- */

static void a_hash_of_words_sees_every_bit(void **state)
{
    uint64_t words[6], same[6];
    struct rng r;
    uint64_t changed = 0;
    (void)state;
    rng_init(&r, 1, RNG_LOAD, 0);
    for (size_t i = 0; i < COUNT_OF(words); i++)
        words[i] = rng_next(&r);
    memcpy(same, words, sizeof words);
    uint32_t hash = hash_words(words, sizeof words);
    assert_int_equal(hash_words(same, sizeof same), hash);
    for (size_t bit = 0; bit < 64 * COUNT_OF(words); bit++) {
        words[bit / 64] ^= (uint64_t)1 << bit % 64;
        uint32_t other = hash_words(words, sizeof words);
        assert_true(other != hash);
        changed += (uint64_t)__builtin_popcount(other ^ hash);
        words[bit / 64] ^= (uint64_t)1 << bit % 64;
    }
    assert_true(changed > 12 * 64 * COUNT_OF(words));
}

static void a_hash_of_bytes_is_fnv_1a(void **state)
{
    static const struct {
        const char *text;
        uint32_t hash;
    } cases[] = {
        { "", 0x811c9dc5 },
        { "a", 0xe40c292c },
        { "foobar", 0xbf9cf968 },
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(hash_bytes(cases[i].text, strlen(cases[i].text), 0),
                         cases[i].hash);
    assert_true(hash_bytes("a", 1, 1) != hash_bytes("a", 1, 0));
}

#define T(sentence, fn)                                                        \
    {                                                                          \
        sentence, fn, NULL, NULL, NULL                                         \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        T("a text is kept once and stays in its place",
          a_text_is_kept_once_and_stays_in_its_place),
        T("texts with a common beginning are different",
          texts_with_a_common_beginning_are_different),
        T("every beginning of a text is a text of its own",
          every_beginning_of_a_text_is_a_text_of_its_own),
        T("an empty pool knows nothing", an_empty_pool_knows_nothing),
        T("a long text is cut", a_long_text_is_cut),
        T("a set is sorted, and the later of a key counts",
          a_set_is_sorted_and_the_later_of_a_key_counts),
        T("equal sets are one set", equal_sets_are_one_set),
        T("a set grows from another", a_set_grows_from_another),
        T("a value is found by its key", a_value_is_found_by_its_key),
        T("a set has a largest size", a_set_has_a_largest_size),
        T("no key is there twice, however long",
          no_key_is_there_twice_however_long),
        T("thousands of sets stay apart and in place",
          thousands_of_sets_stay_apart_and_in_place),
        T("a set is known once it was made", a_set_is_known_once_it_was_made),
        T("a short buffer gets the beginning",
          a_short_buffer_gets_the_beginning),
        T("a hash of words sees every bit", a_hash_of_words_sees_every_bit),
        T("a hash of bytes is FNV-1a", a_hash_of_bytes_is_fnv_1a),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
