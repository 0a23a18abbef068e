/* target.c - stressengine target: the built-in system under test */
#include <stdio.h>

#include "cli/cli.h"
#include "cli/options.h"
#include "target/target.h"

int cmd_target(int argc, char **argv)
{
    struct options o;
    options_parse(&o, CMD_TARGET, argc, argv);
    if (o.help) {
        puts("Usage: stressengine target [options]\n\n"
             "Runs the built-in system under test until it is interrupted.\n"
             "GET / lists what it serves.\n");
        options_print_help(CMD_TARGET);
        return EXIT_PASSED;
    }
    struct target_options t = {
        .host = o.host,
        .port = o.port,
        .ready_fd = o.ready_fd,
        .announce = o.ready_fd < 0,
    };
    return target_serve(&t) == 0 ? EXIT_PASSED : EXIT_CONFIG;
}
