-- wrk_post.lua - wrk posts the file that BODY names; no callbacks.
local file = assert(io.open(os.getenv("BODY")))
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = file:read("*a")
file:close()
