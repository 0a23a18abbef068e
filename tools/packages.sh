#!/bin/sh
# packages.sh SET... [--missing] - the Debian packages that are needed.
#
#   build   to build and run        check   to run the tests and linters
#
# Installs what is missing, as root or through sudo; where neither is to be
# had it prints the exact command and stops.  --missing only lists.
set -eu

build="gcc libc6-dev make pkg-config liblua5.4-dev libev-dev
  libcurl4-openssl-dev libssl-dev libpsl-dev libmicrohttpd-dev
  libjansson-dev zlib1g-dev"
check="libcmocka-dev bats perl curl lua5.4 lua-cjson openssl nghttp2-server
  lua-check clang-format cppcheck valgrind git groff-base"

wanted='' only_list=''
for set; do
  case $set in
    build) wanted="$wanted $build" ;;
    check) wanted="$wanted $check" ;;
    --missing) only_list=1 ;;
    *) echo "packages.sh: no set called $set" >&2; exit 2 ;;
  esac
done

missing=''
for package in $wanted; do
  state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || :)
  [ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ -n "$only_list" ]; then
  echo "missing packages:$missing" >&2
  exit 1
fi

command="apt-get install -y --no-install-recommends$missing"
if [ "$(id -u)" -eq 0 ]; then
  as_root=
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
  as_root=sudo
elif command -v sudo >/dev/null && [ -t 0 ]; then
  as_root=sudo
else
  printf 'Packages are missing. As root, run:\n\n  %s\n\n' "$command" >&2
  exit 1
fi

echo "installing:$missing"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
install() {
  # The list of packages may be old or, on a new machine, empty.
  $as_root apt-get update && $as_root env DEBIAN_FRONTEND=noninteractive \
    $command
}
if ! install >"$log" 2>&1; then
  tail -n 20 "$log" >&2
  rm -f "$log"
  echo "packages.sh: the installation failed; the command was: $command" >&2
  exit 1
fi
rm -f "$log"
