/* run.c - stressengine run: from a suite to a verdict */
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "bind/copy.h"
#include "bind/http.h"
#include "bind/result.h"
#include "bind/state.h"
#include "cli/builtin.h"
#include "cli/cli.h"
#include "cli/preflight.h"
#include "cli/progress.h"
#include "cli/session.h"
#include "engine/health.h"
#include "engine/watchdog.h"
#include "out/live.h"
#include "out/report.h"
#include "stats/judge.h"

struct job {
    struct session session;
    struct judge judge;
    struct health health;
    struct progress progress;
    pid_t target_pid;
    const char *call_failed; /* setup, teardown or report */
    int report_failed;
    char *preflight; /* why the target does not answer, or NULL */
};

/* ---- the target ---- */

static int open_target(struct job *j)
{
    struct session *s = &j->session;
    char *error;
    if (s->suite.target != NULL)
        s->options.env.target = xstrdup(s->suite.target);
    else
        s->options.env.target = builtin_start(&j->target_pid);
    if (s->options.env.target == NULL) {
        s->options.env.target = xstrdup("");
        j->preflight = xstrdup("the built-in target did not start");
    }
    if (suite_open_http(&s->run.host, &error) != 0) {
        fprintf(stderr, "stressengine: %s: %s\n", s->file, error);
        free(error);
        return EXIT_CONFIG;
    }
    /* Through a proxy it is the proxy's business to reach the target. */
    if (j->preflight == NULL && !http_default_proxy(&s->run.host))
        j->preflight =
            preflight(s->options.env.target, http_default_socket(&s->run.host));
    if (j->preflight != NULL)
        fprintf(stderr, "stressengine: the target does not answer: %s\n",
                j->preflight);
    return 0;
}

/* ---- thresholds while it runs ---- */

static double seconds_of(void *arg, const char *scenario)
{
    const struct run *run = arg;
    return run_seconds(run, run_find_scenario(run, scenario));
}

static void open_judge(struct job *j)
{
    struct session *s = &j->session;
    for (size_t i = 0; i < s->suite.nthresholds; i++) {
        const struct suite_threshold *t = &s->suite.thresholds[i];
        char err[300];
        if (judge_add(&j->judge, &s->run.store, t->selector, t->expr,
                      t->window_us, err, sizeof err) != 0)
            die(EXIT_CONFIG, "%s: %s: %s", s->file, t->where, err);
        struct criterion *c = &j->judge.criteria[j->judge.n - 1];
        c->optional = t->optional;
        c->abort_on_fail = t->abort_on_fail;
        c->delay_us = t->delay_us;
    }
}

/* NO DATA aborts nothing: there may be some later. */
static void check_abort(struct job *j)
{
    struct run *run = &j->session.run;
    int64_t since = clock_us() - run->began - run->plan->warmup_us;
    for (size_t i = 0; i < j->judge.n; i++) {
        const struct criterion *c = &j->judge.criteria[i];
        if (!c->abort_on_fail || c->status != JUDGE_FAIL || since < c->delay_us)
            continue;
        char *text = xasprintf("threshold %s: %s failed", c->selector_text,
                               c->expr_text);
        run_stop(run, STOP_ABORTED, text);
        free(text);
    }
}

static void on_second(struct run *run, void *arg)
{
    struct job *j = arg;
    judge_all(&j->judge, &run->store, seconds_of, run);
    check_abort(j);
    progress_second(&j->progress, run);
}

static void on_frame(struct run *run, void *arg)
{
    struct job *j = arg;
    progress_draw(&j->progress, run);
}

/* What a suite prints must not spoil a report on stdout. */
static void on_print(const char *text, size_t len, void *arg)
{
    struct job *j = arg;
    int fd =
        j->session.options.env.stdout_taken ? STDERR_FILENO : STDOUT_FILENO;
    live_print(j->progress.live, text, len, fd);
}

/* ---- setup and teardown ---- */

static void report_error(struct job *j, const char *where)
{
    lua_State *L = j->session.run.host.L;
    live_finish(j->progress.live);
    fprintf(stderr, "stressengine: %s: %s\n", where,
            lua_isstring(L, -1) ? lua_tostring(L, -1) : "error");
    lua_pop(L, 1);
    j->call_failed = where;
}

/* Runs setup and hands its result to the workers; it stays on the stack for
 * teardown.  -1 when the load must not begin. */
