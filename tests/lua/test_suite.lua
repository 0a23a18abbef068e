-- What a suite's table becomes, and what is said about a wrong one.

local suite_case = require "suite_case"
local suite = require "stress.suite"
local tap = require "tap"

local run = suite_case.run
local plan_of = suite_case.plan_of
local only = suite_case.only
local errors_of = suite_case.errors_of
local refuses = suite_case.refuses
local refuses_key = suite_case.refuses_key

local function other() end

-- Defaults and inference

tap.test("the smallest suite is one iteration by one VU", function()
  local plan = plan_of({ run = run })
  tap.equal(plan, {
    name = "checkout",
    sequence = false,
    once = false,
    warmup_us = 0,
    cooldown_us = 0,
    tags = {},
    criteria = {},
    thresholds = {},
    notes = {},
    scenarios = { {
      name = "default",
      executor = "shared-iterations",
      start_time_us = 0,
      graceful_stop_us = 30000000,
      tags = {},
      vus = 1,
      iterations = 1,
      max_duration_us = 600000000,
      run = run,
    } },
  })
end)

tap.test("vus and duration mean constant-vus", function()
  local out = only({ vus = 10, duration = "30s" })
  tap.equal(out.executor, "constant-vus")
  tap.equal(out.vus, 10)
  tap.equal(out.duration_us, 30000000)
end)

tap.test("iterations mean shared-iterations", function()
  local out = only({ vus = 2, iterations = 7, max_duration = 5 })
  tap.equal(out.executor, "shared-iterations")
  tap.equal(out.iterations, 7)
  tap.equal(out.max_duration_us, 5000000)
end)

tap.test("a rate means constant-arrival-rate", function()
  local out = only({ rate = 200, duration = "1m", max_vus = 400 })
  tap.equal(out.executor, "constant-arrival-rate")
  tap.equal(out.rate, 200.0)
  tap.equal(out.max_vus, 400)
  tap.equal(out.pre_allocated_vus, 400)
  tap.equal(out.arrivals, "even")
  tap.equal(out.max_late_us, 0)
  tap.equal(out.time_unit, nil)
end)

tap.test("stages mean ramping-vus, with start_rate an arrival rate", function()
  local stages = { { target = 20, duration = "10s" } }
  local out = only({ stages = stages })
  tap.equal(out.executor, "ramping-vus")
  tap.equal(out.start_vus, 1)
  tap.equal(out.graceful_ramp_down_us, 30000000)
  tap.equal(out.stages, { { target = 20, duration_us = 10000000 } })
  tap.equal(math.type(out.stages[1].target), "integer")
  out = only({ start_rate = 5, stages = stages })
  tap.equal(out.executor, "ramping-arrival-rate")
  tap.equal(out.start_rate, 5.0)
end)

tap.test("a written executor stands", function()
  local out = only({ executor = "per-vu-iterations", vus = 3, iterations = 2 })
  tap.equal(out.executor, "per-vu-iterations")
  out = only({ executor = "ramping-arrival-rate",
    stages = { { target = 50, duration = 1 } } })
  tap.equal(out.start_rate, 0.0)
  out = only({ executor = "ramping-vus", start_vus = 0,
    stages = { { target = 3, duration = 1 }, { target = 0, duration = 0 } } })
  tap.equal(out.start_vus, 0)
end)

tap.test("durations are seconds or strings with a unit", function()
  tap.equal(only({ duration = 1.5 }).duration_us, 1500000)
  tap.equal(only({ duration = "250ms" }).duration_us, 250000)
  tap.equal(only({ duration = "1m30s" }).duration_us, 90000000)
  tap.equal(only({ duration = 1, graceful_stop = 0 }).graceful_stop_us, 0)
end)

tap.test("whole floats are integers", function()
  local out = only({ vus = 10.0, duration = 1 })
  tap.equal(math.type(out.vus), "integer")
end)

