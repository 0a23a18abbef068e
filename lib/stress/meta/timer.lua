---@meta stress.timer

---A point in time, to be asked whether it is over.
---@class stress.Deadline
local Deadline = {}

---Returns the seconds that are left, 0 when it has passed.
---@return number seconds
function Deadline:left() end

---Tells whether it has passed.
---@return boolean
function Deadline:passed() end

---What `after` and `every` have set.
---@class stress.TimerHandle
local TimerHandle = {}

---Keeps what has not begun from running.
---@return boolean  whether there was something to keep
function TimerHandle:cancel() end

---Returns how many turns of `every` were left out, as the one before had not
---ended.
---@return integer
function TimerHandle:skipped() end

---Time inside an iteration.
---@class stress.timer
local timer = {}

---Waits; other users go on meanwhile.
---@param duration stress.Duration
function timer.sleep(duration) end

---Returns the seconds on a clock that never goes back; all workers share it.
---@return number seconds
function timer.now() end

---Makes a deadline that far from now.
---@param duration stress.Duration
---@return stress.Deadline
function timer.deadline(duration) end

---Runs a function later; the iteration ends only after it has.
---@param duration stress.Duration
---@param fn fun()
---@return stress.TimerHandle
function timer.after(duration, fn) end

---Runs a function again and again, until the iteration's function returns.
---@param duration stress.Duration  above 0
---@param fn fun()
---@return stress.TimerHandle
function timer.every(duration, fn) end

return timer
