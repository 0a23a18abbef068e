#!/usr/bin/env bats
# Executors that have a rate: how many iterations start, which are dropped.

load common

@test "constant-arrival-rate: exactly the rate, whatever the workers" {
  suite <<'END'
local http = require "stress.http"
return { executor = "constant-arrival-rate", rate = 400, duration = "1s",
  max_vus = 50, run = function() http.get("/delay/5") end }
END
  local workers
  for workers in 1 2 3; do
    stress --workers $workers
    sound
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
  sound
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
  sound
  sums
  is_true 'a.planned >= 399' 'a.planned <= 401' 'a.dropped == 0'
}

@test "poisson arrivals come at random times, the same for the same seed" {
  suite <<'END'
return { executor = "constant-arrival-rate", rate = 200, duration = "1s",
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
  sound
  is_true 'm("a", { scenario = "arrivals" }).count >= 79' \
    'm("a", { scenario = "arrivals" }).count <= 81' \
    'm("a", { scenario = "each" }).count == 20' \
    'm("b", { scenario = "each" }).count == 20'
}
