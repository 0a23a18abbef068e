-- stress.report.text.metrics: the metrics by name, with dotted leaders.

local format = require "stress.report.format"
local paper = require "stress.report.text.paper"
local rows = require "stress.report.text.rows"

local metrics = {}

local NAME_LEAST = 24 -- of our own names the longest
local NUMBERS_WIDTH = 54 -- four of them, and what stands around the name
local DOTS_LEAST = 3
local STATS = { "avg", "min", "med", "max" }
local PERCENTILES = { "p(90)", "p(95)", "p(99)" }

-- Names in the order in which they are read; `own` are all others.
local BLOCKS = {
  { title = "HTTP",
    "http_reqs", "http_req_failed", "http_req_response_time",
    "http_req_duration", "http_req_blocked", "http_req_looking_up",
    "http_req_connecting", "http_req_tls_handshaking", "http_req_sending",
    "http_req_waiting", "http_req_receiving", "http_req_retried",
    "http_conn_new" },
  { title = "EXECUTION",
    "iterations", "iteration_duration", "iteration_lateness",
    "group_duration", "dropped_iterations", "interrupted_iterations",
    "http_req_interrupted", "script_errors", "vus", "vus_max" },
  { title = "NETWORK", "data_received", "data_sent" },
  { title = "STREAMS", prefix = "^stream_" },
  { title = "CUSTOM", prefix = "" },
}

local ELSEWHERE = { checks = true } -- has a part of its own

local DEFINED = {
  http_req_response_time = "response: from the moment the request was due"
    .. " to its end; what a user waited",
  http_req_duration = "service: sending + waiting + receiving; without DNS,"
    .. " connect and TLS",
  http_req_interrupted = "cut off at the end of the run: how long they had"
    .. " lasted by then",
}

-- Values of one row

local function trend_part(row, key)
  if rows.is_few(row, key) then
    return ("%s=n/a (n=%s)"):format(key, format.count(row.values.count))
  end
  return key .. "=" .. format.value(row.values[key], row.unit)
end

---How many samples, unless the block's title or a percentile says it; and
---of what.
local function trend_note(row, block_count)
  local unit, count = "", ""
  if row.unit and row.unit ~= "" and not format.shows_unit(row.unit) then
    unit = " (" .. row.unit .. ")"
  end
  local is_said = row.values.count == block_count
  for _, key in ipairs(PERCENTILES) do
    is_said = is_said or rows.is_few(row, key)
  end
  if not is_said then
    count = " n=" .. format.count(row.values.count)
  end
  return count .. unit
end

