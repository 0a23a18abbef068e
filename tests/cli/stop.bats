#!/usr/bin/env bats
# Interrupted runs: they stop gracefully, then at once, and still tell all.

load common

# begin ARGUMENTS...: the engine on the suite, in the background
begin() {
  "$STRESSENGINE" "$DIR/suite.lua" -q -o "json=$DIR/result.json" "$@" \
    >"$DIR/stdout" 2>"$DIR/stderr" 3>&- &
  pid=$!
}

# printed TEXT: what the suite prints is there
printed() {
  grep -q "$1" "$DIR/stdout"
}

# end: waits for the engine
end() {
  status=0
  wait "$pid" || status=$?
  output=$(cat "$DIR/stdout")
  errors=$(cat "$DIR/stderr")
}

@test "Ctrl-C stops gracefully: what runs may end, all is written, 105" {
  suite <<'END'
local stress = require "stress"
return { vus = 3, duration = "1h", run = function(vu)
  if vu.iteration == 1 then print("running " .. vu.id) end
  stress.sleep("300ms")
end,
teardown = function() print("torn down") end }
END
  begin
  until_true printed 'running 3'
  kill -INT "$pid"
  end
  code 105
  has "torn down"
  has "█ ACCOUNTING"
  sums
  is_true 'r.exit_code == 105' 'r.verdict == "aborted"' 'a.ok == a.started' \
    'a.ok >= 3' 'a.cancelled == 0'
}

@test "so does SIGTERM" {
  suite <<'END'
local stress = require "stress"
return { vus = 1, duration = "1h", run = function(vu)
  if vu.iteration == 1 then print("running") end
  stress.sleep("50ms")
end }
END
  begin
  until_true printed running
  kill -TERM "$pid"
  end
  code 105
  sums
}

@test "a second Ctrl-C stops at once, and all is written still" {
  suite <<'END'
local stress = require "stress"
return { vus = 3, duration = "1h", graceful_stop = "10m", run = function(vu)
  local _ <close> = setmetatable({}, { __close = function()
    print("closed " .. vu.id)
  end })
  print("running " .. vu.id)
  stress.sleep("1h")
end }
END
  begin
  until_true printed 'running 1'
  until_true printed 'running 2'
  until_true printed 'running 3'
  kill -INT "$pid"
  sleep 0.5
  kill -0 "$pid"
  SECONDS=0
  kill -INT "$pid"
  end
  [ "$SECONDS" -lt 4 ]
  code 105
  sums
  is_true 'a.started == 3' 'a.cancelled == 3'
  [ "$(grep -c '^closed' <<<"$output")" -eq 3 ]
}

@test "the graceful stop has an end" {
  suite <<'END'
local stress = require "stress"
return { vus = 1, duration = "1h", graceful_stop = "500ms", run = function()
  print("running")
  stress.sleep("1h")
end }
END
  begin
  until_true printed running
  SECONDS=0
  kill -INT "$pid"
  end
  [ "$SECONDS" -lt 4 ]
  code 105
  sums
  is_true 'a.cancelled == 1'
}

@test "every executor adds up after Ctrl-C" {
  suite <<'END'
local http = require "stress.http"
local n = 0
local function run(vu)
  http.get("/delay/20")
  n = n + 1
  if n == 100 then print("busy") end
end
local function scenario(executor, keys)
  keys.name, keys.executor, keys.run = executor, executor, run
  return keys
end
local stages = { { target = 20, duration = "1m" } }
return { scenarios = {
  scenario("shared-iterations", { vus = 5, iterations = 100000 }),
  scenario("per-vu-iterations", { vus = 5, iterations = 100000 }),
  scenario("constant-vus", { vus = 5, duration = "1m" }),
  scenario("ramping-vus", { start_vus = 5, stages = stages }),
  scenario("constant-arrival-rate", { rate = 200, duration = "1m",
    max_vus = 3 }),
  scenario("ramping-arrival-rate", { start_rate = 200, stages = stages,
    max_vus = 20 }),
} }
END
  begin --workers 1
  until_true printed busy
  kill -INT "$pid"
  end
  code 105
  sums
  is_true 'n(r.scenarios) == 6' 's("ramping-vus").accounting.ok > 0' \
    's("constant-arrival-rate").accounting.dropped > 0' \
    's("shared-iterations").accounting.planned == 100000' \
    's("per-vu-iterations").accounting.planned == 500000' \
    's("constant-arrival-rate").accounting.planned < 12000'
}

