-- stress.report.format: numbers and names as people read them.
--
-- The same forms as in the live view: 12.30ms, 1.40s, 2m05s, 12,345, 1.4 kB.
-- No number is made to look better than it is: a share is never rounded to
-- 0% or 100% unless it is exactly that.

local format = {}

local MS_OF = { us = 1 / 1000, ms = 1, s = 1000 }
local BYTE_UNITS = { "kB", "MB", "GB", "TB" }

local function is_number(n)
  return type(n) == "number" and n == n
end

---Puts a comma between each three digits.
local function with_commas(digits)
  local head = #digits % 3
  local text = digits:sub(head + 1):gsub("%d%d%d", ",%0")
  return head == 0 and text:sub(2) or digits:sub(1, head) .. text
end

---Returns a count: "12,345"; fractions are kept below 100: "6.56".
---@param n number?
---@return string
function format.count(n)
  if not is_number(n) then
    return "-"
  end
  if n ~= math.floor(n) and math.abs(n) < 100 then
    return math.abs(n) < 0.01 and ("%.3g"):format(n) or ("%.2f"):format(n)
  end
  if math.abs(n) >= 1e15 then
    return ("%.3g"):format(n)
  end
  local digits = with_commas(("%.0f"):format(math.abs(n)))
  return n <= -0.5 and "-" .. digits or digits
end

---Returns a text whose numbers have a comma between each three digits, but
---not behind a point: "count>=10,000".
---@param text string
---@return string
function format.numbers(text)
  return (text:gsub("%.?%d+", function(digits)
    local is_whole = digits:sub(1, 1) ~= "."
    return is_whole and with_commas(digits) or nil
  end))
end

