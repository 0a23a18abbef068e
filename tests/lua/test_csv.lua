-- stress.csv: what it reads and what it refuses.

local t = require "tap"
local csv = require "stress.csv"

local function rows(text, opts)
  local list, message, line = csv.parse(text, opts)
  if not list then
    error(("%q was refused: line %d: %s"):format(text, line, message), 2)
  end
  return list
end

local function fields(text, separator)
  return rows(text, { header = false, separator = separator })
end

local function refused(text, line, pattern, opts)
  local list, message, where = csv.parse(text, opts or { header = false })
  t.equal(list, nil, ("%q"):format(text))
  t.ok(message:find(pattern, 1, true), ("%q gave %q"):format(text, message))
  t.equal(where, line, ("the line of %q"):format(text))
end

t.test("a header names the columns", function()
  t.equal(rows "id,name\n1,Ada\n2,Bob\n", {
    { id = "1", name = "Ada" },
    { id = "2", name = "Bob" },
  })
  t.equal(rows "id,name\n", {})
  t.equal(rows('"a,b",c\n1,2'), { { ["a,b"] = "1", c = "2" } })
end)

t.test("without a header rows are arrays", function()
  t.equal(fields "id,name\n1,Ada", { { "id", "name" }, { "1", "Ada" } })
end)

t.test("nothing gives no rows", function()
  t.equal(rows "", {})
  t.equal(fields "", {})
  t.equal(fields "\n\r\n", {})
  t.equal(fields "\xEF\xBB\xBF", {})
end)

t.test("the last line needs no end", function()
  t.equal(fields "a,b\nc,d", { { "a", "b" }, { "c", "d" } })
  t.equal(fields "a,b\nc,d\n", { { "a", "b" }, { "c", "d" } })
  t.equal(fields 'a,b\nc,"d"', { { "a", "b" }, { "c", "d" } })
end)

t.test("CRLF and LF end lines, CR alone does not", function()
  t.equal(fields "a,b\r\nc,d\r\n", { { "a", "b" }, { "c", "d" } })
  t.equal(fields '"a","b"\r\n"c","d"\r\n', { { "a", "b" }, { "c", "d" } })
  t.equal(fields "a\rb,c\n", { { "a\rb", "c" } })
  t.equal(fields "a,\r\nb,\r\n", { { "a", "" }, { "b", "" } })
end)

t.test("fields may be empty", function()
  t.equal(fields ",\n", { { "", "" } })
  t.equal(fields "a,,b", { { "a", "", "b" } })
  t.equal(fields "a,", { { "a", "" } })
  t.equal(fields '"",""', { { "", "" } })
  t.equal(fields '""\n', { { "" } })
end)

t.test("empty lines are skipped", function()
  t.equal(fields "a,b\n\n\r\nc,d\n\n", { { "a", "b" }, { "c", "d" } })
  t.equal(rows "\n\nid\n1\n", { { id = "1" } })
end)

t.test("quoted fields hold separators, quotes and line ends", function()
  t.equal(fields '"a,b",c', { { "a,b", "c" } })
  t.equal(fields '"say ""hi""",c', { { 'say "hi"', "c" } })
  t.equal(fields '""""', { { '"' } })
  t.equal(fields '""""""', { { '""' } })
  t.equal(fields '"a\nb\r\nc",d\ne,f', { { "a\nb\r\nc", "d" }, { "e", "f" } })
end)

t.test("blanks belong to the field", function()
  t.equal(fields " a , b ", { { " a ", " b " } })
end)

t.test("a byte order mark is dropped", function()
  t.equal(rows "\xEF\xBB\xBFid\n1", { { id = "1" } })
  t.equal(rows '\xEF\xBB\xBF"id"\n1', { { id = "1" } })
end)

t.test("any byte but a quote or a line end separates", function()
  for separator in (";\t|^]%-.a\0"):gmatch "." do
    t.equal(fields("x" .. separator .. "y\n", separator), { { "x", "y" } })
    t.equal(fields('"x"' .. separator .. '"y"', separator), { { "x", "y" } })
  end
  t.equal(fields("1,5;2,5", ";"), { { "1,5", "2,5" } })
end)

t.test("an open quote is refused where it opens", function()
  refused('a,b\nc,"d\ne,f\n', 2, "never closed")
  refused('"', 1, "never closed")
  refused('"a""', 1, "never closed")
end)

t.test("text after a closing quote is refused", function()
  refused('a\n"b"c\n', 2, "between a closing quote")
  refused('"b" ,c\n', 1, "between a closing quote")
  refused('"a\nb"c', 2, "between a closing quote")
  refused('"a"\rb', 1, "between a closing quote")
end)

t.test("a quote inside a plain field is refused", function()
  refused('a\n5" pipe\n', 2, "a quote inside a field")
  refused(' "a"', 1, "a quote inside a field")
end)

t.test("rows of another length are refused", function()
  refused("a,b\n1\n", 2, "too few fields: 1, but the first row has 2")
  refused("a,b\n1,2\n1,2,3\n", 3, "too many fields: 3")
  refused('a,b\n"1\n2",2\n3\n', 4, "too few fields")
  refused("a,b\n1,2,\n", 2, "too many fields", {})
end)

t.test("a name that comes twice in the header is refused", function()
  refused("id,name,id\n1,2,3\n", 1, 'the name "id" twice', {})
  refused("\nid,id\n", 2, 'the name "id" twice', {})
end)

t.test("options are checked", function()
  for _, separator in ipairs { "", ",,", '"', "\n", "\r", 1, true } do
    t.raises(function()
      csv.parse("a", { separator = separator })
    end, "separator must be one byte")
  end
  t.raises(function() csv.parse("a", { header = 1 }) end, "header must be")
end)

t.test("what is written as CSV is read back", function()
  local parts = { "a", "", ",", '"', "\n", "\r\n", " ", "\0", "\xC3\xA9" }
  local seed = 1
  local function pick()
    seed = seed * 1103515245 + 12345 & 0x7fffffff
    return parts[seed // 65536 % #parts + 1]
  end
  for _ = 1, 500 do
    local expected, lines = {}, {}
    for r = 1, 4 do
      local row, line = {}, {}
      for c = 1, 3 do
        row[c] = pick() .. pick()
        line[c] = '"' .. row[c]:gsub('"', '""') .. '"'
      end
      expected[r], lines[r] = row, table.concat(line, ",")
    end
    t.equal(fields(table.concat(lines, "\r\n")), expected)
  end
end)

t.done()
