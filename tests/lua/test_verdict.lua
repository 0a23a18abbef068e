-- How a run ended: verdict, exit code and reasons.

local tap = require "tap"
local verdict = require "stress.verdict"

local PASSED = { name = "checks rate>0.9", status = "PASS" }
local FAILED = { name = "checks rate>0.9", status = "FAIL",
  actual_text = "80.00%" }
local NO_DATA = { name = "refund_time p(95)<1s", status = "NO DATA" }
local SKIPPED = { name = "optional", status = "SKIPPED" }

---Checks one run: its facts, verdict, exit code and reasons.
local function ends(facts, word, code, reasons)
  local got_word, got_code, got_reasons = verdict.of(facts)
  tap.equal(got_word, word)
  tap.equal(got_code, code)
  if reasons then
    tap.equal(got_reasons, reasons)
  end
end

tap.test("nothing against it: the run passed", function()
  ends({}, "pass", 0, {})
  ends({ bug = false, config = false, preflight = false, interrupted = false,
    script_errors = 0, invalid = {}, criteria = {} }, "pass", 0, {})
  ends({ criteria = { PASSED, SKIPPED } }, "pass", 0, {})
end)

tap.test("a criterion that failed or saw no data fails the run", function()
  ends({ criteria = { PASSED, FAILED } }, "fail", 99,
    { "1 criterion was not met: checks rate>0.9 (was 80.00%)" })
  ends({ criteria = { NO_DATA } }, "fail", 99,
    { "1 criterion was not met: refund_time p(95)<1s (no data)" })
  ends({ criteria = { FAILED, NO_DATA, SKIPPED } }, "fail", 99,
    { "2 criteria were not met: checks rate>0.9 (was 80.00%);"
      .. " refund_time p(95)<1s (no data)" })
end)

tap.test("what a function of the suite answered is not repeated", function()
  ends({ criteria = { { name = "in order", kind = "function",
    status = "FAIL", actual_text = "12 of 1,000 were not" } } }, "fail", 99,
    { "1 criterion was not met: in order" })
end)

tap.test("of many criteria a reason names three", function()
  local _, _, reasons = verdict.of({ criteria = { NO_DATA, NO_DATA, NO_DATA,
    NO_DATA, NO_DATA } })
  tap.ok(reasons[1]:find("^5 criteria were not met: "))
  tap.ok(reasons[1]:find("; and 2 more$"))
end)

tap.test("an invalid run never passes", function()
  ends({ invalid = { "no ports left", "loop lag" }, criteria = { PASSED } },
    "invalid", 96, { "no ports left", "loop lag" })
  ends({ invalid = true }, "invalid", 96,
    { "the generator was the bottleneck" })
  ends({ invalid = "no ports left" }, "invalid", 96, { "no ports left" })
end)

tap.test("script errors fail the run", function()
  ends({ script_errors = 1 }, "fail", 107,
    { "1 iteration ended with a script error" })
  ends({ script_errors = 12 }, "fail", 107,
    { "12 iterations ended with a script error" })
end)

tap.test("a run that was cut short is aborted, whatever it showed", function()
  ends({ interrupted = true, criteria = { PASSED } }, "aborted", 105,
    { "stopped from outside before its end" })
  ends({ aborted = "enough" }, "aborted", 108, { "enough" })
  ends({ aborted = true }, "aborted", 108, { "no reason was given" })
  ends({ preflight = "connection refused" }, "aborted", 95,
    { "connection refused" })
  ends({ preflight = true }, "aborted", 95, { "the target did not answer" })
  ends({ config = "checkout.lua: rate: expected a number" }, "aborted", 104)
  ends({ bug = true }, "aborted", 109, { "stressengine itself failed" })
end)

tap.test("of several the most basic one decides", function()
  local facts = {
    bug = true, config = true, preflight = true, interrupted = true,
    aborted = "enough", script_errors = 1, invalid = { "lag" },
    criteria = { FAILED },
  }
  local order = {
    { "bug", 109 }, { "config", 104 }, { "preflight", 95 },
    { "interrupted", 105 }, { "aborted", 108 }, { "script_errors", 107 },
    { "invalid", 96 }, { "criteria", 99 },
  }
  for i, step in ipairs(order) do
    local _, code, reasons = verdict.of(facts)
    tap.equal(code, step[2], step[1])
    tap.equal(#reasons, #order - i + 1, "all reasons are told")
    facts[step[1]] = nil
  end
  ends(facts, "pass", 0, {})
end)

tap.test("every exit code has a meaning", function()
  for _, code in ipairs({ 0, 95, 96, 99, 104, 105, 107, 108, 109 }) do
    tap.ok(verdict.meaning(code) ~= verdict.meaning(1), tostring(code))
  end
end)

tap.done()
