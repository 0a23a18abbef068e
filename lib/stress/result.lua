-- stress.result: completes the table of a run: what it was, whether it holds.
--
-- C counts (bind/result.c); this adds the suite, the environment, the
-- criteria that are functions, those that are built in, and the verdict.

local core = require "stress.core"
local json = require "stress.json"
local verdict = require "stress.verdict"

local result = {}

local function read_line(path)
  local f = io.open(path, "r")
  if not f then return nil end
  local line = f:read("l")
  f:close()
  return line
end

local function count_cores()
  local n = 0
  local f = io.open("/proc/cpuinfo", "r")
  if not f then return nil end
  for line in f:lines() do
    if line:find("^processor") then n = n + 1 end
  end
  f:close()
  return n > 0 and n or nil
end

local function open_files_limit()
  local f = io.open("/proc/self/limits", "r")
  if not f then return nil end
  local text = f:read("a")
  f:close()
  return math.tointeger(tonumber(text:match("Max open files%s+(%d+)")))
end

---What the generator ran on.
local function environment()
  local clocks = "/sys/devices/system/clocksource/clocksource0/"
  return {
    host = read_line("/proc/sys/kernel/hostname"),
    kernel = read_line("/proc/sys/kernel/osrelease"),
    cores = count_cores(),
    clocksource = read_line(clocks .. "current_clocksource"),
    limits = { nofile = open_files_limit() },
    port_range = read_line("/proc/sys/net/ipv4/ip_local_port_range"),
  }
end

---Whether two tables of tags say the same.
local function same_tags(a, b)
  for key, value in pairs(a) do
    if b[key] ~= value then return false end
  end
  for key in pairs(b) do
    if a[key] == nil then return false end
  end
  return true
end

local methods = {}

---The values of a metric: of its total, or of the row with exactly `tags`.
---@param name string
---@param tags? table<string, string>
---@return table<string, number>? values  nil: never recorded
function methods:metric(name, tags)
  for _, row in ipairs(self.metrics) do
    if row.name == name and same_tags(row.tags, tags or {}) then
      return row.values
    end
  end
  return nil
end

---The accounting and times of a scenario by its name.
---@return table?
function methods:scenario(name)
  for _, scenario in ipairs(self.scenarios) do
    if scenario.name == name then return scenario end
  end
  return nil
end

---Lets criteria write result.metrics.http_reqs.values.count: the total.
local function index_metrics(metrics)
  local totals = {}
  for _, row in ipairs(metrics) do
    if next(row.tags) == nil then totals[row.name] = row end
  end
  return setmetatable(metrics, { __index = totals })
end

---The checks as a list of their own, in the order of their names.
local function list_checks(metrics)
  local list = json.array({})
  for _, row in ipairs(metrics) do
    if row.name == "checks" and row.tags.check
      and same_tags(row.tags, { check = row.tags.check }) then
      list[#list + 1] = {
        name = row.tags.check,
        passes = row.values.passes,
        fails = row.values.fails,
      }
    end
  end
  table.sort(list, function(a, b) return a.name < b.name end)
  return list
end

local function add_built_in(criteria, name, target, status, fields)
  local row = { name = name, kind = "built-in", target = target,
    status = status }
  for key, value in pairs(fields) do row[key] = value end
  criteria[#criteria + 1] = row
end

---Whether anything ran to its end: what was cancelled proves nothing.
local function judge_iterations(r)
  local a = r.accounting
  local ended = a.ok + a.failed + a.timed_out
  if ended > 0 then return end
  local detail = a.started == 0 and "nothing was started outside the warm-up"
    or ("all %d that were started were cut off"):format(a.started)
  add_built_in(r.criteria, "iterations: some ended", "count>0", "NO DATA",
    { samples = 0, actual = 0, actual_text = "0", detail = detail })
end

---What holds for every suite: something ran, and of the requests not all
---failed.
local function judge_built_in(r)
  judge_iterations(r)
  local failed = r:metric("http_req_failed")
  if not failed then return end
  local ok = failed.total - failed.passes
  add_built_in(r.criteria, "http_reqs: some succeeded", "count>0",
    ok > 0 and "PASS" or "FAIL", { samples = failed.total, actual = ok,
      actual_text = ("%d of %d"):format(ok, failed.total),
      detail = ok == 0 and "no request succeeded" or nil })
end

---Runs one criterion of the suite's own.
local function judge_function(r, criterion)
  local fine, ok, detail = pcall(criterion.fn, r)
  local row = { name = criterion.name, kind = "function",
    optional = criterion.optional or nil }
  if not fine then
    row.status, row.detail = "FAIL", "error: " .. tostring(ok)
    row.error = true
  elseif ok == nil then
    row.status = criterion.optional and "SKIPPED" or "NO DATA"
    row.detail = detail and tostring(detail) or "it answered nil: no data"
  else
    row.status = ok and "PASS" or "FAIL"
    row.detail = detail ~= nil and tostring(detail) or nil
  end
  row.actual_text = row.detail
  return row
end

---Completes the numbers of a run to the result.
---@param r table  as made by the engine
---@param plan table  as made by stress.suite
---@param facts table  what the command knows: file, target, options, ...
---@return table result
function result.complete(r, plan, facts)
  setmetatable(r, { __index = methods })
  r.suite = { name = plan.name, description = plan.description,
    file = facts.file, profile = plan.profile, target = facts.target }
  r.engine = { name = "stressengine", version = core.version,
    libraries = core.versions() }
  r.environment = environment()
  r.options = facts.options
  r.checks = list_checks(r.metrics)
  index_metrics(r.metrics)
  judge_built_in(r)
  result.decide(r, facts)
  for _, criterion in ipairs(plan.criteria or {}) do
    r.criteria[#r.criteria + 1] = judge_function(r, criterion)
  end
  result.decide(r, facts)
  return r
end

---Decides the verdict anew from the criteria and what happened.
function result.decide(r, facts)
  local script_errors = 0
  local counted = r:metric("script_errors")
  if counted then script_errors = script_errors + counted.count end
  for _, row in ipairs(r.criteria) do
    if row.error then script_errors = script_errors + 1 end
  end
  r.script_errors = script_errors
  r.verdict, r.exit_code, r.reasons = verdict.of({
    bug = facts.bug,
    preflight = facts.preflight,
    interrupted = facts.interrupted,
    aborted = facts.aborted,
    script_errors = script_errors,
    call_failed = facts.call_failed,
    invalid = r.health.verdict == "INVALID" and r.health.reasons or nil,
    criteria = r.criteria,
  })
end

return result
