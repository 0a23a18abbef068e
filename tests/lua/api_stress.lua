-- stress: waiting, checks, groups, batches, randomness, and what a wait in
-- the wrong place says.
--
-- options: --workers 1 -e GREETING=good_day=yes

local api = require "api"
local http = require "stress.http"
local stress = require "stress"
local t = require "tap"
local timer = require "stress.timer"

local test, time, within = api.test, api.time, api.within

---Where a test leaves what happened.
local log

-- Waiting -------------------------------------------------------------------

test("sleep waits as long as asked, in seconds or with a unit", function()
  within(time(function() stress.sleep(0.05) end), 0.05, 0.15)
  within(time(function() stress.sleep("50ms") end), 0.05, 0.15)
  within(time(function() timer.sleep("0.05s") end), 0.05, 0.15)
end)

test("a short sleep is not rounded up to a millisecond", function()
  local best = math.huge
  for _ = 1, 20 do
    best = math.min(best, time(function() stress.sleep("300us") end))
  end
  within(best, 0.0003, 0.0008)
end)

test("no sleep ends early", function()
  for _ = 1, 50 do
    within(time(function() stress.sleep("2ms") end), 0.002, 1)
  end
end)

test("a sleep of zero comes back", function()
  within(time(function() stress.sleep(0) end), 0, 0.2)
end)

test("a duration that is none is an error that shows it", function()
  t.raises(function() stress.sleep("soon") end, "soon")
  t.raises(function() stress.sleep(-1) end, "sleep")
  t.raises(function() stress.sleep({}) end, "table")
  t.raises(function() stress.sleep() end, "sleep")
end)

test("now runs on while a VU waits, and never back", function()
  local before = stress.now()
  stress.sleep("10ms")
  local after = timer.now()
  within(after - before, 0.01, 0.2)
  for _ = 1, 1000 do
    local now = stress.now()
    t.ok(now >= after)
    after = now
  end
end)

-- What Lua users expect around a wait ---------------------------------------

test("pcall around a waiting call gives its results", function()
  local ok, res = pcall(http.get, "/status/201")
  t.equal(ok, true)
  t.equal(res.status, 201)
  t.equal({ pcall(function()
    stress.sleep("1ms")
    return 1, nil, 3
  end) }, { true, 1, nil, 3 })
end)

test("an error after a wait is caught by the pcall around it", function()
  local ok, message = pcall(function()
    stress.sleep("1ms")
    error({ code = 7 })
  end)
  t.equal(ok, false)
  t.equal(message, { code = 7 })
  local caught = { pcall(pcall, function()
    stress.sleep("1ms")
    error("deep", 0)
  end) }
  t.equal(caught, { true, false, "deep" })
end)

test("xpcall's handler sees the stack after a wait", function()
  local _, trace = xpcall(function()
    stress.sleep("1ms")
    error("here")
  end, debug.traceback)
  t.ok(trace:find("here", 1, true))
  t.ok(trace:find("api_stress.lua", 1, true))
end)

