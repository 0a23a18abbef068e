# shellcheck shell=bash disable=SC2034,SC2154
# memory.sh - what virtual users cost that only wait, and whether memory grows;
# to be sourced by run.sh.

suite_idle() {
  TRANSPORT=$1 timed ./stressengine bench/idle.lua -q --workers 1 \
    --target "$url" -u "$connections" -d "${seconds}s" | figures
}
native_idle() { suite_idle auto; }
curl_idle() { suite_idle curl; }
k6_idle() { k6_run; }
locust_idle() { locust_run; }

# KB for each virtual user, before (no) and after (yes) its first request, and
# how many of them had asked by the end.
memory() {
  local vus=${IDLE_VUS:-10000} work=idle one asked
  export REQUEST
  for REQUEST in no yes; do
    connections=1 seconds=3
    "$1_idle" >/dev/null
    one=$(tail -n 1 "$dir/peak")
    connections=$vus seconds=8
    asked=$("$1_idle" | awk '$1 == "asked" { print $2 }')
    row memory "$1" "$REQUEST" "$(tail -n 1 "$dir/peak" |
      awk -v one="$one" -v n="$vus" '{ print ($1 - one) / (n - 1) }')"
  done
  row memory "$1" asked "$asked"
  unset REQUEST
}

# Nanoseconds of CPU time that the threads of a process had.
cpu_ns() {
  cat "/proc/$1/task/"*/schedstat | awk '{ n += $1 } END { print n + 0 }'
}

# The share of a core of an engine whose VUs all sleep.
idle_share() {
  local pid before
  taskset -c 0 ./stressengine bench/idle.lua -q --workers 1 --target "$url" \
    -u "${IDLE_VUS:-10000}" -d 10s >/dev/null 2>&1 &
  pid=$!
  sleep 4
  before=$(cpu_ns $pid)
  sleep 4
  row memory native idle "$(cpu_ns $pid |
    awk -v before="$before" '{ print ($1 - before) / 4e9 }')"
  wait $pid
}

rss_of() {
  awk '/^VmRSS/ { print $2 / 1024 }' "/proc/$1/status"
}

# Its memory after a tenth of the time, and at the end.
soak() {
  local pid
  taskset -c 0 ./stressengine bench/get.lua -q --workers 1 --target "$url" \
    -u 64 -d "${SOAK}s" >/dev/null 2>&1 &
  pid=$!
  sleep $((SOAK / 10))
  row soak native first "$(rss_of $pid)"
  sleep $((SOAK - SOAK / 10 - 2))
  row soak native last "$(rss_of $pid)"
  wait $pid
}
