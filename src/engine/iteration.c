/* iteration.c - see iteration.h */
#include "engine/iteration.h"

#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "engine/worker.h"

enum { LATE_US = 10 * US_PER_MS };

void iteration_slots(struct scenario_run *run)
{
    struct recorder *r = &run->worker->recorder;
    const struct scenario *s = run->scenario;
    const struct tagset *tags = tagset_intern(&r->pool, s->tags, s->ntags);
    run->slot = recorder_slot(r, tags, 0, 0);
    run->mix_slots = xcalloc(s->nmix_names, sizeof *run->mix_slots);
    for (size_t i = 0; i < s->nmix_names; i++) {
        struct tag tag = { "mix", s->mix_names[i] };
        run->mix_slots[i] =
            recorder_slot(r, tagset_with(&r->pool, tags, &tag, 1), 1, 0);
    }
}

/* Which entry of the mix: an exact round, by the iteration's number where
 * that is unique in the scenario; else each VU goes its own rounds, begun at
 * different places. */
static unsigned mix_entry(const struct vu *vu)
{
    const struct scenario *s = vu->scenario;
    uint64_t at = vu->iteration - 1;
    if (s->executor != SHARED_ITERATIONS && !executor_is_open(s->executor))
        at += vu->number;
    return s->mix[at % s->nmix];
}

static void choose_function(struct vu *vu)
{
    struct scenario_run *run = vu->run;
    const struct scenario *s = vu->scenario;
    const int *ref = run->worker->run_refs + run->first_ref;
    if (s->nmix > 0) {
        unsigned entry = mix_entry(vu);
        ref += entry;
        vu->mix = s->mix_names[entry];
        vu->slot = run->mix_slots[entry];
    }
    lua_rawgeti(vu->main.co, LUA_REGISTRYINDEX, *ref);
}

void iteration_begin(struct vu *vu, int64_t intended, int64_t able)
{
    struct worker *w = vu->worker;
    struct scenario_run *run = vu->run;
    struct accounting *a = &w->recorder.tally->accounting[run->index];
    vu->flags = 0;
    vu->intended = intended;
    vu->idle_since = able;
    vu->started = 0;
    vu->busy = 1;
    vu->main_done = 0;
    vu->main.group = "";
    run->busy++;
    w->vus_active++;
    if (w->vus_active > w->recorder.tally->vus_peak)
        w->recorder.tally->vus_peak = w->vus_active;
    if (intended >= w->warmup_until) {
        vu->flags = VU_COUNTED;
        a->planned++;
        a->started++;
    } else {
        a->warmup++;
    }
    choose_function(vu);
    vu_push(vu->main.co, vu);
    strand_start(&vu->main, 1);
}

/* ---- errors ---- */

/* Builds message and traceback; in a protected call, since both allocate. */
static int l_describe(lua_State *L) /* [-1, +2, m] */
{
    struct strand *s = lua_touserdata(L, 1);
    luaL_tolstring(s->co, -1, NULL);
    lua_xmove(s->co, L, 1);
    luaL_traceback(L, s->co, NULL, 0);
    return 2;
}

/* The length of "file:line: " at the begin of a message, or of all of it. */
static size_t place_length(const char *message)
{
    for (const char *at = message; (at = strchr(at, ':')) != NULL; at++) {
        size_t digits = strspn(at + 1, "0123456789");
        if (digits > 0 && strncmp(at + 1 + digits, ": ", 2) == 0)
            return (size_t)(at - message) + digits + 3;
    }
    return strlen(message);
}

/* A message without a place, such as that of error(object), begins with the
 * one where it was raised: the first in Lua of the traceback.  To be freed. */
static char *with_place(const char *message, const char *traceback)
{
    if (message[place_length(message)] != '\0')
        return xstrdup(message);
    const char *line = traceback;
    while ((line = strstr(line, "\n\t")) != NULL) {
        line += 2;
        size_t end = strcspn(line, "\n"), place = place_length(line);
        if (line[0] != '[' && place < end)
            return xasprintf("%.*s%s", (int)place, line, message);
    }
    return xstrdup(message);
}

/* A mistake of the script counts wherever it happens, also while warming up;
 * it is shown once for each place. */
static void note_error(struct vu *vu, const char *message, const char *example)
{
    struct tally *t = vu->worker->recorder.tally;
    error_list_add_at(&t->errors, message, place_length(message), 1, example);
}

