-- stress.suite.values: how a plain value of a suite is read.
--
-- A reader turns what a suite wrote into what a plan holds (durations become
-- microseconds, whole floats integers), or says what it would have taken.

local core = require "stress.core"

local values = {}

local MOST_VUS = 1000000
local MOST_ITERATIONS = 1000000000000
local MOST_RATE = 1e9
local MOST_WEIGHT = 10000 -- a round of a mix is as long as its weights' sum
local LONGEST_S = 1e9 -- about 31 years: what fits everywhere in microseconds

local readers = {}

---Makes the reader of whole numbers within a range.
---@param least integer
---@param most integer
---@param what string
---@return fun(value: any): integer?, string?
local function whole(least, most, what)
  return function(value)
    local n = type(value) == "number" and math.tointeger(value)
    if n and n >= least and n <= most then
      return n
    end
    return nil, what
  end
end

---Makes the reader of values of one type of Lua.
---@param name string
---@param what string
---@return fun(value: any): any, string?
local function of_type(name, what)
  return function(value)
    if type(value) == name then
      return value
    end
    return nil, what
  end
end

---Returns a duration in microseconds, or nil.  Text needs a unit: in other
---tools a bare number is milliseconds, so that "500" is a trap.
---@param value any
---@return integer?
local function duration_us(value)
  local us
  if type(value) == "number" and value >= 0 and value <= LONGEST_S then
    us = math.floor(value * 1e6 + 0.5)
  elseif type(value) == "string" and (value:find("%a") or value == "0") then
    us = core.parse_duration(value)
  end
  return us and us <= LONGEST_S * 1e6 and us or nil
end

readers.callable = of_type("function", "a function")
readers.boolean = of_type("boolean", "true or false")
readers.options = of_type("table", "a table of options")
readers.count = whole(1, MOST_VUS, "a whole number from 1 to 1,000,000")
readers.natural = whole(0, MOST_VUS, "a whole number from 0 to 1,000,000")
readers.weight = whole(1, MOST_WEIGHT, "a whole number from 1 to 10,000")
readers.iterations = whole(1, MOST_ITERATIONS,
  "a whole number from 1 to 1,000,000,000,000")

function readers.text(value)
  if type(value) == "string" and value ~= "" then
    return value
  end
  return nil, "a non-empty string"
end

-- A name becomes the value of a tag, and a selector must be able to say it.
function readers.name(value)
  if type(value) == "string" and value:find('^[^{},:"%c]+$')
    and not value:find("^%s") and not value:find("%s$") then
    return value
  end
  return nil, 'a name without { } , : ", control characters and outer blanks'
end

function readers.rate(value)
  if type(value) == "number" and value > 0 and value <= MOST_RATE then
    return value + 0.0
  end
  return nil, "a number above 0"
end

function readers.rate_or_zero(value)
  if type(value) == "number" and value >= 0 and value <= MOST_RATE then
    return value + 0.0
  end
  return nil, "a number, 0 or more"
end

function readers.duration(value)
  local us = duration_us(value)
  if us then
    return us
  end
  return nil, 'a duration: seconds, or a string such as "1m30s"'
end

function readers.span(value)
  local us = duration_us(value)
  if us and us > 0 then
    return us
  end
  return nil, 'a duration above 0: seconds, or a string such as "1m30s"'
end

function readers.arrivals(value)
  if value == "even" or value == "poisson" then
    return value
  end
  return nil, '"even" or "poisson"'
end

function readers.target(value)
  if type(value) == "string" then
    local url = value:gsub("/+$", "")
    if url:find("^[Hh][Tt][Tt][Pp][Ss]?://[^/%s%c?#]+[^%s%c?#]*$") then
      return url
    end
  end
  return nil, 'a base URL such as "http://localhost:8080"'
end

---Tells whether a kind is a plain one.
---@param kind string
---@return boolean
function values.knows(kind)
  return readers[kind] ~= nil
end

---Reads one value; without one it says what was expected.
---@param kind string  a plain kind of stress.suite.keys
---@param value any
---@return any result
---@return string? expected
function values.read(kind, value)
  return readers[kind](value)
end

---Fills a part of a plan with what was read, and defaults for what was not.
---@param out table  entries are named by `field`, or by their key
---@param specs table<string, KeySpec>
---@param names string[]  which keys
---@param read table<string, any>
---@return table out
function values.fill(out, specs, names, read)
  for _, key in ipairs(names) do
    local spec = specs[key]
    local value = read[key]
    if value == nil and spec.default ~= nil then
      value = values.read(spec.kind, spec.default)
    end
    if spec.field ~= false then
      out[spec.field or key] = value
    end
  end
  return out
end

---Tells whether a table is an array with at least one entry and no hole.
---@param t table
---@return boolean
---@return any key  one that an array cannot have, or lacks
function values.is_array(t)
  local n = rawlen(t)
  for key in next, t do
    if math.type(key) ~= "integer" or key < 1 or key > n then
      return false, key
    end
  end
  for i = 1, n do
    if rawget(t, i) == nil then
      return false, i
    end
  end
  return n > 0
end

return values
