-- Profiles, and the load options of the command line.

local suite_case = require "suite_case"
local suite = require "stress.suite"
local tap = require "tap"

local run = suite_case.run
local plan_of = suite_case.plan_of
local only = suite_case.only
local refuses = suite_case.refuses

local function other() end

---Returns the thresholds of a plan as "where: selector expr".
local function said(plan)
  local list = {}
  for i, t in ipairs(plan.thresholds) do
    list[i] = ("%s: %s %s"):format(t.where, t.selector, t.expr)
  end
  return list
end

-- Profiles

local quick = { quick = { vus = 5, duration = "30s" } }

tap.test("a profile is applied only when it is asked for", function()
  tap.equal(only({ vus = 50, duration = 600, profiles = quick }).vus, 50)
  local plan = plan_of({ vus = 50, duration = 600, profiles = quick,
    run = run }, { profile = "quick" })
  tap.equal(plan.profile, "quick")
  tap.equal(plan.scenarios[1].vus, 5)
  tap.equal(plan.scenarios[1].duration_us, 30000000)
end)

tap.test("a profile's keys of the suite replace the suite's", function()
  local plan = plan_of({ run = run, target = "http://a", warmup = 5,
    thresholds = { checks = "rate>0.9" }, profiles = { far = {
      target = "http://b", warmup = 0, thresholds = { iterations = "count>0" },
    } } }, { profile = "far" })
  tap.equal(plan.target, "http://b")
  tap.equal(plan.warmup_us, 0)
  tap.equal(said(plan), {
    "profiles.far.thresholds.iterations: iterations count>0" })
end)

tap.test("a profile turns iterations into a duration, and back", function()
  local out = only({ iterations = 100, vus = 7, profiles = {
    long = { duration = "1h" } } }, { profile = "long" })
  tap.equal(out.executor, "constant-vus")
  tap.equal(out.vus, 7)
  tap.equal(out.iterations, nil)
  out = only({ duration = "1h", vus = 7, profiles = {
    short = { iterations = 20 } } }, { profile = "short" })
  tap.equal(out.executor, "shared-iterations")
  tap.equal(out.vus, 7)
  tap.equal(out.duration_us, nil)
end)

tap.test("what a profile's executor does not take is dropped", function()
  local out = only({ stages = { { target = 9, duration = 1 } }, start_vus = 3,
    profiles = quick }, { profile = "quick" })
  tap.equal(out.executor, "constant-vus")
  tap.equal(out.stages, nil)
  tap.equal(out.start_vus, nil)
end)

tap.test("new stages keep the kind of a ramp", function()
  local out = only({ start_rate = 1, stages = { { target = 9, duration = 1 } },
    profiles = { high = { stages = { { target = 90, duration = 1 } } } } },
    { profile = "high" })
  tap.equal(out.executor, "ramping-arrival-rate")
  tap.equal(out.stages[1].target, 90.0)
end)

tap.test("a written executor is not changed by a profile's options", function()
  refuses({ run = run, executor = "shared-iterations", profiles = quick },
    "profiles.quick.duration: not an option of shared-iterations; constant-vus"
      .. ' and constant-arrival-rate take it; did you mean "max_duration"?')
end)

tap.test("a profile may write an executor of its own", function()
  local out = only({ executor = "shared-iterations", iterations = 5,
    profiles = { open = { executor = "constant-arrival-rate", rate = 3,
      duration = 1 } } }, { profile = "open" })
  tap.equal(out.executor, "constant-arrival-rate")
  tap.equal(out.iterations, nil)
end)

tap.test("a profile changes the scenarios that take its options", function()
  local plan = plan_of({ scenarios = {
    { name = "a", run = run, vus = 50, duration = 600 },
    { name = "b", run = run, rate = 200, duration = 600 },
    { name = "c", run = run, iterations = 9 },
  }, profiles = { quick = { rate = 20, duration = 30, graceful_stop = 1 } } },
    { profile = "quick" })
  local a, b, c = table.unpack(plan.scenarios)
  tap.equal({ a.executor, a.vus, a.duration_us, a.rate },
    { "constant-vus", 50, 30000000 })
  tap.equal({ b.executor, b.rate, b.duration_us },
    { "constant-arrival-rate", 20.0, 30000000 })
  tap.equal({ c.executor, c.iterations, c.duration_us },
    { "shared-iterations", 9 })
  tap.equal({ a.graceful_stop_us, c.graceful_stop_us }, { 1000000, 1000000 })
end)

