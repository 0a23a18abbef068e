#!/usr/bin/env bats
# What a run is worth: every exit code, and why.

load common

@test "a run whose criteria hold exits with 0 and says PASS" {
  suite <<'END'
local http = require "stress.http"
return { iterations = 5, run = function() http.get("/") end,
  thresholds = { http_reqs = "count==5" },
  criteria = { { "the sums are right", function(result)
    return result:metric("http_reqs").count == 5, "five"
  end } } }
END
  stress
  code 0
  has PASS
  has "http_reqs"
  has "the sums are right"
  is_true 'r.verdict == "pass"' 'r.exit_code == 0' 'n(r.reasons) == 0' \
    'c("http_reqs").status == "PASS"' 'c("the sums").status == "PASS"'
}

@test "a threshold that fails makes 99, with target and actual" {
  suite <<'END'
local http = require "stress.http"
return { iterations = 4, run = function() http.get("/") end,
  thresholds = { http_reqs = { "count>3", "count>100" } } }
END
  stress
  code 99
  has FAIL
  has "count>100"
  is_true 'r.verdict == "fail"' 'r.exit_code == 99' \
    '#r.criteria >= 2' 'r.reasons[1]:find("http_reqs") ~= nil'
}

@test "a criterion that fails makes 99, with its detail" {
  suite <<'END'
return { iterations = 1, run = function() end,
  criteria = { { "every message arrived", function()
    return false, "3 of 4 did"
  end } } }
END
  stress
  code 99
  has "every message arrived"
  has "3 of 4 did"
}

@test "a criterion that raises fails and shows the error" {
  suite <<'END'
return { iterations = 1, run = function() end,
  criteria = { { "sound", function(result) return result.a.b end } } }
END
  stress
  [ "$status" -ne 0 ]
  has "suite.lua:2"
  is_true 'c("sound").status == "FAIL"'
}

@test "a threshold on a metric without samples is NO DATA and fails" {
  suite <<'END'
local metrics = require "stress.metrics"
local never = metrics.trend("never_recorded")
return { iterations = 1, run = function() end,
  thresholds = { never_recorded = "p(95)<100" } }
END
  stress
  code 99
  has "NO DATA"
  is_true 'c("never_recorded").status == "NO DATA"' \
    'c("never_recorded").samples == 0'
}

@test "checks that were never made are NO DATA, and so is an absent tag" {
  suite <<'END'
local http = require "stress.http"
return { iterations = 2, run = function() http.get("/") end,
  thresholds = { checks = "rate>0.5",
    ["http_req_duration{status:500}"] = "p(95)<100" } }
END
  stress
  code 99
  is_true 'c("checks").status == "NO DATA"' \
    'c("status:500").status == "NO DATA"'
}

@test "an optional criterion without data is SKIPPED and does not fail" {
  suite <<'END'
return { iterations = 1, run = function() end,
  thresholds = { http_req_duration = { "p(95)<100", optional = true } } }
END
  stress
  code 0
  has SKIPPED
  is_true 'c("http_req_duration").status == "SKIPPED"'
}

@test "an optional criterion with data can fail" {
  suite <<'END'
local http = require "stress.http"
return { iterations = 1, run = function() http.get("/") end,
  thresholds = { http_reqs = { "count>5", optional = true } } }
END
  stress
  code 99
}

@test "a suite whose requests all fail fails, without any threshold" {
  suite <<'END'
local http = require "stress.http"
return { iterations = 3, run = function() http.get("/status/500") end }
END
  stress
  code 99
  has "0 of 3"
}

@test "one request that succeeds is enough for that" {
  suite <<'END'
local http = require "stress.http"
return { iterations = 3, run = function(vu)
  http.get(vu.iteration == 2 and "/" or "/status/500") end }
END
  stress
  code 0
}

@test "a run in which nothing was started fails" {
  suite <<'END'
return { vus = 1, duration = "200ms", warmup = "1s",
  run = function() require "stress".sleep("10ms") end }
END
  stress
  [ "$status" -ne 0 ]
  has "NO DATA"
}

