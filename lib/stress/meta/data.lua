---@meta stress.data

---Rows of test data, shared by all workers; each row dealt is a fresh copy.
---`#feed` is their number and `feed[i]` one of them.
---@class stress.Feed
---@field [integer] any
---@operator len: integer
local Feed = {}

---Returns the next row, over all workers; after the last comes the first.
---@return any row
function Feed:next() end

---Returns each row once in a run, and then nil.
---@return any? row
function Feed:unique() end

---Returns any row, drawn by the user's seeded generator.
---@return any row
function Feed:random() end

---Returns row i, as feed[i] does.
---@param i integer
---@return any? row
function Feed:get(i) end

---Test data, loaded once at the top of the suite.  Paths are relative to the
---suite's folder.
---@class stress.data
local data = {}

---Reads a CSV file (RFC 4180).  Rows are tables by the names in the first
---line, or arrays with `header = false`; all values are strings.
---@param path string
---@param opts? { header?: boolean, separator?: string }
---@return stress.Feed
function data.csv(path, opts) end

---Reads a JSON file that holds an array; its items are the rows.
---@param path string
---@return stress.Feed
function data.json(path) end

---Reads a file with one JSON document in each line.
---@param path string
---@return stress.Feed
function data.jsonl(path) end

---Reads the lines of a file, without their ends.
---@param path string
---@return stress.Feed
function data.lines(path) end

---Makes a feed of what `build` returns; it is called once in a run.
---@param name string
---@param build fun(): any[]?, string?
---@return stress.Feed
function data.share(name, build) end

return data
