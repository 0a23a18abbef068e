/* env.h - what a run knows besides its suite: files, options, the target.
 *
 * Made by the command line before any Lua state; read by all workers without
 * a lock.  `target` is set before the workers start.  The strings belong to
 * whoever made them and outlive the run.
 */
#ifndef BIND_ENV_H
#define BIND_ENV_H

#include <lua.h>
#include <stdint.h>

struct feeds;

struct env_pair {
    const char *key, *value;
};

enum { ENV_PAIRS_MAX = 256 };

struct suite_env {
    const char *file;                        /* of the suite, as it was found */
    const char *dir;                         /* of that file */
    const char *profile;                     /* NULL: none */
    const char *target_option;               /* --target, or NULL */
    const char *vus, *duration, *iterations; /* as written, or NULL */
    int once;
    int http_debug;
    int stdout_taken;                    /* by a report: print goes to stderr */
    struct env_pair vars[ENV_PAIRS_MAX]; /* -e */
    int nvars;
    struct env_pair tags[ENV_PAIRS_MAX]; /* --tag */
    int ntags;
    char *target; /* the base URL in use, without a trailing slash */
    const char *target_library; /* version of the built-in target's; or NULL */
    struct feeds *feeds;
};

/* The environment of the state's worker. */
const struct suite_env *env_of(lua_State *L);

/* stress.env: -e first, then the process's environment.  [-0, +1, m] */
void env_push(lua_State *L);
void env_push_target(lua_State *L);
void env_push_profile(lua_State *L);

#endif
