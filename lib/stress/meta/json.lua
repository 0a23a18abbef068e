---@meta stress.json

---JSON in which integers stay integers.
---@class stress.json
---@field null lightuserdata  JSON's null, in both directions
local json = {}

---Makes JSON of a value; raises what it cannot hold.
---@param value any
---@param opts? { indent: string }  spaces or tabs for each level
---@return string text
function json.encode(value, opts) end

---Reads JSON.
---@param text string
---@return any value  nil when the text is wrong
---@return string? message  what is wrong, and where
function json.decode(text) end

---Marks a table as an array, so that an empty one becomes [] and not {}.
---@generic T
---@param t? T[]
---@return T[] t
function json.array(t) end

return json
