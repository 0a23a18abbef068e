#!/usr/bin/env bats
# Options, commands and exit codes: what --help says is in the man page and in
# docs/reference/command.md.

load common

MAN=docs/stressengine.1
COMMAND=docs/reference/command.md

setup() {
  cd "$ROOT"
}

# The long options that a help names, one in a line.
options_of() {
  engine "$@"
  code 0
  echo "$output" | sed -nE 's/^  (-[a-z], |    )--([a-z-]+).*/\2/p'
}

all_options() {
  { options_of --help; options_of check --help; options_of target --help; } |
    sort -u
}

# The man page as plain text with its minus signs.
plain_man() {
  sed 's/\\-/-/g; s/\\f[BIRP]//g' "$MAN"
}

@test "the man page has no mistakes" {
  command -v groff >/dev/null || skip "no groff here"
  run groff -man -ww -z "$MAN"
  [ "$status" -eq 0 ]
  [ -z "$output" ]
}

@test "every option is in the man page, with hyphens that can be copied" {
  local name bad=0 n=0
  for name in $(all_options); do
    n=$((n + 1))
    grep -qF -- "\\-\\-${name//-/\\-}" "$MAN" && continue
    echo "--$name is missing"
    bad=1
  done
  [ "$n" -ge 18 ]
  [ "$bad" -eq 0 ]
}

@test "the man page has no option that the program has not" {
  local name known bad=0
  known=$(all_options)
  for name in $(plain_man | grep -oE -- '--[a-z][a-z-]*' | sort -u); do
    echo "$known" | grep -qx -- "${name#--}" && continue
    echo "$name is not an option"
    bad=1
  done
  [ "$bad" -eq 0 ]
}

@test "the letters of options are in the man page" {
  local pair
  engine --help
  while read -r pair; do
    plain_man | grep -qE -- "^\.B[RI]* ${pair%% *} \", \" ${pair##* }( |$)" ||
      { echo "no $pair"; return 1; }
  done < <(echo "$output" | sed -nE 's/^  (-[a-z]), (--[a-z-]+).*/\1 \2/p')
}

@test "every command is in the man page and in the reference" {
  local name
  engine --help
  for name in $(echo "$output" |
    sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'); do
    grep -qx "\.B $name" "$MAN" || { echo "man page: no $name"; return 1; }
    grep -qE "^    stressengine (.*\| )?$name" "$COMMAND" ||
      { echo "reference: no $name"; return 1; }
  done
}

@test "every exit code is in the man page, in the reference and in the README" {
  local n
  engine --help
  for n in $(echo "$output" | sed -n '/^Exit codes/,$p' |
    grep -oE '\b(0|9[0-9]|10[0-9])\b' | sort -u); do
    grep -qx "\.B $n" "$MAN" || { echo "man page: no $n"; return 1; }
    grep -q "^| $n |" "$COMMAND" || { echo "reference: no $n"; return 1; }
    grep -q "^| $n |" README.md || { echo "README: no $n"; return 1; }
  done
}

@test "the help in the reference is what the program prints" {
  local block
  for block in '--help' 'check --help' 'target --help'; do
    # shellcheck disable=SC2086 # words are wanted
    engine $block
    awk -v mark="<!-- help: $block -->" '
      $0 == mark { take = 1; next }
      take && /^```/ { if (inside) exit; inside = 1; next }
      take && inside { print }' "$COMMAND" >"$DIR/written"
    diff -u "$DIR/written" "$DIR/stdout"
  done
}
