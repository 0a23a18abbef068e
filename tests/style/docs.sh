#!/bin/sh
# docs.sh - what is public is described.
#
# A function in a header of src/ has a comment before it, behind it, or before
# the group (the lines without a blank one between) that it stands in.  A
# public function of lib/stress has a LuaCATS block.
. "$(dirname "$0")/tap.sh"

# The five lines that every header opens with do not count for its functions,
# as a blank line and the include guard follow them.
undocumented_c() {
  find src -name '*.h' | sort | xargs awk '
    function finish() {
      if (text ~ /\)[^;{}]*;/ && !described && text !~ /\(\*/)
        print place ": " name
      text = ""
    }
    FNR == 1 { inside = depth = described = 0; text = "" }
    /^[ \t]*$/ { if (text == "") described = 0; next }
    inside { if (/\*\//) inside = 0; next }
    /^[ \t]*\/\*/ {
      described = 1
      if (!/\*\//) inside = 1
      next
    }
    /^#/ || /^extern "C"/ { next }
    # Bodies of structs and enums, also of inline functions.
    depth > 0 || /^(struct|enum|union|static inline)[^()]*\{/ || /^\{/ {
      depth += gsub(/\{/, "{") - gsub(/\}/, "}")
      next
    }
    {
      if (text == "") {
        place = FILENAME ":" FNR
        name = $0
      }
      if (/\/\*/) described = 1
      line = $0
      sub(/\/\*.*\*\//, "", line)
      text = text " " line
      if (line ~ /;[ \t]*$/) finish()
    }'
}

check "every function in a header is described" "$(undocumented_c)"

# A header is a manual: its first comment says what the module is.
check "every header says what it is" "$(
  for header in src/*/*.h; do
    name=$(basename "$header")
    head -n 1 "$header" | grep -q "^/\* $name - ." ||
      echo "$header: does not begin with \"/* $name - what it is\""
  done)"

check "every source file says what it is" "$(
  for source in src/*.c src/*/*.c; do
    name=$(basename "$source")
    head -n 1 "$source" | grep -q "^/\* $name - ." ||
      echo "$source: does not begin with \"/* $name - what it is\""
  done)"

# function module.name( and function module:name(, where the file returns
# that module.
check "every public Lua function has a LuaCATS block" "$(
  find lib/stress -name '*.lua' | sort | xargs awk '
    /^---/ { block = 1; next }
    /^function [[:alnum:]_]+[.:][[:alnum:]_]+[[:blank:]]*\(/ {
      if (!block) print FILENAME ":" FNR ": " $0
    }
    { block = 0 }')"

check "every Lua module says what it is" "$(
  find lib/stress -name '*.lua' | sort | while read -r file; do
    case $file in
      */meta/*) head -n 1 "$file" | grep -q '^---' && continue ;;
      *) head -n 1 "$file" | grep -q '^-- ' && continue ;;
    esac
    echo "$file"
  done)"

check "every suite in scripts/ begins with its five lines" "$(
  for suite in scripts/*.lua; do
    [ "$(head -n 5 "$suite" | grep -c '^-- ')" -eq 5 ] || echo "$suite"
  done)"

done_testing
