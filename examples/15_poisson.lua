-- Arrivals as they are: independent of each other, so that now and then many
-- come at once.  The same --seed gives the same instants again.

local http = require "stress.http"

return {
  scenarios = {
    { name = "even", rate = 100, duration = "1s", max_vus = 50,
      run = function() http.get("/delay/5") end },
    { name = "poisson", rate = 100, duration = "1s", max_vus = 50,
      arrivals = "poisson", max_late = "100ms",
      run = function() http.get("/delay/5") end },
  },
  thresholds = {
    ["iterations{scenario:even}"] = "count==100",
    ["iterations{scenario:poisson}"] = { "count>50", "count<150" },
  },
}