static void report_script_error(struct strand *s)
{
    struct vu *vu = s->vu;
    lua_State *L = vu->worker->L;
    lua_pushcfunction(L, l_describe);
    lua_pushlightuserdata(L, s);
    if (lua_checkstack(s->co, 2) && lua_pcall(L, 1, 2, 0) == LUA_OK) {
        char *message = with_place(lua_tostring(L, -2), lua_tostring(L, -1));
        char *example = xasprintf("%s\n%s", message, lua_tostring(L, -1));
        note_error(vu, message, example);
        free(message);
        free(example);
        lua_pop(L, 2);
    } else {
        /* No memory, or what the error's own __tostring raised. */
        note_error(vu,
                   lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1)
                                                  : "script: not enough memory",
                   NULL);
        lua_settop(L, 0);
    }
    if (vu->run != NULL)
        record_count(
            recorder_at(&vu->worker->recorder, vu->run->slot, M_SCRIPT_ERRORS),
            1);
}

static void note_failure(struct strand *s, int status)
{
    const char *message;
    struct vu *vu = s->vu;
    vu->flags |= VU_FAILED;
    if (status == LUA_ERRRUN && is_fail_error(s->co, -1, &message)) {
        vu_error(vu, message, NULL);
        return;
    }
    report_script_error(s);
}

void iteration_main_ended(struct strand *s, int status, int nresults)
{
    struct vu *vu = s->vu;
    struct worker *w = vu->worker;
    (void)nresults;
    if (status != LUA_OK) {
        note_failure(s, status);
        vu_cancel(vu);
    } else {
        lua_settop(s->co, 0);
        if (w->hooks->vu_returned != NULL)
            w->hooks->vu_returned(vu);
    }
    vu->main_done = 1;
    if (vu->pending == 0)
        executor_iteration_over(vu);
}

/* ---- the account ---- */

static void account(struct vu *vu, struct accounting *a)
{
    if (vu->flags & VU_CANCELLED)
        a->cancelled++;
    else if (vu->flags & VU_TIMED_OUT)
        a->timed_out++;
    else if (vu->flags & VU_FAILED)
        a->failed++;
    else
        a->ok++;
}

static void record(struct vu *vu, unsigned slot, int64_t now)
{
    struct recorder *r = &vu->worker->recorder;
    if (vu->flags & VU_CANCELLED) {
        record_count(recorder_at(r, slot, M_INTERRUPTED_ITERATIONS), 1);
        return;
    }
    record_count(recorder_at(r, slot, M_ITERATIONS), 1);
    record_trend(recorder_at(r, slot, M_ITERATION_DURATION),
                 (uint64_t)(now - vu->started));
}

static void record_lateness(struct vu *vu)
{
    struct recorder *r = &vu->worker->recorder;
    struct worker_health *h = &r->tally->health;
    int64_t late = vu->started - vu->intended;
    int64_t lag = vu->started - vu->idle_since;
    if (!executor_is_open(vu->scenario->executor))
        return;
    record_trend(recorder_at(r, vu->run->slot, M_ITERATION_LATENESS),
                 late > 0 ? (uint64_t)late : 0);
    hist_record(&h->lag, lag > 0 ? (uint64_t)lag : 0);
    h->late_10ms += lag > LATE_US;
}

int64_t iteration_over(struct vu *vu)
{
    struct worker *w = vu->worker;
    struct scenario_run *run = vu->run;
    int64_t now = clock_us();
    if (w->hooks->vu_ended != NULL)
        w->hooks->vu_ended(vu);
    vu->busy = 0;
    vu->iterations_done++;
    if (run == NULL)
        return now;
    run->busy--;
    w->vus_active--;
    if (vu->flags & VU_COUNTED) {
        if (vu->started == 0)
            vu->started = now;
        record_lateness(vu);
        account(vu, &w->recorder.tally->accounting[run->index]);
        record(vu, run->slot, now);
        if (vu->mix != NULL)
            record(vu, vu->slot, now);
    }
    return now;
}

void iteration_cancel(struct vu *vu)
{
    vu->flags |= VU_CANCELLED;
    vu_cancel(vu);
    vu->main_done = 1;
    executor_iteration_over(vu);
}
