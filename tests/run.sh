#!/bin/bash
# run.sh [FILE...] - everything that `make check` runs, or only these files.
#
# BUILD is the directory of the build and BIN its engine; make passes both.
# The last line is "N passed, M failed", and the exit code 0 if M is 0.
# `prove` runs two files at a time; what measures time runs alone, after.
set -u
cd "$(dirname "$0")/.." || exit 2
BUILD=${BUILD:-build/normal}
STRESSENGINE=$(realpath "${BIN:-./stressengine}")
TAP_LOGS=$(mktemp -d)
export BUILD STRESSENGINE TAP_LOGS
export LC_ALL=C.UTF-8
unset NO_COLOR
trap 'rm -rf "$TAP_LOGS"' EXIT

# Programs that a sanitizer stops must not end with a code of the engine's.
export ASAN_OPTIONS=exitcode=70:${ASAN_OPTIONS:-}
export TSAN_OPTIONS=exitcode=70:${TSAN_OPTIONS:-}
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1:${UBSAN_OPTIONS:-}

existing() {
  local file
  for file; do
    [ -e "$file" ] && echo "$file"
  done
}

# The slow ones first, so that none is left alone at the end.
together() {
  existing tests/cli/*.bats |
    grep -vE '/(endless|examples|scripts)\.bats$'
  existing "$BUILD"/tests/test_* | grep -v '\.d$'
  existing tests/lua/test_*.lua tests/lua/api_*.lua
  existing tests/style/*.sh | grep -vE '/(tap|lint)\.sh$'
}

# Those that need the machine for themselves, or take it (endless loops).
alone() {
  existing tests/cli/endless.bats tests/cli/examples.bats tests/cli/scripts.bats
  existing tests/accuracy/*.sh | grep -v /common.sh
}

# run_all JOBS FILE...
run_all() {
  local jobs=$1
  shift
  [ $# -eq 0 ] && return
  prove --timer --jobs "$jobs" --merge --exec tests/one.sh "$@" || :
}

# What failed, with what was said about it; prove only counts.
show_failures() {
  awk -v file="$(basename "$1")" '
    /^(ok|not ok|1\.\.)/ { shown = 0 }
    /^not ok/ { shown = 60; print "\n" file ":" }
    shown > 0 { print; shown-- }' "$1"
}

# The points of a log; a file that failed without one counts as one, and so
# does one that ended before its plan.
count_log() {
  local log=$1 plan ok notok
  ok=$(grep -c '^ok' "$log")
  notok=$(grep -c '^not ok' "$log")
  plan=$(sed -n 's/^1\.\.\([0-9]*\).*/\1/p' "$log" | tail -n 1)
  if [ -z "$plan" ] || [ $((ok + notok)) -ne "$plan" ] ||
    { [ "$(cat "$log.code")" -ne 0 ] && [ "$notok" -eq 0 ]; }; then
    notok=$((notok + 1))
    broken="$broken ${log##*/}"
  fi
  skipped=$((skipped + $(grep -ciE '^ok.*# skip' "$log")))
  passed=$((passed + ok))
  failed=$((failed + notok))
}

if [ $# -gt 0 ]; then
  run_all 1 "$@"
else
  # shellcheck disable=SC2046
  run_all 2 $(together)
  # shellcheck disable=SC2046
  run_all 1 $(alone)
fi

passed=0 failed=0 skipped=0 broken=
for log in "$TAP_LOGS"/*.code; do
  [ -e "$log" ] || continue
  count_log "${log%.code}"
  show_failures "${log%.code}"
done
[ $((passed + failed)) -gt 0 ] || failed=1
[ -z "$broken" ] || echo "no whole TAP from:$broken"
[ "$skipped" -eq 0 ] || echo "$skipped of those that passed were skipped"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
