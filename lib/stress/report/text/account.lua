-- stress.report.text.account: where everything went.
--
-- Scenarios, URLs and groups as tables; the errors; the sums that must be
-- right; the generator's own health; how to run it again.

local format = require "stress.report.format"
local paper = require "stress.report.text.paper"
local rows = require "stress.report.text.rows"
local tables = require "stress.report.text.tables"

local account = {}

local ROWS_MOST = 20
local TRACE_MOST = 20 -- lines of one example

---A percentile as a cell.
local function percentile(row, key)
  if not row or not row.values or not row.values[key] then
    return "-"
  end
  if rows.is_few(row, key) then
    return ("n/a (n=%s)"):format(format.count(row.values.count))
  end
  return format.value(row.values[key], row.unit)
end

---A count that should be 0 as a cell.
local function trouble(n, style)
  n = n or 0
  return { format.count(n), n > 0 and style or nil }
end

-- Scenarios

local function scenario_row(p, scenario, index)
  local a, name = scenario.accounting or {}, scenario.name
  local reqs = rows.find(index, "http_reqs", "scenario", name)
  local response = rows.find(index, "http_req_response_time", "scenario", name)
  local most = scenario.max_vus or scenario.vus
  local facts = {
    scenario.executor or "?", (scenario.model or "?") .. " model",
    format.duration((scenario.duration_s or 0) * 1000),
    most and (most > (scenario.vus or most) and "up to " or "")
      .. format.counted(most, "VU") or nil,
  }
  return {
    { name, "bold" }, format.count(a.ok or 0), trouble(a.failed, "red"),
    trouble(a.timed_out, "red"), trouble(a.cancelled, "yellow"),
    trouble(a.dropped, "yellow"),
    reqs and format.count(reqs.values.rate) or "-",
    percentile(response, "p(95)"),
    below = { { table.concat(facts, " " .. p.marks.dot .. " "), "dim" } },
  }
end

---Writes the scenarios: where their iterations ended, rate and p95.
---@param p Paper
---@param scenarios table[]?
---@param index RowIndex
function account.scenarios(p, scenarios, index)
  if not scenarios or #scenarios == 0 then
    return
  end
  local list = {}
  for i, scenario in ipairs(scenarios) do
    list[i] = scenario_row(p, scenario, index)
  end
  paper.heading(p, "SCENARIOS", "iterations; p95 of http_req_response_time")
  tables.write(p, { { "scenario", flex = true }, { "ok", right = true },
    { "failed", right = true }, { "timed out", right = true },
    { "cancelled", right = true }, { "dropped", right = true },
    { "req/s", right = true }, { "p95", right = true } }, list)
end

-- URLs, groups and the parts of a mix

