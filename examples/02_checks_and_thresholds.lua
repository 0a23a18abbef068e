-- A check says what is right about one answer, a threshold how often it must
-- be right and how fast; the thresholds decide whether the run passes.

local stress = require "stress"
local http = require "stress.http"

return {
  name = "Calculator",
  vus = 5,
  duration = "1s",
  run = function()
    local res = http.post("/tools/calculator/invoke", {
      json = { expression = "6 * 7" },
    })
    stress.check("answered", res.status == 200)
    stress.check("six times seven", res:json().result == 42)
  end,
  thresholds = {
    checks = "rate>0.99",
    ["checks{check:six times seven}"] = "rate==1",
    http_req_failed = "rate<0.01",
    http_req_duration = { "p(95)<200", "max<1s" },
  },
}
