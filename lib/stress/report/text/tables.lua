-- stress.report.text.tables: rows in columns, fitted to the page.
--
-- At most one column gives way when the page is too narrow: its texts lose
-- their middle, or are broken into lines with `wrap`.

local format = require "stress.report.format"
local paper = require "stress.report.text.paper"

local tables = {}

local INDENT, GAP = 2, 2
local LEAST = 8 -- columns that the one that gives way keeps

---@class Column
---@field [1] string     the title
---@field right? boolean
---@field flex? boolean  gives way
---@field wrap? boolean  by more lines, not by being cut

---@class TableRow
---@field [integer] Span  a cell for each column
---@field below? (false|{ [1]: string, [2]: string? })[]  texts under it

local function text_of(cell)
  return format.clean(type(cell) == "table" and cell[1] or cell or "")
end

local function style_of(cell)
  return type(cell) == "table" and cell[2] or nil
end

local function widths_of(columns, rows, width)
  local widths, total, flexible = {}, INDENT, nil
  for i, column in ipairs(columns) do
    local widest = format.columns(column[1])
    for _, row in ipairs(rows) do
      widest = math.max(widest, format.columns(text_of(row[i])))
    end
    widths[i] = widest
    total = total + widest + (i > 1 and GAP or 0)
    flexible = column.flex and i or flexible
  end
  if flexible and total > width then
    widths[flexible] = math.max(LEAST, widths[flexible] - (total - width))
  end
  return widths
end

---The lines of one cell, each as wide as the column.
local function cell_lines(p, cell, column, width)
  local text = text_of(cell)
  local lines = { text }
  if format.columns(text) > width then
    lines = column.wrap and format.wrap(text, width)
      or { format.cut_middle(text, width, p.marks.cut) }
  end
  for i, line in ipairs(lines) do
    local pad = column.right and format.pad_before or format.pad
    lines[i] = pad(line, width)
  end
  return lines
end

local function write_row(p, columns, widths, row, style)
  local cells, height = {}, 1
  for i, column in ipairs(columns) do
    cells[i] = cell_lines(p, row[i], column, widths[i])
    height = math.max(height, #cells[i])
  end
  for n = 1, height do
    local spans = { (" "):rep(INDENT) }
    for i in ipairs(columns) do
      spans[#spans + 1] = {
        cells[i][n] or (" "):rep(widths[i]), style or style_of(row[i]),
      }
      spans[#spans + 1] = (" "):rep(GAP)
    end
    spans[#spans] = nil
    paper.line(p, table.unpack(spans))
  end
end

---Writes a table with its titles.
---@param p Paper
---@param columns Column[]
---@param rows TableRow[]
function tables.write(p, columns, rows)
  local widths, titles = widths_of(columns, rows, p.width), {}
  for i, column in ipairs(columns) do
    titles[i] = column[1]
  end
  write_row(p, columns, widths, titles, "dim")
  for _, row in ipairs(rows) do
    write_row(p, columns, widths, row)
    for _, line in ipairs(row.below or {}) do
      if line then
        paper.wrap(p, line[1], { indent = INDENT + 2, style = line[2] })
      end
    end
  end
end

return tables
