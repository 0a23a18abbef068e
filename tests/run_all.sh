#!/bin/bash
# run_all.sh [STEP...] - what `make check-all` runs after `make check`:
#
#   address    all tests, built with AddressSanitizer and UBSan
#   thread     all tests, built with ThreadSanitizer
#   valgrind   memcheck over the unit tests and over short runs of the engine
#   fuzz       each fuzzer for FUZZ_SECONDS (20)
#
# Without STEP all of them.  What cannot run here is skipped by name.  The
# last line says how many parts passed and failed; the exit code follows it.
set -u
cd "$(dirname "$0")/.." || exit 2
root=$PWD
: "${FUZZ_SECONDS:=20}"
work=$(mktemp -d)
export WORK=$work
passed=0 failed=0

. tests/servers.sh
trap 'stop_servers; rm -rf "$work"' EXIT

# part NAME COMMAND...: one line for each part; the output if it fails.
part() {
  local name=$1 began=$SECONDS
  shift
  if "$@" >"$work/log" 2>&1; then
    passed=$((passed + 1))
    echo "ok      $name ($((SECONDS - began)) s)"
    return 0
  fi
  failed=$((failed + 1))
  echo "FAILED  $name ($((SECONDS - began)) s)"
  tail -n 200 "$work/log" | sed 's/^/    /'
  return 1
}

skip() {
  echo "skipped $1: $2"
}

# ---- the sanitizers ----

built_with() {
  make --no-print-directory -j"$(nproc)" SAN="$1" all tests
}

# Third-party code that is known to be reported is listed, each with its
# reason, in tests/san/.
tested_with() {
  SAN=$1 BUILD=build/$1 BIN=build/$1/stressengine \
    ASAN_OPTIONS=detect_stack_use_after_return=1 \
    LSAN_OPTIONS=suppressions=$root/tests/san/leak.supp:print_suppressions=0 \
    TSAN_OPTIONS=suppressions=$root/tests/san/thread.supp:halt_on_error=1 \
    tests/run.sh
}

sanitizer() {
  part "build with SAN=$1" built_with "$1" &&
    part "tests with SAN=$1" tested_with "$1"
}

# ---- valgrind ----

memcheck=(valgrind --quiet --leak-check=full --error-exitcode=70
  --suppressions=tests/san/valgrind.supp --fair-sched=yes
  --child-silent-after-fork=yes)

# Memcheck found nothing; what the run itself ended with is $1.
memcheck_run() {
  local expected=$1 code=0
  shift
  "${memcheck[@]}" ./stressengine "$@" -q --no-color \
    --target "$TARGET_URL" || code=$?
  [ "$code" -eq "$expected" ]
}

# The same of a run that gets $1 signals.
memcheck_stopped() {
  local signals=$1 code=0
  "${memcheck[@]}" ./stressengine tests/san/long.lua -q --no-color \
    --target "$TARGET_URL" &
  local pid=$!
  sleep 8
  for _ in $(seq "$signals"); do
    kill -INT "$pid"
    sleep 0.3
  done
  wait "$pid" || code=$?
  [ "$code" -eq 105 ]
}

with_valgrind() {
  local test
  if ! command -v valgrind >/dev/null; then
    skip valgrind "it is not installed"
    return
  fi
  make --no-print-directory -s all tests || exit 1
  for test in build/normal/tests/test_*; do
    case $test in *.d) continue ;; esac
    part "valgrind ${test##*/}" "${memcheck[@]}" "$test"
  done
  # The target is another process: only the engine is watched.
  start_target
  part "valgrind: all executors, errors, timers, batches" \
    memcheck_run 107 tests/san/busy.lua
  part "valgrind: an interrupted run" memcheck_stopped 1
  part "valgrind: a run interrupted twice" memcheck_stopped 2
  stop_servers
}

# ---- the fuzzers ----

build_fuzzer() {
  # shellcheck disable=SC2046
  clang -g -O1 -std=gnu11 -Isrc -fsanitize=fuzzer,address,undefined \
    -fno-sanitize-recover=all -pthread \
    $(pkg-config --cflags lua5.4 libcurl libpsl libmicrohttpd jansson) \
    -o "$work/fuzzer" "$1" src/base/*.c src/stats/*.c \
    src/bind/json*.c src/bind/copy.c src/bind/path.c \
    src/net/url*.c src/net/cookies.c src/net/set_cookie.c \
    src/net/http1*.c \
    $(pkg-config --libs lua5.4 libcurl libpsl) -lev -lm
}

run_fuzzer() {
  mkdir -p "$work/corpus"
  (cd "$work" && ./fuzzer -max_total_time="$FUZZ_SECONDS" -verbosity=0 \
    -print_final_stats=1 -rss_limit_mb=2048 corpus)
}

with_fuzzers() {
  local source name
  if ! echo 'int LLVMFuzzerTestOneInput(const char *d, unsigned long n)
             { (void)d; return (int)(n & 0); }' |
    clang -fsanitize=fuzzer,address -x c - -o "$work/probe" 2>/dev/null; then
    skip fuzz "there is no clang with libFuzzer"
    return
  fi
  for source in tests/fuzz/fuzz_*.c; do
    name=$(basename "$source" .c)
    rm -rf "$work/corpus"
    mkdir -p "$work/corpus"
    cp -r "tests/fuzz/corpus/${name#fuzz_}/." "$work/corpus/" 2>/dev/null || :
    part "$name: build" build_fuzzer "$source" &&
      part "$name: $FUZZ_SECONDS s" run_fuzzer
  done
}

[ $# -gt 0 ] || set -- address thread valgrind fuzz
for step; do
  case $step in
    address | thread) sanitizer "$step" ;;
    valgrind) with_valgrind ;;
    fuzz) with_fuzzers ;;
    *) echo "run_all.sh: no step called $step" >&2; exit 2 ;;
  esac
done

echo "$passed parts passed, $failed failed"
[ "$failed" -eq 0 ]
