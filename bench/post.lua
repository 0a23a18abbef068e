-- post.lua - posts 1 KB of JSON and checks what is in the answer.
local stress = require "stress"
local http = require "stress.http"
local json = require "stress.json"

local path = stress.env.URL_PATH or "/json"
local options = {
  headers = { ["Content-Type"] = "application/json" },
  body = json.encode({ id = 7, text = ("x"):rep(1006) }),
}

return {
  vus = 64, duration = "5s",
  http = { transport = stress.env.TRANSPORT },
  run = function()
    local res = http.post(path, options)
    stress.check("id is 7", res:json().id == 7)
  end,
  report = require "figures",
}
