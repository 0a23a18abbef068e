/* preflight.h - is anybody there? asked before the load. */
#ifndef CLI_PREFLIGHT_H
#define CLI_PREFLIGHT_H

/* Makes one connection to the host of the URL and closes it without a
 * request, so that no count of the target's changes.  Returns NULL when it
 * was accepted within five seconds, else why not (to be freed). */
char *preflight(const char *url, const char *unix_socket);

#endif
