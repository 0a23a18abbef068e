---@meta stress

-- What an editor knows about `require "stress"`.  These files are for
-- lua-language-server and never run; point its workspace.library here.

---Seconds, or a text with a unit: 1.5, "250ms", "1m30s".
---@alias stress.Duration number|string

---One virtual user.  Fields of the suite's own may be added to it; they last
---as long as the user does.
---@class stress.Vu
---@field id integer  from 1, unique in the run
---@field iteration integer  from 1; unique in the scenario for the shared and
---the arrival executors, of this user for the others
---@field scenario string  the scenario's name
---@field data any  what `setup` returned; a copy for each worker
---@field [string] any  whatever the suite sets

---What every suite needs: checks, ends, waits, groups, randomness.
---@class stress
---@field env table<string, string?>  set by -e K=V, or by the environment
---@field target string?  the base URL, once it is known
---@field profile string?  the profile that --profile chose
local stress = {}

---Counts whether something is as it must be.  A check that fails marks its
---iteration as failed and lets it go on.
---@param name string  the same for every iteration: it names a series
---@param ok any  nil and false fail
---@return boolean ok
function stress.check(name, ok) end

---Ends this iteration as failed.
---@param message? string
function stress.fail(message) end

---Ends the whole run, with exit code 108.
---@param message? string
function stress.abort(message) end

---Waits; other users go on meanwhile.
---@param duration stress.Duration
function stress.sleep(duration) end

---Returns the seconds on a clock that never goes back; all workers share it.
---@return number seconds
function stress.now() end

---Runs a function as a named part of the iteration: its time is counted in
---`group_duration`, and what it records carries the tag `group`.
---@generic T
---@param name string
---@param fn fun(): T...
---@return T ...
function stress.group(name, fn) end

---Runs functions side by side in this user and waits for all of them.
---@param functions (fun(): any)[]  1,000 at most
---@return any[] results  the first result of each, in their order
function stress.batch(functions) end

---Draws as math.random does, from the user's own seeded generator.
---@overload fun(): number
---@overload fun(most: integer): integer
---@param least integer
---@param most integer
---@return integer
function stress.random(least, most) end

return stress
