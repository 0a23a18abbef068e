-- stress.boot: makes a fresh Lua state into one that suites run in.
--
-- Run once per state, before anything of the user's.  It decides what a
-- suite sees: where modules are found, that globals must be declared, that
-- randomness is seeded.  It protects against mistakes, not against malice.

local core = require "stress.core"
local globals = require "stress.globals"

local boot = {}

---Names that exist before any suite is loaded.
local known = {}

---Where a suite's own modules live, beside the suite's file.
local function suite_path(dir)
  local places = {
    "/?.lua", "/?/init.lua", "/lib/?.lua", "/lib/?/init.lua",
    "/lua_modules/?.lua", "/lua_modules/?/init.lua",
    "/lua_modules/share/lua/5.4/?.lua",
    "/lua_modules/share/lua/5.4/?/init.lua",
  }
  for i, place in ipairs(places) do places[i] = dir .. place end
  return table.concat(places, ";")
end

---Compiles a file of the suite's author: text only, globals checked.
---@return function? chunk, string? err
local function compile(file)
  local chunk, err = loadfile(file, "t")
  if not chunk then return nil, err end
  local problems = globals.check(chunk, known, file)
  if #problems > 0 then return nil, table.concat(problems, "\n") end
  return chunk
end

---Finds modules beside the suite; these are held to the same rules as it.
local function suite_searcher(dir)
  local path = suite_path(dir)
  return function(name)
    local file, err = package.searchpath(name, path)
    if not file then return err end
    local chunk, problem = compile(file)
    if not chunk then error(problem, 0) end
    return chunk, file
  end
end

---Finds installed modules (LuaRocks trees).  Others wrote them for plain Lua:
---a global that is not there is nil, and what they assign stays theirs.
local function installed_searcher(name)
  local file, err = package.searchpath(name, package.path)
  if not file then return err end
  local env = setmetatable({}, {
    __index = function(_, key) return rawget(_G, key) end,
  })
  local chunk, problem = loadfile(file, "t", env)
  if not chunk then error(problem, 0) end
  return chunk, file
end

---Finds the modules that are part of the program itself.
local function embedded_searcher(name)
  local text = core.embedded(name)
  if not text then return "\n\tno embedded module '" .. name .. "'" end
  return assert(load(text, "=" .. name, "t")), name
end

---Refuses globals that nobody declared, reading and writing.
local function make_strict()
  local function place() return debug.getinfo(3, "S") end
  for name in pairs(_G) do known[name] = true end
  setmetatable(_G, {
    __metatable = "the globals are closed",
    __newindex = function(_, name)
      if place().what == "C" then return end
      error(('assigning the undeclared global "%s"; write "local %s"')
        :format(name, name), 2)
    end,
    __index = function(_, name)
      if type(name) ~= "string" then return nil end
      local list = {}
      for other in pairs(known) do list[#list + 1] = other end
      table.sort(list)
      local near = core.nearest(name, list)
      error(('undeclared global "%s"%s'):format(name,
        near and ('; did you mean "%s"?'):format(near) or ""), 2)
    end,
  })
end

---What the standard library has that a run must not do.
local function tame_library()
  local load_any, stress = load, require "stress"
  load = function(chunk, name, _, ...)
    return load_any(chunk, name, "t", ...)
  end
  os.exit = function()
    error("os.exit would end the engine; use stress.abort(message)", 2)
  end
  math.random = stress.random
  -- One seed gives one run: it is chosen with --seed and by nothing else.
  math.randomseed = function() end
  print = core.print
  debug.sethook = nil
end

---Prepares the state; called once by the engine.
---@param dir string the folder of the suite
function boot.prepare(dir)
  tame_library()
  make_strict()
  package.searchers = {
    package.searchers[1], -- preload
    suite_searcher(dir),
    embedded_searcher,
    installed_searcher,
    package.searchers[3], -- C libraries
  }
end

---The file of a suite given as a path or as a module's name.
---@return string? file, string? err
function boot.find(name, dir)
  local f = io.open(name, "r")
  if f then
    f:close()
    return name
  end
  if name:find("^[%w_%-]+%.[%w_.%-]+$") and not name:find("%.lua$") then
    local file = package.searchpath(name, suite_path(dir) .. ";"
      .. package.path)
    if file then return file end
  end
  return nil
end

---Loads a suite's file and returns what it returned.
---@param file string
---@return any raw
function boot.load(file)
  local chunk, err = compile(file)
  if not chunk then error(err, 0) end
  return chunk()
end

return boot
