/* router.h - which endpoint answers a path.
 *
 * A route is written as people write it in a document: "/delay/MS".  A
 * segment in capitals stands for any text that is not empty.  The same words
 * are the label of the route in the counters, so that their number is
 * bounded whatever clients ask for.
 */
#ifndef TARGET_ROUTER_H
#define TARGET_ROUTER_H

#include <jansson.h>
#include <microhttpd.h>
#include <stddef.h>

struct request;

struct route {
    const char *pattern;
    unsigned methods; /* set of ON_... */
    /* The largest body to keep for the endpoint; 0 keeps none, and a body
     * that comes nevertheless is read and dropped. */
    size_t body_max;
    enum MHD_Result (*answer)(struct request *);
    /* Sees the body as it arrives; NULL: not interested. */
    void (*feed)(struct request *, const char *bytes, size_t len);
    const char *about;
};

enum { ROUTES_MAX = 64 };

/* Sets the route and the variable segments of a request.  Unknown paths have
 * a route too, the first one. */
void router_find(struct request *r);

/* Answers a request whose body has arrived, or that was woken. */
enum MHD_Result router_answer(struct request *r);

/* The routes by number, for those who list or count them. */
unsigned router_count(void);
const struct route *router_route(unsigned i);
unsigned router_index(const struct route *route);

#endif
