-- stress.http against a server that misbehaves: every failure is a value,
-- has a sentence and a code, and does no harm to the requests after it.
--
-- needs: badserver

local api = require "api"
local http = require "stress.http"
local stress = require "stress"
local t = require "tap"

local test, time, within = api.test, api.time, api.within

local BAD = stress.env.BADSERVER_URL or ""

local function get(path, opts) return http.get(BAD .. path, opts) end

---How many requests a path of the bad server has had.
local function count(path)
  return get("/count"):json().requests[path] or 0
end

---A request fails with this code and a message, and the next one does not.
local function fails(url, code, pattern, opts)
  opts = opts or {}
  opts.timeout = opts.timeout or "5s"
  local res = http.get(url, opts)
  t.equal(res.error_code, code, tostring(res.error))
  t.ok(type(res.error) == "string" and #res.error > 0, "no message")
  if pattern then
    t.ok(res.error:lower():find(pattern), res.error)
  end
  t.equal(res.ok, false)
  t.equal(get("/ok").body, "ok")
  return res
end

local function bad(path, code, pattern, opts)
  return fails(BAD .. path, code, pattern, opts)
end

-- What is for one host only ------------------------------------------------

-- The same server by another name is another host.
local function elsewhere()
  return BAD .. "/to?" .. BAD:gsub("127%.0%.0%.1", "localhost") .. "/head"
end

test("a redirect to another host takes no secrets along", function()
  local res = http.get(elsewhere(), { cookies = { own = "secret" },
    auth = { bearer = "secret" }, headers = { Host = "secret.example",
      ["X-Plain"] = "goes along" } })
  t.equal(res.status, 200)
  t.ok(not res.body:find("secret"), res.body)
  t.ok(res.body:find("X%-Plain: goes along"), res.body)
  t.ok(res.body:find("Host: localhost:%d+"), res.body)
end)

test("a redirect to the same host keeps them", function()
  local res = get("/to?" .. BAD .. "/head", { cookies = { own = "secret" },
    auth = { bearer = "secret" } })
  t.ok(res.body:find("Bearer secret"), res.body)
  t.ok(res.body:find("own=secret"), res.body)
end)

test("a script's own Cookie header is the only one", function()
  local res = get("/head", { headers = { Cookie = "a=1" },
    cookies = { b = "2" } })
  local _, n = res.body:gsub("\r\nCookie:", "")
  t.equal(n, 1)
end)

-- What is sent twice --------------------------------------------------------

-- libcurl sends again by itself; the native transport when it is told to.
local AGAIN = { retries = 1 }

test("a kept connection that is closed is an error, or counted", function()
  if api.transport == "curl" then return end
  get("/ok")
  local res = get("/drop-second")
  if not res.new_connection and res.status == 0 then
    t.equal(res.error_class, "kept_connection_closed")
    t.equal(res.retries, 0)
  end
end)

test("a request that is sent again is counted", function()
  local before = count("/drop-second")
  local retries = 0
  for _ = 1, 6 do
    local res = get("/drop-second", AGAIN)
    t.equal(res.status, 200)
    retries = retries + res.retries
  end
  local came = count("/drop-second") - before
  t.ok(retries > 0, "nothing was sent again; " .. came .. " came")
  t.equal(came, 6 + retries)
end)

test("a POST is not sent again without saying so", function()
  http.post(BAD .. "/body", { body = "x" })
  local before = count("/drop-second")
  local res = http.post(BAD .. "/drop-second", { body = "x", retries = 1 })
  local came = count("/drop-second") - before
  t.equal(came, 1 + res.retries)
end)

-- Nobody there --------------------------------------------------------------

test("a refused connection is 1212", function()
  local res = fails("http://127.0.0.1:1/", 1212, "refused")
  t.equal(res.status, 0)
  t.equal(res.body, "")
  t.equal(res.headers["content-type"], nil)
  t.equal(res.proto, "")
  t.equal({ res:json() }, { nil, select(2, res:json()) })
end)

test("a host that does not exist is 1101", function()
  -- Too long for a name, so that no name server is asked.
  local label = ("x"):rep(64)
  local res = fails(("http://%s.invalid/"):format(label), 1101, "name")
  t.equal(res.status, 0)
end)

test("a URL that cannot be parsed is 1020", function()
  fails("http://127.0.0.1:99999/", 1020, "url")
  fails("http:///", 1020, "url")
end)

test("a dead proxy is refused, and a Unix socket that is not there fails",
  function()
    fails(BAD .. "/ok", 1212, "refused", { proxy = "http://127.0.0.1:1" })
    local res = fails("http://host/ok", 1210, "socket",
      { unix_socket = "/nonexistent/socket" })
    t.equal(res.status, 0)
  end)

test("a server that never answers is 1050 after the timeout", function()
  within(time(function()
    t.equal(bad("/never", 1050, "timed out", { timeout = "100ms" }).status, 0)
  end), 0.1, 0.4)
end)

-- No whole answer -----------------------------------------------------------

test("a connection closed without an answer is an error", function()
  t.equal(bad("/close", 1000, "without an answer").status, 0)
end)

test("a head that ends in the middle is no answer", function()
  local res = bad("/half-head", 1000, "head")
  t.equal(res.status, 0)
end)

test("a reset is 1220, before the answer and inside it", function()
  t.equal(bad("/reset", 1220, "reset").status, 0)
  local res = bad("/reset-body", 1220, "reset")
  t.equal(res.status, 200)
end)

test("a body shorter than announced fails", function()
  local res = bad("/short", 1000, "short")
  t.equal(res.status, 200)
  t.equal(res.error_class, "truncated_body")
  t.equal(res.body, "ten bytes.")
end)

test("two lengths that contradict each other fail", function()
  bad("/two-lengths", 1000, "content%-length")
end)

test("a chunked body that is broken or cut fails", function()
  bad("/bad-chunk", 1000)
  bad("/cut-chunk", 1000)
end)

test("an answer that is not HTTP fails", function()
  local res = bad("/garbage", 1000, "http")
  t.equal(res.status, 0)
end)

test("a header line of 200 KB fails and harms nothing", function()
  bad("/huge-header", 1000, "line")
end)

test("a compressed body that is none is 1701", function()
  bad("/bad-gzip", 1701, "compress", { compression = true })
  t.equal(get("/bad-gzip").body, "plain")
end)

test("a loop of redirects ends", function()
  local res = get("/loop")
  t.equal(res.status, 302)
  t.equal(res.redirects, 10)
end)

-- Odd, but right ------------------------------------------------------------

test("more bytes than announced do not end up in another answer", function()
  t.equal(get("/long").body, "ten")
  for _ = 1, 5 do t.equal(get("/ok").body, "ok") end
end)

test("chunks, and a body that ends with the connection, are right", function()
  local res = get("/chunked")
  t.equal({ res.status, res.body, res.error_code }, { 200, "okay, fine", 0 })
  res = get("/no-length")
  t.equal({ res.status, res.body, res.error_code }, { 200, "until the end", 0 })
end)

test("an answer that drips in is whole, and its time is receiving",
  function()
    local res = get("/slow")
    t.equal({ res.status, res.body }, { 200, "slow" })
    t.ok(res.timings.receiving > 50, res.timings.receiving)
  end)

test("interim answers are not the answer, nor its first byte", function()
  local res = get("/interim")
  t.equal({ res.status, res.body }, { 200, "after all" })
  within(res.timings.waiting, 99, 250, "waiting")
end)

test("an upload waits for no go-ahead", function()
  local res
  within(time(function()
    res = http.post(BAD .. "/body", { body = ("x"):rep(2000000) })
  end), 0, 0.5)
  t.equal(res:json().bytes, 2000000)
end)

-- Options that need a server of their own -----------------------------------

test("requests go through a proxy", function()
  local res = http.get("http://far.example/page?x=1", { proxy = BAD })
  t.equal(res.status, 200)
  t.equal(res.body, "http://far.example/page")
  t.equal(res.headers.via, "1.1 badserver")
end)

test("requests go to a Unix socket", function()
  local socket = stress.env.BADSERVER_SOCKET
  local res = http.get("http://named.example/ok", { unix_socket = socket })
  t.equal({ res.status, res.body }, { 200, "ok" })
  local head = http.get("http://named.example/head",
    { unix_socket = socket }).body
  t.ok(head:find("Host: named.example\r\n", 1, true), head)
end)

test("digest credentials are sent when they are asked for", function()
  local res = get("/digest", { auth = {
    user = "ann", password = "pw", type = "digest" } })
  t.equal(res.status, 200)
  t.ok(res.body:find('Authorization: Digest username="ann"', 1, true),
    res.body)
  t.equal(get("/digest").status, 401)
end)

test("the head of a request has what was asked and no more", function()
  local head = api.head { headers = { Accept = "a/b" } }
  t.ok(head:find("^GET /head HTTP/1.1\r\nHost: 127%.0%.0%.1:%d+\r\n"), head)
  t.ok(head:find("\r\nAccept: a/b\r\n", 1, true), head)
  t.ok(not head:find("Accept-Encoding", 1, true), head)
  t.ok(not head:find("Expect", 1, true), head)
  t.ok(api.head { compression = true }:find("Accept-Encoding: ", 1, true))
  t.ok(api.head { http_version = "1.0" }:find("^GET /head HTTP/1.0\r\n"))
end)

test("a failure in a batch fails only itself", function()
  local list = http.batch { BAD .. "/reset", BAD .. "/ok", BAD .. "/short",
    "http://127.0.0.1:1/" }
  t.equal({ list[1].error_code, list[2].body, list[3].error_code,
    list[4].error_code }, { 1220, "ok", 1000, 1212 })
end)

return api.suite()
