-- busy.lua - a few seconds of everything, for memcheck: all executors, all
-- ways for an iteration to end, branches and timers in all states.  Some of
-- it raises on purpose: the exit code is 107.

local stress = require "stress"
local data = require "stress.data"
local http = require "stress.http"
local metrics = require "stress.metrics"
local timer = require "stress.timer"

local counted = metrics.counter("counted")
local taken = metrics.trend("taken", { unit = "ms" })
local rows = data.share("rows", function()
  local list = {}
  for i = 1, 50 do
    list[i] = { id = i, name = "with a \0 in it" }
  end
  return list
end)

local function on_close(fn)
  return setmetatable({}, { __close = fn })
end

local function requests(vu)
  local answers = http.batch {
    "/health",
    { method = "POST", url = "/echo", json = { n = vu.iteration } },
    "/status/404",
  }
  stress.check("an answer for each", #answers == 3)
  stress.check("json comes back", answers[2]:json() ~= nil)
  http.post("/echo", { multipart = { a = "b" }, headers = { ["X-A"] = "1" } })
  http.get("/redirect/2", { redirects = 5, cookies = { a = "b" } })
  http.get("/delay/2000", { timeout = "20ms" })
  http.get("http://127.0.0.1:1/")
  pcall(http.get, "/", { no_such_option = true })
  pcall(http.batch, { "/health", {} })
end

local function branches()
  stress.group("branches", function()
    stress.batch {
      function() return http.get("/delay/5").status end,
      function() stress.sleep("3ms") end,
      function() pcall(function() stress.sleep("1ms") error("caught") end) end,
    }
  end)
  pcall(stress.batch, { function() error("in a branch") end })
end

local function timers(vu)
  local every, last
  every = timer.every("2ms", function()
    local _ <close> = on_close(function() every:skipped() end)
    http.get("/delay/3")
  end)
  timer.after("1ms", function() stress.sleep("1ms") end)
  last = timer.after("9ms", function() every:cancel() end)
  if vu.iteration % 4 == 0 then
    timer.after("5ms", function()
      local _ <close> = on_close(function() last:cancel() end)
      error("in a timer")
    end)
  end
  stress.sleep("12ms")
  every:cancel()
end

local function ends(vu)
  local _ <close> = on_close(function() stress.random(9) end)
  local row = rows:next()
  counted:add(row.id, { kind = "row" })
  taken:add(vu.iteration)
  pcall(coroutine.yield)
  table.sort({ 3, 2, 1 }, function(a, b)
    pcall(stress.sleep, 0)
    return a < b
  end)
  local own = coroutine.wrap(function()
    pcall(http.get, "/health")
    coroutine.yield()
  end)
  own()
  if vu.iteration % 2 == 0 then stress.fail("on purpose") end
  if vu.iteration % 3 == 0 then error({ "a table" }) end
  error("a text")
end

return {
  warmup = "300ms",
  setup = function()
    return { status = http.get("/health").status, list = { 1, 2.5, "x\0y" } }
  end,
  teardown = function() http.get("/health") end,
  scenarios = {
    { name = "requests", vus = 2, duration = "3s", graceful_stop = "1s",
      run = requests },
    { name = "branches", executor = "shared-iterations", vus = 2,
      iterations = 20, run = branches },
    { name = "timers", executor = "per-vu-iterations", vus = 2,
      iterations = 12, run = timers },
    { name = "ends", rate = 40, duration = "2s", max_vus = 10, run = ends,
      arrivals = "poisson" },
    -- Its iterations are cancelled in the middle of what they wait for.
    { name = "cancelled", executor = "ramping-vus", start_vus = 4,
      stages = { { target = 8, duration = "1s" },
        { target = 0, duration = "1s" } },
      graceful_ramp_down = "5ms", graceful_stop = "0s",
      run = function()
        local _ <close> = on_close(function() pcall(stress.sleep, 1) end)
        local again = timer.every("1ms", function() http.get("/delay/5") end)
        stress.batch {
          function()
            local _ <close> = on_close(function() again:cancel() end)
            stress.sleep("80ms")
          end,
          function() http.batch { "/delay/70", "/delay/1" } end,
        }
      end },
    { name = "dropped", executor = "ramping-arrival-rate", start_rate = 10,
      stages = { { target = 100, duration = "2s" } }, max_vus = 2,
      max_late = "20ms", run = function() http.get("/delay/50") end },
  },
  criteria = { { "always", function() return true end } },
}
