#!/usr/bin/env bats
# Scripts that never wait: each ends, says where it was, and all is written.

load common

# The limit is 5 s; here it is shorter, and all run at the start, a few at a
# time.  Each test looks at some.
LIMIT_MS=300

# kept NAME [MS] <<'END': a suite to be run, with a limit of its own
kept() {
  mkdir "$WORK/$1"
  cat >"$WORK/$1/suite.lua"
  echo "${2:-$LIMIT_MS}" >"$WORK/$1/limit"
}

# run_kept FOLDER
run_kept() {
  local status=0
  cd "$1" || return
  set -- suite.lua -q --workers 1 --no-color -o json=result.json
  case $PWD in */check_*) set -- check suite.lua ;; esac
  STRESSENGINE_SLICE_MS=$(cat limit) timeout -s KILL 60 "$STRESSENGINE" "$@" \
    >stdout 2>stderr 3>&- || status=$?
  echo "$status" >status
}

# With it a signal has to wait until the program waits for something.
needs_signals() {
  [ "${SAN:-}" != thread ] || skip "the sanitizer delays signals"
  case $BUILD in */thread) skip "the sanitizer delays signals" ;; esac
}

write_loading() {
  kept check_main <<'END'
local n = 0
while true do n = n + 1 end
END
  kept main <<'END'
while true do
  pcall(coroutine.wrap(function() while true do end end))
end
END
  kept required <<'END'
require "endless"
return { iterations = 1, run = function() end }
END
  cat >"$WORK/required/endless.lua" <<'END'
local t = setmetatable({}, { __index = function()
  while true do end
end })
return t.x
END
  kept rows <<'END'
require "stress.data".share("rows", function()
  while true do end
end)
END
  kept loads 150 <<'END'
local rows = require "stress.data".csv("rows.csv")
return { iterations = 1, run = function() end, criteria = {
  { "all are there", function() return #rows == 100000 end } } }
END
  seq 0 100000 | sed 's/$/,second,"third one"/' >"$WORK/loads/rows.csv"
}

write_calls() {
  kept setup <<'END'
local stress = require "stress"
return { iterations = 1, run = function() print("load") end,
  setup = function()
    for _ = 1, 3 do
      local stop = stress.now() + 0.15
      repeat until stress.now() > stop
      stress.sleep(0)
    end
    print("set up")
    while true do end
  end,
  teardown = function() print("torn down") end }
END
  kept in_setup <<'END'
local stress = require "stress"
local timer = require "stress.timer"
return { iterations = 1, run = function() print("load") end,
  setup = function()
    timer.after("10ms", function()
      pcall(coroutine.wrap(function()
        while true do end
      end))
    end)
    stress.sleep("1h")
  end }
END
  kept raises <<'END'
return { iterations = 1, run = function() end, setup = function()
  error(setmetatable({}, { __tostring = function()
    while true do end
  end }))
end }
END
  kept criteria <<'END'
local function raise()
  error(setmetatable({}, { __tostring = function()
    while true do end
  end }))
end
return { iterations = 1, run = function() end, criteria = {
  { "one", function() return true, "is met" end },
  { "two", function()
    while true do end
  end },
  { "three", function()
    while true do pcall(function() while true do end end) end
  end },
  { "four", raise },
  { "five", function() return false, setmetatable({}, {
    __tostring = function() return "five is not" end }) end },
  { "six", function(r) return r.accounting.ok == 1 end } },
  teardown = function() print("torn down") end }
END
  kept teardown <<'END'
return { iterations = 1, run = function() end, teardown = function()
  coroutine.wrap(function()
    while true do end
  end)()
end }
END
  kept report <<'END'
return { iterations = 1, run = function() end, report = function()
  while true do end
end }
END
}

write_coroutines() {
  kept own <<'END'
return { vus = 1, iterations = 2, run = function()
  coroutine.wrap(function()
    while true do end
  end)()
end }
END
  kept nested <<'END'
local function deep(n)
  while n == 0 do end
  coroutine.resume(coroutine.create(deep), n - 1)
  while true do end
end
return { iterations = 1, run = function() deep(20) end }
END
  kept caught <<'END'
return { vus = 1, iterations = 2, run = function()
  while true do
    pcall(coroutine.wrap(function() while true do end end))
  end
end }
END
  kept in_c <<'END'
return { vus = 1, iterations = 2, run = function()
  while true do
    pcall(table.sort, { 3, 2, 1 }, coroutine.wrap(function()
      while true do end
    end))
  end
end }
END
  kept handler <<'END'
return { vus = 1, iterations = 2, run = function()
  xpcall(function()
    while true do end
  end, function() while true do end end)
end }
END
  kept later <<'END'
-- A coroutine that a slice left behind works in the next one.
local stress = require "stress"
local kept = coroutine.wrap(function()
  for i = 1, 1e9 do coroutine.yield(i) end
end)
return { vus = 1, iterations = 3, run = function(vu)
  kept()
  while vu.iteration == 2 do end
  stress.check("goes on", kept() == (vu.iteration == 1 and 2 or 5))
end }
END
}

write_closing() {
  kept close <<'END'
return { vus = 1, iterations = 2, run = function()
  local _ <close> = setmetatable({}, { __close = function()
    while true do end
  end })
  if true then error("what it was") end
end }
END
  kept close_normally <<'END'
return { vus = 1, iterations = 2, run = function()
  local _ <close> = setmetatable({}, { __close = function()
    while true do end
  end })
end }
END
  kept cut <<'END'
local stress = require "stress"
return { vus = 2, duration = "300ms", graceful_stop = "50ms", run = function()
  local _ <close> = setmetatable({}, { __close = function()
    while true do end
  end })
  stress.sleep("1h")
end }
END
  kept both <<'END'
local function loop() while true do end end
local function on_close() return setmetatable({}, { __close = loop }) end
return { vus = 1, iterations = 2, run = function()
  local _ <close> = on_close()
  coroutine.wrap(function()
    local _ <close> = on_close()
    while true do end
  end)()
end }
END
  kept kind <<'END'
local function on_close(fn) return setmetatable({}, { __close = fn }) end
return { vus = 1, iterations = 2, run = function(vu)
  local _ <close> = on_close(function() print("outer " .. vu.iteration) end)
  coroutine.wrap(function()
    local _ <close> = on_close(function() print("inner " .. vu.iteration) end)
    while true do end
  end)()
end }
END
}

write_strands() {
  kept batch <<'END'
local stress = require "stress"
return { iterations = 1, run = function()
  stress.batch { function() stress.sleep("10ms") end, function()
    while true do end
  end }
end }
END
  kept timers <<'END'
local stress = require "stress"
local timer = require "stress.timer"
return { vus = 1, iterations = 2, run = function(vu)
  timer[vu.iteration == 1 and "after" or "every"]("10ms", function()
    while true do end
  end)
  stress.sleep("20ms")
end }
END
}

write_stuck() {
  kept gc_main 50 <<'END'
setmetatable({}, { __gc = function() while true do end end })
collectgarbage()
END
  kept gc_setup 200 <<'END'
return { iterations = 1, run = function() end, setup = function()
  setmetatable({}, { __gc = function() while true do end end })
  collectgarbage()
end }
END
  kept gc_run <<'END'
return { iterations = 1, run = function()
  setmetatable({}, { __gc = function() while true do end end })
  collectgarbage()
end }
END
  kept check_gc 50 <<'END'
local kept = setmetatable({}, { __gc = function() while true do end end })
return { iterations = 1, run = function() return kept end }
END
  kept blocked 20 <<'END'
os.execute("exec sleep 5")
END
  kept waits <<'END'
return { iterations = 1, run = function() end,
  setup = function() os.execute("sleep 1") end }
END
}

setup_file() {
  write_loading
  write_calls
  write_coroutines
  write_closing
  write_strands
  write_stuck
  case ${SAN:-}$BUILD in thread* | */thread) return ;; esac
  export -f run_kept
  export STRESSENGINE
  printf '%s\n' "$WORK"/*/ | xargs -P 3 -I{} bash -c 'run_kept {}'
}

# ended NAME CODE: what came of it
ended() {
  DIR=$WORK/$1
  status=$(cat "$DIR/status")
  output=$(cat "$DIR/stdout")
  errors=$(cat "$DIR/stderr")
  code "$2"
}

TEXT="interrupted: the script ran for 0.3 seconds without a wait"

# cut_at PLACE TIMES: as script errors of iterations, and INVALID besides
cut_at() {
  has "$1: $TEXT"
  is_true "m(\"script_errors\").count == $2" "a.failed == $2" \
    'r.health.verdict == "INVALID"'
  sums
}

@test "a main chunk without an end makes 104, with its place" {
  needs_signals
  ended check_main 104
  complains "stressengine: suite.lua:2: $TEXT"
  ended main 104
  complains "stressengine: suite.lua:2: $TEXT"
}

@test "so do a required module and what makes rows of data" {
  needs_signals
  ended required 104
  complains "endless.lua:2: $TEXT"
  ended rows 104
  complains "suite.lua:2: $TEXT"
}

@test "a large data file may take its time" {
  needs_signals
  ended loads 0
}

@test "a setup that never waits makes 107; each wait begins anew" {
  needs_signals
  ended setup 107
  complains "setup: suite.lua:10: $TEXT"
  has "set up"
  has "torn down"
  hasnt load
  is_true 'r.exit_code == 107' 'a.started == 0'
}

@test "so do a timer, a coroutine and an error in setup" {
  needs_signals
  ended in_setup 107
  complains "setup: suite.lua:7: $TEXT"
  ended raises 107
  complains "setup: suite.lua:3: $TEXT"
}

@test "a criterion without an end fails; the others are judged" {
  needs_signals
  ended criteria 107
  has "torn down"
  is_true 'c("one").status == "PASS"' 'c("two").status == "FAIL"' \
    "c(\"two\").detail == \"error: suite.lua:9: $TEXT\"" \
    'c("three").detail:find("suite.lua:12: interrupted", 1, true) ~= nil' \
    'c("four").detail:find("suite.lua:3: interrupted", 1, true) ~= nil' \
    'c("five").detail == "five is not"' 'c("six").status == "PASS"'
}

@test "a teardown or a report without an end makes 107; all is written" {
  needs_signals
  ended teardown 107
  complains "teardown: suite.lua:3: $TEXT"
  has "█ ACCOUNTING"
  is_true 'r.exit_code == 107' 'a.ok == 1'
  ended report 107
  complains "report: suite.lua:2: $TEXT"
  is_true 'r.exit_code == 107' 'a.ok == 1'
}

@test "a coroutine of the script's own is interrupted, each time" {
  needs_signals
  ended own 107
  cut_at suite.lua:3 2
}

@test "so are coroutines in coroutines" {
  needs_signals
  ended nested 107
  cut_at suite.lua:2 1
}

@test "no pcall, no message handler and no C function holds it up" {
  needs_signals
  ended caught 107
  cut_at suite.lua:3 2
  ended in_c 107
  cut_at suite.lua:4 2
  ended handler 107
  cut_at suite.lua:3 2
}

@test "a coroutine that outlives the slice can be used in the next" {
  needs_signals
  ended later 107
  is_true 'a.failed == 1' 'a.ok == 2' 'm("checks").passes == 2'
}

@test "a <close> variable without an end is cut" {
  needs_signals
  ended close 107
  has "suite.lua:5: what it was"
  cut_at suite.lua:3 2
  ended close_normally 107
  cut_at suite.lua:3 2
}

@test "so is one of an iteration that is ended from outside" {
  needs_signals
  ended cut 107
  has "suite.lua:4: $TEXT"
  is_true 'a.cancelled == 2' 'm("script_errors").count == 2' \
    'r.health.verdict == "INVALID"'
  sums
}

@test "what is interrupted may close, if that has an end" {
  needs_signals
  ended kind 107
  has "inner 1
outer 1
inner 2
outer 2"
  ended both 107
  has "suite.lua:7: $TEXT"
  has "suite.lua:1: $TEXT"
  is_true 'a.failed == 2'
}

@test "branches and timers are interrupted" {
  needs_signals
  ended batch 107
  cut_at suite.lua:4 1
  ended timers 107
  cut_at suite.lua:5 2
}

@test "a finalizer cannot be; it is given up" {
  needs_signals
  ended gc_main 104
  complains "cannot be interrupted"
  ended gc_setup 107
  complains "cannot be interrupted"
  ended check_gc 104
  has ok
  complains "cannot be interrupted"
  ended gc_run 96
  is_true 'r.health.verdict == "INVALID"' 'r.exit_code == 96'
}

@test "what waits in C ends too, much later" {
  needs_signals
  ended blocked 104
  complains "cannot be interrupted"
  ended waits 0
}

@test "coroutines are Lua's own in all they do" {
  local file=tests/lua/coroutines.lua n
  cd "$ROOT"
  lua5.4 -e "coroutine.wrap(dofile('$file').run)()" >"$DIR/expected"
  n=$(wc -l <"$DIR/expected")
  [ "$n" -gt 200 ]
  "$STRESSENGINE" "$file" -q --workers 1 >"$DIR/stdout" 3>&-
  head -n "$n" "$DIR/stdout" | diff "$DIR/expected" -
}
