-- idle.lua - VUs that wait, after a request each or (REQUEST=no) without one.
local stress = require "stress"
local http = require "stress.http"

local asks = stress.env.REQUEST ~= "no"

return {
  vus = 10000, duration = "20s", graceful_stop = 0,
  http = { transport = stress.env.TRANSPORT },
  run = function()
    if asks then http.get("/") end
    stress.sleep("600s")
  end,
  report = require "figures",
}
