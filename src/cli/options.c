/* options.c - see options.h */
#include "cli/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/spell.h"
#include "base/units.h"
#include "bind/library.h"
#include "cli/cli.h"

enum { WORKERS_MAX = 256 };

struct option_spec {
    const char *name;
    char letter;     /* 0: none */
    const char *arg; /* NULL: takes none */
    unsigned commands;
    void (*take)(struct options *o, const char *arg);
    const char *help;
};

static int64_t integer(const char *name, const char *text, int64_t min,
                       int64_t max)
{
    int64_t n;
    if (parse_integer(text, min, max, &n) != 0)
        die(EXIT_CONFIG,
            "--%s: expected a whole number from %lld to %lld, got \"%s\"", name,
            (long long)min, (long long)max, text);
    return n;
}

/* "K=V" into a list; the text itself is cut in two. */
static void pair(const char *name, const char *text, struct env_pair *list,
                 int *n)
{
    char *equals = strchr(text, '=');
    if (equals == NULL || equals == text)
        die(EXIT_CONFIG, "%s: expected KEY=VALUE, got \"%s\"", name, text);
    if (*n == ENV_PAIRS_MAX)
        die(EXIT_CONFIG, "%s: at most %d of them", name, ENV_PAIRS_MAX);
    *equals = '\0';
    list[(*n)++] = (struct env_pair){ text, equals + 1 };
}

static void take_target(struct options *o, const char *arg)
{
    o->env.target_option = arg;
}

static void take_vus(struct options *o, const char *arg)
{
    integer("vus", arg, 1, 1000000);
    o->env.vus = arg;
}

static void take_duration(struct options *o, const char *arg)
{
    int64_t us;
    if (parse_duration(arg, &us) != 0 || us <= 0)
        die(EXIT_CONFIG,
            "--duration: expected a duration such as 30s or 1m30s, got "
            "\"%s\"",
            arg);
    o->env.duration = arg;
}

static void take_iterations(struct options *o, const char *arg)
{
    integer("iterations", arg, 1, 1000000000000);
    o->env.iterations = arg;
}

static void take_profile(struct options *o, const char *arg)
{
    o->env.profile = arg;
}

static void take_workers(struct options *o, const char *arg)
{
    o->workers = (int)integer("workers", arg, 1, WORKERS_MAX);
}

static void take_seed(struct options *o, const char *arg)
{
    o->seed = (uint64_t)integer("seed", arg, 0, (int64_t)1 << 53);
    o->has_seed = 1;
}

static void take_env(struct options *o, const char *arg)
{
    pair("-e", arg, o->env.vars, &o->env.nvars);
}

static void take_tag(struct options *o, const char *arg)
{
    pair("--tag", arg, o->env.tags, &o->env.ntags);
}

static int is_report(const char *kind)
{
    static const char prefix[] = "stress.report.";
    for (const struct library_file *f = library_files; f->module; f++)
        if (strncmp(f->module, prefix, sizeof prefix - 1) == 0 &&
            strcmp(f->module + sizeof prefix - 1, kind) == 0)
            return strcmp(kind, "format") != 0;
    return 0;
}

static void take_out(struct options *o, const char *arg)
{
    char *equals = strchr(arg, '=');
    if (equals == NULL || equals == arg || equals[1] == '\0')
        die(EXIT_CONFIG,
            "--out: expected KIND=FILE, such as "
            "json=result.json, got \"%s\"",
            arg);
    if (o->noutputs == OUTPUTS_MAX)
        die(EXIT_CONFIG, "--out: at most %d of them", OUTPUTS_MAX);
    *equals = '\0';
    if (!is_report(arg))
        die(EXIT_CONFIG,
            "--out: there is no report \"%s\"; this version has "
            "json and text",
            arg);
    o->outputs[o->noutputs++] = (struct output){ arg, equals + 1 };
    if (strcmp(equals + 1, "-") == 0)
        o->env.stdout_taken = 1;
}

static void take_quiet(struct options *o, const char *arg)
{
    (void)arg;
    o->quiet = 1;
}

static void take_no_color(struct options *o, const char *arg)
{
    (void)arg;
    o->no_color = 1;
}

static void take_http_debug(struct options *o, const char *arg)
{
    if (arg != NULL && strcmp(arg, "full") != 0)
        die(EXIT_CONFIG,
            "--http-debug: expected nothing or \"full\", got "
            "\"%s\"",
            arg);
    o->env.http_debug = arg ? 2 : 1;
}

static void take_once(struct options *o, const char *arg)
{
    (void)arg;
    o->env.once = 1;
}

static void take_host(struct options *o, const char *arg)
{
    o->host = arg;
}

static void take_port(struct options *o, const char *arg)
{
    o->port = (int)integer("port", arg, 0, 65535);
}

static void take_ready_fd(struct options *o, const char *arg)
{
    o->ready_fd = (int)integer("ready-fd", arg, 0, 65535);
}

static void take_help(struct options *o, const char *arg)
{
    (void)arg;
    o->help = 1;
}

enum { RUNS = CMD_RUN | CMD_CHECK };

