#!/bin/bash
# run.sh - stressengine beside its peers: the same work in the same run.
#
# The client is pinned to the first core, nginx to the last; the tools take
# turns, and each figure is the median of RUNS rounds.  What is not installed
# is skipped by name (Debian: nginx-light wrk hey nghttp2-client).
#   RUNS=5 SECONDS_EACH=4 CONNECTIONS="64 1000 5000" bench/run.sh
set -u
cd "$(dirname "$0")/.." || exit 2
export LC_ALL=C
runs=${RUNS:-5} seconds=${SECONDS_EACH:-4} port=${PORT:-18081}
url=http://127.0.0.1:$port/
dir=$(mktemp -d)
last=$(($(nproc) - 1))
nginx_pid=

finish() {
  [ -n "$nginx_pid" ] && kill "$nginx_pid" 2>/dev/null && wait "$nginx_pid"
  rm -rf "$dir"
}
trap finish EXIT

command -v nginx >/dev/null || { echo "bench: needs nginx-light" >&2; exit 2; }
sed -e "s|@DIR@|$dir|" -e "s|@PORT@|$port|" bench/nginx.conf >"$dir/nginx.conf"
ulimit -n "$(ulimit -Hn)"
taskset -c "$last" nginx -e stderr -c "$dir/nginx.conf" 2>/dev/null &
nginx_pid=$!
for _ in $(seq 50); do
  (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break
  sleep 0.1
done

mkdir -p build/bench
# shellcheck disable=SC2046
${CC:-cc} -std=gnu11 -O2 -o build/bench/raw_curl bench/raw_curl.c \
  $(pkg-config --cflags --libs lua5.4 libcurl) -lev || exit 1

# Each prints the number of requests that it made.
stressengine_requests() {
  ./stressengine bench/get.lua --target "$url" --workers 1 -q -u "$1" \
    -d "${seconds}s" -o "json=$dir/r.json" >/dev/null
  sed -n 's/^    "ok": \([0-9]*\).*/\1/p' "$dir/r.json" | head -n 1
}
raw_requests() {
  build/bench/raw_curl "$url" "$1" "$seconds" |
    awk -v s="$seconds" '{ printf "%.0f\n", $1 * s }'
}
wrk_requests() {
  wrk -t1 -c"$1" -d"${seconds}s" -s bench/wrk_response.lua "$url" |
    awk '/requests in/ { print $1 }'
}
hey_requests() {
  GOMAXPROCS=1 hey -z "${seconds}s" -c "$1" "$url" |
    awk '/\[200\]/ { print $2 }'
}
h2load_requests() {
  h2load --h1 -t1 -c"$1" -D "$seconds" "$url" 2>/dev/null |
    awk '/^requests:/ { print $2 }'
}

present() {
  case $1 in
    stressengine | raw) return 0 ;;
    *) command -v "$1" >/dev/null ;;
  esac
}

# One round of one tool: rate, CPU us per request, peak MB.
measure() {
  local tool=$1 connections=$2 n
  export -f "${tool}_requests"
  export url seconds dir
  n=$(taskset -c 0 /usr/bin/time -o "$dir/time" -f "%U %S %M" \
    bash -c "${tool}_requests $connections")
  awk -v n="${n:-0}" -v s="$seconds" 'END {
    if (n > 0) printf "%.0f %.2f %.1f\n", n / s, ($1 + $2) / n * 1e6,
      $3 / 1024 }' "$dir/time"
}

median() {
  sort -n | awk '{ v[NR] = $1 }
    END { if (NR) print v[int((NR + 1) / 2)]; else print "-" }'
}

tools="stressengine raw wrk hey h2load"
echo "machine: $(nproc) x $(sed -n 's/^model name.*: //p' /proc/cpuinfo |
  head -n 1), Linux $(uname -r); $runs rounds of $seconds s"
for connections in ${CONNECTIONS:-64 1000 5000}; do
  for tool in $tools; do : >"$dir/$tool"; done
  for _ in $(seq "$runs"); do
    for tool in $tools; do
      present "$tool" && measure "$tool" "$connections" >>"$dir/$tool"
    done
  done
  printf '\n%s connections   %10s %14s %9s\n' "$connections" requests/s \
    'CPU us/request' 'peak MB'
  for tool in $tools; do
    if ! present "$tool"; then
      printf '  %-14s skipped: not installed\n' "$tool"
      continue
    fi
    printf '  %-18s %10s %14s %9s\n' "$tool" \
      "$(cut -d' ' -f1 "$dir/$tool" | median)" \
      "$(cut -d' ' -f2 "$dir/$tool" | median)" \
      "$(cut -d' ' -f3 "$dir/$tool" | median)"
  done
done

echo
base=$(/usr/bin/time -f %M ./stressengine bench/idle.lua --target "$url" \
  -q -u 1 -d 3s 2>&1 >/dev/null | tail -n 1)
full=$(/usr/bin/time -f %M ./stressengine bench/idle.lua --target "$url" \
  -q -u 10000 -d 8s 2>&1 >/dev/null | tail -n 1)
awk -v a="$base" -v b="$full" 'BEGIN {
  printf "memory per idle VU at 10,000 VUs: %.1f KB\n", (b - a) / 9999 }'
