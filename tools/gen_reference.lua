-- gen_reference.lua - writes docs/reference/suite.md from the engine's tables.
--
--   ./stressengine check tools/gen_reference.lua -e OUT=docs/reference/suite.md
--
-- It is a suite, so that the engine itself answers: what it accepts is in
-- stress.suite.keys, and only the words around it are here.

local stress = require "stress"
local keys = require "stress.suite.keys"

---What a kind of value is called for a reader.
local TYPES = {
  arrivals = '`"even"` or `"poisson"`',
  boolean = "boolean",
  callable = "function",
  count = "1 to 1,000,000",
  criteria = "list",
  duration = "duration",
  executor = "name of an executor",
  iterations = "1 to 10^12",
  mix = "list",
  monitors = "-",
  name = "name",
  natural = "0 to 1,000,000",
  options = "table",
  overrides = "table by scenario's name",
  profiles = "table by name",
  rate = "number above 0",
  rate_or_zero = "number, 0 or more",
  scenarios = "list",
  span = "duration above 0",
  stages = "list",
  tags = "table of strings, numbers, booleans",
  target = "base URL",
  text = "string",
  thresholds = "table by selector",
  weight = "1 to 10,000",
}

---In which order keys are read best; what is missing here comes after.
local ORDER = {
  suite = { "name", "description", "target", "scenarios", "sequence",
    "thresholds", "criteria", "setup", "teardown", "report", "http", "tags",
    "profiles", "warmup", "cooldown", "monitors" },
  common = { "name", "executor", "run", "mix", "thresholds", "tags",
    "start_time", "graceful_stop" },
  options = { "vus", "iterations", "duration", "max_duration", "start_vus",
    "stages", "graceful_ramp_down", "rate", "start_rate", "time_unit",
    "max_vus", "pre_allocated_vus", "arrivals", "max_late" },
  stage = { "target", "duration" },
  mix = { "weight", "name", "run" },
  threshold = { "abort_on_fail", "delay", "window", "optional" },
}

local out = {}

