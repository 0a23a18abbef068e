-- Undeclared globals, found in compiled chunks.

local globals = require "stress.globals"
local tap = require "tap"

local LONG = "a_name_of_more_than_forty_bytes_is_not_a_short_string"

---Compiles a text as the file x.lua.
local function compile(text)
  return assert(load(text, "@x.lua", "t"))
end

---Lists the uses in a text as "name:line", with "=" after what is assigned.
local function used(text)
  local list = {}
  for i, use in ipairs(globals.used(compile(text))) do
    list[i] = ("%s:%d%s"):format(use.name, use.line, use.write and "=" or "")
  end
  return table.concat(list, " ")
end

---Returns a line that fills the constants of a function past one byte.
local function many_constants()
  local list = {}
  for i = 1, 300 do
    list[i] = ("'k%d'"):format(i)
  end
  return "local t = { " .. table.concat(list, ", ") .. " }\n"
end

---Returns a text of functions, one inside the other.
local function nested(depth, text)
  return ("return function() "):rep(depth) .. text .. (" end"):rep(depth)
end

tap.test("a global that is read is listed with its line", function()
  tap.equal(used("local a = 1\n\nprint(a)"), "print:3")
end)

tap.test("a global that is assigned is listed as a write", function()
  tap.equal(used("count = 1"), "count:1=")
end)

tap.test("a global function is an assignment at its first line", function()
  tap.equal(used("local x\nfunction run()\n  return 1\nend"), "run:2=")
end)

tap.test("an index of a global is a read of it", function()
  tap.equal(used("a.b.c = 1"), "a:1")
end)

tap.test("several assignments in one statement are all listed", function()
  tap.equal(used("a, b = 1, 2"), "b:1= a:1=")
end)

tap.test("_ENV.name is a global by another spelling", function()
  tap.equal(used("return _ENV.name"), "name:1")
end)

tap.test("locals, upvalues and fields are not globals", function()
  tap.equal(used([[
    local a = { b = 1 }
    local function f(c) return a.b + c end
    return f]]), "")
end)

tap.test("functions inside functions are searched", function()
  tap.equal(used([[
return {
  run = function()
    local function inner()
      return usres[1]
    end
    return inner()
  end,
  other = function() total = 1 end,
}]]), "usres:4 total:8=")
end)

tap.test("uses come in the order of lines, not of functions", function()
  tap.equal(used("local f = function()\n  b()\nend\na()\nreturn f"),
    "b:2 a:4")
end)

tap.test("deep nesting takes no more than its length", function()
  tap.equal(used(nested(40, "return deep")), "deep:1")
end)

tap.test("a local _ENV is the script's own affair", function()
  tap.equal(used("local _ENV = {}; a = b"), "")
  tap.equal(used("local _ENV = {}; return function() a = b end"), "")
  tap.equal(used("return function(_ENV) a = b end"), "")
end)

tap.test("a name of more than 40 bytes is found", function()
  tap.equal(used("return " .. LONG), LONG .. ":1")
  tap.equal(used("\n" .. LONG .. " = print(1) and 2"),
    LONG .. ":2= print:2")
end)

tap.test("names past the 255th constant are found", function()
  local many = many_constants()
  tap.equal(used(many .. "return usres"), "usres:2")
  tap.equal(used(many .. "usres = 1"), "usres:2=")
  tap.equal(used(many .. "usres = x and f(y or 2) or {}\n"),
    "usres:2= x:2 f:2 y:2")
  tap.equal(used(many .. "a, b = 1, c"), "a:2= b:2= c:2")
end)

tap.test("constants of all kinds are passed over", function()
  tap.equal(used([[
    local a = { 1.5, 100000000, "s", nil, true, false, ("x"):rep(3), -0x7p10,
      "a string of more than forty bytes is a long one, which is stored apart" }
    return here, a]]), "here:3")
end)

tap.test("lines hold in functions of more than 128 instructions", function()
  local text = {}
  for i = 1, 500 do
    text[i] = "local _ = (...) .. (...)"
    if i % 100 == 0 then
      text[i] = "do end ; call_" .. i .. "()"
    else
      text[i] = "do " .. text[i] .. " end"
    end
  end
  tap.equal(used(table.concat(text, "\n")), "call_100:100 call_200:200"
    .. " call_300:300 call_400:400 call_500:500")
end)

tap.test("lines hold over gaps wider than a byte", function()
  tap.equal(used("a()" .. ("\n"):rep(1000) .. "b()" .. ("\n"):rep(127)
    .. "c()" .. ("\n"):rep(128) .. "d()"), "a:1 b:1001 c:1128 d:1256")
end)

tap.test("a C function has nothing to list", function()
  tap.equal(globals.used(print), {})
end)

local stripped = string.dump(compile("return a"), true)
local name = "a stripped chunk has nothing to list and is no error"
if load(stripped, "x", "b") then
  tap.test(name, function()
    tap.equal(globals.used(assert(load(stripped, "x", "b"))), {})
    tap.equal(globals.check(assert(load(stripped, "x", "b")), {}, "x"), {})
  end)
else
  tap.skip(name, "the engine loads no binary chunks")
end

tap.test("a format that is not known gives an empty list", function()
  local dump = string.dump
  local whole = dump(compile("return a, function() return b end"))
  local inputs = { "", "\27Lua\x55", whole:gsub("^\27Lua\x54", "\27Lua\x53") }
  for length = 0, #whole - 1 do
    inputs[#inputs + 1] = whole:sub(1, length)
  end
  local input
  string.dump = function() return input end -- luacheck: ignore
  local ok, message = pcall(function()
    for _, text in ipairs(inputs) do
      input = text
      tap.equal(globals.used(print), {})
    end
  end)
  string.dump = dump -- luacheck: ignore
  tap.ok(ok, message)
end)

tap.test("check is silent about what is known", function()
  local known = { print = true, require = true }
  tap.equal(globals.check(compile("print(require)"), known, "x.lua"), {})
end)

tap.test("a misspelt global is reported with a suggestion", function()
  local fn = compile("local x = 1\nreturn requre, x")
  tap.equal(globals.check(fn, { require = true }, "checkout.lua"),
    { 'checkout.lua:2: undeclared global "requre"; did you mean "require"?' })
end)

tap.test("a global like no other is reported without one", function()
  tap.equal(globals.check(compile("return zebra"), { print = true }, "x.lua"),
    { 'x.lua:1: undeclared global "zebra"' })
end)

tap.test("an assigned global is told to be a local", function()
  local fn = compile("\n\ncount = 1")
  tap.equal(globals.check(fn, {}, "checkout.lua"), {
    'checkout.lua:3: assigning the undeclared global "count";'
      .. ' write "local count"',
  })
end)

tap.test("a global is reported once, where it is assigned", function()
  local fn = compile([[
local f = function() return count end
count = 1
count = count + 1
print(count)
prit(count)
prit(f)]])
  tap.equal(globals.check(fn, { print = true }, "x.lua"), {
    'x.lua:2: assigning the undeclared global "count"; write "local count"',
    'x.lua:5: undeclared global "prit"; did you mean "print"?',
  })
end)

tap.test("a declared global may be assigned", function()
  tap.equal(globals.check(compile("print = 1"), { print = true }, "x"), {})
end)

tap.done()
