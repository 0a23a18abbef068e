/* progress.h - a run as what the live view draws. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "cli/session.h"
#include "out/live.h"

struct progress {
    struct live *live;
    /* private */
    struct live_scenario *scenarios;
    struct live_state state;
    int64_t opened;
    char health[240];
};

/* Opens the view that suits stderr and the options; closes it for good. */
void progress_open(struct progress *p, const struct session *s);
void progress_close(struct progress *p);

/* The numbers of the second that was just merged. */
void progress_second(struct progress *p, const struct run *run);

/* Draws what has changed. */
void progress_draw(struct progress *p, const struct run *run);

#endif
