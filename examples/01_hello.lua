-- The smallest suite: ten users ask the same page as often as they can.

local http = require "stress.http"

return {
  vus = 10,
  duration = "1s",
  run = function()
    http.get("/health")
  end,
}
