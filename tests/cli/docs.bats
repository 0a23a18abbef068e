#!/usr/bin/env bats
# The documents: every Lua block in them is a suite that is right, links lead
# somewhere, and what is generated is current.  A block marked
# ```lua fragment is not a whole suite and is left out.

load common

documents() {
  (cd "$ROOT" && find README.md docs -name '*.md' | sort)
}

# Writes the Lua blocks of a document to $DIR/blocks/LINE.lua.
take_blocks() {
  rm -rf "$DIR/blocks"
  mkdir -p "$DIR/blocks"
  cp -r "$ROOT/examples/data" "$DIR/blocks/data"
  awk -v dir="$DIR/blocks" '
    /^```lua$/ { file = sprintf("%s/line_%04d.lua", dir, NR); next }
    /^```/ { if (file != "") close(file); file = ""; next }
    file != "" { print > file }' "$ROOT/$1"
}

@test "every Lua block is a suite that check accepts" {
  local n=0 bad=0 document block
  for document in $(documents); do
    take_blocks "$document"
    for block in "$DIR"/blocks/line_*.lua; do
      [ -e "$block" ] || continue
      n=$((n + 1))
      engine check "$block"
      [ "$status" -eq 0 ] && continue
      bad=$((bad + 1))
      echo "$document, $(basename "$block" .lua): $errors"
    done
  done
  echo "$n blocks, $bad of them wrong"
  [ "$n" -gt 20 ]
  [ "$bad" -eq 0 ]
}

@test "every Lua block runs for one iteration without an error in the script" {
  local bad=0 document block
  for document in $(documents); do
    take_blocks "$document"
    for block in "$DIR"/blocks/line_*.lua; do
      [ -e "$block" ] || continue
      engine "$block" --once -q
      case $status in
        0 | 99) continue ;; # one iteration says little about thresholds
      esac
      bad=$((bad + 1))
      echo "$document, $(basename "$block" .lua): exit code $status"
      echo "$output" | sed -n '/VERDICT/,/CRITERIA/p;/ERRORS/,/ACCOUNTING/p'
    done
  done
  [ "$bad" -eq 0 ]
}

@test "relative links lead to files and headings that are there" {
  local bad=0 document link file anchor
  for document in $(documents); do
    while read -r link; do
      file=${link%%#*}
      anchor=
      [[ $link == *'#'* ]] && anchor=${link#*#}
      [ -n "$file" ] && file=$(dirname "$ROOT/$document")/$file ||
        file=$ROOT/$document
      if [ ! -e "$file" ]; then
        # Files that others bring; they are checked once they are there.
        case $(basename "$file") in CONTRIBUTING.md | CHANGELOG.md) continue ;;
        esac
        bad=$((bad + 1))
        echo "$document: $link leads nowhere"
      elif [ -n "$anchor" ] && ! grep '^#' "$file" | tr 'A-Z' 'a-z' |
        sed -E 's/^#+ //; s/[^a-z0-9 _-]//g; s/ /-/g' | grep -qx "$anchor"
      then
        bad=$((bad + 1))
        echo "$document: no heading for $link"
      fi
    done < <(awk '/^```/ { code = !code } !code' "$ROOT/$document" |
      grep -oE '\]\([^)]+\)' | sed -E 's/^\]\(//; s/\)$//' |
      grep -vE '^[a-z]+:')
  done
  [ "$bad" -eq 0 ]
}

@test "docs/reference/suite.md is what the generator makes" {
  engine check "$ROOT/tools/gen_reference.lua" -e "OUT=$DIR/suite.md"
  code 0
  diff -u "$ROOT/docs/reference/suite.md" "$DIR/suite.md"
}

@test "prose is at most 80 columns wide" {
  local bad=0 document
  for document in $(documents); do
    awk -v name="$document" '
      /^```/ { code = !code }
      !code && !/^\|/ && !/^    / && length > 80 {
        print name ":" NR ": " length " columns"; bad = 1
      }
      END { exit bad }' "$ROOT/$document" || bad=1
  done
  [ "$bad" -eq 0 ]
}
