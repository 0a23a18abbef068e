-- stress.suite.scenario: from what was written about a scenario to its plan.
--
-- A draft is a scenario as read: { name, path, given, values, wrong, fixed }.
-- `given` tells which keys were written at all, right or wrong, so that one
-- mistake is not reported twice; `values` has those that were right; `wrong`
-- says that some were not, `fixed` that the executor was written.

local keys = require "stress.suite.keys"
local problems = require "stress.suite.problems"
local values = require "stress.suite.values"

local scenario = {}

local LEAST_ARRIVAL_VUS = 10
local MOST_ARRIVAL_VUS = 10000
local MOST_PRE_ALLOCATED = 1000
local MOST_STARTS = 1e7 -- per second; no machine makes as many

---Returns the executor that follows from options, or nil when they are silent.
---@param given table<string, any>
---@return string? executor
---@return string? because  the option it follows from
function scenario.infer(given)
  if given.rate ~= nil then
    return "constant-arrival-rate", "rate"
  end
  if given.start_rate ~= nil then
    return "ramping-arrival-rate", "start_rate"
  end
  if given.stages ~= nil then
    return "ramping-vus", "stages"
  end
  if given.iterations ~= nil then
    return "shared-iterations", "iterations"
  end
  if given.duration ~= nil then
    return "constant-vus", "duration"
  end
  return nil
end

---Returns a scenario's executor: the one written, else the one that follows.
---@param given table<string, any>
---@return string executor
---@return string note  for messages: where an unwritten one comes from
function scenario.executor(given)
  if given.executor ~= nil then
    return given.executor, ""
  end
  local executor, because = scenario.infer(given)
  if executor then
    return executor, (" (which follows from %s)"):format(because)
  end
  return "shared-iterations", " (which is meant when no option says more)"
end

