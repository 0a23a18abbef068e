-- get.lua - what the benchmark runs: one request, one check.
local stress = require "stress"
local http = require "stress.http"

local path = stress.env.URL_PATH or "/"

return {
  vus = 64, duration = "5s",
  http = { transport = stress.env.TRANSPORT, tls = { verify = false } },
  run = function()
    local res = http.get(path)
    stress.check("status is 200", res.status == 200)
  end,
  report = require "figures",
}
