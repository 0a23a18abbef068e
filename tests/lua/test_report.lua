-- What the reports make of a result: the summary and the JSON.

local tap = require "tap"
local case = require "report_case"
local format = require "stress.report.format"
local text = require "stress.report.text"

-- A stand-in where the real module is not at hand: plain Lua runs this too.
if not pcall(require, "stress.json") then
  local null, mark = {}, { __metatable = "array" }
  local function encode(value)
    if value == null then
      return "null"
    elseif type(value) == "string" then
      return '"' .. value:gsub('[%c"\\]', function(c)
        return ("\\u%04x"):format(c:byte())
      end) .. '"'
    elseif type(value) ~= "table" then
      return tostring(value)
    end
    local parts = {}
    if #value > 0 or getmetatable(value) then
      for i = 1, #value do
        parts[i] = encode(value[i])
      end
      return "[" .. table.concat(parts, ",") .. "]"
    end
    for key in pairs(value) do
      parts[#parts + 1] = key
    end
    table.sort(parts)
    for i, key in ipairs(parts) do
      parts[i] = encode(key) .. ": " .. encode(value[key])
    end
    return "{" .. table.concat(parts, ",") .. "}"
  end
  package.loaded["stress.json"] = {
    null = null,
    array = function(list)
      return setmetatable(list, mark)
    end,
    encode = encode,
  }
end

local report_json = require "stress.report.json"

---Encodes a result; without white space, so that it can be searched.
local function encoded(result)
  local out = report_json.render(result)
  tap.equal(out:sub(-1), "\n", "ends with a newline")
  return (out:gsub("%s", ""))
end

---Renders a result; returns the text and its lines.
local function rendered(result, opts)
  local out, lines = text.render(result, opts), {}
  for line in out:gmatch("([^\n]*)\n") do
    lines[#lines + 1] = line
  end
  return out, lines
end

---Checks that the text has this line, blanks around it aside.
local function has(out, line)
  local pattern = "\n *" .. line:gsub("%p", "%%%0") .. " *\n"
  tap.ok(("\n" .. out):find(pattern), "no line " .. line .. " in\n" .. out)
end

local function lacks(out, part)
  tap.ok(not out:find(part, 1, true), "found " .. part .. " in\n" .. out)
end

-- Numbers

tap.test("counts have commas, and fractions when they are small", function()
  local cases = {
    [0] = "0", [7] = "7", [999] = "999", [1000] = "1,000",
    [1234567] = "1,234,567", [-1234] = "-1,234", [6.5599] = "6.56",
    [99.5] = "99.50", [100.4] = "100", [0.001234] = "0.00123",
    [12345.6] = "12,346", [1e15] = "1e+15",
  }
  for n, expected in pairs(cases) do
    tap.equal(format.count(n), expected)
  end
  tap.equal(format.count(nil), "-")
  tap.equal(format.count(0 / 0), "-")
end)

tap.test("numbers inside of a text have commas, fractions have none", function()
  local cases = {
    ["count>=10000"] = "count>=10,000", ["2000 of 2000"] = "2,000 of 2,000",
    ["p(99.9999)<1500.12345ms"] = "p(99.9999)<1,500.12345ms",
    ["1,234,567/s"] = "1,234,567/s", ["rate<0.12345"] = "rate<0.12345",
    ["12345.60ms"] = "12,345.60ms", ["-1000"] = "-1,000", ["999"] = "999",
    [""] = "",
  }
  for text_in, expected in pairs(cases) do
    tap.equal(format.numbers(text_in), expected)
  end
end)

tap.test("durations have three or four digits and a unit", function()
  local cases = {
    [0] = "0s", [0.0001] = "<1us", [0.005] = "5us", [0.9] = "900us",
    [0.9996] = "1.00ms",
    [12.3] = "12.30ms", [99.994] = "99.99ms", [99.996] = "100.0ms",
    [812.34] = "812.3ms", [1400] = "1.40s", [59994] = "59.99s",
    [60000] = "1m00s", [125000] = "2m05s", [3723000] = "1h02m03s",
  }
  for ms, expected in pairs(cases) do
    tap.equal(format.duration(ms), expected)
  end
end)

tap.test("bytes are written in powers of ten", function()
  local cases = {
    [0] = "0 B", [999] = "999 B", [999.6] = "1.0 kB", [1400] = "1.4 kB",
    [999960] = "1.0 MB", [53e6] = "53.0 MB", [2e15] = "2000.0 TB",
  }
  for n, expected in pairs(cases) do
    tap.equal(format.bytes(n), expected)
  end
end)

tap.test("a share is 0% or 100% only when it is", function()
  tap.equal(format.percent(0), "0.00%")
  tap.equal(format.percent(1), "100.00%")
  tap.equal(format.percent(0.5), "50.00%")
  tap.equal(format.percent(1e-6), "<0.01%")
  tap.equal(format.percent(1 - 1e-6), ">99.99%")
  tap.equal(format.percent(0.998, 0), ">99%")
  tap.equal(format.percent(0.98, 0), "98%")
end)

tap.test("text becomes harmless and UTF-8", function()
  tap.equal(format.clean("caf\u{e9}\tx"), "caf\u{e9}  x")
  tap.equal(format.clean("\27[31m\r\n\0\x7f"), "?[31m????")
  tap.equal(format.clean("\xff\xc3(\u{9b}\u{202e}"), "??(??")
  tap.equal(format.clean("\xe6\x97"), "??")
end)

tap.test("text is cut and broken by the columns it takes", function()
  tap.equal(format.columns("日本x"), 5)
  tap.equal(format.columns("e\u{301}"), 1)
  tap.equal(format.cut("abcdef", 4), "abc…")
  tap.equal(format.cut("abcd", 4), "abcd")
  tap.equal(format.cut("日本語", 4), "日…")
  tap.equal(format.cut_middle("/orders/1234", 7), "/or…234")
  tap.equal(format.cut_middle("日本語日本語", 5), "日…語")
  for columns = 0, 13 do
    local cut = format.cut_middle("/orders/1234", columns, "...")
    tap.ok(#cut <= columns, cut)
  end
  tap.equal(format.wrap("a bb  ccc dddddddd", 5), { "a bb", "ccc", "ddddd",
    "ddd" })
  tap.equal(format.wrap("", 5), {})
end)

-- The summary

tap.test("the verdict comes first", function()
  local _, lines = rendered(case.result())
  tap.equal(lines[1], "█ VERDICT")
  tap.equal(lines[3], "  ✗ FAIL   Checkout  200 orders a second")
  tap.equal(lines[5], "  exit code 107: the script raised errors")
  tap.equal(lines[6], "  ↳ 3 iterations ended with a script error")
end)

tap.test("each verdict has its word", function()
  for word, line in pairs({ pass = "✓ PASS", fail = "✗ FAIL",
    invalid = "∅ INVALID", aborted = "✗ ABORTED" }) do
    local _, lines = rendered({ verdict = word, exit_code = 0 })
    tap.equal(lines[3], "  " .. line)
  end
end)

tap.test("reasons that the result brings are shown as they are", function()
  local result = case.result()
  result.reasons = { "because" }
  local out = rendered(result)
  has(out, "↳ because")
  lacks(out, "criteria were not met")
end)

tap.test("a pass without criteria says so", function()
  local out = rendered({ verdict = "pass", exit_code = 0, criteria = {} })
  has(out, "exit code 0: nothing failed; the suite sets no criteria")
end)

tap.test("criteria are one table, and what fails says why", function()
  local out = rendered(case.result())
  has(out, "http_req_duration{scenario:order}  p(99)<250    61.50ms  ✓ PASS")
  has(out, "http_req_failed                    rate<0.0001  0.03%    ✗ FAIL")
  tap.ok(out:find("refund_time +p%(95%)<1s +∅ NO DATA\n"
    .. " +no sample of refund_time was recorded\n"))
  tap.ok(out:find("every message arrived +%- SKIPPED\n +optional:"))
end)

tap.test("no data without a detail still says what it means", function()
  local out = rendered({ verdict = "fail", exit_code = 99, criteria = {
    { name = "x", target = "count>0", status = "NO DATA" } } })
  has(out, "no sample was recorded, so nothing is proved")
end)

tap.test("a criterion's long answer stands under its row", function()
  local said = "12 of 1,000 messages arrived in the wrong order"
  local row = { name = "in order", kind = "function", status = "FAIL",
    actual_text = said, detail = said }
  local out = rendered({ criteria = { row } })
  tap.ok(out:find("in order +✗ FAIL\n    12 of 1,000 messages"))
  local _, n = out:gsub("12 of 1,000", "")
  tap.equal(n, 1)
  row.actual_text, row.detail = "12 lost", "12 lost"
  out = rendered({ criteria = { row } })
  tap.ok(out:find("in order +12 lost  ✗ FAIL\n"))
  _, n = out:gsub("12 lost", "")
  tap.equal(n, 1)
end)

tap.test("a window is part of the target", function()
  local out = rendered({ criteria = { { name = "checks rate>0.9",
    metric = "checks", kind = "threshold", target = "rate>0.9 over 30s",
    status = "PASS", actual_text = "95.00%" } } })
  has(out, "checks     rate>0.9 over 30s  95.00%  ✓ PASS")
end)

tap.test("numbers of criteria have commas, but for what the suite says",
  function()
    local out = rendered({ criteria = {
      { name = "http_reqs count>=10000", metric = "http_reqs", kind =
        "threshold", target = "count>=10000", status = "PASS",
        actual_text = "12,345" },
      { name = "size{id:1234} max<99999.5", metric = "size{id:1234}", kind =
        "threshold", target = "max<99999.5", status = "PASS",
        actual_text = "2500.25ms" },
      { name = "http_reqs: some succeeded", kind = "built-in",
        target = "count>0", status = "PASS", actual_text = "2000 of 2000" },
      { name = "the newest", kind = "function", status = "PASS",
        actual_text = "order 2024" },
    } })
    has(out, "http_reqs                  count>=10,000  12,345          "
      .. "✓ PASS")
    has(out, "size{id:1234}              max<99,999.5   2,500.25ms      "
      .. "✓ PASS")
    has(out, "http_reqs: some succeeded  count>0        2,000 of 2,000  "
      .. "✓ PASS")
    has(out, "the newest                                order 2024      "
      .. "✓ PASS")
  end)

tap.test("checks show how often they held", function()
  local out = rendered(case.result())
  has(out, "█ CHECKS  19,998 of 20,000 passed, 99.99%")
  has(out, "✓ order accepted")
  tap.ok(out:find("✗ body has items\n    ↳ >99% — ✓ 9,998 / ✗ 2\n",
    1, true))
  tap.ok(out:find("∅ refunded\n    ↳ never reached\n"))
end)

tap.test("scenarios show where their iterations ended", function()
  local out = rendered(case.result())
  has(out, "scenario      ok  failed  timed out  cancelled  dropped  req/s"
    .. "      p95")
  has(out, "order     14,975      10          2          1       12  1,000"
    .. "  41.70ms")
  has(out, "constant-arrival-rate · open model · 30.00s · up to 400 VUs")
  has(out, "constant-vus · closed model · 30.00s · 10 VUs")
end)

tap.test("metrics have dotted leaders", function()
  local out = rendered(case.result())
  has(out, "http_reqs..................: 40,000  1,333/s")
  has(out, "http_req_failed............: 0.03%  10 out of 40,000")
  has(out, "status.....................: 200 × 39,990 · 503 × 10")
  has(out, "data_received..............: 53.0 MB  1.8 MB/s")
  has(out, "http_req_connecting........: 0s in all 40,000")
  has(out, "vus........................: 50  min=1  max=100")
end)

tap.test("a wide page has a trend on one line", function()
  local out = rendered(case.result(), { width = 120 })
  has(out, "http_req_duration..........: avg=12.30ms min=3.08ms med=11.07ms"
    .. " max=246.0ms p(90)=24.60ms p(95)=36.90ms p(99)=61.50ms")
end)

tap.test("response and service time are defined side by side", function()
  local _, lines = rendered(case.result(), { width = 120 })
  local at
  for i, line in ipairs(lines) do
    at = line:find("http_req_response_time") and line:find("avg") and i or at
  end
  tap.ok(lines[at + 1]:find("^    response: "))
  tap.ok(lines[at + 2]:find("^  http_req_duration"))
  tap.ok(lines[at + 3]:find("^    service: "))
end)

tap.test("a counter of times does not read as a speed", function()
  for unit, line in pairs({
    s = "busy...: 1m30s  3.00s per second",
    ms = "busy...: 90.00ms  3.00ms per second",
    us = "busy...: 90us  3us per second",
    bytes = "busy...: 90 B  3 B/s",
    items = "busy...: 90  3/s",
  }) do
    has(rendered({ metrics = { case.counter("busy", 90, nil, unit) } }), line)
  end
end)

tap.test("dropped starts are said beside the times that know none of them",
  function()
    local result = case.result()
    local said = "open model (order): 12 of 15,000 planned starts were"
      .. " dropped; the times cover 99.92%"
    has(rendered(result), said)
    result.scenarios[2].accounting.dropped = 5 -- by count, closed
    has(rendered(result), said)
    result.scenarios[2].model = "open"
    has(rendered(result), "open model: 17 of 20,012 planned starts were"
      .. " dropped; the times cover 99.92%")
    result.scenarios[1].accounting.dropped = 0
    result.scenarios[2].accounting.dropped = 0
    lacks(rendered(result), "the times cover")
  end)

tap.test("requests that were cut off say what they are", function()
  local out = rendered({ metrics = {
    case.trend("http_req_interrupted", 100, 2000) } })
  tap.ok(out:find("EXECUTION\n  http_req_interrupted...: avg=100.0ms", 1, true))
  has(out, "cut off at the end of the run: how long they had lasted by then")
end)

tap.test("a closed model is marked as what it is", function()
  local result = case.result()
  tap.ok(rendered(result):find("closed model (browse): subject to"
    .. " coordinated omission", 1, true))
  table.remove(result.scenarios, 1)
  tap.ok(rendered(result):find("closed model: subject to coordinated"
    .. " omission", 1, true))
  result.scenarios = {}
  lacks(rendered(result), "omission")
end)

tap.test("a percentile on too few samples is not shown", function()
  local out = rendered(case.result())
  has(out, "p(90)=1.62s p(95)=n/a (n=45) p(99)=n/a (n=45)")
end)

tap.test("a percentile that is not shown does not hide the count", function()
  local row = case.few(case.trend("checkout_time", 10, 5000), "p(99.9)")
  has(rendered({ metrics = { row } }, { width = 120 }), "checkout_time...: "
    .. "avg=10.00ms min=2.50ms med=9.00ms max=200.0ms p(90)=20.00ms "
    .. "p(95)=30.00ms p(99)=50.00ms n=5,000")
end)

tap.test("metrics that were never recorded are left out", function()
  local out = rendered(case.result())
  lacks(out, "http_req_retried")
  lacks(out, "GROUPS")
  lacks(out, "STREAMS")
  lacks(out, "checks..")
end)

tap.test("a metric of the suite's own keeps its unit", function()
  has(rendered(case.result()),
    "p(90)=5     p(95)=6          p(99)=9 n=20,000 (items)")
end)

tap.test("a rate without its number of samples is still shown", function()
  local row = case.rate("http_req_failed", 10, 40000)
  row.values.total = nil
  has(rendered({ metrics = { row } }),
    "http_req_failed...: 0.03%  10 out of 40,000")
  row.values.count, row.values.rate = 0, 0
  has(rendered({ metrics = { row } }), "http_req_failed...: 0.00%  0")
end)

tap.test("of many URLs the twenty most frequent are shown", function()
  local result = case.result()
  for i = 1, 30 do
    result.metrics[#result.metrics + 1] = case.counter("http_reqs", i,
      { name = "GET /" .. i })
  end
  local out = rendered(result)
  has(out, "POST /orders       20,000      10  60.00ms")
  tap.ok(out:find("GET /13 "))
  lacks(out, "GET /12 ")
  has(out, "... and 12 more")
end)

tap.test("groups and parts of a mix have tables", function()
  local out = rendered({ metrics = {
    case.trend("group_duration", 10, 50, { group = "::pay" }),
    case.trend("iteration_duration", 20, 70, { mix = "chat" }) } })
  has(out, "::pay     50  10.00ms  30.00ms")
  has(out, "chat     70  20.00ms  60.00ms")
end)

tap.test("errors are shown by kind, the most frequent first", function()
  local out = rendered(case.result())
  tap.ok(out:find("█ ERRORS  13 in all\n\n"
    .. "  10 ×  status 503 was not expected\n"
    .. "          POST http://127.0.0.1:8080/orders\n"
    .. "   3 ×  checkout.lua:14: attempt", 1, true))
  tap.ok(out:find("'items'%)\n          stack traceback:\n"
    .. "            checkout.lua:14: in field 'run'\n"))
end)

tap.test("an error cannot reach the terminal", function()
  local out = rendered({ errors = { { message = "a\27[2J\nb\xff", count = 1,
    example = "\27]0;x\7" } }, errors_other = 5 })
  lacks(out, "\27")
  tap.ok(out:find("  1 ×  a?[2J\n       b?\n         ?]0;x?\n", 1, true))
  has(out, "... and 5 of further kinds, not kept apart")
end)

tap.test("a traceback is not shown without end", function()
  local out = rendered({ errors = { { message = "deep", count = 1,
    example = ("\tat line\n"):rep(100) } } })
  local _, n = out:gsub("at line", "")
  tap.equal(n, 20)
end)

tap.test("the sums are printed and checked", function()
  local result = case.result()
  local out = rendered(result)
  has(out, "planned 20,012 = started 20,000 + dropped 12  ✓")
  has(out, "started 20,000 = ok 19,987 + failed 10 + timed out 2 + cancelled"
    .. " 1 + in flight 0  ✓")
  has(out, "warm-up: 200 more starts, in none of the numbers above")
  result.accounting.ok = 1
  has(rendered(result), "started 20,000 = ok 1 + failed 10 + timed out 2 +"
    .. " cancelled 1 + in flight 0  ✗ the sum is wrong")
end)

tap.test("sums that the run itself found wrong are not called right",
  function()
    local result = case.result()
    result.accounting.balanced = false
    has(rendered(result),
      "✗ the counts of the run do not agree with each other")
  end)

tap.test("the generator's health has its reasons", function()
  local out = rendered(case.result())
  tap.ok(out:find("  DEGRADED\n  ↳ worker CPU 84%% %(limit 80%%%)\n"))
  has(out, "lag p99 310us, max 1.90ms · longest Lua slice 1.20ms · CPU 84% ·"
    .. " 2 workers · 45.0 MB")
end)

tap.test("the last line repeats the run", function()
  local result = case.result()
  local _, lines = rendered(result)
  tap.equal(lines[#lines],
    "  seed 123 · stressengine checkout.lua --profile quick --seed 123")
  result.suite.file = "my suite's.lua"
  result.options = { once = true, vus = 5, target = "http://a/?b=c&d" }
  _, lines = rendered(result)
  tap.equal(lines[#lines], "  seed 123 · stressengine 'my suite'\\''s.lua'"
    .. " --target 'http://a/?b=c&d' --vus 5 --once --seed 123")
end)

tap.test("no line is wider than the page", function()
  local result = case.result()
  result.suite.description = ("long "):rep(50)
  result.checks[4] = { name = ("x"):rep(200), passes = 1, fails = 1 }
  result.criteria[5] = { name = ("y "):rep(100), target = "true",
    status = "FAIL", detail = ("z"):rep(200) }
  result.scenarios[3] = { name = ("s"):rep(90), executor = "constant-vus" }
  result.metrics[#result.metrics + 1] =
    case.counter("http_reqs", 1, { name = "/" .. ("u"):rep(300) })
  result.errors[3] = { message = ("e"):rep(300), count = 1,
    example = ("f"):rep(300) }
  for width = 80, 140 do
    local _, lines = rendered(result, { width = width })
    for _, line in ipairs(lines) do
      if format.columns(line) > width then
        error(("%d columns of %d: %s"):format(format.columns(line), width,
          line))
      end
    end
  end
end)

tap.test("colours come only when asked for", function()
  lacks(rendered(case.result()), "\27")
  local plain = rendered(case.result())
  local colored = rendered(case.result(), { color = true })
  tap.ok(colored:find("\27[1;31m✗ FAIL\27[0m", 1, true))
  tap.equal((colored:gsub("\27%[[%d;]*m", "")), plain)
end)

tap.test("ASCII has no other marks", function()
  local out = rendered(case.result(), { ascii = true, width = 80 })
  tap.ok(not out:find("[\128-\255]"), "found a byte past ASCII")
end)

tap.test("a result of nothing is rendered", function()
  local out = rendered({})
  tap.ok(out:find("█ VERDICT", 1, true))
  tap.ok(rendered({ suite = {}, criteria = {}, accounting = {}, metrics = {},
    scenarios = {}, health = {}, errors = {}, series = {}, checks = {},
    verdict = "pass", exit_code = 0, seed = 1, options = {} }))
end)

tap.test("rendering leaves the result as it was", function()
  local result = case.result()
  text.render(result, { width = 80 })
  report_json.render(result)
  tap.equal(result, case.result())
end)

-- JSON

tap.test("the JSON holds the result", function()
  local out = encoded(case.result())
  for _, part in ipairs({ '"schema":"stressengine/1"', '"exit_code":107',
    '"p(99)":', '"monitors":[]', '"tags":{"status":"503"}',
    '"few":["p(95)","p(99)","p(99.9)"]', '"seed":123' }) do
    tap.ok(out:find(part, 1, true), "no " .. part)
  end
end)

tap.test("lists stay lists when they are empty", function()
  local out = encoded({ criteria = {}, metrics = {}, options = {},
    health = { reasons = {} } })
  tap.equal(out, '{"criteria":[],"health":{"reasons":[]},"metrics":[],'
    .. '"options":{}}')
end)

tap.test("a second without a value is null", function()
  local out = encoded({ series = { interval_s = 1, t = { 1, 2, 3 },
    p95 = { [2] = 5 }, vus = {} } })
  tap.equal(out, '{"series":{"interval_s":1,"p95":[null,5,null],'
    .. '"t":[1,2,3],"vus":[null,null,null]}}')
end)

tap.test("what JSON cannot hold does not stop it", function()
  local loop = { a = 1 }
  loop.self = loop
  local out = encoded({ loop = loop, f = print, n = 0 / 0,
    list = { math.huge, print, 1 }, text = "a\xffb", [5] = true })
  tap.equal(out, '{"5":true,"list":[null,null,1],"loop":{"a":1},"n":null,'
    .. '"text":"a\u{FFFD}b"}')
end)

tap.done()
