#!/bin/bash
# stall.sh - can a target that stands still for a second hide it?
#
# Of starts spread evenly over L seconds, those due in a stall of T seconds
# wait for the rest of it: the q-quantile of the response time is
# max(0, T - (1 - q) L).
. "$(dirname "$0")/common.sh"

# stalled: the suite, which takes 5 s, and the target is stopped for a second
# in the middle of it
stalled() {
  measure stop_within
  figures "response: med p99 max; service: p99 max; dropped; late p99 (ms)" \
    'm("http_req_response_time").med' \
    'm("http_req_response_time")["p(99)"]' 'm("http_req_response_time").max' \
    'm("http_req_duration")["p(99)"]' 'm("http_req_duration").max' a.dropped \
    'm("iteration_lateness")["p(99)"]'
  holds 'a.planned >= 2499' || return 1
  holds 'a.dropped == 0' \
    'm("http_req_response_time")["p(99)"] > 870' \
    'm("http_req_response_time")["p(99)"] < 1050' \
    'm("http_req_response_time").max > 970' \
    'm("http_req_response_time").max < 1200' \
    'm("http_req_response_time").med < 20' || spoiled 10
}

stop_within() {
  run_engine &
  local engine=$!
  sleep 2
  kill -STOP "$TARGET_PID"
  sleep 1
  kill -CONT "$TARGET_PID"
  wait "$engine"
}

many_vus() {
  suite <<'END'
local http = require "stress.http"
return { executor = "constant-arrival-rate", rate = 1000, duration = "5s",
  max_vus = 1500, pre_allocated_vus = 1500,
  run = function() http.get("/health") end }
END
  # With a VU for each the service time shows it as well.
  stalled || return $?
  holds 'm("http_req_duration")["p(99)"] > 800'
}

one_vu() {
  suite <<'END'
local http = require "stress.http"
return { executor = "constant-arrival-rate", rate = 500, duration = "5s",
  max_vus = 1, max_late = "2s", run = function() http.get("/health") end }
END
  # A single request saw the stall; all that waited for it answered fast.
  stalled || return $?
  holds 'm("http_req_duration").max > 900' || return 1
  holds 'm("http_req_duration")["p(99)"] < 50' || spoiled 10
}


attempt "a stall of 1 s under 1,000/s is in the response time's p99" many_vus
attempt "a single VU cannot hide it: response and service time differ" one_vu
done_testing
