#!/bin/bash
# peers.sh [NAME...] - installs the tools that bench/run.sh compares with.
#
# Debian's packages as root or through sudo, all else below build/peers/.
# What is there stays as it is; what cannot be had is skipped, with the
# reason.  Without NAME all of them.
set -u
cd "$(dirname "$0")/.." || exit 2
mkdir -p build/peers/bin
peers=$PWD/build/peers
export PATH=$peers/bin:$peers/venv/bin:$peers/node_modules/.bin:$PATH
log=$peers/install.log

# needs PROGRAM: the reason if it is missing
needs() {
  command -v "$1" >/dev/null && return
  echo "$1 is not installed" >"$log"
  return 1
}

debian() {
  local as_root=
  needs apt-get || return
  if [ "$(id -u)" -ne 0 ]; then
    if ! sudo -n true 2>"$log"; then
      echo "as root: apt-get install $1" >"$log"
      return 1
    fi
    as_root=sudo
  fi
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y \
    --no-install-recommends "$1" >"$log" 2>&1
}

golang() {
  needs go || return
  GOTOOLCHAIN=local GOBIN=$peers/bin nice go install "$1" >"$log" 2>&1
}

rust() {
  needs cargo || return
  nice cargo install --locked --root "$peers" "$1" >"$log" 2>&1
}

node() {
  needs npm || return
  npm install --prefix "$peers" --no-save --ignore-scripts --no-audit \
    --no-fund "$1" >"$log" 2>&1
}

python() {
  needs python3 || return
  python3 -m venv "$peers/venv" >"$log" 2>&1 &&
    "$peers/venv/bin/pip" install --quiet "$1" >"$log" 2>&1
}

# peer NAME INSTALLER WHAT: one line about it
peer() {
  case " $wanted " in
    *" $1 "* | "  ") ;;
    *) return ;;
  esac
  if command -v "$1" >/dev/null; then
    printf '%-11s is there\n' "$1"
  elif "$2" "$3" && command -v "$1" >/dev/null; then
    printf '%-11s installed\n' "$1"
  else
    printf '%-11s skipped: %s\n' "$1" "$(
      sed 's/^[[:space:]]*//' "$log" | grep . | tail -n 1)"
  fi
}

wanted=$*
peer nginx debian nginx-light
peer wrk debian wrk
peer hey debian hey
peer h2load debian nghttp2-client
peer ab debian apache2-utils
peer k6 golang go.k6.io/k6@latest
peer vegeta golang github.com/tsenart/vegeta/v12@latest
peer oha rust oha
peer autocannon node autocannon
peer locust python locust
command -v wrk2 >/dev/null ||
  printf '%-11s skipped: it is in no package; put it into the PATH\n' wrk2
