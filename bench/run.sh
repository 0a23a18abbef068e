#!/bin/bash
# run.sh - stressengine beside its peers: the same work in the same run.
#
# The client has the first core, the server the last; the tools take turns,
# and report.awk takes the median of the rounds.  What is not installed is
# skipped by name; peers.sh gets it.  The report is docs/benchmarks.md, or
# build/bench/benchmarks.md of a run that is short or has some works only.
#
#   RUNS=5 SECONDS_EACH=4     rounds, and how long a tool works in each
#   WORKS="get_64 post"       some works only, see all_works
#   TOOLS="native wrk"        some tools only, see all_tools
#   RATE=20000                starts per second of the work `rate`
#   IDLE_VUS=10000            virtual users of the work `memory`
#   SOAK=600                  seconds at full speed, for the memory; 0: none
#   PORT=29080                the first of four ports that are used
set -u
cd "$(dirname "$0")/.." || exit 2
export LC_ALL=C
export PATH=$PWD/build/peers/bin:$PWD/build/peers/venv/bin:$PATH
export PATH=$PWD/build/peers/node_modules/.bin:$PATH
all_works="get_64 get_1000 get_5000 post large tls closing rate delay stall
  memory workers soak"
all_tools="native curl raw wrk wrk_lua h2load ab hey k6 oha vegeta autocannon
  locust"
rate_tools="native curl wrk2 oha vegeta k6"
runs=${RUNS:-5} each=${SECONDS_EACH:-4} port=${PORT:-29080}
rows=build/bench/rows
last=$(($(nproc) - 1))
dir=$(mktemp -d)
nginx_pid='' target_pid=''
. bench/tools.sh
. bench/memory.sh

# row WORK TOOL NAME VALUE: one figure of one round, for report.awk
row() {
  local IFS=$'\t'
  echo "$*" >>"$rows"
}

# ---- the servers ----

finish() {
  local pid
  for pid in $nginx_pid $target_pid; do
    kill "$pid" 2>/dev/null && kill -CONT "$pid" && wait "$pid"
  done
  rm -rf "$dir"
}
trap finish EXIT

# free PORT...: ends the bench where somebody listens already
free() {
  local one
  for one; do
    (exec 3<>"/dev/tcp/127.0.0.1/$one") 2>/dev/null || continue
    echo "bench: port $one is in use; give PORT=N for others" >&2
    exit 2
  done
}

start_nginx() {
  free "$port" $((port + 1)) $((port + 2)) $((port + 3))
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost \
    -keyout "$dir/key.pem" -out "$dir/cert.pem" 2>/dev/null
  head -c 1048576 /dev/zero >"$dir/large"
  sed -e "s|@DIR@|$dir|; s|@FILES@|$(ulimit -n)|; s|@PORT@|$port|" \
    -e "s|@CLOSING@|$((port + 1))|; s|@TLS@|$((port + 2))|" \
    bench/nginx.conf >"$dir/nginx.conf"
  taskset -c "$last" nginx -e stderr -c "$dir/nginx.conf" 2>"$dir/nginx.err" &
  nginx_pid=$!
  for _ in $(seq 50); do
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && return
    sleep 0.1
  done
  cat "$dir/nginx.err" >&2
  exit 2
}

start_target() {
  taskset -c "$last" ./stressengine target --port $((port + 3)) \
    >/dev/null 2>&1 &
  target_pid=$!
  sleep 0.5
}

# ---- what is asked ----

# ask WORK: the load of it, for tools.sh
ask() {
  work=$1 path=/ connections=64 seconds=$each count='' body='' rate=''
  cores=0 workers=1
  local base=http://127.0.0.1:$port
  case $1 in
    get_*) connections=${1#get_} ;;
    post) path=/json body=$dir/body.json ;;
    large) path=/large ;;
    tls) base=https://127.0.0.1:$((port + 2)) ;;
    closing) base=http://127.0.0.1:$((port + 1)) count=8000 ;;
    rate) rate=${RATE:-20000} connections=256 ;;
    delay)
      base=http://127.0.0.1:$((port + 3)) rate=1000 connections=200
      path="/delay-pattern?fast=5&slow=50&every=20"
      ;;
    # The server stands still for half a second, in which 500 are due.
    stall) rate=1000 connections=1000 seconds=$((each > 4 ? each : 4)) ;;
    workers) cores=0-$last ;;
  esac
  url=$base$path
}

