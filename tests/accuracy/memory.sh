#!/bin/bash
# memory.sh - does memory stay flat?
. "$(dirname "$0")/common.sh"

# rss_after N: resident bytes after N requests
rss_after() {
  run --vus 20 --iterations "$1"
  holds 'r.verdict == "pass"' || return 1
  json r.health.rss_bytes
}

requests() {
  suite <<'END'
local http = require "stress.http"
local stress = require "stress"
return { run = function(vu)
  local res = http.get("/health", { tags = { kind = tostring(vu.id % 2) } })
  stress.check("healthy", res:json().status == "ok")
end }
END
  local few many
  few=$(rss_after 20000)
  many=$(rss_after 200000)
  echo "# after 20,000: $few bytes; after 200,000: $many"
  [ "$((many - few))" -lt 4000000 ]
}

vus() {
  suite <<'END'
local stress = require "stress"
return { duration = "2s", graceful_stop = "10s",
  run = function() stress.sleep("3s") end }
END
  local few many
  run --vus 100
  few=$(json r.health.rss_bytes)
  run --vus 10000
  holds 'a.ok == 10000' || return 1
  many=$(json r.health.rss_bytes)
  echo "# an idle VU has $(((many - few) / 9900)) bytes"
  [ "$(((many - few) / 9900))" -lt 25000 ]
}

if [ "${SAN:-}" ] || [[ $BUILD == */address || $BUILD == */thread ]]; then
  echo "1..0 # SKIP memory of a build with sanitizers says nothing"
  exit 0
fi
attempt "200,000 requests take no more memory than 20,000" requests
attempt "an idle VU takes less than 25 KB" vus
done_testing
