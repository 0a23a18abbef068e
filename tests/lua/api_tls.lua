-- stress.http over TLS: what is trusted, what is shown, what an error says;
-- and HTTP/2, which is spoken over TLS only.
--
-- needs: tls mtls h2 badserver

local api = require "api"
local http = require "stress.http"
local stress = require "stress"
local t = require "tap"

local URL = stress.env.TLS_URL or ""
local CA = stress.env.TLS_CA
local BY_ADDRESS = "https://127.0.0.1:" .. (stress.env.TLS_PORT or "")

local function test(name, fn) api.test(name, fn, "TLS_URL") end

test("a certificate that nobody signed is refused with 1310", function()
  local res = http.get(URL .. "/")
  t.equal(res.status, 0)
  t.equal(res.error_code, 1310)
  t.ok(res.error:lower():find("certificate"), res.error)
end)

test("tls.ca makes it trusted", function()
  local res = http.get(URL .. "/", { tls = { ca = CA } })
  t.equal({ res.status, res.error }, { 200 })
  t.ok(res.timings.tls_handshaking > 0)
  t.ok(res.timings.blocked >= res.timings.tls_handshaking)
end)

test("verify = false takes any certificate, for that request alone",
  function()
    local res = http.get(URL .. "/", { tls = { verify = false } })
    t.equal({ res.status, res.error }, { 200 })
    t.equal(http.get(URL .. "/").error_code, 1310)
  end)

test("a certificate for another name is 1311", function()
  local res = http.get(BY_ADDRESS .. "/", { tls = { ca = CA } })
  t.equal(res.status, 0)
  t.equal(res.error_code, 1311)
end)

test("tls.server_name is the name that is sent and verified", function()
  local res = http.get(BY_ADDRESS .. "/",
    { tls = { ca = CA, server_name = "localhost" } })
  t.equal({ res.status, res.error }, { 200 })
  res = http.get(BY_ADDRESS .. "/",
    { tls = { ca = CA, server_name = "other.example" } })
  t.equal(res.status, 0)
end)

test("a file of certificates that is not there is an error", function()
  local res = http.get(URL .. "/", { tls = { ca = "/nonexistent.pem" } })
  t.equal(res.status, 0)
  t.equal(res.error_code, 1300)
end)

-- The test server ends each connection, and says how the session came about.
local function session_is(options)
  local res = http.get(URL .. "/", { tls = options })
  t.equal({ res.status, res.new_connection }, { 200, true })
  return res.body:match("\n(%a+), TLS")
end

test("a session is resumed, unless it shall not be", function()
  if api.transport == "curl" then return end
  session_is { ca = CA }
  for _ = 1, 3 do t.equal(session_is { ca = CA }, "Reused") end
  for _ = 1, 3 do
    t.equal(session_is { ca = CA, resume = false }, "New")
  end
  t.equal(pcall(http.get, URL .. "/", { tls = { resume = 1 } }), false)
end)

api.test("a certificate of one's own does no harm where none is asked for",
  function()
    local mine = stress.env.MTLS_DIR .. "/client"
    local res = http.get(URL .. "/", { tls = { ca = CA, cert = mine .. ".pem",
      key = mine .. ".key" } })
    t.equal({ res.error, res.status }, { nil, 200 })
  end, "MTLS_DIR")

test("the phases of a request over TLS add up", function()
  for _, tls in ipairs { { ca = CA }, { verify = false }, {} } do
    local res = http.get(URL .. "/", { tls = tls })
    local x = res.timings
    for name, ms in pairs(x) do t.ok(ms >= 0, name) end
    api.within(x.duration, x.sending + x.waiting + x.receiving - 0.01,
      x.sending + x.waiting + x.receiving + 0.01, "duration")
    t.ok(x.blocked + 0.01 >=
      x.looking_up + x.connecting + x.tls_handshaking)
    t.ok(x.connecting > 0 or res.transport == "curl" and not res.ok)
  end
end)

test("TLS to a server that speaks none fails", function()
  local plain = stress.env.BADSERVER_URL:gsub("^http", "https")
  local res = http.get(plain .. "/garbage", { timeout = "2s" })
  t.equal(res.status, 0)
  api.within(res.error_code, 1300, 1309)
end)

test("HTTP to a server that speaks TLS fails", function()
  local plain = URL:gsub("^https", "http")
  local res = http.get(plain .. "/", { timeout = "2s" })
  t.equal(res.status, 0)
  t.ok(res.error_code > 0)
end)

-- Certificates of our own

local DIR = (stress.env.MTLS_DIR or "") .. "/"

---Asks the server that wants a certificate; `cert` and `key` are its files.
local function present(cert, key)
  return http.get((stress.env.MTLS_URL or "") .. "/", { tls = {
    ca = CA, cert = cert and DIR .. cert, key = key and DIR .. key } })
end

local function mtls(name, fn) api.test(name, fn, "MTLS_URL") end