static int run_setup(struct job *j)
{
    struct session *s = &j->session;
    lua_State *L = s->run.host.L;
    s->run.phase = "setup";
    if (!s->suite.has_setup) {
        lua_pushnil(L);
        return 0;
    }
    suite_push(L, "setup");
    int rc = run_call(&s->run, 0);
    if (rc == 0) {
        struct buf data = { 0 };
        char err[400];
        if (copy_pack(L, -1, &data, "data", err, sizeof err) == 0) {
            run_post_data(&s->run, data.data, data.len);
            buf_free(&data);
            return 0;
        }
        buf_free(&data);
        live_finish(j->progress.live);
        fprintf(stderr,
                "stressengine: setup returned what cannot be handed "
                "to the workers: %s\n",
                err);
        j->call_failed = "setup";
        return -1;
    }
    if (rc == -1)
        report_error(j, "setup");
    lua_pushnil(L);
    return -1;
}

/* teardown(data, result), also after a failure or an interruption. */
static void run_teardown(struct job *j, int data_idx, int result_idx)
{
    struct session *s = &j->session;
    lua_State *L = s->run.host.L;
    if (!s->suite.has_teardown || j->preflight != NULL)
        return; /* without a setup there is nothing to tear down */
    s->run.phase = "teardown";
    suite_push(L, "teardown");
    lua_pushvalue(L, data_idx);
    lua_pushvalue(L, result_idx);
    int rc = run_call(&s->run, 2);
    if (rc == -1)
        report_error(j, "teardown");
    else if (rc == 0)
        lua_pop(L, 1);
}

/* ---- the result ---- */

static void set_text(lua_State *L, const char *key, const char *value)
{
    lua_pushstring(L, value);
    lua_setfield(L, -2, key);
}

static void push_options(lua_State *L, const struct session *s)
{
    const struct options *o = &s->options;
    lua_newtable(L);
    set_text(L, "profile", o->env.profile);
    set_text(L, "target", o->env.target_option);
    set_text(L, "vus", o->env.vus);
    set_text(L, "duration", o->env.duration);
    set_text(L, "iterations", o->env.iterations);
    lua_pushboolean(L, o->env.once);
    lua_setfield(L, -2, "once");
    lua_pushinteger(L, s->plan.nworkers);
    lua_setfield(L, -2, "workers");
}

/* What the command knows and stress.result needs. */
static void push_facts(lua_State *L, const struct job *j)
{
    const struct session *s = &j->session;
    const struct run *run = &s->run;
    lua_newtable(L);
    set_text(L, "file", s->file);
    set_text(L, "target", s->suite.target ? s->options.env.target : "built-in");
    set_text(L, "call_failed", j->call_failed);
    lua_pushboolean(L, run->stop == STOP_INTERRUPTED || run->signals > 0);
    lua_setfield(L, -2, "interrupted");
    set_text(L, "preflight", j->preflight);
    if (run->stop == STOP_ABORTED)
        set_text(L, "aborted", run->stop_message);
    push_options(L, s);
    lua_setfield(L, -2, "options");
}

static int l_complete(lua_State *L) /* job; [-1, +1, v] */
{
    struct job *j = lua_touserdata(L, 1);
    struct result_input in = { &j->session.run, &j->judge, &j->health };
    lua_getglobal(L, "require");
    lua_pushliteral(L, "stress.result");
    lua_call(L, 1, 1);
    lua_getfield(L, -1, "complete");
    lua_pushcfunction(L, result_push);
    lua_pushlightuserdata(L, &in);
    lua_call(L, 1, 1);
    suite_push_plan(L);
    push_facts(L, j);
    lua_call(L, 3, 1);
    return 1;
}

static int l_decide(lua_State *L) /* job, result; [-2, +0, v] */
{
    struct job *j = lua_touserdata(L, 1);
    lua_getglobal(L, "require");
    lua_pushliteral(L, "stress.result");
    lua_call(L, 1, 1);
    lua_getfield(L, -1, "decide");
    lua_pushvalue(L, 2);
    push_facts(L, j);
    lua_call(L, 2, 0);
    return 0;
}

static void complain(struct job *j, char *error)
{
    fprintf(stderr, "stressengine: %s\n", error);
    free(error);
    j->report_failed = 1;
}

static int terminal_width(int fd)
{
    struct winsize size;
    if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40)
        return size.ws_col > 140 ? 140 : size.ws_col;
    return 100;
}

static int wants_color(const struct options *o, int fd)
{
    const char *no = getenv("NO_COLOR");
    return !o->no_color && (no == NULL || no[0] == '\0') && isatty(fd);
}

static void write_one(struct job *j, int result_idx, const char *kind,
                      const char *file, const struct report_style *style)
{
    lua_State *L = j->session.run.host.L;
    char *error = NULL;
    size_t len;
    watch_begin(&j->session.run.host, clock_us());
    int rc = report_render(L, result_idx, kind, style, &error);
    watch_end(&j->session.run.host);
    if (rc != 0) {
        complain(j, error);
        return;
    }
    const char *text = lua_tolstring(L, -1, &len);
    if (report_write(file, text, len, &error) != 0)
        complain(j, error);
    lua_pop(L, 1);
}

