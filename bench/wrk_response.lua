-- wrk_response.lua - wrk with a callback in Lua for every response.
local ok = 0

function response(status)
  if status == 200 then ok = ok + 1 end
end
