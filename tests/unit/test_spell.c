/* test_spell.c - which word was meant. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/spell.h"
#include "guard.h"
#include "sentence.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

static const char *const words[] = {
    "duration",    "iterations",   "rate",       "vus",
    "executor",    "max",          "thresholds", "scenarios",
    "maxDuration", "gracefulStop", "x",
};

static void a_slip_is_recognised_and_a_stranger_is_not(void **state)
{
    static const struct {
        const char *word, *nearest;
    } cases[] = {
        { "duration", "duration" },
        { "duratoin", "duration" },  /* swapped: one step, not two */
        { "duraton", "duration" },   /* left out */
        { "durration", "duration" }, /* added */
        { "dur4tion", "duration" },  /* changed */
        { "DURATION", "duration" },
        { "dutarino", NULL }, /* four changes */
        { "iteratoins", "iterations" },
        { "iteraction", "iterations" },
        { "rat", "rate" },
        { "raet", "rate" },
        { "reat", NULL }, /* two swaps */
        { "arte", "rate" },
        { "aret", NULL }, /* two away, four letters */
        { "vu", "vus" },
        { "vsu", "vus" },
        { "ma", "max" },
        { "maxi", "max" },
        { "maximum", "max" },   /* begins with a word */
        { "exec", "executor" }, /* is how a word begins */
        { "grac", "gracefulStop" },
        { "gr", NULL }, /* two letters are too few */
        { "gracefullStop", "gracefulStop" },
        { "graceful_stop", "gracefulStop" },
        { "max_duration", "maxDuration" },
        { "treshhold", "thresholds" },
        { "scenario", "scenarios" },
        { "y", NULL }, /* nothing in common */
        { "xy", "x" },
        { "banana", NULL },
        { "", NULL },
    };
    (void)state;
    struct guard g = guard_open(64);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char *word = guard_text(&g, cases[i].word, strlen(cases[i].word));
        const char *got = spell_nearest(word, words, COUNT_OF(words));
        if (cases[i].nearest == NULL && got != NULL)
            fail_msg("%s: %s", word, got);
        if (cases[i].nearest != NULL && got == NULL)
            fail_msg("%s: nothing", word);
        if (got != NULL)
            assert_string_equal(got, cases[i].nearest);
    }
    guard_close(&g);
}

static void the_nearer_wins_and_then_the_first(void **state)
{
    static const char *const list[] = { "abxx", "abcx", "abcy", "abcd" };
    static const char *const long_ones[] = { "http_req", "http_req_durations" };
    (void)state;
    assert_string_equal(spell_nearest("abcz", list, 4), "abcx");
    assert_string_equal(spell_nearest("abcd", list, 4), "abcd");
    assert_string_equal(spell_nearest("http_req_duration", long_ones, 2),
                        "http_req_durations");
}

static void an_empty_list_has_no_nearest(void **state)
{
    (void)state;
    assert_null(spell_nearest("word", NULL, 0));
    assert_null(spell_nearest("word", (const char *const[]){ "" }, 1));
}

static void words_beyond_64_bytes_never_match(void **state)
{
    char word[67], other[67];
    const char *const list[] = { other };
    (void)state;
    for (size_t len = 62; len <= 66; len++) {
        memset(word, 'a', len);
        word[len] = '\0';
        for (size_t n = 62; n <= 66; n++) {
            memset(other, 'a', n);
            other[n] = '\0';
            const char *got = spell_nearest(word, list, 1);
            assert_int_equal(got != NULL, len <= 64 && n <= 64);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T("a slip is recognised and a stranger is not",
          a_slip_is_recognised_and_a_stranger_is_not),
        T("the nearer wins, and then the first",
          the_nearer_wins_and_then_the_first),
        T("an empty list has no nearest", an_empty_list_has_no_nearest),
        T("words beyond 64 bytes never match",
          words_beyond_64_bytes_never_match),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
