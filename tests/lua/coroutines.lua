-- What coroutines do, line by line.  tests/cli/endless.bats compares what Lua
-- says of it with what the engine says, whose resume, wrap and close are its
-- own: printed while this file is loaded, and from inside of a coroutine.

local lines

local function show(name, ...)
  local list = table.pack(...)
  for i = 1, list.n do
    local value = list[i]
    list[i] = math.type(value) ~= "float" and type(value) ~= "table"
      and type(value) ~= "function" and type(value) ~= "thread"
      and tostring(value) or type(value)
  end
  lines[#lines + 1] = name .. ": " .. table.concat(list, " | ")
end

local function on_close(fn)
  return setmetatable({}, { __close = fn })
end

local create, wrap = coroutine.create, coroutine.wrap
local resume, close = coroutine.resume, coroutine.close
local yield, status = coroutine.yield, coroutine.status

local function values()
  local co = create(function(...)
    show("begun with", ...)
    show("resumed with", yield(1, nil, 3, nil))
    show("and with", yield())
    return "end", nil
  end)
  show("first", resume(co, "a", nil, "c", nil))
  show("status", status(co))
  show("second", resume(co, nil))
  show("third", resume(co))
  show("status", status(co))
  show("dead", resume(co, 1, 2))
  local next_one = wrap(function(...)
    show("wrap begun with", ...)
    show("wrap resumed with", yield(1, nil))
    return nil, 2
  end)
  show("wrap", next_one("x", nil))
  show("wrap", next_one(nil, nil))
  show("wrap dead", pcall(next_one, 1))
  show("nothing", wrap(function() end)())
  for i in wrap(function() for i = 1, 3 do yield(i) end end) do
    show("for", i)
  end
  local many = table.pack(wrap(function(...) return select("#", ...), ... end)(
    table.unpack({}, 1, 150000)))
  show("many", many.n, many[1])
  show("too many arguments", pcall(resume, create(function(...)
    return select("#", ...) end), table.unpack({}, 1, 999000)))
  show("no results fit", select("#", pcall(function(...)
    return select("#", ...), resume(create(function()
      return table.unpack({}, 1, 600000) end))
  end, table.unpack({}, 1, 300000))))
end

local function failures()
  for _, value in ipairs { "text", 7, false } do
    local co = create(function() error(value) end)
    show("resume", resume(co))
    show("status", status(co))
    show("again", resume(co))
    show("closed", close(co))
    show("closed again", close(co))
    show("wrap", pcall(wrap(function() error(value) end)))
    show("level 0", pcall(wrap(function() error(value, 0) end)))
    show("level 2", pcall(wrap(function() error(value, 2) end)))
  end
  show("nil", resume(create(function() error() end)))
  show("nil", pcall(wrap(function() error() end)))
  local object = {}
  local _, same = pcall(wrap(function() error(object) end))
  show("the same object", same == object)
  show("nested", pcall(function()
    local inner = wrap(function() error("deep") end)
    local outer = wrap(function() inner() end)
    outer()
  end))
  show("in Lua", pcall(function()
    local f = wrap(function() local t = nil; return t.x end)
    return (f())
  end))
  local co = create(function() local function deep() error("x") end deep() end)
  show("resume", resume(co))
  show("traceback", debug.traceback(co, "here"))
  show("handler", xpcall(wrap(function() error("y") end), function(m)
    return "handled " .. m
  end))
  show("handler inside", wrap(function()
    return xpcall(function() yield(1) error("z") end, function(m)
      return "handled " .. m
    end)
  end)())
end

local function closing()
  local log = {}
  local function note(what)
    return on_close(function(_, e)
      log[#log + 1] = what .. "=" .. tostring(e)
    end)
  end
  local function said(...)
    show(table.concat(log, ","), ...)
    log = {}
  end
  local function suspended(fn)
    local co = create(fn)
    resume(co)
    return co
  end
  said("fresh", close(create(print)))
  local co = suspended(function()
    local _ <close> = note "a"
    local _ <close> = note "b"
    yield()
  end)
  said("suspended", close(co))
  said("then", status(co), resume(co))
  co = suspended(function()
    local _ <close> = note "a"
    local _ <close> = on_close(function() error("in close", 0) end)
    local _ <close> = on_close(function() error({}) end)
    yield()
  end)
  said("raises", close(co))
  said("then", status(co), close(co))
  co = suspended(function()
    local _ <close> = note "a"
    error("own", 0)
  end)
  said("failed", status(co))
  said("failed", close(co))
  said("wrap closes", pcall(wrap(function()
    local _ <close> = note "a"
    error("own", 0)
  end)))
  said("wrap closes", pcall(wrap(function()
    local _ <close> = note "a"
    local _ <close> = on_close(function() error("instead") end)
    error("own", 0)
  end)))
  said("wrap closes", pcall(wrap(function()
    local _ <close> = note "a"
    local _ <close> = on_close(function() error(nil) end)
    yield(1)
  end)))
  said("yields in close", wrap(function()
    do
      local _ <close> = on_close(function() yield("from close") end)
    end
    yield("after")
  end)())
  co = suspended(function()
    local _ <close> = on_close(function() yield("refused") end)
    yield()
  end)
  said("yields while closed", close(co))
  co = suspended(function()
    local _ <close> = on_close(function()
      said("inside", status(co), pcall(close, co))
      said("inside", resume(co))
    end)
    yield()
  end)
  said("closes itself", close(co))
  co = suspended(function()
    pcall(function() local _ <close> = note "a"; yield() end)
    log[#log + 1] = "never"
  end)
  said("in pcall", close(co))
end

local function states()
  local _, main = coroutine.running()
  local outer = coroutine.running()
  show("running", main, coroutine.isyieldable(), status(outer))
  show("resume running", resume(outer))
  show("close running", pcall(close, outer))
  local co
  co = create(function()
    local me, is_main = coroutine.running()
    show("inside", me == co, is_main, coroutine.isyieldable())
    show("outer", status(outer), resume(outer))
    show("close outer", pcall(close, outer))
    show("isyieldable", coroutine.isyieldable(outer), coroutine.isyieldable(co))
    local f = wrap(function()
      show("of normal", status(co), resume(co))
      show("of normal", pcall(close, co))
      yield(coroutine.isyieldable())
    end)
    show("nested", f())
    show("itself", resume(co))
    show("itself", pcall(close, co))
    local own
    own = wrap(function() return pcall(own) end)
    show("itself wrapped", own())
    yield()
  end)
  show("resume", resume(co))
  show("yieldable when suspended", coroutine.isyieldable(co))
end

local function boundaries()
  show("sort", wrap(function()
    return pcall(table.sort, { 3, 2, 1 }, function() yield() end)
  end)())
  show("gsub", wrap(function()
    return pcall(string.gsub, "abc", ".", function() yield() end)
  end)())
  show("wrap in gsub", string.gsub("abc", ".", wrap(function(c)
    while true do c = yield(c:upper()) end
  end)))
  show("pcall", wrap(function()
    return pcall(function() return yield("through pcall") end)
  end)())
  local f = wrap(function()
    local t = setmetatable({}, { __index = function(_, k) return yield(k) end,
      __add = function(a, b) return yield("add") end,
      __lt = function() return yield("lt") end,
      __concat = function() return yield("concat") end })
    return t.key, t + 1, t < t, t .. "x"
  end)
  show("metamethods", f())
  show("metamethods", f(1))
  show("metamethods", f(2))
  show("metamethods", f(nil))
  show("metamethods", f(4))
  show("resume in pcall in coroutine", wrap(function()
    return pcall(resume, create(function() yield(pcall(error, "e")) end))
  end)())
  show("a C function", wrap(math.max)(1, 5, 3), resume(create(tostring), true))
  show("pcall as the body", resume(create(pcall), error, "e"))
  show("yield as the body", resume(create(yield), 1, 2))
  show("wrap as the body", wrap(wrap(function(x) yield(x) end))(5))
  local function deep(n)
    return wrap(function() return n == 0 and 0 or 1 + deep(n - 1) end)()
  end
  show("deep", deep(100))
  local ok, message = pcall(deep, 300)
  show("too deep", ok, message:match("C stack overflow"))
end

local function arguments()
  for _, f in ipairs { resume, close, status } do
    show("nothing", pcall(f))
    show("a number", pcall(f, 1))
    show("a function", pcall(f, print))
  end
  for _, value in ipairs { 1, "f", {}, create(print) } do
    show("wrap", pcall(wrap, value))
    show("create", pcall(create, value))
  end
  show("wrap", pcall(wrap))
  show("wrap", pcall(function() coroutine.wrap(nil) end))
  show("resume", pcall(function() coroutine.resume("x") end))
  show("named", pcall(function() coroutine.close {} end))
end

local function abandoned()
  local closed = 0
  for _ = 1, 200 do
    local f = wrap(function()
      local _ <close> = on_close(function() closed = closed + 1 end)
      yield(1)
    end)
    f()
  end
  collectgarbage()
  collectgarbage()
  show("abandoned", closed)
end

local function all()
  local text = {}
  for _, part in ipairs { values, failures, closing, states, boundaries,
    arguments, abandoned } do
    lines = {}
    part()
    text[#text + 1] = table.concat(lines, "\n")
  end
  print(table.concat(text, "\n\n"))
end

all()
return { iterations = 1, run = all }
