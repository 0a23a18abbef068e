/* session.c - see session.h */
#include "cli/session.h"

#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/mem.h"
#include "bind/state.h"
#include "cli/cli.h"
#include "net/http.h"
#include "target/target.h"

/* Each VU may hold connections: take what the system allows. */
static void raise_limits(void)
{
    struct rlimit lim;
    if (getrlimit(RLIMIT_NOFILE, &lim) == 0 && lim.rlim_cur < lim.rlim_max) {
        lim.rlim_cur = lim.rlim_max;
        setrlimit(RLIMIT_NOFILE, &lim);
    }
}

static void find_suite(struct session *s)
{
    const char *name = s->options.suite;
    if (name == NULL)
        die(EXIT_CONFIG, "no suite given (see --help)");
    s->file = suite_find(name);
    if (s->file == NULL)
        die(EXIT_CONFIG,
            "there is no suite \"%s\": neither a file nor a "
            "module of that name",
            name);
    char *copy = xstrdup(s->file);
    s->dir = xstrdup(dirname(copy));
    free(copy);
    s->options.env.file = s->file;
    s->options.env.dir = s->dir;
}

static void print_mistakes(const char *error)
{
    for (const char *line = error; *line != '\0';) {
        size_t len = strcspn(line, "\n");
        fprintf(stderr, "stressengine: %.*s\n", (int)len, line);
        line += len + (line[len] == '\n');
    }
}

static int count_workers(const struct options *o)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    if (o->workers > 0)
        return o->workers;
    return cores > 0 && cores < 256 ? (int)cores : 1;
}

void session_open(struct session *s, enum command command, int argc,
                  char **argv)
{
    char *error;
    memset(s, 0, sizeof *s);
    options_parse(&s->options, command, argc, argv);
    if (s->options.help)
        return;
    find_suite(s);
    raise_limits();
    http_global_init();
    s->options.env.feeds = feeds_new();
    s->options.env.target_library = target_library_version();
    s->plan.seed = s->options.has_seed ? s->options.seed : rng_fresh_seed();
    s->plan.nworkers = count_workers(&s->options);
    s->hooks = state_hooks(&s->options.env);
    if (run_init(&s->run, &s->plan, &s->hooks) != 0)
        die(EXIT_CONFIG, "no file descriptors left to start");
    if (state_open(&s->run.host, &error) != 0 ||
        suite_open(&s->run.host, &s->plan, &s->suite, &error) != 0) {
        print_mistakes(error);
        exit(EXIT_CONFIG);
    }
}

void session_close(struct session *s)
{
    if (s->run.stuck)
        return;
    run_fini(&s->run);
    plan_fini(&s->plan);
    suite_fini(&s->suite);
    feeds_free(s->options.env.feeds);
    free(s->options.env.target);
    free(s->file);
    free(s->dir);
}