local function add(text)
  out[#out + 1] = text
end

---The keys of a table in reading order; all of them, whatever ORDER says.
local function ordered(specs, order)
  local list, seen = {}, {}
  for _, key in ipairs(order) do
    if specs[key] then
      list[#list + 1], seen[key] = key, true
    end
  end
  for _, key in ipairs(keys.sorted(specs)) do
    if not seen[key] then list[#list + 1] = key end
  end
  return list
end

local function default_of(spec)
  if spec.required then return "required" end
  if spec.default == nil then return "" end
  if type(spec.default) == "string" then
    return ('`"%s"`'):format(spec.default)
  end
  return "`" .. tostring(spec.default) .. "`"
end

---A table of keys; `extra(key)` makes a further column.
local function key_table(specs, order, title, extra)
  add(title and "| key | type | default | " .. title .. " | meaning |"
    or "| key | type | default | meaning |")
  add(title and "|---|---|---|---|---|" or "|---|---|---|---|")
  for _, key in ipairs(ordered(specs, order)) do
    local spec = specs[key]
    local kind = TYPES[spec.kind]
    if not kind then error("gen_reference: no words for " .. spec.kind) end
    add(("| `%s` | %s | %s | %s%s |"):format(key, kind, default_of(spec),
      title and extra(key) .. " | " or "", spec.about))
  end
end

local NUMBER = {}
for i, executor in ipairs(keys.executors) do NUMBER[executor.name] = i end

local function takers(key)
  local list = {}
  for _, name in ipairs(keys.takers(key)) do
    list[#list + 1] = NUMBER[name]
  end
  return table.concat(list, " ")
end

add [[
# The keys of a suite

<!-- Made by tools/gen_reference.lua; edit that file, not this one:
./stressengine check tools/gen_reference.lua -e OUT=docs/reference/suite.md -->

A suite is a Lua file that returns a table with these keys. A key that is not
here is an error, with the nearest right name. The guide to their use is
[scenarios and executors](../guide/scenarios-and-executors.md).

**Duration**: a number of seconds (`1.5`), or a string with units: `us`, `ms`,
`s`, `m`, `h`, `d`, as in `"250ms"`, `"1m30s"`. A string without a unit is an
error: in other tools `"500"` would be milliseconds.

**Name**: a string without `{ } , : "`, control characters and outer blanks,
since a selector must be able to say it. **Base URL**: `http://` or `https://`
with a host, without query; a slash at its end is dropped.

## The suite
]]
key_table(keys.suite, ORDER.suite)
add [[

A suite without `scenarios` has one scenario, named `default`. Its keys stand
beside the suite's own. A suite with `scenarios` has none of them at top level.
The two tables share `name`, `thresholds` and `tags`: at top level these are the
suite's.

`http` holds defaults of every request: any option of
[a request](api.md#options-of-a-request) but a body.

## A scenario
]]
key_table(keys.common, ORDER.common)
add [[

A scenario has either `run` or `mix`. Its name is the value of the tag
`scenario`; without one it is `scenario_1`, `scenario_2`, by its place.

## Executors

| | executor | its options |
|---|---|---|]]
for i, executor in ipairs(keys.executors) do
  local takes = {}
  for n, key in ipairs(executor.takes) do
    takes[n] = ("`%s`"):format(key)
  end
  add(("| %d | `%s` | %s |"):format(i, executor.name,
    table.concat(takes, ", ")))
end
add [[

Without `executor` it follows from the options, the first that is there:
`rate` means constant-arrival-rate, `start_rate` ramping-arrival-rate, `stages`
ramping-vus, `iterations` shared-iterations, `duration` constant-vus. With none
of them it is shared-iterations: one iteration. An option of another executor is
an error.

The column "of" has the numbers of the executors that take the option.
]]
key_table(keys.options, ORDER.options, "of", takers)
add "\n### A stage\n"
key_table(keys.stage, ORDER.stage)
add "\n### An entry of a mix\n"
key_table(keys.mix, ORDER.mix)
add [[

## Thresholds

    thresholds = {
      SELECTOR = "EXPRESSION",
      SELECTOR = { "EXPRESSION", "EXPRESSION" },
      SELECTOR = { "EXPRESSION", option = value },
      SELECTOR = { "EXPRESSION", { "EXPRESSION", option = value } },
    }

What selectors and expressions are is said in
[thresholds and criteria](../guide/thresholds-and-criteria.md). The options:
]]
key_table(keys.threshold, ORDER.threshold)
add [[

## Criteria

    criteria = {
      { "NAME", function(result) return ok, detail end },
      { "NAME", function(result) return ok, detail end, optional = true },
    }

The function receives [the result](result.md). `ok` true is PASS, false is
FAIL, nil is NO DATA, or SKIPPED with `optional = true`. An error is FAIL, and
counts as a script error.

## Profiles

    profiles = {
      quick = { vus = 5, duration = "30s" },
      night = { scenarios = { order = { rate = 500 } } },
    }

A profile has any key of the suite but `profiles`, and is chosen by `--profile`.
A key replaces the suite's key of that name as a whole. Keys of a scenario go

- to the only scenario, or to the one named under `scenarios`. Where the suite
  wrote no `executor` and the profile's options do not fit the one it has, the
  executor follows anew from the profile's options, and options of the old one
  are dropped;
- in a suite with several scenarios, to every scenario whose executor takes the
  option. `run`, `mix` and `executor` can only be given by name.

All profiles are checked whenever a suite is loaded, not only the chosen one.]]

local path = stress.env.OUT
if path then
  local file = assert(io.open(path, "w"))
  assert(file:write(table.concat(out, "\n"), "\n"))
  assert(file:close())
end

return {
  name = "gen_reference",
  description = "writes the reference of suites; makes no load",
  run = function()
    stress.abort("run it with: stressengine check")
  end,
}
