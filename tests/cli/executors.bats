#!/usr/bin/env bats
# The six executors: what each starts, and that everything that was started is
# accounted for.

load common

@test "the smallest suite: ten VUs for a second" {
  suite <<'END'
local http = require "stress.http"
return { vus = 10, duration = "1s", run = function() http.get("/delay/5") end }
END
  stress
  code 0
  sums
  is_true 's("default").executor == "constant-vus"' 's("default").vus == 10' \
    'a.ok == a.started' 'a.started > 300' 'm("http_reqs").count == a.started' \
    'r.duration_s >= 1' 'r.duration_s < 1.5'
}

@test "shared-iterations: each once, over all VUs and workers" {
  suite <<'END'
local stress = require "stress"
return { executor = "shared-iterations", vus = 7, iterations = 500,
  run = function(vu)
    print("iteration " .. vu.iteration .. " by " .. vu.id)
    stress.sleep("1ms")
  end }
END
  stress --workers 2
  code 0
  sums
  is_true 'a.planned == 500' 'a.ok == 500' 'm("iterations").count == 500'
  [ "$(grep -o '^iteration [0-9]*' <<<"$output" | sort -u | wc -l)" -eq 500 ]
  [ "$(grep -o 'by [0-9]*$' <<<"$output" | sort -u | wc -l)" -eq 7 ]
  [ "$(grep '^iteration' <<<"$output" | cut -d ' ' -f 2 | sort -n |
    tail -n 1)" -eq 500 ]
}

@test "per-vu-iterations: as many by each VU, counted from one" {
  suite <<'END'
return { executor = "per-vu-iterations", vus = 5, iterations = 20,
  run = function(vu) print("vu " .. vu.id, vu.iteration) end }
END
  stress --workers 2
  code 0
  sums
  is_true 'a.planned == 100' 'a.ok == 100'
  [ "$(grep -c '^vu' <<<"$output")" -eq 100 ]
  [ "$(grep '^vu' <<<"$output" | sort -u | wc -l)" -eq 100 ]
  local vu
  for vu in 1 2 3 4 5; do
    grep "^vu $vu" <<<"$output" | cut -f 2 | diff - <(seq 20)
  done
}

@test "max_duration ends iterations that are left; those are dropped" {
  suite <<'END'
local stress = require "stress"
return { executor = "per-vu-iterations", vus = 2, iterations = 100,
  max_duration = "500ms", graceful_stop = "1s",
  run = function() stress.sleep("100ms") end }
END
  stress
  sums
  is_true 'a.planned == 200' 'a.ok >= 8' 'a.ok <= 12' \
    'a.dropped == 200 - a.started' 'm("dropped_iterations").count == a.dropped' \
    'r.duration_s < 1.2'
  suite <<'END'
local stress = require "stress"
return { executor = "shared-iterations", vus = 2, iterations = 100,
  max_duration = "500ms", run = function() stress.sleep("100ms") end }
END
  stress
  sums
  is_true 'a.planned == 100' 'a.dropped == 100 - a.started'
}

@test "constant-arrival-rate: exactly the rate, whatever the workers" {
  suite <<'END'
local http = require "stress.http"
return { executor = "constant-arrival-rate", rate = 200, duration = "2s",
  max_vus = 50, run = function() http.get("/delay/5") end }
END
  local workers
  for workers in 1 2 3; do
    stress --workers $workers
    code 0
    sums
    is_true 'a.planned >= 399' 'a.planned <= 401' 'a.dropped == 0' \
      's("default").model == "open"'
  done
}

@test "a rate may be per another time unit" {
  suite <<'END'
return { executor = "constant-arrival-rate", rate = 1200, time_unit = "1m",
  duration = "2s", max_vus = 5, run = function() end }
END
  stress
  code 0
  is_true 'a.planned >= 39' 'a.planned <= 41' 'a.dropped == 0'
}

@test "an arrival that finds no free VU is dropped, at once by default" {
  suite <<'END'
local stress = require "stress"
return { executor = "constant-arrival-rate", rate = 100, duration = "1s",
  max_vus = 1, graceful_stop = "1s",
  run = function() stress.sleep("100ms") end }
END
  stress
  sums
  is_true 'a.planned >= 99' 'a.planned <= 101' 'a.started >= 8' \
    'a.started <= 12' 'm("dropped_iterations").count == a.dropped'
}

@test "with max_late it may wait so long for one" {
  suite <<'END'
local stress = require "stress"
return { executor = "constant-arrival-rate", rate = 20, duration = "1s",
  max_vus = 1, max_late = "10s", graceful_stop = "5s",
  run = function(vu)
    stress.sleep(vu.iteration == 1 and "500ms" or "1ms")
  end }
END
  stress
  sums
  is_true 'a.started == a.planned' 'a.dropped == 0' \
    'm("iteration_lateness").max > 300'
}

