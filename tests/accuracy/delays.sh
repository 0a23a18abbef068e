#!/bin/bash
# delays.sh - does a known delay come back as what it is?
. "$(dirname "$0")/common.sh"

constant() {
  suite <<'END'
local http = require "stress.http"
return { rate = 100, duration = "3s", max_vus = 50,
  run = function() http.get("/delay/10") end }
END
  run
  figures "min, med, p95 of duration in ms" 'm("http_req_duration").min' \
    'm("http_req_duration").med' 'm("http_req_duration")["p(95)"]'
  # Never early; a bucket of three digits above 8.192 ms is 8 us.
  holds 'm("http_req_duration").min >= 9.99' \
    'm("http_req_duration").med < 10.51' \
    'm("http_req_duration")["p(90)"] < 11' \
    'm("http_req_waiting").med < 10.51' || spoiled 10
}

two_points() {
  suite <<'END'
local http = require "stress.http"
return { rate = 100, duration = "3s", max_vus = 50, run = function()
  http.get("/delay-pattern?fast=5&slow=50&every=10")
end,
thresholds = { http_req_duration = { "p(88)<7", "p(92)>49", "p(92)<53" } } }
END
  curl --silent --output /dev/null --request POST "$TARGET_URL/admin/reset"
  run
  figures "med, p95, max" 'm("http_req_duration").med' \
    'm("http_req_duration")["p(95)"]' 'm("http_req_duration").max'
  holds 'r.verdict == "pass"' 'm("http_req_duration").med >= 4.99' \
    'm("http_req_duration").med < 5.55' \
    'm("http_req_duration")["p(95)"] >= 49.9' \
    'math.abs(m("http_req_duration").avg - 9.5) < 0.7' || spoiled 10
}

sleeps() {
  suite <<'END'
local metrics = require "stress.metrics"
local stress = require "stress"
local over = metrics.trend("over", { unit = "ms" })
return { executor = "per-vu-iterations", vus = 5, iterations = 100,
  run = function()
    local began = stress.now()
    stress.sleep("7.5ms")
    over:add((stress.now() - began) * 1000 - 7.5)
  end }
END
  run
  figures "sleeps too long by (ms): med, p95" 'm("over").med' \
    'm("over")["p(95)"]'
  holds 'm("over").min >= 0' 'm("over").med < 0.3' \
    'm("over")["p(95)"] < 1' || spoiled 10
}

parked() {
  suite <<'END'
local http = require "stress.http"
return { vus = 20, iterations = 20,
  run = function() http.get("/delay/2000") end }
END
  run
  figures "share of a core while 20 requests wait" r.health.cpu_share
  holds 'r.health.cpu_share < 0.02' 'r.duration_s < 2.3' || spoiled 10
}

attempt "a delay of 10 ms is measured within half a millisecond" constant
attempt "one slow answer in ten is in the percentiles where it must be" \
  two_points
attempt "a sleep is never short, and long by less than 0.3 ms" sleeps
attempt "what waits costs nothing" parked
done_testing
