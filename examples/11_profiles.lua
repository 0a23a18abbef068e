-- One suite for the desk and for the night: a profile changes what it names.
--   stressengine 11_profiles.lua --profile night

local stress = require "stress"
local http = require "stress.http"

return {
  vus = 2,
  duration = "500ms",
  run = function()
    http.get("/tools/calculator")
    stress.sleep("10ms")
  end,
  thresholds = { http_req_duration = "p(95)<200" },
  profiles = {
    quick = { vus = 1, duration = "200ms" },
    burst = { rate = 200, duration = "1s" }, -- another executor follows
    night = { vus = 50, duration = "8h", warmup = "1m",
      thresholds = { http_req_duration = "p(95)<500" } },
  },
}
