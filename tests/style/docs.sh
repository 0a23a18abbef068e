#!/bin/sh
# docs.sh - what is public is described.
#
# A function in a header of src/ has a comment before it, behind it, or before
# the group (the lines without a blank one between) that it stands in; or a
# comment of that header names it.  What ends in _fini, _free or _name and what
# begins with luaopen_ does what CONTRIBUTING says of all of them.  A public
# function of lib/stress has a LuaCATS block.
. "$(dirname "$0")/tap.sh"

undocumented_c() {
  find src -name '*.h' | sort | xargs awk '
    function finish() {
      name = text
      sub(/\(.*/, "", name)
      sub(/.*[ *]/, "", name)
      if (text ~ /\)[^;{}]*;/ && !described && text !~ /\(\*/ &&
          name !~ /_(fini|free|name)$|^luaopen_/)
        missing[name] = place
      text = ""
    }
    function judge(   name) {
      for (name in missing)
        if (index(comments, name) == 0)
          print missing[name] ": " name
      delete missing
      comments = ""
    }
    FNR == 1 { judge(); inside = depth = described = 0; text = "" }
    END { judge() }
    /^[ \t]*$/ { if (text == "") described = 0; next }
    inside { comments = comments $0; if (/\*\//) inside = 0; next }
    /^[ \t]*\/\*/ {
      described = 1
      comments = comments $0
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
      if (text == "")
        place = FILENAME ":" FNR
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

# function M.name( and function M:name( in a file that ends in "return M".
check "every public Lua function has a LuaCATS block" "$(
  find lib/stress -name '*.lua' | sort | while read -r file; do
    awk -v module="$(sed -n 's/^return \([[:alnum:]_]*\)$/\1/p' "$file")" '
      /^---/ { block = 1; next }
      /^function / && module != "" && index($2, module) == 1 &&
        substr($2, length(module) + 1, 1) ~ /[.:]/ {
        if (!block) print FILENAME ":" FNR ": " $0
      }
      { block = 0 }' "$file"
  done)"

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
