-- busy.lua - a script with work of its own, so that the server is no limit.
local stress = require "stress"
local http = require "stress.http"
local json = require "stress.json"

local rows = {}
for i = 1, 200 do rows[i] = { id = i, name = "row" .. i } end
local text = json.encode(rows)

return {
  vus = 64, duration = "5s",
  run = function()
    local res = http.get("/")
    stress.check("status is 200", res.status == 200)
    stress.check("200 rows", #json.decode(text) == 200)
  end,
  report = require "figures",
}
