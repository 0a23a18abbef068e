-- One scenario after another, each judged by itself: first a warm-up of the
-- server, then steady users, then a burst.

local http = require "stress.http"

local function look()
  http.get("/json/2000")
end

return {
  sequence = true,
  scenarios = {
    { name = "first touch", iterations = 1, run = look },
    { name = "steady", executor = "per-vu-iterations", vus = 5,
      iterations = 40, run = look,
      thresholds = { http_reqs = "count==200" } },
    { name = "burst", rate = 500, duration = "500ms", max_vus = 50, run = look,
      thresholds = { http_req_response_time = "p(95)<200" } },
  },
}
