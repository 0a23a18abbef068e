# shellcheck shell=bash disable=SC2154
# tools.sh - one function for each tool, to be sourced by run.sh.
#
# TOOL_run does the work that these describe, and prints "NAME VALUE" lines:
# requests (answered rightly), seconds (as the tool says, or as asked), and
# what else it knows: failed, p50, p90, p99 (ms), ...
#
#   work url path     what is asked, and of whom; url ends in path
#   connections       that many
#   seconds           how long, unless there is
#   count             so many requests; a tool that cannot takes one second
#   body              the file to POST, or empty
#   rate              starts per second, or empty: as fast as it can
#
# Every tool has one thread.  Only the tool itself goes through `timed`, which
# notes what it cost.

# Lines of the form "figure NAME VALUE", from the suites and from k6.js.
figures() {
  awk '$1 == "figure" { print $2, $3 }'
}

# A number behind a name in JSON of one or of many lines: NAME AS ...
json_numbers() {
  # shellcheck disable=SC2020 # both braces become line ends
  tr "," "\n" | tr "{}" "\n\n" | awk -v pairs="$*" '
    BEGIN {
      n = split(pairs, p)
      for (i = 1; i < n; i += 2) as[p[i]] = p[i + 1]
    }
    { gsub(/[" ]/, ""); split($0, kv, ":") }
    kv[1] in as && kv[2] ~ /^[0-9.e+-]+$/ && !(kv[1] in seen) {
      seen[kv[1]]; print as[kv[1]], kv[2] }'
}

# ---- stressengine, and what its libcurl transport cannot do without ----

# suite_run TRANSPORT
suite_run() {
  local suite=get load=(-u "$connections" -d "${seconds}s")
  [ -n "$body" ] && suite=post
  [ "$work" = large ] && suite=large
  [ "$work" = workers ] && suite=busy
  [ -n "$count" ] && load=(-u "$connections" -i "$count")
  [ -n "$rate" ] && suite=rate load=(-d "${seconds}s")
  TRANSPORT=$1 URL_PATH=$path RATE=$rate timed ./stressengine \
    "bench/$suite.lua" -q --workers "$workers" --target "${url%"$path"}" \
    "${load[@]}" | figures
}
native_run() { suite_run auto; }
curl_run() { suite_run curl; }

raw_run() {
  timed build/bench/raw_curl "$url" "$connections" "$seconds" |
    awk -v s="$seconds" '{ print "requests", $1 * s; print "seconds", s }'
}

# ---- wrk and wrk2 ----

# wrk_with PROGRAM OPTION...: it has whole seconds, no number of requests
wrk_with() {
  local program=$1 length=$seconds
  shift
  [ -z "$count" ] || length=1
  BODY=$body timed "$program" -t1 -c"$connections" -d"${length}s" "$@" \
    "$url" | awk '
    function ms(t) {
      return t * (t ~ /us/ ? 1e-3 : t ~ /ms/ ? 1 : t ~ /m/ ? 6e4 : 1e3) }
    /requests in/ { requests = $1; print "seconds", ms($4) / 1e3 }
    /Non-2xx/ { failed += $NF }
    /Socket errors/ { failed += $4 + $6 + $8 + $10 }
    $1 ~ /^(50|90|99)(\.0+)?%$/ { print "p" int($1), ms($2) }
    END { print "requests", requests - failed; print "failed", failed + 0 }'
}
wrk_run() {
  wrk_with wrk ${body:+-s bench/wrk_post.lua}
}
wrk_lua_run() {
  local script=bench/wrk_response.lua
  [ -z "$body" ] || script=bench/wrk_post_check.lua
  wrk_with wrk -s "$script"
}
wrk2_run() { wrk_with wrk2 -R"$rate" --latency; }

# ---- tools in C, Go, Rust and JavaScript ----

h2load_run() {
  local load=(-D "$seconds")
  [ -n "$count" ] && load=(-n "$count")
  timed h2load --h1 -t1 -c"$connections" "${load[@]}" ${body:+-d "$body"} \
    ${body:+-H "Content-Type: application/json"} "$url" |
    awk '/^finished in/ { t = $3; print "seconds", t * (t ~ /ms/ ? 1e-3 : 1) }
      /^requests:/ { print "failed", $10 }
      /^status codes:/ { print "requests", $3 }'
}

# Its -t comes with a limit of requests, which -n behind it lifts.
ab_run() {
  local load=(-t "$seconds" -n "$((seconds * 200000))")
  [ -n "$count" ] && load=(-n "$count")
  timed ab -q -k -l -c "$connections" "${load[@]}" \
    ${body:+-p "$body"} ${body:+-T application/json} "$url" |
    awk '/^Complete requests/ { n = $3 }
      /^Failed requests|^Non-2xx/ { failed += $3 }
      /^Time taken/ { print "seconds", $5 }
      END { print "requests", n - failed; print "failed", failed + 0 }'
}

hey_run() {
  local load=(-z "${seconds}s")
  [ -n "$count" ] && load=(-n "$count")
  timed hey -c "$connections" "${load[@]}" \
    ${body:+-m POST -D "$body" -T application/json} "$url" |
    awk '/^  Total:/ { print "seconds", $2 }
      $1 == "[200]" { print "requests", $2 }'
}

k6_run() {
  local discard=
  [ "$work" = large ] && discard=yes
  VUS=$connections DURATION=${seconds}s RATE=$rate COUNT=$count URL=$url \
    BODY=$body WORK=$work DISCARD=$discard timed k6 run --quiet \
    --no-usage-report --log-output=none bench/k6.js | figures
}

vegeta_run() {
  local length=$seconds
  [ -z "$count" ] || length=1
  echo "${body:+POST}${body:-GET} $url" | sed 's|^POST[^ ]*|POST|' |
    timed vegeta attack -duration="${length}s" -insecure -rate="${rate:-0}" \
      -max-workers="$connections" -connections="$connections" \
      ${body:+-body "$body" -header "Content-Type: application/json"} \
      -output="$dir/vegeta"
  vegeta report -type=json "$dir/vegeta" |
    json_numbers 200 requests duration seconds 50th p50 90th p90 99th p99 |
    awk '$1 ~ /^p/ { $2 /= 1e6 } $1 == "seconds" { $2 /= 1e9 } { print }'
}

oha_run() {
  local load=(-z "${seconds}s")
  [ -n "$count" ] && load=(-n "$count")
  [ -n "$rate" ] && load+=(-q "$rate" --latency-correction)
  timed oha --no-tui --insecure --output-format json -c "$connections" \
    "${load[@]}" ${body:+-m POST -D "$body" -T application/json} "$url" |
    sed -n '/"total"/p; /"latencyPercentiles"/,$p' |
    json_numbers 200 requests total seconds p50 p50 p90 p90 p99 p99 |
    awk '$1 ~ /^p/ { $2 *= 1e3 } { print }'
}

# With a number of requests it would round the time up to whole seconds.
autocannon_run() {
  local length=$seconds
  [ -n "$count" ] && length=1
  timed autocannon -j -n -c "$connections" -d "$length" \
    ${body:+-m POST -i "$body" -H Content-Type=application/json} "$url" |
    json_numbers 2xx requests duration seconds errors failed
}

# ---- locust, whose tests are written in its own language ----

locust_file() {
  cat <<'END'
import os, time
from locust import FastHttpUser, events, task
url, body = os.environ["URL"], os.environ.get("BODY")
data = open(body).read() if body else None
class User(FastHttpUser):
    insecure = True
    @task
    def ask(self):
        if os.environ["WORK"] == "idle":
            if os.environ.get("REQUEST") != "no":
                self.client.get(url)
            time.sleep(600)
        elif data:
            json = {"Content-Type": "application/json"}
            with self.client.post(url, data=data, headers=json,
                                  catch_response=True) as res:
                if res.json()["id"] != 7:
                    res.failure("id is not 7")
        else:
            self.client.get(url)
@events.quitting.add_listener
def figures(environment, **_):
    total = environment.stats.total
    seconds = total.last_request_timestamp - total.start_time
    print("figure requests", total.num_requests - total.num_failures)
    print("figure failed", total.num_failures)
    print("figure asked", total.num_requests)
    print("figure seconds", seconds)
END
}
locust_run() {
  locust_file >"$dir/locustfile.py"
  URL=$url BODY=$body WORK=$work timed locust -f "$dir/locustfile.py" \
    --headless --only-summary --loglevel ERROR --host "$url" \
    -u "$connections" -r "$connections" -t "${seconds}s" | figures
}

# ---- which of them there are, and for what ----

# why_not TOOL: the reason to skip it in $work; nothing if it runs
why_not() {
  local program=$1
  case $1 in
    native | curl | one | two) program=./stressengine ;;
    raw) program=build/bench/raw_curl ;;
    wrk_lua) program=wrk ;;
  esac
  if ! command -v "$program" >/dev/null; then
    echo "not installed"
    return
  fi
  case $1:$work in
    wrk2:*) [ -n "$rate" ] || echo "it knows constant rates only" ;;
    raw:get_*) ;;
    raw:*) echo "it only makes GETs" ;;
    locust:closing) echo "it has no number of requests" ;;
    locust:get_?000) echo "its users take longer to start than the round" ;;
  esac
}

# One line about the version of a tool.
version_of() {
  case $1 in
    native) ./stressengine version ;;
    raw) curl-config --version ;;
    nginx) nginx -v 2>&1 | sed 's/.*: //' ;;
    wrk) wrk -v | head -n 1 | cut -d ' ' -f 1-2 ;;
    wrk2) wrk2 -v | head -n 1 | cut -d ' ' -f 1-2 ;;
    h2load | oha | autocannon) "$1" --version ;;
    ab) ab -V | sed -n '1s/.*Version \([^ ]*\).*/ab \1/p' ;;
    hey) dpkg-query -W -f 'hey ${Version}' hey ;;
    k6) k6 version ;;
    vegeta) vegeta -version | tr '\n' ' ' ;;
    locust) locust --version | cut -d ' ' -f 1-2 ;;
  esac 2>/dev/null | head -n 1
}
