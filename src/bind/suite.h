/* suite.h - a suite's file, loaded and validated, as a plan.
 *
 * The same file is loaded in every state: in the main thread's to make the
 * plan, in each worker's for the functions to run.  Validation is Lua
 * (lib/stress/suite.lua); this is the bridge.
 */
#ifndef BIND_SUITE_H
#define BIND_SUITE_H

#include "bind/env.h"
#include "engine/plan.h"
#include "engine/worker.h"

struct suite_threshold {
    char *selector, *expr, *where;
    int abort_on_fail, optional;
    int64_t delay_us, window_us; /* window 0: the whole run */
};

struct suite {
    char *name;
    char *target; /* NULL: the built-in one */
    int has_setup, has_teardown;
    struct suite_threshold *thresholds;
    size_t nthresholds;
    char **notes;
    size_t nnotes;
};

/* Loads the suite into the host's state and fills in the plan (but for seed
 * and workers) and `out`.  Returns 0, or -1 with *error: one line for each
 * mistake. */
int suite_open(struct worker *host, struct plan *plan, struct suite *out,
               char **error);
void suite_fini(struct suite *s);

/* The file of a suite given as a path, or as a module's name that is searched
 * for beside the current folder and in the LuaRocks trees; to be freed; NULL
 * when there is none. */
char *suite_find(const char *name);

/* A hook: loads the suite into a worker's state. */
int suite_open_worker(struct worker *w, char **error);

/* Gives the state stress.target and an HTTP client; after env->target is
 * known. */
int suite_open_http(struct worker *w, char **error);

/* Pushes a field of the plan's table: "setup", "criteria", ...  [-0, +1, v] */
int suite_push(lua_State *L, const char *field);

/* Pushes the whole table.  [-0, +1, -] */
void suite_push_plan(lua_State *L);

#endif
