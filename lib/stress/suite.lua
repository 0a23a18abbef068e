-- stress.suite: turns what a suite's file returned into a plan.
--
-- The steps, each with a file of its own in suite/:
--
--   read     every value by its kind, every key by its name   shapes, values
--   check    that the options of a scenario fit together      scenario
--   build    the plan: defaults, microseconds, starts per s   scenario
--   profile  merge each over the suite, and check and build   overrides
--   load     what the command line says                       overrides
--
-- Mistakes are collected over all steps (problems).  Every profile is tried,
-- not only the one that was asked for, so that a broken one is found before
-- the day it is needed; and the suite must be right without any.

local keys = require "stress.suite.keys"
local overrides = require "stress.suite.overrides"
local problems = require "stress.suite.problems"
local scenario = require "stress.suite.scenario"
local shapes = require "stress.suite.shapes"
local thresholds = require "stress.suite.thresholds"
local values = require "stress.suite.values"

---@class Stage
---@field duration_us integer
---@field target number  VUs, or starts per second

---@class ScenarioPlan
---@field name string
---@field executor string
---@field start_time_us integer
---@field graceful_stop_us integer
---@field tags table<string, string>
---@field vus integer?
---@field iterations integer?
---@field max_duration_us integer?
---@field duration_us integer?
---@field start_vus integer?
---@field stages Stage[]?
---@field graceful_ramp_down_us integer?
---@field rate number?        starts per second
---@field start_rate number?  starts per second
---@field max_vus integer?
---@field pre_allocated_vus integer?
---@field arrivals "even"|"poisson"?
---@field max_late_us integer?
---@field run fun(vu: table)?
---@field mix { weight: integer, name: string, run: fun(vu: table) }[]?

---@class Plan
---@field name string
---@field description string?
---@field target string?  nil: the built-in target
---@field sequence boolean
---@field warmup_us integer
---@field cooldown_us integer
---@field tags table<string, string>
---@field http table?
---@field profile string?
---@field once boolean
---@field setup function?
---@field teardown function?
---@field report function?
---@field scenarios ScenarioPlan[]
---@field thresholds Threshold[]
---@field criteria { name: string, fn: function, optional: boolean }[]
---@field notes string[]  what is not wrong, but worth a line

---@class PlanOptions
---@field file? string
---@field profile? string
---@field target? string
---@field vus? integer|string
---@field iterations? integer|string
---@field duration? number|string
---@field once? boolean
---@field tags? table<string, string>

local suite = { keys = keys }

---Splits the keys of a single-scenario suite: which are the scenario's.
local function single_draft(raw, read)
  local draft = { name = "default", path = "", given = {}, values = {} }
  for key, value in next, raw do
    if not keys.suite[key] and keys.scenario[key] then
      draft.given[key], draft.values[key] = value, read[key]
    end
  end
  draft.fixed = draft.given.executor ~= nil
  return draft
end

---Adds a problem for each key of a scenario beside `scenarios`.
local function check_stray(raw, found)
  for _, key in ipairs(keys.sorted(raw)) do
    if not keys.suite[key] and keys.scenario[key] then
      problems.add(found, problems.path("", key),
        "this suite has scenarios; write it into each of them")
    end
  end
end

---Reads a suite into a draft: its values, and its scenarios' drafts.
local function read_suite(raw, found)
  local read = shapes.fields(keys.single, raw, "", found)
  local draft = { values = read, single = rawget(raw, "scenarios") == nil }
  if not draft.single then
    draft.scenarios = read.scenarios or {}
    check_stray(raw, found)
    return draft
  end
  draft.scenarios = { single_draft(raw, read) }
  draft.scenarios[1].wrong = found.count > 0
  return draft
end

---Adds the problem of a suite that has nothing at all to run.
---@return boolean  whether there is something
local function has_load(draft, found)
  local only = draft.scenarios[1]
  if not draft.single or only.given.run ~= nil or only.given.mix ~= nil then
    return true
  end
  problems.add(found, "", "nothing to run; expected run = function(vu) ... end"
    .. " or scenarios = { ... }")
  return false
end

