-- stress.suite.shapes: how the tables of a suite are read.
--
-- A reader here returns what it read and adds what is wrong to the problems;
-- it goes on after a mistake, so that the user sees all of them.  Tables are
-- read raw: a metatable can neither hide a key nor make an array endless.
-- Keys are visited in sorted order, so that messages come in the same order
-- every time.

local keys = require "stress.suite.keys"
local problems = require "stress.suite.problems"
local thresholds = require "stress.suite.thresholds"
local values = require "stress.suite.values"

local shapes = {}

local readers = {}

-- Keys that people look for in the wrong table, and where they belong.
local ELSEWHERE = {
  weight = "weights belong to the entries of mix",
  exec = "the function of a scenario is run",
  env = "use stress.env and the option -e",
}

local TAG_TYPES = { string = true, number = true, boolean = true }

---Reads one value of any kind.
---@param kind string
---@param value any
---@param path string
---@param found Problems
---@return any  nil when it was wrong
local function read_value(kind, value, path, found)
  if not values.knows(kind) then
    return readers[kind](value, path, found)
  end
  local result, expected = values.read(kind, value)
  if expected then
    problems.expected(found, path, expected, value)
  end
  return result
end

---Adds the problem of a key that is not in `specs`.
local function add_unknown(specs, key, path, found)
  local at = problems.path(path, key)
  if ELSEWHERE[key] then
    return problems.add(found, at, "unknown key; " .. ELSEWHERE[key])
  end
  if specs == keys.scenario and keys.suite[key] then
    return problems.add(found, at, "belongs to the suite, not to a scenario")
  end
  problems.unknown(found, path, key, specs)
end

---Reads a table that has exactly the keys of `specs`; returns the values that
---were right, under their own names and without defaults.
---@param specs table<string, KeySpec>
---@param raw table
---@param path string
---@param found Problems
---@return table<string, any>
function shapes.fields(specs, raw, path, found)
  local read = {}
  for _, key in ipairs(keys.sorted(raw)) do
    local spec = specs[key]
    local at = problems.path(path, key)
    if spec then
      read[key] = read_value(spec.kind, rawget(raw, key), at, found)
    else
      add_unknown(specs, key, path, found)
    end
  end
  return read
end

---Tells whether a value is an array, or adds the problem.
local function need_array(value, path, what, found)
  if type(value) ~= "table" then
    problems.expected(found, path, what, value)
    return false
  end
  local ok, key = values.is_array(value)
  if not ok and key ~= nil and rawget(value, key) == nil then
    problems.add(found, problems.path(path, key),
      "is nil, but entries follow; a misspelt name?")
  elseif not ok and key ~= nil then
    problems.add(found, problems.path(path, key), "expected " .. what
      .. ", which has no keys but 1, 2, 3 ...")
  elseif not ok then
    problems.add(found, path, ("expected %s, got an empty table"):format(what))
  end
  return ok
end

---Reads a small table; required keys are checked, defaults filled in.
local function record(specs, raw, path, found)
  if type(raw) ~= "table" then
    problems.expected(found, path, "a table", raw)
    return {}
  end
  local read = shapes.fields(specs, raw, path, found)
  for _, key in ipairs(keys.sorted(specs)) do
    if specs[key].required and rawget(raw, key) == nil then
      problems.add(found, problems.path(path, key), "missing")
    end
  end
  return values.fill({}, specs, keys.sorted(specs), read)
end

---Reads an array of small tables.
local function records(specs, value, path, what, found)
  if not need_array(value, path, what, found) then
    return nil
  end
  local list = {}
  for i = 1, rawlen(value) do
    list[i] = record(specs, rawget(value, i), problems.path(path, i), found)
  end
  return list
end

---Adds a problem for each name that an earlier entry has.
---@param list { name: string? }[]
---@param path_of fun(i: integer): string
---@param found Problems
function shapes.need_unique(list, path_of, found)
  local first = {}
  for i, entry in ipairs(list) do
    local name = entry.name
    if name and first[name] then
      problems.add(found, path_of(i), ("the name %s is taken by %s"):format(
        problems.quote(name), first[name]))
    elseif name then
      first[name] = path_of(i)
    end
  end
end

function readers.stages(value, path, found)
  return records(keys.stage, value, path,
    'an array of stages such as { target = 10, duration = "30s" }', found)
end

function readers.mix(value, path, found)
  local list = records(keys.mix, value, path,
    "an array of entries such as { weight = 3, name = \"chat\", run = chat }",
    found)
  if list then
    shapes.need_unique(list, function(i)
      return problems.path(path, i)
    end, found)
  end
  return list
end

function readers.thresholds(value, path, found)
  return thresholds.read(value, path, found)
end

