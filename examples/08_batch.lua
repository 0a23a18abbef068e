-- Several things at once in one user: http.batch sends requests together,
-- stress.batch runs functions side by side.  Both wait for the slowest.

local stress = require "stress"
local http = require "stress.http"

local function upper(text)
  return http.post("/tools/text_manipulator/invoke", {
    json = { text = text },
  }):json().result
end

return {
  vus = 2,
  iterations = 10,
  run = function()
    local start = stress.now()
    local answers = http.batch({
      "/delay/40",
      { url = "/delay/50", name = "/delay" },
      { method = "POST", url = "/echo", body = "hello" },
    })
    stress.check("the echo is the third", answers[3].body == "hello")
    stress.check("no longer than the sum", stress.now() - start < 0.09)
    local words = stress.batch({
      function() return upper("left") end,
      function() return upper("right") end,
    })
    stress.check("in order", words[1] == "LEFT" and words[2] == "RIGHT")
  end,
  thresholds = { checks = "rate>0.9" },
}
