-- stress.json: what it reads, refuses and writes.

local t = require "tap"
local json = require "stress.json"

local function decode(text)
  local value, message = json.decode(text)
  if message then
    error(("%q was refused: %s"):format(text:sub(1, 80), message), 2)
  end
  return value
end

local function refused(text, pattern)
  local value, message = json.decode(text)
  t.equal(value, nil, ("%q"):format(text:sub(1, 80)))
  t.ok(type(message) == "string", "no message")
  if pattern and not message:find(pattern, 1, true) then
    error(("%q gave %q, not %q"):format(text:sub(1, 80), message, pattern), 2)
  end
end

-- Numbers ------------------------------------------------------------------

t.test("an integer that fits 64 bits stays an exact integer", function()
  t.equal(decode '{"id":7}', { id = 7 })
  t.equal(decode "9007199254740993", 9007199254740993)
  t.equal(decode "9223372036854775807", math.maxinteger)
  t.equal(decode "-9223372036854775808", math.mininteger)
  t.equal(decode "0", 0)
  t.equal(decode "-1", -1)
end)

t.test("a larger integer becomes the nearest float", function()
  t.equal(decode "9223372036854775808", 2.0 ^ 63)
  t.equal(decode "-9223372036854775809", -2.0 ^ 63)
  t.equal(decode "10000000000000000000", 1e19)
  t.equal(decode "18446744073709551616", 2.0 ^ 64)
  t.equal(decode "18446744073709551617", 2.0 ^ 64)
  t.equal(decode "123456789012345678901234567890", 1.2345678901234568e29)
end)

t.test("a fraction or an exponent makes a float", function()
  t.equal(decode "1.0", 1.0)
  t.equal(decode "1e2", 100.0)
  t.equal(decode "1E+2", 100.0)
  t.equal(decode "25e-1", 2.5)
  t.equal(decode "0e1", 0.0)
  t.equal(decode "-0", -0.0)
  t.equal(decode "-0.0", -0.0)
  t.equal(decode "-0e-5", -0.0)
end)

t.test("floats are read to the nearest value", function()
  t.equal(decode "0.1", 0.1)
  t.equal(decode "123.456e-7", 123.456e-7)
  t.equal(decode "1.7976931348623157e308", 1.7976931348623157e308)
  t.equal(decode "5e-324", 5e-324)
  t.equal(decode "2.2250738585072014e-308", 2.2250738585072014e-308)
  t.equal(decode "9007199254740993.0", 9007199254740992.0)
  t.equal(decode "9007199254740993.00000000000000000001",
    9007199254740994.0)
  t.equal(decode("0." .. ("0"):rep(400) .. "1e401"), 1.0)
  t.equal(decode("1" .. ("0"):rep(2000) .. "e-2000"), 1.0)
  -- Exactly between two floats, but for a digit far behind.
  local half = "9007199254740993." .. ("0"):rep(900)
  t.equal(decode(half), 9007199254740992.0)
  t.equal(decode(half .. "1"), 9007199254740994.0)
end)

t.test("a number too small is 0, one too large is an error", function()
  t.equal(decode "1e-400", 0.0)
  t.equal(decode "-1e-400", -0.0)
  t.equal(decode "1e-99999999999999999999999", 0.0)
  t.equal(decode "0e99999999999999999999999", 0.0)
  for _, text in ipairs {
    "1e400", "-1e400", "1e309", "1.7976931348623159e308",
    "1e99999999999999999999999", ("9"):rep(400),
  } do
    refused(text, "number out of range")
  end
end)

-- Strings ------------------------------------------------------------------

t.test("every escape is read", function()
  t.equal(decode [["\"\\\/\b\f\n\r\t"]], "\"\\/\b\f\n\r\t")
  t.equal(decode [["\u0041\u00e9\u00E9\u20ac\uFFFF\u0000"]],
    "Aéé€\u{FFFF}\0")
  t.equal(decode [["\ud83d\ude00 \uD834\uDD1E \udbff\udfff"]],
    "😀 \u{1D11E} \u{10FFFF}")
  t.equal(decode [["\ud7ff\ue000"]], "\u{D7FF}\u{E000}")
  t.equal(decode [["plain \\u0041"]], "plain \\u0041")
  t.equal(decode [[{"a\nb":1}]], { ["a\nb"] = 1 })
end)