tap.test("rates are starts per second, whatever their time_unit", function()
  local out = only({ rate = 90, time_unit = "1m", duration = 60 })
  tap.equal(out.rate, 1.5)
  out = only({ start_rate = 60, time_unit = "1m",
    stages = { { target = 120, duration = "1m" } } })
  tap.equal(out.start_rate, 1.0)
  tap.equal(out.stages[1].target, 2.0)
end)

tap.test("arrivals without VUs get the rate, 10 to 10,000", function()
  tap.equal(only({ rate = 3, duration = 1 }).max_vus, 10)
  tap.equal(only({ rate = 200.5, duration = 1 }).max_vus, 201)
  tap.equal(only({ rate = 90000, duration = 1 }).max_vus, 10000)
  tap.equal(only({ rate = 90000, duration = 1 }).pre_allocated_vus, 1000)
  tap.equal(only({ start_rate = 30,
    stages = { { target = 50, duration = 1 } } }).max_vus, 50)
end)

tap.test("max_vus and pre_allocated_vus stand for one another", function()
  local out = only({ rate = 1, duration = 1, pre_allocated_vus = 30 })
  tap.equal(out.max_vus, 30)
  out = only({ rate = 1, duration = 1, max_vus = 5000 })
  tap.equal(out.pre_allocated_vus, 1000)
end)

tap.test("VUs without an iteration are left out, with a note", function()
  local plan = plan_of({ vus = 10, iterations = 4, run = run })
  tap.equal(plan.scenarios[1].vus, 4)
  tap.equal(plan.notes, {
    'scenario "default": 6 of 10 VUs would have no iteration; 4 run' })
end)

tap.test("all keys of a suite arrive in the plan", function()
  local http = { timeout = "5s" }
  local criterion = function() return true end
  local plan = plan_of({
    name = "Checkout", description = "does it hold?", run = run,
    target = "https://shop.example:8443/v1//", sequence = true,
    warmup = "5s", cooldown = 10, tags = { team = "shop", n = 3, x = true },
    http = http, setup = run, teardown = other, report = run,
    criteria = { { "all arrived", criterion },
      { "none twice", criterion, optional = true } },
  })
  tap.equal(plan.name, "Checkout")
  tap.equal(plan.target, "https://shop.example:8443/v1")
  tap.equal(plan.sequence, true)
  tap.equal(plan.warmup_us, 5000000)
  tap.equal(plan.cooldown_us, 10000000)
  tap.equal(plan.tags, { team = "shop", n = "3", x = "true" })
  tap.ok(plan.http == http and plan.setup == run and plan.teardown == other)
  tap.equal(plan.criteria, {
    { name = "all arrived", fn = criterion, optional = false },
    { name = "none twice", fn = criterion, optional = true },
  })
end)

tap.test("scenarios keep their order; those without a name get one", function()
  local plan = plan_of({ scenarios = {
    { name = "order", run = run, start_time = "5s", tags = { kind = "rw" } },
    { run = other, graceful_stop = "2s" },
  } })
  tap.equal(plan.scenarios[1].name, "order")
  tap.equal(plan.scenarios[1].start_time_us, 5000000)
  tap.equal(plan.scenarios[1].tags, { kind = "rw" })
  tap.equal(plan.scenarios[2].name, "scenario_2")
  tap.equal(plan.scenarios[2].graceful_stop_us, 2000000)
end)

tap.test("a mix has weights, 1 at first", function()
  local out = only({ iterations = 8, mix = {
    { weight = 3, name = "chat", run = run }, { name = "search", run = other },
  } })
  tap.equal(out.run, nil)
  tap.equal(out.mix, { { weight = 3, name = "chat", run = run },
    { weight = 1, name = "search", run = other } })
end)

-- Keys and types

tap.test("a misspelt key is named with its path and the right key", function()
  local _, errors = suite.plan({ scenarios = { { exectuor = "constant-vus",
    run = run } } }, { file = "checkout.lua" })
  tap.equal(errors, { "checkout.lua: scenarios[1].exectuor: unknown key;"
    .. ' did you mean "executor"?' })
end)