static const struct option_spec specs[] = {
    { "target", 0, "URL", RUNS, take_target,
      "the base URL; replaces the suite's own" },
    { "vus", 'u', "N", RUNS, take_vus, "number of virtual users" },
    { "duration", 'd', "TIME", RUNS, take_duration,
      "how long to make load: 30s, 1m30s" },
    { "iterations", 'i', "N", RUNS, take_iterations,
      "how many iterations in all, shared by the VUs" },
    { "profile", 0, "NAME", RUNS, take_profile, "a profile of the suite" },
    { "workers", 0, "N", RUNS, take_workers,
      "worker threads (default: one per core)" },
    { "seed", 0, "N", RUNS, take_seed,
      "the seed of all randomness (default: a new one; it is printed)" },
    { "env", 'e', "K=V", RUNS, take_env,
      "stress.env.K in the suite; may repeat" },
    { "tag", 0, "K=V", RUNS, take_tag, "a tag of every sample; may repeat" },
    { "out", 'o', "KIND=FILE", RUNS, take_out,
      "write a report (json, text) to a file, - for stdout; may repeat" },
    { "quiet", 'q', NULL, RUNS, take_quiet,
      "no progress; the summary is printed all the same" },
    { "no-color", 0, NULL, RUNS, take_no_color,
      "no colours (also by the environment variable NO_COLOR)" },
    { "http-debug", 0, "[=full]", CMD_RUN, take_http_debug,
      "print the heads of all requests and answers; full: bodies too" },
    { "once", 0, NULL, RUNS, take_once,
      "one iteration of each scenario, to try a suite" },
    { "host", 0, "ADDRESS", CMD_TARGET, take_host,
      "address to listen on (default: 127.0.0.1)" },
    { "port", 0, "N", CMD_TARGET, take_port,
      "port to listen on (default: 8080; 0: any free one)" },
    { "ready-fd", 0, "FD", CMD_TARGET, take_ready_fd,
      "write the port to this descriptor once it listens" },
    { "help", 'h', NULL, RUNS | CMD_TARGET, take_help, "this text" },
};

enum { NSPECS = sizeof specs / sizeof *specs };

/* ---- parsing ---- */

static void fill_long(struct option *out, enum command command)
{
    for (size_t i = 0; i < NSPECS; i++) {
        if (!(specs[i].commands & command))
            continue;
        *out++ = (struct option){
            .name = specs[i].name,
            .has_arg = specs[i].arg == NULL     ? no_argument
                       : specs[i].arg[0] == '[' ? optional_argument
                                                : required_argument,
            .val = (int)i + 256,
        };
    }
    *out = (struct option){ 0 };
}

static void fill_letters(char *out, enum command command)
{
    *out++ = ':';
    for (size_t i = 0; i < NSPECS; i++) {
        if (!(specs[i].commands & command) || specs[i].letter == 0)
            continue;
        *out++ = specs[i].letter;
        if (specs[i].arg != NULL)
            *out++ = ':';
    }
    *out = '\0';
}

static const struct option_spec *spec_of(int val)
{
    if (val >= 256)
        return &specs[val - 256];
    for (size_t i = 0; i < NSPECS; i++)
        if (specs[i].letter == val)
            return &specs[i];
    return NULL;
}

static _Noreturn void unknown(const char *given, enum command command)
{
    const char *names[NSPECS];
    size_t n = 0;
    char word[64];
    for (size_t i = 0; i < NSPECS; i++)
        if (specs[i].commands & command)
            names[n++] = specs[i].name;
    size_t dashes = strspn(given, "-");
    snprintf(word, sizeof word, "%.*s", (int)strcspn(given + dashes, "="),
             given + dashes);
    const char *near =
        strncmp(given, "--", 2) == 0 ? spell_nearest(word, names, n) : NULL;
    if (near != NULL)
        die(EXIT_CONFIG, "unknown option %s; did you mean --%s?", given, near);
    die(EXIT_CONFIG, "unknown option %s (see --help)", given);
}

void options_parse(struct options *o, enum command command, int argc,
                   char **argv)
{
    struct option longs[NSPECS + 1];
    char letters[2 * NSPECS + 2];
    int c;
    *o = (struct options){ .host = "127.0.0.1", .port = 8080, .ready_fd = -1 };
    fill_long(longs, command);
    fill_letters(letters, command);
    opterr = 0;
    optind = 1;
    while ((c = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
        if (c == '?')
            unknown(argv[optind - 1], command);
        if (c == ':')
            die(EXIT_CONFIG, "%s needs a value (see --help)", argv[optind - 1]);
        const struct option_spec *spec = spec_of(c);
        spec->take(o, optarg);
    }
    if (o->help)
        return;
    if (command != CMD_TARGET && optind < argc)
        o->suite = argv[optind++];
    if (optind < argc)
        die(EXIT_CONFIG, "unexpected argument \"%s\" (see --help)",
            argv[optind]);
}

/* ---- help ---- */

void options_print_help(enum command command)
{
    puts("Options:");
    for (size_t i = 0; i < NSPECS; i++) {
        char left[64];
        const struct option_spec *s = &specs[i];
        if (!(s->commands & command))
            continue;
        int n = snprintf(left, sizeof left, "  %c%c%s --%s",
                         s->letter ? '-' : ' ', s->letter ? s->letter : ' ',
                         s->letter ? "," : " ", s->name);
        if (s->arg != NULL)
            snprintf(left + n, sizeof left - (size_t)n, "%s%s",
                     s->arg[0] == '[' ? "" : " ", s->arg);
        printf("%-27s %s\n", left, s->help);
    }
}