@test "ramping-arrival-rate: as many starts as the area under its stages" {
  suite <<'END'
return { executor = "ramping-arrival-rate", start_rate = 0, max_vus = 20,
  stages = { { target = 200, duration = "1s" }, { target = 200,
    duration = "1s" }, { target = 0, duration = "1s" } },
  run = function() end }
END
  stress --workers 2
  code 0
  sums
  is_true 'a.planned >= 399' 'a.planned <= 401' 'a.dropped == 0'
}

@test "poisson arrivals come at random times, the same for the same seed" {
  suite <<'END'
return { executor = "constant-arrival-rate", rate = 100, duration = "2s",
  arrivals = "poisson", max_vus = 50, run = function() end }
END
  stress --seed 5
  sums
  is_true 'a.planned > 120' 'a.planned < 300'
  local first
  first=$(json a.planned)
  stress --seed 5 --workers 1
  [ "$(json a.planned)" -eq "$first" ]
  local seed other=0
  for seed in 6 7 8; do
    stress --seed $seed
    [ "$(json a.planned)" -eq "$first" ] || other=1
  done
  [ $other -eq 1 ]
}

@test "ramping-vus: the VUs follow the stages" {
  suite <<'END'
local stress = require "stress"
return { executor = "ramping-vus", start_vus = 1, graceful_ramp_down = "1s",
  stages = { { target = 10, duration = "1s" }, { target = 10,
    duration = "1s" }, { target = 0, duration = "1s" } },
  run = function() stress.sleep("20ms") end }
END
  stress --workers 2
  code 0
  sums
  # 5.5 + 10 + 5 VU-seconds, 50 iterations in each.
  is_true 'a.ok > 800' 'a.ok < 1075' 'm("vus_max").max == 10' \
    'r.duration_s >= 3' 'r.duration_s < 3.6'
}

@test "a ramp down gives iterations their graceful time, and no more" {
  suite <<'END'
local stress = require "stress"
return { executor = "ramping-vus", start_vus = 4, graceful_ramp_down = "200ms",
  graceful_stop = "200ms", stages = { { target = 0, duration = "500ms" } },
  run = function() stress.sleep("30s") end }
END
  stress
  sums
  is_true 'a.started == 4' 'a.cancelled == 4' 'r.duration_s < 2'
}

@test "graceful_stop lets running iterations end" {
  suite <<'END'
local stress = require "stress"
return { vus = 3, duration = "300ms", graceful_stop = "2s",
  run = function() stress.sleep("500ms") end }
END
  stress
  code 0
  sums
  is_true 'a.started == 3' 'a.ok == 3' 'r.duration_s >= 0.5' \
    'r.duration_s < 1.2'
}

@test "after it they are cancelled, and their <close> variables closed" {
  suite <<'END'
local stress = require "stress"
return { vus = 3, duration = "300ms", graceful_stop = "200ms",
  run = function()
    local _ <close> = setmetatable({}, { __close = function()
      print("closed")
    end })
    stress.sleep("30s")
  end }
END
  stress
  sums
  is_true 'a.started == 3' 'a.cancelled == 3' 'r.duration_s < 1.2'
  [ "$(grep -c '^closed$' <<<"$output")" -eq 3 ]
}

@test "a request in flight is cancelled with its iteration" {
  suite <<'END'
local http = require "stress.http"
return { vus = 2, duration = "200ms", graceful_stop = "100ms",
  run = function() http.get("/delay/30000") end }
END
  stress
  sums
  is_true 'a.cancelled == 2' 'r.duration_s < 1.2'
}

@test "an iteration with a request that timed out is counted as such" {
  suite <<'END'
local http = require "stress.http"
return { iterations = 3, run = function(vu)
  http.get("/delay/" .. (vu.iteration == 2 and 5000 or 1),
    { timeout = "50ms" })
end }
END
  stress
  sums
  is_true 'a.ok == 2' 'a.timed_out == 1'
}

@test "a failed check makes a failed iteration" {
  suite <<'END'
local stress = require "stress"
return { iterations = 4, run = function(vu)
  stress.check("odd", vu.iteration % 2 == 1)
end }
END
  stress
  sums
  is_true 'a.failed == 2' 'a.ok == 2' 'm("checks").rate == 0.5' \
    'r.checks[1].name == "odd"' 'r.checks[1].passes == 2' \
    'r.checks[1].fails == 2'
}

@test "a mix is exact: 3 to 1 over 1000 is 750 to 250" {
  suite <<'END'
local metrics = require "stress.metrics"
local chats, agents = metrics.counter("chats"), metrics.counter("agents")
return { iterations = 1000, vus = 10, mix = {
  { weight = 3, name = "chat", run = function() chats:add() end },
  { weight = 1, name = "agent", run = function() agents:add() end },
} }
END
  stress --workers 1
  code 0
  is_true 'm("chats").count == 750' 'm("agents").count == 250'
  stress --workers 2
  is_true 'm("chats").count == 750' 'm("agents").count == 250'
}

