#!/bin/sh
# width.sh - 80 columns, no tabs, no blanks at the end of a line, a newline at
# the end of a file.
. "$(dirname "$0")/tap.sh"

# Inputs of tests and what tools made are as they are.
files=$(find src lib tests tools scripts examples docs bench .ci \
  -type d \( -name data -o -name corpus \) -prune -o -type f -print |
  grep -vE '\.(png|svg|gz|supp)$' | sort)
files="$files $(ls -d ./*.md Makefile .luacheckrc .clang-format .editorconfig)"

check "no line is wider than 80 columns" "$(
  # Characters, not bytes; a line that is one long word (a URL) cannot be
  # broken, and tables of Markdown have no other form.
  # shellcheck disable=SC2086
  LC_ALL=C.UTF-8 awk '
    length($0) <= 80 || $0 ~ /^[^ ]*$/ { next }
    FILENAME ~ /\.md$/ { next } # docs.bats looks after prose
    { print FILENAME ":" FNR ": " length($0) " columns" }' $files)"

check "no tabs outside of the Makefile" "$(
  for file in $files; do
    [ "$file" = Makefile ] || grep -nH "$(printf '\t')" "$file"
  done)"

check "no blanks at the end of a line" "$(
  # shellcheck disable=SC2086
  grep -nHE '[[:blank:]]+$' $files)"

check "no carriage returns" "$(
  # shellcheck disable=SC2086
  grep -lI "$(printf '\r')" $files)"

check "every file ends in a newline" "$(
  for file in $files; do
    if [ -s "$file" ] && [ -n "$(tail -c 1 "$file")" ]; then
      echo "$file"
    fi
  done)"

done_testing
