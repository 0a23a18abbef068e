/* worker.h - one thread with one loop, one Lua state, one recorder.
 *
 * Workers share nothing; each talks to the main thread through mailboxes.
 * The main thread has a worker struct of its own, the host, for setup and
 * teardown: same loop, same Lua libraries, no thread.
 */
#ifndef ENGINE_WORKER_H
#define ENGINE_WORKER_H

#include <lua.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/loop.h"
#include "engine/mailbox.h"
#include "engine/plan.h"
#include "engine/vu.h"
#include "stats/tally.h"

struct worker;

/* What the layers above give the engine. */
struct worker_hooks {
    /* Makes w->L with its libraries and loads the suite.  Returns 0, or -1
     * with *error to be freed. */
    int (*open)(struct worker *w, char **error);
    void (*close)(struct worker *w);
    /* What setup returned has come. */
    void (*data)(struct worker *w, const char *bytes, size_t len);
    /* Takes some of the events that the loop has collected.  Tells whether
     * some are left. */
    int (*events)(struct worker *w);
    /* After Lua ran: send what was asked for.  Tells whether there is more
     * to do before the loop may wait. */
    int (*send)(struct worker *w);
    /* Frees vu->http; cancels what is pending. */
    void (*vu_closed)(struct vu *vu);
    /* Its main function returned; what repeats must stop. */
    void (*vu_returned)(struct vu *vu);
    /* The iteration is over, whichever way; nothing of it may go on. */
    void (*vu_ended)(struct vu *vu);
    void *arg;
};

struct worker {
    int index; /* -1: the host */
    const struct plan *plan;
    const struct worker_hooks *hooks;
    struct loop loop;
    lua_State *L;
    struct recorder recorder;
    struct mailbox inbox;
    void (*receive)(struct worker *w, struct message *msg);
    struct mailbox *outbox;    /* the main thread's; NULL for the host */
    void *http;                /* the HTTP client, of the layer above */
    struct scenario_run *runs; /* by scenario */
    int *run_refs; /* registry references of the functions to run: for each
                      scenario the first of nmix_names or 1 in a row */
    int data_ref;  /* what setup returned */
    int64_t warmup_until; /* clock_us; starts before it are not counted */
    unsigned vus_active, vus_open;
    /* private */
    struct strand *ready_head, **ready_tail;
    pthread_t thread;
    int thread_started;
    char *aborted; /* of the host: why */
    int64_t turn_began;
    int64_t cpu_seen;
    int64_t lua_kb; /* of memory, after the last large document; 0: none */
    struct tally *spare;
    struct rng load_rng; /* of the suite's main chunk */
    /* watchdog.c's: */
    _Atomic int64_t slice_began; /* in Lua since; 0: not */
    _Atomic uint64_t slice;      /* number of that slice */
    _Atomic uint64_t unwanted;   /* the slice to be interrupted */
    _Atomic int prints;          /* prints that wait for the main thread */
};

/* Opens a worker without running it: loop, recorder, mailbox, then the open
 * hook in the thread itself.  Returns 0, or -1 when descriptors ran out. */
int worker_init(struct worker *w, int index, const struct plan *plan,
                const struct worker_hooks *hooks, struct mailbox *outbox);
void worker_fini(struct worker *w);

/* Starts the thread; it answers with MSG_READY or MSG_FAILED. */
int worker_start(struct worker *w);
void worker_post(struct worker *w, const struct message *msg);
void worker_join(struct worker *w);

/* A large document was made: its memory is to go back when it is gone. */
void worker_note_memory(struct worker *w);

/* A script wants the run to end, and says why. */
void worker_abort(struct worker *w, const char *message);

/* The recorder's tally, or NULL when the VU's iteration is not counted. */
struct recorder *vu_recorder(struct vu *vu);

/* Counts an error of the run, with one example; `vu` gives its place. */
void vu_error(struct vu *vu, const char *message, const char *example);

#endif