t.test("an escaped string of any length is read", function()
  for _, n in ipairs { 1, 100, 511, 512, 513, 2000, 100000 } do
    t.equal(decode('"' .. ("\\n"):rep(n) .. '"'), ("\n"):rep(n))
    t.equal(decode('["\\u00e9' .. ("ü"):rep(n) .. '","\\\\x"]'),
      { "é" .. ("ü"):rep(n), "\\x" })
  end
end)

t.test("a stop byte is found at any place in a string", function()
  for n = 0, 40 do
    local plain = ("x"):rep(n)
    t.equal(decode('"' .. plain .. '"'), plain)
    t.equal(decode('"' .. plain .. '\\t' .. plain .. '"'),
      plain .. "\t" .. plain)
    t.equal(decode('"' .. plain .. '€' .. plain .. '"'),
      plain .. "€" .. plain)
    refused('"' .. plain .. "\n" .. plain .. '"', "control character")
    refused('"' .. plain .. "\x80" .. plain .. '"', "not valid UTF-8")
    refused('"' .. plain, "expected '\"' at the end of the string")
  end
end)

t.test("all valid UTF-8 passes and nothing else does", function()
  for _, code in ipairs {
    0x20, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xfffd, 0xffff, 0x10000,
    0x10ffff, 0x2028,
  } do
    t.equal(decode('"' .. utf8.char(code) .. '"'), utf8.char(code))
  end
  for _, bytes in ipairs {
    "\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2x", "\xe0\x80\x80",
    "\xe0\x9f\xbf", "\xe2\x82", "\xed\xa0\x80", "\xed\xbf\xbf",
    "\xf0\x80\x80\x80", "\xf0\x8f\xbf\xbf", "\xf0\x9f\x98",
    "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xf8\x88\x80\x80\x80", "\xfe",
    "\xff", "\xe9t\xe9",
  } do
    refused('"' .. bytes .. '"', "not valid UTF-8")
    refused('"\\n' .. bytes .. '"', "not valid UTF-8")
    t.raises(function() json.encode(bytes) end, "not valid UTF%-8")
  end
end)

t.test("half a surrogate pair is an error", function()
  for _, text in ipairs {
    [["\ud800"]], [["\udfff"]], [["\ud800\ud800"]], [["\ud800x"]],
    [["\ud800\n"]], [["\ud83d\u0041"]], [["\ude00\ud83d"]], [["\ud800\u"]],
    [["\ud800\u12"]],
  } do
    refused(text, "half a surrogate pair")
  end
end)

-- Structure ----------------------------------------------------------------

t.test("null is a value of its own", function()
  t.ok(decode "null" == json.null)
  t.equal(decode "[null,1]", { json.null, 1 })
  t.equal(tostring(json.null), "null")
  t.equal(json.encode(json.null), "null")
  t.equal(json.encode { a = json.null }, '{"a":null}')
end)

t.test("empty arrays and objects survive a round trip", function()
  for _, text in ipairs {
    "[]", "{}", "[[]]", "[{}]", '{"a":[],"b":{}}', "[[],{},[[]]]",
  } do
    t.equal(json.encode(decode(text)), text)
  end
  t.equal(getmetatable(decode "{}"), nil)
  t.equal(getmetatable(decode "[1]"), nil)
end)

t.test("array marks any table without a metatable", function()
  t.equal(json.encode(json.array()), "[]")
  t.equal(json.encode(json.array {}), "[]")
  local mine = { 1, 2 }
  t.ok(json.array(mine) == mine)
  t.ok(json.array(mine) == mine, "twice")
  t.equal(json.encode(mine), "[1,2]")
  local list = decode "[]"
  list[1] = "x"
  t.equal(json.encode(list), '["x"]')
  t.raises(function() json.array(setmetatable({}, {})) end,
    "another metatable")
  t.raises(function() json.array(1) end, "table expected")
  t.raises(function() setmetatable(json.array(), nil) end, "protected")
end)

