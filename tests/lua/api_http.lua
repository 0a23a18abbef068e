-- stress.http against the built-in target: requests, their options, and what
-- an answer has.

local api = require "api"
local http = require "stress.http"
local json = require "stress.json"
local stress = require "stress"
local t = require "tap"

local test, time, within, echo = api.test, api.time, api.within, api.echo

-- Methods and URLs ----------------------------------------------------------

test("each method has a function", function()
  for name, method in pairs {
    get = "GET", post = "POST", put = "PUT", patch = "PATCH", del = "DELETE",
    options = "OPTIONS",
  } do
    local res = http[name]("/echo")
    t.equal(res.status, 200, method)
    t.equal(res:json().method, method)
  end
  local res = http.head("/bytes/100")
  t.equal(res.status, 200)
  t.equal(res.body, "")
  t.equal(res.headers["content-length"], "100")
end)

test("request takes method and URL among its options", function()
  local res = http.request { method = "PUT", url = "/echo", query = { a = 1 } }
  t.equal(res:json().method, "PUT")
  t.equal(res:json().query, { a = "1" })
  t.equal(http.request { url = "/echo" }:json().method, "GET")
end)

test("a method that is none is an error", function()
  t.raises(function() http.request { method = "get it", url = "/" } end,
    "get it")
end)

test("a URL with a slash first is joined to the target", function()
  t.equal(http.get("/echo").url, stress.target .. "/echo")
  t.equal(http.get(stress.target .. "/echo"):json().path, "/echo")
end)

test("a URL that cannot be one is the script's mistake", function()
  t.raises(function() http.get("echo") end, "http://")
  t.raises(function() http.get("/a b") end, "blank")
  t.raises(function() http.get() end, "URL")
  t.raises(function() http.get({}) end, "URL")
  t.raises(function() http.get("ftp://localhost/") end, "http://")
end)

test("a misspelt option names the right one", function()
  t.raises(function() http.get("/", { header = {} }) end, "headers")
  t.raises(function() http.get("/", { time_out = 1 }) end, "timeout")
  t.raises(function() http.get("/", { tls = { verfy = false } }) end,
    "verify")
  t.raises(function() http.get("/", 5) end, "table")
end)

test("an option of the wrong type is an error that names it", function()
  for option, value in pairs {
    headers = "Accept: a", form = 1, query = "a=b", timeout = "never",
    body = {}, tags = "x", auth = "ann", redirects = "all",
    discard_body = "yes", compression = "gzip", expect = "ok",
    http_version = "3.5", tls = true, multipart = "x", name = 5,
  } do
    local message = t.raises(function()
      http.post("/", { [option] = value })
    end, "option")
    t.ok(message:find(option, 1, true), message)
  end
  t.raises(function() http.get("/", { auth = { user = 5 } }) end,
    "http option auth: expected a string")
end)

test("two bodies at once are an error", function()
  t.raises(function() http.post("/", { json = {}, body = "x" }) end, "body")
  t.raises(function() http.post("/", { form = { a = 1 }, body = "x" }) end,
    "body")
end)

-- What is sent --------------------------------------------------------------

test("headers are sent as given", function()
  local sent = echo { headers = {
    ["X-One"] = "1", ["x-two"] = 2, ["X-Three"] = true, Accept = "text/html",
  } }.headers
  t.equal(sent["X-One"], "1")
  t.equal(sent["x-two"], "2")
  t.equal(sent["X-Three"], "true")
  t.equal(sent.Accept, "text/html")
end)

test("a header cannot smuggle another one in", function()
  t.raises(function()
    http.get("/", { headers = { ["X-A"] = "1\r\nX-B: 2" } })
  end, "header")
  t.raises(function()
    http.get("/", { headers = { ["X-A: 1\r\nX-B"] = "2" } })
  end, "header")
end)

test("json sends the value as JSON, and says so", function()
  local res = http.post("/echo", { json = { id = 9007199254740993,
    list = json.array {}, none = json.null, text = 'q"\n' } })
  t.equal(res.headers["Content-Type"], "application/json")
  t.equal(res:json(), { id = 9007199254740993, list = json.array {},
    none = json.null, text = 'q"\n' })
end)

test("a Content-Type of one's own wins", function()
  local res = http.post("/echo", { json = { a = 1 },
    headers = { ["content-type"] = "application/vnd.api+json" } })
  t.equal(res.headers["Content-Type"], "application/vnd.api+json")
end)