mtls("tls.cert and tls.key are shown to a server that asks", function()
  local res = present("client.pem", "client.key")
  t.equal({ res.status, res.error }, { 200 })
  t.ok(res.body:find("CN%s*=%s*alice"), res.body)
end)

mtls("without a certificate the server's refusal is an error", function()
  for _ = 1, 2 do
    local res = present()
    t.equal(res.status, 0)
    t.equal({ res.error_code, res.error_class }, { 1300, "tls" })
    t.ok(res.error:find("certificate required", 1, true), res.error)
    -- What one request showed, the next does not.
    t.equal(present("client.pem", "client.key").status, 200)
  end
end)

mtls("a certificate that the server does not trust is an error", function()
  local res = present("stranger.pem", "stranger.key")
  t.equal(res.status, 0)
  t.equal({ res.error_code, res.error_class }, { 1300, "tls" })
  t.ok(res.error:find("unknown ca", 1, true), res.error)
end)

mtls("files that are not a pair, or none, are 1300 and named", function()
  for _, case in ipairs({
    { "client.pem", "stranger.key", "stranger.key" },
    { "client.pem", "none.key", "none.key" },
    { "client.pem", "client.csr", "client.csr" },
    { "client.pem", nil, "client.pem" }, -- has no key in it
    { "none.pem", "client.key", "none.pem" },
  }) do
    local res = present(case[1], case[2])
    t.equal({ res.status, res.error_code, res.error_class },
      { 0, 1300, "tls_own_certificate" })
    t.ok(res.error:find(case[3], 1, true), res.error)
  end
end)

-- HTTP/2

local H2 = stress.env.H2_URL or ""

---A request over HTTP/2; `more` are its other options.
local function over_h2(path, more)
  local request = { url = H2 .. path, http_version = "2", name = "h2",
    tls = { ca = CA }, timeout = "5s" }
  for key, value in pairs(more or {}) do request[key] = value end
  return request
end

local function h2(name, fn) api.test(name, fn, "H2_URL") end

h2("http_version \"2\" is HTTP/2, one request after another", function()
  for i = 1, 5 do
    local res = http.request(over_h2("/small"))
    t.equal({ res.status, res.proto, res.body }, { 200, "HTTP/2", "small\n" })
    t.equal(res.headers["Content-Length"], "6")
    t.equal(res.timings.connecting > 0, i == 1, "connected")
  end
end)

h2("over HTTP/2 methods, statuses and bodies are as ever", function()
  local res = http.request(over_h2("/echo", { method = "POST",
    body = "some bytes", headers = { ["X-Team"] = "blue" } }))
  t.equal({ res.status, res.body }, { 200, "some bytes" })
  res = http.request(over_h2("/small", { method = "HEAD" }))
  t.equal({ res.status, res.proto, res.body }, { 200, "HTTP/2", "" })
  res = http.request(over_h2("/nothing-here", { expect = 404 }))
  t.equal({ res.status, res.ok }, { 404, true })
end)

-- Of every second one the end did not come, when reads were small.
h2("over HTTP/2 bodies of any size come whole", function()
  for size = 1000, 200000, 7919 do
    local res = http.request(over_h2("/small"))
    t.equal(res.body, "small\n")
    local body = ("x"):rep(size)
    res = http.request(over_h2("/echo", { method = "POST", body = body }))
    t.equal({ res.status, res.error, #res.body }, { 200, nil, size })
  end
  local list = {}
  for i = 1, 8 do list[i] = over_h2(i % 2 == 0 and "/small" or "/large") end
  for i, res in ipairs(http.batch(list)) do
    t.equal({ res.status, #res.body }, { 200, i % 2 == 0 and 6 or 100000 })
  end
end)

h2("http.batch over HTTP/2 shares the connection", function()
  local list = {}
  for i = 1, 20 do
    list[i] = over_h2("/echo", { method = "POST", body = "request " .. i })
  end
  for i, res in ipairs(http.batch(list)) do
    t.equal({ res.status, res.proto, res.body },
      { 200, "HTTP/2", "request " .. i })
    t.equal(res.timings.connecting, 0.0)
  end
end)

h2("a server that knows no HTTP/2 is asked as it can", function()
  local res = http.get(URL .. "/", { http_version = "2", tls = { ca = CA } })
  t.equal(res.status, 200)
  t.ok(res.proto:find("^HTTP/1"), res.proto)
end)

h2("nothing else is asked for HTTP/2", function()
  local res = http.get(H2 .. "/small", { tls = { ca = CA }, timeout = "5s" })
  t.equal({ res.status, res.proto }, { 0, "" })
  t.equal(http.request(over_h2("/small")).proto, "HTTP/2")
end)

api.test("there was a request that succeeded", function()
  t.equal(http.get("/health").status, 200)
end)

-- All requests over HTTP/2 went over one connection.
return api.suite({ thresholds = {
  ["http_conn_new{name:h2}"] = { "count==1", optional = true },
} })
