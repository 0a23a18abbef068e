-- stress.suite.keys: every key that a suite may have, in tables.
--
-- Validation, the suggestions for misspelt keys, the reference pages and the
-- editor's types are all made from (or tested against) these tables, so a key
-- is added here and nowhere else.
--
-- A key has: `kind`, how its value is read (stress.suite.values has the plain
-- kinds, stress.suite.shapes the tables); `field`, its name in the plan where
-- that differs, or false when the plan does not hold it; `default`, written as
-- a suite would write it; `required`, by every executor that takes it; and
-- `about`, its line in the reference.

---@class KeySpec
---@field kind string
---@field field? string|false
---@field default? any
---@field required? boolean
---@field about string

local keys = {}

---The executors in the order of the reference, each with its options.
---@type { name: string, takes: string[] }[]
keys.executors = {
  { name = "shared-iterations", takes = { "vus", "iterations",
    "max_duration" } },
  { name = "per-vu-iterations", takes = { "vus", "iterations",
    "max_duration" } },
  { name = "constant-vus", takes = { "vus", "duration" } },
  { name = "ramping-vus", takes = { "start_vus", "stages",
    "graceful_ramp_down" } },
  { name = "constant-arrival-rate", takes = { "rate", "time_unit", "duration",
    "max_vus", "pre_allocated_vus", "arrivals", "max_late" } },
  { name = "ramping-arrival-rate", takes = { "start_rate", "time_unit",
    "stages", "max_vus", "pre_allocated_vus", "arrivals", "max_late" } },
}

---The options of the executors.
---@type table<string, KeySpec>
keys.options = {
  vus = { kind = "count", default = 1,
    about = "how many virtual users run at once" },
  iterations = { kind = "iterations", default = 1,
    about = "how many iterations, shared by the VUs or for each of them" },
  duration = { kind = "span", field = "duration_us", required = true,
    about = "how long iterations are started" },
  max_duration = { kind = "span", field = "max_duration_us", default = "10m",
    about = "when iterations end that are not done" },
  start_vus = { kind = "natural", default = 1,
    about = "virtual users before the first stage" },
  stages = { kind = "stages", required = true,
    about = "{ target = N, duration = D } one after another" },
  graceful_ramp_down = { kind = "duration", field = "graceful_ramp_down_us",
    default = "30s",
    about = "time for a VU to end its iteration when fewer are wanted" },
  rate = { kind = "rate", required = true,
    about = "iterations started per time_unit, by all workers together" },
  start_rate = { kind = "rate_or_zero", default = 0,
    about = "the rate before the first stage" },
  time_unit = { kind = "span", field = false, default = "1s",
    about = "what rates count in" },
  max_vus = { kind = "count",
    about = "the most VUs; at first pre_allocated_vus, or the rate per second"
      .. " within 10 and 10,000" },
  pre_allocated_vus = { kind = "count",
    about = "VUs made before the start; at first max_vus, at most 1,000" },
  arrivals = { kind = "arrivals", default = "even",
    about = "starts at even distances, or as a Poisson process" },
  max_late = { kind = "duration", field = "max_late_us", default = 0,
    about = "how long a start waits for a free VU before it is dropped" },
}

---The keys of every scenario, whatever its executor.
---@type table<string, KeySpec>
keys.common = {
  name = { kind = "name",
    about = "the scenario's name and tag" },
  executor = { kind = "executor",
    about = "who starts iterations when; otherwise it follows from options" },
  run = { kind = "callable",
    about = "function(vu): one iteration" },
  mix = { kind = "mix",
    about = "{ weight = N, name = S, run = function } in place of run" },
  thresholds = { kind = "thresholds",
    about = "thresholds on this scenario's samples" },
  tags = { kind = "tags",
    about = "tags of every sample of this scenario" },
  start_time = { kind = "duration", field = "start_time_us", default = 0,
    about = "when the scenario starts, counted from the start of the run" },
  graceful_stop = { kind = "duration", field = "graceful_stop_us",
    default = "30s",
    about = "time for iterations to end when the scenario is over" },
}

