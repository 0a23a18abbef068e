-- Question:   does a tool server keep answering rightly when asked at speed?
-- Needs:      nothing (built-in target), or --target of the same protocol.
-- Takes:      seconds; --profile quick about one, --profile demo 10 s.
-- Read:       the criteria; each test has a success and a speed of its own.
-- Not for:    a server's capacity: one user asks one thing after another.

local stress = require "stress"
local http = require "stress.http"
local metrics = require "stress.metrics"

local LEAST_TOOLS = 25
local MOST_APART = 30 -- times that one test may be faster than another
local LEAST_SPEED_N = 20 -- requests that a test's speed is told from
local PATTERNS = { "calc", "file", "time", "uuid", "text", "data", "web",
  "sys" }
local TESTS = { "list", "registry", "invoke", "search" }
local PAUSE = stress.profile == "demo" and "100ms" or nil -- between rounds

local tools_listed = metrics.gauge("tools_listed")

---Sends a command; returns the answer when it says that all went well.
---A status 200 is not enough: the protocol has a status of its own.
local function tell(command)
  local answer = http.post("/tools", { json = command, name = command.command
    }):json()
  local status = type(answer) == "table" and answer.status
  return (status == "ok" or status == "success") and answer or nil
end

local function list()
  local answer = tell({ command = "list" })
  local tools = answer and answer.tools
  return stress.check("list has an array of tools",
    type(tools) == "table" and #tools > 0) and tools or nil
end

---One round: the description of every tool that the first answer listed.
local function registry(vu)
  vu.tools = vu.tools or list() or stress.fail("no list, so nothing to ask")
  tools_listed:add(#vu.tools)
  for _, name in ipairs(vu.tools) do
    local answer = tell({ command = "info", name = name })
    local tool = answer and answer.tool
    stress.check("info is about the tool asked for",
      type(tool) == "table" and tool.name == name)
  end
  if PAUSE then stress.sleep(PAUSE) end
end

local function invoke(vu)
  local i = vu.iteration
  local answer = tell({
    command = "invoke",
    name = "calculator",
    params = { expression = ("%d + %d"):format(i, i + 1) },
  })
  stress.check("i + (i + 1) is 2i + 1",
    answer ~= nil and answer.result == 2 * i + 1)
end

local function search(vu)
  local query = PATTERNS[(vu.iteration - 1) % #PATTERNS + 1]
  local answer = tell({ command = "search", query = query })
  local results = answer and answer.results
  stress.check("search finds something",
    type(results) == "table" and #results > 0)
end

---The speeds of the tests next to each other.  One far behind the others is
---worth a look; so are four that are the same, for then it is not the work
---that takes the time (a poll, a sleep, the network).
local function consistency(result)
  local tests, sum, squares = {}, 0, 0
  for i, name in ipairs(TESTS) do
    local reqs = result:metric("http_reqs", { scenario = name })
    if not reqs or reqs.count < LEAST_SPEED_N then
      return nil, "too few requests of " .. name
    end
    tests[i] = { name = name, speed = reqs.rate }
    sum, squares = sum + reqs.rate, squares + reqs.rate ^ 2
  end
  table.sort(tests, function(a, b) return a.speed < b.speed end)
  local low, high, mean = tests[1], tests[#tests], sum / #tests
  local variation = math.sqrt(math.max(0, squares / #tests - mean ^ 2)) / mean
  local detail = ("%s %.0f/s to %s %.0f/s, CV %.1f%%"):format(low.name,
    low.speed, high.name, high.speed, variation * 100)
  if variation < 0.01 then
    detail = detail .. ": suspiciously equal"
  end
  return high.speed <= MOST_APART * low.speed, detail
end

local function none_dropped(result)
  local a = result.accounting
  if a.planned == 0 then return nil, "nothing was due" end
  return a.dropped == 0, ("%d of %d"):format(a.started, a.planned)
end

return {
  name = "Rapid operations",
  description = "list, info, invoke and search, each as fast as it answers",
  sequence = true,
  scenarios = {
    { name = "list", iterations = 1000, run = list,
      thresholds = { checks = "rate>=0.95", http_reqs = "rate>=50" } },
    { name = "registry", iterations = 100, run = registry,
      thresholds = { checks = "rate>=0.99",
        tools_listed = "min>=" .. LEAST_TOOLS } },
    { name = "invoke", iterations = 500, run = invoke,
      thresholds = { checks = "rate>=0.95", http_reqs = "rate>=30" } },
    { name = "search", iterations = 500, run = search,
      thresholds = { checks = "rate>=0.95" } },
  },
  thresholds = { http_req_failed = "count==0" },
  criteria = {
    { ("speeds within 1 to %d"):format(MOST_APART), consistency },
  },
  profiles = {
    quick = { scenarios = {
      list = { iterations = 200 },
      registry = { iterations = 10 },
      invoke = { iterations = 100 },
      search = { iterations = 100 },
    } },
    -- All four at once for ten seconds, with room to breathe for a small
    -- machine.  The speeds are the plan's now, so what counts is whether
    -- everybody was served when he came.
    demo = {
      sequence = false,
      scenarios = {
        list = { rate = 400, duration = "10s", max_vus = 50 },
        registry = { start_vus = 1, graceful_ramp_down = "1s", stages = {
          { target = 5, duration = "6s" }, { target = 1, duration = "4s" },
        } },
        invoke = { rate = 200, duration = "10s", max_vus = 50,
          arrivals = "poisson" },
        search = { start_rate = 20, max_vus = 50, stages = {
          { target = 200, duration = "6s" }, { target = 20, duration = "4s" },
        } },
      },
      thresholds = { http_req_failed = "count==0",
        http_req_response_time = "p(95)<100" },
      criteria = { { "everybody who came was served", none_dropped } },
    },
  },
}
