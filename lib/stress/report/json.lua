-- stress.report.json: the result as JSON.
--
-- What a result holds is checked on the way: functions are dropped, text
-- becomes valid UTF-8, nan and infinity become null, gaps in lists too.  So a
-- run is never lost because a server answered with odd bytes.

local json = require "stress.json"

local report = {}

-- Lists, which are [] and not {} when they are empty.
local LISTS = {
  criteria = true, metrics = true, scenarios = true, errors = true,
  monitors = true, checks = true, reasons = true, few = true,
}

local ARRAY_MARK = getmetatable(json.array({}))

---Returns the text with each byte that is not UTF-8 replaced by U+FFFD.
local function valid_text(text)
  local good, bad = utf8.len(text)
  while not good do
    text = text:sub(1, bad - 1) .. "\u{FFFD}" .. text:sub(bad + 1)
    good, bad = utf8.len(text, bad + 3)
  end
  return text
end

---The length of a list, gaps included; nil for what is none.
local function list_length(value)
  local n, count = 0, 0
  for key in pairs(value) do
    if math.type(key) ~= "integer" or key < 1 then
      return nil
    end
    n, count = math.max(n, key), count + 1
  end
  if n > 2 * count + 8 then
    return nil -- numbers as keys, not places
  end
  return n
end

local plain

local function plain_list(value, n, above)
  local out = json.array({})
  for i = 1, n do
    local item = plain(value[i], nil, above)
    out[i] = item == nil and json.null or item
  end
  return out
end

---Every key becomes text; what has no value is left out.
local function plain_object(value, above)
  local out = {}
  for key, item in pairs(value) do
    if type(key) == "string" or type(key) == "number" then
      local name = valid_text(tostring(key))
      out[name] = plain(item, name, above)
    end
  end
  return out
end

local function plain_table(value, name, above)
  if above[value] then
    return nil -- within itself
  end
  above[value] = true
  local marked = ARRAY_MARK ~= nil and getmetatable(value) == ARRAY_MARK
  local n = list_length(value)
  local is_list = n and (n > 0 or marked or LISTS[name])
  local out = is_list and plain_list(value, n, above)
    or plain_object(value, above)
  above[value] = nil
  return out
end

---Returns a copy that JSON can hold; nil for what it cannot.
function plain(value, name, above)
  local kind = type(value)
  if value == json.null or kind == "boolean" then
    return value
  elseif kind == "string" then
    return valid_text(value)
  elseif kind == "number" then
    local finite = value == value and math.abs(value) ~= math.huge
    return finite and value or json.null
  elseif kind == "table" then
    return plain_table(value, name, above)
  end
  return nil
end

---Lists of numbers, one for each second; a second without a value is null.
local function plain_series(series, out)
  local seconds = #(series.t or {})
  for name, column in pairs(series) do
    if type(column) == "table" then
      out[name] = plain_list(column, seconds, {})
    end
  end
end

---Returns the result as indented JSON, ended by a newline.
---@param result table
---@return string
function report.render(result)
  local out = plain(result, nil, {})
  if type(result.series) == "table" and type(out.series) == "table" then
    plain_series(result.series, out.series)
  end
  return json.encode(out, { indent = "  " }) .. "\n"
end

return report