t.test("the last of equal keys wins", function()
  t.equal(decode '{"a":1,"b":2,"a":3}', { a = 3, b = 2 })
  local pairs_of_a = {}
  for i = 1, 100 do
    pairs_of_a[i] = ('"a":%d'):format(i)
  end
  t.equal(decode("{" .. table.concat(pairs_of_a, ",") .. "}"), { a = 100 })
end)

t.test("arrays and objects of any size come back", function()
  for _, n in ipairs {
    1, 2, 15, 16, 17, 31, 32, 33, 100, 199, 200, 201, 1000, 20000,
  } do
    local array, object = {}, {}
    for i = 1, n do
      array[i] = i
      object["key" .. i] = i
    end
    t.equal(decode(json.encode(array)), array, n .. " items")
    t.equal(decode(json.encode(object)), object, n .. " pairs")
    local nested = { { array, object }, object, { x = object } }
    t.equal(decode(json.encode(nested)), nested, n .. " nested")
  end
end)

t.test("1000 levels are read and written, 1001 are an error", function()
  local deep = ("["):rep(1000) .. ("]"):rep(1000)
  t.equal(json.encode(decode(deep)), deep)
  refused("[" .. deep .. "]", "nested deeper than 1000 levels")
  local objects = ('{"a":'):rep(1000) .. "1" .. ("}"):rep(1000)
  t.equal(json.encode(decode(objects)), objects)
  refused('{"a":' .. objects .. "}", "nested deeper than 1000 levels")
  local wide = ('[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,'):rep(1000)
    .. "1" .. ("]"):rep(1000)
  t.equal(json.encode(decode(wide)), wide)
  t.raises(function() json.encode { decode(deep) } end,
    "nested deeper than 1000 levels")
end)

t.test("100,000 opening brackets are an error, not a crash", function()
  refused(("["):rep(100000), "line 1, column 1001 (byte 1001): nested deeper")
  refused(('{"a":'):rep(100000), "nested deeper")
  refused(('[{"a":'):rep(100000), "nested deeper")
end)

t.test("siblings do not count as depth", function()
  local text = "[" .. ("[],{},[[1]],"):rep(2000) .. "0]"
  t.equal(json.encode(decode(text)), text)
end)

-- Errors -------------------------------------------------------------------

t.test("an error says where it is and what was expected", function()
  for text, message in pairs {
    [""] = "line 1, column 1 (byte 1): expected a value, "
      .. "got the end of the text",
    ['{"a":1,\n "b":2,\n "longer key" x}'] = "line 3, column 15 (byte 31): "
      .. "expected ':', got 'x'",
    ['{"a":1,\n"b":2\n      "c":3}'] = "line 3, column 7 (byte 21): "
      .. "expected ',' or '}', got '\"'",
    ["[1 2]"] = "line 1, column 4 (byte 4): expected ',' or ']', got '2'",
    ["[1,]"] = "line 1, column 4 (byte 4): expected a value, got ']'",
    ['{"a":1,}'] = "line 1, column 8 (byte 8): "
      .. "expected a key in double quotes, got '}'",
    ["['a']"] = "line 1, column 2 (byte 2): expected a value, got '''",
    ["-"] = "line 1, column 2 (byte 2): expected a digit, "
      .. "got the end of the text",
    ["1.x"] = "line 1, column 3 (byte 3): expected a digit, got 'x'",
    ["01"] = "line 1, column 2 (byte 2): expected the end of the text, "
      .. "got '1'",
    ['["äöü", €]'] = "line 1, column 9 (byte 12): "
      .. "expected a value, got '€'",
    ["[\xff]"] = "line 1, column 2 (byte 2): expected a value, got byte 0xFF",
    ["[\0]"] = "line 1, column 2 (byte 2): expected a value, got byte 0x00",
    ['"a\\x"'] = "line 1, column 3 (byte 3): unknown escape in a string",
    ['"a\\u12x4"'] = "line 1, column 3 (byte 3): "
      .. "\\u needs four hexadecimal digits",
    ["\xef\xbb\xbf{}"] = "line 1, column 1 (byte 1): "
      .. "a byte order mark before the text",
  } do
    local value, got = json.decode(text)
    t.equal(value, nil)
    t.equal(got, message)
  end
end)