test("<close> variables close at the end and on errors, after waits too",
  function()
    log = {}
    local function closer(name)
      return setmetatable({}, { __close = function(_, err)
        log[#log + 1] = name .. (err and ": " .. tostring(err) or "")
      end })
    end
    do
      local _ <close> = closer "block"
      stress.sleep("1ms")
    end
    pcall(function()
      local _ <close> = closer "outer"
      local _ <close> = closer "inner"
      stress.sleep("1ms")
      error("oops", 0)
    end)
    t.equal(log, { "block", "inner: oops", "outer: oops" })
  end)

test("a <close> variable may itself wait", function()
  log = {}
  do
    local _ <close> = setmetatable({}, { __close = function()
      stress.sleep("1ms")
      log[#log + 1] = http.get("/status/202").status
    end })
  end
  t.equal(log, { 202 })
end)

test("a wait in a metamethod and in an iterator works", function()
  local slow = setmetatable({}, {
    __index = function(_, key)
      stress.sleep("1ms")
      return key .. "!"
    end,
    __call = function(_, n)
      stress.sleep("1ms")
      return n + 1
    end,
    __add = function() return http.get("/status/200").status end,
  })
  t.equal(slow.word, "word!")
  t.equal(slow(1), 2)
  t.equal(slow + 1, 200)
  local seen = {}
  for n in function(_, n)
    stress.sleep("1ms")
    n = (n or 0) + 1
    return n <= 3 and n or nil
  end do
    seen[#seen + 1] = n
  end
  t.equal(seen, { 1, 2, 3 })
end)

-- Where a wait cannot be ----------------------------------------------------

test("a wait in a sort comparator is an error that says so", function()
  local message = t.raises(function()
    table.sort({ 3, 1, 2 }, function(a, b)
      stress.sleep("1ms")
      return a < b
    end)
  end, "sleep")
  t.ok(message:find("sort", 1, true), message)
  t.raises(function()
    table.sort({ 3, 1, 2 }, function() return http.get("/").status < 1 end)
  end, "http")
end)

test("a wait in a gsub callback is an error that says so", function()
  local message = t.raises(function()
    local _ = ("abc"):gsub("b", function() stress.sleep(0) end)
  end, "sleep")
  t.ok(message:find("gsub", 1, true), message)
end)

test("a wait in require is an error that says so", function()
  package.preload["a module that waits"] = function() stress.sleep(0) end
  local message = t.raises(function() require "a module that waits" end,
    "sleep")
  t.ok(message:find("require", 1, true), message)
end)

test("a wait in an own coroutine is an error that names stress.batch",
  function()
    local co = coroutine.create(function() stress.sleep("1ms") end)
    local ok, message = coroutine.resume(co)
    t.equal(ok, false)
    t.ok(message:find("stress.batch", 1, true), message)
    t.raises(coroutine.wrap(function() return http.get("/") end),
      "stress.batch")
    t.raises(coroutine.wrap(function() stress.batch { print } end),
      "stress.batch")
  end)

test("own coroutines that do not wait work, and across waits", function()
  local numbers = coroutine.wrap(function()
    for n = 1, 3 do coroutine.yield(n) end
  end)
  t.equal(numbers(), 1)
  stress.sleep("1ms")
  t.equal(numbers(), 2)
  http.get("/")
  t.equal(numbers(), 3)
end)

test("a refused wait leaves nothing behind", function()
  for _ = 1, 100 do
    pcall(table.sort, { 2, 1 }, function() stress.sleep("1ms") end)
    pcall(coroutine.wrap(function() stress.sleep("1ms") end))
    pcall(coroutine.wrap(function() http.get("/delay/1") end))
  end
  within(time(function() stress.sleep("20ms") end), 0.02, 0.2)
  t.equal(http.get("/status/200").status, 200)
end)

-- Checks and groups --------------------------------------------------------

test("check returns whether it held, and takes any value", function()
  t.equal(stress.check("true", true), true)
  t.equal(stress.check("zero is true in Lua", 0), true)
  t.raises(function() stress.check("no value") end, "check")
  t.raises(function() stress.check() end, "check")
  t.raises(function() stress.check({}, true) end, "check")
end)

test("group runs its function, which may wait, and returns its results",
  function()
    t.equal({ stress.group("outer", function()
      return stress.group("inner", function()
        stress.sleep("1ms")
        return 1, 2
      end)
    end) }, { 1, 2 })
  end)

test("an error in a group goes through it", function()
  local ok, message = pcall(stress.group, "g", function()
    stress.sleep("1ms")
    error("in the group", 0)
  end)
  t.equal({ ok, message }, { false, "in the group" })
  t.equal(stress.group("after", function() return "fine" end), "fine")
end)

test("fail ends the iteration with its message, unless it is caught",
  function()
    local ok, err = pcall(stress.fail, "not today")
    t.equal(ok, false)
    t.ok(tostring(err):find("not today", 1, true))
  end)

-- Batches -------------------------------------------------------------------

test("three sleeps of 100 ms in a batch take 100 ms", function()
  local function nap() stress.sleep("100ms") end
  within(time(function() stress.batch { nap, nap, nap } end), 0.1, 0.25)
end)

test("the results of a batch are in the order of its functions", function()
  t.equal(stress.batch {
    function()
      stress.sleep("20ms")
      return "slow"
    end,
    function() return "at once" end,
    function() return http.get("/status/201").status end,
    function() end,
    function() return false end,
  }, { "slow", "at once", 201, nil, false })
  t.equal(stress.batch {}, {})
end)

test("an error in a batch reaches the caller when all have ended", function()
  log = {}
  local ok, message = pcall(stress.batch, {
    function() error("first", 0) end,
    function()
      stress.sleep("10ms")
      log[#log + 1] = "the other"
    end,
  })
  t.equal({ ok, message }, { false, "first" })
  t.equal(log, { "the other" })
end)

test("batches may be nested", function()
  local function nap(result)
    return function()
      stress.sleep("50ms")
      return result
    end
  end
  local results
  within(time(function()
    results = stress.batch {
      function() return stress.batch { nap(1), nap(2) } end,
      nap(3),
    }
  end), 0.05, 0.14)
  t.equal(results, { { 1, 2 }, 3 })
end)

test("a batch takes nothing but functions, and says which is none", function()
  t.raises(function() stress.batch { print, 7 } end, "item 2")
  t.raises(function() stress.batch(print) end, "table")
end)

test("requests of a batch run at the same time", function()
  within(time(function()
    local list = {}
    for i = 1, 5 do
      list[i] = function() return http.get("/delay/100").status end
    end
    t.equal(stress.batch(list), { 200, 200, 200, 200, 200 })
  end), 0.1, 0.45)
end)

-- Randomness ----------------------------------------------------------------

test("math.random is the seeded generator of the VU", function()
  t.equal(math.random, stress.random)
end)

test("random has the forms of math.random", function()
  for _ = 1, 1000 do
    local x = stress.random()
    t.ok(x >= 0 and x < 1 and math.type(x) == "float")
    x = stress.random(6)
    t.ok(x >= 1 and x <= 6 and math.type(x) == "integer")
    x = stress.random(-3, 3)
    t.ok(x >= -3 and x <= 3 and math.type(x) == "integer")
  end
  t.equal(math.type(stress.random(0)), "integer")
  t.equal(stress.random(5, 5), 5)
  local extreme = stress.random(math.mininteger, math.maxinteger)
  t.equal(math.type(extreme), "integer")
  t.raises(function() stress.random(2, 1) end, "empty")
  t.raises(function() stress.random(1, 2, 3) end, "arguments")
end)

test("every face of a die comes up about as often", function()
  local counts = { 0, 0, 0, 0, 0, 0 }
  for _ = 1, 60000 do
    local face = stress.random(6)
    counts[face] = counts[face] + 1
  end
  for face = 1, 6 do within(counts[face], 9500, 10500, "face " .. face) end
end)

test("seeding it otherwise has no effect", function()
  math.randomseed(42)
  local a = { math.random(0), math.random(0) }
  math.randomseed(42)
  local b = { math.random(0), math.random(0) }
  t.ok(a[1] ~= b[1] and a[2] ~= b[2])
end)

-- What a suite can ask ------------------------------------------------------

test("env has what -e gave, then the process's environment", function()
  t.equal(stress.env.GREETING, "good_day=yes")
  t.equal(stress.env.HOME, os.getenv("HOME"))
  t.equal(stress.env.NO_SUCH_VARIABLE_HERE, nil)
end)

test("target is the base URL and profile the profile", function()
  t.ok(stress.target:find("^http://127%.0%.0%.1:%d+$"))
  t.equal(stress.profile, nil)
end)

test("the VU knows its number, its scenario and its iteration", function(vu)
  t.equal(vu.id, 1)
  t.equal(vu.iteration, 1)
  t.equal(vu.scenario, "default")
  t.equal(vu.data, nil)
  vu.mine = "kept"
  t.equal(vu.mine, "kept")
end)

test("os.exit does not end the engine", function()
  t.raises(function() os.exit(0) end, "stress.abort")
end)

return api.suite()
