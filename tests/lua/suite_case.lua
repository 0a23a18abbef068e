-- suite_case: what the tests of suites share.

local suite = require "stress.suite"
local tap = require "tap"

local suite_case = {}

---An iteration that does nothing.
function suite_case.run() end

---Plans a suite; fails with its errors when it has any.
function suite_case.plan_of(raw, opts)
  opts = opts or {}
  opts.file = "checkout.lua"
  local plan, errors = suite.plan(raw, opts)
  tap.equal(errors, nil, "no errors")
  return plan
end

---Plans a suite of one scenario and returns that.
function suite_case.only(raw, opts)
  raw.run = raw.run or not raw.mix and suite_case.run or nil
  return suite_case.plan_of(raw, opts).scenarios[1]
end

---Plans a wrong suite; returns its errors, without the file's name.
function suite_case.errors_of(raw, opts)
  opts = opts or {}
  opts.file = "checkout.lua"
  local plan, errors = suite.plan(raw, opts)
  tap.equal(plan, nil, "no plan")
  for i, line in ipairs(errors) do
    errors[i] = line:gsub("^checkout%.lua: ", "")
  end
  return errors
end

---Checks that a suite has exactly one error.
function suite_case.refuses(raw, message, opts)
  tap.equal(suite_case.errors_of(raw, opts), { message })
end

---Checks that a suite of one scenario has exactly one error.
function suite_case.refuses_key(options, message)
  options.run = options.run or not options.mix and suite_case.run or nil
  suite_case.refuses(options, message)
end

return suite_case