t.test("mistakes of the caller are raised", function()
  t.raises(function() json.decode() end, "string expected")
  t.raises(function() json.decode(nil) end, "string expected")
  t.raises(function() json.decode(12) end, "string expected")
  t.raises(function() json.decode {} end, "string expected")
  t.raises(function() json.encode() end, "value expected")
  t.raises(function() json.encode(1, "  ") end, "table expected")
  t.raises(function() json.encode(1, { indnt = "  " }) end,
    "the only option is 'indent'")
  t.raises(function() json.encode(1, { indent = 2 }) end, "spaces or tabs")
  t.raises(function() json.encode(1, { indent = "--" }) end, "spaces or tabs")
  t.raises(function() json.encode(print) end, "^[^:]*test_json.lua:%d+:")
end)

-- The classic cases of parser test suites.
local accepted = {
  "[[]   ]", '[""]', "[]", '["a"]', "[false]", "[null, 1, \"1\", {}]",
  "[null]", "[1\n]", " [1]", "[1,null,null,null,2]", "[2] ", "[123e65]",
  "[0e+1]", "[0e1]", "[ 4]",
  "[-0.0000000000000000000000000000000000000000000000000000000000000001]",
  "[20e1]", "[-0]", "[-123]", "[-1]", "[1E22]", "[1E-2]", "[1E+2]",
  "[123e45]", "[123.456e78]", "[1e-2]", "[1e+2]", "[123]", "[123.456789]",
  '{"asd":"sdf", "dfg":"fgh"}', '{"asd":"sdf"}', '{"a":"b","a":"c"}',
  '{"a":"b","a":"b"}', "{}", '{"":0}', '{"foo\\u0000bar": 42}',
  '{ "min": -1.0e+28, "max": 1.0e+28 }', '{"a":[]}',
  '{"title":"\\u041f\\u043e"}', '{\n"a": "b"\n}',
  '["\\u0060\\u012a\\u12AB"]', '["\\uD801\\udc37"]',
  '["\\ud83d\\ude39\\ud83d\\udc8d"]', '["\\"\\\\\\/\\b\\f\\n\\r\\t"]',
  '["\\\\u0000"]', '["\\""]', '["a/*b*/c/*d//e"]', '["\\\\a"]', '["\\\\n"]',
  '["\\u0012"]', '["\\uFFFF"]', '["asd"]', '[ "asd"]',
  '["\\uDBFF\\uDFFF"]', '["new\\u00A0line"]', '["\u{10FFFF}"]',
  '["\u{FFFF}"]', '["\\u0000"]', '["\\u002c"]', '["π"]', '["asd "]',
  '" "', '["\\uD834\\uDd1e"]', '["\\u0821"]', '["\\u0123"]',
  '["\u{2028}"]', '["\u{2029}"]', '["\\u0061\\u30af\\u30EA\\u30b9"]',
  '["new\\u000Aline"]', '["\x7f"]', '["\\uA66D"]', '["\\u005C"]',
  '["⍂㈴⍂"]', '["\\u200B"]', '["\\u2064"]', '["\\uFDD0"]',
  '["\\uFFFE"]', '["\\u0022"]', '["aa"]', "false", "42", "-0.1",
  "null", '"asd"', "true", '""', '["a"]\n', "[true]", " [] ", "\t\r\n[]",
}

