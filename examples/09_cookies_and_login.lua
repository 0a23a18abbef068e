-- Each user has cookies of their own, so a login lasts over the requests and
-- iterations of that user; cookies = "clear" begins anew.

local stress = require "stress"
local http = require "stress.http"

return {
  vus = 5,
  iterations = 50,
  run = function(vu)
    local user = "user " .. vu.id
    if not vu.logged_in then
      http.post("/login", { form = { user = user, password = "secret" } })
      vu.logged_in = true
    end
    local me = http.get("/me")
    stress.check("known by my own name",
      me.status == 200 and me:json().user == user)
    local stranger = http.get("/me", { cookies = "clear", expect = 401 })
    vu.logged_in = false
    stress.check("a stranger is refused", stranger.status == 401)
  end,
  thresholds = { checks = "rate==1", http_req_failed = "rate==0" },
}
