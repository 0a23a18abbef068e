/* multipart.h - tells the parts of a multipart body apart as it streams by.
 *
 * Nothing of the parts is kept but the header of the current one.  The
 * server library has such a parser, which we do not use: fed in small
 * pieces it reports empty parts that are not there (0.9.75).
 */
#ifndef TARGET_MULTIPART_H
#define TARGET_MULTIPART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum { MULTIPART_BOUNDARY_MAX = 70 }; /* RFC 2046 */

struct multipart {
    /* Called at the end of each part.  `filename` is NULL if it has none. */
    void (*on_part)(void *cls, const char *name, const char *filename,
                    uint64_t size);
    void *cls;
    /* private */
    int state;
    char delimiter[MULTIPART_BOUNDARY_MAX + 5]; /* "\r\n--boundary" */
    size_t delimiter_len;
    size_t matched;
    struct buf head;
    uint64_t size;
};

/* Takes the boundary from a Content-Type; -1 if it has no usable one.  Sets
 * everything but on_part and cls. */
int multipart_init(struct multipart *m, const char *content_type);
void multipart_fini(struct multipart *m);

/* The next bytes of the body; any piece will do. */
void multipart_feed(struct multipart *m, const char *bytes, size_t len);

/* Whether what was fed is a whole multipart body. */
bool multipart_complete(const struct multipart *m);

#endif
