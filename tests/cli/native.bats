#!/usr/bin/env bats
# The transport of our own, seen from outside: what it counts, what it needs
# from the machine, and how it is stopped in the middle of things.

load common

setup() {
  WORK=$DIR # a server for each test: its counts begin at 0
  start_badserver
}

teardown() {
  [ -z "${silent_pid:-}" ] || kill -CONT "$silent_pid"
  stop_servers
}

# counted EXPRESSION...: each holds for what the server counted, r, and what
# the engine did, m.  The server is asked once, for it counts who asks, too.
counted() {
  [ -s "$DIR/count" ] || curl -s "$BADSERVER_URL/count" >"$DIR/count"
  local expression got
  for expression; do
    got=$(lua5.4 "$ROOT/tests/cli/json.lua" "$DIR/count" \
      "(function() local sum = 0; for _, n in pairs(r.requests) do
        sum = sum + n end; r.all = sum - 1; return $expression end)()")
    [ "$got" = true ] || { echo "not so: $expression"; cat "$DIR/count"; show; }
  done
}

# engine_count METRIC: as a number
engine_count() {
  json "('%d'):format(m('$1').count)"
}

@test "bytes and requests are those that the server counted" {
  suite <<'END'
local http = require "stress.http"
local BAD = os.getenv("BADSERVER_URL")
return { vus = 3, executor = "shared-iterations", iterations = 30,
  run = function()
    http.get(BAD .. "/ok")
    http.get(BAD .. "/chunked")
    http.get(BAD .. "/go/302?/go/301?/ok", { headers = { ["X-A"] = "b" } })
    http.post(BAD .. "/go/307?/body", { body = ("x"):rep(100000) })
    http.put(BAD .. "/body", { json = { a = 1 } })
    http.head(BAD .. "/length-only", { cookies = { a = 1 } })
    http.batch { BAD .. "/short", BAD .. "/no-length", BAD .. "/cut/20" }
  end }
END
  stress --workers 2
  counted 'r.all == 30 * 12' "r.all == $(engine_count http_reqs)" \
    "r.bytes_in == $(engine_count data_sent)" \
    "r.bytes_out == $(engine_count data_received)"
}

@test "what was sent again is counted, and what was lost is an error" {
  suite <<'END'
local http = require "stress.http"
local BAD = os.getenv("BADSERVER_URL")
return { iterations = 1, run = function()
  for _ = 1, 10 do
    http.get(BAD .. "/body")
    http.get(BAD .. "/drop-second", { retries = 1 })
    http.get(BAD .. "/body")
    http.get(BAD .. "/drop-second")
  end
end }
END
  stress
  is_true "m('http_reqs').count == 40" "m('http_req_failed').rate == 0.25"
  counted "r.all == 40 + $(engine_count http_req_retried)" \
    "r.bytes_in == $(engine_count data_sent)"
  has "10 ×  a kept connection was closed without an answer"
}

@test "without descriptors left the run is INVALID, and says why" {
  suite <<'END'
local http = require "stress.http"
local BAD = os.getenv("BADSERVER_URL")
local names = {}
return { vus = 40, duration = "300ms", run = function()
  local res = http.get(BAD .. "/slow")
  if res.error_class then names[res.error_class] = true end
  if res.error_class == "no_descriptors" then
    print(res.error_code, res.error)
  end
end }
END
  ulimit -n 40
  stress
  code 96
  has "no file descriptor left on this side (see ulimit -n)"
  has "1210"
  is_true 'r.verdict == "invalid"'
}

@test "without ports left the run is INVALID, and says why" {
  local command="ip link set lo up &&
    echo 40000 40009 >/proc/sys/net/ipv4/ip_local_port_range"
  unshare -rn sh -c "$command" 2>/dev/null || skip "no network of one's own"
  suite <<'END'
local http = require "stress.http"
return { vus = 40, duration = "300ms",
  run = function() http.get("/delay/20") end }
END
  status=0
  unshare -rn sh -c "$command; exec \"\$0\" \"\$@\"" "$STRESSENGINE" \
    "$DIR/suite.lua" -q -o "json=$DIR/result.json" >"$DIR/stdout" \
    2>"$DIR/stderr" 3>&- || status=$?
  output=$(cat "$DIR/stdout") errors=$(cat "$DIR/stderr")
  code 96
  has "no local port left on this side"
}

