-- What no threshold can say, as a function of the whole result: it returns
-- whether it holds and a detail to show; nil means no data, which fails.

local http = require "stress.http"

local function half_each(result)
  local even = result:metric("http_reqs", { half = "0" })
  local odd = result:metric("http_reqs", { half = "1" })
  if not (even and odd) then return nil, "a half made no requests" end
  return even.count == odd.count, ("%d and %d"):format(even.count, odd.count)
end

local function nothing_lost(result)
  local a = result.accounting
  return a.started == a.ok, ("%d of %d"):format(a.ok, a.started)
end

return {
  vus = 4,
  iterations = 100,
  run = function(vu)
    http.get("/health", { tags = { half = vu.iteration % 2 } })
  end,
  criteria = {
    { "both halves got their share", half_each },
    { "every iteration went well", nothing_lost },
  },
}
