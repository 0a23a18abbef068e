/* library.h - the Lua library, embedded: made from lib/ by the build. */
#ifndef BIND_LIBRARY_H
#define BIND_LIBRARY_H

#include <stddef.h>

struct library_file {
    const char *module; /* "stress.suite" */
    const char *text;
    size_t len;
};

extern const struct library_file library_files[]; /* ends with a NULL name */

#endif
