-- stress.http, what only the transport of our own does, and where it ends:
-- who carries what, one user over both, errors with the bytes that offend.
--
-- needs: badserver

local api = require "api"
local http = require "stress.http"
local stress = require "stress"
local t = require "tap"

local test, within = api.test, api.within

local BAD = stress.env.BADSERVER_URL or ""

local function get(path, opts) return http.get(BAD .. path, opts) end

-- Who carries what ----------------------------------------------------------

test("what the native transport can do, it does", function()
  for what, opts in pairs {
    nothing = {}, version = { http_version = "1.0" },
    ["the other version"] = { http_version = "1.1" },
    basic = { auth = { user = "a", password = "b" } },
    bearer = { auth = { bearer = "b" } },
    multipart = { method = "POST", multipart = { a = "b" } },
    cookies = { cookies = { a = 1 } }, discard = { discard_body = true },
    asked = { transport = "native" },
    socket = { unix_socket = stress.env.BADSERVER_SOCKET },
  } do
    opts.url = BAD .. "/ok"
    local res = http.request(opts)
    t.equal({ what, res.transport, res.status }, { what, "native", 200 })
  end
  t.equal(http.get("http://127.0.0.1:1/").transport, "native")
end)

local PROXY = { proxy = BAD }
local COMPRESSED = { compression = true }

test("what it cannot, libcurl does", function()
  for what, opts in pairs {
    proxy = PROXY, compression = COMPRESSED,
    digest = { auth = { user = "a", password = "b", type = "digest" } },
    version = { http_version = "2" }, asked = { transport = "curl" },
  } do
    local res = get("/ok", opts)
    t.equal({ what, res.transport, res.status }, { what, "curl", 200 })
  end
  local url = BAD:gsub("//", "//ann:pw@")
  local res = http.get(url .. "/head")
  t.equal({ res.transport, res.status }, { "curl", 200 })
  t.ok(res.body:find("Authorization: Basic YW5uOnB3", 1, true), res.body)
end)

test("one that is asked for by name is that one, or an error", function()
  for word, opts in pairs {
    proxy = { proxy = BAD }, compression = { compression = true },
    digest = { auth = { user = "a", password = "b", type = "digest" } },
    ["HTTP/2"] = { http_version = "2" },
  } do
    opts.transport = "native"
    local ok, message = pcall(get, "/ok", opts)
    t.equal({ word, ok }, { word, false })
    t.ok(message:find(word, 1, true), message)
    t.ok(message:find("transport", 1, true), message)
  end
  local url = BAD:gsub("//", "//ann:pw@") .. "/ok"
  local ok, message = pcall(http.get, url, { transport = "native" })
  t.equal(ok, false)
  t.ok(tostring(message):find("user", 1, true), tostring(message))
  for _, wrong in ipairs { "Native", "", 1, false } do
    t.equal(pcall(get, "/ok", { transport = wrong }), false)
  end
end)

test("requests of one batch may go over both", function()
  local answers = http.batch {
    BAD .. "/body", { url = BAD .. "/body", compression = true },
    { url = BAD .. "/body", proxy = BAD }, BAD .. "/short",
    { url = BAD .. "/short", compression = true },
  }
  local seen = {}
  for i, res in ipairs(answers) do
    seen[i] = res.transport .. res.error_code
  end
  t.equal(seen, { "native0", "curl0", "curl0", "native1000", "curl1000" })
end)

-- One user over both --------------------------------------------------------

test("a cookie that one was given, the other sends", function()
  get("/cookie?one=1;%20Path=/"):json()
  t.ok(get("/head", COMPRESSED).body:find("\r\nCookie: one=1\r\n", 1, true))
  local res = get("/cookie?two=2", COMPRESSED)
  t.equal(res.transport, "curl")
  local head = get("/head").body
  t.ok(head:find("one=1", 1, true) and head:find("two=2", 1, true), head)
  head = get("/head", { compression = true, cookies = { own = "3" } }).body
  local _, lines = head:gsub("\r\nCookie: ", "")
  t.equal(lines, 1, head)
  t.ok(head:find("one=1", 1, true) and head:find("own=3", 1, true), head)
  head = get("/head", { cookies = "clear" }).body
  t.ok(not head:find("Cookie", 1, true), head)
  t.ok(not get("/head", COMPRESSED).body:find("Cookie", 1, true))
end)

test("a cookie of a hop is sent with the next, to whom it belongs", function()
  local other = BAD:gsub("127%.0%.0%.1", "localhost")
  get("/cookie?mine=1")
  local head = get("/go/302?/head").body
  t.ok(head:find("Cookie: mine=1", 1, true), head)
  head = get("/go/302?" .. other .. "/head").body
  t.ok(not head:find("mine", 1, true), head)
  get("/ok", { cookies = "clear" })
end)

test("a redirect may lead from one to the other", function()
  local where = BAD:gsub("//", "//ann:pw@")
  local res = get("/go/302?" .. where .. "/head")
  t.equal({ res.transport, res.status, res.redirects }, { "curl", 200, 1 })
  t.ok(res.body:find("Authorization: Basic", 1, true), res.body)
  t.equal(get("/head").body:find("Authorization", 1, true), nil)
  -- A relative Location is joined to a URL that has the user in it.
  res = http.get(where .. "/go/302?/head")
  t.equal({ res.transport, res.status }, { "curl", 200 })
end)