@test "a mix is exact over arrivals and VUs too" {
  suite <<'END'
local metrics = require "stress.metrics"
local a, b = metrics.counter("a"), metrics.counter("b")
local function mix(n)
  return { { weight = n, name = "a", run = function() a:add() end },
    { weight = 1, name = "b", run = function() b:add() end } }
end
return { sequence = true, scenarios = {
  { name = "arrivals", rate = 100, duration = "1s", max_vus = 10,
    mix = mix(4) },
  { name = "each", executor = "per-vu-iterations", vus = 4, iterations = 10,
    mix = mix(1) },
} }
END
  stress --workers 2
  code 0
  is_true 'm("a", { scenario = "arrivals" }).count >= 79' \
    'm("a", { scenario = "arrivals" }).count <= 81' \
    'm("a", { scenario = "each" }).count == 20' \
    'm("b", { scenario = "each" }).count == 20'
}

@test "scenarios run at once, each from its start_time" {
  suite <<'END'
local stress = require "stress"
local function run(vu) stress.sleep("10ms") end
return { scenarios = {
  { name = "first", vus = 1, duration = "1s", run = run },
  { name = "later", vus = 1, duration = "300ms", start_time = "500ms",
    run = function(vu) print(vu.scenario) run() end },
} }
END
  stress
  code 0
  sums
  is_true 'r.duration_s >= 1' 'r.duration_s < 1.4' \
    's("first").accounting.ok > 50' 's("later").accounting.ok > 10' \
    's("later").accounting.ok < 31' \
    'a.started == s("first").accounting.started +
      s("later").accounting.started'
  has later
}

@test "sequence runs scenarios one after another, in their order" {
  suite <<'END'
local stress = require "stress"
local function run(vu)
  print(vu.scenario)
  stress.sleep("20ms")
end
return { sequence = true, scenarios = {
  { name = "c", vus = 2, iterations = 4, run = run },
  { name = "a", vus = 1, duration = "200ms", run = run },
  { name = "b", vus = 2, iterations = 4, run = run },
} }
END
  stress
  code 0
  sums
  [ "$(grep -x '[abc]' <<<"$output" | uniq | tr -d '\n')" = cab ]
  is_true 'r.scenarios[1].name == "c"' 'r.scenarios[3].name == "b"'
}

@test "the warm-up is in no number" {
  suite <<'END'
local http = require "stress.http"
local metrics = require "stress.metrics"
local stress = require "stress"
local mine = metrics.counter("mine")
local began
return { vus = 2, duration = "2s", warmup = "1s", graceful_stop = "1s",
  run = function()
    began = began or stress.now()
    if stress.now() - began < 0.9 then
      http.get("/status/500")
    else
      http.get("/health")
    end
    mine:add()
    stress.sleep("10ms")
  end,
  thresholds = { http_req_failed = "rate==0" } }
END
  stress --workers 1
  sums
  is_true 'm("http_reqs").count == m("mine").count' 'a.warmup > 50' \
    'm("iterations").count == a.ok' 'r.measured_s < r.duration_s - 0.5'
  # The VUs that were at it when the warm-up ended do not count either.
  is_true 'm("http_req_failed").passes < 20'
}

@test "--once makes one iteration of each scenario" {
  suite <<'END'
return { scenarios = {
  { name = "a", vus = 50, duration = "1h", run = function() end },
  { name = "b", rate = 100, duration = "1h", max_vus = 9, start_time = "30m",
    run = function() end },
} }
END
  SECONDS=0
  stress --once
  [ "$SECONDS" -lt 10 ]
  code 0
  is_true 's("a").accounting.ok == 1' 's("b").accounting.ok == 1'
}

@test "options replace what the suite says" {
  suite <<'END'
return { vus = 50, duration = "1h",
  run = function() require "stress".sleep("10ms") end }
END
  stress -u 3 -d 300ms
  code 0
  is_true 's("default").vus == 3' 'r.duration_s < 1'
  stress --vus 2 --iterations 17
  is_true 'a.ok == 17' 's("default").executor == "shared-iterations"'
}

@test "a profile is merged over the suite" {
  suite <<'END'
return { vus = 50, duration = "1h", run = function()
    require "stress".sleep("10ms")
  end,
  profiles = { quick = { vus = 2, duration = "200ms" },
    tiny = { vus = 1, duration = "100ms" } } }
END
  stress --profile quick
  code 0
  is_true 's("default").vus == 2' 'r.duration_s < 1' \
    'r.options.profile == "quick"'
  stress --profile tiny --vus 3
  is_true 's("default").vus == 3' 'r.duration_s < 1'
}
