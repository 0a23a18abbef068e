/* tools.c - see tools.h */
#include "target/tools.h"

#include <string.h>

#define ECHOES " Here it only gives its parameters back."
/* clang-format off */
#define OPERATION(words) { "operation", "string", words, true }

static const struct tool tools[TOOLS] = {
    { "web_search", "web",
      "Searches the web for a phrase." ECHOES, NULL,
      { { "query", "string", "what to look for", false },
        { "limit", "integer", "how many results", true } } },
    { "base64_encoder", "data",
      "Encodes text as base64, or decodes it.", tool_base64,
      { { "text", "string", "what to encode or decode", false },
        OPERATION("encode (default) or decode") } },
    { "diff_calculator", "text",
      "Lists the differences of two texts." ECHOES, NULL,
      { { "left", "string", "the first text", false },
        { "right", "string", "the second text", false } } },
    { "uuid_generator", "data",
      "Makes a random UUID, version 4.", tool_uuid, { { 0 } } },
    { "data_validation", "data",
      "Validates data against a schema." ECHOES, NULL,
      { { "data", "object", "what to validate", false },
        { "schema", "object", "a JSON Schema", false } } },
    { "file_search", "files",
      "Finds files by name or content." ECHOES, NULL,
      { { "pattern", "string", "what to look for", false },
        { "path", "string", "where to start", true } } },
    { "graphql_query", "web",
      "Sends a query to a GraphQL endpoint." ECHOES, NULL,
      { { "endpoint", "string", "its URL", false },
        { "query", "string", "the query", false },
        { "variables", "object", "its variables", true } } },
    { "citation-formatter", "text",
      "Formats a citation in a given style." ECHOES, NULL,
      { { "source", "object", "author, title, year", false },
        { "style", "string", "apa, mla or chicago", true } } },
    { "environment_reader", "system",
      "Reads environment variables." ECHOES, NULL,
      { { "name", "string", "which variable", false } } },
    { "http_request", "web",
      "Sends one HTTP request." ECHOES, NULL,
      { { "url", "string", "where to", false },
        { "method", "string", "GET unless said", true },
        { "body", "string", "what to send", true } } },
    { "audio_processor", "media",
      "Converts and trims audio." ECHOES, NULL,
      { { "source", "string", "the recording", false },
        OPERATION("convert, trim or normalize") } },
    { "graph-builder", "data",
      "Builds a graph from nodes and edges." ECHOES, NULL,
      { { "nodes", "array", "names of nodes", false },
        { "edges", "array", "pairs of names", false } } },
    { "service_checker", "system",
      "Checks whether a service answers." ECHOES, NULL,
      { { "url", "string", "the service", false },
        { "timeout_ms", "integer", "how long to wait", true } } },
    { "process_executor", "system",
      "Runs a command." ECHOES, NULL,
      { { "command", "string", "what to run", false },
        { "arguments", "array", "its arguments", true } } },
    { "video_processor", "media",
      "Converts and cuts video." ECHOES, NULL,
      { { "source", "string", "the recording", false },
        OPERATION("convert, cut or scale") } },
    { "image_processor", "media",
      "Scales and converts images." ECHOES, NULL,
      { { "source", "string", "the image", false },
        OPERATION("scale, crop or convert") } },
    { "calculator", "math",
      "Evaluates arithmetic: + - * / % ^ and parentheses.",
      tool_calculator,
      { { "expression", "string", "such as 3 + 4", false } } },
    { "webhook-caller", "web",
      "Calls a webhook with a payload." ECHOES, NULL,
      { { "url", "string", "the webhook", false },
        { "payload", "object", "what to send", true } } },
    { "file_converter", "files",
      "Converts a file to another format." ECHOES, NULL,
      { { "path", "string", "which file", false },
        { "format", "string", "the new format", false } } },
    { "api-tester", "web",
      "Tests an API against expectations." ECHOES, NULL,
      { { "url", "string", "the API", false },
        { "expect", "object", "what should come back", true } } },
    { "web-scraper", "web",
      "Extracts parts of a web page." ECHOES, NULL,
      { { "url", "string", "the page", false },
        { "selector", "string", "which parts", true } } },
    { "url-analyzer", "web",
      "Takes a URL apart." ECHOES, NULL,
      { { "url", "string", "the URL", false } } },
    { "sitemap-crawler", "web",
      "Follows the sitemap of a web site." ECHOES, NULL,
      { { "url", "string", "the site", false },
        { "depth", "integer", "how far to follow", true } } },
    { "date_time_handler", "data",
      "Tells the current date and time in UTC.", tool_date_time,
      { OPERATION("now") } },
    { "text_manipulator", "text",
      "Changes the case of ASCII letters, reverses or measures text.",
      tool_text,
      { { "text", "string", "what to change", false },
        OPERATION("upper (default), lower, reverse or length") } },
    { "file_operations", "files",
      "Copies, moves and deletes files." ECHOES, NULL,
      { OPERATION("copy, move or delete"),
        { "path", "string", "which file", false },
        { "to", "string", "where to", true } } },
    { "file_watcher", "files",
      "Waits for a file to change." ECHOES, NULL,
      { { "path", "string", "which file", false } } },
    { "webpage-monitor", "web",
      "Waits for a web page to change." ECHOES, NULL,
      { { "url", "string", "the page", false },
        { "interval_s", "number", "how often to look", true } } },
    { "system_monitor", "system",
      "Measures processor, memory and disk." ECHOES, NULL,
      { { "what", "string", "cpu, memory or disk", true } } },
    { "hash_calculator", "data",
      "Computes a checksum of text: FNV-1a, CRC-32 or Adler-32.", tool_hash,
      { { "text", "string", "what to hash", false },
        { "algorithm", "string", "fnv1a (default), crc32 or adler32",
          true } } },
};
/* clang-format on */

const struct tool *tools_all(void)
{
    return tools;
}

const struct tool *tools_find(const char *name, size_t len)
{
    for (int i = 0; i < TOOLS; i++)
        if (strlen(tools[i].name) == len &&
            memcmp(tools[i].name, name, len) == 0)
            return &tools[i];
    return NULL;
}

json_t *tools_invoke(const struct tool *tool, json_t *params, char *why,
                     size_t size)
{
    if (tool->run != NULL)
        return tool->run(params, why, size);
    return json_pack("{s:O}", "echo", params);
}
