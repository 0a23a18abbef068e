-- stress.data: what is read and how it is dealt out.  Dealing over several
-- workers: ../cli/data.bats

local api = require "api"
local data = require "stress.data"
local json = require "stress.json"
local t = require "tap"

local test = api.test

local built = 0
local people = data.csv("data/people.csv")
local bare = data.csv("data/people.csv", { header = false })
local rows = data.json("data/rows.json")
local lines = data.jsonl("data/rows.jsonl")
local words = data.lines("data/words.txt")
local shared = data.share("squares", function()
  built = built + 1
  local list = {}
  for i = 1, 100 do list[i] = { n = i, square = i * i } end
  return list
end)
local none = data.share("none", function() return {} end)
local dealt = data.share("dealt", function() return { "a", "b", "c" } end)

local refused = {}
local function refuse(name, ...) refused[name] = { pcall(...) } end
refuse("no file", data.csv, "data/nonexistent.csv")
refuse("no path", data.csv)
refuse("bad option", data.csv, "data/people.csv", { seperator = ";" })
refuse("bad json", data.json, "data/words.txt")
refuse("no array", data.json, "data/rows.jsonl")
refuse("bad jsonl", data.jsonl, "data/people.csv")
refuse("no list", data.share, "text", function() return "x" end)
refuse("function", data.share, "code", function() return { { f = print } } end)

local function says(name, pattern)
  t.equal(refused[name][1], false, name)
  local message = tostring(refused[name][2])
  t.ok(message:find(pattern), name .. ": " .. message)
end

test("csv reads rows by the names in the first line", function()
  t.equal(#people, 3)
  t.equal(people[1], { name = "ann", age = "30",
    motto = "to be, or\nnot to be" })
  t.equal(people[2].motto, 'say "hi"')
  t.equal(people:get(3).motto, "")
  t.equal(people[4], nil)
end)

test("csv without header reads lists", function()
  t.equal(#bare, 4)
  t.equal(bare[1], { "name", "age", "motto" })
end)

test("json reads an array, and keeps integers", function()
  t.equal(#rows, 4)
  t.equal(rows[1], { id = 9007199254740993 })
  t.equal(rows[2].tags[2], "b")
  t.equal(rows[3], json.null)
  t.equal(rows[4], 7)
end)

test("jsonl reads a document in each line", function()
  t.equal(#lines, 3)
  t.equal({ lines[1], lines[2], lines[3] }, { { n = 1 }, { n = 2 }, { 3 } })
end)

test("lines reads lines without their ends", function()
  t.equal({ words[1], words[2], words[3], words[4], #words },
    { "first", "second", "", "last", 4 })
end)

test("share reads what a function builds", function()
  t.equal(#shared, 100)
  t.equal(shared[12], { n = 12, square = 144 })
  -- Here, in the worker, the rows were there already.
  t.equal(built, 0)
end)

test("next deals in order and begins again", function()
  t.equal({ dealt:next(), dealt:next(), dealt:next(), dealt:next() },
    { "a", "b", "c", "a" })
end)

test("unique deals each row once, then nil", function()
  local seen = {}
  for row in function() return shared:unique() end do
    t.equal(seen[row.n], nil, "dealt twice")
    seen[row.n] = true
  end
  t.equal(#seen, 100)
  t.equal(shared:unique(), nil)
end)

test("random deals any row", function()
  local seen, n = {}, 0
  for _ = 1, 3000 do
    local row = shared:random()
    t.equal(row.square, row.n * row.n)
    if not seen[row.n] then seen[row.n], n = true, n + 1 end
  end
  t.equal(n, 100)
end)

test("a row that is dealt is a copy of its own", function()
  local row = people:get(1)
  row.name = "changed"
  row.more = true
  t.equal(people:get(1).name, "ann")
  t.equal(people:get(1).more, nil)
end)

test("a feed without rows says so when it is asked for one", function()
  t.equal(#none, 0)
  t.raises(function() none:next() end, "no rows")
  t.raises(function() none:random() end, "no rows")
end)

test("what cannot be read is an error with the file and the reason",
  function(vu)
    t.equal(vu.data, "all were refused")
  end)

test("data is not loaded inside run", function()
  t.raises(function() data.lines("data/rows.json") end, "rows.json")
end)

-- Only the main state reads files, and setup runs there.
return api.suite { setup = function()
  says("no file", "nonexistent.csv")
  says("no path", "path")
  says("bad option", "separator")
  says("bad json", "words.txt")
  says("no array", "rows.jsonl")
  says("bad jsonl", "people.csv:1")
  says("no list", "text")
  says("function", "function")
  return "all were refused"
end }
