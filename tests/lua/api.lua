-- api.lua - tests of the Lua API as iterations of a suite.
--
--   local api = require "api"
--   local t = require "tap"
--   api.test("a name that is a sentence", function(vu) t.ok(true) end)
--   return api.suite()
--
-- All tests of a file run one after the other in one iteration of one VU.

local http = require "stress.http"
local json = require "stress.json"
local stress = require "stress"
local tap = require "tap"

-- The transport that carries the requests of all tests: the one that the
-- engine chooses, unless an api_*_curl.lua said so before.
local api = { env = stress.env, transport = "auto" }

local tests = {}

---Adds a test; it may wait, as it runs in an iteration.
function api.test(name, fn, needs)
  tests[#tests + 1] = { name = name, fn = fn, needs = needs }
end

---A suite that runs the tests, with these keys besides.
function api.suite(keys)
  local suite = {
    vus = 1, iterations = 1, max_duration = "5m",
    http = { transport = api.transport },
    run = function(vu)
      for _, test in ipairs(tests) do
        if test.needs and not stress.env[test.needs] then
          tap.skip(test.name, "there is no " .. test.needs)
        else
          tap.test(test.name, function() test.fn(vu) end)
        end
      end
      tap.done()
    end,
  }
  for key, value in pairs(keys or {}) do suite[key] = value end
  return suite
end

---How many seconds a function takes.
function api.time(fn)
  local began = stress.now()
  fn()
  return stress.now() - began
end

---Fails unless a number is within two others, both included.
function api.within(value, low, high, what)
  if not (value >= low and value <= high) then
    error(("%s is %s, expected %s to %s"):format(what or "value", value, low,
      high), 2)
  end
end

---What the target makes of a request: its method, path, headers, query.
function api.echo(opts, method)
  opts = opts or {}
  opts.url, opts.method = opts.url or "/echo", method or "GET"
  local res = http.request(opts)
  tap.equal(res.status, 200)
  return tap.ok(json.decode(res.body))
end

---The head of a request as it came in, from the bad server.
function api.head(opts)
  opts.url = opts.url or stress.env.BADSERVER_URL .. "/head"
  local res = http.request(opts)
  tap.equal(res.status, 200, tostring(res.error))
  return res.body
end

return api
