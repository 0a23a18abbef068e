/* test_units.c - durations, sizes and numbers, read and written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/units.h"
#include "guard.h"
#include "sentence.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

static void durations_are_read_with_units_or_as_seconds(void **state)
{
    static const struct {
        const char *text;
        int64_t us;
    } cases[] = {
        { "0", 0 },
        { "0s", 0 },
        { "1", 1000000 },
        { "1.5", 1500000 },
        { ".5", 500000 },
        { "2.", 2000000 },
        { "250ms", 250000 },
        { "10us", 10 },
        { "10\xc2\xb5s", 10 },
        { "1500ns", 2 },
        { "1499ns", 1 },
        { "1s", 1000000 },
        { "1m", 60000000 },
        { "1h", 3600000000 },
        { "1.5h", 5400000000 },
        { "2d", 172800000000 },
        { "1m30s", 90000000 },
        { "1h0m0.5s", 3600500000 },
        { "1m1ms", 60001000 },
        { "0m5s", 5000000 },
        { "0.1", 100000 },
        { "0.0000004", 0 },
        { "100000d", 8640000000000000 },
        { "0000000000000000000000000000000000000001", 1000000 },
    };
    (void)state;
    struct guard g = guard_open(64);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t us = -1;
        char *text = guard_text(&g, cases[i].text, strlen(cases[i].text));
        if (parse_duration(text, &us) != 0)
            fail_msg("%s was refused", cases[i].text);
        assert_int_equal(us, cases[i].us);
    }
    guard_close(&g);
}

static void what_is_no_duration_is_refused(void **state)
{
    static const char *const cases[] = {
        "",
        " ",
        "1x",
        "1.2.3s",
        "-1s",
        "+1s",
        "inf",
        "nan",
        "  5s",
        "5s ",
        "5 s",
        "s",
        "ms",
        ".",
        ".s",
        "1m30",
        "0m5",
        "0s5",
        "1e3",
        "1e3s",
        "0x10",
        "0x10s",
        "1mm",
        "1min",
        "5sec",
        "1S",
        "1H",
        "1,5s",
        "1_000s",
        "1s,",
        "1\xc2",
        "1\xc2\xb5",
        "9300000000000000000us",
        "99999999999999999999d",
        "110000000d",
        "00000000000000000000000000000000000000001",
        "99999999999999999999999999999999999999999s",
    };
    (void)state;
    struct guard g = guard_open(64);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t us = 42;
        if (parse_duration(guard_text(&g, cases[i], strlen(cases[i])), &us) !=
            -1)
            fail_msg("\"%s\" was read as %lld us", cases[i], (long long)us);
        assert_int_equal(us, 42);
    }
    guard_close(&g);
}

static void sizes_are_read_in_powers_of_ten_and_of_two(void **state)
{
    static const struct {
        const char *text;
        double bytes;
    } cases[] = {
        { "0", 0 },           { "10", 10 },           { "10B", 10 },
        { "1.5kB", 1500 },    { "1KB", 1000 },        { "1k", 1000 },
        { "1KiB", 1024 },     { "1MB", 1e6 },         { "1M", 1e6 },
        { "1MiB", 1048576 },  { "2GB", 2e9 },         { "2G", 2e9 },
        { "1 MiB", 1048576 }, { "1GiB", 1073741824 }, { "0.5 kB", 500 },
    };
    (void)state;
    struct guard g = guard_open(64);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        double bytes = -1;
        char *text = guard_text(&g, cases[i].text, strlen(cases[i].text));
        if (parse_bytes(text, &bytes) != 0)
            fail_msg("%s was refused", cases[i].text);
        assert_true(bytes == cases[i].bytes);
    }
    guard_close(&g);
}

static void what_is_no_size_is_refused(void **state)
{
    static const char *const cases[] = {
        "",     " ",   "B",    "-1",   "+1",    " 1",    "1x",
        "1kBx", "1kb", "1Kb",  "1kBB", "1kB1",  "1.2.3", "inf",
        "nan",  "1e3", "0x10", "1T",   "1KiBs", "1kB ",
    };
    (void)state;
    struct guard g = guard_open(64);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        double bytes = 42;
        if (parse_bytes(guard_text(&g, cases[i], strlen(cases[i])), &bytes) !=
            -1)
            fail_msg("\"%s\" was read as %g", cases[i], bytes);
        assert_true(bytes == 42);
    }
    guard_close(&g);
}

static void numbers_are_read(void **state)
{
    static const struct {
        const char *text;
        double value;
    } cases[] = {
        { "0", 0 },         { "-0", 0 },        { "1", 1 },
        { "+1", 1 },        { "-1.5", -1.5 },   { ".5", 0.5 },
        { "5.", 5 },        { "1e3", 1000 },    { "1E-3", 0.001 },
        { "-2.5e+1", -25 }, { "1e308", 1e308 },
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        double value = 42;
        assert_int_equal(parse_number(cases[i].text, &value), 0);
        assert_true(value == cases[i].value);
    }
}

static void what_is_no_number_is_refused(void **state)
{
    static const char *const cases[] = {
        "",     " ",   " 1",   "1 ",    "1x",     "--1",   "+-1",
        ".",    "e",   "e5",   "1e",    "1e+",    "1.2.3", "inf",
        "-inf", "nan", "0x10", "1e999", "-1e999", "1,5",
    };
    (void)state;
    struct guard g = guard_open(64);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        double value = 42;
        if (parse_number(guard_text(&g, cases[i], strlen(cases[i])), &value) !=
            -1)
            fail_msg("\"%s\" was read as %g", cases[i], value);
        assert_true(value == 42);
    }
    guard_close(&g);
}

static void integers_are_read_within_their_range(void **state)
{
    static const struct {
        const char *text;
        int64_t min, max;
        int result;
        int64_t value;
    } cases[] = {
        { "0", 0, 10, 0, 0 },
        { "10", 0, 10, 0, 10 },
        { "11", 0, 10, -1, 42 },
        { "-1", 0, 10, -1, 42 },
        { "-1", -1, 10, 0, -1 },
        { "007", 0, 10, 0, 7 },
        { "9223372036854775807", INT64_MIN, INT64_MAX, 0, INT64_MAX },
        { "-9223372036854775808", INT64_MIN, INT64_MAX, 0, INT64_MIN },
        { "9223372036854775808", INT64_MIN, INT64_MAX, -1, 42 },
        { "-9223372036854775809", INT64_MIN, INT64_MAX, -1, 42 },
        { "", 0, 10, -1, 42 },
        { "-", -10, 10, -1, 42 },
        { "--5", -10, 10, -1, 42 },
        { "5-", -10, 10, -1, 42 },
        { "+5", -10, 10, -1, 42 },
        { " 5", -10, 10, -1, 42 },
        { "5 ", -10, 10, -1, 42 },
        { "5.0", -10, 10, -1, 42 },
        { "1e1", -10, 10, -1, 42 },
        { "0x5", -10, 10, -1, 42 },
    };
    (void)state;
    struct guard g = guard_open(64);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t value = 42;
        char *text = guard_text(&g, cases[i].text, strlen(cases[i].text));
        assert_int_equal(
            parse_integer(text, cases[i].min, cases[i].max, &value),
            cases[i].result);
        assert_int_equal(value, cases[i].value);
    }
    guard_close(&g);
}

static void durations_are_written_with_three_to_four_digits(void **state)
{
    static const struct {
        double us;
        const char *text;
    } cases[] = {
        { 0, "0s" },
        { 0.2, "0us" },
        { 45, "45us" },
        { 999.4, "999us" },
        { 999.6, "1.00ms" },
        { 1000, "1.00ms" },
        { 12345, "12.35ms" },
        { 99994, "99.99ms" },
        { 99996, "100.0ms" },
        { 812300, "812.3ms" },
        { 999949, "999.9ms" },
        { 999951, "1.00s" },
        { 1400000, "1.40s" },
        { 59994000, "59.99s" },
        { 59996000, "1m00s" },
        { 125000000, "2m05s" },
        { 3599400000, "59m59s" },
        { 3599600000, "1h00m00s" },
        { 5405e6, "1h30m05s" },
        { 9.2e18, "2555555555h33m20s" },
        { -45, "-45us" },
        { -1400000, "-1.40s" },
        { -125e6, "-2m05s" },
        { -5405e6, "-1h30m05s" },
        { INFINITY, "infs" },
        { 1e300, "1e+294s" },
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char out[UNITS_TEXT_MAX];
        assert_ptr_equal(format_duration(out, sizeof out, cases[i].us), out);
        assert_string_equal(out, cases[i].text);
    }
}

static void sizes_are_written_in_powers_of_ten(void **state)
{
    static const struct {
        double bytes;
        const char *text;
    } cases[] = {
        { 0, "0 B" },           { 512, "512 B" },     { 999, "999 B" },
        { 999.7, "1.0 kB" },    { 1000, "1.0 kB" },   { 1400, "1.4 kB" },
        { 999949, "999.9 kB" }, { 999951, "1.0 MB" }, { 3.2e6, "3.2 MB" },
        { 1e9, "1.0 GB" },      { 1e12, "1.0 TB" },   { 5e16, "50000.0 TB" },
        { -512, "-512 B" },     { -1400, "-1.4 kB" },
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char out[UNITS_TEXT_MAX];
        assert_ptr_equal(format_bytes(out, sizeof out, cases[i].bytes), out);
        assert_string_equal(out, cases[i].text);
    }
}

static void counts_are_written_with_commas(void **state)
{
    static const struct {
        double n;
        const char *text;
    } cases[] = {
        { 0, "0" },
        { 1, "1" },
        { 1.5, "1.50" },
        { 0.25, "0.25" },
        { 99.5, "99.50" },
        { 100.25, "100" },
        { 999, "999" },
        { 1000, "1,000" },
        { 12345, "12,345" },
        { 1234567, "1,234,567" },
        { -1, "-1" },
        { -1.5, "-1.50" },
        { -12345, "-12,345" },
        { -999, "-999" },
        { 999999999999999, "999,999,999,999,999" },
        { -999999999999999, "-999,999,999,999,999" },
        { 1e15, "1e+15" },
        { 1e40, "1e+40" },
        { -1e300, "-1e+300" },
        { INFINITY, "inf" },
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char out[UNITS_TEXT_MAX];
        assert_ptr_equal(format_count(out, sizeof out, cases[i].n), out);
        assert_string_equal(out, cases[i].text);
    }
}

static void nothing_is_written_beyond_the_space_given(void **state)
{
    static const double values[] = { 0,      1.5,    -12345678, 1e40, NAN,
                                     5405e6, 9.2e18, -9.2e18,   1e14 };
    (void)state;
    struct guard g = guard_open(64);
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        for (size_t size = 1; size <= 64; size++) {
            char *out = guard_bytes(&g, (char[64]){ 0 }, size);
            format_duration(out, size, values[i]);
            assert_non_null(memchr(out, '\0', size));
            format_bytes(out, size, values[i]);
            assert_non_null(memchr(out, '\0', size));
            format_count(out, size, values[i]);
            assert_non_null(memchr(out, '\0', size));
        }
    }
    guard_close(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T("durations are read with units or as seconds",
          durations_are_read_with_units_or_as_seconds),
        T("what is no duration is refused", what_is_no_duration_is_refused),
        T("sizes are read in powers of ten and of two",
          sizes_are_read_in_powers_of_ten_and_of_two),
        T("what is no size is refused", what_is_no_size_is_refused),
        T("numbers are read", numbers_are_read),
        T("what is no number is refused", what_is_no_number_is_refused),
        T("integers are read within their range",
          integers_are_read_within_their_range),
        T("durations are written with three to four digits",
          durations_are_written_with_three_to_four_digits),
        T("sizes are written in powers of ten",
          sizes_are_written_in_powers_of_ten),
        T("counts are written with commas", counts_are_written_with_commas),
        T("nothing is written beyond the space given",
          nothing_is_written_beyond_the_space_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
