-- stress.report.text: the summary on the terminal.
--
-- The verdict comes first, what it rests on after it: criteria, checks,
-- scenarios, metrics, URLs, errors, and last the sums, the generator's health
-- and the command that repeats the run.  The parts are in text/.

local account = require "stress.report.text.account"
local judged = require "stress.report.text.judged"
local metrics = require "stress.report.text.metrics"
local paper = require "stress.report.text.paper"
local rows = require "stress.report.text.rows"

local text = {}

---@class TextOptions
---@field color? boolean
---@field width? integer  100 unless given; below 60 it is 60
---@field ascii? boolean  marks without UTF-8

---Returns the summary of a result, ended by a newline.
---@param result table
---@param opts? TextOptions
---@return string
function text.render(result, opts)
  local p = paper.new(opts)
  local index = rows.index(result)
  judged.verdict(p, result, index)
  judged.criteria(p, result.criteria)
  judged.checks(p, result.checks)
  account.scenarios(p, result.scenarios, index)
  metrics.write(p, result, index)
  account.urls(p, index)
  account.groups(p, index)
  account.errors(p, result.errors, result.errors_other)
  account.sums(p, result.accounting)
  account.health(p, result.health)
  account.again(p, result)
  return paper.text(p)
end

return text
