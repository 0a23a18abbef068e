/* test_arena.c - many small things that go all at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/arena.h"
#include "base/rng.h"
#include "guard.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

/* Every byte is written, so a sanitizer sees one too many as well. */
static void what_is_taken_is_aligned_and_stays(void **state)
{
    enum { THINGS = 2000 };
    static unsigned char *things[THINGS];
    static size_t sizes[THINGS];
    struct arena a = { 0 };
    struct rng r;
    (void)state;
    rng_init(&r, 1, RNG_LOAD, 0);
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < THINGS; i++) {
            sizes[i] = rng_below(&r, i % 50 == 0 ? 40000 : 300);
            things[i] = arena_take(&a, sizes[i]);
            assert_int_equal((uintptr_t)things[i] % 16, 0);
            memset(things[i], (int)(i * 7 + 1), sizes[i]);
        }
        for (size_t i = 0; i < THINGS; i++)
            for (size_t k = 0; k < sizes[i]; k++)
                assert_int_equal(things[i][k], (unsigned char)(i * 7 + 1));
        arena_reset(&a);
    }
    arena_fini(&a);
}

static void a_copy_ends_with_a_nul(void **state)
{
    struct arena a = { 0 };
    struct guard g = guard_open(600);
    char bytes[600];
    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)i; /* NULs among them */
    for (size_t len = 0; len <= sizeof bytes; len++) {
        char *copy = arena_dup(&a, guard_bytes(&g, bytes, len), len);
        assert_memory_equal(copy, bytes, len);
        assert_int_equal(copy[len], '\0');
    }
    guard_close(&g);
    assert_string_equal(arena_dup(&a, NULL, 0), "");
    arena_fini(&a);
}

static void a_text_is_formatted_whole(void **state)
{
    struct arena a = { 0 };
    (void)state;
    assert_string_equal(arena_printf(&a, "%s: %d%%", "x", 42), "x: 42%");
    assert_string_equal(arena_printf(&a, "%s", ""), "");
    for (int width = 1; width <= 2000; width += 37) {
        char *text = arena_printf(&a, "%*d", width, 7);
        assert_int_equal(strlen(text), width);
        assert_int_equal(text[width - 1], '7');
    }
    arena_fini(&a);
}

/* So many bytes, in things of 40; whether each lies behind the one before. */
static int lies_in_one_block(struct arena *a, size_t bytes)
{
    int one = 1;
    char *last = arena_take(a, 40);
    for (size_t taken = 48; taken < bytes; taken += 48) {
        char *p = arena_take(a, 40);
        one = one && p == last + 48;
        last = p;
    }
    return one;
}

/* Who is filled alike each time has one block for it after a few rounds, and
 * it is the same one from then on. */
static void what_is_filled_alike_soon_allocates_nothing(void **state)
{
    static const size_t needs[] = { 100, 300, 500, 1000, 5000, 16000 };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(needs); i++) {
        struct arena a = { 0 };
        for (int k = 0; k < 8; k++) {
            lies_in_one_block(&a, needs[i]);
            arena_reset(&a);
        }
        const struct arena_block *kept = a.block;
        for (int k = 0; k < 10; k++) {
            assert_true(lies_in_one_block(&a, needs[i]));
            arena_take(&a, 50000); /* beside it, and for once */
            arena_reset(&a);
            assert_ptr_equal(a.block, kept);
        }
        arena_fini(&a);
    }
}

static void a_reset_gives_the_same_memory_again(void **state)
{
    static const size_t firsts[] = { 1, 100, 256, 1000, 16 * 1024 };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(firsts); i++) {
        struct arena a = { 0 };
        char *first = arena_take(&a, firsts[i]);
        for (int k = 0; k < 10; k++) {
            arena_take(&a, 50000); /* goes back at the reset */
            arena_reset(&a);
            assert_non_null(a.block);
            assert_ptr_equal(arena_take(&a, firsts[i]), first);
        }
        arena_fini(&a);
    }
}

static void one_huge_thing_is_not_kept(void **state)
{
    struct arena a = { 0 };
    (void)state;
    arena_take(&a, 16 * 1024 + 1);
    arena_reset(&a);
    assert_null(a.block);
    memset(arena_take(&a, 10), 'x', 10);
    arena_fini(&a);
}

static void an_empty_arena_may_be_reset_and_ended(void **state)
{
    struct arena a = { 0 };
    (void)state;
    arena_reset(&a);
    arena_fini(&a);
    arena_take(&a, 10);
    arena_fini(&a);
    arena_fini(&a);
    assert_non_null(arena_take(&a, 0));
    arena_reset(&a);
    arena_reset(&a);
    arena_fini(&a);
}

#define T(sentence, fn)                                                        \
    {                                                                          \
        sentence, fn, NULL, NULL, NULL                                         \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        T("what is taken is aligned and stays",
          what_is_taken_is_aligned_and_stays),
        T("a copy ends with a NUL", a_copy_ends_with_a_nul),
        T("a text is formatted whole", a_text_is_formatted_whole),
        T("a reset gives the same memory again",
          a_reset_gives_the_same_memory_again),
        T("what is filled alike soon allocates nothing",
          what_is_filled_alike_soon_allocates_nothing),
        T("one huge thing is not kept", one_huge_thing_is_not_kept),
        T("an empty arena may be reset and ended",
          an_empty_arena_may_be_reset_and_ended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
