/* cli.h - the commands; each answers with the program's exit code. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

enum exit_code {
    EXIT_PASSED = 0,
    EXIT_PREFLIGHT = 95, /* the target does not answer */
    EXIT_INVALID = 96,   /* the generator was the bottleneck */
    EXIT_CRITERIA = 99,  /* a criterion failed */
    EXIT_CONFIG = 104,   /* bad option, suite or configuration */
    EXIT_INTERRUPTED = 105,
    EXIT_SCRIPT = 107,  /* script errors */
    EXIT_ABORTED = 108, /* the script or a stop rule ended it */
    EXIT_BUG = 109,
};

/* argv[0] is the command itself. */
int cmd_run(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_target(int argc, char **argv);

/* Ends the program with a sentence on stderr: the user's mistake. */
_Noreturn void die(int code, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
