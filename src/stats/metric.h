/* metric.h - what is measured: names, kinds and units.
 *
 * The built-in metrics carry k6's names and meaning.  They have fixed ids, so
 * that the engine records into them without a lookup; metrics of the suite's
 * own get ids behind them, in a registry of each worker.
 */
#ifndef STATS_METRIC_H
#define STATS_METRIC_H

enum metric_kind { METRIC_COUNTER, METRIC_GAUGE, METRIC_RATE, METRIC_TREND };

/* How a value is stored and shown.  Times are stored in whole microseconds
 * and shown in milliseconds; plain numbers in trends are stored with six
 * decimals of fixed point. */
enum metric_unit { UNIT_NONE, UNIT_TIME, UNIT_BYTES, UNIT_SHARE };

enum metric_id {
    M_HTTP_REQS,
    M_HTTP_REQ_FAILED,
    M_HTTP_REQ_DURATION,
    M_HTTP_REQ_RESPONSE_TIME,
    M_HTTP_REQ_BLOCKED,
    M_HTTP_REQ_LOOKING_UP,
    M_HTTP_REQ_CONNECTING,
    M_HTTP_REQ_TLS,
    M_HTTP_REQ_SENDING,
    M_HTTP_REQ_WAITING,
    M_HTTP_REQ_RECEIVING,
    M_HTTP_REQ_RETRIED,
    M_HTTP_CONN_NEW,
    M_DATA_SENT,
    M_DATA_RECEIVED,
    M_ITERATIONS,
    M_ITERATION_DURATION,
    M_ITERATION_LATENESS,
    M_DROPPED_ITERATIONS,
    M_INTERRUPTED_ITERATIONS,
    M_HTTP_REQ_INTERRUPTED,
    M_CHECKS,
    M_GROUP_DURATION,
    M_SCRIPT_ERRORS,
    M_VUS,
    M_VUS_MAX,
    METRIC_BUILTIN_COUNT,
};

enum { METRIC_NAME_MAX = 96 };

struct metric_info {
    const char *name;
    enum metric_kind kind;
    enum metric_unit unit;
    const char *what; /* one line for the manual */
};

extern const struct metric_info metric_builtin[METRIC_BUILTIN_COUNT];

/* The id of a built-in metric, or -1. */
int metric_find_builtin(const char *name);

const char *metric_kind_name(enum metric_kind kind);

/* "ms", "bytes", "" ...: the unit in which values are shown. */
const char *metric_unit_name(enum metric_unit unit);

/* A name is a letter, then letters, digits, '_', '-' or '.', at most
 * METRIC_NAME_MAX - 1 bytes in all. */
int metric_name_ok(const char *name);

/* Shown value of a stored one: microseconds to milliseconds, fixed point to
 * number. */
double metric_shown(enum metric_unit unit, double stored);

#endif