---Checks and builds the scenarios, and collects their thresholds.
local function add_scenarios(plan, draft, found)
  for i, part in ipairs(draft.scenarios) do
    local before = found.count
    scenario.check(part, found)
    if not part.wrong and found.count == before then
      plan.scenarios[i] = scenario.build(part, plan.notes, found)
    end
    thresholds.collect(plan.thresholds, part.values.thresholds or {},
      part.name, found)
    if plan.sequence and part.given.start_time ~= nil then
      problems.add(found, problems.path(part.path, "start_time"),
        "a scenario of a sequence starts when the one before it is over")
    end
  end
end

---Makes a plan of a suite's draft.
local function assemble(draft, file, found)
  local read = draft.values
  local plan = {
    name = read.name or file:match("([^/]+)%.lua$") or file,
    description = read.description,
    target = read.target,
    tags = read.tags or {},
    http = read.http,
    setup = read.setup,
    teardown = read.teardown,
    report = read.report,
    criteria = read.criteria or {},
    scenarios = {},
    thresholds = {},
    notes = {},
    once = false,
  }
  values.fill(plan, keys.suite, { "sequence", "warmup", "cooldown" }, read)
  thresholds.collect(plan.thresholds, read.thresholds or {}, nil, found)
  add_scenarios(plan, draft, found)
  return plan
end

---Adds the problem of a profile that the suite does not have.
local function add_unknown_profile(name, profiles, found)
  local names = keys.sorted(profiles)
  if #names == 0 then
    return problems.add(found, "--profile", "this suite has no profiles")
  end
  problems.add(found, "--profile", ("unknown profile %s; there %s %s%s"):format(
    problems.quote(name), #names == 1 and "is" or "are", problems.words(names),
    problems.suggestion(name, profiles)))
end

---Tries all profiles; returns the plan of the one that is wanted.
local function apply_profiles(draft, wanted, file, found)
  local profiles = draft.values.profiles or {}
  local plan
  for _, name in ipairs(keys.sorted(profiles)) do
    local merged = overrides.profile(draft, name, profiles[name], found)
    found.note = (' (with the profile "%s")'):format(name)
    local tried = assemble(merged, file, found)
    found.note = nil
    if name == wanted then
      tried.profile = name
      plan = tried
    end
  end
  if wanted and not plan then
    add_unknown_profile(wanted, profiles, found)
  end
  return plan
end

---Reads an option of the command line, which may be text or a number.
local function read_option(kind, value, path, found)
  if value == nil then
    return nil
  end
  local n = kind ~= "target" and tonumber(value) or value
  local result, expected = values.read(kind, n)
  if expected then
    problems.expected(found, path, expected, value)
  end
  return result
end

---Reads the options of the command line that change a plan.
local function read_options(opts, found)
  return {
    vus = read_option("count", opts.vus, "--vus", found),
    iterations = read_option("iterations", opts.iterations, "--iterations",
      found),
    duration_us = read_option("span", opts.duration, "--duration", found),
    target = read_option("target", opts.target, "--target", found),
    tags = shapes.tags(opts.tags or {}, "--tag", found),
  }
end

---Changes a plan as the command line says.
local function apply_options(plan, options, once)
  plan.target = options.target or plan.target
  local tags = {}
  for _, from in ipairs({ plan.tags, options.tags }) do
    for key, value in pairs(from) do
      tags[key] = value
    end
  end
  plan.tags = tags
  overrides.load(plan, options)
  if once then
    plan.once = true
    overrides.once(plan)
  end
end

---Makes a plan of what a suite's file returned and of the command line, or
---says all that is wrong with them, a line for each mistake.
---@param raw any
---@param opts? PlanOptions
---@return Plan? plan
---@return string[]? errors
function suite.plan(raw, opts)
  opts = opts or {}
  local file = opts.file or "suite"
  local found = problems.new(file)
  local options = read_options(opts, found)
  if type(raw) ~= "table" then
    problems.expected(found, "", "the file to return a table such as"
      .. " { run = function(vu) ... end }", raw)
    return nil, problems.messages(found)
  end
  local before = found.count
  local draft = read_suite(raw, found)
  local plan = has_load(draft, found) and assemble(draft, file, found)
  if found.count == before and (draft.values.profiles or opts.profile) then
    plan = apply_profiles(draft, opts.profile, file, found) or plan
  end
  if found.count > 0 then
    return nil, problems.messages(found)
  end
  apply_options(plan, options, opts.once)
  return plan
end

return suite
