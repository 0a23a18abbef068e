-- plain.lua - runs the plain test program $TEST_FILE inside the engine.
--
-- It runs in setup: there is no watchdog there, and it may wait.

local stress = require "stress"

return {
  iterations = 1,
  setup = function()
    assert(loadfile(stress.env.TEST_FILE))()
  end,
  run = function() end,
}
