/* report.c - the counters shown: /metrics, /stats, /admin/reset */
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "target/endpoints.h"
#include "target/metrics.h"
#include "target/reply.h"

#define TYPE_PROMETHEUS "text/plain; version=0.0.4; charset=utf-8"

static uint64_t resident_bytes(void)
{
    FILE *f = fopen("/proc/self/statm", "re");
    if (f == NULL)
        return 0;
    uint64_t size, resident = 0;
    if (fscanf(f, "%" SCNu64 " %" SCNu64, &size, &resident) != 2)
        resident = 0;
    fclose(f);
    return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

static unsigned open_descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    if (dir == NULL)
        return 0;
    unsigned n = 0;
    for (struct dirent *e; (e = readdir(dir)) != NULL;)
        n += e->d_name[0] != '.';
    closedir(dir);
    return n - 1; /* the directory itself */
}

static void head(struct buf *out, const char *name, const char *type,
                 const char *help)
{
    buf_addf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void count(struct buf *out, const char *name, const char *type,
                  const char *help, uint64_t value)
{
    head(out, name, type, help);
    buf_addf(out, "%s %" PRIu64 "\n", name, value);
}

static void seconds(struct buf *out, const char *name, const char *type,
                    const char *help, double value)
{
    head(out, name, type, help);
    buf_addf(out, "%s %.6f\n", name, value);
}

static void request_line(void *cls, const char *route, const char *method,
                         unsigned status, uint64_t n)
{
    buf_addf(cls,
             "target_requests_total{path=\"%s\",method=\"%s\",status=\"%u\"} "
             "%" PRIu64 "\n",
             route, method, status, n);
}

enum MHD_Result get_metrics(struct request *r)
{
    struct metrics_totals t;
    metrics_totals(&t);
    struct buf out = { 0 };
    head(&out, "target_requests_total", "counter", "Requests answered.");
    metrics_walk(request_line, &out);
    count(&out, "target_in_flight", "gauge",
          "Requests that wait for their answer, but for this one.",
          t.in_flight);
    count(&out, "target_connections_total", "counter", "Connections accepted.",
          t.connections);
    count(&out, "target_connections_open", "gauge", "Connections open now.",
          t.connections_open);
    count(&out, "target_bytes_received_total", "counter",
          "Bytes of request bodies.", t.bytes_received);
    count(&out, "target_bytes_sent_total", "counter",
          "Bytes of response bodies.", t.bytes_sent);
    seconds(&out, "target_uptime_seconds", "gauge", "Since the start.",
            t.uptime_s);
    count(&out, "process_resident_memory_bytes", "gauge", "Resident memory.",
          resident_bytes());
    seconds(&out, "process_cpu_seconds_total", "counter", "CPU time used.",
            (double)process_cpu_us() / US_PER_S);
    count(&out, "process_open_fds", "gauge", "Open descriptors.",
          open_descriptors());
    size_t len = out.len;
    return reply(r, MHD_HTTP_OK,
                 answer_bytes(buf_detach(&out), len, TYPE_PROMETHEUS));
}

static json_t *child(json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);
    if (value == NULL) {
        value = json_object();
        json_object_set_new(object, key, value);
    }
    return value;
}

static void request_entry(void *cls, const char *route, const char *method,
                          unsigned status, uint64_t n)
{
    char key[16];
    snprintf(key, sizeof key, "%u", status);
    json_object_set_new(child(child(cls, route), method), key,
                        json_integer((json_int_t)n));
}

enum MHD_Result get_stats(struct request *r)
{
    struct metrics_totals t;
    metrics_totals(&t);
    json_t *requests = json_object();
    metrics_walk(request_entry, requests);
    json_t *stats = json_pack(
        "{s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:I, s:f, s:i}", "requests",
        requests, "total", (json_int_t)t.requests, "in_flight",
        (json_int_t)t.in_flight, "connections", (json_int_t)t.connections,
        "connections_open", (json_int_t)t.connections_open, "bytes_received",
        (json_int_t)t.bytes_received, "bytes_sent", (json_int_t)t.bytes_sent,
        "uptime_s", t.uptime_s, "resident_memory_bytes",
        (json_int_t)resident_bytes(), "cpu_s",
        (double)process_cpu_us() / US_PER_S, "open_fds",
        (int)open_descriptors());
    return reply(r, MHD_HTTP_OK, answer_json_digits(stats, 12));
}

/* Resets after its own answer is counted: who reset reads zeroes next. */
enum MHD_Result post_reset(struct request *r)
{
    static const char text[] = "{\"status\":\"ok\"}";
    enum MHD_Result queued =
        reply(r, MHD_HTTP_OK, answer_static(text, sizeof text - 1, TYPE_JSON));
    metrics_reset();
    delay_reset();
    return queued;
}
