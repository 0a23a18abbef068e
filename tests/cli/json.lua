-- json.lua FILE EXPRESSION... - values of Lua expressions over a JSON result,
-- one line each.
--
--   r            the result            m(name, tags?)  values of a metric
--   s(name)      a scenario            c(name)         a criterion
--   a            r.accounting          n(list)         its length
--
-- On purpose with a JSON reader that is not the engine's own.

local cjson = require "cjson"

local function same(a, b)
  for key, value in pairs(a) do if b[key] ~= value then return false end end
  for key in pairs(b) do if a[key] == nil then return false end end
  return true
end

local function find(list, what, fits)
  for _, item in ipairs(list) do if fits(item) then return item end end
  error("there is no " .. what, 0)
end

local file = assert(io.open(arg[1]))
local r = cjson.decode(file:read("a"))
file:close()

local env = setmetatable({ r = r, a = r.accounting }, { __index = _G })
function env.m(name, tags)
  return find(r.metrics, "metric " .. name, function(row)
    return row.name == name and same(row.tags, tags or {})
  end).values
end
function env.s(name)
  return find(r.scenarios, "scenario " .. name, function(scenario)
    return scenario.name == name
  end)
end
function env.c(name)
  return find(r.criteria, "criterion " .. name, function(criterion)
    return criterion.name:find(name, 1, true)
  end)
end
function env.n(list) return #list end

for i = 2, #arg do
  local value = assert(load("return " .. arg[i], "=" .. arg[i], "t", env))()
  if math.type(value) == "float" and math.tointeger(value) then
    value = math.tointeger(value)
  end
  print(type(value) == "table" and cjson.encode(value) or tostring(value))
end
