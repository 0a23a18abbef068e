#!/usr/bin/env bats
# Executors that have VUs: what each starts, how it ends, and that everything
# that was started is accounted for.

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
    'a.dropped == 200 - a.started' \
    'm("dropped_iterations").count == a.dropped' 'r.duration_s < 1.2'
  suite <<'END'
local stress = require "stress"
return { executor = "shared-iterations", vus = 2, iterations = 100,
  max_duration = "500ms", run = function() stress.sleep("100ms") end }
END
  stress
  sums
  is_true 'a.planned == 100' 'a.dropped == 100 - a.started'
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

@test "the gauge of VUs knows them in a run of one second" {
  suite <<'END'
local http = require "stress.http"
return { vus = 10, duration = "1s", run = function() http.get("/delay/5") end,
  thresholds = { vus = "max>=10" } }
END
  stress
  code 0
  is_true 'm("vus").max == 10'
}
