/* metric.c - see metric.h */
#include "stats/metric.h"

#include <string.h>

#define COUNTER METRIC_COUNTER, UNIT_NONE
#define BYTES METRIC_COUNTER, UNIT_BYTES
#define RATE METRIC_RATE, UNIT_SHARE
#define TIME METRIC_TREND, UNIT_TIME
#define GAUGE METRIC_GAUGE, UNIT_NONE

/* clang-format off */
const struct metric_info metric_builtin[METRIC_BUILTIN_COUNT] = {
    [M_HTTP_REQS] = { "http_reqs", COUNTER,
        "HTTP requests that came to an end, each redirect hop counted" },
    [M_HTTP_REQ_FAILED] = { "http_req_failed", RATE,
        "share of requests whose response was not an expected one" },
    [M_HTTP_REQ_DURATION] = { "http_req_duration", TIME,
        "sending, waiting and receiving; no DNS, connect or TLS" },
    [M_HTTP_REQ_RESPONSE_TIME] = { "http_req_response_time", TIME,
        "from the moment the request was due to its end" },
    [M_HTTP_REQ_BLOCKED] = { "http_req_blocked", TIME,
        "until a connection was ready; contains DNS, connect and TLS" },
    [M_HTTP_REQ_LOOKING_UP] = { "http_req_looking_up", TIME,
        "looking up the address of the host" },
    [M_HTTP_REQ_CONNECTING] = { "http_req_connecting", TIME,
        "setting up the TCP connection; 0 on a reused one" },
    [M_HTTP_REQ_TLS] = { "http_req_tls_handshaking", TIME,
        "the TLS handshake; 0 on a reused connection" },
    [M_HTTP_REQ_SENDING] = { "http_req_sending", TIME,
        "from connection ready to request written" },
    [M_HTTP_REQ_WAITING] = { "http_req_waiting", TIME,
        "from request written to first byte of the response" },
    [M_HTTP_REQ_RECEIVING] = { "http_req_receiving", TIME,
        "from first to last byte of the response" },
    [M_HTTP_REQ_RETRIED] = { "http_req_retried", COUNTER,
        "requests sent again because a reused connection was closed" },
    [M_HTTP_CONN_NEW] = { "http_conn_new", COUNTER,
        "new connections made for HTTP requests" },
    [M_DATA_SENT] = { "data_sent", BYTES,
        "bytes of request heads and bodies, counted above TLS" },
    [M_DATA_RECEIVED] = { "data_received", BYTES,
        "bytes of response heads and bodies, counted above TLS" },
    [M_ITERATIONS] = { "iterations", COUNTER,
        "iterations that ran to their end, script errors included" },
    [M_ITERATION_DURATION] = { "iteration_duration", TIME,
        "a whole iteration, sleeps included" },
    [M_ITERATION_LATENESS] = { "iteration_lateness", TIME,
        "how long after its due time an iteration started" },
    [M_DROPPED_ITERATIONS] = { "dropped_iterations", COUNTER,
        "iterations that were due and never started" },
    [M_INTERRUPTED_ITERATIONS] = { "interrupted_iterations", COUNTER,
        "iterations cut short by the end of the run" },
    [M_HTTP_REQ_INTERRUPTED] = { "http_req_interrupted", TIME,
        "how long requests had lasted that the end of the run cut off" },
    [M_CHECKS] = { "checks", RATE,
        "share of checks that passed" },
    [M_GROUP_DURATION] = { "group_duration", TIME,
        "one run of a group, sleeps included" },
    [M_SCRIPT_ERRORS] = { "script_errors", COUNTER,
        "iterations that ended with an error raised by the script" },
    [M_VUS] = { "vus", GAUGE,
        "virtual users at work" },
    [M_VUS_MAX] = { "vus_max", GAUGE,
        "virtual users allocated" },
};
/* clang-format on */

int metric_find_builtin(const char *name)
{
    for (int i = 0; i < METRIC_BUILTIN_COUNT; i++)
        if (strcmp(metric_builtin[i].name, name) == 0)
            return i;
    return -1;
}

const char *metric_kind_name(enum metric_kind kind)
{
    static const char *const names[] = {
        [METRIC_COUNTER] = "counter",
        [METRIC_GAUGE] = "gauge",
        [METRIC_RATE] = "rate",
        [METRIC_TREND] = "trend",
    };
    return names[kind];
}

const char *metric_unit_name(enum metric_unit unit)
{
    static const char *const names[] = {
        [UNIT_NONE] = "",
        [UNIT_TIME] = "ms",
        [UNIT_BYTES] = "bytes",
        [UNIT_SHARE] = "",
    };
    return names[unit];
}

/* Not isalpha(): a name must not depend on the locale. */
static int is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

int metric_name_ok(const char *name)
{
    if (!is_letter(name[0]))
        return 0;
    size_t len = 1;
    while (is_letter(name[len]) ||
           (name[len] != '\0' && strchr("0123456789_-.", name[len]) != NULL))
        if (++len >= METRIC_NAME_MAX)
            return 0;
    return name[len] == '\0';
}

double metric_shown(enum metric_unit unit, double stored)
{
    switch (unit) {
    case UNIT_TIME:
        return stored / 1e3;
    case UNIT_NONE:
        return stored / 1e6;
    case UNIT_BYTES:
    case UNIT_SHARE:
        break;
    }
    return stored;
}