# A server that is stopped takes 129 connections, and says nothing.
start_silent() {
  start_server silent "$BUILD/tests/badserver"
  SILENT_URL=$(wait_for "$WORK/silent.out" 'listening on http\(.*\)')
  export SILENT_URL
  kill -STOP "$silent_pid"
}

@test "a hard stop ends requests in every phase" {
  suite <<'END'
local http = require "stress.http"
local stress = require "stress"
local BAD, SILENT = os.getenv("BADSERVER_URL"), os.getenv("SILENT_URL")
local LARGE = ("x"):rep(1 << 24)
local function scenario(name, vus, run)
  return { name = name, vus = vus, duration = "400ms", graceful_stop = "0s",
    run = run }
end
return { scenarios = {
  scenario("dialling", 150, function() http.get("http" .. SILENT) end),
  scenario("handshaking", 3, function() http.get("https" .. SILENT) end),
  scenario("waiting", 3, function() http.get(BAD .. "/never") end),
  scenario("receiving", 3, function() http.get(BAD .. "/slow") end),
  scenario("sending", 3, function()
    http.post(BAD .. "/slow-reader", { body = LARGE })
  end),
  scenario("redirected", 3, function()
    http.get(BAD .. "/loop", { redirects = 100 })
  end),
  scenario("batches", 3, function()
    stress.batch {
      function() http.batch { BAD .. "/never", BAD .. "/slow" } end,
      function() http.get(BAD .. "/never") end,
      function() http.get(BAD .. "/never", { compression = true }) end,
    }
  end),
} }
END
  start_silent
  local began=$SECONDS
  stress --workers 2
  [ $((SECONDS - began)) -le 3 ]
  [ "$status" -eq 0 ] || [ "$status" -eq 96 ]
  sums
  is_true 's("dialling").accounting.cancelled == 150' \
    's("handshaking").accounting.cancelled == 3' \
    's("waiting").accounting.cancelled == 3' \
    's("receiving").accounting.cancelled >= 1' \
    's("sending").accounting.cancelled >= 1' \
    's("batches").accounting.cancelled == 3' \
    's("redirected").accounting.ok == 0'
}

@test "a second Ctrl-C ends requests in the middle" {
  suite <<'END'
local http = require "stress.http"
local BAD = os.getenv("BADSERVER_URL")
return { vus = 4, duration = "1h", run = function(vu)
  print("running " .. vu.id)
  http.batch { BAD .. "/never", BAD .. "/slow", BAD .. "/slow-reader" }
end }
END
  "$STRESSENGINE" "$DIR/suite.lua" -q -o "json=$DIR/result.json" \
    >"$DIR/stdout" 2>"$DIR/stderr" 3>&- &
  local pid=$!
  until_true grep -q "running 4" "$DIR/stdout"
  kill -INT "$pid"
  sleep 0.2
  kill -INT "$pid"
  status=0
  wait "$pid" || status=$?
  code 105
  sums
  is_true 'a.cancelled == 4'
}

@test "--http-debug shows what goes and comes over the native transport" {
  suite <<'END'
local http = require "stress.http"
local BAD = os.getenv("BADSERVER_URL")
return { iterations = 1, run = function()
  http.post(BAD .. "/chunked", { body = "the question", headers = { A = "b" } })
  http.get(BAD .. "/interim")
end }
END
  stress --http-debug
  code 0
  complains "> POST /chunked HTTP/1.1"
  complains "A: b"
  complains "< HTTP/1.1 200 OK"
  complains "Transfer-Encoding: chunked"
  [[ "$errors" != *"the question"* && "$errors" != *"ay, "* ]]
  stress --http-debug=full
  complains "the question"
  complains "ay, "
}