tap.test("a key like no other is refused without a suggestion", function()
  refuses_key({ zebra = 1 }, "zebra: unknown key")
  refuses_key({ [7] = 1 }, "[7]: unknown key")
  refuses_key({ ["a b"] = 1 }, '["a b"]: unknown key')
end)

tap.test("keys in the wrong table are told where they belong", function()
  refuses({ scenarios = { { run = run, warmup = 1 } } },
    "scenarios[1].warmup: belongs to the suite, not to a scenario")
  refuses({ scenarios = { { run = run, weight = 1 } } },
    "scenarios[1].weight: unknown key; weights belong to the entries of mix")
  refuses({ vus = 1, scenarios = { { run = run } } },
    "vus: this suite has scenarios; write it into each of them")
end)

tap.test("a value of a wrong type is shown with what was expected", function()
  refuses({ scenarios = { { run = run }, { run = run, rate = "fast",
    duration = 1 } } },
    'scenarios[2].rate: expected a number above 0, got "fast" (a string)')
  refuses_key({ duration = true }, "duration: expected a duration above 0:"
    .. ' seconds, or a string such as "1m30s", got true (a boolean)')
  refuses_key({ name = "" }, 'name: expected a non-empty string, got ""'
    .. " (a string)")
  refuses_key({ sequence = 1 }, "sequence: expected true or false, got 1")
  refuses_key({ http = run },
    "http: expected a table of options, got a function")
  refuses_key({ run = "x" }, 'run: expected a function, got "x" (a string)')
  refuses_key({ setup = {} }, "setup: expected a function, got a table")
end)

tap.test("counts are whole, above 0 and not absurd", function()
  local expected = "vus: expected a whole number from 1 to 1,000,000, got "
  for value, shown in pairs({ [0] = "0", [-3] = "-3", [1.5] = "1.5",
    [1000001] = "1000001", [math.huge] = "inf", ["5"] = '"5" (a string)' }) do
    refuses_key({ vus = value, duration = 1 }, expected .. shown)
  end
  refuses_key({ vus = 0 / 0, duration = 1 }, expected .. tostring(0 / 0))
  refuses_key({ iterations = 0 }, "iterations: expected a whole number from 1"
    .. " to 1,000,000,000,000, got 0")
end)

tap.test("durations that are none are refused", function()
  local expected = ': seconds, or a string such as "1m30s", got '
  for value, shown in pairs({ [-1] = "-1", ["soon"] = '"soon" (a string)',
    ["30"] = '"30" (a string)', [math.huge] = "inf", [1e300] = "1e+300",
    ["-5s"] = '"-5s" (a string)' }) do
    refuses_key({ warmup = value }, "warmup: expected a duration" .. expected
      .. shown)
  end
  refuses_key({ duration = 0 }, "duration: expected a duration above 0"
    .. expected .. "0")
  refuses_key({ duration = "0s" }, "duration: expected a duration above 0"
    .. expected .. '"0s" (a string)')
end)

tap.test("long and dirty strings are shown short and on one line", function()
  refuses_key({ sequence = "a\nb" .. ("x"):rep(100) }, 'sequence: expected true'
    .. ' or false, got "a?b' .. ("x"):rep(37) .. '..." (a string)')
end)

tap.test("a target is a base URL", function()
  local expected = 'target: expected a base URL such as "http://localhost:8080"'
    .. ", got "
  for _, url in ipairs({ "shop.example", "ftp://x", "http://", "http:///x",
    "http://a b", "http://a/?q=1", "http://a/#f" }) do
    refuses_key({ target = url }, ("%s%q (a string)"):format(expected, url))
  end
  tap.equal(plan_of({ target = "HTTP://a/", run = run }).target, "HTTP://a")
end)

tap.test("a suite that is not a table is told what one is", function()
  refuses(nil, "expected the file to return a table such as"
    .. " { run = function(vu) ... end }, got nothing")
end)

