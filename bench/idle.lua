-- idle.lua - VUs that made one request and now wait: their memory.
local stress = require "stress"
local http = require "stress.http"

return {
  vus = 10000, duration = "20s", graceful_stop = 0,
  run = function()
    http.get("/")
    stress.sleep("60s")
  end,
}