---The parts of a trend in two groups: one line, or one for each.
local function trend_groups(row)
  local stats, percentiles = {}, {}
  for i, key in ipairs(STATS) do
    stats[i] = trend_part(row, key)
  end
  for _, key in ipairs(PERCENTILES) do
    if row.values[key] ~= nil then
      percentiles[#percentiles + 1] = trend_part(row, key)
    end
  end
  return { stats, percentiles }
end

---A time in each second is no speed: it is said in words.
local function counter_text(row)
  local v, unit = row.values, row.unit
  local per = format.is_time(unit) and " per second" or "/s"
  return format.value(v.count, unit) .. "  " .. format.value(v.rate, unit)
    .. per
end

local function rate_text(row)
  local v, total = row.values, rows.total_of(row)
  local text = format.percent(v.rate)
  if not v.count then
    return text
  end
  text = text .. "  " .. format.count(v.count)
  return total and text .. " out of " .. format.count(total) or text
end

local function gauge_text(row)
  local v, text = row.values, format.value(row.values.value, row.unit)
  if v.min and v.max then
    text = ("%s  min=%s  max=%s"):format(text,
      format.value(v.min, row.unit), format.value(v.max, row.unit))
  end
  return text
end

local TEXT_OF = {
  counter = counter_text, rate = rate_text, gauge = gauge_text,
}

-- Lines

---The name of a row and its dots; a name that is too long has a line of its
---own.
local function leader(p, name, width)
  name = format.clean(name)
  local fill = width - format.columns(name)
  if fill < DOTS_LEAST then
    paper.line(p, "  ", name)
    return (" "):rep(width + 4), ""
  end
  return "  " .. name, ("."):rep(fill) .. ": "
end

---The widest text of each part, over all trends of a block.
local function part_widths(list)
  local widths = {}
  for _, row in ipairs(list) do
    for g, group in ipairs(row.kind == "trend" and trend_groups(row) or {}) do
      widths[g] = widths[g] or {}
      for i, part in ipairs(group) do
        widths[g][i] = math.max(widths[g][i] or 0, format.columns(part))
      end
    end
  end
  return widths
end

---The number of samples that several trends of a block have in common.
local function common_count(list)
  local count, trends = nil, 0
  for _, row in ipairs(list) do
    if row.kind == "trend" then
      if count and count ~= row.values.count then
        return nil
      end
      count, trends = row.values.count, trends + 1
    end
  end
  return trends > 1 and count or nil
end

---The parts of one or more groups, in columns.
local function joined(groups, widths, first, last)
  local parts = {}
  for g = first, last do
    for i, part in ipairs(groups[g]) do
      parts[#parts + 1] = format.pad(part, widths[g][i])
    end
  end
  return (table.concat(parts, " "):gsub("%s+$", ""))
end

---The lines of a trend, each with a note, as far as possible in columns with
---the others of its block; nil when the page is too narrow for that.
local function aligned(groups, note, widths, room)
  local all = joined(groups, widths, 1, 2)
  if format.columns(all .. note) <= room then
    return { { all, note } }
  end
  local stats = joined(groups, widths, 1, 1)
  local tail = joined(groups, widths, 2, 2)
  if format.columns(tail .. note) > room then
    tail = table.concat(groups[2], " ")
  end
  if format.columns(stats) > room or format.columns(tail .. note) > room then
    return nil
  end
  return { { stats, "" }, { tail, note } }
end

---A trend that is 0 throughout says so; any other takes a line, or more.
local function write_trend(p, row, name_width, shared)
  local name, dots = leader(p, row.name, name_width)
  local indent = format.columns(name .. dots)
  if row.values.max == 0 then
    paper.line(p, name, { dots, "dim" }, { "0s", "cyan" },
      { " in all " .. format.count(row.values.count), "dim" })
    return
  end
  local groups, note = trend_groups(row), trend_note(row, shared.count)
  local lines = aligned(groups, note, shared.widths, p.width - indent)
  for i, line in ipairs(lines or {}) do
    paper.line(p, i == 1 and name or (" "):rep(indent),
      { i == 1 and dots or "", "dim" }, { line[1], "cyan" },
      { line[2], "dim" })
  end
  if not lines then
    local parts = table.move(groups[2], 1, #groups[2], #groups[1] + 1,
      groups[1])
    parts[#parts + 1] = note ~= "" and note:sub(2) or nil
    paper.flow(p, parts, { between = " ", indent = indent, style = "cyan",
      head = { name, { dots, "dim" } } })
  end
end

local function is_bad(row)
  return (row.values.count or 0) > 0 and (row.name == "http_req_failed"
    or row.name == "dropped_iterations" or row.name == "script_errors")
end

local function write_row(p, row, name_width, shared)
  if row.kind == "trend" then
    write_trend(p, row, name_width, shared)
  else
    local name, dots = leader(p, row.name, name_width)
    local text = TEXT_OF[row.kind](row)
    paper.line(p, name, { dots, "dim" },
      { text, is_bad(row) and "red" or "cyan" })
  end
  if DEFINED[row.name] then
    paper.wrap(p, DEFINED[row.name], { indent = 4, style = "dim" })
  end
end

---"open model", with names where not all scenarios are of it; nil if none is.
---@return string?
---@return table[] scenarios
local function of_model(result, model)
  local list, names = {}, {}
  for _, scenario in ipairs(result.scenarios or {}) do
    if scenario.model == model then
      list[#list + 1] = scenario
      names[#names + 1] = scenario.name
    end
  end
  if #list == 0 then
    return nil, list
  end
  return model .. " model" .. (#list == #result.scenarios and ""
    or " (" .. table.concat(names, ", ") .. ")"), list
end

---How much of the open model's plan the times stand for; "" if for all.
local function open_note(result)
  local which, scenarios = of_model(result, "open")
  local planned, dropped = 0, 0
  for _, scenario in ipairs(scenarios) do
    local a = scenario.accounting or {}
    planned, dropped = planned + (a.planned or 0), dropped + (a.dropped or 0)
  end
  if dropped == 0 or planned == 0 then
    return ""
  end
  return ("%s: %s of %s planned starts were dropped; the times cover %s")
    :format(which, format.count(dropped), format.count(planned),
      format.percent(1 - dropped / planned))
end

---What to know of the times of the closed model; "" without one.
local function closed_note(result)
  local which = of_model(result, "closed")
  return which and which .. ": subject to coordinated omission; while"
    .. " the target stalls, fewer requests are sent that could be slow" or ""
end

local function write_statuses(p, index, name_width)
  local parts = {}
  for _, status in ipairs(rows.values_of(index, "http_reqs", "status")) do
    local row = rows.find(index, "http_reqs", "status", status)
    local name = status == "0" and "no answer" or status
    parts[#parts + 1] = name .. " " .. p.marks.times .. " "
      .. format.count(row.values.count)
  end
  local name, dots = leader(p, "status", name_width)
  paper.flow(p, parts, { between = " " .. p.marks.dot .. " ", style = "cyan",
    indent = format.columns(name .. dots), head = { name, { dots, "dim" } } })
end

---Up to so long names decide where the values begin: short of that the
---usual numbers have no room.
local function name_width_of(index, page_width)
  local longest = math.max(page_width - NUMBERS_WIDTH, NAME_LEAST)
  local width = 0
  for name in pairs(index.totals) do
    local columns = format.columns(format.clean(name))
    if columns <= longest and not ELSEWHERE[name] then
      width = math.max(width, columns)
    end
  end
  return width + DOTS_LEAST
end

---The totals of a block that were recorded, each taken once.
local function rows_of(block, index, taken)
  local list = {}
  local function take(name)
    local row = index.totals[name]
    if row and row.values and not taken[name] and not ELSEWHERE[name] then
      taken[name] = true
      list[#list + 1] = row
    end
  end
  for _, name in ipairs(block) do
    take(name)
  end
  for _, name in ipairs(block.prefix and index.order or {}) do
    if name:find(block.prefix) then
      take(name)
    end
  end
  return list
end

local function write_block(p, title, list, name_width, result, index)
  local shared = { widths = part_widths(list), count = common_count(list) }
  paper.line(p, "  ", { title, "bold" }, { shared.count
    and "  times of n=" .. format.count(shared.count) or "", "dim" })
  for _, row in ipairs(list) do
    write_row(p, row, name_width, shared)
    if row.name == "http_req_failed" then
      write_statuses(p, index, name_width)
    elseif row.name == "http_req_duration" then
      paper.wrap(p, open_note(result), { indent = 4, style = "yellow" })
      paper.wrap(p, closed_note(result), { indent = 4, style = "yellow" })
    end
  end
end

---Writes all metrics that have values, in blocks.
---@param p Paper
---@param result table
---@param index RowIndex
function metrics.write(p, result, index)
  local name_width, taken = name_width_of(index, p.width), {}
  local begun = false
  for _, block in ipairs(BLOCKS) do
    local list = rows_of(block, index, taken)
    if #list > 0 then
      if begun then
        paper.blank(p)
      else
        paper.heading(p, "METRICS")
        begun = true
      end
      write_block(p, block.title, list, name_width, result, index)
    end
  end
end

return metrics