local rejected = {
  "[1 true]", "[a\xe5]", '["": 1]', '[""],', "[,1]", "[1,,2]", '["x",,]',
  '["x"]]', '["",]', '["x"', "[x", "[3[4]]", "[\xff]", "[1:2]", "[,]", "[-]",
  "[   , \"\"]", '["a",\n4\n,1,', "[1,]", '["a', "[*]", '[""', "[1,", "[{}",
  "[fals]", "[nul]", "[tru]", "123\0", "[++1234]", "[+1]", "[+Inf]",
  "[-01]", "[-1.0.]", "[-2.]", "[-NaN]", "[.-1]", "[.2e-3]", "[0.1.2]",
  "[0.3e+]", "[0.3e]", "[0.e1]", "[0E+]", "[0E]", "[0e+]", "[0e]",
  "[1.0e+]", "[1.0e-]", "[1.0e]", "[1 000.0]", "[1eE2]", "[2.e+3]",
  "[2.e-3]", "[2.e3]", "[9.e+]", "[Inf]", "[NaN]", "[１]", "[1+2]",
  "[0x1]", "[0x42]", "[Infinity]", "[0e+-1]", "[-123.123foo]",
  "[123\xe5]", "[1e1\xe5]", "[0\xe5]\n", "[-Infinity]", "[-foo]", "[- 1]",
  "[-012]", "[-.123]", "[-1x]", "[1ea]", "[1.]", "[.123]", "[1.2a-3]",
  "[1.8011670033376514H-308]", "[012]", '["x", truth]', '{[: "x"}\n',
  '{"x", null}', '{"x"::"b"}', "{🇨🇭}", '{"a":"a" 123}',
  "{key: 'value'}",
  '{"\xb9":"0",}', '{"a" b}', '{:"b"}', '{"a" "b"}', '{"a":', '{"a"',
  "{1:1}", "{9999E9999:1}", "{null:null,null:null}", '{"id":0,,,,,}',
  "{'a':0}", '{"id":0,}', '{"a":"b"}/**/', '{"a":"b"}/**//', '{"a":"b"}//',
  '{"a":"b"}/', '{"a":"b",,"c":"d"}', '{a: "b"}', '{"a":"a',
  '{ "foo" : "bar", "a" }', '{"a":"b"}#', " ", '["\\uD800\\"]',
  '["\\uD800\\u"]', '["\\uD800\\u1"]', '["\\uD800\\u1x"]', "[é]",
  '["\\\0"]', '["\\\\\\"]', '["\\x00"]', '["\\\t"]', '["\\🌀"]', '["\\"]',
  '["\\u00A"]', '["\\uD834\\uDd"]', '["\\uD800\\uD800\\x"]', '["\\u\xe5"]',
  '["\\a"]', '["\\uqqqq"]', '["\\\xe5"]', "[\\u0020\"asd\"]", "[\\n]", '"',
  "['single quote']", "abc", '["\\', '["a\0a"]', '["new\nline"]', '["\t"]',
  '"\\UA66D"', '""x', "[⁠]", "\xef\xbb\xbf", "<.>", "[<null>]", "[1]x",
  "[1]]", '["asd]', "aå", "[True]", "1]", '{"x": true,', "[][]", "]",
  "\xef\xbb{}", "\xe5", "[", "", "[\0]", "2@", "{}}", '{"":', '{"a":/*c*/1}',
  '{"a": true} "x"', "['", "[,", "[{", '["a', '["a"', "{", "{]", "{,", "{[",
  "{'a'", '["\\{["\\{["\\{["\\{', "é", "*", '{"a":"b"}#{}', "[\\u000A\"\"]",
  "[1", '[ false, nul', "[ true, fals", "[ false, tru", '{"asd":"asd"',
  "å", "[\v]", "[\f]", "\u{2060}", "\u{FEFF}1", "[1]\f", "nan", "[1}", "{]",
  "True", "NULL", "nulll", "truefalse", "1e", "--1", "\"\\u{41}\"", "0 0",
}

t.test("what the grammar allows is accepted", function()
  for _, text in ipairs(accepted) do
    decode(text)
  end
end)

t.test("what the grammar forbids is refused", function()
  for _, text in ipairs(rejected) do
    refused(text, "line ")
  end
end)

local sample = [==[ {"id": 9007199254740993, "pi": -3.25e+0,
  "s": "a\u00e9\n€", "list": [1, 2.5, true, false, null, {}, [], [[0]]],
  "o": {"k": {"l": ""}},
  "wide": [0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20]}]==]

t.test("every prefix of a text is an error", function()
  decode(sample)
  for n = 0, #sample - 1 do
    refused(sample:sub(1, n), "line ")
  end
end)

t.test("any byte changed gives a value or a message", function()
  local bytes = { 0, 9, 10, 32, 34, 44, 45, 46, 48, 92, 93, 101, 117, 125,
    128, 192, 237, 255 }
  for n = 1, #sample do
    for _, byte in ipairs(bytes) do
      local value, message = json.decode(
        sample:sub(1, n - 1) .. string.char(byte) .. sample:sub(n + 1))
      t.ok(value ~= nil or type(message) == "string")
    end
  end
end)

-- Writing ------------------------------------------------------------------

