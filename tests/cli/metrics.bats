#!/usr/bin/env bats
# What is recorded becomes the numbers it should.

load common

@test "custom metrics of each kind add up over workers" {
  suite <<'END'
local metrics = require "stress.metrics"
local sent = metrics.counter("sent", { unit = "bytes" })
local depth = metrics.gauge("depth")
local hits = metrics.rate("hits")
local size = metrics.trend("size", { unit = "items" })
return { executor = "shared-iterations", vus = 10, iterations = 100,
  run = function(vu)
    local n = vu.iteration
    sent:add(n)
    depth:add(n)
    hits:add(n % 4 == 0)
    size:add(n, { parity = n % 2 == 0 and "even" or "odd" })
  end,
  thresholds = { sent = "count==5050", hits = "rate==0.25", depth = "max==100",
    size = { "min==1", "max==100", "avg==50.5", "p(50)>49", "p(50)<52" },
    ["size{parity:odd}"] = "max<100" } }
END
  stress --workers 2
  code 0
  is_true 'm("sent").count == 5050' 'm("hits").rate == 0.25' \
    'm("depth").max == 100' 'm("depth").min == 1' 'm("size").count == 100' \
    'm("size", { parity = "odd" }).count == 50' \
    'math.abs(m("size", { parity = "odd" }).avg - 50) < 0.2' \
    'math.abs(m("size")["p(90)"] - 90) <= 0.2'
}

@test "a trend of times takes milliseconds, and thresholds take units" {
  suite <<'END'
local metrics = require "stress.metrics"
local wait = metrics.trend("wait", { unit = "ms" })
return { iterations = 10, run = function(vu) wait:add(vu.iteration * 100) end,
  thresholds = { wait = { "max==1000", "max==1s", "p(95)<1.1s", "min>99ms",
    "med<600000us" } } }
END
  stress
  code 0
}

@test "groups and checks have tags" {
  suite <<'END'
local http = require "stress.http"
local stress = require "stress"
return { iterations = 3, run = function(vu)
  stress.group("cart", function()
    stress.group("pay", function()
      http.get("/")
      stress.check("paid", vu.iteration < 3)
    end)
  end)
end,
thresholds = { ["checks{check:paid}"] = "rate>0.6",
  ["http_reqs{group:::cart::pay}"] = "count==3" } }
END
  stress
  code 0
  is_true 'm("checks", { check = "paid" }).passes == 2' \
    'm("checks", { check = "paid" }).fails == 1' \
    'm("http_reqs", { group = "::cart::pay" }).count == 3' \
    'm("group_duration").count == 6'
}

@test "name groups URLs; without it the query is left out" {
  suite <<'END'
local http = require "stress.http"
return { iterations = 30, run = function(vu)
  http.get("/echo?n=" .. vu.iteration)
  http.get("/bytes/" .. vu.iteration, { name = "/bytes/{n}" })
end,
thresholds = { ["http_req_duration{name:/bytes/{n}}"] = "p(95)<10s" } }
END
  stress
  code 0
  is_true 'm("http_reqs", { name = "/echo" }).count == 30' \
    'm("http_reqs", { name = "/bytes/{n}" }).count == 30'
}

@test "too many URLs end up in a series that says so; nothing is lost" {
  suite <<'END'
local http = require "stress.http"
return { vus = 4, iterations = 6000, run = function(vu)
  http.get("/bytes/" .. vu.iteration % 3000)
end }
END
  stress
  is_true 'm("http_reqs").count == 6000'
  is_true 'm("http_reqs", { name = "__other__" }).count > 0'
  has __other__
}

@test "tags of a request are a selector" {
  suite <<'END'
local http = require "stress.http"
return { iterations = 4, tags = { suite = "shop" }, run = function(vu)
  http.get("/", { tags = { kind = vu.iteration == 1 and "rare" or "usual" } })
end,
thresholds = { ["http_reqs{kind:rare}"] = "count==1",
  ["http_reqs{kind:usual}"] = "count==3",
  ["http_reqs{suite:shop}"] = "count==4",
  ["http_reqs{suite:shop,kind:rare}"] = "count==1" } }
END
  stress
  code 0
}

@test "thresholds of a scenario count only its own samples" {
  suite <<'END'
local http = require "stress.http"
return { scenarios = {
  { name = "few", iterations = 2, run = function() http.get("/") end,
    thresholds = { http_reqs = "count==2" } },
  { name = "many", iterations = 9, run = function() http.get("/") end,
    thresholds = { http_reqs = "count==9" } },
}, thresholds = { http_reqs = "count==11",
  ["http_reqs{scenario:few}"] = "count==2" } }
END
  stress
  code 0
}

@test "expect decides what has failed" {
  suite <<'END'
local http = require "stress.http"
return { iterations = 1, run = function()
  http.get("/status/404", { expect = 404 })
  http.get("/status/201", { expect = { 200, 201 } })
  http.get("/status/204", { expect = 200 })
  http.get("/status/500")
end }
END
  stress
  is_true 'm("http_req_failed").passes == 2' 'm("http_req_failed").total == 4'
}

