-- tap.lua - a small test library that prints TAP for prove.
--
--   local t = require "tap"
--   t.test("a name that is a sentence", function() t.equal(1 + 1, 2) end)
--   t.done()
--
-- A check that fails ends its test, not the file; done() prints the plan and
-- fails the program if any test failed.

local tap = {}

local count, failed = 0, 0

local function show(value)
  if type(value) ~= "string" then
    return math.type(value) == "float" and ("%.17g (float)"):format(value)
      or tostring(value)
  end
  local text = ("%q"):format(value:sub(1, 200)):gsub("\\\n", "\\n")
  return #value > 200 and text .. "... of " .. #value .. " bytes" or text
end

local function diagnose(message)
  for line in tostring(message):gmatch("[^\n]+") do
    print("# " .. line)
  end
end

-- Where two values differ, or nil.  NaN equals itself; 1 and 1.0 differ, as
-- do 0.0 and -0.0.
local function difference(a, b, where)
  if type(a) == "table" and type(b) == "table" then
    for key, value in pairs(a) do
      local diff = difference(value, b[key],
        where .. "[" .. show(key) .. "]")
      if diff then
        return diff
      end
    end
    for key, value in pairs(b) do
      if a[key] == nil then
        return where .. "[" .. show(key) .. "]: got nil, expected "
          .. show(value)
      end
    end
    return nil
  end
  local same = a == b and math.type(a) == math.type(b)
    and (a ~= 0 or math.type(a) ~= "float" or 1 / a == 1 / b)
  if same or (a ~= a and b ~= b) then
    return nil
  end
  return ("%s: got %s, expected %s"):format(where, show(a), show(b))
end

---Runs one test; it fails if `fn` raises, as the checks below do.
---@param name string
---@param fn fun()
function tap.test(name, fn)
  count = count + 1
  local handler = debug and debug.traceback or tostring
  local passed, message = xpcall(fn, handler)
  print((passed and "ok %d - %s" or "not ok %d - %s"):format(count, name))
  if not passed then
    failed = failed + 1
    diagnose(message)
  end
end

---Counts a test that cannot run here, and says why.
---@param name string
---@param why string
function tap.skip(name, why)
  count = count + 1
  print(("ok %d - %s # SKIP %s"):format(count, name, why))
end

---Fails the test unless `value` is true; returns it otherwise.
---@generic T
---@param value T
---@param what? string
---@return T
function tap.ok(value, what)
  if not value then
    error(what or "not true: " .. show(value), 2)
  end
  return value
end

---Fails the test unless both are equal, tables by their contents.
---@param actual any
---@param expected any
---@param what? string
function tap.equal(actual, expected, what)
  local diff = difference(actual, expected, what or "value")
  if diff then
    error(diff, 2)
  end
end

---Fails the test unless `fn` raises a message that matches `pattern`.
---@param fn fun()
---@param pattern string
---@return string message
function tap.raises(fn, pattern)
  local passed, message = pcall(fn)
  if passed then
    error("no error, expected one like " .. show(pattern), 2)
  end
  message = tostring(message)
  if not message:find(pattern) then
    error("got the error " .. show(message) .. ", expected one like "
      .. show(pattern), 2)
  end
  return message
end

---Prints the plan; to be called last.
function tap.done()
  print("1.." .. count)
  if failed == 0 then
    return
  end
  print(("# %d of %d failed"):format(failed, count))
  -- Inside the engine there is no exit, but an error has one.
  pcall(os.exit, 1, true)
  error(("%d of %d tests failed"):format(failed, count), 0)
end

return tap
