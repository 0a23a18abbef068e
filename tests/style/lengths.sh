#!/bin/sh
# lengths.sh - the longest functions and files.
#
# Past 80 lines a function needs a comment that says why it is long (one with
# the word "long" right before it); past 700 lines a file says so at its top.
# The ten longest are listed, so that everybody sees where it grows.  Functions
# of tests do not count: they hold tables of cases.
. "$(dirname "$0")/tap.sh"

sources=$(find src -name '*.c' | sort)

# LINES FILE:LINE NAME EXPLAINED(0/1) of every function in C.
functions() {
  # shellcheck disable=SC2086
  awk '
    FNR == 1 { name = ""; comment = ""; inside = 0 }
    /^\/\*/ { comment = "" }
    /^(\/| )\*/ { comment = comment $0 }
    /^[[:alpha:]_].*\(/ && !/;$/ { name = $0; sub(/\(.*/, "", name)
                                   sub(/.*[ *]/, "", name); at = FNR }
    /^$/ && !inside { comment = "" }
    /^\{/ { inside = 1 }
    /^\}/ && inside {
      print FNR - at + 1, FILENAME ":" at, name, comment ~ /[Ll]ong/
      inside = 0
      comment = ""
    }' $sources
}

long=$(functions | sort -rn)
echo "# the ten longest functions:"
printf '%s\n' "$long" | head -n 10 |
  awk '{ printf "#   %4d  %s  %s\n", $1, $3, $2 }'
check "a function of more than 80 lines says why" "$(
  printf '%s\n' "$long" | awk '
    $1 > 80 && !$4 { print $2 ": " $3 ", " $1 " lines" }')"

files=$(find src lib tests scripts examples tools \( -name '*.[ch]' -o \
  -name '*.lua' -o -name '*.sh' -o -name '*.bats' \) -print0 |
  xargs -0 wc -l | grep -v ' total$' | sort -rn)
echo "# the ten longest files:"
printf '%s\n' "$files" | head -n 10 | sed 's/^ */#   /'
check "a file of more than 700 lines says why" "$(
  printf '%s\n' "$files" | while read -r lines file; do
    [ "$lines" -gt 700 ] || break
    head -n 12 "$file" | grep -qiE '(long|lines)' ||
      echo "$file: $lines lines"
  done)"

done_testing
