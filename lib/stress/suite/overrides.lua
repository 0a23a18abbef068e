-- stress.suite.overrides: profiles, and the load options of the command line.
--
-- A profile is merged over the suite as it was read, before its plan is made.
-- Keys of the suite replace the suite's.  Options of a scenario replace
--
--   * those of the only scenario, or of the one they name; where the suite
--     did not write an executor and the options are not of the one it has,
--     the executor follows anew from the profile, and what was written for
--     the old one and is none of the new one's is dropped;
--   * in a suite with several scenarios, those of every scenario whose
--     executor takes them; the executors stay as they are.
--
-- The command line comes last and changes the plan itself; it never fails for
-- a scenario that an option does not fit, but changes its executor.

local keys = require "stress.suite.keys"
local problems = require "stress.suite.problems"
local scenario = require "stress.suite.scenario"

local overrides = {}

---Returns a shallow copy.
local function copy(t)
  local other = {}
  for key, value in pairs(t) do
    other[key] = value
  end
  return other
end

---Tells whether an executor takes all the executors' options among some.
local function takes_all(executor, options)
  for key in pairs(options) do
    if keys.options[key] and not keys.takes(executor, key) then
      return false
    end
  end
  return true
end

---Returns the executor that a scenario has under a profile's options.
local function choose(draft, options)
  if options.executor then
    return options.executor
  end
  local current = scenario.executor(draft.values)
  if draft.fixed or takes_all(current, options) then
    return current
  end
  return scenario.infer(options) or current
end

---Merges options that are meant for this very scenario.
local function merge(draft, options, path, found)
  local executor = choose(draft, options)
  local merged = copy(draft)
  merged.values = {}
  for key, value in pairs(draft.values) do
    if not keys.options[key] or keys.takes(executor, key) then
      merged.values[key] = value
    end
  end
  if options.run or options.mix then
    merged.values.run, merged.values.mix = nil, nil
  end
  for _, key in ipairs(keys.sorted(options)) do
    if keys.options[key] and not keys.takes(executor, key) then
      scenario.add_stranger(executor, "", problems.path(path, key), key, found)
    else
      merged.values[key] = options[key]
    end
  end
  merged.values.executor = executor
  merged.given = merged.values
  return merged
end

