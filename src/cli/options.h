/* options.h - the command line, from one table: parsing and help alike. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "bind/env.h"

enum { OUTPUTS_MAX = 16 };

struct output {
    const char *kind, *file;
};

struct options {
    const char *suite; /* file or module */
    struct suite_env env;
    int workers; /* 0: one per core */
    int has_seed;
    uint64_t seed;
    int quiet, no_color;
    struct output outputs[OUTPUTS_MAX];
    int noutputs;
    const char *host; /* of `stressengine target` */
    int port;
    int ready_fd;
    int help;
};

enum command { CMD_RUN = 1, CMD_CHECK = 2, CMD_TARGET = 4 };

/* Parses argv[1..]; ends the program (exit code 104) with what is wrong. */
void options_parse(struct options *o, enum command command, int argc,
                   char **argv);

/* The options of a command, one for each line, on stdout. */
void options_print_help(enum command command);

#endif
