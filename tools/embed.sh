#!/bin/sh
# embed.sh ROOT FILE... - prints C that holds the Lua files below ROOT as
# library_files (src/bind/library.h).  lib/stress/report/json.lua becomes the
# module stress.report.json.
set -eu
root=$1
shift
echo '/* made by tools/embed.sh; do not edit */'
echo '#include "bind/library.h"'
n=0
for file; do
  printf 'static const char text_%d[] =\n' "$n"
  sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/?/\\?/g' \
      -e 's/^/"/' -e 's/$/\\n"/' "$file"
  echo ';'
  n=$((n + 1))
done
echo 'const struct library_file library_files[] = {'
n=0
for file; do
  module=$(printf %s "$file" | sed -e "s|^$root/||" -e 's|\.lua$||' \
    -e 's|/init$||' -e 's|/|.|g')
  printf '    {"%s", text_%d, sizeof text_%d - 1},\n' "$module" "$n" "$n"
  n=$((n + 1))
done
echo '    {0, 0, 0},'
echo '};'