---Merges one option into every scenario that takes it.
local function spread(drafts, key, value, path, found)
  local taken = false
  for _, draft in ipairs(drafts) do
    local executor = scenario.executor(draft.values)
    if keys.common[key] or keys.takes(executor, key) then
      draft.values[key] = value
      taken = true
    end
  end
  if not taken then
    local takers = keys.takers(key)
    problems.add(found, problems.path(path, key),
      ("no scenario takes it; %s %s it"):format(problems.words(takers),
        #takers == 1 and "takes" or "take"))
  end
end

-- What only one scenario can mean.
local FOR_ONE = { run = true, mix = true, executor = true }

---Merges options that are meant for whoever takes them.
local function merge_all(drafts, options, path, found)
  for i, draft in ipairs(drafts) do
    drafts[i] = copy(draft)
    drafts[i].values = copy(draft.values)
    -- Fixed before the first option changes what would follow from them.
    drafts[i].values.executor = scenario.executor(draft.values)
    drafts[i].given = drafts[i].values
  end
  for _, key in ipairs(keys.sorted(options)) do
    if FOR_ONE[key] then
      problems.add(found, problems.path(path, key), "belongs to one scenario;"
        .. (" write scenarios = { NAME = { %s = ... } }"):format(key))
    else
      spread(drafts, key, options[key], path, found)
    end
  end
end

---Merges the overrides of scenarios by name.
local function merge_named(drafts, by_name, path, found)
  local index = {}
  for i, draft in ipairs(drafts) do
    index[draft.name] = i
  end
  for _, name in ipairs(keys.sorted(by_name)) do
    local at, i = problems.path(path, name), index[name]
    if i then
      drafts[i] = merge(drafts[i], by_name[name], at, found)
    else
      problems.add(found, at, "no scenario has this name"
        .. problems.suggestion(name, index))
    end
  end
end

---Returns a suite's draft with a profile merged over it.
---@param draft table  { values, scenarios, single }
---@param name string  of the profile
---@param profile table<string, any>  what was read
---@param found Problems
---@return table
function overrides.profile(draft, name, profile, found)
  local path = problems.path("profiles", name)
  local merged = { values = copy(draft.values), single = draft.single }
  local drafts, options = copy(draft.scenarios), {}
  for key, value in pairs(profile) do
    if keys.suite[key] and key ~= "scenarios" then
      merged.values[key] = value
    elseif key ~= "scenarios" then
      options[key] = value
    end
  end
  if draft.single then
    drafts[1] = merge(drafts[1], options, path, found)
  else
    merge_all(drafts, options, path, found)
  end
  merge_named(drafts, profile.scenarios or {},
    problems.path(path, "scenarios"), found)
  merged.scenarios = drafts
  return merged
end

---Stretches or shrinks stages to a total; rounding does not add up.
local function scale_stages(stages, total_us)
  local sum, before, at = 0, 0, 0
  for _, stage in ipairs(stages) do
    sum = sum + stage.duration_us
  end
  for _, stage in ipairs(stages) do
    before = before + stage.duration_us
    local ends = math.floor(before / sum * total_us + 0.5)
    stage.duration_us = ends - at
    at = ends
  end
end

---Gives a scenario a number of iterations in all.
local function set_iterations(out, load)
  return scenario.become(out, "shared-iterations", {
    vus = load.vus or out.vus or 1,
    iterations = load.iterations,
    max_duration_us = load.duration_us or out.max_duration_us,
  })
end

---Gives a scenario a duration.
local function set_duration(out, duration_us)
  if out.stages then
    scale_stages(out.stages, duration_us)
  elseif out.iterations then
    return scenario.become(out, "constant-vus",
      { vus = out.vus, duration_us = duration_us })
  else
    out.duration_us = duration_us
  end
  return out
end

---Gives a scenario a number of VUs; of a ramp it is the highest point.
local function set_vus(out, vus)
  if out.executor == "ramping-vus" then
    local peak = scenario.peak(out.stages, out.start_vus)
    local function scaled(n)
      return math.floor(n * vus / peak + 0.5)
    end
    out.start_vus = scaled(out.start_vus)
    for _, stage in ipairs(out.stages) do
      stage.target = scaled(stage.target)
    end
  elseif out.max_vus then
    out.max_vus, out.pre_allocated_vus = vus, vus
  else
    out.vus = vus
  end
end

---Changes a plan's scenarios as the command line says.
---@param plan table
---@param load { vus?: integer, duration_us?: integer, iterations?: integer }
function overrides.load(plan, load)
  for i, out in ipairs(plan.scenarios) do
    if load.iterations then
      out = set_iterations(out, load)
    elseif load.duration_us then
      out = set_duration(out, load.duration_us)
    end
    if load.vus and not load.iterations then
      set_vus(out, load.vus)
    end
    scenario.drop_idle(out, plan.notes)
    plan.scenarios[i] = out
  end
end

---Returns a mix whose one pass runs each entry once.
local function each_once(mix)
  local even = {}
  for i, entry in ipairs(mix) do
    even[i] = { weight = 1, name = entry.name, run = entry.run }
  end
  return even
end

---Makes each scenario of a plan one VU that runs one iteration, or each entry
---of its mix once.  So little says nothing about rates and percentiles: all
---thresholds and criteria become optional and none ends the run.
---@param plan table
function overrides.once(plan)
  plan.warmup_us, plan.cooldown_us = 0, 0
  for i, out in ipairs(plan.scenarios) do
    local once = scenario.become(out, "per-vu-iterations",
      { iterations = out.mix and #out.mix or 1 })
    once.start_time_us = 0
    once.mix = out.mix and each_once(out.mix)
    plan.scenarios[i] = once
  end
  for _, threshold in ipairs(plan.thresholds) do
    threshold.optional, threshold.abort_on_fail = true, false
  end
  for _, criterion in ipairs(plan.criteria) do
    criterion.optional = true
  end
end

return overrides
