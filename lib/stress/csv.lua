-- stress.csv: reads CSV text (RFC 4180).
--
-- Lines end with LF or CRLF, a byte order mark is dropped, lines with nothing
-- in them are skipped.  All values are text.  What the RFC does not allow, a
-- stray quote or a row of another length, is refused: a file that is broken
-- somewhere would otherwise be read as other data than it holds.

local csv = {}

local BOM = "\xEF\xBB\xBF"
local QUOTE, LF, CR = 34, 10, 13

-- The reader: `text`, `at` (the next byte), `line` (of that byte), `special`
-- (a pattern of what ends or spoils a plain field), `separator` (a byte).
-- Its functions return nil, message, line for what is refused.

---Counts the line ends in text that a quoted field may hold.
local function count_lines(text)
  if not text:find("\n", 1, true) then
    return 0
  end
  return select(2, text:gsub("\n", ""))
end

---Steps over a line end, if there is one here.
local function skip_line_end(r)
  local byte, second = r.text:byte(r.at, r.at + 1)
  local length = byte == LF and 1 or byte == CR and second == LF and 2
  if not length then
    return false
  end
  r.at = r.at + length
  r.line = r.line + 1
  return true
end

---Reads a field without quotes, up to the separator or the line's end.
local function read_plain(r)
  local stop = r.text:find(r.special, r.at) or #r.text + 1
  local byte = r.text:byte(stop)
  if byte == QUOTE then
    return nil, "a quote inside a field that does not begin with one", r.line
  end
  local last = stop - 1
  if byte == LF and last >= r.at and r.text:byte(last) == CR then
    last = last - 1
    stop = last + 1
  end
  local value = r.text:sub(r.at, last)
  r.at = stop
  return value
end

---Finds the quote that ends a field; two in a row stand for one.
local function find_closing(text, from)
  local doubled = false
  local at = text:find('"', from, true)
  while at and text:byte(at + 1) == QUOTE do
    doubled = true
    at = text:find('"', at + 2, true)
  end
  return at, doubled
end

---Reads a field in quotes.
local function read_quoted(r)
  local closing, doubled = find_closing(r.text, r.at + 1)
  if not closing then
    return nil, "the quote that opens here is never closed", r.line
  end
  local value = r.text:sub(r.at + 1, closing - 1)
  r.line = r.line + count_lines(value)
  r.at = closing + 1
  if doubled then
    value = value:gsub('""', '"')
  end
  local byte, second = r.text:byte(r.at, r.at + 1)
  if byte and byte ~= r.separator and byte ~= LF
    and not (byte == CR and second == LF) then
    return nil, "text between a closing quote and the end of its field", r.line
  end
  return value
end

---Reads the fields of one row.
local function read_row(r)
  local row = {}
  repeat
    local read = r.text:byte(r.at) == QUOTE and read_quoted or read_plain
    local value, message, line = read(r)
    if not value then
      return nil, message, line
    end
    row[#row + 1] = value
    local more = r.text:byte(r.at) == r.separator
    if more then
      r.at = r.at + 1
    end
  until not more
  skip_line_end(r)
  return row
end

---Checks that no two columns have one name.
local function check_header(names)
  local seen = {}
  for _, name in ipairs(names) do
    if seen[name] then
      return ('the header has the name "%s" twice'):format(name)
    end
    seen[name] = true
  end
  return nil
end

---Makes a row by name from one by number.
local function by_name(names, fields)
  local row = {}
  for i, name in ipairs(names) do
    row[name] = fields[i]
  end
  return row
end

---Reads the next row that is not an empty line; nil at the end.
local function next_row(r)
  while skip_line_end(r) do end
  if r.at > #r.text then
    return nil
  end
  local line = r.line
  r.row_line = line
  local row, message, where = read_row(r)
  if not row then
    return nil, message, where
  end
  r.width = r.width or #row
  if #row ~= r.width then
    return nil, ("too %s fields: %d, but the first row has %d"):format(
      #row < r.width and "few" or "many", #row, r.width), line
  end
  return row
end

---Checks the options; a mistake is the caller's.
local function check_options(opts)
  local separator = opts.separator or ","
  if type(separator) ~= "string" or #separator ~= 1
    or separator:find('["\r\n]') then
    error("separator must be one byte, and no quote or line end", 3)
  end
  if opts.header ~= nil and type(opts.header) ~= "boolean" then
    error("header must be true or false", 3)
  end
  return separator, opts.header ~= false
end

---Reads CSV text into an array of rows.  With a header, the default, a row is
---a table by the header's names, without one an array of its fields.
---@param text string
---@param opts? { header?: boolean, separator?: string }
---@return table[]? rows
---@return string? err  what is wrong
---@return integer? line  where
function csv.parse(text, opts)
  local separator, header = check_options(opts or {})
  local r = {
    text = text,
    at = text:sub(1, #BOM) == BOM and #BOM + 1 or 1,
    line = 1,
    separator = separator:byte(),
    special = '[\n"' .. separator:gsub("%p", "%%%0") .. "]",
  }
  local rows, names = {}, nil
  while true do
    local row, message, line = next_row(r)
    if message then
      return nil, message, line
    end
    if not row then
      return rows
    end
    if header and not names then
      names = row
      message = check_header(names)
      if message then
        return nil, message, r.row_line
      end
    else
      rows[#rows + 1] = names and by_name(names, row) or row
    end
  end
end

return csv
