/* mem.h - memory that is there or the program is not.
 *
 * Out of memory ends the program with one line on stderr and exit code 109,
 * in one place, so no caller tests for NULL.  What a script or a server can
 * make arbitrarily large must have a maximum of its own before it comes here.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

/* As the functions without the x, but they never return NULL, not even for a
 * size of 0. */
void *xmalloc(size_t size);
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t size);
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t len);

/* Formatted like printf, into memory that the caller frees. */
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Ends the program: a mistake of ours, found at run time (exit code 109). */
_Noreturn void bug_at(const char *file, int line, const char *what);
#define bug(what) bug_at(__FILE__, __LINE__, what)

/* Grows an array of `*cap` items of `size` bytes so that it holds at least
 * `need`, doubling it; returns its new place and stores the new `*cap`. */
void *grow(void *items, size_t *cap, size_t need, size_t size);

#endif
