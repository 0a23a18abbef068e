# common.bash - what the transcripts share.
#
#   suite [NAME] <<'END'     writes a suite; default: suite.lua
#   engine ARGUMENTS...      runs the engine; stdout in $output, stderr in
#                            $errors, the code in $status
#   stress ARGUMENTS...      engine on the suite, quietly, with the result for
#                            json and is_true
#   code N                   the exit code was N
#   sound                    it was 0, or 96: where the counts are tested, a
#                            machine that is busy with something else may
#                            make the run invalid
#   has TEXT / hasnt TEXT    in $output; complains TEXT: in $errors
#   json EXPRESSION          prints the value, see json.lua
#   is_true EXPRESSION...    each holds in the result
#   sums                     the accounting of the run and of each scenario
#                            adds up
#   until_true COMMAND...    waits until it succeeds

ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
STRESSENGINE=$(realpath "${STRESSENGINE:-$ROOT/stressengine}")
case ${BUILD:=$ROOT/build/normal} in /*) ;; *) BUILD=$ROOT/$BUILD ;; esac
DIR=$BATS_TEST_TMPDIR
WORK=${BATS_FILE_TMPDIR:-$BATS_TEST_TMPDIR}
. "$ROOT/tests/servers.sh"

suite() {
  cat >"$DIR/${1:-suite.lua}"
}

engine() {
  status=0
  "$STRESSENGINE" "$@" >"$DIR/stdout" 2>"$DIR/stderr" 3>&- || status=$?
  output=$(cat "$DIR/stdout")
  errors=$(cat "$DIR/stderr")
}

stress() {
  rm -f "$DIR/result.json"
  engine "$DIR/suite.lua" -q -o "json=$DIR/result.json" "$@"
}

show() {
  echo "exit code: $status"
  echo "stdout: $output"
  echo "stderr: $errors"
  return 1
}

code() {
  [ "$status" -eq "$1" ] || { echo "expected exit code $1"; show; }
}

sound() {
  [ "$status" -eq 96 ] || code 0
}

has() {
  [[ "$output" == *"$1"* ]] || { echo "no \"$1\" in the output"; show; }
}

hasnt() {
  [[ "$output" != *"$1"* ]] || { echo "\"$1\" in the output"; show; }
}

complains() {
  [[ "$errors" == *"$1"* ]] || { echo "no \"$1\" in stderr"; show; }
}

json() {
  lua5.4 "$ROOT/tests/cli/json.lua" "$DIR/result.json" "$@"
}

is_true() {
  local expression got
  for expression; do
    got=$(json "$expression")
    [ "$got" = true ] && continue
    echo "not true: $expression"
    # What its left side is.
    json "${expression%%[=~<>]*}" || :
    json 'r.accounting' 'r.reasons' 'r.errors'
    return 1
  done
}

SUMS='(function()
  local function fine(x)
    return x.planned == x.started + x.dropped and x.started ==
      x.ok + x.failed + x.timed_out + x.cancelled + x.in_flight
  end
  if not fine(a) then return false end
  for _, scenario in ipairs(r.scenarios) do
    if not fine(scenario.accounting) then return false end
  end
  return true
end)()'

sums() {
  is_true "$SUMS" 'a.balanced == true' 'a.in_flight == 0'
}

until_true() {
  local i
  for i in $(seq 500); do
    "$@" && return 0
    sleep 0.02
  done
  echo "never true: $*"
  return 1
}