static void write_outputs(struct job *j, int result_idx)
{
    const struct options *o = &j->session.options;
    struct report_style plain = { .color = 0, .width = 100 };
    struct report_style style = {
        .color = wants_color(o, STDOUT_FILENO),
        .width = terminal_width(STDOUT_FILENO),
    };
    for (int i = 0; i < o->noutputs; i++)
        write_one(j, result_idx, o->outputs[i].kind, o->outputs[i].file,
                  &plain);
    /* A report on stdout is for a program: the summary would spoil it. */
    if (!o->env.stdout_taken)
        write_one(j, result_idx, "text", "-", &style);
}

/* The suite's own report(result). */
static void run_report(struct job *j, int result_idx)
{
    lua_State *L = j->session.run.host.L;
    if (suite_push(L, "report") != LUA_TFUNCTION) {
        lua_pop(L, 1);
        return;
    }
    lua_pushvalue(L, result_idx);
    int rc = run_call(&j->session.run, 1);
    if (rc == -1)
        report_error(j, "report");
    else if (rc == 0)
        lua_pop(L, 1);
}

static int exit_code_of(lua_State *L, int result_idx)
{
    lua_getfield(L, result_idx, "exit_code");
    int code = (int)lua_tointeger(L, -1);
    lua_pop(L, 1);
    return code;
}

static int decide(struct job *j, int result_idx)
{
    lua_State *L = j->session.run.host.L;
    lua_pushcfunction(L, l_decide);
    lua_pushlightuserdata(L, j);
    lua_pushvalue(L, result_idx);
    watch_begin(&j->session.run.host, clock_us());
    int status = lua_pcall(L, 2, 0, 0);
    watch_end(&j->session.run.host);
    if (status == LUA_OK)
        return exit_code_of(L, result_idx);
    fprintf(stderr, "stressengine: %s\n", lua_tostring(L, -1));
    return EXIT_BUG;
}

static int conclude(struct job *j, int data_idx)
{
    struct session *s = &j->session;
    lua_State *L = s->run.host.L;
    char *error;
    judge_all(&j->judge, &s->run.store, seconds_of, &s->run);
    health_judge(&j->health, &s->run);
    if (state_call(L, l_complete, j, 1, &error) != 0) {
        fprintf(stderr, "stressengine: %s\n", error);
        return EXIT_BUG;
    }
    int result_idx = lua_gettop(L);
    run_teardown(j, data_idx, result_idx);
    live_finish(j->progress.live);
    decide(j, result_idx);
    run_report(j, result_idx);
    int code = decide(j, result_idx);
    write_outputs(j, result_idx);
    return code == EXIT_PASSED && j->report_failed ? EXIT_CONFIG : code;
}

/* ---- the command ---- */

static int perform(struct job *j)
{
    struct session *s = &j->session;
    struct run *run = &s->run;
    char *error;
    int code = open_target(j);
    if (code != 0)
        return code;
    run_prepare(run,
                &(struct run_callbacks){ on_second, on_frame, on_print, j });
    open_judge(j);
    if (j->preflight != NULL) {
        lua_pushnil(run->host.L);
        return conclude(j, lua_gettop(run->host.L));
    }
    progress_open(&j->progress, s);
    if (run_start_workers(run, &error) != 0) {
        fprintf(stderr, "stressengine: %s\n", error);
        free(error);
        return EXIT_CONFIG;
    }
    int fit = run_setup(j) == 0;
    int data_idx = lua_gettop(run->host.L);
    if (fit && run->stop == STOP_NONE)
        run_load(run);
    if (fit && run->stop == STOP_NONE && s->plan.cooldown_us > 0) {
        run->phase = "cooldown";
        run_wait(run, s->plan.cooldown_us);
    }
    run_stop_workers(run);
    return conclude(j, data_idx);
}

static void print_usage(void)
{
    puts("Usage: stressengine suite.lua [options]\n\n"
         "Makes the load that the suite describes and answers whether the "
         "target holds.\nWithout a target the built-in one is started.\n");
    options_print_help(CMD_RUN);
}

int cmd_run(int argc, char **argv)
{
    struct job j = { 0 };
    session_open(&j.session, CMD_RUN, argc, argv);
    if (j.session.options.help) {
        print_usage();
        return EXIT_PASSED;
    }
    for (size_t i = 0; i < j.session.suite.nnotes; i++)
        fprintf(stderr, "stressengine: note: %s\n", j.session.suite.notes[i]);
    int code = perform(&j);
    progress_close(&j.progress);
    builtin_stop(j.target_pid);
    judge_fini(&j.judge);
    free(j.preflight);
    if (j.session.run.stuck) {
        fflush(NULL);
        _exit(code); /* a thread that cannot be ended is still there */
    }
    session_close(&j.session);
    return code;
}