@test "a script error makes 107, once with a traceback, counted each time" {
  suite <<'END'
local function deep(x) return x.missing.field end
return { vus = 2, iterations = 50, run = function(vu)
  deep({})
end }
END
  stress
  code 107
  has "suite.lua:1"
  has "missing"
  has "traceback"
  [ "$(grep -c 'stack traceback' <<<"$output$errors")" -eq 1 ]
  is_true 'm("script_errors").count == 50' 'a.failed == 50' \
    'n(r.errors) == 1' 'r.errors[1].count == 50' \
    'r.errors[1].message:find("suite.lua:1") ~= nil'
  sums
}

@test "a script error ends its iteration, not the run" {
  suite <<'END'
local http = require "stress.http"
return { iterations = 10, run = function(vu)
  if vu.iteration % 2 == 0 then error("even") end
  http.get("/")
end }
END
  stress
  code 107
  is_true 'a.ok == 5' 'a.failed == 5' 'm("http_reqs").count == 5'
}

@test "an error that is a table or nil is counted too" {
  suite <<'END'
return { iterations = 2, run = function(vu)
  error(vu.iteration == 1 and { code = 7 } or nil)
end }
END
  stress
  code 107
  is_true 'm("script_errors").count == 2'
}

@test "fail ends an iteration as failed; it is no script error" {
  suite <<'END'
local stress = require "stress"
return { iterations = 4, run = function(vu)
  if vu.iteration > 1 then stress.fail("not today") end
end }
END
  stress
  code 0
  is_true 'a.ok == 1' 'a.failed == 3' 'r.script_errors == 0'
  sums
}

@test "a yield of one's own is an error that says what to use" {
  suite <<'END'
return { iterations = 1, run = function() coroutine.yield() end }
END
  stress
  code 107
  has "yield"
}

@test "a script that never waits is interrupted with its place" {
  # There a signal has to wait until the program waits for something.
  case $BUILD in */thread) skip "not with this sanitizer" ;; esac
  [ "${SAN:-}" != thread ] || skip "the sanitizer delays signals"
  suite <<'END'
return { iterations = 1, run = function()
  while true do end
end }
END
  stress
  code 107
  has "suite.lua:2"
}

@test "so is the next one of the same VU" {
  [ "${SAN:-}" != thread ] || skip "the sanitizer delays signals"
  suite <<'END'
return { vus = 1, iterations = 2, run = function()
  while true do end
end }
END
  stress
  code 107
  is_true 'r.accounting.failed == 2'
}

@test "abort ends the run at once with 108 and the message" {
  suite <<'END'
local stress = require "stress"
return { vus = 2, duration = "30s", run = function(vu)
  if vu.id == 2 then stress.abort("the stock is empty") end
  stress.sleep("50ms")
end }
END
  SECONDS=0
  stress
  [ "$SECONDS" -lt 5 ]
  code 108
  has "the stock is empty"
  is_true 'r.verdict == "aborted"' 'r.exit_code == 108'
  sums
}

@test "abort in setup makes 108, and no load is made" {
  suite <<'END'
local stress = require "stress"
return { vus = 2, duration = "30s",
  setup = function() stress.abort("no licence") end,
  run = function() end }
END
  SECONDS=0
  stress
  [ "$SECONDS" -lt 5 ]
  code 108
  has "no licence"
  is_true 'a.started == 0'
}

@test "abort_on_fail stops the run with 108 and names the threshold" {
  suite <<'END'
local http = require "stress.http"
local stress = require "stress"
return { vus = 2, duration = "30s",
  run = function()
    http.get("/status/500")
    stress.sleep("10ms")
  end,
  thresholds = { http_req_failed = { "rate<0.1", abort_on_fail = true } } }
END
  SECONDS=0
  stress
  [ "$SECONDS" -lt 8 ]
  code 108
  has "http_req_failed"
  is_true 'c("http_req_failed").status == "FAIL"'
  sums
}

