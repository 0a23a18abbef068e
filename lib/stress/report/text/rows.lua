-- stress.report.text.rows: finds the rows of a result's metrics.

local rows = {}

---@class RowIndex
---@field totals table<string, table>  by metric: the row without tags
---@field order string[]               names of the totals, as they came
---@field private tagged table<string, table<string, table<string, table>>>

local function add(index, row)
  local tags = row.tags or {}
  local key, value = next(tags)
  if key == nil then
    index.totals[row.name] = row
    index.order[#index.order + 1] = row.name
  elseif next(tags, key) == nil then
    local by_key = index.tagged[row.name] or {}
    index.tagged[row.name] = by_key
    by_key[key] = by_key[key] or {}
    by_key[key][value] = row
  end
end

---Sorts the rows of a result by metric, and those with one tag by that tag.
---@param result table
---@return RowIndex
function rows.index(result)
  local index = { totals = {}, order = {}, tagged = {} }
  for _, row in ipairs(result.metrics or {}) do
    if type(row.values) == "table" then
      add(index, row)
    end
  end
  return index
end

---Returns the row of a metric with exactly this tag.
---@param index RowIndex
---@param metric string
---@param key string
---@param value string
---@return table?
function rows.find(index, metric, key, value)
  local by_key = index.tagged[metric]
  return by_key and by_key[key] and by_key[key][value]
end

---Returns the values of a tag under which a metric has rows, the one with
---the largest count first.
---@param index RowIndex
---@param metric string
---@param key string
---@return string[]
function rows.values_of(index, metric, key)
  local list, found = {}, (index.tagged[metric] or {})[key] or {}
  for value in pairs(found) do
    list[#list + 1] = value
  end
  table.sort(list, function(a, b)
    local more, less = found[a].values.count or 0, found[b].values.count or 0
    if more ~= less then
      return more > less
    end
    return a < b
  end)
  return list
end

---Tells whether a percentile stands on fewer than ten samples beyond it.
---@param row table
---@param key string  such as "p(99)"
---@return boolean
function rows.is_few(row, key)
  for _, few in ipairs(row.few or {}) do
    if few == key then
      return true
    end
  end
  return false
end

---Returns how many samples of a rate there were; nil when nothing tells.
---@param row table
---@return number?
function rows.total_of(row)
  local v = row.values
  if v.total or v.passes then
    return v.total or v.passes + (v.fails or 0)
  end
  if v.count and v.rate and v.rate > 0 then
    return math.floor(v.count / v.rate + 0.5)
  end
  return nil
end

return rows
