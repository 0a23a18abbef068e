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

-- libcurl sends again by itself what a kept connection did not answer; the
-- native transport when it is told to.
local AGAIN = { retries = 1 }

---How many requests a path of the bad server has had.
local function count(path)
  return get("/count", AGAIN):json().requests[path] or 0
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
  for _ = 1, 5 do t.equal(get("/ok").body, "ok")
  end
  local ok, err = pcall(get, "/ok",
    { headers = { ["Transfer-Encoding"] = "chunked" } })
  t.equal(ok, false)
  t.ok(tostring(err):find("Transfer-Encoding", 1, true), err)
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

-- Every byte ----------------------------------------------------------------

local WHOLE = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Some: thing\r\n\r\n"
  .. "hello"

test("an answer cut anywhere is an error, with what was seen of it", function()
  for n = 0, #WHOLE - 1 do
    local res = get("/cut/" .. n, AGAIN)
    local in_head = n < #WHOLE - 5
    t.equal({ n, res.error_code, res.ok, res.status },
      { n, 1000, false, in_head and 0 or 200 })
    t.equal(res.body, in_head and "" or ("hello"):sub(1, n - #WHOLE + 5))
  end
  t.equal(get("/cut/" .. #WHOLE).body, "hello")
end)

test("an answer split anywhere is the same answer", function()
  for n = 1, #WHOLE, 3 do
    local res = get("/split/" .. n, AGAIN)
    t.equal({ n, res.status, res.body, res.headers["x-some"], res.error_code },
      { n, 200, "hello", "thing", 0 })
  end
end)

-- Where an answer ends, and whether its connection lives --------------------

local function next_is_new() return get("/ok").new_connection end

test("204, 304 and answers to HEAD have no body, whatever they say", function()
  for _, case in ipairs {
    { "GET", "/no-content", 204 }, { "POST", "/no-content", 204 },
    { "GET", "/not-modified", 304 }, { "HEAD", "/length-only", 200 },
  } do
    local res = http.request { method = case[1], url = BAD .. case[2],
      timeout = "2s" }
    t.equal({ res.status, res.body, res.error_code }, { case[3], "", 0 })
    t.equal(next_is_new(), false)
  end
end)

test("HTTP/1.0 ends the connection, unless it says otherwise", function()
  local res = get("/old")
  t.equal({ res.status, res.body, res.proto }, { 200, "old", "HTTP/1.0" })
  t.equal(next_is_new(), true)
  t.equal(get("/old-keep").body, "old")
  t.equal(next_is_new(), false)
  t.equal(get("/old-no-length").body, "until the end")
  t.equal(next_is_new(), true)
end)

test("a server that closes without a word harms no request", function()
  local sent, retries = 20, 0
  local before = count("/close-after")
  for _ = 1, sent do
    local res = get("/close-after", AGAIN)
    t.equal({ res.status, res.body }, { 200, "ok" })
    retries = retries + res.retries
  end
  t.equal(count("/close-after") - before, sent)
end)

test("a connection closed or reset while idle is not used", function()
  for _, path in ipairs { "/close-idle", "/reset-after" } do
    t.equal(get(path).body, "ok")
    stress.sleep("80ms")
    local res = get("/ok")
    t.equal({ res.body, res.new_connection }, { "ok", true })
    if api.transport ~= "curl" then t.equal(res.retries, 0) end
  end
end)

-- Uploads that are not wanted -----------------------------------------------

local LARGE = ("0123456789abcdef"):rep(1 << 19) -- 8 MB

test("an answer that comes before the upload is over counts", function()
  for _, path in ipairs { "/early", "/early-close", "/early-reset" } do
    local res
    within(time(function()
      res = http.post(BAD .. path, { body = LARGE, timeout = "5s" })
    end), 0, 0.9, path)
    t.equal({ path, res.status, res.error_code }, { path, 413, 1413 })
    t.equal(next_is_new(), true)
  end
end)

test("an upload that is broken off without an answer says so", function()
  get("/close-idle") -- so that it goes out on a new connection
  stress.sleep("60ms")
  local res = http.post(BAD .. "/early-end", { body = LARGE, timeout = "5s" })
  t.equal(res.status, 0)
  t.ok(res.error_code == 1201 or res.error_code == 1220,
    tostring(res.error_code) .. " " .. tostring(res.error))
  t.equal(get("/ok").body, "ok")
end)

test("a server that reads late makes the sending long", function()
  local res = http.post(BAD .. "/slow-reader", { body = LARGE })
  t.equal({ res.status, res.body }, { 200, "ok" })
  within(res.timings.sending, 80, 2000, "sending")
  t.ok(res.timings.waiting < 80, res.timings.waiting)
end)

-- What is sent --------------------------------------------------------------

test("a header may be empty", function()
  local head = api.head { headers = { ["X-Empty"] = "", ["X-Full"] = "1" } }
  t.ok(head:find("\r\nX%-Empty: ?\r\n"), head)
  t.ok(head:find("\r\nX%-Full: 1\r\n"), head)
end)

test("where the body ends is not the script's to say", function()
  for name, value in pairs {
    ["Content-Length"] = "2", ["content-length"] = "900",
  } do
    local headers = { [name] = value }
    local head = api.head { method = "POST", body = "1234", headers = headers }
    local _, lengths = head:gsub("\n[Cc]ontent%-[Ll]ength: 4\r", "")
    t.equal(lengths, 1, head)
    t.ok(not head:find(name .. ": " .. value, 1, true), head)
    head = api.head { headers = headers }
    t.ok(not head:lower():find(name:lower(), 1, true), head)
    t.equal(get("/ok").body, "ok")
  end
end)

test("each method has the body it was given, and no other", function()
  for _, method in ipairs { "GET", "DELETE", "OPTIONS", "PATCH", "PUT",
    "POST", "PURGE" } do
    local always = method == "PATCH" or method == "PUT" or method == "POST"
    local head = api.head { method = method }
    t.ok(head:find("^" .. method .. " /head HTTP/1.1\r\n"), head)
    t.equal(head:find("Content-Length: 0\r\n", 1, true) ~= nil, always, head)
    t.equal(head:find("Content-Length", 1, true) ~= nil, always, head)
    head = api.head { method = method, body = "four" }
    t.ok(head:find("^" .. method .. " "), head)
    t.ok(head:find("\r\nContent-Length: 4\r\n", 1, true), head)
    t.ok(not head:find("Content-Type", 1, true), head)
  end
end)

test("a Host of one's own replaces the URL's", function()
  local head = api.head { headers = { host = "shop.example" } }
  local _, hosts = head:lower():gsub("\nhost: ", "")
  t.equal(hosts, 1, head)
  t.ok(head:lower():find("\nhost: shop.example\r\n", 1, true), head)
end)

test("no option can smuggle in a line", function()
  local before = count("/evil")
  local evil = "x\r\nX-Evil: 1\r\n\r\nGET /evil HTTP/1.1\r\n\r\n"
  for what, opts in pairs {
    header = { headers = { ["X-A"] = evil } },
    ["header name"] = { headers = { ["X-A: 1\r\nX-Evil"] = "1" } },
    ["blank in a name"] = { headers = { ["X-Evil "] = "1" } },
    ["cookie name"] = { cookies = { [evil] = "1" } },
    ["cookie value"] = { cookies = { a = evil } },
    cookies = { cookies = "a=" .. evil },
    user = { auth = { user = evil, password = "x" } },
    bearer = { auth = { bearer = evil } },
    query = { query = { [evil] = evil } },
    form = { method = "POST", form = { [evil] = evil } },
    type = { method = "POST",
      multipart = { a = { data = "x", type = evil, filename = evil } } },
    url = { url = BAD .. "/head" .. evil },
    method = { method = "GET /evil HTTP/1.1\r\n\r\nGET" },
    host = { headers = { Host = evil } },
  } do
    opts.url = opts.url or BAD .. "/head"
    local ok, res = pcall(http.request, opts)
    t.ok(not ok or not res.body:find("\nX-Evil", 1, true),
      what .. ": " .. (ok and res.body or ""))
  end
  t.equal(count("/evil"), before)
end)

-- From one place to another -------------------------------------------------

test("redirects lead where they say, with the method they ask for", function()
  local res = http.post(BAD .. "/go/303?/head", { json = { a = 1 } })
  t.equal({ res.status, res.redirects, res.url }, { 200, 1, BAD .. "/head" })
  t.ok(res.body:find("^GET /head "), res.body)
  t.ok(not res.body:find("Content-", 1, true), res.body)
  res = http.put(BAD .. "/go/308?/head", { json = { a = 1 } })
  t.ok(res.body:find("^PUT /head "), res.body)
  t.ok(res.body:find("Content-Length: 7\r\n", 1, true), res.body)
  res = get("/go/302?/go/301?/go/307?../ok")
  t.equal({ res.status, res.body, res.redirects, res.url },
    { 200, "ok", 3, BAD .. "/ok" })
end)

test("what is meant for one place is not told another", function()
  local other = BAD:gsub("127%.0%.0%.1", "localhost")
  local mine = { auth = { user = "ann", password = "pw" },
    headers = { Host = "home.example", ["X-Own"] = "1" },
    cookies = { secret = "1" } }
  local head = get("/go/302?/head", mine).body
  t.ok(head:find("Authorization: Basic", 1, true), head)
  t.ok(head:find("Host: home.example", 1, true), head)
  t.ok(head:find("Cookie: secret=1", 1, true), head)
  local res = get("/go/302?" .. other .. "/head", mine)
  head = res.body
  t.equal({ res.status, res.url }, { 200, other .. "/head" })
  t.ok(head:find("X-Own: 1", 1, true), head)
  t.ok(not head:find("Authorization", 1, true), head)
  t.ok(head:find("Host: localhost:", 1, true), head)
  t.ok(not head:find("secret", 1, true), head)
end)

test("a redirect to where nobody is fails there", function()
  local res = get("/go/302?http://127.0.0.1:1/x")
  t.equal({ res.status, res.error_code, res.redirects, res.url },
    { 0, 1212, 1, "http://127.0.0.1:1/x" })
  res = get("/go/302?https" .. BAD:sub(5) .. "/x", { timeout = "2s" })
  t.equal({ res.status, res.redirects }, { 0, 1 })
  within(res.error_code, 1300, 1309)
end)

-- Many at once --------------------------------------------------------------

test("a hundred connections of one user are in nobody's way", function()
  local list = {}
  for i = 1, 100 do
    list[i] = BAD .. (i % 5 == 0 and "/short" or i % 7 == 0 and "/slow"
      or "/body")
  end
  for _ = 1, 2 do
    local answers = http.batch(list)
    for i, res in ipairs(answers) do
      t.equal({ i, res.status, res.error_code }, { i, 200,
        i % 5 == 0 and 1000 or 0 })
      if i % 5 ~= 0 and i % 7 == 0 then t.equal(res.body, "slow") end
    end
  end
end)

test("strands of one user each go their own way", function()
  local strands = {}
  for i = 1, 20 do
    strands[i] = function()
      local got = {}
      for k = 1, 5 do
        local text = ("%d-%d"):format(i, k)
        got[k] = http.get(BAD .. "/head", { headers = { ["X-Me"] = text } })
          .body:match("X%-Me: (%S+)") == text
      end
      return got
    end
  end
  for _, got in ipairs(stress.batch(strands)) do
    t.equal(got, { true, true, true, true, true })
  end
end)

-- What is kept of an answer -------------------------------------------------

test("an answer stays what it was while others come", function()
  local small = get("/head", { headers = { ["X-N"] = "1" } })
  local large = api.head { headers = { ["X-N"] = ("y"):rep(5000) } }
  local again = get("/head", { headers = { ["X-N"] = ("y"):rep(5000) } })
  local read = get("/ok")
  t.equal(read.body, "ok")
  for i = 1, 50 do
    get("/head", { headers = { ["X-N"] = ("%05d"):format(i):rep(i * 40) } })
  end
  collectgarbage()
  t.ok(small.body:find("X-N: 1\r\n", 1, true), small.body)
  t.equal(again.body, large)
  t.equal(small.body, small.body)
  t.equal(read.body, "ok")
  t.equal(small.headers["content-type"], "text/plain")
  t.equal(small.url, BAD .. "/head")
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
