/* tools.h - the registry of thirty tools.
 *
 * It never changes.  A tool either does what it says or, where `run` is
 * NULL, only gives its parameters back; its description says which.
 */
#ifndef TARGET_TOOLS_H
#define TARGET_TOOLS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum { TOOLS = 30, TOOL_PARAMS = 3 };

struct tool_param {
    const char *name; /* NULL after the last */
    const char *type; /* as in JSON Schema */
    const char *about;
    bool optional;
};

struct tool {
    const char *name;
    const char *category;
    const char *description;
    /* The result, or NULL with a sentence in `why`. */
    json_t *(*run)(const json_t *params, char *why, size_t size);
    struct tool_param params[TOOL_PARAMS];
};

/* TOOLS of them, in the order of the list. */
const struct tool *tools_all(void);

/* NULL if there is none of that name. */
const struct tool *tools_find(const char *name, size_t len);

/* The result of a tool for an object of parameters, or NULL with a sentence
 * in `why`. */
json_t *tools_invoke(const struct tool *tool, json_t *params, char *why,
                     size_t size);

/* toolwork.c: what the tools that do something do */
json_t *tool_calculator(const json_t *params, char *why, size_t size);
json_t *tool_base64(const json_t *params, char *why, size_t size);
json_t *tool_hash(const json_t *params, char *why, size_t size);
json_t *tool_uuid(const json_t *params, char *why, size_t size);
json_t *tool_text(const json_t *params, char *why, size_t size);
json_t *tool_date_time(const json_t *params, char *why, size_t size);

#endif
