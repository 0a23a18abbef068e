-- stress.globals: finds undeclared globals without running the script.
--
-- A misspelt name in a branch that is rarely taken shows only when a run is
-- hours old.  So the compiled chunk is searched: string.dump gives its code,
-- in which each global is an access to the upvalue _ENV with a constant key.
--
-- What it knows is Lua 5.4's binary format (ldump.c, lopcodes.h; the same
-- from 5.4.0 on).  Anything else, a chunk without debug information included,
-- gives an empty list: then only the environment finds mistakes, at run time.
--
-- Lua gives an assignment the line on which its value ends, so that one of a
-- table with many lines is found at the closing brace.  An access through a
-- local named _ENV is not one to a global and is not listed.

local core = require "stress.core"

local globals = {}

-- The chunk's head up to the sizes; what follows are two numbers that tell
-- the byte order and the format of floats.
local HEAD = "\27Lua\x54\x00\x19\x93\r\n\x1a\n\x04\x08\x08"
local HEAD_INT, HEAD_NUM = 0x5678, 370.5

local OP_LOADK, OP_LOADKX, OP_GETUPVAL = 3, 4, 9
local OP_GETTABUP, OP_GETTABLE = 11, 12
local OP_SETTABUP, OP_SETTABLE, OP_CALL = 15, 16, 68

local KIND_FLOAT, KIND_INT = 0x13, 0x03
local KIND_SHORT, KIND_LONG = 0x04, 0x14

local ABS_LINE = -0x80 -- in place of a difference: look into abslineinfo

---@class GlobalUse
---@field name string
---@field line integer
---@field write boolean

---Reads a number in groups of seven bits; the last has the high bit set.
local function read_size(r)
  local n = 0
  while true do
    local byte = r.bytes:byte(r.at)
    r.at = r.at + 1
    n = n << 7 | byte & 0x7f
    if byte >= 0x80 then
      return n
    end
  end
end

---Reads a string, or nil where none is stored.
local function read_string(r)
  local size = read_size(r)
  if size == 0 then
    return nil
  end
  local from = r.at
  r.at = from + size - 1
  return r.bytes:sub(from, r.at - 1)
end

---Reads values of a fixed format; returns them as string.unpack does.
local function read(r, format)
  local value, second, third
  value, second, third = format:unpack(r.bytes, r.at)
  r.at = r.at + format:packsize()
  return value, second, third
end

---Reads the constants; only strings are kept, at their index from 0.
local function read_constants(r)
  local strings = {}
  for i = 0, read_size(r) - 1 do
    local kind = read(r, "B")
    if kind == KIND_SHORT or kind == KIND_LONG then
      strings[i] = read_string(r)
    elseif kind == KIND_INT or kind == KIND_FLOAT then
      r.at = r.at + 8
    end
  end
  return strings
end

---Reads where the upvalues come from: a local of the function around (in the
---stack), or an upvalue of it.
local function read_upvalues(r)
  local upvalues = {}
  for i = 0, read_size(r) - 1 do
    local in_stack, index = read(r, "BBB") -- the third is of no use here
    upvalues[i] = { in_stack = in_stack ~= 0, index = index }
  end
  return upvalues
end

---Reads the line of each instruction.
local function read_lines(r, first)
  local lines, differences, absolute = {}, {}, {}
  for pc = 0, read_size(r) - 1 do
    differences[pc] = read(r, "b")
  end
  for _ = 1, read_size(r) do
    local pc = read_size(r)
    absolute[pc] = read_size(r)
  end
  local line = first
  for pc = 0, #differences do
    local difference = differences[pc]
    if difference == ABS_LINE then
      line = absolute[pc]
    elseif difference then
      line = line + difference
    end
    lines[pc] = line
  end
  return lines
end

---Reads the names of locals, which are of no use, and of upvalues.
local function read_names(r)
  for _ = 1, read_size(r) do
    read_string(r)
    read_size(r)
    read_size(r)
  end
  local names = {}
  for i = 0, read_size(r) - 1 do
    names[i] = read_string(r)
  end
  return names
end

---Takes an instruction apart.
local function decode(code, pc)
  local i = code[pc] or 0
  return i & 0x7f, i >> 7 & 0xff, i >> 16 & 0xff, i >> 24
end

---Returns the constant that an instruction loads, and into which register.
local function loaded_constant(f, pc)
  local op, a = decode(f.code, pc)
  if op == OP_LOADK then
    return f.strings[f.code[pc] >> 15], a, pc + 1
  end
  if op == OP_LOADKX then
    return f.strings[f.code[pc + 1] >> 7], a, pc + 2
  end
  return nil
end

