-- rate.lua - as get.lua, but RATE starts per second, whatever the answers do.
local stress = require "stress"
local http = require "stress.http"

local path = stress.env.URL_PATH or "/"

return {
  executor = "constant-arrival-rate",
  rate = tonumber(stress.env.RATE), duration = "5s", max_vus = 1000,
  http = { transport = stress.env.TRANSPORT },
  run = function()
    local res = http.get(path)
    stress.check("status is 200", res.status == 200)
  end,
  report = require "figures",
}
