#!/usr/bin/env bats
# What the user sees, and the result as JSON.

load common

ESCAPE=$'\e'

small() {
  suite <<'END'
local http = require "stress.http"
local stress = require "stress"
return { name = "Small", vus = 2, iterations = 20,
  run = function(vu)
    local res = http.get("/status/" .. (vu.iteration == 3 and 503 or 200))
    stress.check("it answered", res.status == 200)
  end,
  thresholds = { http_req_duration = "p(95)<10s", checks = "rate>0.5" } }
END
}

# on_terminal COMMAND...: runs it with a terminal for its output
on_terminal() {
  status=0
  output=$(script --quiet --return --command "$*" /dev/null 3>&- </dev/null) ||
    status=$?
}

@test "the summary has its parts, in their order" {
  small
  stress
  code 0
  local part rest=$output
  for part in VERDICT CRITERIA CHECKS SCENARIOS METRICS URLS ERRORS ACCOUNTING \
    GENERATOR; do
    [[ "$rest" == *"█ $part"* ]] || { echo "no $part here"; show; }
    rest=${rest#*"█ $part"}
  done
  has 'http_req_duration'
  has 'planned 20 = started 20 + dropped 0'
  has 'started 20 = ok 19 + failed 1 + timed out 0 + cancelled 0 + in flight 0'
  has 'it answered'
  has 'seed '
}

@test "metrics have dotted leaders" {
  small
  stress
  grep -q 'http_reqs\.\.\.*: 20' <<<"$output"
}

@test "equal errors are one line with a count and an example" {
  suite <<'END'
local http = require "stress.http"
return { vus = 5, iterations = 500, run = function(vu)
  http.get(vu.iteration % 2 == 0 and "/status/503" or "http://127.0.0.1:1/")
  http.get("/health")
end }
END
  stress
  code 0
  [ "$(grep -c 'refused' <<<"$output")" -eq 1 ]
  [ "$(wc -l <<<"$output")" -lt 120 ]
  is_true 'n(r.errors) == 2' 'r.errors[1].count == 250' \
    'r.errors[2].count == 250' \
    '(r.errors[1].example .. r.errors[2].example):find("/status/503") ~= nil'
}

@test "a pipe gets no escape codes, with or without options" {
  small
  engine "$DIR/suite.lua"
  hasnt "$ESCAPE"
  engine "$DIR/suite.lua" -q
  hasnt "$ESCAPE"
  ! grep -q "$ESCAPE" "$DIR/stderr"
  ! grep -q $'\r' "$DIR/stdout"
}

@test "without a terminal there is a plain line every few seconds" {
  suite <<'END'
local http = require "stress.http"
local stress = require "stress"
return { vus = 2, duration = "4s", run = function()
  http.get("/")
  stress.sleep("20ms")
end }
END
  engine "$DIR/suite.lua"
  code 0
  cat "$DIR/stdout" "$DIR/stderr" >"$DIR/all"
  [ "$(grep -c 'req/s' "$DIR/all")" -ge 1 ]
  ! grep -q "$ESCAPE" "$DIR/all"
}

@test "-q shows no progress, but the summary" {
  suite <<'END'
return { vus = 1, duration = "3s",
  run = function() require "stress".sleep("50ms") end }
END
  stress
  code 0
  [ -z "$errors" ]
  [ "$(head -n 1 <<<"$output")" = "█ VERDICT" ]
}

@test "a terminal gets colours, and a live block" {
  command -v script >/dev/null || skip "no script(1) here"
  suite <<'END'
return { vus = 1, duration = "1s",
  run = function() require "stress".sleep("50ms") end }
END
  on_terminal env -u NO_COLOR TERM=xterm "$STRESSENGINE" "$DIR/suite.lua"
  code 0
  has "$ESCAPE["
  has PASS
}

@test "--no-color and NO_COLOR keep colours away" {
  command -v script >/dev/null || skip "no script(1) here"
  small
  on_terminal env -u NO_COLOR TERM=xterm "$STRESSENGINE" "$DIR/suite.lua" -q \
    --no-color
  has PASS
  hasnt "$ESCAPE["
  on_terminal env NO_COLOR=1 TERM=xterm "$STRESSENGINE" "$DIR/suite.lua" -q
  has PASS
  hasnt "$ESCAPE["
  on_terminal env -u NO_COLOR TERM=xterm "$STRESSENGINE" "$DIR/suite.lua" -q
  has "$ESCAPE["
}

@test "the JSON result has the schema and all that it promises" {
  small
  stress --seed 7 --tag build=42
  is_true 'r.schema == "stressengine/1"' 'r.suite ~= nil' \
    'r.engine.version ~= nil' 'r.engine.libraries.lua ~= nil' \
    'r.environment.host ~= nil' 'r.environment.kernel ~= nil' \
    'r.environment.cores >= 1' 'r.environment.clocksource ~= nil' \
    'r.environment.limits ~= nil' 'r.seed == 7' \
    'type(r.options) == "table"' 'r.duration_s > 0' 'r.verdict == "pass"' \
    'r.exit_code == 0' 'n(r.criteria) >= 2' 'type(r.series) == "table"' \
    'type(r.monitors) == "table"' 'r.health.verdict == "VALID"' \
    'type(r.health.reasons) == "table"' 'type(r.errors) == "table"' \
    'r.started_at:find("^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d") ~= nil'
  is_true 'c("checks").target == "rate>0.5"' 'c("checks").samples == 20' \
    'math.abs(c("checks").actual - 0.95) < 1e-9' \
    'n(r.scenarios) == 1' 'n(r.metrics) > 20'
}

@test "rows of metrics have kind, unit, tags and the words of thresholds" {
  small
  stress
  local word
  for word in count avg min med max 'p(90)' 'p(95)' 'p(99)' 'p(99.9)'; do
    is_true "type(m('http_req_duration')['$word']) == 'number'"
  done
  is_true 'm("http_reqs").count == 20' 'm("http_reqs").rate > 0' \
    'm("http_req_failed").rate == 0.05' \
    'm("http_reqs", { status = "503" }).count == 1' \
    'm("http_reqs", { scenario = "default" }).count == 20' \
    'm("http_reqs", { name = "/status/200" }).count == 19'
}

@test "the metrics of k6 are there by their names" {
  suite <<'END'
local http = require "stress.http"
local stress = require "stress"
return { vus = 2, duration = "2200ms", run = function()
  stress.check("ok", http.get("/").status == 200)
  stress.sleep("50ms")
end }
END
  stress
  local metric
  for metric in http_reqs http_req_duration http_req_blocked \
    http_req_connecting http_req_tls_handshaking http_req_sending \
    http_req_waiting http_req_receiving http_req_failed iterations \
    iteration_duration checks vus vus_max data_sent data_received \
    http_req_response_time http_req_looking_up; do
    is_true "type(m('$metric')) == 'table'"
  done
  is_true 'n(r.series) >= 2 or type(next(r.series)) == "string"'
}

@test "-o json=- is a program's: nothing but the document on stdout" {
  small
  engine "$DIR/suite.lua" -q -o json=-
  code 0
  cp "$DIR/stdout" "$DIR/result.json"
  is_true 'r.exit_code == 0'
}

@test "several reports can be written at once" {
  small
  engine "$DIR/suite.lua" -q -o "json=$DIR/result.json" -o "text=$DIR/text"
  code 0
  is_true 'r.exit_code == 0'
  grep -q '█ VERDICT' "$DIR/text"
}

@test "texts that are no UTF-8 and names with quotes make valid JSON" {
  suite <<'END'
local stress = require "stress"
local http = require "stress.http"
return { name = 'quo"te\n', iterations = 2, run = function(vu)
  stress.check('"q" \\ \1 \xff', true)
  http.get("/", { name = "n\xfe" })
  error("bad \xff byte")
end }
END
  stress
  code 107
  is_true 'r.suite.name == "quo\"te\n"'
}

@test "--http-debug shows the heads of requests and answers" {
  suite <<'END'
local http = require "stress.http"
return { iterations = 1,
  run = function() http.post("/echo", { body = "bread" }) end }
END
  engine "$DIR/suite.lua" -q --http-debug
  grep -q 'POST /echo HTTP/1.1' "$DIR/stderr"
  grep -q 'HTTP/1.1 200 OK' "$DIR/stderr"
  ! grep -q bread "$DIR/stderr"
  engine "$DIR/suite.lua" -q --http-debug=full
  grep -q bread "$DIR/stderr"
}

@test "what the suite prints is on stdout, whole lines, once" {
  suite <<'END'
print("loaded")
return { vus = 10, iterations = 200, run = function(vu)
  print("line", vu.iteration, ("x"):rep(100))
end }
END
  stress --workers 2
  code 0
  [ "$(grep -c '^loaded$' <<<"$output")" -eq 1 ]
  [ "$(grep -cE $'^line\t[0-9]+\tx{100}$' <<<"$output")" -eq 200 ]
}

@test "-e sets stress.env, --tag tags every sample" {
  suite <<'END'
local stress = require "stress"
local http = require "stress.http"
return { iterations = 1, run = function()
  print("env:", stress.env.WHO, stress.env.EMPTY == "", stress.env["A"])
  http.get("/")
end,
thresholds = { ["http_reqs{build:42}"] = "count==1" } }
END
  stress -e WHO=me -e EMPTY= -e A=b=c --tag build=42
  code 0
  has $'env:\tme\ttrue\tb=c'
  is_true 'c("build:42").status == "PASS"'
}

@test "the engine runs from anywhere, and finds modules beside the suite" {
  mkdir -p "$DIR/lib"
  echo 'return { word = "beside" }' | suite here.lua
  echo 'return { word = "in lib" }' | suite lib/there.lua
  suite <<'END'
local here, there = require "here", require "there"
return { iterations = 1, run = function() print(here.word, there.word) end }
END
  cd /
  stress
  code 0
  has $'beside\tin lib'
}

@test "errors without a place of their own are shown once for each place" {
  suite <<'END'
return { iterations = 20, run = function(vu)
  if vu.iteration % 2 == 0 then error({ code = vu.iteration }) end
  error("number " .. vu.iteration, 0)
end }
END
  stress
  code 107
  is_true '#r.errors == 2' 'r.errors[1].count == 10' \
    'r.errors[1].message:find("suite.lua:[23]: ") ~= nil'
}
