-- Question:   does a tool server take JSON bodies of 1 MB and of 100 MB whole?
-- Needs:      nothing (built-in target), or --target of the same protocol;
--             300 MB of memory here, and more in the server.
-- Takes:      seconds; --profile quick sends fewer, of the same sizes.
-- Read:       sent and received bytes must be equal; then the times.
-- Not for:    the network's speed, or many large bodies at once.

local stress = require "stress"
local http = require "stress.http"
local metrics = require "stress.metrics"

local MB = 1000000

local sent = metrics.counter("payload_sent", { unit = "bytes" })
local received = metrics.counter("payload_received", { unit = "bytes" })

---Returns a function that makes a command of about `size` bytes when it is
---first called, and then always the same one.  Each worker loads this file,
---but only the one that has the VU makes a body.
local function payload(size)
  local body
  return function()
    body = body or '{"command":"info","name":"calculator","metadata":"'
      .. ("x"):rep(size) .. '"}'
    return body
  end
end

---Returns an iteration that sends the payload.  A status 200 proves little:
---the server must say that it received every byte.
local function send(name, make)
  return function()
    local body = make()
    local answer = http.post("/tools", { name = name, timeout = "60s",
      body = body, headers = { ["Content-Type"] = "application/json" }
    }):json()
    local fine = type(answer) == "table"
      and (answer.status == "ok" or answer.status == "success")
    local size = fine and answer.received_bytes
    sent:add(#body)
    received:add(math.type(size) == "integer" and size or 0)
    stress.check("the server received every byte", size == #body)
  end
end

local function all_received(result)
  local out, back = result:metric("payload_sent"),
    result:metric("payload_received")
  if not out then return nil, "nothing was sent" end
  return out.count > 0 and back.count == out.count,
    ("%d of %d B"):format(back.count, out.count)
end

return {
  name = "Large payloads",
  description = "bodies of 1 MB and 100 MB, and whether they arrive whole",
  sequence = true,
  scenarios = {
    { name = "1 MB", iterations = 20, run = send("1 MB", payload(MB)),
      thresholds = { http_req_duration = "max<5s", checks = "rate==1" } },
    { name = "100 MB", iterations = 3,
      run = send("100 MB", payload(100 * MB)),
      thresholds = { http_req_duration = "max<30s", checks = "rate==1" } },
  },
  thresholds = { http_req_failed = "count==0" },
  criteria = { { "every byte arrived", all_received } },
  profiles = {
    quick = { scenarios = {
      ["1 MB"] = { iterations = 3 },
      ["100 MB"] = { iterations = 1 },
    } },
  },
}
