#!/usr/bin/env bats
# The suites in scripts/ notice what they claim to check: each is run against
# a server that is wrong in exactly one way (wrong_server.c), and must fail
# for that reason.  Against the same server without a fault it must pass.

bats_require_minimum_version 1.5.0

PROGRAM=${STRESSENGINE:-./stressengine}
SERVER_PROGRAM=${BUILD:-build/normal}/tests/wrong_server

teardown() {
  [ -z "${SERVER:-}" ] || kill "$SERVER" 2>/dev/null || true
}

# against FAULT SCRIPT [options]: the report in $output
against() {
  local fault=$1 script=$2 out="$BATS_TEST_TMPDIR/server"
  shift 2
  "$SERVER_PROGRAM" "$fault" >"$out" 2>&1 3>&- &
  SERVER=$!
  local _
  for _ in $(seq 100); do
    grep -q '^listening on ' "$out" && break
    sleep 0.05
  done
  local url
  url=$(sed -n 's/^listening on //p' "$out")
  [ -n "$url" ] || {
    cat "$out"
    return 1
  }
  run --separate-stderr "$PROGRAM" "scripts/$script.lua" --no-color -q \
    --target "$url" "$@" 3>&-
}

passes() {
  [ "$status" -eq 0 ] || {
    echo "exit code $status"
    echo "$output" "$stderr"
    return 1
  }
}

# fails CRITERION...: the run fails, and each of these criteria did not hold
fails() {
  [ "$status" -eq 99 ] || {
    echo "exit code $status"
    echo "$output" "$stderr"
    return 1
  }
  local criterion
  for criterion; do
    grep -F "  $criterion " <<<"$output" | grep -q 'FAIL' || {
      echo "not failed: $criterion"
      echo "$output"
      return 1
    }
  done
}

@test "rapid_ops passes on another server of the protocol" {
  against none rapid_ops --profile quick
  passes
}

@test "rapid_ops reads the results, not only the status" {
  against wrong-sum rapid_ops --profile quick
  fails 'checks{scenario:invoke}'
}

@test "rapid_ops wants a search to find something" {
  against empty-search rapid_ops --profile quick
  fails 'checks{scenario:search}'
}

@test "rapid_ops wants at least 25 tools" {
  against few-tools rapid_ops --profile quick
  fails 'tools_listed{scenario:registry}'
}

@test "rapid_ops reads the status in the answer, not only that of HTTP" {
  against error-as-200 rapid_ops --profile quick
  fails 'checks{scenario:list}' 'checks{scenario:registry}'
}

@test "rapid_ops fails when it is slow" {
  against slow-list rapid_ops -i 20
  fails 'http_reqs{scenario:list}'
}

@test "large_payloads passes on another server of the protocol" {
  [ "${SAN:-}" != thread ] || skip "100 MB of JSON take too long"
  against none large_payloads --profile quick
  passes
}

@test "large_payloads fails when a server reads only a part" {
  [ "${SAN:-}" != thread ] || skip "100 MB of JSON take too long"
  against loses-bytes large_payloads --profile quick
  fails 'checks{scenario:1 MB}' 'checks{scenario:100 MB}' 'every byte arrived'
}

@test "error_recovery passes on another server of the protocol" {
  against none error_recovery
  passes
}

@test "error_recovery fails when an invalid request is accepted" {
  against accepts error_recovery
  fails unexpected 'every invalid request was refused'
}

@test "error_recovery fails when a refusal has the wrong status" {
  against wrong-status error_recovery
  fails unexpected http_req_failed 'every invalid request was refused'
}

@test "error_recovery fails when the next valid request suffers" {
  against stuck error_recovery
  fails recovered 'every valid request was served'
}

@test "sustained_load passes on another server of the protocol" {
  against none sustained_load --profile quick
  passes
}

@test "sustained_load fails when a server tires" {
  against tires sustained_load --profile quick
  fails 'the end is at most 20% slower than the start'
}

@test "sustained_load fails when a server stalls for a while" {
  against stalls sustained_load --profile quick
  fails 'speed varies by at most 25%'
}
