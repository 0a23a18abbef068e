-- wrk_post_check.lua - the same, with a callback for every request and one for
-- every response.  wrk has no JSON, so a pattern stands in for the parser.
local file = assert(io.open(os.getenv("BODY")))
local body = file:read("*a")
file:close()
local headers = { ["Content-Type"] = "application/json" }
local ok = 0

function request()
  return wrk.format("POST", nil, headers, body)
end

function response(status, _, text)
  if status == 200 and text:find('"id":7', 1, true) then ok = ok + 1 end
end
