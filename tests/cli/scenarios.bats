#!/usr/bin/env bats
# Scenarios together: mixes, sequences, warm-up, profiles, options.

load common

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