@test "every hop of a redirect is a request" {
  suite <<'END'
local http = require "stress.http"
return { iterations = 1, run = function() http.get("/redirect/3") end }
END
  stress
  is_true 'm("http_reqs").count == 4' 'm("http_req_failed").rate == 0'
}

@test "each VU has connections and cookies of its own" {
  start_target
  suite <<'END'
local http = require "stress.http"
local json = require "stress.json"
return { executor = "per-vu-iterations", vus = 5, iterations = 20,
  run = function(vu)
    if vu.iteration == 1 then
      http.post("/login", { json = { user = "u" .. vu.id,
        password = "secret" } })
    end
    assert(http.get("/me"):json().user == "u" .. vu.id)
  end }
END
  stress --workers 2 --target "$TARGET_URL"
  stop_servers
  code 0
  is_true 'm("http_conn_new").count == 5' 'm("http_reqs").count == 105'
}

@test "what is sent again is counted" {
  start_badserver
  suite <<'END'
local http = require "stress.http"
local stress = require "stress"
return { executor = "per-vu-iterations", vus = 2, iterations = 10,
  run = function()
    local res = http.get("/drop-second", { retries = 1 })
    stress.check("answered", res.status == 200)
  end }
END
  stress --target "$BADSERVER_URL"
  local came
  came=$(curl --silent "$BADSERVER_URL/count" |
    sed 's/.*drop-second":\([0-9]*\).*/\1/')
  stop_servers
  code 0
  is_true 'm("http_reqs").count == 20' 'm("http_req_retried").count > 0' \
    "m('http_req_retried').count + 20 == $came" 'm("checks").rate == 1'
}

@test "the bytes of a request that is redirected are counted once" {
  suite <<'END'
local http = require "stress.http"
return { iterations = 1,
  run = function() http.get("/redirect/1") end }
END
  stress
  code 0
  local followed
  followed=$(json 'm("data_received").count + m("data_sent").count')
  suite <<'END'
local http = require "stress.http"
return { iterations = 1, run = function()
  http.get("/redirect/1", { redirects = false })
  http.get("/redirect/0")
end }
END
  stress
  code 0
  is_true "m('data_received').count + m('data_sent').count == $followed"
}

@test "bytes are counted" {
  suite <<'END'
local http = require "stress.http"
return { iterations = 10, run = function()
  http.post("/echo", { body = ("x"):rep(100000) })
end }
END
  stress
  is_true 'm("data_sent").count > 1000000' 'm("data_sent").count < 1010000' \
    'm("data_received").count > 1000000' 'm("data_received").count < 1010000'
}

@test "data feeds deal each row once over all workers" {
  suite <<'END'
local data = require "stress.data"
local stress = require "stress"
local rows = data.share("rows", function()
  local list = {}
  for i = 1, 1000 do list[i] = i end
  return list
end)
return { vus = 8, iterations = 1200, run = function()
  local row = rows:unique()
  if row then print("unique " .. row) end
  print("next " .. rows:next())
  stress.sleep("1ms") -- lines that are printed too fast are left out
end }
END
  stress --workers 2
  code 0
  grep '^unique' <<<"$output" | cut -d ' ' -f 2 | sort -n | diff - <(seq 1000)
  grep '^next' <<<"$output" | cut -d ' ' -f 2 | sort -n | uniq -c |
    awk '{ n[$1]++ } END { exit !(n[1] == 800 && n[2] == 200) }'
}

@test "a feed's random rows are the same for the same seed" {
  suite <<'END'
local data = require "stress.data"
local words = data.lines("words")
return { executor = "per-vu-iterations", vus = 3, iterations = 3,
  run = function(vu) print("dealt", vu.id, vu.iteration, words:random()) end }
END
  seq 1000 | suite words
  stress --seed 3 --workers 1
  grep '^dealt' <<<"$output" | sort >"$DIR/one"
  stress --seed 3 --workers 2
  grep '^dealt' <<<"$output" | sort | diff - "$DIR/one"
  [ "$(wc -l <"$DIR/one")" -eq 9 ]
}

@test "defaults of http hold for every request" {
  suite <<'END'
local http = require "stress.http"
return { iterations = 1, http = { headers = { ["X-Team"] = "blue" },
    timeout = "50ms", expect = { 200, 404 } },
  run = function()
    local sent = http.get("/echo"):json().headers
    assert(sent["X-Team"] == "blue")
    local own = { headers = { ["X-Team"] = "red" } }
    assert(http.get("/echo", own):json().headers["X-Team"] == "red")
    assert(http.get("/status/404").ok)
    assert(http.get("/delay/5000").error_code == 1050)
    assert(http.get("/delay/100", { timeout = "5s" }).status == 200)
  end }
END
  stress
  code 0
}

@test "errors of one place are one kind, whatever their text" {
  suite <<'END'
return { vus = 4, iterations = 300, run = function(vu)
  error("order " .. vu.iteration .. " is lost")
end }
END
  stress
  code 107
  is_true '#r.errors == 1' 'r.errors[1].count == 300' \
    'm("script_errors").count == 300'
}