tap.test("a profile changes scenarios by name", function()
  local plan = plan_of({ scenarios = {
    { name = "a", run = run, vus = 50, duration = 600 },
    { name = "b", run = run, iterations = 9 },
  }, profiles = { quick = { vus = 3, scenarios = {
    b = { duration = 5, tags = { x = "y" }, run = other,
      thresholds = { checks = "rate>0.5" } } } } } }, { profile = "quick" })
  local a, b = table.unpack(plan.scenarios)
  tap.equal({ a.vus, b.vus, b.executor }, { 3, 3, "constant-vus" })
  tap.equal(b.tags, { x = "y" })
  tap.ok(b.run == other)
  tap.equal(said(plan), { "profiles.quick.scenarios.b.thresholds.checks:"
    .. " checks{scenario:b} rate>0.5" })
end)

tap.test("a profile's run takes the place of a mix", function()
  local raw = { mix = { { name = "a", run = run } },
    profiles = { one = { run = other } } }
  local out = plan_of(raw, { profile = "one" }).scenarios[1]
  tap.equal(out.mix, nil)
  tap.ok(out.run == other)
end)

tap.test("a profile does not change the suite it is merged over", function()
  local raw = { vus = 50, duration = 600, run = run, profiles = quick }
  plan_of(raw, { profile = "quick" })
  tap.equal(plan_of(raw).scenarios[1].vus, 50)
end)

tap.test("an option that no scenario takes is refused", function()
  refuses({ scenarios = { { run = run, iterations = 1 } },
    profiles = { p = { rate = 5 } } },
    "profiles.p.rate: no scenario takes it; constant-arrival-rate takes it")
end)

tap.test("what only one scenario can mean is refused for all", function()
  refuses({ scenarios = { { run = run } }, profiles = { p = { run = run } } },
    "profiles.p.run: belongs to one scenario; write scenarios ="
      .. " { NAME = { run = ... } }")
end)

tap.test("an override of no scenario is refused", function()
  refuses({ scenarios = { { name = "order", run = run } },
    profiles = { p = { scenarios = { ordr = { vus = 1 } } } } },
    "profiles.p.scenarios.ordr: no scenario has this name;"
      .. ' did you mean "order"?')
end)

tap.test("a broken profile is found though another run was wanted", function()
  refuses({ run = run, profiles = { quick = { vus = 0 } } }, "profiles.quick"
    .. ".vus: expected a whole number from 1 to 1,000,000, got 0")
  refuses({ run = run, profiles = { quick = { vuss = 5 } } },
    'profiles.quick.vuss: unknown key; did you mean "vus"?')
  refuses({ run = run, rate = 5, duration = 1, pre_allocated_vus = 50,
    profiles = { small = { max_vus = 5 } } }, "pre_allocated_vus: expected at"
    .. ' most max_vus (5), got 50 (with the profile "small")')
  refuses({ run = run, profiles = { quick = 5 } }, "profiles.quick: expected a"
    .. " table of profiles such as quick = { vus = 5 }, got 5")
end)

tap.test("an unknown profile is named with those that exist", function()
  local raw = { run = run, profiles = { quick = { vus = 1 }, soak = {} } }
  refuses(raw, '--profile: unknown profile "quik"; there are quick and soak;'
    .. ' did you mean "quick"?', { profile = "quik" })
  refuses({ run = run }, "--profile: this suite has no profiles",
    { profile = "x" })
end)

-- The command line

tap.test("--target and --tag come last", function()
  local plan = plan_of({ run = run, target = "http://a",
    tags = { a = 1, b = 1 } }, { target = "http://b/", tags = { b = "2" } })
  tap.equal(plan.target, "http://b")
  tap.equal(plan.tags, { a = "1", b = "2" })
end)

tap.test("--iterations makes every scenario shared-iterations", function()
  local plan = plan_of({ scenarios = {
    { run = run, vus = 5, duration = 600 }, { run = run, rate = 5,
      duration = 1 }, { run = run, iterations = 2, max_duration = 9 } } },
    { iterations = "20" })
  for i, vus in ipairs({ 5, 1, 1 }) do
    local out = plan.scenarios[i]
    tap.equal({ out.executor, out.iterations, out.vus, out.duration_us },
      { "shared-iterations", 20, vus })
  end
  tap.equal(plan.scenarios[1].max_duration_us, 600000000)
  tap.equal(plan.scenarios[3].max_duration_us, 9000000)
end)

