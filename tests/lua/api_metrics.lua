-- stress.metrics: what can be recorded, and what is refused.
-- What the numbers become: ../cli/metrics.bats

local api = require "api"
local metrics = require "stress.metrics"
local t = require "tap"

local test = api.test

local made = {
  counter = metrics.counter("a_counter", { unit = "bytes" }),
  gauge = metrics.gauge("a_gauge"),
  rate = metrics.rate("a_rate"),
  trend = metrics.trend("a_trend", { unit = "ms" }),
}

-- Mistakes while the suite is loaded.
local refused = {}
local function refuse(name, ...) refused[name] = { pcall(...) } end
refuse("no name", metrics.counter)
refuse("empty name", metrics.counter, "")
refuse("blank name", metrics.counter, "a b")
refuse("number as name", metrics.counter, 7)
refuse("other kind", metrics.trend, "a_counter")
refuse("built-in", metrics.trend, "http_reqs")
refuse("unit of wrong type", metrics.trend, "x", { unit = 7 })
refuse("misspelt option", metrics.trend, "x", { units = "ms" })
refuse("add while loading", made.counter.add, made.counter, 1)

local function says(name, pattern)
  t.equal(refused[name][1], false, name)
  local message = tostring(refused[name][2])
  t.ok(message:find(pattern), name .. ": " .. message)
end

test("a handle knows its name, kind and unit", function()
  t.equal({ made.trend.name, made.trend.kind, made.trend.unit },
    { "a_trend", "trend", "ms" })
  t.equal({ made.rate.name, made.rate.kind, made.rate.unit },
    { "a_rate", "rate" })
end)

test("a name that cannot be one is refused", function()
  says("no name", "string")
  says("empty name", "name")
  says("blank name", "name")
end)

test("a name of another kind, or of ours, is refused", function()
  says("other kind", "a_counter")
  says("built-in", "http_reqs")
end)

test("a misspelt or wrong option is refused", function()
  says("unit of wrong type", "unit")
  says("misspelt option", "unit")
end)

test("nothing can be added while the suite is loaded", function()
  says("add while loading", "a_counter")
end)

test("each kind takes its values", function()
  made.counter:add()
  made.counter:add(0)
  made.counter:add(2.5)
  made.gauge:add(-7)
  made.rate:add(true)
  made.rate:add(false)
  made.rate:add(1)
  made.trend:add(0)
  made.trend:add(12.5)
end)

test("a value that cannot be recorded is an error that names the metric",
  function()
    t.raises(function() made.trend:add("fast") end, "a_trend")
    t.raises(function() made.trend:add() end, "a_trend")
    t.raises(function() made.trend:add(0 / 0) end, "not a number")
    t.raises(function() made.trend:add(1 / 0) end, "infinite")
    t.raises(function() made.trend:add(-1) end, "negative")
    t.raises(function() made.counter:add(-1) end, "negative")
    t.raises(function() made.rate:add("yes") end, "a_rate")
    t.raises(function() made.trend:add(true) end, "a_trend")
  end)

test("a call with a dot says that a colon is missing", function()
  t.raises(function() made.trend.add(5) end, "colon")
end)

test("tags are a table of names and plain values", function()
  made.trend:add(1, { size = "large", n = 3, warm = true })
  t.raises(function() made.trend:add(1, "large") end, "tags")
  t.raises(function() made.trend:add(1, { "large" }) end, "tags")
  t.raises(function() made.trend:add(1, { size = {} }) end, "size")
end)

test("a known metric can be asked for again, a new one cannot", function()
  t.equal(metrics.counter("a_counter", { unit = "bytes" }).name, "a_counter")
  t.raises(function() metrics.counter("late") end, "top of the suite")
end)

return api.suite()