---Writes at most ROWS_MOST rows, and how many were left out.
local function write_some(p, columns, names, row_of)
  local list = {}
  for i = 1, math.min(#names, ROWS_MOST) do
    list[i] = row_of(names[i])
  end
  tables.write(p, columns, list)
  if #names > ROWS_MOST then
    paper.line(p, { ("  ... and %s more"):format(
      format.count(#names - ROWS_MOST)), "dim" })
  end
end

---Writes the requests by name.
---@param p Paper
---@param index RowIndex
function account.urls(p, index)
  local names = rows.values_of(index, "http_reqs", "name")
  if #names == 0 then
    return
  end
  paper.heading(p, "URLS", "p95 of http_req_duration")
  write_some(p, { { "name", flex = true }, { "requests", right = true },
    { "failed", right = true }, { "p95", right = true } }, names,
    function(name)
      local failed = rows.find(index, "http_req_failed", "name", name)
      local duration = rows.find(index, "http_req_duration", "name", name)
      local reqs = rows.find(index, "http_reqs", "name", name)
      return {
        name, format.count(reqs.values.count),
        trouble(failed and failed.values.count, "red"),
        percentile(duration, "p(95)"),
      }
    end)
end

---Writes rows of a trend by the values of a tag.
local function write_trends(p, index, title, metric, key, first)
  local names = rows.values_of(index, metric, key)
  if #names == 0 then
    return
  end
  paper.heading(p, title, metric)
  write_some(p, { { first, flex = true }, { "count", right = true },
    { "avg", right = true }, { "p95", right = true } }, names,
    function(name)
      local row = rows.find(index, metric, key, name)
      return {
        name, format.count(row.values.count),
        format.value(row.values.avg, row.unit), percentile(row, "p(95)"),
      }
    end)
end

---Writes the groups, and the parts of mixes.
---@param p Paper
---@param index RowIndex
function account.groups(p, index)
  write_trends(p, index, "GROUPS", "group_duration", "group", "group")
  write_trends(p, index, "MIX", "iteration_duration", "mix", "part")
end

-- Errors

---The lines of an example that say more than the message.
local function example_lines(err)
  local example = err.example or ""
  if err.message and example:sub(1, #err.message) == err.message then
    example = example:sub(#err.message + 1)
  end
  local lines = {}
  for line in example:gmatch("[^\n]+") do
    if line:find("%S") then
      lines[#lines + 1] = line
    end
  end
  return lines
end

local function write_error(p, err, width)
  local count = format.pad_before(format.count(err.count), width)
  local head = ("%s %s  "):format(count, p.marks.times)
  local indent = 2 + format.columns(head)
  local first = true
  for line in tostring(err.message):gmatch("[^\n]+") do
    for _, piece in ipairs(format.wrap(format.clean(line),
      p.width - indent)) do
      paper.line(p, "  ", { first and head or (" "):rep(indent - 2), "red" },
        piece)
      first = false
    end
  end
  local lines = example_lines(err)
  for i = 1, math.min(#lines, TRACE_MOST) do
    paper.line(p, (" "):rep(indent + 2), { paper.cut(p, lines[i], indent + 2),
      "dim" })
  end
  if #lines > TRACE_MOST then
    paper.line(p, (" "):rep(indent + 2), { "...", "dim" })
  end
end

---Writes the errors by kind, the most frequent first, each with an example.
---@param p Paper
---@param errors { message: string, count: integer, example: string? }[]?
---@param other integer?  of kinds that are not listed
function account.errors(p, errors, other)
  if not errors or #errors == 0 then
    return
  end
  local list, sum = table.move(errors, 1, #errors, 1, {}), other or 0
  local place = {}
  for i, err in ipairs(errors) do
    sum = sum + err.count
    place[err] = i
  end
  table.sort(list, function(a, b)
    if a.count ~= b.count then
      return a.count > b.count
    end
    return place[a] < place[b]
  end)
  paper.heading(p, "ERRORS", format.count(sum) .. " in all")
  local width = #format.count(list[1].count)
  for i = 1, math.min(#list, ROWS_MOST) do
    write_error(p, list[i], width)
  end
  if #list > ROWS_MOST then
    paper.line(p, { ("  ... and %s more"):format(
      format.counted(#list - ROWS_MOST, "kind")), "dim" })
  end
  if (other or 0) > 0 then
    paper.line(p, { ("  ... and %s of further kinds, not kept apart"):format(
      format.count(other)), "dim" })
  end
end

-- Sums

---"total 5 = a 3 + b 2" as parts that are kept whole, and whether it is so.
local function equation(a, left, right)
  local parts, sum = {}, 0
  for i, key in ipairs(right) do
    local n = a[key] or 0
    sum = sum + n
    parts[i] = (i == 1 and "" or "+ ") .. key:gsub("_", " ") .. " "
      .. format.count(n)
  end
  parts[1] = ("%s %s = %s"):format(left, format.count(a[left] or 0), parts[1])
  return parts, sum == (a[left] or 0)
end

local function write_equation(p, a, left, right)
  local parts, holds = equation(a, left, right)
  parts[#parts] = parts[#parts] .. "  "
    .. (holds and p.marks.pass or p.marks.fail .. " the sum is wrong")
  paper.flow(p, parts, { between = " ", indent = 2,
    style = not holds and "bad" or nil })
  return holds
end

---Writes where every planned start went; each sum is checked here again.
---@param p Paper
---@param a table?
function account.sums(p, a)
  if not a then
    return
  end
  paper.heading(p, "ACCOUNTING", "iterations")
  local holds = true
  if a.planned then
    holds = write_equation(p, a, "planned", { "started", "dropped" })
  end
  holds = write_equation(p, a, "started",
    { "ok", "failed", "timed_out", "cancelled", "in_flight" }) and holds
  if holds and a.balanced == false then
    paper.line(p, "  ", { p.marks.fail
      .. " the counts of the run do not agree with each other", "bad" })
  end
  if (a.warmup or 0) > 0 then
    paper.wrap(p, "warm-up: " .. format.counted(a.warmup, "more start")
      .. ", in none of the numbers above", { indent = 2, style = "dim" })
  end
end

-- The generator

local HEALTH_STYLE = { VALID = "good", DEGRADED = "warn", INVALID = "bad" }

-- Counts that are 0 when all is well.
local TROUBLES = {
  { "late_10ms", "%s starts over 10ms late" },
  { "no_fds", "%s times no descriptor left" },
  { "no_ports", "%s times no port left" },
  { "interrupted_scripts", "%s scripts interrupted" },
  { "lost_tags", "%s samples without their tags" },
}

local function health_parts(h)
  local parts, lag = {}, h.lag or {}
  local function add(value, text)
    if value ~= nil then
      parts[#parts + 1] = text
    end
  end
  add(lag.p99_ms, ("lag p99 %s, max %s"):format(format.duration(lag.p99_ms),
    format.duration(lag.max_ms)))
  add(h.slice_max_ms, "longest Lua slice " .. format.duration(h.slice_max_ms))
  add(h.cpu_share, "CPU " .. format.percent(h.cpu_share, 0))
  add(h.workers, format.counted(h.workers or 0, "worker"))
  add(h.rss_bytes, format.bytes(h.rss_bytes))
  for _, trouble_of in ipairs(TROUBLES) do
    local n = h[trouble_of[1]] or 0
    add(n > 0 and n or nil, trouble_of[2]:format(format.count(n)))
  end
  return parts
end

---Writes how the generator itself fared.
---@param p Paper
---@param health table?
function account.health(p, health)
  if not health then
    return
  end
  local style = HEALTH_STYLE[health.verdict] or "bad"
  paper.heading(p, "GENERATOR")
  paper.line(p, "  ", { health.verdict or "?", style })
  for _, reason in ipairs(health.reasons or {}) do
    paper.wrap(p, p.marks.sub .. " " .. reason, { indent = 2, hang = 2,
      style = style == "bad" and "red" or "yellow" })
  end
  paper.flow(p, health_parts(health), { between = " " .. p.marks.dot .. " ",
    indent = 2, style = "dim" })
end

-- How to run it again

local OPTIONS = { "profile", "target", "vus", "duration", "iterations",
  "workers" }

local function quoted(text)
  text = tostring(text)
  if text ~= "" and not text:find("[^%w%-%._/:=@,+]") then
    return text
  end
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

---Writes the seed and the command; what `-e` gave is left out, since it may
---be secret.
---@param p Paper
---@param result table
function account.again(p, result)
  local suite, options = result.suite or {}, result.options or {}
  if not result.seed then
    return
  end
  local words = { "stressengine", quoted(suite.file or suite.name or "?") }
  for _, key in ipairs(OPTIONS) do
    local kind = type(options[key])
    if kind == "string" or kind == "number" then
      words[#words + 1] = ("--%s %s"):format(key, quoted(options[key]))
    end
  end
  if options.once == true then
    words[#words + 1] = "--once"
  end
  words[#words + 1] = "--seed " .. tostring(result.seed)
  paper.blank(p)
  paper.wrap(p, ("seed %s %s %s"):format(result.seed, p.marks.dot,
    table.concat(words, " ")), { indent = 2, hang = 2, style = "dim" })
end

return account