t.test("numbers are written exactly and keep their kind", function()
  for value, text in pairs {
    [0] = "0", [-1] = "-1", [9007199254740993] = "9007199254740993",
    [math.maxinteger] = "9223372036854775807",
    [math.mininteger] = "-9223372036854775808",
    [1.5] = "1.5", [0.1] = "0.1", [-2.25] = "-2.25", [100.25] = "100.25",
    [1 / 3] = "0.3333333333333333", [1e300] = "1e300", [5e-324] = "5e-324",
    [1.25e-10] = "1.25e-10", [0.00001] = "0.00001", [0.000015] = "0.000015",
    [0.000001] = "1e-6", [123456789.125] = "123456789.125",
    [0.1 + 0.2] = "0.30000000000000004", [-1e-7] = "-1e-7",
    [1.7976931348623157e308] = "1.7976931348623157e308",
    [2.2250738585072014e-308] = "2.2250738585072014e-308",
    [5e-310] = "5e-310",
  } do
    t.equal(json.encode(value), text)
  end
  t.equal(json.encode(1.0), "1.0")
  t.equal(json.encode(-0.0), "-0.0")
  t.equal(json.encode(0.0), "0.0")
  t.equal(json.encode(2.0 ^ 53), "9007199254740992.0")
  t.equal(json.encode(1e15), "1000000000000000.0")
  t.equal(json.encode(1e16), "10000000000000000.0")
  t.equal(json.encode(1e17), "100000000000000000.0")
  t.equal(json.encode(1e18), "1e18")
  t.equal(json.encode(-2.5e17), "-250000000000000000.0")
end)

