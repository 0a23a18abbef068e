# common.sh - what the accuracy tests share; to be sourced.
#
#   suite <<'END'            writes the suite
#   run ARGUMENTS...         runs it against TARGET_URL
#   json EXPRESSION...       values of the result, see ../cli/json.lua
#   holds EXPRESSION         it is true in the result
#   figures LABEL EXPRESSION...   prints them as a comment
#   attempt NAME FUNCTION    one test: up to three tries, as a machine that
#                            does something else spoils a measurement
#   done_testing
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

run() {
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
  local name=$1 try
  tests=$((tests + 1))
  for try in 1 2 3; do
    if "$2"; then
      echo "ok $tests - $name"
      return 0
    fi
    echo "# try $try failed"
  done
  failed=$((failed + 1))
  echo "not ok $tests - $name"
  sed 's/^/# /' "$WORK/stdout" "$WORK/stderr"
}

done_testing() {
  echo "1..$tests"
  [ "$failed" -eq 0 ]
}
