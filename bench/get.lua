-- get.lua - what the benchmark runs: one request, one check.
local stress = require "stress"
local http = require "stress.http"

return {
  vus = 64, duration = "5s",
  run = function()
    local res = http.get("/")
    stress.check("status is 200", res.status == 200)
  end,
}
