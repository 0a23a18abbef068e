-- Users that come and go: from none to twenty, a while of twenty, and down.
-- Each waits between two requests, as people do.

local stress = require "stress"
local http = require "stress.http"

return {
  start_vus = 0,
  stages = {
    { target = 20, duration = "1s" },
    { target = 20, duration = "1s" },
    { target = 0, duration = "500ms" },
  },
  graceful_ramp_down = "1s",
  run = function()
    http.get("/tools")
    stress.sleep("50ms")
  end,
  thresholds = { http_req_failed = "rate<0.01" },
}