@test "abort_on_fail waits for its delay" {
  suite <<'END'
local stress = require "stress"
return { vus = 1, duration = "3500ms",
  run = function() stress.sleep("10ms") end,
  thresholds = { iterations = { "count>1000000", abort_on_fail = true,
    delay = "2s" } } }
END
  stress
  code 108
  is_true 'r.duration_s >= 1.9' 'r.duration_s < 3.4'
}

@test "a threshold with a window forgets what was before" {
  suite <<'END'
local http = require "stress.http"
local stress = require "stress"
local began
return { vus = 1, duration = "4s", graceful_stop = "1s",
  run = function(vu)
    began = began or stress.now()
    http.get(stress.now() - began < 1.5 and "/status/500" or "/")
    stress.sleep("20ms")
  end,
  thresholds = { http_req_failed = { { "rate<0.01", window = "1s" },
    { "rate>0.2" } } } }
END
  stress --workers 1
  code 0
}

@test "a target that does not answer makes 95, before any load" {
  suite <<'END'
return { iterations = 1, run = function() print("an iteration ran") end }
END
  stress --target http://127.0.0.1:1
  code 95
  complains "does not answer"
  complains "127.0.0.1:1"
  hasnt "an iteration ran"
  is_true 'r.verdict == "aborted"' 'r.accounting.started == 0'
}

@test "a target that has no address makes 95" {
  suite <<'END'
return { iterations = 1, run = function() end }
END
  stress --target "http://$(printf 'x%.0s' $(seq 70)).invalid"
  code 95
}

@test "a generator that is the bottleneck makes 96, which is no pass" {
  suite <<'END'
local stress = require "stress"
return { executor = "constant-arrival-rate", rate = 1000, duration = "3s",
  max_vus = 2000, max_late = "10s", graceful_stop = "1s",
  run = function()
    local busy = stress.now() + 0.003
    while stress.now() < busy do end
  end }
END
  stress --workers 1
  code 96
  has INVALID
  is_true 'r.verdict == "invalid"' 'r.health.verdict == "INVALID"' \
    'n(r.health.reasons) > 0'
}

@test "of several reasons the most basic one is the exit code" {
  suite <<'END'
local http = require "stress.http"
local stress = require "stress"
return { iterations = 1, vus = 1, run = function()
    http.get("/")
    if stress.env.ABORT then pcall(stress.abort, "enough") end
    error("and this")
  end,
  thresholds = { http_reqs = "count>100" } }
END
  stress
  code 107
  is_true 'n(r.reasons) == 2'
  stress -e ABORT=1
  code 108
  is_true 'n(r.reasons) == 3'
}

@test "a report that cannot be written is said, and is not a success" {
  suite <<'END'
return { iterations = 1, run = function() end }
END
  engine "$DIR/suite.lua" -q -o json=/nonexistent/x
  [ "$status" -ne 0 ]
  complains "/nonexistent/x"
  complains "No such file"
}

@test "running out of memory ends with one line and 109" {
  case $BUILD in */address | */thread) skip "sanitizers need more" ;; esac
  suite <<'END'
local http = require "stress.http"
return { iterations = 1, run = function() http.get("/bytes/900000000") end }
END
  start_target
  ulimit -v 500000
  stress --workers 1 --target "$TARGET_URL"
  stop_servers
  code 109
  complains "memory"
  [ "$(wc -l <"$DIR/stderr")" -eq 1 ] || show
}

@test "drops that the engine caused make 96, others do not" {
  suite <<'END'
return { rate = 5000000, duration = "1s", max_vus = 10, run = function() end }
END
  stress
  code 96
  has "dropped although VUs had been free"
  suite <<'END'
local http = require "stress.http"
return { rate = 1000, duration = "1s", max_vus = 5,
  run = function() http.get("/delay/50") end }
END
  stress
  hasnt "dropped although"
  is_true 'a.dropped > 500'
}