test("form sends pairs, encoded", function()
  local res = http.post("/echo", { form = { ["a b"] = "c&d=e", n = 5 } })
  t.equal(res.headers["Content-Type"], "application/x-www-form-urlencoded")
  local parts = {}
  for part in res.body:gmatch("[^&]+") do parts[#parts + 1] = part end
  table.sort(parts)
  t.ok(parts[1] == "a+b=c%26d%3De" or parts[1] == "a%20b=c%26d%3De",
    res.body)
  t.equal(parts[2], "n=5")
end)

test("a list in a form or a query keeps its order", function()
  local list, pairs_of = {}, {}
  for i = 1, 300 do
    list[i], pairs_of[i] = i, "a=" .. i
  end
  local expected = table.concat(pairs_of, "&") .. "&b=x"
  for _ = 1, 3 do
    local res = http.post("/echo", { form = { a = list, b = "x" } })
    t.equal(res.body, expected)
  end
  local res = http.get("/echo", { query = { a = { 3, 1, 2 }, b = "x" } })
  t.ok(res.url:find("?a=3&a=1&a=2&b=x", 1, true), res.url)
end)

test("body sends bytes as they are, NULs too", function()
  local all = {}
  for byte = 0, 255 do all[#all + 1] = string.char(byte) end
  local bytes = table.concat(all)
  local res = http.put("/echo", { body = bytes,
    headers = { ["Content-Type"] = "image/x-noise" } })
  t.equal(res.body, bytes)
  t.equal(res.headers["Content-Type"], "image/x-noise")
  t.equal(#http.post("/echo", { body = ("x"):rep(300000) }).body, 300000)
end)

test("query adds pairs, encoded, also to a URL that has some", function()
  t.equal(echo { query = { q = "a b&c", n = 1.5 } }.query,
    { q = "a b&c", n = "1.5" })
  t.equal(echo { url = "/echo?x=1", query = { y = true } }.query,
    { x = "1", y = "true" })
end)

test("multipart sends fields and files", function()
  local res = http.post("/upload", { multipart = {
    { name = "word", data = "four" },
    { name = "file", data = "a\0b", filename = "note.bin",
      type = "application/x-note" },
  } })
  t.equal(res.status, 200)
  t.equal(res:json().parts, {
    { name = "word", filename = json.null, size = 4 },
    { name = "file", filename = "note.bin", size = 3 },
  })
end)

test("multipart takes a table of names, too", function()
  local parts = http.post("/upload", { multipart = {
    word = "four", file = { data = "x", filename = "x.txt" },
  } }):json().parts
  table.sort(parts, function(a, b) return a.name < b.name end)
  t.equal(parts, {
    { name = "file", filename = "x.txt", size = 1 },
    { name = "word", filename = json.null, size = 4 },
  })
end)

test("auth sends basic and bearer credentials", function()
  local ann = { user = "ann", password = "p:w" }
  t.equal(http.get("/basic-auth/ann/p:w", { auth = ann }).status, 200)
  t.equal(http.get("/basic-auth/ann/else", { auth = ann }).status, 401)
  t.equal(http.get("/bearer", { auth = { bearer = "abc" } }):json().token,
    "abc")
  t.equal(http.get("/bearer").status, 401)
end)

test("the version of HTTP can be chosen", function()
  t.equal(http.get("/health").proto, "HTTP/1.1")
  local res = http.get("/health", { http_version = "1.0" })
  t.equal(res.status, 200)
end)

test("a large upload does not wait for a go-ahead", function()
  local body = ("x"):rep(2000000)
  local res
  within(time(function() res = http.post("/upload", { body = body }) end),
    0, 0.5)
  t.equal(res:json().bytes, 2000000)
end)

-- What comes back -----------------------------------------------------------

test("an answer has status, body, protocol and transport", function()
  local res = http.get("/bytes/10")
  t.equal(res.status, 200)
  t.equal(res.body, "ABCDEFGHIJ")
  t.equal(res.proto, "HTTP/1.1")
  t.equal(res.transport, api.transport == "curl" and "curl" or "native")
  t.equal(res.error, nil)
  t.equal(res.error_code, 0)
end)

test("headers are found in any case", function()
  local headers = http.post("/echo", { body = "abc" }).headers
  for _, name in ipairs { "x-echo-length", "X-Echo-Length",
    "X-ECHO-LENGTH" } do
    t.equal(headers[name], "3", name)
  end
  t.equal(headers["x-no-such-header"], nil)
end)

test("a status that is an error is a value with k6's code", function()
  for status, code in pairs { [404] = 1404, [500] = 1500, [503] = 1503 } do
    local res = http.get("/status/" .. status)
    t.equal(res.status, status)
    t.equal(res.error_code, code)
  end
  t.equal(http.get("/status/204").error_code, 0)
end)

test("a field that no answer has is an error", function()
  t.raises(function() return http.get("/").stauts end, "stauts")
  t.raises(function() http.get("/").status = 1 end, "changed")
end)

test("json gives the body, or nil and a message with the position",
  function()
    t.equal(http.get("/status/200"):json(), { status = 200 })
    t.equal(http.post("/echo", { body = "9007199254740993" }):json(),
      9007199254740993)
    local value, message = http.post("/echo", { body = '{"a":}' }):json()
    t.equal(value, nil)
    t.ok(message:find("6", 1, true), message)
    value, message = http.get("/bytes/0"):json()
    t.equal(value, nil)
    t.ok(type(message) == "string")
  end)

test("discard_body counts the body and keeps none", function()
  local res = http.get("/bytes/100000", { discard_body = true })
  t.equal(res.status, 200)
  t.equal(res.body, nil)
end)

test("compression asks for it and undoes it", function()
  local plain = http.get("/gzip")
  t.equal(plain.headers["content-encoding"], nil)
  local packed = http.get("/gzip", { compression = true })
  t.equal(packed.headers["content-encoding"], "gzip")
  t.equal(packed.body, plain.body)
end)

test("the timings add up and leave nothing out", function()
  for _, path in ipairs { "/delay/20", "/bytes/3000000", "/status/500" } do
    local res
    local whole = 1000 * time(function() res = http.get(path) end)
    local ms = res.timings
    for name, value in pairs(ms) do
      t.ok(value >= 0, name .. " is negative")
    end
    within(ms.sending + ms.waiting + ms.receiving - ms.duration, -0.01, 0.01,
      "sum of the phases less duration")
    within(ms.blocked + ms.duration, 0, whole, "blocked and duration")
    t.ok(ms.looking_up + ms.connecting + ms.tls_handshaking
      <= ms.blocked + 0.01, "blocked contains the connection")
  end
  within(http.get("/delay/50").timings.waiting, 49.9, 90)
end)

test("a connection is kept for the next request", function()
  http.get("/health")
  local ms = http.get("/health").timings
  t.equal({ ms.connecting, ms.looking_up, ms.tls_handshaking },
    { 0.0, 0.0, 0.0 })
end)

-- Time ----------------------------------------------------------------------

test("a timeout is status 0, an error, and code 1050", function()
  local res
  within(time(function()
    res = http.get("/delay/5000", { timeout = "100ms" })
  end), 0.1, 0.3)
  t.equal(res.status, 0)
  t.equal(res.error_code, 1050)
  t.ok(res.error:find("timed out", 1, true), res.error)
  t.equal(http.get("/status/200").status, 200)
end)

test("a timeout ends an answer that is being received", function()
  local res = http.get("/bytes/500000000",
    { timeout = 0.05, discard_body = true })
  t.equal(res.error_code, 1050)
end)

-- Redirects -----------------------------------------------------------------

test("redirects are followed", function()
  local res = http.get("/redirect/3")
  t.equal(res.status, 200)
  t.equal(res:json(), { redirected = true })
  t.equal(res.redirects, 3)
end)

test("redirects = false leaves the first answer", function()
  local res = http.get("/redirect/3", { redirects = false })
  t.equal(res.status, 302)
  t.ok(res.headers.location:find("/redirect/2", 1, true))
  t.equal(http.get("/redirect/3", { redirects = 0 }).status, 302)
end)

test("a limit of redirects leaves the last answer", function()
  local res = http.get("/redirect/5", { redirects = 2 })
  t.equal(res.status, 302)
  t.ok(res.headers.location:find("/redirect/2", 1, true),
    res.headers.location)
  t.equal(http.get("/redirect/10").status, 200)
  t.equal(http.get("/redirect/11").status, 302)
end)

test("a redirect of a POST becomes a GET, unless it says 307", function()
  t.equal(http.post("/redirect/1", { body = "x" }).status, 200)
  t.equal(http.post("/redirect/1?code=307", { body = "x" }).status, 200)
end)

-- Cookies -------------------------------------------------------------------

test("a cookie that was set is sent from then on", function()
  t.equal(http.get("/me").status, 401)
  local login = { user = "ann", password = "secret" }
  t.equal(http.post("/login", { json = login }).status, 200)
  t.equal(http.get("/me"):json(), { user = "ann" })
  t.equal(http.post("/logout").status, 200)
  t.equal(http.get("/me").status, 401)
end)

test("cookies can be added, sent alone, and cleared", function()
  http.get("/cookies/set?flavour=oat")
  local function cookies(opts) return http.get("/cookies", opts):json() end
  local function has(opts, key)
    local found = cookies(opts)
    return (found.cookies or found)[key]
  end
  t.equal(has(nil, "flavour"), "oat")
  t.equal(has({ cookies = { size = 2 } }, "size"), "2")
  t.equal(has({ cookies = { size = 2 } }, "flavour"), "oat")
  t.equal(has(nil, "size"), nil)
  t.equal(has({ cookies = "clear" }, "flavour"), nil)
end)

-- What counts as success ----------------------------------------------------

test("expect says which status is right", function()
  t.equal(http.get("/status/404").ok, false)
  t.equal(http.get("/status/404", { expect = 404 }).ok, true)
  t.equal(http.get("/status/201", { expect = { 200, 201 } }).ok, true)
  t.equal(http.get("/status/204", { expect = { 200, 201 } }).ok, false)
  t.equal(http.get("/status/204").ok, true)
end)

-- Batches -------------------------------------------------------------------

test("a batch answers in the order asked, and runs at the same time",
  function()
    local list
    within(time(function()
      list = http.batch {
        "/delay/100?status=201",
        { url = "/delay/50?status=202" },
        { method = "POST", url = "/echo", body = "third" },
        { url = "/delay/100", timeout = "20ms" },
      }
    end), 0.1, 0.19)
    t.equal({ list[1].status, list[2].status, list[3].body,
      list[4].error_code }, { 201, 202, "third", 1050 })
    t.equal(http.batch {}, {})
  end)

test("a batch with a mistake starts none of it", function()
  t.raises(function() http.batch { "/health", { utl = "/" } } end, "url")
  t.raises(function() http.batch { "/health", "nonsense" } end, "http://")
  t.equal(http.get("/health").status, 200)
end)

test("a hundred requests at once all come back", function()
  local urls = {}
  for i = 1, 100 do urls[i] = "/echo?n=" .. i end
  for i, res in ipairs(http.batch(urls)) do
    t.equal(res:json().query.n, tostring(i))
  end
end)

-- What cannot be in a head --------------------------------------------------

test("a line break cannot get into the head of a request", function()
  for _, opts in ipairs { { headers = { A = "b\r\nX: 1" } },
    { headers = { ["A B"] = "c" } }, { cookies = "a=1\r\nX: 1" },
    { cookies = { a = "1\nX: 1" } }, { auth = { bearer = "token\n" } },
    { multipart = { a = { data = "x", type = "text/plain\r\nX: 1" } } } } do
    local ok, err = pcall(http.post, "/echo", opts)
    t.equal(ok, false)
    t.ok(tostring(err):find("line break") or
      tostring(err):find("cannot be in a header"), err)
  end
end)

test("a response's metatable is out of a script's reach", function()
  t.equal(getmetatable(http.get("/health")), false)
end)

test("a transport that was asked for by name is that one or an error",
  function()
    t.equal(http.get("/health", { transport = "curl" }).transport, "curl")
    t.equal(http.get("/health", { transport = "native" }).transport, "native")
    for _, opts in ipairs { { http_version = "2" }, { compression = true },
      { proxy = "http://127.0.0.1:1" } } do
      opts.transport = "native"
      local ok, err = pcall(http.get, "/health", opts)
      t.equal(ok, false)
      t.ok(tostring(err):find("native", 1, true), err)
    end
    local ok, err = pcall(http.get, "http://ann@127.0.0.1:1/",
      { transport = "native" })
    t.equal(ok, false)
    t.ok(tostring(err):find("user name", 1, true), err)
    t.ok(not pcall(http.get, "/health", { transport = "nativ" }))
  end)

-- What k6 users write -------------------------------------------------------

test("a query goes before the fragment, which is not sent", function()
  t.equal(http.get("/echo#frag", { query = { q = 1 } }):json().query.q, "1")
  local query = http.get("/echo?x=1#frag", { query = { q = 1 } }):json().query
  t.equal({ query.x, query.q }, { "1", "1" })
end)

test("requests or functions under names are refused, not left out",
  function()
    for _, call in ipairs { http.batch, stress.batch } do
      local ok, err = pcall(call, { a = "/health" })
      t.equal(ok, false)
      t.ok(tostring(err):find('under the name "a"', 1, true), err)
    end
  end)

return api.suite()
