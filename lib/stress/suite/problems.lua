-- stress.suite.problems: the mistakes found in a suite, each with its place.
--
-- A problem is one line: the file, the path of the key, what is wrong and
-- what was expected.  All are collected, so that a user mends a suite once
-- and not once per mistake; past MOST they are only counted.

local core = require "stress.core"

local problems = {}

local MOST = 20
local LONGEST = 40 -- bytes of a string that are shown

---@class Problems
---@field count integer  how many were found, those past the limit included
---@field note string?   appended to each: which profile was being tried
---@field private file string
---@field private list string[]
---@field private seen table<string, true>

---Makes an empty collection for a file.
---@param file string
---@return Problems
function problems.new(file)
  return { file = file, list = {}, seen = {}, count = 0 }
end

---Adds a problem at a place; the same problem at the same place counts once.
---A path that begins with "--" is an option of the command line.
---@param self Problems
---@param path string  as made by problems.path; "" is the suite itself
---@param message string
function problems.add(self, path, message)
  local place = path == "" and "" or path .. ": "
  local file = path:sub(1, 2) == "--" and "" or self.file .. ": "
  local line = file .. place .. message .. (self.note or "")
  if self.seen[line] then
    return
  end
  self.seen[line] = true
  self.count = self.count + 1
  if self.count <= MOST then
    self.list[self.count] = line
  end
end

---Adds the problem of a value that is not what was expected.
---@param self Problems
---@param path string
---@param what string  such as "a number above 0"
---@param given any
function problems.expected(self, path, what, given)
  problems.add(self, path, ("expected %s, got %s"):format(what,
    problems.show(given)))
end

---Adds the problem of a key that no table of that kind has.
---@param self Problems
---@param path string  of the table
---@param key any
---@param known table<string, any>  its keys are the right ones
function problems.unknown(self, path, key, known)
  local message = "unknown key"
  if type(key) == "string" then
    message = message .. problems.suggestion(key, known)
  end
  problems.add(self, problems.path(path, key), message)
end

---Returns '; did you mean "..."?', or "" when nothing is near.
---@param word string
---@param known table<string, any>  its keys are the right words
---@return string
function problems.suggestion(word, known)
  local words = {}
  for right in pairs(known) do
    words[#words + 1] = right
  end
  table.sort(words) -- of two that are equally near, always the same
  local near = core.nearest(word, words)
  return near and ("; did you mean %q?"):format(near) or ""
end

---Returns all messages, and when there were too many a last one that says so.
---@param self Problems
---@return string[]
function problems.messages(self)
  local list = table.move(self.list, 1, #self.list, 1, {})
  if self.count > MOST then
    list[MOST + 1] = ("%s: and %d more"):format(self.file, self.count - MOST)
  end
  return list
end

---Returns the path of a key: `scenarios[1].rate`, `thresholds["a{b:c}"]`.
---@param path string  of the table; "" is the suite itself
---@param key any
---@return string
function problems.path(path, key)
  if type(key) == "string" and key:find("^[%a_][%w_%-]*$") then
    return path == "" and key or path .. "." .. key
  end
  if type(key) == "string" then
    return ("%s[%s]"):format(path, problems.quote(key))
  end
  return ("%s[%s]"):format(path, type(key) == "number" and key or type(key))
end

---Returns a string in quotes, on one line and not too long.
---@param text string
---@return string
function problems.quote(text)
  local shown = text:sub(1, LONGEST):gsub("%c", "?")
  return ('"%s%s"'):format(shown, #text > LONGEST and "..." or "")
end

---Returns a value as a message shows it: what it is, and of which type.
---@param value any
---@return string
function problems.show(value)
  local kind = type(value)
  if kind == "string" then
    return problems.quote(value) .. " (a string)"
  end
  if kind == "number" then
    return tostring(value)
  end
  if kind == "boolean" then
    return tostring(value) .. " (a boolean)"
  end
  return kind == "nil" and "nothing" or "a " .. kind
end

---Returns "a", "a and b", "a, b and c".
---@param words string[]
---@return string
function problems.words(words)
  if #words < 2 then
    return words[1] or ""
  end
  local head = table.concat(words, ", ", 1, #words - 1)
  return head .. " and " .. words[#words]
end

return problems
