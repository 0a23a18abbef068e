-- large.lua - answers of 1 MB, read and counted but not kept.
local stress = require "stress"
local http = require "stress.http"

local options = { discard_body = true }

return {
  vus = 64, duration = "5s",
  http = { transport = stress.env.TRANSPORT },
  run = function()
    local res = http.get("/large", options)
    stress.check("status is 200", res.status == 200)
  end,
  report = require "figures",
}
