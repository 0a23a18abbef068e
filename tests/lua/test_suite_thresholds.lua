-- How a suite's thresholds are read.

local suite_case = require "suite_case"
local tap = require "tap"

local run = suite_case.run
local plan_of = suite_case.plan_of
local errors_of = suite_case.errors_of
local refuses = suite_case.refuses
local refuses_key = suite_case.refuses_key

---Returns the thresholds of a plan as "where: selector expr".
local function said(plan)
  local list = {}
  for i, t in ipairs(plan.thresholds) do
    list[i] = ("%s: %s %s"):format(t.where, t.selector, t.expr)
  end
  return list
end

tap.test("a threshold is a string, a list or a table with options", function()
  local plan = plan_of({ run = run, thresholds = {
    checks = "rate>0.99",
    http_req_duration = { "p(95)<500", "avg<100" },
    http_req_failed = { "rate<0.01", abort_on_fail = true, delay = "10s",
      window = "30s", optional = true },
  } })
  tap.equal(said(plan), {
    "thresholds.checks: checks rate>0.99",
    "thresholds.http_req_duration[1]: http_req_duration p(95)<500",
    "thresholds.http_req_duration[2]: http_req_duration avg<100",
    "thresholds.http_req_failed: http_req_failed rate<0.01",
  })
  tap.equal(plan.thresholds[1], { selector = "checks", expr = "rate>0.99",
    abort_on_fail = false, delay_us = 0, optional = false,
    where = "thresholds.checks" })
  tap.equal(plan.thresholds[4], { selector = "http_req_failed",
    expr = "rate<0.01", abort_on_fail = true, delay_us = 10000000,
    window_us = 30000000, optional = true,
    where = "thresholds.http_req_failed" })
end)

tap.test("options of a table hold for all its expressions", function()
  local plan = plan_of({ run = run, thresholds = {
    http_req_duration = { "p(95)<1", "p(99)<2", abort_on_fail = true } } })
  tap.equal(#plan.thresholds, 2)
  tap.ok(plan.thresholds[1].abort_on_fail and plan.thresholds[2].abort_on_fail)
end)

tap.test("a list may hold strings and tables with options", function()
  local plan = plan_of({ run = run, thresholds = {
    http_req_duration = { "avg<1", { "p(99)<2", optional = true } } } })
  tap.equal(said(plan), {
    "thresholds.http_req_duration[1]: http_req_duration avg<1",
    "thresholds.http_req_duration[2]: http_req_duration p(99)<2",
  })
  tap.equal(plan.thresholds[1].optional, false)
  tap.equal(plan.thresholds[2].optional, true)
end)

tap.test("a scenario's thresholds select it, after the suite's", function()
  local plan = plan_of({
    thresholds = { iterations = "count>0", checks = "rate>0.9" },
    scenarios = {
      { name = "order", run = run, thresholds = {
        ["http_req_duration{name:login}"] = "p(95)<500",
        checks = "rate>0.99" } },
      { name = "big cart", run = run, thresholds = {
        ["checks{scenario:big cart}"] = "rate>0.5" } },
    },
  })
  tap.equal(said(plan), {
    "thresholds.checks: checks rate>0.9",
    "thresholds.iterations: iterations count>0",
    "scenarios[1].thresholds.checks: checks{scenario:order} rate>0.99",
    'scenarios[1].thresholds["http_req_duration{name:login}"]:'
      .. " http_req_duration{name:login,scenario:order} p(95)<500",
    'scenarios[2].thresholds["checks{scenario:big cart}"]:'
      .. " checks{scenario:big cart} rate>0.5",
  })
end)

tap.test("a scenario's threshold cannot select another scenario", function()
  refuses({ scenarios = { { name = "a", run = run,
    thresholds = { ["checks{scenario:b}"] = "rate>0.5" } } } },
    'scenarios[1].thresholds["checks{scenario:b}"]: selects the scenario "b"'
      .. ' within "a"')
end)

tap.test("what a threshold cannot say is reported with its path", function()
  for where, value in pairs({
    ["thresholds.checks: "] = "often",
    ["thresholds.checks[2]: "] = { "rate>0.5", "often" },
  }) do
    local errors = errors_of({ run = run, thresholds = { checks = value } })
    tap.equal(#errors, 1)
    tap.equal(errors[1]:sub(1, #where), where)
    tap.ok(#errors[1] > #where, "and says what is wrong")
  end
end)

tap.test("values that are no thresholds are refused", function()
  local form = 'expected an expression such as "p(95)<500"'
  local function bad(value, message)
    refuses_key({ thresholds = { checks = value } }, message)
  end
  bad(5, "thresholds.checks: " .. form .. " or a list of them, got 5")
  bad({}, "thresholds.checks[1]: " .. form .. ", got nothing")
  bad({ "rate>0", 5 }, "thresholds.checks[2]: " .. form
    .. " or a list of them, got 5")
  bad({ "rate>0", [5] = "rate>1" },
    "thresholds.checks[5]: unknown key")
  bad({ optional = true }, "thresholds.checks[1]: " .. form .. ", got nothing")
  bad({ "rate>0", optinal = true },
    'thresholds.checks.optinal: unknown key; did you mean "optional"?')
  bad({ "rate>0", abort_on_fail = 1 },
    "thresholds.checks.abort_on_fail: expected true or false, got 1")
  bad({ "rate>0", { "rate>1", delay = -1 } }, "thresholds.checks[2].delay:"
    .. ' expected a duration: seconds, or a string such as "1m30s", got -1')
  refuses_key({ thresholds = "checks" }, "thresholds: expected a table such as"
    .. ' { checks = "rate>0.99" }, got "checks" (a string)')
  refuses_key({ thresholds = { "rate>0.9" } }, "thresholds[1]: expected a"
    .. ' metric\'s name as the key, such as checks = "rate>0.99"')
end)

tap.done()
