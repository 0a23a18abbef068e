#!/bin/bash
# instructions.sh - does a request cost more instructions than it did?
#
# Callgrind counts what the engine executes (64 VUs, one worker, against the
# built-in target, which is a process of its own and not counted) for N
# requests and for 3N: the difference is free of start and end.  Only the
# worker counts; the main thread works by the second, not by the request.  A
# count that is 5 % above that in instructions.txt fails; one that is 5 %
# below asks for a new entry.  Prints TAP.
set -u
cd "$(dirname "$0")/.." || exit 2
export LC_ALL=C BUILD=build/normal STRESSENGINE=./stressengine
WORK=$(mktemp -d)
n=4000 tests=0 failed=0
. tests/servers.sh
trap 'stop_servers; rm -rf "$WORK"' EXIT

if ! command -v valgrind >/dev/null; then
  echo "1..0 # SKIP valgrind is not installed"
  exit 0
fi

# total SUITE TRANSPORT REQUESTS: instructions of the worker, which is the
# second thread, if all went well
total() {
  local path=/health
  [ "$1" = post ] && path=/echo
  rm -f "$WORK"/out*
  TRANSPORT=$2 URL_PATH=$path valgrind --tool=callgrind --fair-sched=yes \
    --separate-threads=yes --callgrind-out-file="$WORK/out" \
    "$STRESSENGINE" "bench/$1.lua" -q --no-color --workers 1 \
    --target "$TARGET_URL" -u 64 -i "$3" \
    >"$WORK/stdout" 2>"$WORK/stderr" &&
    grep -qx "figure requests $3" "$WORK/stdout" &&
    sed -n "s/^totals: //p" "$WORK/out-02" | grep -m 1 .
}

check() {
  local suite=$1 transport=$2 stated=$3 few many count change
  tests=$((tests + 1))
  local name="$suite over $transport costs at most 5 % more than $stated"
  if ! few=$(total "$suite" "$transport" $n) ||
    ! many=$(total "$suite" "$transport" $((3 * n))); then
    failed=$((failed + 1))
    echo "not ok $tests - $name"
    sed 's/^/# /' "$WORK/stdout" "$WORK/stderr"
    return
  fi
  count=$(((many - few) / (2 * n)))
  change=$(((count - stated) * 1000 / stated))
  echo "# $count instructions for each request"
  if [ $change -gt 50 ]; then
    failed=$((failed + 1))
    echo "not ok $tests - $name"
    return
  fi
  echo "ok $tests - $name"
  [ $change -ge -50 ] || echo "# fewer by 5 %: state it in instructions.txt"
}

start_target
while read -r suite transport stated; do
  check "$suite" "$transport" "$stated"
done < <(grep -v '^#' bench/instructions.txt)
echo "1..$tests"
[ $failed -eq 0 ]
