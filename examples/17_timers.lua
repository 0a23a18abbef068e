-- Time inside an iteration: a deadline for several steps, a task that begins
-- later, one that repeats until the iteration ends.

local stress = require "stress"
local http = require "stress.http"
local timer = require "stress.timer"

return {
  vus = 2,
  iterations = 4,
  run = function()
    local polls, reminded = 0, false
    local deadline = timer.deadline("200ms")
    timer.after("50ms", function() reminded = true end)
    timer.every("20ms", function()
      http.get("/health", { name = "poll" })
      polls = polls + 1
    end)
    while not deadline:passed() do
      http.get("/delay/10")
    end
    stress.check("reminded in the meantime", reminded)
    stress.check("polled in the meantime", polls > 0)
  end,
  thresholds = { checks = "rate==1" },
}
