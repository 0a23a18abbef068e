-- stress.report.text.paper: the page that the summary is written on.
--
-- A line is made of spans: a string, or a table { text, style }.  Every text
-- is cleaned here, so that nothing a server or a script said can reach the
-- terminal as more than characters.
--
-- Who writes a text of any length breaks it (wrap, flow) or cuts it (cut) to
-- the page's width.  A line of numbers is rather too long than cut.

local format = require "stress.report.format"

local paper = {}

local DEFAULT_WIDTH = 100
local LEAST_WIDTH = 60

local CODES = {
  bold = "1", dim = "2", red = "31", green = "32", yellow = "33",
  cyan = "36", good = "1;32", bad = "1;31", warn = "1;33",
}

local UTF8_MARKS = {
  pass = "✓", fail = "✗", none = "∅", skip = "-",
  block = "█", sub = "↳", dot = "·", cut = "…",
  times = "×", dash = "—",
}

local ASCII_MARKS = {
  pass = "+", fail = "x", none = "?", skip = "-",
  block = "#", sub = ">", dot = "-", cut = "...",
  times = "x", dash = "-",
}

---@class Paper
---@field width integer
---@field marks table<string, string>
---@field private color boolean
---@field private lines string[]

---@class FlowOptions
---@field indent integer
---@field between string
---@field style? string
---@field head? Span[]  what stands in the indent of the first line

---@alias Span string|{ [1]: string, [2]: string? }

---Makes an empty page.
---@param opts? { width?: integer, color?: boolean, ascii?: boolean }
---@return Paper
function paper.new(opts)
  opts = opts or {}
  return {
    width = math.max(opts.width or DEFAULT_WIDTH, LEAST_WIDTH),
    marks = opts.ascii and ASCII_MARKS or UTF8_MARKS,
    color = opts.color or false,
    lines = {},
  }
end

---Returns everything that was written.
---@param p Paper
---@return string
function paper.text(p)
  return table.concat(p.lines, "\n") .. "\n"
end

local function styled(p, text, style)
  local code = CODES[style]
  if not p.color or not code or text == "" then
    return text
  end
  return "\27[" .. code .. "m" .. text .. "\27[0m"
end

---Writes a line of spans, without blanks at its end.
---@param p Paper
---@param ... Span
function paper.line(p, ...)
  local spans, parts, ended = { ... }, {}, true
  for i = #spans, 1, -1 do
    local span = spans[i]
    local is_plain = type(span) ~= "table"
    local text = format.clean(is_plain and span or span[1])
    if ended then
      text = text:gsub("%s+$", "")
      ended = text == ""
    end
    parts[i] = is_plain and text or styled(p, text, span[2])
  end
  p.lines[#p.lines + 1] = table.concat(parts)
end

---Returns as much of a text as has room behind `used` columns.
---@param p Paper
---@param text string
---@param used integer
---@return string
function paper.cut(p, text, used)
  return format.cut(format.clean(text), p.width - used, p.marks.cut)
end

---Writes an empty line, unless there is one already.
---@param p Paper
function paper.blank(p)
  local last = p.lines[#p.lines]
  if last and last ~= "" then
    p.lines[#p.lines + 1] = ""
  end
end

---Begins a part of the page.
---@param p Paper
---@param title string
---@param note? string  what the reader must know of the part
function paper.heading(p, title, note)
  paper.blank(p)
  paper.line(p, { p.marks.block .. " " .. title, "bold" },
    { note and "  " .. note or "", "dim" })
  paper.blank(p)
end

---Writes a text in as many lines as it needs.
---@param p Paper
---@param text string
---@param opts { indent: integer, hang?: integer, style?: string }  hang: more
--- blanks from the second line on
function paper.wrap(p, text, opts)
  local first = format.wrap(format.clean(text), p.width - opts.indent)
  local indent = opts.indent + (opts.hang or 0)
  if #first == 0 then
    return
  end
  paper.line(p, (" "):rep(opts.indent), { first[1], opts.style })
  local rest = table.concat(first, " ", 2)
  for _, line in ipairs(format.wrap(rest, p.width - indent)) do
    paper.line(p, (" "):rep(indent), { line, opts.style })
  end
end

---Writes texts one after another; none is broken, and one that would pass the
---width begins a new line.
---@param p Paper
---@param texts string[]
---@param opts FlowOptions
function paper.flow(p, texts, opts)
  local head, line = opts.head or { (" "):rep(opts.indent) }, nil
  local function write()
    local spans = table.move(head, 1, #head, 1, {})
    spans[#spans + 1] = { line, opts.style }
    paper.line(p, table.unpack(spans))
    head = { (" "):rep(opts.indent) }
  end
  for _, text in ipairs(texts) do
    text = format.clean(text)
    local joined = line and line .. opts.between .. text or text
    if line and format.columns(joined) > p.width - opts.indent then
      write()
      joined = text
    end
    line = joined
  end
  if line then
    write()
  end
end

return paper
