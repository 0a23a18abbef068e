/* http.h - the module stress.http: requests that park the VU. */
#ifndef BIND_HTTP_H
#define BIND_HTTP_H

#include <lua.h>

#include "engine/worker.h"

/* Makes the worker's client with the suite's defaults: the `http` table at
 * `defaults_idx` (or nil).  `target` is the base URL.  Raises what is wrong
 * with the defaults.  [-0, +0, v] */
void http_open(lua_State *L, struct worker *w, const char *target,
               int defaults_idx, int debug);
void http_close(struct worker *w);

/* The Unix socket of the suite's defaults, or NULL. */
const char *http_default_socket(const struct worker *w);

/* Whether all requests go through a proxy. */
int http_default_proxy(const struct worker *w);

/* Engine hooks. */
int http_events(struct worker *w);
int http_send(struct worker *w);
void http_vu_ended(struct vu *vu);
void http_vu_closed(struct vu *vu);

int luaopen_stress_http(lua_State *L);

#endif
