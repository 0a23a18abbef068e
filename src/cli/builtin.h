/* builtin.h - the built-in target as a process of its own. */
#ifndef CLI_BUILTIN_H
#define CLI_BUILTIN_H

#include <sys/types.h>

/* Starts it on a free loopback port; before any thread is made.  Returns its
 * URL (to be freed), or NULL with a message on stderr.  It ends when
 * builtin_stop() is called or this process is gone. */
char *builtin_start(pid_t *pid);
void builtin_stop(pid_t pid);

#endif