tools_of() {
  local tool tools=$all_tools
  case $1 in
    rate | delay | stall) tools=$rate_tools ;;
    memory) tools="native curl k6 locust" ;;
    workers) tools="one two" ;;
    soak) tools=native ;;
  esac
  for tool in $tools; do
    case " ${TOOLS:-$tool} one two " in *" $tool "*) echo "$tool" ;; esac
  done
}

one_run() { workers=1 && native_run; }
two_run() { workers=2 && native_run; }

# ---- measuring ----

# timed COMMAND...: on its cores, with its CPU time and its peak memory noted
timed() {
  local TIMEFORMAT='%3U %3S %3R'
  { time timeout $((seconds + 120)) taskset -c "$cores" /usr/bin/time \
    -o "$dir/peak" -f %M "$@" 2>"$dir/stderr"; } 2>"$dir/cpu"
}

# One round of one tool.
measure() {
  local tool=$1 name value
  "${tool}_run" >"$dir/figures"
  awk -v cpu="$(cat "$dir/cpu")" -v peak="$(tail -n 1 "$dir/peak")" '
    { v[$1] = $2; print }
    END {
      split(cpu, part, " ")
      used = part[1] + part[2]
      if (v["seconds"] > 0) {
        print "rate", v["requests"] / v["seconds"]
        print "share", used / part[3]
      }
      if (v["requests"] > 0) print "cpu", used / v["requests"] * 1e6
      print "peak", peak / 1024
    }' "$dir/figures" | while read -r name value; do
    row "$work" "$tool" "$name" "$value"
  done
  [ -s "$dir/figures" ] && return
  row "$work" "$tool" broken 1
  echo "  $tool said nothing: $(tail -n 1 "$dir/stderr")" >&2
}

stalled() {
  (sleep 2; kill -STOP "$nginx_pid"; sleep 0.5; kill -CONT "$nginx_pid") &
  measure "$1"
  wait $!
}

# ---- all of it ----

# How a round of a work goes: the function that is called for each tool.
how() {
  case $1 in
    stall) echo stalled ;;
    memory) echo memory ;;
    *) echo measure ;;
  esac
}

do_work() {
  local tool reason round ready=
  ask "$1"
  for tool in $(tools_of "$1"); do
    reason=$(why_not "$tool")
    if [ -n "$reason" ]; then
      row "$1" "$tool" skipped "$reason"
    else
      ready="$ready $tool"
    fi
  done
  for round in $(seq "$runs"); do
    echo "$1, round $round of $runs:$ready" >&2
    for tool in $ready; do
      ask "$1"
      "$(how "$1")" "$tool"
    done
    if [ "$1" = memory ]; then idle_share; fi
  done
}

describe() {
  local tool version
  row about - date "$(date -u '+%Y-%m-%d %H:%M UTC')"
  row about - cores "$(nproc)"
  row about - model "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1)"
  row about - memory "$(awk '/^MemTotal/ { printf "%.0f GB", $2 / 1048576 }' \
    /proc/meminfo)"
  row about - kernel "$(uname -sr)"
  row about - load "$(cut -d ' ' -f 1 /proc/loadavg)"
  row about - runs "$runs"
  row about - seconds "$each"
  row about - rate "${RATE:-20000}"
  row about - vus "${IDLE_VUS:-10000}"
  row about - soak "${SOAK:-0}"
  for tool in nginx $all_tools wrk2; do
    version=$(version_of "$tool")
    [ -z "$version" ] || row version - "$tool" "$version"
  done
}

for need in nginx openssl taskset /usr/bin/time; do
  command -v $need >/dev/null && continue
  echo "bench: needs $need (packages nginx-light, openssl, time)" >&2
  exit 2
done
ulimit -n "$(ulimit -Hn)"
mkdir -p build/bench
# shellcheck disable=SC2046
${CC:-cc} -std=gnu11 -O2 -o build/bench/raw_curl bench/raw_curl.c \
  $(pkg-config --cflags --libs lua5.4 libcurl) -lev || exit 1
printf '{"id":7,"text":"%s"}' "$(printf '%01006d' 0 | tr 0 x)" \
  >"$dir/body.json"
start_nginx
start_target

: >"$rows"
describe
for work in ${WORKS:-$all_works}; do
  if [ "$work" != soak ]; then
    do_work "$work"
  elif [ "${SOAK:-0}" -gt 0 ]; then
    ask soak
    soak
  fi
done

report=docs/benchmarks.md
if [ "$runs" -lt 5 ] || [ -n "${WORKS:-}${TOOLS:-}" ]; then
  report=build/bench/benchmarks.md
fi
awk -f bench/report.awk "$rows" >"$report" && echo "written: $report"
