-- Question:   after refusing a bad request, does the server serve the next?
-- Needs:      nothing (built-in target), or --target of the same protocol.
-- Takes:      a second; --profile crowd lets ten users err at the same time.
-- Read:       valid and refused must equal the pairs, and unexpected be 0.
-- Not for:    attacks, broken connections, or requests that never end.

local stress = require "stress"
local http = require "stress.http"
local metrics = require "stress.metrics"

local valid_ok = metrics.counter("valid_ok")
local invalid_refused = metrics.counter("invalid_refused")
local unexpected = metrics.counter("unexpected")
local recovered = metrics.rate("recovered")

local DEEP = ("["):rep(100000)

local function calculate(params)
  return { json = { command = "invoke", name = "calculator", params = params } }
end

---What is wrong with a request, the request, and the only right status.
local INVALID = {
  { "name missing", { json = { command = "invoke" } }, 400 },
  { "tool unknown", { json = { command = "info", name = "nonesuch" } }, 404 },
  { "JSON malformed", { body = '{"command":"list"' }, 400 },
  { "body empty", { body = "" }, 400 },
  { "not an object", { body = "[1,2,3]" }, 400 },
  { "command missing", { body = "{}" }, 400 },
  { "command unknown", { json = { command = "fly" } }, 400 },
  { "command a number", { json = { command = 7 } }, 400 },
  { "name a list", { body = '{"command":"info","name":["calculator"]}' }, 400 },
  { "params missing", calculate(nil), 400 },
  { "params a text", calculate("1 + 1"), 400 },
  { "expression a number", calculate({ expression = 3 }), 400 },
  { "expression unfinished", calculate({ expression = "1 +" }), 400 },
  { "division by zero", calculate({ expression = "1 / 0" }), 400 },
  { "query missing", { json = { command = "search" } }, 400 },
  { "not UTF-8", { body = '{"command":"search","query":"\xff\xfe"}' }, 400 },
  { "nested too deep", { body = '{"command":' .. DEEP }, 400 },
  { "tool without end", { json = { command = "info",
    name = ("x"):rep(100000) } }, 404 },
}

for _, case in ipairs(INVALID) do
  local what, request, status = table.unpack(case)
  request.name = "invalid: " .. what
  request.tags = { class = "invalid" }
  request.expect = status
  request.headers = { ["Content-Type"] = "application/json" }
end

local function says_ok(answer)
  return type(answer) == "table"
    and (answer.status == "ok" or answer.status == "success")
end

---Sends the n-th kind of invalid request.  Right is the status that belongs
---to it, together with a body that says "error" and why.
local function offend(n)
  local what, request, status = table.unpack(INVALID[(n - 1) % #INVALID + 1])
  local res = http.post("/tools", request)
  local answer = res:json()
  return stress.check("refused: " .. what, res.status == status
    and type(answer) == "table" and answer.status == "error"
    and type(answer.error) == "string" and answer.error ~= "")
end

---Sends a valid request, of which the result is known.
local function behave(n)
  local res = http.post("/tools", {
    name = "valid", tags = { class = "valid" },
    json = { command = "invoke", name = "calculator",
      params = { expression = ("%d * 2 + 1"):format(n) } },
  })
  local answer = res:json()
  return stress.check("served: the next valid request", res.status == 200
    and says_ok(answer) and answer.result == 2 * n + 1)
end

---One pair.  The second half goes over the connection of the first, unless
---the server closed that, so what a bad request leaves behind is met.
local function pair(vu)
  local refused = offend(vu.iteration)
  local served = behave(vu.iteration)
  invalid_refused:add(refused and 1 or 0)
  valid_ok:add(served and 1 or 0)
  unexpected:add((refused and 0 or 1) + (served and 0 or 1))
  recovered:add(served)
end

---Returns the criterion that a counter has one for every pair.
local function one_per_pair(name)
  return function(result)
    local counter, pairs_due = result:metric(name), result.accounting.planned
    if not counter then return nil, "no pair came to its end" end
    return counter.count == pairs_due,
      ("%d of %d"):format(counter.count, pairs_due)
  end
end

return {
  name = "Error recovery",
  description = "bad requests and good ones by turns, each answered rightly",
  iterations = 100,
  run = pair,
  thresholds = {
    unexpected = "count==0",
    recovered = "rate==1",
    http_req_failed = "count==0",
    ["http_req_duration{class:valid}"] = "max<5s",
    ["http_req_duration{class:invalid}"] = "max<5s",
  },
  criteria = {
    { "every valid request was served", one_per_pair("valid_ok") },
    { "every invalid request was refused", one_per_pair("invalid_refused") },
  },
  profiles = {
    quick = { iterations = 36 },
    crowd = { vus = 10, iterations = 5000 },
  },
}
