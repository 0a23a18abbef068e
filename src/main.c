/* main.c - argv to a command, its result to an exit code */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/spell.h"
#include "base/version.h"
#include "cli/cli.h"
#include "cli/options.h"

_Noreturn void die(int code, const char *fmt, ...)
{
    va_list ap;
    fputs("stressengine: ", stderr);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
    exit(code);
}

static int cmd_help(int argc, char **argv);
static int cmd_version(int argc, char **argv);

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *what;
} commands[] = {
    { "run", cmd_run, "run a suite (the same as without \"run\")" },
    { "check", cmd_check, "load and validate a suite; make no load" },
    { "target", cmd_target, "run the built-in system under test" },
    { "help", cmd_help, "this text" },
    { "version", cmd_version, "the version" },
};

enum { NCOMMANDS = sizeof commands / sizeof *commands };

static int cmd_help(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    puts("Usage: stressengine suite.lua [options]\n"
         "       stressengine COMMAND [arguments]\n\n"
         "Makes the load that a suite describes and answers whether the "
         "target holds.\n\nCommands:");
    for (size_t i = 0; i < NCOMMANDS; i++)
        printf("  %-10s %s\n", commands[i].name, commands[i].what);
    puts("");
    options_print_help(CMD_RUN);
    puts("\nExit codes: 0 passed; 95 the target does not answer; 96 the run "
         "is invalid;\n99 a criterion failed; 104 bad option or suite; 105 "
         "interrupted;\n107 script errors; 108 aborted; 109 a bug of ours.");
    return EXIT_PASSED;
}

static int cmd_version(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    puts("stressengine " STRESSENGINE_VERSION);
    return EXIT_PASSED;
}

/* A word that is nearly a command, and no file or module could be meant. */
static void suggest_command(const char *word)
{
    const char *names[NCOMMANDS];
    if (strpbrk(word, "./-") != NULL)
        return;
    for (size_t i = 0; i < NCOMMANDS; i++)
        names[i] = commands[i].name;
    const char *near = spell_nearest(word, names, NCOMMANDS);
    if (near != NULL)
        die(EXIT_CONFIG,
            "there is no command or file \"%s\"; did you mean "
            "%s?",
            word, near);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        cmd_help(argc, argv);
        return EXIT_CONFIG;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return cmd_help(argc, argv);
    if (strcmp(argv[1], "--version") == 0)
        return cmd_version(argc, argv);
    for (size_t i = 0; i < NCOMMANDS; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    suggest_command(argv[1]);
    return cmd_run(argc, argv);
}