---The keys of a suite as a whole.
---@type table<string, KeySpec>
keys.suite = {
  name = { kind = "text", about = "the suite's name; at first its file's" },
  description = { kind = "text", about = "what the suite asks" },
  target = { kind = "target",
    about = "base URL of the system under test; otherwise the built-in one" },
  scenarios = { kind = "scenarios", about = "the scenarios, in order" },
  sequence = { kind = "boolean", default = false,
    about = "scenarios one after another, not all at once" },
  thresholds = { kind = "thresholds", about = "thresholds on all samples" },
  criteria = { kind = "criteria",
    about = "{ name, function(result) return ok, detail end }" },
  setup = { kind = "callable", about = "runs once; its result is vu.data" },
  teardown = { kind = "callable", about = "function(data, result)" },
  report = {
    kind = "callable",
    about = "function(result), before the summary is printed",
  },
  http = { kind = "options", about = "defaults of every request" },
  profiles = { kind = "profiles",
    about = "named changes to this suite, for --profile" },
  monitors = { kind = "monitors", about = "not in this version" },
  tags = { kind = "tags", about = "tags of every sample" },
  warmup = { kind = "duration", field = "warmup_us", default = 0,
    about = "time at the start that no statistic counts" },
  cooldown = { kind = "duration", field = "cooldown_us", default = 0,
    about = "time at the end in which monitors still sample" },
}

---The keys of one stage.
---@type table<string, KeySpec>
keys.stage = {
  target = { kind = "rate_or_zero", required = true,
    about = "VUs, or starts per time_unit, at the end of the stage" },
  duration = { kind = "duration", field = "duration_us", required = true,
    about = "how long it takes to get there" },
}

---The keys of one entry of a mix.
---@type table<string, KeySpec>
keys.mix = {
  weight = { kind = "weight", default = 1,
    about = "its share of the iterations: exact, not drawn" },
  name = { kind = "name", required = true, about = "its name and tag" },
  run = { kind = "callable", required = true, about = "function(vu)" },
}

---The options of a threshold in its table form.
---@type table<string, KeySpec>
keys.threshold = {
  abort_on_fail = { kind = "boolean", default = false,
    about = "end the run as soon as it does not hold" },
  delay = { kind = "duration", field = "delay_us", default = 0,
    about = "how long abort_on_fail waits for samples" },
  window = { kind = "span", field = "window_us",
    about = "judge the last D only, not the whole run" },
  optional = { kind = "boolean", default = false,
    about = "no data is SKIPPED, not NO DATA" },
}

---Returns a table with the entries of all given ones; the first wins.
---@param ... table<string, KeySpec>
---@return table<string, KeySpec>
local function union(...)
  local all = {}
  for _, specs in ipairs({ ... }) do
    for key, spec in pairs(specs) do
      all[key] = all[key] or spec
    end
  end
  return all
end

---What a table in `scenarios` may have.
keys.scenario = union(keys.common, keys.options)

---What a suite may have: its own keys, and those of its only scenario.
keys.single = union(keys.suite, keys.scenario)

---What a profile may give for one scenario: all but another name.
keys.override = union(keys.scenario)
keys.override.name = nil

---What a profile may have; its `scenarios` are overrides by name.
keys.profile = union({
  scenarios = { kind = "overrides",
    about = "{ NAME = { options } }: changes to one scenario" },
}, keys.single)
keys.profile.profiles = nil

---Returns the keys of a table, sorted, the numbers first.
---@param t table
---@return any[]
function keys.sorted(t)
  local list = {}
  for key in next, t do
    list[#list + 1] = key
  end
  table.sort(list, function(a, b)
    if type(a) ~= type(b) then
      return type(a) < type(b)
    end
    return (type(a) == "number" or type(a) == "string") and a < b
  end)
  return list
end

---Returns the names of the executors in the order of the reference.
---@return string[]
function keys.executor_names()
  local names = {}
  for i, executor in ipairs(keys.executors) do
    names[i] = executor.name
  end
  return names
end

---Returns the options that an executor takes, or nil when there is none of
---that name.
---@param name any
---@return string[]?
function keys.options_of(name)
  for _, executor in ipairs(keys.executors) do
    if executor.name == name then
      return executor.takes
    end
  end
  return nil
end

---Tells whether an executor takes an option.
---@param name string
---@param option string
---@return boolean
function keys.takes(name, option)
  for _, taken in ipairs(keys.options_of(name) or {}) do
    if taken == option then
      return true
    end
  end
  return false
end

---Returns the names of the executors that take an option.
---@param option string
---@return string[]
function keys.takers(option)
  local names = {}
  for _, executor in ipairs(keys.executors) do
    if keys.takes(executor.name, option) then
      names[#names + 1] = executor.name
    end
  end
  return names
end

return keys
