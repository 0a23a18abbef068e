-- Before and after: setup runs once, and what it returns every user has as
-- vu.data; teardown runs once at the end, with that data and the result.

local stress = require "stress"
local http = require "stress.http"

return {
  vus = 3,
  iterations = 90,
  setup = function()
    local tools = http.get("/tools"):json().tools
    return { tools = tools, asked_at = stress.now() }
  end,
  run = function(vu)
    local tools = vu.data.tools
    local name = tools[vu.iteration % #tools + 1]
    local res = http.get("/tools/" .. name, { name = "/tools/NAME" })
    stress.check("the tool is there", res:json().tool.name == name)
  end,
  teardown = function(data, result)
    print(("asked %d times about %d tools"):format(
      result.metrics.http_reqs.values.count, #data.tools))
  end,
  thresholds = { checks = "rate==1" },
}
