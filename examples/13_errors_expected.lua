-- An error can be the right answer: expect says which status counts as
-- success.  A server that does not answer at all has the status 0.

local stress = require "stress"
local http = require "stress.http"

return {
  vus = 2,
  iterations = 20,
  run = function()
    local gone = http.get("/nothing/here", { expect = 404 })
    stress.check("missing is 404", gone.ok)
    local divided = http.post("/tools/calculator/invoke", {
      json = { expression = "1 / 0" }, expect = { 400, 422 },
    })
    stress.check("it says why", divided:json().error:find("zero") ~= nil)
    local slow = http.get("/delay/500", { timeout = "20ms", name = "slow" })
    stress.check("a timeout is a value", slow.status == 0
      and slow.error_code == 1050)
  end,
  thresholds = {
    checks = "rate==1",
    ["http_req_failed{name:slow}"] = "rate==1", -- all of them, as intended
    ["http_req_failed{name:/nothing/here}"] = "rate==0",
  },
}
