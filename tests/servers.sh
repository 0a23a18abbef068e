# shellcheck shell=bash disable=SC2154
# servers.sh - servers for the tests, to be sourced.
#
#   start_server NAME COMMAND...   runs it, its output in $WORK/NAME.out, its
#                                  pid in $NAME_pid; it is not waited for
#   wait_for FILE PATTERN          the line of FILE with PATTERN, once it is
#                                  there; its first match of \(...\) only
#   start_badserver                BADSERVER_URL, BADSERVER_SOCKET
#   start_tls                      TLS_URL, TLS_CA; 1 without openssl
#   start_mtls                     MTLS_URL: wants certificates of its own CA;
#                                  client.pem, client.key in MTLS_DIR have one
#   start_h2                       H2_URL: speaks HTTP/2 only, has the files
#                                  small and large; 1 without nghttpd
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

# new_cert NAME SUBJECT OPTIONS... makes NAME.key and NAME.pem
new_cert() {
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=$2" "${@:3}" \
    -keyout "$WORK/$1.key" -out "$WORK/$1.pem" 2>/dev/null
}

# What the servers are: localhost, signed by nobody else.
server_cert() {
  command -v openssl >/dev/null || return 1
  TLS_CA=$WORK/server.pem
  export TLS_CA
  [ -e "$TLS_CA" ] ||
    new_cert server localhost -addext subjectAltName=DNS:localhost
}

# start_s_server NAME OPTIONS... with the certificate of the servers
start_s_server() {
  start_server "$1" openssl s_server -accept 127.0.0.1:0 -www \
    -cert "$WORK/server.pem" -key "$WORK/server.key" "${@:2}"
}

start_tls() {
  server_cert || return 1
  start_s_server tls
  TLS_PORT=$(wait_for "$WORK/tls.out" 'ACCEPT 127.0.0.1:\([0-9]*\)')
  TLS_URL=https://localhost:$TLS_PORT
  export TLS_PORT TLS_URL
}

start_mtls() {
  server_cert && new_cert ca "test CA" && new_cert stranger stranger &&
    openssl req -newkey rsa:2048 -nodes -subj /CN=alice \
      -keyout "$WORK/client.key" -out "$WORK/client.csr" 2>/dev/null &&
    openssl x509 -req -days 2 -in "$WORK/client.csr" -CA "$WORK/ca.pem" \
      -CAkey "$WORK/ca.key" -CAcreateserial -out "$WORK/client.pem" \
      2>/dev/null || return 1
  start_s_server mtls -Verify 1 -verify_return_error -CAfile "$WORK/ca.pem"
  MTLS_DIR=$WORK
  MTLS_URL=https://localhost:$(wait_for "$WORK/mtls.out" \
    'ACCEPT 127.0.0.1:\([0-9]*\)')
  export MTLS_DIR MTLS_URL
}

# The port on which a process listens, as the kernel knows it.
port_of() {
  local sockets hex
  for _ in $(seq 250); do
    sockets=$(readlink "/proc/$1/fd/"* | sed -n "s/^socket:\[\(.*\)\]/\1/p")
    hex=$(awk -v sockets="$sockets" '
      BEGIN { split(sockets, list); for (i in list) ours[list[i]] }
      $4 == "0A" && $10 in ours { sub(/.*:/, "", $2); print $2; exit }' \
      /proc/net/tcp)
    if [ -n "$hex" ]; then
      echo $((16#$hex))
      return 0
    fi
    sleep 0.02
  done
  return 1
}

start_h2() {
  local port PATH=$PATH:/usr/sbin
  command -v nghttpd >/dev/null && server_cert || return 1
  mkdir -p "$WORK/h2"
  echo small >"$WORK/h2/small"
  head -c 100000 /dev/zero >"$WORK/h2/large"
  start_server h2 nghttpd --address=127.0.0.1 --htdocs="$WORK/h2" \
    --echo-upload 0 "$WORK/server.key" "$WORK/server.pem"
  port=$(port_of "$h2_pid") || return 1
  H2_URL=https://localhost:$port
  export H2_URL
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
