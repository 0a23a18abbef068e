-- stress.http over TLS: what is trusted, and what an error says.
--
-- needs: tls badserver

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

api.test("there was a request that succeeded", function()
  t.equal(http.get("/health").status, 200)
end)

return api.suite()