t.test("100,000 random floats come back as they were", function()
  math.randomseed(42)
  for i = 1, 100000 do
    local value
    if i % 3 == 0 then
      value = string.unpack("d", string.pack("j", math.random(0)))
    elseif i % 3 == 1 then
      value = math.random(-10 ^ 9 // 1, 10 ^ 9 // 1)
        / 10.0 ^ math.random(0, 12)
    else
      value = math.random() * 10.0 ^ math.random(-8, 20)
    end
    if value == value and value - value == 0 then
      local text = json.encode(value)
      t.ok(#text <= #("%.17g"):format(value) + 7, text)
      t.equal(json.decode(text), value, text)
      t.equal(tonumber(text), value, text)
    end
  end
end)

t.test("no text of a float is longer than needed", function()
  math.randomseed(43)
  for _ = 1, 20000 do
    local value = string.unpack("d", string.pack("j", math.random(0)))
    if value == value and value - value == 0 then
      local digits = json.encode(value):gsub("e.*", ""):gsub("[-.]", "")
        :gsub("^0+", ""):gsub("0+$", "")
      local need = 17
      while need > 1
        and tonumber(("%." .. need - 2 .. "e"):format(value)) == value do
        need = need - 1
      end
      t.equal(#digits, math.max(need, 1), json.encode(value))
    end
  end
end)

t.test("strings are escaped only where they must be", function()
  t.equal(json.encode "a/b\u{2028}é😀\x7f", '"a/b\u{2028}é😀\x7f"')
  t.equal(json.encode "\"\\\b\f\n\r\t", [["\"\\\b\f\n\r\t"]])
  t.equal(json.encode "\0\1\x1f", [["\u0000\u0001\u001f"]])
  for byte = 0, 127 do
    local text = ("x"):rep(byte % 9) .. string.char(byte) .. "y"
    t.equal(decode(json.encode(text)), text)
  end
end)

t.test("keys are sorted by their bytes", function()
  t.equal(json.encode { b = 1, a = 2, B = 3, [""] = 4, aa = 5, ["é"] = 6,
    ["10"] = 7, ["9"] = 8 },
    '{"":4,"10":7,"9":8,"B":3,"a":2,"aa":5,"b":1,"é":6}')
  t.equal(json.encode { ["a\0"] = 1, a = 2, ["a\0b"] = 3 },
    [[{"a":2,"a\u0000":1,"a\u0000b":3}]])
  t.equal(json.encode { ["prefixed-long-b"] = 1, ["prefixed-long-a"] = 2,
    ["prefixed"] = 3, ["prefixe"] = 4 }, '{"prefixe":4,"prefixed":3,'
    .. '"prefixed-long-a":2,"prefixed-long-b":1}')
end)

t.test("large objects are sorted too", function()
  for _, n in ipairs { 12, 13, 199, 200, 201, 5000 } do
    local object, keys = {}, {}
    for i = 1, n do
      keys[i] = ("key-%x"):format(i * 2654435761 % 4294967296)
      object[keys[i]] = i
    end
    table.sort(keys)
    local at = 1
    local text = json.encode(object)
    for _, key in ipairs(keys) do
      at = t.ok(text:find('"' .. key .. '":', at, true), key)
    end
  end
end)

t.test("indent writes one item a line", function()
  t.equal(json.encode({ b = { 1, { c = json.array() } }, a = {} },
    { indent = "  " }), [[
{
  "a": {},
  "b": [
    1,
    {
      "c": []
    }
  ]
}]])
  t.equal(json.encode({ 1 }, { indent = "\t" }), "[\n\t1\n]")
  t.equal(json.encode({ 1 }, { indent = "" }), "[\n1\n]")
  t.equal(json.encode({ 1 }, {}), "[1]")
  t.equal(decode(json.encode(decode(sample), { indent = "   " })),
    decode(sample))
end)

t.test("what cannot be encoded is named with its path", function()
  local cycle = { list = { {} } }
  cycle.list[1].back = cycle
  local shared = { 1 }
  for pattern, value in pairs {
    ["cannot encode items%[3%]: a function has no JSON form"] =
      { items = { 1, 2, print } },
    ["cannot encode the value: a function has no"] = print,
    ["cannot encode %[1%]: a thread has no"] =
      { coroutine.create(print) },
    ["cannot encode f: a userdata has no"] = { f = io.stdout },
    ["cannot encode a%.b%.c: JSON has no number for nan"] =
      { a = { b = { c = 0 / 0 } } },
    ["cannot encode x: JSON has no number for inf"] = { x = 1 / 0 },
    ["cannot encode x: JSON has no number for %-inf"] = { x = -1 / 0 },
    ["cannot encode list%[1%]%.back: the table contains itself"] = cycle,
    ["cannot encode a%[2%]: a hole in an array"] = { a = { 1, nil, 3 } },
    ["cannot encode a%[1%]: a hole in an array"] = { a = { [3] = 1 } },
    ["cannot encode a: its keys must be .*, and one is x"] =
      { a = { 1, x = 2 } },
    ["cannot encode a: its keys must be .*, and one is %[0%]"] =
      { a = { [0] = 2 } },
    ["one is %[1.5%]"] = { [1.5] = 2 },
    ["one is %[true%]"] = { [true] = 2 },
    ["one is x"] = json.array { x = 1 },
    ['cannot encode %["two words"%]: a function'] =
      { ["two words"] = print },
    ['cannot encode %["%?%?é"%]: a function'] = { ["\n\x7fé"] = print },
    ['cannot encode %["%?"%]: byte 1 of the string'] = { ["\xff"] = 1 },
    ["cannot encode s: byte 3 of the string is not valid UTF%-8.*base64"] =
      { s = "ab\xff" },
  } do
    t.raises(function() json.encode(value) end, pattern)
  end
  t.raises(function() json.encode(nil) end, "json.null")
  t.equal(json.encode { shared, shared }, "[[1],[1]]")
  t.raises(function() json.encode { ["k"] = { ("x"):rep(99), 0 / 0 } } end,
    "cannot encode k%[2%]")
  t.raises(function() json.encode { [("é"):rep(99)] = print } end,
    'cannot encode %["[é]+%.%.%."%]: a function')
end)

t.test("a mixed table is refused whatever its order", function()
  for n = 1, 300 do
    local mixed = {}
    for i = 1, n do
      mixed["k" .. i] = i
    end
    mixed[n] = 1
    t.raises(function() json.encode(mixed) end, "its keys must be")
  end
end)

t.test("metamethods are not called", function()
  local trap = { __index = error, __len = error, __pairs = error,
    __tostring = error, __eq = error }
  t.equal(json.encode(setmetatable({ 1, 2 }, trap)), "[1,2]")
  t.equal(json.encode(setmetatable({ a = 1 }, trap)), '{"a":1}')
  t.equal(json.encode(setmetatable({}, trap)), "{}")
end)

-- Size ---------------------------------------------------------------------

local function timed(fn, ...)
  local begin = os.clock()
  local result = fn(...)
  return result, os.clock() - begin
end

t.test("50 MB are read and written in linear time and given back", function()
  collectgarbage()
  local before = collectgarbage "count"
  local row = '{"id":12345678,"name":"a name with \\"quotes\\" in it",'
    .. '"price":12.5,"tags":["x","y"],"note":"' .. ("text "):rep(150) .. '"}'
  local small = "[" .. row .. (("," .. row):rep(5000)) .. "]"
  local large = "[" .. row .. (("," .. row):rep(57000)) .. "]"
  t.ok(#large > 48e6)
  local value, small_s = timed(decode, small) -- luacheck: ignore 311
  local large_s
  value, large_s = timed(decode, large)
  t.ok(large_s < 12 * 4 * small_s + 0.1, "decoding is not linear")
  local again, encode_s = timed(json.encode, value)
  t.equal(#again, #large)
  t.ok(encode_s < 2 + 2 * large_s, "encoding took " .. encode_s .. " s")
  -- So that they can be collected.
  -- luacheck: ignore 311
  value, again, small, large, row = nil, nil, nil, nil, nil
  collectgarbage()
  collectgarbage()
  local kept = collectgarbage "count" - before
  t.ok(kept < 64, kept .. " KB were kept")
end)

t.test("one string of 20 MB is linear, with or without escapes", function()
  for _, piece in ipairs { "abcdefgh", "\\n", "é", "\\u00e9" } do
    local text = '"' .. piece:rep(20000000 // #piece) .. '"'
    local value, seconds = timed(decode, text)
    t.ok(seconds < 1.5, piece .. " took " .. seconds .. " s")
    t.ok(#value > 0)
  end
end)

-- Against lua-cjson, within what it can do -----------------------------------

local has_cjson, cjson = pcall(require, "cjson")

-- Its numbers are all floats of 14 digits, its null is its own, and it makes
-- no difference between [] and {}.
local function as_cjson(value)
  if value == json.null then
    return cjson.null
  end
  if type(value) ~= "table" then
    return value
  end
  local copy = {}
  for key, item in pairs(value) do
    copy[key] = as_cjson(item)
  end
  return copy
end

local function random_value(depth)
  local kind = math.random(depth > 4 and 6 or 8)
  if kind == 1 then
    return math.random(-1000000, 1000000)
  elseif kind == 2 then
    return math.random(-1000000, 1000000) / 64.0
  elseif kind == 3 then
    return math.random(2) == 1
  elseif kind == 4 then
    return json.null
  elseif kind <= 6 then
    local codes = {}
    for i = 1, math.random(0, 20) do
      codes[i] = utf8.char(math.random(8) == 1 and math.random(0xa0, 0xd7ff)
        or math.random(0, 0x7f))
    end
    return table.concat(codes)
  end
  local items = {}
  for i = 1, math.random(0, 20) do
    local key = kind == 7 and i or random_value(9)
    items[kind == 7 and i or tostring(key)] = random_value(depth + 1)
  end
  return items
end

local function loosely_equal(a, b)
  if type(a) == "table" and type(b) == "table" then
    for key, value in pairs(a) do
      if not loosely_equal(value, b[key]) then
        return false
      end
    end
    for key in pairs(b) do
      if a[key] == nil then
        return false
      end
    end
    return true
  end
  return a == b
end

local function differential()
  math.randomseed(44)
  for _ = 1, 800 do
    local value = random_value(0)
    local text = json.encode(value)
    t.ok(loosely_equal(cjson.decode(text), as_cjson(value)), text)
    t.ok(loosely_equal(decode(cjson.encode(as_cjson(value))), value), text)
    t.equal(decode(text), value, text)
    t.equal(json.encode(decode(text)), text)
    t.equal(decode(json.encode(value, { indent = " " })), value, text)
  end
end

if has_cjson then
  t.test("800 random documents read the same as by lua-cjson",
    differential)
else
  t.skip("800 random documents read the same as by lua-cjson",
    "lua-cjson is not installed")
end

t.done()
