-- Test data from a file: read once, dealt out to all users in turn.
-- feed:random() draws a row, feed:unique() gives each row once in a run.

local stress = require "stress"
local http = require "stress.http"
local data = require "stress.data"

local users = data.csv("data/users.csv")

return {
  vus = 4,
  iterations = 5 * #users,
  run = function()
    local row = users:next()
    local res = http.post("/login", {
      json = { user = row.user, password = row.password },
    })
    stress.check("logged in by the right name",
      res.status == 200 and res:json().user == row.user)
  end,
  thresholds = { checks = "rate==1" },
}
