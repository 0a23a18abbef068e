#!/bin/bash
# one.sh FILE - runs one test file, whatever it is, and prints TAP; what prove
# calls.  The TAP is kept in $TAP_LOGS as well, to be counted.
set -u
cd "$(dirname "$0")/.." || exit 2
file=$1

run_it() {
  case $file in
    *.bats) bats --tap "$file" ;;
    tests/lua/*.lua) tests/lua/run.sh "$file" ;;
    *.sh) "$file" ;;
    *) CMOCKA_MESSAGE_OUTPUT=TAP "$file" ;;
  esac
}

log=${TAP_LOGS:-$(mktemp -d)}/${file//\//_}
run_it 2>&1 </dev/null | tee "$log"
code=${PIPESTATUS[0]}
echo "$code" >"$log.code"
exit "$code"
