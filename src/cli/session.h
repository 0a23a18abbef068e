/* session.h - from a command line to a plan: what run and check share. */
#ifndef CLI_SESSION_H
#define CLI_SESSION_H

#include "bind/feed.h"
#include "bind/suite.h"
#include "cli/options.h"
#include "engine/run.h"

struct session {
    struct options options;
    struct plan plan;
    struct suite suite;
    struct run run;
    struct worker_hooks hooks;
    char *file, *dir;
};

/* Finds the suite, opens the host's state and loads it.  Mistakes end the
 * program with exit code 104. */
void session_open(struct session *s, enum command command, int argc,
                  char **argv);
void session_close(struct session *s);

#endif
