#!/bin/bash
# run.sh - runs every test and says how many passed and failed.
#
#   BUILD=build/normal BIN=./stressengine tests/run.sh [PATTERN]
#
# Called by `make check` after building; PATTERN (a regular expression) picks
# test files by their name.  All speak TAP and are run by prove: first what
# does not mind company, two at a time, then what measures time, alone.  The
# last line is "N passed, M failed".
set -u
cd "$(dirname "$0")/.." || exit 2
: "${BUILD:=build/normal}" "${BIN:=./stressengine}"
STRESSENGINE=$(realpath "$BIN")
BUILD=$(realpath "$BUILD")
export BUILD BIN STRESSENGINE CMOCKA_MESSAGE_OUTPUT=TAP
unset NO_COLOR
pattern=${1:-.}
log=$(mktemp)
trap 'rm -f "$log"' EXIT
failed_runs=0

# Runs one file of any kind; prove calls this script again for each.
run_one() {
  case $1 in
    *.bats) exec bats --tap "$1" ;;
    *.lua) exec bash tests/lua/run.sh "$1" ;;
    *.sh) exec bash "$1" ;;
    *) exec "$1" ;;
  esac
}
if [ "${1:-}" = --one ]; then
  trap - EXIT
  rm -f "$log"
  run_one "$2"
fi

pick() { for file; do [ -e "$file" ] && echo "$file"; done | grep -E "$pattern"; }

# group NAME JOBS FILE...
group() {
  local name=$1 jobs=$2 began=$SECONDS files
  shift 2
  mapfile -t files < <(pick "$@")
  [ ${#files[@]} -gt 0 ] || return 0
  if prove --merge -v -j"$jobs" -e "bash tests/run.sh --one" "${files[@]}" \
    >"$log.group" 2>&1; then
    printf '%-10s ok      %3d s\n' "$name" $((SECONDS - began))
  else
    failed_runs=$((failed_runs + 1))
    printf '%-10s FAILED  %3d s\n' "$name" $((SECONDS - began))
    # The failures with what they said, then prove's own summary.
    grep -E -A12 '^not ok' "$log.group" | grep -vE '^ok ' | head -n 300
    sed -n '/^Test Summary Report/,$p' "$log.group"
  fi
  cat "$log.group" >>"$log"
  rm -f "$log.group"
}

styles=$(find tests/style -name '*.sh' ! -name lint.sh ! -name tap.sh | sort)
units=$(find "$BUILD/tests" -name 'test_*' -type f -executable | sort)
# shellcheck disable=SC2086
{
  group style 2 $styles
  group unit 2 $units
  group lua 2 tests/lua/test_*.lua tests/lua/api_*.lua
  group commands 2 tests/cli/*.bats tests/bugs/*.bats
  group accuracy 1 tests/accuracy/*.sh tests/accuracy/*.bats
}

passed=$(grep -cE '^ok ' "$log")
failed=$(grep -cE '^not ok ' "$log")
# A file that died without saying which test failed is one failure.
[ "$failed_runs" -gt 0 ] && [ "$failed" -eq 0 ] && failed=$failed_runs
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
