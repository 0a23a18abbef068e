/* test_base64.c - RFC 4648, there and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/base64.h"
#include "base/rng.h"
#include "guard.h"
#include "sentence.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

static void the_vectors_of_the_rfc_hold(void **state)
{
    static const struct {
        const char *plain, *coded;
    } cases[] = {
        { "", "" },
        { "f", "Zg==" },
        { "fo", "Zm8=" },
        { "foo", "Zm9v" },
        { "foob", "Zm9vYg==" },
        { "fooba", "Zm9vYmE=" },
        { "foobar", "Zm9vYmFy" },
        { "\xfb\xff\xbf", "+/+/" },
        { "\xff\xff\xff", "////" },
        { "~~~", "fn5+" },
    };
    (void)state;
    struct guard g = guard_open(64);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buf out = { 0 }, back = { 0 };
        size_t len = strlen(cases[i].plain), coded = strlen(cases[i].coded);
        base64_encode(&out, guard_bytes(&g, cases[i].plain, len), len);
        assert_int_equal(out.len, coded);
        assert_memory_equal(out.data ? out.data : "", cases[i].coded, coded);
        assert_int_equal(
            base64_decode(&back, guard_bytes(&g, cases[i].coded, coded), coded),
            0);
        assert_int_equal(back.len, len);
        assert_memory_equal(back.data ? back.data : "", cases[i].plain, len);
        buf_free(&out);
        buf_free(&back);
    }
    guard_close(&g);
}

static void any_bytes_come_back(void **state)
{
    unsigned char bytes[300];
    struct rng r;
    struct guard g = guard_open(600);
    (void)state;
    rng_init(&r, 1, RNG_LOAD, 0);
    for (size_t len = 0; len <= sizeof bytes; len++) {
        struct buf out = { 0 }, back = { 0 };
        for (size_t i = 0; i < len; i++)
            bytes[i] = (unsigned char)rng_next(&r);
        base64_encode(&out, guard_bytes(&g, bytes, len), len);
        assert_int_equal(out.len, (len + 2) / 3 * 4);
        assert_int_equal(
            base64_decode(&back, guard_bytes(&g, out.data, out.len), out.len),
            0);
        assert_int_equal(back.len, len);
        assert_memory_equal(back.data ? (void *)back.data : "", bytes, len);
        buf_free(&out);
        buf_free(&back);
    }
    guard_close(&g);
}

static void both_add_to_what_is_there(void **state)
{
    struct buf out = { 0 };
    (void)state;
    buf_adds(&out, "Basic ");
    base64_encode(&out, "a:b", 3);
    assert_string_equal(out.data, "Basic YTpi");
    assert_int_equal(base64_decode(&out, "YTpi", 4), 0);
    assert_string_equal(out.data, "Basic YTpia:b");
    buf_free(&out);
}

static void what_is_not_base64_is_refused(void **state)
{
    static const struct {
        const char *text;
        size_t len;
    } cases[] = {
        { "Z", 1 },        { "Zg", 2 },
        { "Zg=", 3 },      { "Zm9vY", 5 },
        { "=", 1 },        { "====", 4 },
        { "Z===", 4 },     { "=Zg=", 4 },
        { "Z=g=", 4 },     { "Zg=g", 4 },
        { "Zg==Zg==", 8 }, { "Zm8=Zm9v", 8 },
        { "Zm9v\n", 5 },   { "Zm9v\n\n\n\n", 8 },
        { "Zm 9", 4 },     { "-_-_", 4 },
        { "Zm9\0", 4 },    { "\0\0\0\0", 4 },
        { "Zm9\xc3", 4 },  { "Zm8==", 5 },
        { "Zg====", 6 },
    };
    struct guard g = guard_open(64);
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buf out = { 0 };
        char *text = guard_bytes(&g, cases[i].text, cases[i].len);
        if (base64_decode(&out, text, cases[i].len) != -1)
            fail_msg("case %zu: %s", i, cases[i].text);
        buf_free(&out);
    }
    guard_close(&g);
}

static void of_all_bytes_64_are_digits_in_any_place(void **state)
{
    (void)state;
    for (size_t place = 0; place < 4; place++) {
        int good = 0;
        for (int c = 0; c < 256; c++) {
            struct buf out = { 0 };
            char text[] = "AAAAAAAA"; /* the last group is a plain one */
            text[place] = (char)c;
            good += base64_decode(&out, text, 8) == 0;
            buf_free(&out);
        }
        assert_int_equal(good, 64);
    }
}

static void a_full_buffer_is_said(void **state)
{
    struct buf out = { .max = 5 };
    (void)state;
    assert_int_equal(base64_decode(&out, "Zm9vYmE=", 8), 0);
    buf_clear(&out, 100);
    assert_int_equal(base64_decode(&out, "Zm9vYmFy", 8), -1);
    assert_true(out.len <= 5);
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T("the vectors of the RFC hold", the_vectors_of_the_rfc_hold),
        T("any bytes come back", any_bytes_come_back),
        T("both add to what is there", both_add_to_what_is_there),
        T("what is not base64 is refused", what_is_not_base64_is_refused),
        T("of all bytes 64 are digits, in any place",
          of_all_bytes_64_are_digits_in_any_place),
        T("a full buffer is said", a_full_buffer_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