tap.test("a suite with nothing to run is refused", function()
  refuses({ vus = 3, duration = 1 }, "nothing to run; expected"
    .. " run = function(vu) ... end or scenarios = { ... }")
  refuses({ scenarios = { { name = "a" } } }, "scenarios[1]: nothing to run;"
    .. " expected run = function(vu) ... end, or a mix")
  refuses({ scenarios = {} }, "scenarios: expected an array of scenarios such"
    .. ' as { name = "order", run = order }, got an empty table')
end)

tap.test("a hole in an array does not hide what follows", function()
  refuses({ scenarios = { { run = run }, nil, { run = run } } },
    "scenarios[2]: is nil, but entries follow; a misspelt name?")
end)

tap.test("scenarios by name, as k6 has them, are refused", function()
  refuses({ scenarios = { order = { run = run } } }, "scenarios.order: expected"
    .. ' an array of scenarios such as { name = "order", run = order },'
    .. " which has no keys but 1, 2, 3 ...")
  refuses({ scenarios = { run } },
    "scenarios[1]: expected a table, got a function")
end)

tap.test("run and mix exclude each other", function()
  refuses({ run = run, mix = { { name = "a", run = run } } },
    "mix: run is there already; a scenario has one of run and mix")
end)

tap.test("entries of a mix are checked", function()
  refuses({ mix = {} }, "mix: expected an array of entries such as"
    .. ' { weight = 3, name = "chat", run = chat }, got an empty table')
  refuses({ mix = { { weight = 1.5, name = "a", run = run } } },
    "mix[1].weight: expected a whole number from 1 to 10,000, got 1.5")
  refuses({ mix = { { name = "a" } } }, "mix[1].run: missing")
  refuses({ mix = { { run = run } } }, "mix[1].name: missing")
  refuses({ mix = { { name = "a", run = run }, { name = "a", run = run } } },
    'mix[2]: the name "a" is taken by mix[1]')
  refuses({ mix = { { name = "a", run = run, wieght = 2 } } },
    'mix[1].wieght: unknown key; did you mean "weight"?')
end)