---Finds how a global is used whose name does not fit into the instruction (a
---constant past 255, or over 40 bytes).  The code is then GETUPVAL env,
---LOADK key, and either GETTABLE at once or, after the value, SETTABLE.
local function far_use(f, pc, env)
  local name, key, next_pc = loaded_constant(f, pc + 1)
  if not name then
    return nil
  end
  local op, _, b, c = decode(f.code, next_pc)
  if op == OP_GETTABLE and b == env and c == key then
    return { name = name, line = f.lines[next_pc], write = false }
  end
  for later = next_pc, #f.code do
    local a
    op, a, b = decode(f.code, later)
    if op == OP_SETTABLE and a == env and b == key then
      return { name = name, line = f.lines[later], write = true }
    end
    if (op == OP_GETUPVAL or op == OP_CALL) and a <= key then
      return nil -- the registers have another use by now
    end
  end
  return nil
end

---Returns the use of a global that an instruction is, or begins.
local function use_at(f, pc)
  local op, a, b, c = decode(f.code, pc)
  if op == OP_GETTABUP and f.is_env[b] then
    return { name = f.strings[c], line = f.lines[pc], write = false }
  end
  if op == OP_SETTABUP and f.is_env[a] then
    return { name = f.strings[b], line = f.lines[pc], write = true }
  end
  if op == OP_GETUPVAL and f.is_env[b] then
    return far_use(f, pc, a)
  end
  return nil
end

---Reads a function and all inside it, in the order of the format.
local function read_function(r)
  local f = { code = {}, inner = {} }
  read_string(r) -- the source
  local first_line = read_size(r)
  read_size(r) -- the last line
  read(r, "BBB") -- parameters, varargs, registers
  for pc = 0, read_size(r) - 1 do
    f.code[pc] = read(r, "=I4")
  end
  f.strings = read_constants(r)
  f.upvalues = read_upvalues(r)
  for i = 1, read_size(r) do
    f.inner[i] = read_function(r)
  end
  f.lines = read_lines(r, first_line)
  f.names = read_names(r)
  return f
end

---Appends the uses of globals in a function and in those inside it.  Which
---upvalues are the environment is known of the outermost by name, of the
---others by where they come from: a local may be named _ENV, too.
local function collect(f, outer, uses)
  f.is_env = {}
  for i, from in pairs(f.upvalues) do
    if outer then
      f.is_env[i] = not from.in_stack and outer[from.index]
    else
      f.is_env[i] = f.names[i] == "_ENV"
    end
  end
  for pc = 0, #f.code do
    uses[#uses + 1] = use_at(f, pc)
  end
  for _, inner in ipairs(f.inner) do
    collect(inner, f.is_env, uses)
  end
end

---Reads a dumped chunk.
local function read_chunk(bytes)
  if bytes:sub(1, #HEAD) ~= HEAD then
    return {}
  end
  local r = { at = #HEAD + 1, bytes = bytes }
  if read(r, "=i8") ~= HEAD_INT or read(r, "=d") ~= HEAD_NUM then
    return {}
  end
  read(r, "B") -- the number of upvalues, which comes again
  local uses = {}
  collect(read_function(r), nil, uses)
  return uses
end

---Sorts uses by line; those of one line stay in the order they were found.
local function sort_by_line(uses)
  local found = {}
  for i, use in ipairs(uses) do
    found[use] = i
  end
  table.sort(uses, function(a, b)
    if a.line ~= b.line then
      return a.line < b.line
    end
    return found[a] < found[b]
  end)
end

---Lists every use of a global in a function and in all functions inside it,
---in the order of the lines.
---@param fn function  a compiled chunk, of Lua and not stripped
---@return GlobalUse[]
function globals.used(fn)
  local dumped, bytes = pcall(string.dump, fn)
  if not dumped then
    return {}
  end
  local ok, uses = pcall(read_chunk, bytes)
  if not ok then
    return {} -- not the format that we know
  end
  sort_by_line(uses)
  return uses
end

---Returns the first use of each undeclared global, of one that is assigned
---the first assignment.
local function first_uses(uses, known)
  local list, index = {}, {}
  for _, use in ipairs(uses) do
    local at = index[use.name]
    if not at and not known[use.name] then
      list[#list + 1] = use
      index[use.name] = #list
    elseif at and use.write and not list[at].write then
      list[at] = use
    end
  end
  sort_by_line(list)
  return list
end

---Checks a compiled chunk for undeclared globals, each of which is reported
---once: where it is assigned, or else where it is read first.
---@param fn function
---@param known table<string, any>  its keys are the names that are allowed
---@param file string  the file's name in the messages
---@return string[] errors
function globals.check(fn, known, file)
  local names = {}
  for name in pairs(known) do
    names[#names + 1] = name
  end
  table.sort(names)
  local errors = {}
  for i, use in ipairs(first_uses(globals.used(fn), known)) do
    local place = ("%s:%d: "):format(file, use.line)
    local near = core.nearest(use.name, names)
    if use.write then
      errors[i] = ('%sassigning the undeclared global "%s"; write "local %s"')
        :format(place, use.name, use.name)
    else
      errors[i] = ('%sundeclared global "%s"%s'):format(place, use.name,
        near and ('; did you mean "%s"?'):format(near) or "")
    end
  end
  return errors
end

return globals
