#!/usr/bin/env bats
# Mistakes in suites and options: found before any load, by run and by check,
# with the place, what was expected, and what was probably meant.

load common

# refused TEXT...: `check` and `run` both end with 104 and say all of this;
# nothing is sent anywhere.
refused() {
  local text
  engine check "$DIR/suite.lua"
  code 104
  for text; do complains "$text"; done
  engine "$DIR/suite.lua" -q --target http://127.0.0.1:1
  code 104
  for text; do complains "$text"; done
  hasnt VERDICT
}

# body TEXT: a suite whose table has this besides run
body() {
  printf 'return { run = function() end,\n%s\n}\n' "$1" | suite
}

@test "a misspelt key of a suite names the right one" {
  body 'treshold = {}'
  refused 'suite.lua: treshold' 'did you mean' 'thresholds'
  body 'vu = 5'
  refused 'vu' 'vus'
  body 'warm_up = "5s"'
  refused 'warm_up' 'warmup'
}

@test "a misspelt key of a scenario is shown with its path" {
  suite <<'END'
return { scenarios = {
  { name = "a", run = function() end },
  { name = "b", run = function() end, iteration = 5 },
} }
END
  refused 'scenarios[2]' 'iteration' 'iterations'
}

@test "several mistakes are all shown at once" {
  body 'vus = "many", duratoin = "5s", warmup = "soon"'
  refused vus duratoin duration warmup soon
}

@test "a value of the wrong type says what was expected and what was given" {
  body 'vus = "ten"'
  refused 'vus' 'number' 'ten'
  body 'duration = true'
  refused 'duration' 'boolean'
  body 'vus = 0, duration = "1s"'
  refused 'vus'
  body 'vus = -1, duration = "1s"'
  refused 'vus' '-1'
  body 'vus = 1.5, duration = "1s"'
  refused 'vus' '1.5'
  body 'name = 7'
  refused 'name' 'string'
  body 'sequence = "yes"'
  refused 'sequence'
  body 'duration = "10 parsecs"'
  refused 'duration' 'parsecs'
}

@test "an unknown executor lists or guesses the known ones" {
  body 'executor = "constant-vu", duration = "1s"'
  refused 'executor' 'constant-vu' 'constant-vus'
  body 'executor = "externally-controlled"'
  refused 'externally-controlled' 'shared-iterations'
}

@test "an option that the executor does not take is refused" {
  body 'executor = "constant-arrival-rate", rate = 5, duration = "1s",
    iterations = 7'
  refused 'iterations' 'constant-arrival-rate'
  body 'executor = "constant-vus", vus = 5'
  refused 'duration'
  body 'executor = "ramping-vus", vus = 5'
  refused 'stages'
}

@test "a stage with a mistake is shown with its path" {
  body 'stages = { { target = 5, duration = "1s" }, { target = 5 } }'
  refused 'stages[2]' 'duration'
  body 'stages = { { targt = 5, duration = "1s" } }'
  refused 'stages[1]' 'targt' 'target'
}

@test "a suite without run, or with nothing to run, is refused" {
  echo 'return { vus = 5, duration = "1s" }' | suite
  refused 'run'
  echo 'return { scenarios = {} }' | suite
  refused 'scenarios'
  echo 'return { run = 5 }' | suite
  refused 'run' 'function'
}

@test "a suite that returns no table is refused" {
  echo 'local x = 5' | suite
  refused 'suite.lua' 'table'
  echo 'return 7' | suite
  refused 'table'
}

@test "two scenarios of one name are refused" {
  suite <<'END'
local function run() end
return { scenarios = { { name = "a", run = run }, { name = "a", run = run } } }
END
  refused '"a"'
}

@test "a syntax error is shown with file and line" {
  printf 'local a = 1\nreturn { run = \n' | suite
  refused 'suite.lua:3'
}

@test "a global that is misspelt is found without being reached" {
  suite <<'END'
local http = require "stress.http"
return { run = function()
  if http == nil then
    pritn("never here")
  end
end }
END
  refused 'suite.lua:4' '"pritn"' 'did you mean' '"print"'
}

@test "a global that is assigned names the variable and the line" {
  suite <<'END'
local stress = require "stress"
return { run = function()
  total = 1
  stress.sleep(total)
end }
END
  refused 'suite.lua:3' 'total' 'local total'
}

@test "a global in a module beside the suite is found too" {
  suite helper.lua <<'END'
local helper = {}
function helper.go() cuont = 1 end
return helper
END
  suite <<'END'
local helper = require "helper"
return { run = function() helper.go() end }
END
  refused 'helper.lua:2' 'cuont'
}

