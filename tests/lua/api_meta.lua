-- The editor's definitions (lib/stress/meta) are what the program has: each
-- name is in both, or the test names the one that is missing, and where.
--
-- options: --workers 1 --profile here

local http = require "stress.http"
local keys = require "stress.suite".keys
local metrics = require "stress.metrics"
local tap = require "tap"
local timer = require "stress.timer"

local META = "lib/stress/meta/"
local MODULES = { "stress", "stress.http", "stress.timer", "stress.metrics",
  "stress.json", "stress.data" }
local FILES = { "stress", "http", "timer", "metrics", "json", "data", "suite" }

local metric = metrics.counter("meta_check", { unit = "ms" })

---The classes of the files: their own names, and those they inherit.
local classes, executors = {}, {}

-- Reading the definitions ---------------------------------------------------

local function read_line(line, at)
  local class, parents = line:match("^%-%-%-@class ([%w_.]+)%s*:?%s*(.*)")
  if class then
    at.class = { names = {}, parents = {} }
    classes[class] = at.class
    for parent in parents:gmatch("[%w_.]+") do
      table.insert(at.class.parents, parent)
    end
    return
  end
  local field = line:match("^%-%-%-@field ([%a_][%w_]*)%??%s")
  if field then at.class.names[field] = true end
  local variable = line:match("^local ([%w_]+) = {}$")
  if variable then at.variables[variable] = at.class end
  local owner, name = line:match("^function ([%w_]+)[.:]([%w_]+)%(")
  if owner then at.variables[owner].names[name] = true end
  local executor = line:match("^%-%-%-| \"([%w-]+)\"")
  if executor and at.alias == "stress.Executor" then
    executors[executor] = true
  end
  at.alias = line:match("^%-%-%-@alias ([%w_.]+)") or at.alias
end

local function read_files()
  for _, name in ipairs(FILES) do
    local at = { variables = {} }
    for line in io.lines(META .. name .. ".lua") do read_line(line, at) end
  end
end

local function add_names(class, names)
  local found = classes[class] or error("no class " .. class .. " in " .. META)
  for name in pairs(found.names) do names[name] = true end
  for _, parent in ipairs(found.parents) do add_names(parent, names) end
  return names
end

-- Comparing -----------------------------------------------------------------

local function missing(from, other)
  local list = {}
  for name in pairs(other) do
    if not from[name] then list[#list + 1] = tostring(name) end
  end
  table.sort(list)
  return list
end

local function same(defined, real, what)
  local undefined, gone = missing(defined, real), missing(real, defined)
  local text = ("%s: not in %s: {%s}; not in the program: {%s}"):format(what,
    META, table.concat(undefined, ", "), table.concat(gone, ", "))
  tap.ok(#undefined == 0 and #gone == 0, text)
end

local function set(list)
  local names = {}
  for _, name in ipairs(list) do names[name] = true end
  return names
end

---The names between two patterns of a C file, each in quotes.
local function names_in_c(file, from, to)
  local f = assert(io.open(file))
  local text = f:read("a")
  f:close()
  local names, start = {}, assert(text:find(from), file .. ": no " .. from)
  local part = text:sub(start, assert(text:find(to, start)))
  for name in part:gmatch('"([%w_]+)"') do names[name] = true end
  return names
end

---The options that an error message lists when the one given is like none.
local function options_of(opts)
  local ok, message = pcall(http.get, "/health", opts)
  tap.ok(not ok, "the option is taken")
  local names = {}
  for name in message:match("there are (.*)$"):gmatch("[%w_]+") do
    names[name] = true
  end
  return names
end

local function methods_of(object)
  return getmetatable(object).__index
end

-- The tests -----------------------------------------------------------------

local function test_modules()
  for _, name in ipairs(MODULES) do
    tap.test("the module " .. name, function()
      same(add_names(name, {}), require(name), name)
    end)
  end
end

local function test_suite()
  tap.test("the keys of suites, scenarios and profiles", function()
    same(add_names("stress.Suite", {}), keys.single, "stress.Suite")
    same(add_names("stress.Scenario", {}), keys.scenario, "stress.Scenario")
    same(add_names("stress.Load", {}), keys.options, "stress.Load")
    same(add_names("stress.Override", {}), keys.override, "stress.Override")
    same(add_names("stress.Profile", {}), keys.profile, "stress.Profile")
  end)
  tap.test("the keys of stages, mixes and thresholds", function()
    same(add_names("stress.Stage", {}), keys.stage, "stress.Stage")
    same(add_names("stress.MixEntry", {}), keys.mix, "stress.MixEntry")
    same(add_names("stress.ThresholdOptions", {}), keys.threshold,
      "stress.ThresholdOptions")
  end)
  tap.test("the executors", function()
    same(executors, set(keys.executor_names()), "stress.Executor")
  end)
end

local function test_http()
  tap.test("the HTTP options", function()
    local real = options_of({ qqqqqqqqqq = true })
    same(add_names("stress.HttpRequest", {}), real, "stress.HttpRequest")
    real.url, real.method = nil, nil
    same(add_names("stress.HttpOptions", {}), real, "stress.HttpOptions")
    same(add_names("stress.TlsOptions", {}),
      options_of({ tls = { qqqqqqqqqq = true } }), "stress.TlsOptions")
  end)
  tap.test("the fields of a response", function()
    local defined = add_names("stress.Response", {})
    local real = names_in_c("src/bind/http_response.c", "field_names%[%] = ",
      "};")
    real.json = true
    same(defined, real, "stress.Response")
    local res = http.get("/health")
    for name in pairs(defined) do local _ = res[name] end
    same(add_names("stress.Timings", {}), res.timings, "stress.Timings")
  end)
end

local function test_objects()
  tap.test("the methods of metrics, timers and deadlines", function()
    same(add_names("stress.Metric", {}), metric, "stress.Metric")
    local handle = timer.after("1ms", function() end)
    same(add_names("stress.TimerHandle", {}), methods_of(handle),
      "stress.TimerHandle")
    same(add_names("stress.Deadline", {}), methods_of(timer.deadline("1s")),
      "stress.Deadline")
  end)
  tap.test("the methods of feeds", function()
    same(add_names("stress.Feed", {}), names_in_c("src/bind/feed.c",
      "luaL_Reg methods%[%] = ", "};"), "stress.Feed")
  end)
end

local function test_result(result)
  tap.test("the fields of a result", function()
    local real = set({ "metric", "scenario" })
    for name in pairs(result) do real[name] = true end
    same(add_names("stress.Result", {}), real, "stress.Result")
    same(add_names("stress.Accounting", {}), result.accounting,
      "stress.Accounting")
    same(add_names("stress.ScenarioResult", {}), result.scenarios[1],
      "stress.ScenarioResult")
    local row = { few = true }
    for name in pairs(result.metrics.iteration_duration) do row[name] = true end
    same(add_names("stress.MetricRow", {}), row, "stress.MetricRow")
  end)
end

return {
  iterations = 1,
  setup = function() return {} end,
  run = function(vu)
    http.get("/health")
    local real = set({ "iteration" })
    for name in pairs(vu) do real[name] = true end
    read_files()
    same(add_names("stress.Vu", {}), real, "stress.Vu")
  end,
  teardown = function(_, result)
    read_files()
    test_modules()
    test_suite()
    test_http()
    test_objects()
    test_result(result)
    tap.done()
  end,
  profiles = { here = {} },
}
