#!/bin/bash
# starts.sh - does load start when it should, and as much as it should?
. "$(dirname "$0")/common.sh"

# How many requests the target has had.
counted() {
  curl --silent "$TARGET_URL/stats" |
    sed 's/.*"\/health":{"GET":{"200":\([0-9]*\).*/\1/'
}

forget() {
  curl --silent --output /dev/null --request POST "$TARGET_URL/admin/reset"
}

two_thousand() {
  suite <<'END'
local http = require "stress.http"
return { executor = "constant-arrival-rate", rate = 2000, duration = "10s",
  max_vus = 400, run = function() http.get("/health") end }
END
  forget
  run
  figures "planned, dropped, lateness p99 and max in ms" a.planned a.dropped \
    'm("iteration_lateness")["p(99)"]' 'm("iteration_lateness").max'
  holds 'a.planned >= 19999' 'a.planned <= 20001' 'a.dropped == 0' &&
    [ "$(counted)" -eq "$(json 'm("http_reqs").count')" ] || return 1
  in_time
}

# Whether the last run's starts were.
in_time() {
  holds 'm("iteration_lateness")["p(99)"] < 1' || spoiled 3
}

ramp() {
  suite <<'END'
local http = require "stress.http"
return { executor = "ramping-arrival-rate", start_rate = 0, max_vus = 200,
  stages = { { target = 1000, duration = "2s" }, { target = 0,
    duration = "2s" } },
  run = function() http.get("/health") end }
END
  forget
  run
  figures "planned, dropped, counted by the target" a.planned a.dropped
  echo "# $(counted)"
  holds 'a.planned >= 1999' 'a.planned <= 2001' 'a.dropped == 0' &&
    [ "$(counted)" -eq "$(json 'm("http_reqs").count')" ]
}

poisson() {
  suite <<'END'
local http = require "stress.http"
return { rate = 500, duration = "4s", arrivals = "poisson", max_vus = 200,
  run = function() http.get("/health") end }
END
  forget
  run --seed 11
  figures "planned and lateness p99" a.planned \
    'm("iteration_lateness")["p(99)"]'
  # 2000 expected, four standard deviations either way.
  holds 'a.planned > 1820' 'a.planned < 2180' 'a.dropped == 0' &&
    [ "$(counted)" -eq "$(json 'm("http_reqs").count')" ] || return 1
  in_time
}

attempt "10 s at 2,000/s are 20,000 starts, less than 1 ms late at p99" \
  two_thousand
attempt "a ramp makes as many starts as its area, and the target has them" ramp
attempt "poisson arrivals have the rate asked for, and start in time" poisson
done_testing
