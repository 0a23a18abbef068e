/* check.c - stressengine check: is this suite right? without any load */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/units.h"
#include "cli/cli.h"
#include "cli/session.h"

static void describe(const struct session *s)
{
    char text[UNITS_TEXT_MAX];
    printf("%s: %s\n", s->file, s->suite.name);
    for (int i = 0; i < s->plan.nscenarios; i++) {
        const struct scenario *sc = &s->plan.scenarios[i];
        printf("  scenario %s: %s, %u VU%s, at most %s\n", sc->name,
               executor_name(sc->executor), sc->max_vus,
               sc->max_vus == 1 ? "" : "s",
               format_duration(text, sizeof text, (double)sc->duration_us));
    }
    for (size_t i = 0; i < s->suite.nthresholds; i++)
        printf("  threshold %s: %s\n", s->suite.thresholds[i].selector,
               s->suite.thresholds[i].expr);
    for (size_t i = 0; i < s->suite.nnotes; i++)
        printf("  note: %s\n", s->suite.notes[i]);
    puts("ok");
}

int cmd_check(int argc, char **argv)
{
    struct session s;
    char *error;
    session_open(&s, CMD_CHECK, argc, argv);
    if (s.options.help) {
        puts("Usage: stressengine check suite.lua [options]\n\n"
             "Loads and validates a suite and says what it would do; makes "
             "no load.\n");
        options_print_help(CMD_CHECK);
        return EXIT_PASSED;
    }
    s.options.env.target =
        xstrdup(s.suite.target ? s.suite.target : "http://127.0.0.1:0");
    if (suite_open_http(&s.run.host, &error) != 0)
        die(EXIT_CONFIG, "%s: %s", s.file, error);
    describe(&s);
    session_close(&s);
    return EXIT_PASSED;
}
