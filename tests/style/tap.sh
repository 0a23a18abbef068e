# tap.sh - TAP for the scripts of this folder, to be sourced.
#
#   check NAME FINDINGS   one test: it passes when FINDINGS is empty, else
#                         every line of it is shown
#   done_testing          prints the plan; to be called last
#
# Sourcing it changes to the root of the repository.

cd "$(dirname "$0")/../.." || exit 2
tests=0 failed=0

check() {
  tests=$((tests + 1))
  if [ -z "$2" ]; then
    echo "ok $tests - $1"
    return
  fi
  failed=$((failed + 1))
  echo "not ok $tests - $1"
  printf '%s\n' "$2" | sed 's/^/# /'
}

done_testing() {
  echo "1..$tests"
  [ "$failed" -eq 0 ] || exit 1
}