tap.test("--iterations with --duration and --vus has all three", function()
  local out = only({ duration = 5 }, { iterations = 20, duration = "1m",
    vus = 30 })
  tap.equal({ out.executor, out.iterations, out.vus, out.max_duration_us },
    { "shared-iterations", 20, 20, 60000000 })
end)

tap.test("--duration replaces a duration", function()
  local out = only({ vus = 5, duration = 600 }, { duration = "10" })
  tap.equal(out.duration_us, 10000000)
  out = only({ rate = 5, duration = 600 }, { duration = 10 })
  tap.equal({ out.rate, out.duration_us }, { 5.0, 10000000 })
end)

tap.test("--duration turns iterations into constant-vus", function()
  local out = only({ vus = 5, iterations = 600 }, { duration = "10s" })
  tap.equal({ out.executor, out.vus, out.duration_us, out.iterations },
    { "constant-vus", 5, 10000000 })
end)

tap.test("--duration scales stages to exactly that total", function()
  local out = only({ stages = { { target = 1, duration = 1 },
    { target = 2, duration = 1 }, { target = 0, duration = 1 } } },
    { duration = "10s" })
  local total = 0
  for _, stage in ipairs(out.stages) do
    tap.ok(math.abs(stage.duration_us - 3333333) <= 1)
    tap.equal(math.type(stage.duration_us), "integer")
    total = total + stage.duration_us
  end
  tap.equal(total, 10000000)
end)

tap.test("--vus sets VUs, and those that an open load may use", function()
  tap.equal(only({ vus = 5, duration = 600 }, { vus = 9 }).vus, 9)
  local out = only({ rate = 5, duration = 600, max_vus = 50 }, { vus = 9 })
  tap.equal({ out.rate, out.max_vus, out.pre_allocated_vus }, { 5.0, 9, 9 })
end)

tap.test("--vus scales a ramp to its highest stage", function()
  local out = only({ start_vus = 10, stages = { { target = 50, duration = 1 },
    { target = 100, duration = 1 }, { target = 0, duration = 1 } } },
    { vus = "25" })
  tap.equal({ out.start_vus, out.stages[1].target, out.stages[2].target,
    out.stages[3].target }, { 3, 13, 25, 0 })
  tap.equal(math.type(out.stages[1].target), "integer")
end)

tap.test("the command line comes after the profile", function()
  local out = only({ iterations = 3, profiles = quick },
    { profile = "quick", vus = 9 })
  tap.equal({ out.executor, out.vus, out.duration_us },
    { "constant-vus", 9, 30000000 })
end)

tap.test("wrong options are reported without the file's name", function()
  local _, errors = suite.plan({ run = run }, { file = "checkout.lua",
    vus = "many", duration = "0", iterations = -1, target = "shop" })
  tap.equal(errors, {
    '--vus: expected a whole number from 1 to 1,000,000, got "many"'
      .. " (a string)",
    "--iterations: expected a whole number from 1 to 1,000,000,000,000, got -1",
    "--duration: expected a duration above 0: seconds, or a string such as"
      .. ' "1m30s", got "0" (a string)',
    '--target: expected a base URL such as "http://localhost:8080", got "shop"'
      .. " (a string)",
  })
end)

tap.test("--once runs each scenario once, now, and judges less", function()
  local plan = plan_of({ warmup = 5, cooldown = 5,
    thresholds = { http_reqs = { "rate>100", abort_on_fail = true } },
    criteria = { { "enough", other } },
    scenarios = {
      { run = run, rate = 100, duration = 600, start_time = 60 },
      { mix = { { weight = 3, name = "a", run = run },
        { name = "b", run = other } } },
    } }, { once = true })
  tap.equal({ plan.once, plan.warmup_us, plan.cooldown_us }, { true, 0, 0 })
  local first, second = table.unpack(plan.scenarios)
  tap.equal(first, { name = "scenario_1", executor = "per-vu-iterations",
    vus = 1, iterations = 1, max_duration_us = 600000000, start_time_us = 0,
    graceful_stop_us = 30000000, tags = {}, run = run })
  tap.equal(second.iterations, 2)
  tap.equal(second.mix, { { weight = 1, name = "a", run = run },
    { weight = 1, name = "b", run = other } })
  tap.equal(plan.thresholds[1].optional, true)
  tap.equal(plan.thresholds[1].abort_on_fail, false)
  tap.equal(plan.criteria[1].optional, true)
end)

tap.done()
