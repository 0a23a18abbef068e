-- stress.report.text.judged: the verdict, the criteria and the checks.

local format = require "stress.report.format"
local paper = require "stress.report.text.paper"
local tables = require "stress.report.text.tables"
local verdict = require "stress.verdict"

local judged = {}

local ACTUAL_MOST = 24 -- columns; what is longer stands under the row

local STATUS = { -- of a criterion: mark and style
  PASS = { "pass", "green" },
  FAIL = { "fail", "red" },
  ["NO DATA"] = { "none", "yellow" },
  SKIPPED = { "skip", "dim" },
}

local WORD = { -- of the verdict: mark and style
  pass = { "pass", "good" },
  fail = { "fail", "bad" },
  invalid = { "none", "warn" },
  aborted = { "fail", "warn" },
}

---What the exit code leaves open; the result may bring the sentences along.
local function reasons_of(result)
  if result.reasons then
    return result.reasons
  end
  local health, metric = result.health or {}, 0
  for _, row in ipairs(result.metrics or {}) do
    if row.name == "script_errors" and next(row.tags or {}) == nil then
      metric = row.values.count or 0
    end
  end
  local _, _, reasons = verdict.of({
    script_errors = math.tointeger(metric) or 0,
    invalid = health.verdict == "INVALID" and health.reasons or nil,
    criteria = result.criteria,
  })
  return reasons
end

local function meaning_of(result)
  if result.exit_code == 0 and #(result.criteria or {}) == 0 then
    return "nothing failed; the suite sets no criteria"
  end
  return verdict.meaning(result.exit_code)
end

local function total(index, name)
  local row = index.totals[name]
  return row and row.values or {}
end

---One sentence of what was done.
local function write_done(p, result, index)
  local reqs, failed = total(index, "http_reqs"), total(index,
    "http_req_failed")
  local target = result.suite and result.suite.target
  if target == "built-in" then
    target = "the built-in target"
  end
  local parts = { format.duration((result.duration_s or 0) * 1000)
    .. (target and " against " .. target or "") }
  local iterations = total(index, "iterations").count
  if iterations then
    parts[#parts + 1] = format.counted(iterations, "iteration")
  end
  if reqs.count then
    parts[#parts + 1] = format.counted(reqs.count, "request") .. ", "
      .. format.count(reqs.rate) .. "/s"
    parts[#parts + 1] = format.percent(failed.rate) .. " failed"
  end
  paper.flow(p, parts, { between = " " .. p.marks.dot .. " ", indent = 2,
    style = "dim" })
end

local INDENT = 14 -- of the suite's name: the longest word and its mark

---Writes the part that comes first: how it ended, and why.
---@param p Paper
---@param result table
---@param index RowIndex
function judged.verdict(p, result, index)
  local said = result.verdict or "unknown"
  local word = WORD[said] or WORD.aborted
  local suite = result.suite or {}
  local name = paper.cut(p, suite.name or "", INDENT)
  local description = suite.description and "  " .. suite.description or ""
  paper.heading(p, "VERDICT")
  paper.line(p, "  ",
    { p.marks[word[1]] .. " " .. said:upper(), word[2] },
    "   ", { name, "bold" },
    { paper.cut(p, description, INDENT + format.columns(name)), "dim" })
  paper.blank(p)
  paper.wrap(p, ("exit code %d: %s"):format(result.exit_code or 0,
    meaning_of(result)), { indent = 2 })
  for _, reason in ipairs(reasons_of(result)) do
    paper.wrap(p, p.marks.sub .. " " .. reason, { indent = 2, hang = 2,
      style = result.verdict == "invalid" and "yellow" or "red" })
  end
  write_done(p, result, index)
end

---The name without the target, which has a column of its own.
local function short_name(criterion)
  local name, target = criterion.name or "", criterion.target or ""
  if criterion.kind == "threshold" and criterion.metric then
    return criterion.metric
  end
  if target ~= "" and name:sub(-#target) == target and #name > #target then
    return (name:sub(1, -#target - 1):gsub("%s+$", ""))
  end
  return name
end

---What stands under the row: why it did not pass, and what was measured when
---that is a sentence.
local function below(criterion, actual)
  local detail = criterion.detail
  if criterion.status == "NO DATA" then
    detail = detail or "no sample was recorded, so nothing is proved"
  end
  local said = criterion.actual_text or ""
  if actual == "" and said ~= "" then
    return { { said, "dim" }, said ~= detail and { detail or "", "dim" } }
  end
  if criterion.status == "PASS" or not detail or detail == actual then
    return nil
  end
  return { { detail, "dim" } }
end

---What the engine wrote has its numbers as everywhere; what the suite says is
---left as it is.
local function numbers(criterion, text)
  return criterion.kind == "function" and text or format.numbers(text)
end

local function criterion_row(p, criterion)
  local status = STATUS[criterion.status] or STATUS.FAIL
  local actual = numbers(criterion, format.clean(criterion.actual_text or ""))
  if format.columns(actual) > ACTUAL_MOST then
    actual = ""
  end
  return {
    short_name(criterion), numbers(criterion, criterion.target or ""), actual,
    { p.marks[status[1]] .. " " .. tostring(criterion.status), status[2] },
    below = below(criterion, actual),
  }
end

---Writes the criteria as one table.
---@param p Paper
---@param criteria table[]?
function judged.criteria(p, criteria)
  if not criteria or #criteria == 0 then
    return
  end
  local list = {}
  for i, criterion in ipairs(criteria) do
    list[i] = criterion_row(p, criterion)
  end
  paper.heading(p, "CRITERIA")
  tables.write(p, { { "criterion", flex = true, wrap = true }, { "target" },
    { "actual" }, { "status" } }, list)
end

local function write_check(p, check)
  local m, all = p.marks, check.passes + check.fails
  local name = paper.cut(p, check.name, 4)
  if all == 0 then
    paper.line(p, "  ", { m.none .. " " .. name, "yellow" })
    paper.line(p, "    ", { m.sub .. " never reached", "dim" })
    return
  end
  if check.fails == 0 then
    paper.line(p, "  ", { m.pass .. " ", "green" }, name)
    return
  end
  paper.line(p, "  ", { m.fail .. " " .. name, "red" })
  paper.line(p, "    ", { ("%s %s %s %s %s / %s %s"):format(m.sub,
    format.percent(check.passes / all, 0), m.dash, m.pass,
    format.count(check.passes), m.fail, format.count(check.fails)), "red" })
end

---Writes the checks, each with how often it held.
---@param p Paper
---@param checks { name: string, passes: integer, fails: integer }[]?
function judged.checks(p, checks)
  if not checks or #checks == 0 then
    return
  end
  local passes, fails = 0, 0
  for _, check in ipairs(checks) do
    passes, fails = passes + check.passes, fails + check.fails
  end
  local share = passes / math.max(passes + fails, 1)
  paper.heading(p, "CHECKS", ("%s of %s passed, %s"):format(
    format.count(passes), format.count(passes + fails),
    format.percent(share)))
  for _, check in ipairs(checks) do
    write_check(p, check)
  end
end

return judged
