-- stress.suite.thresholds: reads what a suite says about metrics.
--
-- The forms of one selector's value:
--
--   "p(95)<500"                                  one expression
--   { "p(95)<500", "avg<100" }                   several
--   { "p(95)<500", abort_on_fail = true, ... }   with options for all of it
--   { "avg<100", { "p(95)<500", delay = 5 } }    strings and such tables
--
-- What an expression and a selector may say is the engine's business
-- (core.check_threshold); this file only finds them.

local core = require "stress.core"
local keys = require "stress.suite.keys"
local problems = require "stress.suite.problems"
local values = require "stress.suite.values"

local thresholds = {}

local FORM = 'an expression such as "p(95)<500"'

---@class Threshold
---@field selector string
---@field expr string
---@field abort_on_fail boolean
---@field delay_us integer
---@field window_us integer?  nil: the whole run
---@field optional boolean
---@field where string  its key path

---Reads the options of the table form; their defaults are filled in.
---@return table<string, any>
local function options_of(form, path, found)
  local read = {}
  for _, key in ipairs(keys.sorted(form)) do
    local spec = keys.threshold[key]
    if spec then
      local given = rawget(form, key)
      local value, expected = values.read(spec.kind, given)
      if expected then
        problems.expected(found, problems.path(path, key), expected, given)
      end
      read[key] = value
    elseif math.type(key) ~= "integer" or key < 1 or key > rawlen(form) then
      problems.unknown(found, path, key, keys.threshold)
    end
  end
  return values.fill({}, keys.threshold, keys.sorted(keys.threshold), read)
end

---Appends one threshold; `options` may be shared by several.
local function append(list, selector, expr, path, options)
  local threshold = { selector = selector, expr = expr, where = path }
  for key, value in pairs(options) do
    threshold[key] = value
  end
  list[#list + 1] = threshold
end

---Reads the table form: expressions, and options for all of them.
local function read_form(list, selector, form, path, found)
  local options = options_of(form, path, found)
  if rawlen(form) == 0 then
    problems.expected(found, problems.path(path, 1), FORM, nil)
  end
  for i = 1, rawlen(form) do
    local at = rawlen(form) > 1 and problems.path(path, i) or path
    local expr = rawget(form, i)
    if type(expr) == "string" then
      append(list, selector, expr, at, options)
    else
      problems.expected(found, problems.path(path, i), FORM, expr)
    end
  end
end

---Reads a string or a table with options, the parts that a list is made of.
local function read_one(list, selector, value, path, found)
  if type(value) == "string" then
    append(list, selector, value, path, options_of({}, path, found))
  elseif type(value) == "table" then
    read_form(list, selector, value, path, found)
  else
    problems.expected(found, path, FORM .. " or a list of them", value)
  end
end

---Reads all that is said about one selector.
local function read_selector(list, selector, value, path, found)
  if type(value) ~= "table" or not values.is_array(value) then
    return read_one(list, selector, value, path, found)
  end
  for i = 1, rawlen(value) do
    local at = rawlen(value) > 1 and problems.path(path, i) or path
    read_one(list, selector, rawget(value, i), at, found)
  end
end

---Reads the value of a key `thresholds`, sorted by selector.
---@param value any
---@param path string
---@param found Problems
---@return Threshold[]
function thresholds.read(value, path, found)
  local list = {}
  if type(value) ~= "table" then
    problems.expected(found, path, 'a table such as { checks = "rate>0.99" }',
      value)
    return list
  end
  for _, selector in ipairs(keys.sorted(value)) do
    local at = problems.path(path, selector)
    if type(selector) == "string" then
      read_selector(list, selector, rawget(value, selector), at, found)
    else
      problems.add(found, at, "expected a metric's name as the key, such as"
        .. ' checks = "rate>0.99"')
    end
  end
  return list
end

---Returns a selector that also asks for a scenario, or nil when it already
---asks for another one.
---@param selector string  a right one
---@param scenario string
---@return string? scoped
---@return string? other  the other scenario
local function scope(selector, scenario)
  local metric, tags = selector:match("^(.-)%s*{(.*)}%s*$")
  if not metric then
    return ("%s{scenario:%s}"):format(selector:match("^(.-)%s*$"), scenario)
  end
  for tag in tags:gmatch("[^,]+") do
    local key, value = tag:match("^%s*(.-)%s*:%s*(.-)%s*$")
    if key == "scenario" then
      return value == scenario and selector or nil, value
    end
  end
  return ("%s{%s,scenario:%s}"):format(metric, tags, scenario)
end

---Returns the selector that a plan has for what was read, or what is wrong.
---@return string? selector
---@return string? message
local function check(read, scenario)
  local ok, message = core.check_threshold(read.selector, read.expr)
  if not ok then
    return nil, message
  end
  if not scenario then
    return read.selector
  end
  local selector, other = scope(read.selector, scenario)
  if not selector then
    return nil, ('selects the scenario "%s" within "%s"'):format(other,
      scenario)
  end
  ok, message = core.check_threshold(selector, read.expr)
  return ok and selector or nil, message
end

---Checks what was read and appends it to a plan's thresholds.
---@param out Threshold[]  the plan's
---@param list Threshold[]
---@param scenario string?  the scenario whose samples they are about
---@param found Problems
function thresholds.collect(out, list, scenario, found)
  for _, read in ipairs(list) do
    local selector, message = check(read, scenario)
    if selector then
      local threshold = {}
      for key, value in pairs(read) do
        threshold[key] = value
      end
      threshold.selector = selector
      out[#out + 1] = threshold
    else
      problems.add(found, read.where, message)
    end
  end
end

return thresholds