-- Kept connections ----------------------------------------------------------

local function next_is_new() return get("/ok").new_connection end

test("a connection lost under a request is an error, or sent again",
  function()
    get("/body")
    local res = get("/drop-second")
    if not res.new_connection then
      t.equal({ res.status, res.error_code, res.error_class, res.retries },
        { 0, 1000, "kept_connection_closed", 0 })
    end
    for retries = 1, 3 do
      get("/body")
      res = get("/drop-second", { retries = retries })
      t.equal({ res.status, res.retries, res.new_connection },
        { 200, 1, true })
    end
    for _, wrong in ipairs { -1, 11, 1.5, "1", true } do
      t.equal(pcall(get, "/ok", { retries = wrong }), false)
    end
  end)

test("nothing but that is sent again", function()
  for _, path in ipairs { "/close", "/reset", "/half-head", "/short",
    "/garbage", "/never" } do
    get("/close-idle")
    stress.sleep("40ms")
    local res = get(path, { retries = 10, timeout = "100ms" })
    t.equal({ path, res.retries, res.ok }, { path, 0, false })
  end
end)

test("a request that says close has its connection closed", function()
  get("/ok", { headers = { Connection = "close" } })
  t.equal(next_is_new(), true)
  t.equal(next_is_new(), false)
end)

-- Errors --------------------------------------------------------------------

test("what offends is named, and shown", function()
  for path, case in pairs {
    ["/garbage"] = { "not_http", "220 mail" },
    ["/bad-chunk"] = { "bad_chunk_size", "zz" },
    ["/two-lengths"] = { "length_conflict", "Content-Length: 2" },
    ["/huge-header"] = { "line_too_long", "X-Huge: xx" },
    ["/half-head"] = { "truncated_head", "" },
    ["/cut-chunk"] = { "truncated_body", "" },
    ["/reset-body"] = { "reset", "" },
    ["/go/abc"] = { "bad_status", "abc Go" },
  } do
    local res = get(path, { timeout = "2s", retries = 1 })
    t.equal({ path, res.error_class }, { path, case[1] })
    t.ok(res.error:find(case[2], 1, true), res.error)
    t.ok(res.error_code == 1000 or case[1] == "reset")
  end
end)

-- Names and addresses -------------------------------------------------------

test("a host may be written in several ways", function()
  local port = BAD:match(":(%d+)$")
  for _, host in ipairs { "localhost", "LocalHost", "127.0.0.1" } do
    local res = http.get(("http://%s:%s/head"):format(host, port))
    t.equal({ host, res.status, res.transport }, { host, 200, "native" })
    t.ok(res.body:lower():find("\nhost: " .. host:lower() .. ":" .. port, 1,
      true), res.body)
    t.ok(res.timings.looking_up >= 0)
  end
  t.ok(http.get("http://localhost:" .. port .. "/ok").timings.looking_up == 0)
end)

test("nobody listens at version 6: refused, not unreachable", function()
  local res = http.get("http://[::1]:1/")
  if res.error_class ~= "refused" then
    -- A machine without it.
    t.ok(res.error_class == "dial" or res.error_class == "no_ports",
      res.error_class)
  end
  t.equal(res.status, 0)
end)

-- Times ---------------------------------------------------------------------

local function sums_up(res)
  local x = res.timings
  for name, ms in pairs(x) do t.ok(ms >= 0, name) end
  within(x.duration, x.sending + x.waiting + x.receiving - 0.01,
    x.sending + x.waiting + x.receiving + 0.01, "duration")
  t.ok(x.blocked + 0.01 >= x.looking_up + x.connecting + x.tls_handshaking)
end

test("the phases of a request add up, however it ends", function()
  for _, path in ipairs { "/ok", "/slow", "/interim", "/short", "/close",
    "/reset", "/never", "/garbage", "/early", "/drop-second", "/old",
    "/go/302?/slow", "/no-length" } do
    sums_up(get(path, { timeout = "300ms", retries = 1 }))
    sums_up(http.post(BAD .. path, { body = ("x"):rep(3000000),
      timeout = "300ms" }))
  end
  sums_up(http.get("http://127.0.0.1:1/"))
  sums_up(http.get(("http://%s.invalid/"):format(("x"):rep(64))))
end)

test("each phase is as long as the server made it", function()
  local res = get("/interim")
  within(res.timings.waiting, 99, 250, "waiting")
  within(res.timings.receiving, 0, 50, "receiving")
  res = get("/slow")
  within(res.timings.receiving, 70, 500, "receiving")
  within(res.timings.waiting, 0, 50, "waiting")
  res = http.post(BAD .. "/slow-reader", { body = ("x"):rep(8000000) })
  within(res.timings.sending, 90, 500, "sending")
  within(res.timings.waiting, 0, 50, "waiting")
end)

-- Memory --------------------------------------------------------------------

---The most memory that the engine ever had, in MB.
local function peak()
  local file = io.open("/proc/self/status")
  if not file then return nil end
  local text = file:read("a")
  file:close()
  return text:match("VmHWM:%s*(%d+)") / 1024
end

test("a body that is discarded takes no memory", function()
  local before = peak()
  if not before then return end
  local res = http.get("/bytes/100000000", { discard_body = true })
  t.equal({ res.status, res.body }, { 200 })
  t.equal(res.headers["content-length"], "100000000")
  within(peak() - before, 0, 8, "MB")
end)

return api.suite()
