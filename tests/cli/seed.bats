#!/usr/bin/env bats
# Randomness: one seed, one run.

load common

rolls() {
  suite <<'END'
local stress = require "stress"
local at_load = math.random(1000000)
return { executor = "per-vu-iterations", vus = 5, iterations = 6,
  setup = function() return math.random(1000000) end,
  run = function(vu)
    local dice = { vu.id, vu.iteration, at_load, vu.data }
    for i = 5, 9 do dice[i] = stress.random(1, 1000000) end
    stress.sleep(stress.random() / 1000)
    print("roll " .. table.concat(dice, " "))
  end }
END
}

# rolled ARGUMENTS...: what was rolled, by VU and iteration
rolled() {
  stress "$@"
  code 0
  grep '^roll' <<<"$output" | sort -n -k 2 -k 3
}

@test "one seed gives each VU the same numbers, whatever the workers" {
  rolls
  rolled --seed 42 --workers 1 >"$DIR/one"
  rolled --seed 42 --workers 2 >"$DIR/two"
  rolled --seed 42 --workers 4 >"$DIR/four"
  [ "$(wc -l <"$DIR/one")" -eq 30 ]
  diff "$DIR/one" "$DIR/two"
  diff "$DIR/one" "$DIR/four"
}

@test "VUs and iterations have different numbers, and so has another seed" {
  rolls
  rolled --seed 42 >"$DIR/one"
  [ "$(cut -d ' ' -f 6- "$DIR/one" | sort -u | wc -l)" -eq 30 ]
  rolled --seed 43 >"$DIR/two"
  [ "$(cat "$DIR/one" "$DIR/two" | cut -d ' ' -f 6- | sort -u | wc -l)" -eq 60 ]
}

@test "without --seed a new one is chosen, printed, and can be given again" {
  rolls
  rolled >"$DIR/one"
  stress
  rolled >"$DIR/two"
  ! diff -q "$DIR/one" "$DIR/two"
  local seed
  seed=$(json r.seed)
  grep -q "seed $seed" "$DIR/stdout"
  rolled --seed "$seed" >"$DIR/three"
  diff "$DIR/two" "$DIR/three"
}

@test "a seed is printed as it was given; what JSON would round is refused" {
  rolls
  stress --seed 0
  code 0
  has 'seed 0'
  stress --seed 9007199254740991
  code 0
  has "seed 9007199254740991"
  stress --seed 9007199254740993
  code 104
}
