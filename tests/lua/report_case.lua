-- report_case: a result as the reports get it, for their tests.

local report_case = {}

local PERCENTILES = { "p(90)", "p(95)", "p(99)", "p(99.9)" }

---A row of a trend around `ms`.
function report_case.trend(name, ms, n, tags)
  return {
    name = name, kind = "trend", unit = "ms", tags = tags or {},
    values = {
      count = n, avg = ms, min = ms / 4, med = ms * 0.9, max = ms * 20,
      ["p(90)"] = ms * 2, ["p(95)"] = ms * 3, ["p(99)"] = ms * 5,
      ["p(99.9)"] = ms * 12, stddev = ms / 2,
    },
  }
end

function report_case.counter(name, n, tags, unit)
  return {
    name = name, kind = "counter", unit = unit or "", tags = tags or {},
    values = { count = n, rate = n / 30 },
  }
end

function report_case.rate(name, trues, total, tags)
  return {
    name = name, kind = "rate", unit = "", tags = tags or {},
    values = { count = trues, total = total, rate = trues / total },
  }
end

function report_case.gauge(name, value)
  return {
    name = name, kind = "gauge", unit = "", tags = {},
    values = { value = value, min = 1, max = value * 2 },
  }
end

---Marks percentiles as standing on too few samples.
function report_case.few(row, ...)
  row.few = { ... }
  return row
end

local function zero_trend(name, n)
  local row = report_case.trend(name, 1, n)
  for _, key in ipairs({ "avg", "min", "med", "max",
    table.unpack(PERCENTILES) }) do
    row.values[key] = 0
  end
  return row
end

local function metrics()
  local c, t, r = report_case.counter, report_case.trend, report_case.rate
  local order, browse = { scenario = "order" }, { scenario = "browse" }
  return {
    c("http_reqs", 40000), r("http_req_failed", 10, 40000),
    t("http_req_duration", 12.3, 40000),
    t("http_req_response_time", 12.9, 40000),
    t("http_req_blocked", 0.02, 40000), zero_trend("http_req_looking_up",
      40000),
    zero_trend("http_req_connecting", 40000),
    zero_trend("http_req_tls_handshaking", 40000),
    t("http_req_sending", 0.03, 40000), t("http_req_waiting", 11.8, 40000),
    t("http_req_receiving", 0.4, 40000), c("http_conn_new", 400),
    c("data_sent", 8.1e6, nil, "bytes"), c("data_received", 53e6, nil,
      "bytes"),
    c("iterations", 20000), t("iteration_duration", 512, 20000),
    t("iteration_lateness", 0.05, 20000), c("dropped_iterations", 12),
    c("script_errors", 3), report_case.gauge("vus", 50),
    report_case.gauge("vus_max", 400), r("checks", 19998, 20000),
    report_case.few(t("checkout_time", 812, 45), "p(95)", "p(99)",
      "p(99.9)"),
    { name = "basket_size", kind = "trend", unit = "items", tags = {},
      values = { count = 20000, avg = 3.2, min = 1, med = 3, max = 12,
        ["p(90)"] = 5, ["p(95)"] = 6, ["p(99)"] = 9, ["p(99.9)"] = 11 } },
    c("http_reqs", 39990, { status = "200" }),
    c("http_reqs", 10, { status = "503" }),
    c("http_reqs", 30000, order), t("http_req_response_time", 13.9, 30000,
      order),
    c("http_reqs", 10000, browse), t("http_req_response_time", 4.9, 10000,
      browse),
    c("http_reqs", 20000, { name = "POST /orders" }),
    r("http_req_failed", 10, 20000, { name = "POST /orders" }),
    t("http_req_duration", 20, 20000, { name = "POST /orders" }),
    c("http_reqs", 20000, { name = "GET /items/{id}" }),
    r("http_req_failed", 0, 20000, { name = "GET /items/{id}" }),
    t("http_req_duration", 4, 20000, { name = "GET /items/{id}" }),
  }
end

local function scenarios()
  return {
    { name = "order", executor = "constant-arrival-rate", duration_s = 30,
      vus = 50, max_vus = 400, model = "open", accounting = {
        planned = 15000, started = 14988, ok = 14975, failed = 10,
        timed_out = 2, cancelled = 1, in_flight = 0, dropped = 12,
        warmup = 200 } },
    { name = "browse", executor = "constant-vus", duration_s = 30, vus = 10,
      max_vus = 10, model = "closed", accounting = { planned = 5012,
        started = 5012, ok = 5012, failed = 0, timed_out = 0, cancelled = 0,
        in_flight = 0, dropped = 0, warmup = 0 } },
  }
end

local function criteria()
  return {
    { name = "http_req_duration{scenario:order} p(99)<250",
      kind = "threshold", target = "p(99)<250", actual = 61.5,
      actual_text = "61.50ms", status = "PASS", samples = 30000,
      scenario = "order" },
    { name = "http_req_failed rate<0.0001", kind = "threshold",
      target = "rate<0.0001", actual = 0.00025, actual_text = "0.03%",
      status = "FAIL", samples = 40000 },
    { name = "refund_time p(95)<1s", kind = "threshold",
      target = "p(95)<1s", status = "NO DATA", samples = 0,
      detail = "no sample of refund_time was recorded" },
    { name = "every message arrived", kind = "function", status = "SKIPPED",
      detail = "optional: no message was sent", samples = 0 },
  }
end

local function series()
  local out = { interval_s = 1, t = {}, http_reqs = {}, p95 = {}, vus = {} }
  for i = 1, 5 do
    out.t[i], out.http_reqs[i], out.vus[i] = i, 1300 + i, 50
    out.p95[i] = i ~= 3 and 12.5 or nil
  end
  return out
end

---A whole result; the tests change what they are about.
function report_case.result()
  return {
    schema = "stressengine/1",
    suite = { name = "Checkout", description = "200 orders a second",
      file = "checkout.lua", target = "http://127.0.0.1:8080" },
    engine = { version = "0.1.0", lua = "5.4.4", libraries = {} },
    environment = { host = "box", cores = 2 },
    seed = 123, options = { profile = "quick" },
    started_at = "2025-01-01T12:00:00.123Z", duration_s = 30.02,
    verdict = "fail", exit_code = 107,
    criteria = criteria(),
    accounting = { planned = 20012, started = 20000, ok = 19987, failed = 10,
      timed_out = 2, cancelled = 1, in_flight = 0, dropped = 12,
      warmup = 200, balanced = true },
    metrics = metrics(), scenarios = scenarios(),
    health = { verdict = "DEGRADED",
      reasons = { "worker CPU 84% (limit 80%)" },
      lag = { p50_ms = 0.05, p99_ms = 0.31, max_ms = 1.9 },
      cpu_share = 0.84, workers = 2, late_10ms = 0, slice_max_ms = 1.2,
      rss_bytes = 45e6, no_fds = 0, no_ports = 0 },
    errors = {
      { message = "checkout.lua:14: attempt to index a nil value (field"
          .. " 'items')", count = 3, example = "checkout.lua:14: attempt to"
          .. " index a nil value (field 'items')\nstack traceback:\n"
          .. "\tcheckout.lua:14: in field 'run'" },
      { message = "status 503 was not expected", count = 10,
        example = "POST http://127.0.0.1:8080/orders" },
    },
    errors_other = 0, series = series(), monitors = {},
    checks = {
      { name = "order accepted", passes = 10000, fails = 0 },
      { name = "body has items", passes = 9998, fails = 2 },
      { name = "refunded", passes = 0, fails = 0 },
    },
  }
end

return report_case
