-- A rate that does not depend on the server: 300 iterations start each second,
-- on time, however slow the answers are.  Who finds no free user is dropped.

local http = require "stress.http"

return {
  rate = 300,
  duration = "2s",
  max_vus = 100,
  run = function()
    http.get("/delay/20")
  end,
  thresholds = {
    iterations = "count>=590",
    -- From the moment a request was due, so that a stall cannot hide.
    http_req_response_time = "p(95)<200",
    http_req_failed = "rate<0.01",
  },
}
