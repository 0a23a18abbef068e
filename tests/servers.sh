# shellcheck shell=bash disable=SC2154
# servers.sh - servers for the tests, to be sourced.
#
#   start_server NAME COMMAND...   runs it, its output in $WORK/NAME.out, its
#                                  pid in $NAME_pid; it is not waited for
#   wait_for FILE PATTERN          the line of FILE with PATTERN, once it is
#                                  there; its first match of \(...\) only
#   start_badserver                BADSERVER_URL, BADSERVER_SOCKET
#   start_tls                      TLS_URL, TLS_CA; 1 without openssl
#   start_target                   TARGET_URL, TARGET_PID
#   stop_servers                   ends all of them
#
# WORK is a directory for their files; BUILD and STRESSENGINE say what runs.

: "${BUILD:=build/normal}" "${STRESSENGINE:=./stressengine}"
server_pids=

start_server() {
  local name=$1
  shift
  # No shared descriptors: bats waits for whoever holds its own.
  "$@" >"$WORK/$name.out" 2>&1 </dev/null 3>&- 4>&- &
  eval "${name}_pid=$!"
  server_pids="$server_pids $!"
}

wait_for() {
  local line
  for _ in $(seq 500); do
    line=$(sed -n "s/.*$2.*/\\1/p" "$1" 2>/dev/null | head -n 1)
    if [ -n "$line" ]; then
      echo "$line"
      return 0
    fi
    sleep 0.02
  done
  echo "nothing like \"$2\" in $1:" >&2
  cat "$1" >&2
  return 1
}

start_badserver() {
  BADSERVER_SOCKET=$WORK/bad.socket
  start_server badserver "$BUILD/tests/badserver" "$BADSERVER_SOCKET"
  BADSERVER_URL=$(wait_for "$WORK/badserver.out" 'listening on \(.*\)')
  export BADSERVER_URL BADSERVER_SOCKET
}

start_tls() {
  command -v openssl >/dev/null || return 1
  TLS_CA=$WORK/cert.pem
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost \
    -keyout "$WORK/key.pem" -out "$TLS_CA" 2>/dev/null || return 1
  start_server tls openssl s_server -accept 127.0.0.1:0 -www \
    -cert "$TLS_CA" -key "$WORK/key.pem"
  TLS_PORT=$(wait_for "$WORK/tls.out" 'ACCEPT 127.0.0.1:\([0-9]*\)')
  TLS_URL=https://localhost:$TLS_PORT
  export TLS_CA TLS_PORT TLS_URL
}

start_target() {
  start_server target "$STRESSENGINE" target --port 0
  TARGET_PID=$target_pid
  TARGET_URL=$(wait_for "$WORK/target.out" 'listening on \(.*\)')
  export TARGET_URL TARGET_PID
}

stop_servers() {
  local pid
  for pid in $server_pids; do
    kill "$pid" 2>/dev/null || :
    wait "$pid" 2>/dev/null || :
  done
  server_pids=
}
