-- stress.data: rows of test data, loaded once and dealt out to the VUs.
--
-- Data is loaded at the top of the suite.  It is read once, however many
-- workers there are, and each row that is dealt is a fresh copy.  Paths are
-- relative to the suite's folder.

local core = require "stress.core"
local csv = require "stress.csv"
local feed = require "stress.feed"
local json = require "stress.json"

local data = {}

local BYTES_MAX = 1 << 30
local CHUNK = 1 << 20
local BOM = "\xEF\xBB\xBF"

---@class Feed
---@field next fun(self: Feed): any  the next row, over all workers, and around
---@field unique fun(self: Feed): any  each row once in a run, then nil
---@field random fun(self: Feed): any  any row, by the VU's seeded generator
---@field get fun(self: Feed, i: integer): any  row i, as is feed[i]
---@field [integer] any
---@operator len: integer

---Raises an argument's mistake where the function of stress.data was called.
local function mistake(name, what, ...)
  error(("stress.data.%s: %s"):format(name, what:format(...)), 4)
end

---Returns the path to open; relative ones are relative to the suite.
local function resolve(name, path)
  if type(path) ~= "string" or path == "" or path:find("\0", 1, true) then
    mistake(name, "expected the path of a file, got %s", type(path))
  end
  if path:sub(1, 1) == "/" or core.suite_dir == "." then
    return path
  end
  return core.suite_dir .. "/" .. path
end

---Reads an open file piece by piece, so that a wrong size or none is no harm.
local function read_pieces(file, path)
  local pieces, size = {}, 0
  while true do
    local piece, err = file:read(CHUNK)
    if err then
      return nil, ("%s: %s"):format(path, err)
    end
    if not piece then
      return table.concat(pieces)
    end
    pieces[#pieces + 1] = piece
    size = size + #piece
    if size > BYTES_MAX then
      return nil, path .. ": larger than 1 GB"
    end
  end
end

---Reads a file without its byte order mark.
local function read_file(path)
  local file, err = io.open(path, "rb")
  if not file then
    return nil, err
  end
  local text
  text, err = read_pieces(file, path)
  file:close()
  if not text then
    return nil, err
  end
  return text:sub(1, #BOM) == BOM and text:sub(#BOM + 1) or text
end

---Iterates over the lines of a text, without their ends; the end of the last
---one begins no other.
local function each_line(text)
  local at, number = 1, 0
  return function()
    if at > #text then
      return nil
    end
    local stop = text:find("\n", at, true) or #text + 1
    local last = text:byte(stop - 1) == 13 and stop - 2 or stop - 1
    local line = text:sub(at, last)
    at, number = stop + 1, number + 1
    return number, line
  end
end

---A feed from a file; `parse` gets its text and the path for messages.  To be
---called as a tail call: it adds no level to where a mistake is reported.
---@param kind string  the function's name
---@param shown string  what else tells this feed from others of the file
---@param parse fun(text: string, full: string): table?, string?
---@return Feed
local function file_feed(kind, path, shown, parse)
  local full = resolve(kind, path)
  return feed(kind .. " " .. full .. shown, function()
    local text, err = read_file(full)
    if not text then
      return nil, err
    end
    return parse(text, full)
  end)
end

local CSV_OPTIONS = { header = true, separator = true }

---Checks the options of csv; returns them as they show in the feed's key.
local function check_csv_options(opts)
  if type(opts) ~= "table" then
    mistake("csv", "expected a table of options, got %s", type(opts))
  end
  for key in pairs(opts) do
    if not CSV_OPTIONS[key] then
      local near = core.nearest(tostring(key), { "header", "separator" })
      mistake("csv", "option %s is not known; %s", tostring(key),
        near and ("did you mean %s?"):format(near)
        or "there are header, separator")
    end
  end
  local ok, message = pcall(csv.parse, "", opts)
  if not ok then
    mistake("csv", "%s", message)
  end
  local separator = opts.separator or ","
  return (opts.header == false and " without header" or "")
    .. (separator ~= "," and (" separated by %q"):format(separator) or "")
end

---Reads a CSV file (RFC 4180).  Rows are tables by the names in the first
---line, or arrays with `header = false`; all values are strings.
---@param path string
---@param opts? { header?: boolean, separator?: string }
---@return Feed
function data.csv(path, opts)
  local shown = check_csv_options(opts or {})
  return file_feed("csv", path, shown, function(text, full)
    local rows, message, line = csv.parse(text, opts)
    if not rows then
      return nil, ("%s:%d: %s"):format(full, line, message)
    end
    return rows
  end)
end

---Reads a JSON file that holds an array; its items are the rows.
---@param path string
---@return Feed
function data.json(path)
  return file_feed("json", path, "", function(text, full)
    local rows, message = json.decode(text)
    if message then
      return nil, ("%s: %s"):format(full, message)
    end
    if not text:find("^%s*%[") then
      return nil, full .. ": expected an array at the top"
    end
    return rows
  end)
end

---Reads a file with one JSON document in each line; empty lines are skipped.
---@param path string
---@return Feed
function data.jsonl(path)
  return file_feed("jsonl", path, "", function(text, full)
    local rows = {}
    for number, line in each_line(text) do
      if line:find("%S") then
        local row, message = json.decode(line)
        if message then
          return nil, ("%s:%d: %s"):format(full, number,
            (message:gsub("^line 1, ", "")))
        end
        rows[#rows + 1] = row
      end
    end
    return rows
  end)
end

---Reads the lines of a file, without their ends.
---@param path string
---@return Feed
function data.lines(path)
  return file_feed("lines", path, "", function(text)
    local rows = {}
    for number, line in each_line(text) do
      rows[number] = line
    end
    return rows
  end)
end

---Makes a feed of what `build` returns: an array of plain values.  It is
---called once in a run, when the suite is first loaded.
---@param name string
---@param build fun(): any[]?, string?
---@return Feed
function data.share(name, build)
  if type(name) ~= "string" or name == "" then
    error("stress.data.share: expected a name, got " .. type(name), 2)
  end
  if type(build) ~= "function" then
    error("stress.data.share: expected a function, got " .. type(build), 2)
  end
  return feed("share " .. name, build)
end

return data