tap.test("names that a selector cannot say are refused", function()
  for _, name in ipairs({ "", "a:b", "a,b", "{a}", 'a"b', "a\nb", " a" }) do
    local errors = errors_of({ scenarios = { { name = name, run = run } } })
    tap.equal(#errors, 1)
    tap.ok(errors[1]:find('^scenarios%[1%]%.name: expected a name without { }'
      .. ' , : ", control characters and outer blanks, got "'), errors[1])
  end
end)

tap.test("two scenarios of one name are refused", function()
  refuses({ scenarios = { { name = "a", run = run }, { name = "b", run = run },
    { name = "a", run = run } } },
    'scenarios[3]: the name "a" is taken by scenarios[1]')
  refuses({ scenarios = { { name = "scenario_2", run = run }, { run = run } } },
    'scenarios[2]: the name "scenario_2" is taken by scenarios[1]')
end)

tap.test("tags that a selector cannot say are refused", function()
  refuses_key({ tags = { a = {} } }, "tags.a: expected a string without"
    .. ' { } , ", a number or a boolean, got a table')
  refuses_key({ tags = { a = "x,y" } }, "tags.a: expected a string without"
    .. ' { } , ", a number or a boolean, got "x,y" (a string)')
  refuses_key({ tags = { "x" } }, "tags[1]: expected a name without { } , :"
    .. ' ", control characters and outer blanks')
  refuses_key({ tags = "x" }, 'tags: expected a table of tags, got "x"'
    .. " (a string)")
end)

tap.test("monitors are refused for now", function()
  refuses_key({ monitors = {} }, "monitors: monitors are not in this version")
end)

-- Executors

tap.test("a misspelt executor is named with the right one and all", function()
  local names = "shared-iterations, per-vu-iterations, constant-vus,"
    .. " ramping-vus, constant-arrival-rate and ramping-arrival-rate"
  refuses_key({ executor = "constant-vu", duration = 1 }, "executor: unknown"
    .. ' executor "constant-vu"; there are ' .. names
    .. '; did you mean "constant-vus"?')
  refuses_key({ executor = 5 }, "executor: expected one of " .. names
    .. ", got 5")
end)

tap.test("an option of another executor is told whose it is", function()
  refuses_key({ executor = "constant-vus", duration = 1, iterations = 3 },
    "iterations: not an option of constant-vus; shared-iterations and"
      .. " per-vu-iterations take it")
  refuses_key({ executor = "constant-vus", duration = 1, rate = 3 },
    "rate: not an option of constant-vus; constant-arrival-rate takes it")
end)

tap.test("an option that does not fit says why the executor is so", function()
  refuses_key({ rate = 5, duration = 1, vus = 10 }, "vus: not an option of"
    .. " constant-arrival-rate (which follows from rate); shared-iterations,"
    .. ' per-vu-iterations and constant-vus take it; did you mean "max_vus"?')
  refuses_key({ iterations = 5, duration = "1m" }, "duration: not an option of"
    .. " shared-iterations (which follows from iterations); constant-vus and"
    .. ' constant-arrival-rate take it; did you mean "max_duration"?')
  refuses_key({ graceful_ramp_down = 1 }, "graceful_ramp_down: not an option"
    .. " of shared-iterations (which is meant when no option says more);"
    .. " ramping-vus takes it")
end)

tap.test("a missing option is named with the executor that needs it", function()
  refuses_key({ executor = "constant-vus" },
    "duration: missing; constant-vus needs it")
  refuses_key({ rate = 5 }, "duration: missing; constant-arrival-rate (which"
    .. " follows from rate) needs it")
  refuses_key({ executor = "constant-arrival-rate", duration = 5 },
    "rate: missing; constant-arrival-rate needs it")
  refuses_key({ start_rate = 5 }, "stages: missing; ramping-arrival-rate"
    .. " (which follows from start_rate) needs it")
end)

tap.test("a wrong option is not reported as missing, too", function()
  refuses_key({ executor = "constant-vus", duration = "x" }, "duration:"
    .. ' expected a duration above 0: seconds, or a string such as "1m30s",'
    .. ' got "x" (a string)')
end)

tap.test("more pre-allocated VUs than allowed ones are refused", function()
  refuses_key({ rate = 5, duration = 1, max_vus = 5, pre_allocated_vus = 9 },
    "pre_allocated_vus: expected at most max_vus (5), got 9")
end)

tap.test("stages are checked", function()
  local what = "stages: expected an array of stages such as"
    .. ' { target = 10, duration = "30s" }, got '
  refuses_key({ stages = {} }, what .. "an empty table")
  refuses_key({ stages = 5 }, what .. "5")
  refuses_key({ stages = { 5 } }, "stages[1]: expected a table, got 5")
  refuses_key({ stages = { { target = 5 } } }, "stages[1].duration: missing")
  refuses_key({ stages = { { duration = 5 } } }, "stages[1].target: missing")
  refuses_key({ stages = { { target = -1, duration = 1 } } },
    "stages[1].target: expected a number, 0 or more, got -1")
  refuses_key({ stages = { { target = 1, duration = 1, durration = 1 } } },
    'stages[1].durration: unknown key; did you mean "duration"?')
  refuses_key({ stages = { { target = 1.5, duration = 1 } } }, "stages[1]"
    .. ".target: expected a whole number from 0 to 1,000,000, got 1.5")
  refuses_key({ stages = { { target = 1, duration = 0 } } },
    "stages: expected durations above 0 in sum")
  refuses_key({ start_rate = 0, stages = { { target = 0, duration = 1 } } },
    "stages: every target is 0, so nothing would run")
end)

tap.test("no more than ten million starts per second are planned", function()
  refuses_key({ rate = 1000, time_unit = "1us", duration = 1 }, "rate:"
    .. " expected at most 10,000,000 starts per second, got 1000000000")
end)

tap.test("arrivals are even or poisson", function()
  refuses_key({ rate = 1, duration = 1, arrivals = "random" },
    'arrivals: expected "even" or "poisson", got "random" (a string)')
end)

tap.test("a scenario of a sequence has no start_time", function()
  refuses({ sequence = true, scenarios = { { run = run },
    { run = run, start_time = 5 } } }, "scenarios[2].start_time: a scenario of"
    .. " a sequence starts when the one before it is over")
end)

-- Many mistakes

tap.test("all mistakes are reported, in the same order every time", function()
  local raw = { sequence = 1, scenarios = {
    { vus = 0, duration = 1, run = run }, { rate = 1, run = run },
    { zebra = 1, run = run } } }
  local first = errors_of(raw)
  tap.equal(first, {
    "scenarios[1].vus: expected a whole number from 1 to 1,000,000, got 0",
    "scenarios[3].zebra: unknown key",
    "sequence: expected true or false, got 1",
    "scenarios[2].duration: missing; constant-arrival-rate (which follows"
      .. " from rate) needs it",
  })
  for _ = 1, 10 do
    tap.equal(errors_of(raw), first)
  end
end)

tap.test("a metatable neither hides keys nor makes arrays endless", function()
  local sly = { __index = function() return 5 end, __len = function() return 9
  end, __pairs = function() return next, {} end }
  local function with_sly(t)
    return setmetatable(t, sly)
  end
  local plan = plan_of(with_sly({ scenarios = with_sly({
    with_sly({ run = run, thresholds = with_sly({
      checks = with_sly({ "rate>0.5" }) }) }) }) }))
  tap.equal(#plan.scenarios, 1)
  tap.equal(plan.scenarios[1].executor, "shared-iterations")
  refuses(with_sly({ run = run, zebra = 1 }), "zebra: unknown key")
end)

tap.test("past twenty mistakes the rest is counted", function()
  local scenarios = {}
  for i = 1, 27 do
    scenarios[i] = { vus = 0, run = run }
  end
  local errors = errors_of({ scenarios = scenarios })
  tap.equal(#errors, 21)
  tap.equal(errors[21], "and 7 more")
end)

-- Criteria

tap.test("criteria are a name and a function", function()
  refuses_key({ criteria = { { "a" } } }, "criteria[1][2]: expected"
    .. " function(result) return ok, detail end, got nothing")
  refuses_key({ criteria = { { run, run } } }, "criteria[1][1]: expected the"
    .. " criterion's name, got a function")
  refuses_key({ criteria = { run } }, "criteria[1]: expected { name, function }"
    .. ", got a function")
  refuses_key({ criteria = { name = run } }, "criteria.name: expected an array"
    .. " of { name, function }, which has no keys but 1, 2, 3 ...")
  refuses_key({ criteria = { { "a", run, optional = 1 } } },
    "criteria[1].optional: expected true or false, got 1")
  refuses_key({ criteria = { { "a", run, optinal = true } } },
    'criteria[1].optinal: unknown key; did you mean "optional"?')
  refuses_key({ criteria = { { "a", run }, { "a", run } } },
    'criteria[2]: the name "a" is taken by criteria[1]')
end)

-- The table of keys

tap.test("every key has a line for the reference, and a kind", function()
  for _, part in ipairs({ "suite", "common", "options", "stage", "mix",
    "threshold", "profile", "override" }) do
    for key, spec in pairs(suite.keys[part]) do
      tap.ok(type(spec.about) == "string" and type(spec.kind) == "string", key)
    end
  end
end)

tap.test("every option belongs to an executor, and each of theirs is one",
  function()
    for option in pairs(suite.keys.options) do
      tap.ok(#suite.keys.takers(option) > 0, option)
    end
    for _, executor in ipairs(suite.keys.executors) do
      for _, option in ipairs(executor.takes) do
        tap.ok(suite.keys.options[option], option)
      end
    end
  end)

tap.done()