---Returns a duration with its unit; from a minute on in whole seconds.
---@param ms number?
---@return string
function format.duration(ms)
  if not is_number(ms) then
    return "-"
  end
  local a = math.abs(ms)
  if a == 0 then
    return "0s"
  elseif a < 0.0005 then
    return "<1us"
  elseif a < 0.9995 then
    return ("%.0fus"):format(ms * 1000)
  elseif a < 99.995 then
    return ("%.2fms"):format(ms)
  elseif a < 999.95 then
    return ("%.1fms"):format(ms)
  elseif a < 59995 then
    return ("%.2fs"):format(ms / 1000)
  elseif a >= 1e15 then
    return ("%gs"):format(ms / 1000)
  end
  local sign, s = ms < 0 and "-" or "", math.floor(a / 1000 + 0.5)
  if s < 3600 then
    return ("%s%dm%02ds"):format(sign, s // 60, s % 60)
  end
  return ("%s%dh%02dm%02ds"):format(sign, s // 3600, s // 60 % 60, s % 60)
end

---Returns a size in powers of ten: "512 B", "1.4 kB".
---@param n number?
---@return string
function format.bytes(n)
  if not is_number(n) then
    return "-"
  end
  if math.abs(n) < 999.5 then
    return ("%.0f B"):format(n)
  end
  local unit = 0
  repeat
    n, unit = n / 1000, unit + 1
  until math.abs(n) < 999.95 or unit == #BYTE_UNITS
  return ("%.1f %s"):format(n, BYTE_UNITS[unit])
end

---Returns a share of 1 in percent; what is not all never reads as 100%.
---@param share number?
---@param digits? integer  behind the point; 2 unless given
---@return string
function format.percent(share, digits)
  if not is_number(share) then
    return "-"
  end
  digits = digits or 2
  local step = 10 ^ -digits
  local spec = ("%%.%df%%%%"):format(digits)
  local percent = share * 100
  if percent > 0 and percent < step then
    return "<" .. spec:format(step)
  end
  if percent < 100 and percent > 100 - step then
    return ">" .. spec:format(100 - step)
  end
  return spec:format(percent)
end

---Returns a value in the unit of its metric.
---@param n number?
---@param unit? string  "ms", "bytes", "", or any other, which is left out
---@return string
function format.value(n, unit)
  if unit == "bytes" then
    return format.bytes(n)
  end
  local scale = MS_OF[unit]
  if scale and is_number(n) then
    return format.duration(n * scale)
  end
  return format.count(n)
end

---Tells whether values of this unit are written as durations.
---@param unit? string
---@return boolean
function format.is_time(unit)
  return MS_OF[unit] ~= nil
end

---Tells whether the unit is part of what format.value returns.
---@param unit? string
---@return boolean
function format.shows_unit(unit)
  return unit == "bytes" or format.is_time(unit)
end

-- Text

-- What could move the cursor or hide text: controls, and marks that turn the
-- direction of writing.
local function is_unsafe(code)
  return code < 0x20 or code >= 0x7f and code < 0xa0
    or code >= 0x2028 and code <= 0x202e or code >= 0x2066 and code <= 0x2069
end

---Returns a text that is UTF-8 and harmless on a terminal: each byte or
---character that is not becomes "?", a tab two blanks.
---@param text any
---@return string
function format.clean(text)
  text = tostring(text):gsub("\t", "  ")
  if not text:find("[%c\127-\255]") then
    return text
  end
  local good, bad = utf8.len(text)
  while not good do
    text = text:sub(1, bad - 1) .. "?" .. text:sub(bad + 1)
    good, bad = utf8.len(text, bad + 1)
  end
  return (text:gsub(utf8.charpattern, function(char)
    return is_unsafe(utf8.codepoint(char)) and "?" or nil
  end))
end

local WIDE = { -- from, to, columns
  { 0x300, 0x36f, 0 }, { 0x1100, 0x115f, 2 }, { 0x200b, 0x200f, 0 },
  { 0x2e80, 0x303e, 2 }, { 0x3041, 0xa4cf, 2 }, { 0xac00, 0xd7a3, 2 },
  { 0xf900, 0xfaff, 2 }, { 0xfe00, 0xfe0f, 0 }, { 0xfe30, 0xfe6f, 2 },
  { 0xff00, 0xff60, 2 }, { 0xffe0, 0xffe6, 2 }, { 0x1f300, 0x1f64f, 2 },
  { 0x1f900, 0x1faff, 2 }, { 0x20000, 0x3fffd, 2 },
}

local function columns_of(code)
  if code < 0x300 then
    return 1
  end
  for _, range in ipairs(WIDE) do
    if code >= range[1] and code <= range[2] then
      return range[3]
    end
  end
  return 1
end

---Returns the columns that a clean text takes.
---@param text string
---@return integer
function format.columns(text)
  if not text:find("[\128-\255]") then
    return #text
  end
  local columns = 0
  for _, code in utf8.codes(text) do
    columns = columns + columns_of(code)
  end
  return columns
end

---Returns as many whole characters as fit, and the rest.
---@param text string  clean
---@param columns integer
---@return string head
---@return string rest
function format.split(text, columns)
  if not text:find("[\128-\255]") then
    return text:sub(1, columns), text:sub(columns + 1)
  end
  local used = 0
  for at, code in utf8.codes(text) do
    used = used + columns_of(code)
    if used > columns then
      return text:sub(1, at - 1), text:sub(at)
    end
  end
  return text, ""
end

---Returns a text that is not wider than `columns`, ended by `mark` if cut.
---@param text string  clean
---@param columns integer
---@param mark? string  an ellipsis unless given
---@return string
function format.cut(text, columns, mark)
  if format.columns(text) <= columns then
    return text
  end
  mark = mark or "…"
  local room = columns - format.columns(mark)
  if room < 0 then
    return (format.split(mark, columns))
  end
  return (format.split(text, room)) .. mark
end

---Like format.cut, but takes from the middle: names that begin alike often
---differ at their ends.
---@param text string  clean
---@param columns integer
---@param mark? string
---@return string
function format.cut_middle(text, columns, mark)
  local all = format.columns(text)
  if all <= columns then
    return text
  end
  mark = mark or "…"
  local room = math.max(columns - format.columns(mark), 0)
  local head = format.split(text, room - room // 2)
  local _, tail = format.split(text, all - room // 2)
  return format.cut(head .. mark .. tail, columns, "")
end

---Fills a text up with blanks behind it.
---@param text string  clean
---@param columns integer
---@return string
function format.pad(text, columns)
  return text .. (" "):rep(columns - format.columns(text))
end

---Fills a text up with blanks before it.
---@param text string  clean
---@param columns integer
---@return string
function format.pad_before(text, columns)
  return (" "):rep(columns - format.columns(text)) .. text
end

---Breaks a text into lines at blanks, and words that are too long anywhere.
---@param text string  clean
---@param columns integer
---@return string[]
function format.wrap(text, columns)
  local lines, line = {}, nil
  columns = math.max(columns, 2) -- a wide character must fit
  for word in text:gmatch("%S+") do
    local joined = line and line .. " " .. word or word
    if line and format.columns(joined) > columns then
      lines[#lines + 1] = line
      joined = word
    end
    while format.columns(joined) > columns do
      lines[#lines + 1], joined = format.split(joined, columns)
    end
    line = joined
  end
  lines[#lines + 1] = line
  return lines
end

---Returns a count with its word: "1 error", "2 errors".
---@param n integer
---@param word string
---@param words? string  the plural, unless it only has an "s"
---@return string
function format.counted(n, word, words)
  return format.count(n) .. " " .. (n == 1 and word or words or word .. "s")
end

return format
