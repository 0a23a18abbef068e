-- stress.timer: deadlines, and things done later or again and again.

local api = require "api"
local http = require "stress.http"
local stress = require "stress"
local t = require "tap"
local timer = require "stress.timer"

local test, time, within = api.test, api.time, api.within

test("a deadline says how much is left, and when it has passed", function()
  local deadline = timer.deadline("30ms")
  t.equal(deadline:passed(), false)
  within(deadline:left(), 0.001, 0.03)
  stress.sleep("31ms")
  t.equal(deadline:passed(), true)
  t.ok(deadline:left() <= 0)
  t.equal(timer.deadline(0):passed(), true)
end)

test("after runs its function once, later, while the VU goes on", function()
  local began, late, n = stress.now(), nil, 0
  timer.after("20ms", function()
    n = n + 1
    late = stress.now() - began
  end)
  t.equal(n, 0)
  stress.sleep("60ms")
  t.equal(n, 1)
  within(late, 0.02, 0.055)
end)

test("a function that runs later may wait", function()
  local status
  timer.after("1ms", function() status = http.get("/delay/5").status end)
  t.equal(status, nil)
  stress.sleep("60ms")
  t.equal(status, 200)
end)

test("a function that was cancelled does not run", function()
  local n = 0
  local handle = timer.after("10ms", function() n = n + 1 end)
  t.equal(handle:cancel(), true)
  t.equal(handle:cancel(), false)
  stress.sleep("30ms")
  t.equal(n, 0)
end)

test("every runs its function at fixed times, without drift", function()
  local began, times = stress.now(), {}
  local handle
  handle = timer.every("10ms", function()
    times[#times + 1] = stress.now() - began
    stress.sleep("3ms")
    if #times == 8 then handle:cancel() end
  end)
  stress.sleep("150ms")
  t.ok(#times + handle:skipped() >= 8)
  t.ok(times[#times] >= 0.08)
  for _, at in ipairs(times) do
    t.ok(at >= 0.01, "too early")
  end
end)

test("a repetition that comes while the last one runs is skipped",
  function()
    local n, at_once = 0, 0
    local handle = timer.every("10ms", function()
      n, at_once = n + 1, at_once + 1
      t.equal(at_once, 1)
      stress.sleep("25ms")
      at_once = at_once - 1
    end)
    stress.sleep("120ms")
    handle:cancel()
    within(n, 2, 4)
    t.ok(handle:skipped() >= 4, handle:skipped())
    stress.sleep("30ms")
  end)

test("times that are none are refused", function()
  t.raises(function() timer.after("soon", print) end, "soon")
  t.raises(function() timer.after(1) end, "function")
  t.raises(function() timer.every(0, print) end, "above 0")
  t.raises(function() timer.every(1, 2) end, "function")
  t.raises(function() timer.deadline({}) end, "table")
end)

test("a thousand sleeps at once end in time", function()
  local list = {}
  for i = 1, 1000 do
    list[i] = function() stress.sleep("50ms") end
  end
  within(time(function() stress.batch(list) end), 0.05, 0.2)
end)

return api.suite()