---Adds the problem of an option that the executor does not take.
---@param executor string
---@param note string
---@param path string  of the option
---@param option string
---@param found Problems
function scenario.add_stranger(executor, note, path, option, found)
  local near = ""
  for _, taken in ipairs(keys.options_of(executor)) do
    if near == "" and taken:sub(-#option - 1) == "_" .. option then
      near = ("; did you mean %q?"):format(taken)
    end
  end
  local takers = keys.takers(option)
  problems.add(found, path, ("not an option of %s%s; %s %s it%s"):format(
    executor, note, problems.words(takers),
    #takers == 1 and "takes" or "take", near))
end

---Adds the problems of what a scenario runs: one of `run` and `mix`.
local function check_run(draft, found)
  local run, mix = draft.given.run ~= nil, draft.given.mix ~= nil
  if run and mix then
    problems.add(found, problems.path(draft.path, "mix"),
      "run is there already; a scenario has one of run and mix")
  elseif not run and not mix then
    problems.add(found, draft.path,
      "nothing to run; expected run = function(vu) ... end, or a mix")
  end
end

---Adds the problems of keys that are right one by one, but not together.
---@param draft table
---@param found Problems
function scenario.check(draft, found)
  check_run(draft, found)
  local executor, note = scenario.executor(draft.given)
  local takes = keys.options_of(executor)
  if not takes then
    return -- a misspelt executor has been reported
  end
  for _, key in ipairs(keys.sorted(draft.given)) do
    local path = problems.path(draft.path, key)
    if keys.options[key] and not keys.takes(executor, key) then
      scenario.add_stranger(executor, note, path, key, found)
    end
  end
  for _, option in ipairs(takes) do
    if keys.options[option].required and draft.given[option] == nil then
      problems.add(found, problems.path(draft.path, option),
        ("missing; %s%s needs it"):format(executor, note))
    end
  end
end

---Returns the highest target of stages.
---@param stages { target: number }[]
---@param start number  what they start from
---@return number
function scenario.peak(stages, start)
  local peak = start
  for _, stage in ipairs(stages) do
    peak = math.max(peak, stage.target)
  end
  return peak
end

---Adds the problems of stages: no time at all, or no load at all.
local function check_stages(out, start, draft, found)
  local path = problems.path(draft.path, "stages")
  local total = 0
  for _, stage in ipairs(out.stages) do
    total = total + stage.duration_us
  end
  if total == 0 then
    problems.add(found, path, "expected durations above 0 in sum")
  end
  if scenario.peak(out.stages, start) == 0 then
    problems.add(found, path, "every target is 0, so nothing would run")
  end
end

---Copies stages; `convert` makes a plan's target of a written one.
local function copy_stages(stages, convert)
  local copy = {}
  for i, stage in ipairs(stages) do
    copy[i] = {
      duration_us = stage.duration_us,
      target = convert(stage.target, i),
    }
  end
  return copy
end

---Takes the VUs that an iteration executor has no iterations for away.
---@param out table  a scenario of a plan
---@param notes string[]
function scenario.drop_idle(out, notes)
  if out.executor ~= "shared-iterations" or out.vus <= out.iterations then
    return
  end
  notes[#notes + 1] = ("scenario %q: %d of %d VUs would have no iteration;"
    .. " %d run"):format(out.name, out.vus - out.iterations, out.vus,
    out.iterations)
  out.vus = out.iterations
end

---Completes the stages of ramping-vus.
local function finish_ramping_vus(out, draft, found)
  out.stages = copy_stages(out.stages, function(target, i)
    local vus, expected = values.read("natural", target)
    if expected then
      local path = problems.path(draft.path, "stages")
      problems.expected(found, problems.path(path, i) .. ".target", expected,
        target)
    end
    return vus or 0
  end)
  check_stages(out, out.start_vus, draft, found)
end

---Completes the VUs of an arrival executor, given its highest rate.
local function finish_arrival_vus(out, peak, draft, found)
  if peak > MOST_STARTS then
    problems.add(found, problems.path(draft.path, out.rate and "rate"
      or "stages"), ("expected at most 10,000,000 starts per second, got %.0f")
      :format(peak))
  end
  if not out.max_vus and not out.pre_allocated_vus then
    local wanted = math.max(LEAST_ARRIVAL_VUS, math.ceil(peak))
    out.max_vus = math.min(wanted, MOST_ARRIVAL_VUS)
  end
  out.max_vus = out.max_vus or out.pre_allocated_vus
  out.pre_allocated_vus = out.pre_allocated_vus
    or math.min(out.max_vus, MOST_PRE_ALLOCATED)
  if out.pre_allocated_vus > out.max_vus then
    problems.add(found, problems.path(draft.path, "pre_allocated_vus"),
      ("expected at most max_vus (%d), got %d"):format(out.max_vus,
        out.pre_allocated_vus))
  end
end

---Completes an arrival executor: rates become starts per second.
local function finish_arrivals(out, draft, found)
  local spec = keys.options.time_unit
  local unit_us = draft.values.time_unit or values.read(spec.kind, spec.default)
  local function per_second(rate)
    return rate / (unit_us / 1e6)
  end
  if out.rate then
    out.rate = per_second(out.rate)
    return finish_arrival_vus(out, out.rate, draft, found)
  end
  out.start_rate = per_second(out.start_rate)
  out.stages = copy_stages(out.stages, per_second)
  check_stages(out, out.start_rate, draft, found)
  finish_arrival_vus(out, scenario.peak(out.stages, out.start_rate), draft,
    found)
end

---Makes the plan of a scenario from a draft that has been checked.
---@param draft table
---@param notes string[]
---@param found Problems
---@return table
function scenario.build(draft, notes, found)
  local read = draft.values
  local out = {
    name = draft.name,
    executor = scenario.executor(read),
    run = read.run,
    mix = read.mix,
    tags = read.tags or {},
  }
  values.fill(out, keys.common, { "start_time", "graceful_stop" }, read)
  values.fill(out, keys.options, keys.options_of(out.executor), read)
  if out.executor == "ramping-vus" then
    finish_ramping_vus(out, draft, found)
  elseif keys.takes(out.executor, "time_unit") then
    finish_arrivals(out, draft, found)
  end
  scenario.drop_idle(out, notes)
  return out
end

---Makes a scenario of a plan one of another executor; what all scenarios have
---is kept, and of the options those that are given.
---@param out table
---@param executor string
---@param options table<string, any>  named as in the plan
---@return table
function scenario.become(out, executor, options)
  local other = {
    name = out.name,
    executor = executor,
    run = out.run,
    mix = out.mix,
    tags = out.tags,
    start_time_us = out.start_time_us,
    graceful_stop_us = out.graceful_stop_us,
  }
  values.fill(other, keys.options, keys.options_of(executor), {})
  for key, value in pairs(options) do
    other[key] = value
  end
  return other
end

return scenario