@test "an error while the suite is loaded has file and line" {
  printf '\nlocal x = nil\nlocal y = x.field\nreturn {}\n' | suite
  refused 'suite.lua:3'
}

@test "a module that is not there is named" {
  printf 'require "no_such_module"\nreturn {}\n' | suite
  refused 'no_such_module'
}

@test "a threshold that cannot be read is shown with its key" {
  body 'thresholds = { http_req_duration = "p(95)<<500" }'
  refused 'thresholds' 'http_req_duration' '<<' 'did you mean'
  body 'thresholds = { http_req_duration = "p95<500" }'
  refused 'http_req_duration' 'p95' 'did you mean p(95)'
  body 'thresholds = { checks = { "rate>0.9", abort_on_fial = true } }'
  refused 'abort_on_fial' 'abort_on_fail'
  body 'thresholds = { http_reqs = "p(95)<5" }'
  refused 'http_reqs'
  body 'thresholds = { http_req_failed = "rate<1ms" }'
  refused 'http_req_failed'
}

@test "a threshold on a metric that nobody has fails, with a guess" {
  body 'thresholds = { http_req_duratoin = "p(95)<500" }'
  stress
  code 99
  has 'NO DATA'
  has 'did you mean http_req_duration'
}

@test "a criterion that is none is refused" {
  body 'criteria = { "all is well" }'
  refused 'criteria[1]'
  body 'criteria = { { "all is well", true } }'
  refused 'criteria[1]'
}

@test "a wrong default of http is refused" {
  body 'http = { timeout = "soon" }'
  refused 'http' 'timeout'
  body 'http = { heders = {} }'
  refused 'heders' 'headers'
}

@test "a mix with a mistake is refused" {
  suite <<'END'
return { iterations = 1, mix = { { weight = 0, name = "a",
  run = function() end } } }
END
  refused 'mix[1]' 'weight'
  suite <<'END'
return { iterations = 1, run = function() end,
  mix = { { weight = 1, name = "a", run = function() end } } }
END
  refused 'mix' 'run'
}

@test "a broken profile is found even when it is not asked for" {
  body 'profiles = { quick = { duratoin = "1s" } }'
  refused 'profiles.quick' 'duratoin' 'duration'
}

@test "a profile that is not there lists those that are" {
  body 'profiles = { quick = { vus = 2 }, long = { vus = 3 } }'
  engine "$DIR/suite.lua" --profile quik
  code 104
  complains 'quik'
  complains 'quick'
}

@test "check says what a suite would do, makes no load and exits with 0" {
  suite <<'END'
local http = require "stress.http"
return { name = "Shop", target = "http://127.0.0.1:1",
  setup = function() print("setup ran") end,
  scenarios = { { name = "order", vus = 7, duration = "90s",
    run = function() http.get("/") print("load was made") end } } }
END
  engine check "$DIR/suite.lua"
  code 0
  has Shop
  has order
  has constant-vus
  hasnt "setup ran"
  hasnt "load was made"
}

@test "a misspelt option names the right one" {
  body ''
  engine "$DIR/suite.lua" --durration 5s
  code 104
  complains '--durration'
  complains '--duration'
}

@test "options with values that are none are refused" {
  local option
  body ''
  for option in '--vus many' '--vus 0' '--vus -3' '--duration soon' \
    '--workers 0' '--workers x' '--seed x' '--iterations 1.5' \
    '--out json' '--out jsn=x' '-e NAME' '--tag =x' '--target nonsense'; do
    # shellcheck disable=SC2086
    engine "$DIR/suite.lua" $option
    code 104
    complains "$(sed 's/^-*\([a-z]*\).*/\1/' <<<"$option")"
  done
  engine "$DIR/suite.lua" --vus
  code 104
  complains vus
}

@test "an option that this command does not have is refused" {
  engine target --vus 5
  code 104
  complains vus
}

@test "a suite that is not there is named" {
  engine "$DIR/nonexistent.lua"
  code 104
  complains nonexistent.lua
  engine
  code 104
}

@test "an unknown command is taken for a suite, with a guess" {
  engine chekc "$DIR/suite.lua"
  code 104
  complains chekc
}

@test "every command prints help" {
  local command
  for command in '' run check target; do
    # shellcheck disable=SC2086
    engine $command --help
    code 0
    has Usage
  done
  engine --version
  code 0
  has stressengine
}