function readers.tags(value, path, found)
  if type(value) ~= "table" then
    problems.expected(found, path, "a table of tags", value)
    return nil
  end
  local tags = {}
  for _, key in ipairs(keys.sorted(value)) do
    local at, tag = problems.path(path, key), rawget(value, key)
    local name, expected = values.read("name", key)
    if not name then
      problems.add(found, at, "expected " .. expected)
    elseif not TAG_TYPES[type(tag)] or tostring(tag):find('[{},"%c]') then
      problems.expected(found, at, 'a string without { } , ", a number or a'
        .. " boolean", tag)
    else
      tags[name] = tostring(tag)
    end
  end
  return tags
end

---Reads a table of tags; all values become strings.
---@param value any
---@param path string
---@param found Problems
---@return table<string, string>?
shapes.tags = readers.tags

function readers.executor(value, path, found)
  if keys.options_of(value) then
    return value
  end
  local names = keys.executor_names()
  if type(value) ~= "string" then
    problems.expected(found, path, "one of " .. problems.words(names), value)
    return nil
  end
  local known = {}
  for _, name in ipairs(names) do
    known[name] = true
  end
  problems.add(found, path, ("unknown executor %s; there are %s%s"):format(
    problems.quote(value), problems.words(names),
    problems.suggestion(value, known)))
  return nil
end

function readers.monitors(_, path, found)
  problems.add(found, path, "monitors are not in this version")
end

---Reads one criterion: a name, a function and the option `optional`.
local function read_criterion(raw, path, found)
  if type(raw) ~= "table" then
    return problems.expected(found, path, "{ name, function }", raw)
  end
  local name, fn = rawget(raw, 1), rawget(raw, 2)
  local optional = rawget(raw, "optional")
  if not values.read("text", name) then
    problems.expected(found, problems.path(path, 1), "the criterion's name",
      name)
    name = nil
  end
  if type(fn) ~= "function" then
    problems.expected(found, problems.path(path, 2),
      "function(result) return ok, detail end", fn)
  end
  if optional ~= nil and type(optional) ~= "boolean" then
    problems.expected(found, problems.path(path, "optional"),
      "true or false", optional)
  end
  for _, key in ipairs(keys.sorted(raw)) do
    if key ~= 1 and key ~= 2 and key ~= "optional" then
      problems.unknown(found, path, key, { optional = true })
    end
  end
  return { name = name, fn = fn, optional = optional == true }
end

function readers.criteria(value, path, found)
  if not need_array(value, path, "an array of { name, function }", found) then
    return nil
  end
  local list = {}
  for i = 1, rawlen(value) do
    local at = problems.path(path, i)
    list[i] = read_criterion(rawget(value, i), at, found) or {}
  end
  shapes.need_unique(list, function(i)
    return problems.path(path, i)
  end, found)
  return list
end

---Returns a copy of a table, without its metatable.
local function raw_copy(t)
  local copy = {}
  for key, value in next, t do
    copy[key] = value
  end
  return copy
end

---Reads `scenarios` into drafts: a path, what was given, and what was read.
function readers.scenarios(value, path, found)
  local what = 'an array of scenarios such as { name = "order", run = order }'
  if not need_array(value, path, what, found) then
    return nil
  end
  local list = {}
  for i = 1, rawlen(value) do
    local at, raw = problems.path(path, i), rawget(value, i)
    if type(raw) ~= "table" then
      problems.expected(found, at, "a table", raw)
    else
      local before = found.count
      local read = shapes.fields(keys.scenario, raw, at, found)
      list[#list + 1] = {
        name = read.name or "scenario_" .. i,
        path = at,
        given = raw_copy(raw),
        values = read,
        wrong = found.count > before,
        fixed = rawget(raw, "executor") ~= nil,
      }
    end
  end
  shapes.need_unique(list, function(i)
    return list[i].path
  end, found)
  return list
end

---Reads a map from names to tables that have the keys of `specs`.
local function named(specs, value, path, what, found)
  local map = {}
  if type(value) ~= "table" then
    problems.expected(found, path, what, value)
    return map
  end
  for _, name in ipairs(keys.sorted(value)) do
    local at, raw = problems.path(path, name), rawget(value, name)
    if type(name) ~= "string" or type(raw) ~= "table" then
      problems.expected(found, at, what, raw)
    else
      map[name] = shapes.fields(specs, raw, at, found)
    end
  end
  return map
end

function readers.profiles(value, path, found)
  return named(keys.profile, value, path,
    "a table of profiles such as quick = { vus = 5 }", found)
end

function readers.overrides(value, path, found)
  return named(keys.override, value, path,
    "changes by scenario's name such as order = { vus = 5 }", found)
end

return shapes
