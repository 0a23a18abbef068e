-- What users do, by weights: of ten iterations exactly seven look around, two
-- search and one orders.  Each part has statistics of its own.

local stress = require "stress"
local http = require "stress.http"

local function look()
  http.get("/tools")
end

local function search()
  local res = http.get("/tools/search", { query = { q = "file" } })
  stress.check("found", #res:json().results > 0)
end

local function order()
  http.post("/orders", { json = { sku = 7 }, expect = 201 })
end

return {
  vus = 4,
  iterations = 400,
  mix = {
    { weight = 7, name = "look", run = look },
    { weight = 2, name = "search", run = search },
    { weight = 1, name = "order", run = order },
  },
  thresholds = {
    http_req_failed = "rate==0",
    ["http_reqs{name:/orders}"] = "count==40",
  },
}
