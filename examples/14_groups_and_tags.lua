-- Names for parts of a run: a group has a duration of its own, a tag can be
-- given to a request, a scenario or the suite, and thresholds can ask for it.

local stress = require "stress"
local http = require "stress.http"

return {
  tags = { team = "tools" },
  vus = 2,
  iterations = 40,
  run = function()
    local name = stress.group("browse", function()
      local list = http.get("/tools", { tags = { kind = "list" } }):json()
      return list.tools[stress.random(#list.tools)]
    end)
    stress.group("details", function()
      local res = http.get("/tools/" .. name, { name = "/tools/NAME" })
      stress.check("described", res:json().tool.description ~= "")
    end)
  end,
  thresholds = {
    ["group_duration{group:::browse}"] = "p(95)<500",
    ["http_req_duration{kind:list}"] = "p(95)<500",
    ["http_reqs{name:/tools/NAME}"] = "count==40",
  },
}
