#!/usr/bin/env bats
# Every example and every suite in scripts/ is valid and passes against the
# built-in target.

PROGRAM=${STRESSENGINE:-./stressengine}

# run_one FILE [options]: a line for the file, and its output if it failed
run_one() {
  local output status=0
  output=$(timeout 60 "$PROGRAM" "$@" --no-color -q 2>&1 3>&-) || status=$?
  [ "$status" -eq 0 ] && return
  echo "$1: exit code $status"
  echo "$output"
}

# Examples measure next to nothing, so they may disturb each other: three at
# a time.
run_all() {
  local file running=0
  for file; do
    run_one "$file" &
    running=$((running + 1))
    [ "$running" -lt 3 ] || wait -n || true
  done
  wait
}

@test "every example and script is valid" {
  local file
  for file in examples/*.lua scripts/*.lua; do
    run "$PROGRAM" check "$file" 3>&-
    [ "$status" -eq 0 ] || {
      echo "$output"
      return 1
    }
  done
}

@test "there are enough examples, and each begins by saying what it shows" {
  [ "$(ls examples/[0-9][0-9]_*.lua | wc -l)" -ge 12 ]
  local file
  for file in examples/*.lua; do
    head -n 1 "$file" | grep -q '^-- [A-Z].*' || {
      echo "$file: $(head -n 1 "$file")"
      return 1
    }
  done
}

@test "each script begins with its five lines" {
  local file
  for file in scripts/*.lua; do
    run sed -n '1,/^$/s/^-- \([A-Z][a-z ]*\):.*/\1/p' "$file"
    [ "$output" = $'Question\nNeeds\nTakes\nRead\nNot for' ] || {
      echo "$file: $output"
      return 1
    }
  done
}

@test "every example passes" {
  run run_all examples/*.lua
  [ -z "$output" ] || {
    echo "$output"
    return 1
  }
}

# With ThreadSanitizer 100 MB of JSON take so long that the watchdog steps in.
every_script() {
  local file
  for file in scripts/*.lua; do
    [ "${SAN:-} $file" = "thread scripts/large_payloads.lua" ] ||
      echo "$file"
  done
}

@test "every script passes" {
  local file
  for file in $(every_script); do
    if grep -q '^    quick = ' "$file"; then
      run run_one "$file" --profile quick
    else
      run run_one "$file"
    fi
    [ -z "$output" ] || {
      echo "$output"
      return 1
    }
  done
}

@test "every script can be tried with --once" {
  local file
  for file in $(every_script); do
    run run_one "$file" --once
    [ -z "$output" ] || {
      echo "$output"
      return 1
    }
  done
}

@test "what a suite prints does not spoil a report on stdout" {
  run bash -c "'$PROGRAM' examples/05_setup_data.lua -q -o json=- 2>&1 \
    >'$BATS_TEST_TMPDIR/json'" 3>&-
  [[ "$output" == "asked 90 times about 30 tools" ]]
  [ "$(head -c 1 "$BATS_TEST_TMPDIR/json")" = "{" ]
}