@test "Ctrl-C in setup makes no load; teardown runs" {
  suite <<'END'
local stress = require "stress"
return { vus = 1, duration = "1h",
  setup = function()
    print("setting up")
    stress.sleep("1h")
  end,
  run = function() print("load") end,
  teardown = function() print("torn down") end }
END
  begin
  until_true printed 'setting up'
  kill -INT "$pid"
  end
  code 105
  hasnt load
  has "torn down"
  is_true 'a.started == 0' 'r.exit_code == 105'
}

@test "Ctrl-C ends a setup that never waits" {
  [ "${SAN:-}" != thread ] || skip "the sanitizer delays signals"
  suite <<'END'
return {
  setup = function() print("in setup") while true do end end,
  teardown = function() print("in teardown") end,
  iterations = 1, run = function() end,
}
END
  begin
  until_true printed "in setup"
  kill -INT "$pid"
  end
  code 105
  has "in teardown"
  complains "interrupted"
}

@test "Ctrl-C before a scenario of a sequence keeps it from starting" {
  suite <<'END'
local stress = require "stress"
local function run(vu)
  print("in " .. vu.scenario)
  stress.sleep("20ms")
end
return { sequence = true, scenarios = {
  { name = "first", vus = 1, duration = "1h", run = run },
  { name = "second", vus = 1, iterations = 5, run = run } } }
END
  begin
  until_true printed 'in first'
  kill -INT "$pid"
  end
  code 105
  hasnt 'in second'
  sums
  is_true 's("second").accounting.started == 0' \
    's("second").accounting.dropped == 5'
}

@test "the built-in target ends with the run, however it ends" {
  suite <<'END'
local stress = require "stress"
return { vus = 1, duration = "1h", run = function()
  print("target " .. stress.target)
  stress.sleep("100ms")
end }
END
  begin
  until_true printed target
  local url
  url=$(sed -n 's/^target //p' "$DIR/stdout" | head -n 1)
  curl --silent --fail "$url/health"
  kill -KILL "$pid"
  end
  gone() { ! curl --silent --max-time 1 "$url/health" >"$DIR/curl"; }
  until_true gone
}

@test "requests that the end cuts off count as slower in limits on times" {
  suite <<'END'
local http = require "stress.http"
return { rate = 20, duration = "2s", max_vus = 40, graceful_stop = "500ms",
  tags = { suite = "shop" },
  run = function(vu)
    http.get(vu.iteration % 10 == 0 and "/delay/60000" or "/",
      { name = "order" })
  end,
  thresholds = {
    http_req_duration = { "p(95)<400ms", "p(80)<400ms", "p(95)<60s" },
    ["http_req_response_time{name:order,suite:shop}"] = "p(95)<400ms",
    ["http_req_waiting{name:other}"] = { "max<1s", optional = true },
    http_req_interrupted = { "count==4", "max<2.8s", "min>490ms" } } }
END
  stress
  code 99
  has '4 requests were cut off at the end of the run'
  # In what order thresholds are judged is not said.
  is_true 'm("http_reqs").count == 36' 'm("http_req_duration").count == 36' \
    'm("http_req_interrupted").count == 4' \
    '(function() local failed = {} for _, c in ipairs(r.criteria) do
      if c.status == "FAIL" then failed[#failed + 1] = c.name end end
      table.sort(failed) return table.concat(failed, " ") end)() ==
      "http_req_duration p(95)<400ms " ..
      "http_req_response_time{name:order,suite:shop} p(95)<400ms"'
}

@test "requests that the ramp or a second Ctrl-C cuts off are counted" {
  suite <<'END'
local http = require "stress.http"
return { executor = "ramping-vus", start_vus = 3, graceful_ramp_down = "100ms",
  stages = { { duration = "300ms", target = 3 }, { duration = "0s",
    target = 1 }, { duration = "1h", target = 1 } },
  run = function() print("asks") http.get("/delay/60000") end }
END
  begin
  until_true printed asks
  sleep 1
  kill -INT "$pid"
  sleep 0.3
  kill -INT "$pid"
  end
  code 105
  is_true 'm("http_req_interrupted").count == 3' 'a.cancelled == 3'
}
