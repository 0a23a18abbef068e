/* mailbox.h - how threads talk: messages in a queue.
 *
 * Any thread may post; one thread, the owner, takes.  A message posted is the
 * queue's; a message taken is the owner's, who frees it with message_free().
 * Everything that a worker and the main thread share passes through here, so
 * this is the one file with a mutex.
 */
#ifndef ENGINE_MAILBOX_H
#define ENGINE_MAILBOX_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#include "stats/tally.h"

enum message_kind {
    /* main to worker */
    MSG_DATA,  /* text, len: what setup returned, packed */
    MSG_START, /* scenario, at: begin it at that time */
    MSG_SWAP,  /* tally: an empty one; the full one is wanted back */
    MSG_STOP,  /* start no more iterations; end those that run in time */
    MSG_KILL,  /* end everything now */
    MSG_QUIT,  /* leave the loop */
    /* worker to main */
    MSG_READY,  /* loaded; waiting for MSG_START */
    MSG_FAILED, /* text: could not start */
    MSG_TALLY,  /* tally: the full one */
    MSG_DONE,   /* scenario: nothing of it is left on this worker */
    MSG_ABORT,  /* text: a script asked to end the run */
    MSG_PRINT,  /* text, len: what a script printed */
    MSG_GONE,   /* the worker's thread ends */
};

struct message {
    enum message_kind kind;
    int worker;
    int scenario;
    int64_t at;
    struct tally *tally;
    char *text;
    size_t len;
    struct message *next;
};

struct mailbox {
    /* private */
    pthread_mutex_t lock;
    struct message *head, **tail;
    void (*notify)(void *arg);
    void *arg;
};

/* `notify` is called by the posting thread after each post. */
void mailbox_init(struct mailbox *m, void (*notify)(void *), void *arg);
void mailbox_fini(struct mailbox *m); /* frees what nobody took */

/* Posts a copy of `msg`; its text and tally go with it. */
void mailbox_post(struct mailbox *m, const struct message *msg);

/* The oldest message, or NULL. */
struct message *mailbox_take(struct mailbox *m);

/* Frees it with its text; the tally is the taker's. */
void message_free(struct message *msg);

#endif
