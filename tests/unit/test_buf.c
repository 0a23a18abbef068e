/* test_buf.c - bytes that grow. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "sentence.h"

static void a_buffer_of_zeroes_is_empty_and_usable(void **state)
{
    struct buf b = { 0 };
    (void)state;
    assert_int_equal(b.len, 0);
    buf_clear(&b, 0);
    buf_free(&b);
    assert_int_equal(buf_adds(&b, "x"), 0);
    assert_string_equal(b.data, "x");
    buf_free(&b);
}

static void what_is_added_follows_what_was_there(void **state)
{
    struct buf b = { 0 };
    (void)state;
    assert_int_equal(buf_adds(&b, "one"), 0);
    assert_int_equal(buf_addc(&b, ' '), 0);
    assert_int_equal(buf_add(&b, "two\0three", 9), 0);
    assert_int_equal(buf_addf(&b, "-%d-%s", 4, "five"), 0);
    assert_int_equal(b.len, 20);
    assert_memory_equal(b.data, "one two\0three-4-five", 21);
    buf_free(&b);
}

static void adding_nothing_makes_an_empty_text(void **state)
{
    struct buf b = { 0 };
    (void)state;
    assert_int_equal(buf_add(&b, NULL, 0), 0);
    assert_int_equal(b.len, 0);
    assert_string_equal(b.data, "");
    assert_int_equal(buf_addf(&b, "%s", ""), 0);
    assert_string_equal(b.data, "");
    buf_free(&b);
}

static void a_nul_follows_at_every_length(void **state)
{
    struct buf b = { 0 };
    (void)state;
    for (size_t i = 0; i < 5000; i++) {
        assert_int_equal(b.len, i);
        assert_int_equal(buf_addc(&b, (char)('a' + i % 26)), 0);
        assert_int_equal(b.data[b.len], '\0');
    }
    for (size_t i = 0; i < 5000; i++)
        assert_int_equal(b.data[i], 'a' + i % 26);
    buf_free(&b);
}

static void formatting_grows_as_far_as_it_must(void **state)
{
    struct buf b = { 0 };
    (void)state;
    for (int width = 0; width < 300; width++) {
        buf_clear(&b, (size_t)-1);
        assert_int_equal(buf_addf(&b, "%*s|", width, ""), 0);
        assert_int_equal(b.len, width + 1);
        assert_int_equal(b.data[width], '|');
    }
    buf_free(&b);
}

static void an_append_past_the_maximum_adds_nothing(void **state)
{
    struct buf b = { .max = 10 };
    (void)state;
    assert_int_equal(buf_adds(&b, "12345678"), 0);
    assert_int_equal(buf_adds(&b, "abc"), -1);
    assert_int_equal(buf_addf(&b, "%d", 999), -1);
    assert_int_equal(buf_add(&b, b.data, (size_t)-1), -1);
    assert_int_equal(buf_reserve(&b, (size_t)-1), -1);
    assert_int_equal(buf_reserve(&b, 3), -1);
    assert_string_equal(b.data, "12345678");
    assert_int_equal(buf_adds(&b, "90"), 0);
    assert_int_equal(buf_addc(&b, 'x'), -1);
    assert_int_equal(buf_adds(&b, ""), 0);
    assert_string_equal(b.data, "1234567890");
    buf_free(&b);
    assert_int_equal(b.max, 10);
    assert_int_equal(buf_adds(&b, "12345678901"), -1);
    assert_null(b.data);
}

static void without_a_maximum_of_its_own_there_is_one_still(void **state)
{
    struct buf b = { 0 };
    (void)state;
    assert_int_equal(buf_reserve(&b, BUF_MAX + 1), -1);
    assert_null(b.data);
}

static void reserved_room_keeps_the_bytes_in_place(void **state)
{
    struct buf b = { 0 };
    (void)state;
    assert_int_equal(buf_adds(&b, "start"), 0);
    assert_int_equal(buf_reserve(&b, 10000), 0);
    char *data = b.data;
    for (int i = 0; i < 10000; i++)
        assert_int_equal(buf_addc(&b, 'x'), 0);
    assert_ptr_equal(b.data, data);
    assert_int_equal(b.len, 10005);
    buf_free(&b);
}

static void clearing_keeps_memory_up_to_what_is_asked(void **state)
{
    struct buf b = { 0 };
    (void)state;
    assert_int_equal(buf_reserve(&b, 1000), 0);
    assert_int_equal(buf_adds(&b, "text"), 0);
    char *data = b.data;
    buf_clear(&b, 2000);
    assert_ptr_equal(b.data, data);
    assert_string_equal(b.data, "");
    assert_int_equal(b.len, 0);
    buf_clear(&b, 100);
    assert_null(b.data);
    buf_free(&b);
}

static void detached_bytes_are_the_callers(void **state)
{
    struct buf b = { 0 };
    (void)state;
    assert_int_equal(buf_adds(&b, "mine"), 0);
    char *mine = buf_detach(&b);
    assert_string_equal(mine, "mine");
    assert_null(b.data);
    assert_int_equal(b.len, 0);
    char *empty = buf_detach(&b);
    assert_string_equal(empty, "");
    assert_int_equal(buf_adds(&b, "again"), 0);
    assert_string_equal(b.data, "again");
    free(mine);
    free(empty);
    buf_free(&b);
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T("a buffer of zeroes is empty and usable",
          a_buffer_of_zeroes_is_empty_and_usable),
        T("what is added follows what was there",
          what_is_added_follows_what_was_there),
        T("adding nothing makes an empty text",
          adding_nothing_makes_an_empty_text),
        T("a NUL follows at every length", a_nul_follows_at_every_length),
        T("formatting grows as far as it must",
          formatting_grows_as_far_as_it_must),
        T("an append past the maximum adds nothing",
          an_append_past_the_maximum_adds_nothing),
        T("without a maximum of its own there is one still",
          without_a_maximum_of_its_own_there_is_one_still),
        T("reserved room keeps the bytes in place",
          reserved_room_keeps_the_bytes_in_place),
        T("clearing keeps memory up to what is asked",
          clearing_keeps_memory_up_to_what_is_asked),
        T("detached bytes are the caller's", detached_bytes_are_the_callers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
