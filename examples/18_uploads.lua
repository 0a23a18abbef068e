-- Bodies: JSON, a form, raw bytes, files in a multipart form.  What is large
-- is made once, outside run; discard_body keeps what is not read away.

local stress = require "stress"
local http = require "stress.http"

local IMAGE = ("\x89PNG\0"):rep(20000)

return {
  vus = 2,
  iterations = 20,
  run = function()
    local raw = http.post("/upload", { body = IMAGE }):json()
    stress.check("all bytes", raw.bytes == #IMAGE)
    local parts = http.post("/upload", { multipart = {
      title = "a picture",
      file = { data = IMAGE, filename = "p.png", type = "image/png" },
    } }):json().parts
    stress.check("both parts", #parts == 2 and parts[1].size == #IMAGE)
    http.get("/bytes/100000", { discard_body = true })
  end,
  thresholds = { checks = "rate==1", http_req_failed = "rate==0" },
}
