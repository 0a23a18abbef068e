-- long.lua - a run to be interrupted: everybody waits for something, and most
-- of them longer than they are given.

local http = require "stress.http"
local stress = require "stress"

return {
  setup = function() return { 1 } end,
  teardown = function() http.get("/health") end,
  scenarios = {
    { name = "closed", vus = 10, duration = "60s", graceful_stop = "1s",
      run = function()
        local _ <close> = setmetatable({}, {
          __close = function() stress.random(5) end,
        })
        stress.batch {
          function() http.get("/delay/3000") end,
          function() stress.sleep("3s") end,
          function() http.batch { "/delay/3000", "/delay/20" } end,
        }
      end },
    { name = "open", rate = 50, duration = "60s", max_vus = 20,
      graceful_stop = "500ms",
      run = function()
        http.get("/delay/" .. stress.random(10, 900), { name = "delay" })
      end },
  },
}
