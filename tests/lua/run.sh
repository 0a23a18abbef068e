#!/bin/bash
# run.sh FILE - runs one test file inside the engine; prints TAP.
#
# test_*.lua are plain programs: they run in the setup of a suite (plain.lua).
# api_*.lua are suites, see api.lua.  Comment lines at the top of a file say
# what it needs:
#
#   -- options: --workers 2      of the command line; default --workers 1
#   -- needs: badserver tls      see ../servers.sh
#   -- exits: 99                 with this code; default 0
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
STRESSENGINE=$(realpath "${STRESSENGINE:-$root/stressengine}")
file=$(realpath "$1")
cd "$root" || exit 2
: "${BUILD:=build/normal}"
WORK=$(mktemp -d)
export WORK
. tests/servers.sh
trap 'stop_servers; rm -rf "$WORK"' EXIT

said() {
  sed -n "1,20s/^-- $1: //p" "$file"
}

options=$(said options)
expected=$(said exits)
for need in $(said needs); do
  "start_$need" || echo "# no $need here"
done

suite=$file
case $(basename "$file") in
  test_*) suite=tests/lua/plain.lua ;;
esac

# Some compute for long without a wait, the longer with a sanitizer.
# shellcheck disable=SC2086
STRESSENGINE_SLICE_MS=60000 TEST_FILE=$file \
  "$STRESSENGINE" "$suite" -q --no-color ${options:---workers 1} \
  >"$WORK/out" 2>"$WORK/err"
code=$?
# The summary and what a suite prints by chance are not TAP.
grep -E '^(ok|not ok|1\.\.|#)' "$WORK/out"
[ "$code" -eq "${expected:-0}" ] && exit 0

echo "not ok - the engine ended with ${expected:-0}, got $code"
sed 's/^/# /' "$WORK/err"
sed 's/^/# /' "$WORK/out" | tail -n 60
exit 1
