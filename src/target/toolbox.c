/* toolbox.c - the tool registry over HTTP, with two faces: one endpoint that
 * takes commands, and one address per tool.
 *
 * What does not depend on the request is made once, at the start.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "target/endpoints.h"
#include "target/jsontext.h"
#include "target/reply.h"
#include "target/request.h"
#include "target/tools.h"

enum { WHY = 256 };

static struct answer list_answer, tool_answer[TOOLS];
static char *tool_json[TOOLS]; /* {"name":...} */
static char *haystack[TOOLS];  /* name and description in lower case */

static json_t *parameters_of(const struct tool *tool)
{
    json_t *properties = json_object();
    json_t *required = json_array();
    for (int i = 0; i < TOOL_PARAMS && tool->params[i].name != NULL; i++) {
        const struct tool_param *p = &tool->params[i];
        json_object_set_new(
            properties, p->name,
            json_pack("{s:s, s:s}", "type", p->type, "description", p->about));
        if (!p->optional)
            json_array_append_new(required, json_string(p->name));
    }
    return json_pack("{s:s, s:o, s:o}", "type", "object", "properties",
                     properties, "required", required);
}

static char *lower(char *text)
{
    for (char *p = text; *p != '\0'; p++)
        *p = (char)tolower((unsigned char)*p);
    return text;
}

static void prepare(int i)
{
    const struct tool *tool = &tools_all()[i];
    json_t *json = json_pack("{s:s, s:s, s:s, s:o}", "name", tool->name,
                             "description", tool->description, "category",
                             tool->category, "parameters", parameters_of(tool));
    tool_json[i] = json_dumps(json, JSON_COMPACT);
    if (tool_json[i] == NULL)
        bug("toolbox: a tool is not JSON");
    tool_answer[i] = answer_keep(
        answer_json(json_pack("{s:s, s:o}", "status", "ok", "tool", json)));
    haystack[i] = lower(xasprintf("%s\n%s", tool->name, tool->description));
}

void toolbox_init(void)
{
    json_t *names = json_array();
    for (int i = 0; i < TOOLS; i++) {
        prepare(i);
        json_array_append_new(names, json_string(tools_all()[i].name));
    }
    list_answer = answer_keep(
        answer_json(json_pack("{s:s, s:o}", "status", "ok", "tools", names)));
}

void toolbox_fini(void)
{
    for (int i = 0; i < TOOLS; i++) {
        free(tool_json[i]);
        free(haystack[i]);
    }
}

enum MHD_Result get_tools(struct request *r)
{
    return reply(r, MHD_HTTP_OK, list_answer);
}

static enum MHD_Result bad(struct request *r, const char *why)
{
    return reply_error(r, MHD_HTTP_BAD_REQUEST, "%s", why);
}

static enum MHD_Result no_tool(struct request *r, const char *name, size_t len)
{
    return reply_error(r, MHD_HTTP_NOT_FOUND, "there is no tool \"%.*s\"",
                       (int)(len < 100 ? len : 100), name);
}

static enum MHD_Result search(struct request *r, const char *query, size_t len)
{
    json_t *results = json_array();
    char *needle = lower(xstrndup(query, len));
    for (int i = 0; i < TOOLS; i++)
        if (strstr(haystack[i], needle) != NULL)
            json_array_append_new(results, json_string(tools_all()[i].name));
    free(needle);
    return reply(
        r, MHD_HTTP_OK,
        answer_json(json_pack("{s:s, s:o, s:o}", "status", "ok", "query",
                              json_text(query, len), "results", results)));
}

/* The description of a tool, and how large the question was. */
static enum MHD_Result info(struct request *r, const struct tool *tool)
{
    struct buf b = { 0 };
    buf_addf(&b,
             "{\"status\":\"ok\",\"tool\":%s,\"received_bytes\":%" PRIu64 "}",
             tool_json[tool - tools_all()], r->received);
    size_t len = b.len;
    return reply(r, MHD_HTTP_OK, answer_bytes(buf_detach(&b), len, TYPE_JSON));
}

static enum MHD_Result invoke(struct request *r, const struct tool *tool,
                              json_t *params)
{
    char why[WHY];
    if (!json_is_object(params))
        return bad(r, "params must be an object");
    json_t *result = tools_invoke(tool, params, why, sizeof why);
    if (result == NULL)
        return bad(r, why);
    /* 1.1 is to be read as 1.1, not as 1.1000000000000001. */
    unsigned digits =
        json_is_real(result) ? json_digits(json_real_value(result)) : 17;
    return reply(
        r, MHD_HTTP_OK,
        answer_json_digits(json_pack("{s:s, s:s, s:o}", "status", "ok", "tool",
                                     tool->name, "result", result),
                           digits));
}

/* The commands that name a tool. */
static enum MHD_Result command_on_tool(struct request *r, json_t *body,
                                       bool invoking)
{
    json_t *name = json_object_get(body, "name");
    if (!json_is_string(name))
        return bad(r, "the command needs \"name\", a string");
    const char *text = json_string_value(name);
    size_t len = json_string_length(name);
    const struct tool *tool = tools_find(text, len);
    if (tool == NULL)
        return no_tool(r, text, len);
    if (!invoking)
        return info(r, tool);
    json_t *params = json_object_get(body, "params");
    if (params == NULL)
        return bad(r, "the command needs \"params\", an object");
    return invoke(r, tool, params);
}

static enum MHD_Result run_command(struct request *r, json_t *body)
{
    const char *command = json_string_value(json_object_get(body, "command"));
    if (command == NULL)
        return bad(r, "\"command\" must be one of list, info, invoke, search");
    if (strcmp(command, "list") == 0)
        return get_tools(r);
    if (strcmp(command, "info") == 0)
        return command_on_tool(r, body, false);
    if (strcmp(command, "invoke") == 0)
        return command_on_tool(r, body, true);
    if (strcmp(command, "search") != 0)
        return bad(r, "the command is none of list, info, invoke, search");
    json_t *query = json_object_get(body, "query");
    if (!json_is_string(query))
        return bad(r, "the command needs \"query\", a string");
    return search(r, json_string_value(query), json_string_length(query));
}

enum MHD_Result post_tools(struct request *r)
{
    char why[WHY];
    json_t *body = request_object(r, why, sizeof why);
    if (body == NULL)
        return bad(r, why);
    enum MHD_Result result = run_command(r, body);
    json_decref(body);
    return result;
}

enum MHD_Result get_tools_search(struct request *r)
{
    const char *query = request_query(r, "q");
    if (query == NULL)
        return bad(r, "the search needs ?q=");
    return search(r, query, strlen(query));
}

enum MHD_Result get_tool(struct request *r)
{
    const struct tool *tool = tools_find(r->arg[0], r->arg_len[0]);
    if (tool == NULL)
        return no_tool(r, r->arg[0], r->arg_len[0]);
    return reply(r, MHD_HTTP_OK, tool_answer[tool - tools_all()]);
}

enum MHD_Result post_tool_invoke(struct request *r)
{
    char why[WHY];
    const struct tool *tool = tools_find(r->arg[0], r->arg_len[0]);
    if (tool == NULL)
        return no_tool(r, r->arg[0], r->arg_len[0]);
    json_t *params = request_object(r, why, sizeof why);
    if (params == NULL)
        return bad(r, why);
    enum MHD_Result result = invoke(r, tool, params);
    json_decref(params);
    return result;
}
