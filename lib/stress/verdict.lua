-- stress.verdict: how a run ended, as a word, an exit code and sentences.
--
-- A run can end badly for several reasons at once; the exit code tells the
-- most basic one, the reasons tell all.  A run whose generator was the
-- bottleneck never passes, whatever its criteria say: its numbers describe
-- the generator.

local verdict = {}

local NAMED = 3 -- criteria that a reason names

local MEANINGS = {
  [0] = "every criterion was met",
  [95] = "the preflight failed: no load was made",
  [96] = "the generator, not the target, shaped the numbers",
  [99] = "at least one criterion was not met",
  [104] = "an option, the suite or the configuration is wrong",
  [105] = "the run was interrupted",
  [107] = "the script raised errors",
  [108] = "the script or a stop rule aborted the run",
  [109] = "this is a bug of stressengine",
}

local WORDS = {
  [0] = "pass", [96] = "invalid", [99] = "fail", [107] = "fail",
  [95] = "aborted", [104] = "aborted", [105] = "aborted", [108] = "aborted",
  [109] = "aborted",
}

---@class RunCriterion
---@field name string
---@field status "PASS"|"FAIL"|"NO DATA"|"SKIPPED"
---@field kind string?
---@field actual_text string?

---What is known at the end of a run; all of it may be left out.
---@class RunFacts
---@field bug boolean|string|nil        ours; a string says which
---@field config boolean|string|nil     the user's mistake
---@field preflight boolean|string|nil  what the target did not answer
---@field interrupted boolean?
---@field aborted boolean|string|nil    the message of abort()
---@field script_errors integer?  iterations ended by one
---@field call_failed string?  "setup", "teardown" or "report"
---@field invalid string[]|boolean|string|nil  why the numbers cannot be trusted
---@field criteria RunCriterion[]?

local function plural(n, word)
  return ("%d %s%s"):format(n, word, n == 1 and "" or "s")
end

---What is known of a fact, or a sentence for one that is only known as true.
local function said(fact, otherwise)
  return type(fact) == "string" and fact ~= "" and fact or otherwise
end

local function unmet(criteria)
  local list = {}
  for _, criterion in ipairs(criteria or {}) do
    if criterion.status == "FAIL" or criterion.status == "NO DATA" then
      list[#list + 1] = criterion
    end
  end
  return list
end

local function describe(criterion)
  if criterion.status == "NO DATA" then
    return criterion.name .. " (no data)"
  end
  local actual = criterion.actual_text or ""
  if criterion.kind == "function" or actual == "" then
    return criterion.name
  end
  return criterion.name .. " (was " .. actual .. ")"
end

local function criteria_reason(list)
  local names = {}
  for i = 1, math.min(#list, NAMED) do
    names[i] = describe(list[i])
  end
  if #list > NAMED then
    names[#names + 1] = ("and %d more"):format(#list - NAMED)
  end
  return (#list == 1 and "1 criterion was not met: "
    or ("%d criteria were not met: "):format(#list))
    .. table.concat(names, "; ")
end

---The reasons that hold, the most basic first, each with its exit code.
local function collect(facts)
  local found = {}
  local function add(code, reason)
    found[#found + 1] = { code = code, reason = reason }
  end
  if facts.bug then
    add(109, said(facts.bug, "stressengine itself failed"))
  end
  if facts.config then
    add(104, said(facts.config, "the suite or its options are wrong"))
  end
  if facts.preflight then
    add(95, said(facts.preflight, "the target did not answer"))
  end
  if facts.interrupted then
    add(105, "stopped from outside before its end")
  end
  if facts.aborted then
    add(108, said(facts.aborted, "no reason was given"))
  end
  if facts.call_failed then
    add(107, facts.call_failed .. " failed")
  end
  local errors = facts.script_errors or 0
  if errors > 0 then
    add(107, plural(errors, "iteration") .. " ended with a script error")
  end
  local invalid = facts.invalid or {}
  if type(invalid) ~= "table" then
    invalid = { said(invalid, "the generator was the bottleneck") }
  end
  for _, reason in ipairs(invalid) do
    add(96, reason)
  end
  local failed = unmet(facts.criteria)
  if #failed > 0 then
    add(99, criteria_reason(failed))
  end
  return found
end

---Decides the run's verdict and exit code.
---@param facts RunFacts
---@return "pass"|"fail"|"invalid"|"aborted" verdict
---@return integer exit_code
---@return string[] reasons  all that hold, the one of the exit code first
function verdict.of(facts)
  local found, reasons = collect(facts), {}
  for i, item in ipairs(found) do
    reasons[i] = item.reason
  end
  local code = found[1] and found[1].code or 0
  return WORDS[code], code, reasons
end

---Says what an exit code means.
---@param exit_code integer
---@return string
function verdict.meaning(exit_code)
  return MEANINGS[exit_code] or "an unknown exit code"
end

return verdict
