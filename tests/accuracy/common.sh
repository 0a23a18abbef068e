# shellcheck shell=bash
# common.sh - what the accuracy tests share; to be sourced.
#
#   suite <<'END'            writes the suite
#   run ARGUMENTS...         runs it against TARGET_URL
#   json EXPRESSION...       values of the result, see ../cli/json.lua
#   holds EXPRESSION         it is true in the result
#   figures LABEL EXPRESSION...   prints them as a comment
#   attempt NAME FUNCTION    one test: up to three tries, as a machine that
#                            does something else spoils a measurement
#   spoiled PERCENT          what a test returns whose figures are wrong:
#                            it is skipped where all other programs used
#                            that much of the machine during the last run
#   done_testing
#
# A function of attempt may return 2: it cannot be told here, skip it.
#
# A target of its own is started, and ended at the end.
set -u
cd "$(dirname "$0")/../.." || exit 2
STRESSENGINE=$(realpath "${STRESSENGINE:-./stressengine}")
: "${BUILD:=build/normal}"
WORK=$(mktemp -d)
. tests/servers.sh
trap 'stop_servers; rm -rf "$WORK"' EXIT
start_target

tests=0 failed=0

suite() {
  cat >"$WORK/suite.lua"
}

# Hundredths of a second that the processors were busy, and that the engine
# and the target were; steal counts as busy.
busy() {
  awk '/^cpu / { print $2 + $3 + $4 + $7 + $8 + $9 }' /proc/stat
}

ours() {
  # Of the shell's children that were waited for, and of the target.
  awk '{ sub(/.*\) /, ""); print $14 + $15 }' "/proc/$$/stat"
  awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$TARGET_PID/stat"
}

sum() {
  awk '{ sum += $1 } END { print sum }'
}

# measure COMMAND...: runs it, and sees what others do meanwhile
measure() {
  local before began code=0
  began=$(date +%s%N)
  before=$(($(busy) - $(ours | sum)))
  "$@" || code=$?
  used_by_others=$(($(busy) - $(ours | sum) - before))
  took=$((($(date +%s%N) - began) * $(nproc) / 10000000))
  return $code
}

others() {
  echo $((100 * used_by_others / (took + 1)))
}

# spoiled PERCENT: what a failed test returns: 2 if others used that much
spoiled() {
  echo "# used by others: $(others) % of the machine"
  [ "$(others)" -lt "$1" ] || return 2
  return 1
}

run() {
  measure run_engine "$@"
}

run_engine() {
  "$STRESSENGINE" "$WORK/suite.lua" -q --target "$TARGET_URL" \
    -o "json=$WORK/result.json" "$@" >"$WORK/stdout" 2>"$WORK/stderr"
}

json() {
  lua5.4 tests/cli/json.lua "$WORK/result.json" "$@"
}

holds() {
  local expression
  for expression; do
    [ "$(json "$expression")" = true ] && continue
    echo "# not true: $expression"
    return 1
  done
}

figures() {
  local label=$1
  shift
  echo "# $label: $(json "$@" | paste -s -d ' ')"
}

attempt() {
  local name=$1 try code
  tests=$((tests + 1))
  for try in 1 2 3; do
    code=0
    "$2" || code=$?
    if [ "$code" -eq 0 ]; then
      echo "ok $tests - $name"
      return 0
    fi
    echo "# try $try failed"
    if [ "$code" -eq 2 ] && [ "$try" -eq 2 ]; then
      echo "ok $tests - $name # SKIP the machine was busy with something else"
      return 0
    fi
  done
  failed=$((failed + 1))
  echo "not ok $tests - $name"
  sed 's/^/# /' "$WORK/stdout" "$WORK/stderr"
}

done_testing() {
  echo "1..$tests"
  [ "$failed" -eq 0 ]
}
