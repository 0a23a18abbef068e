#!/bin/bash
# lint.sh - everything that a tool can say about the code without running it.
#
# clang-format, cppcheck, luacheck, shellcheck (where it is installed) and the
# scripts of this folder.  Ends with 1 when one of them has a complaint.
set -u
cd "$(dirname "$0")/../.." || exit 2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
failed=0

# step NAME COMMAND...: silent unless the command fails.
step() {
  local name=$1
  shift
  if ! command -v "$1" >/dev/null; then
    echo "skipped  $name: $1 is not installed"
  elif "$@" >"$log" 2>&1; then
    echo "ok       $name"
  else
    failed=1
    echo "FAILED   $name"
    sed 's/^/    /' "$log"
  fi
}

mapfile -t c_files < <(find src tests bench -name '*.[ch]' | sort)
mapfile -t shell_files < <(find tests tools bench .ci -type f \
  -exec grep -lE '^#!/bin/(ba)?sh' {} + | sort)

step clang-format clang-format --dry-run -Werror "${c_files[@]}"
step cppcheck cppcheck --quiet --std=c11 --language=c --error-exitcode=1 \
  --enable=warning,performance,portability,style --inline-suppr -j2 \
  --suppressions-list=tests/style/cppcheck.supp -Isrc -Itests/unit \
  --template='{file}:{line}: {id}: {message}' src tests/unit tests/faults
step luacheck luacheck --no-color --quiet lib scripts examples tests/lua bench
step shellcheck shellcheck --severity=warning --external-sources \
  --source-path=SCRIPTDIR "${shell_files[@]}"
step style prove -q tests/style/{layers,calls,width,docs,lengths,words}.sh

exit "$failed"
