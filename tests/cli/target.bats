#!/usr/bin/env bats
# The built-in target, as curl sees it.  STRESSENGINE names the program.

setup_file() {
  export OUT="$BATS_FILE_TMPDIR/target.out"
  "${STRESSENGINE:-./stressengine}" target --port 0 >"$OUT" 2>&1 3>&- &
  export TARGET_PID=$!
  for _ in $(seq 100); do
    grep -q '^listening on ' "$OUT" && break
    sleep 0.05
  done
  URL=$(sed -n 's/^listening on //p' "$OUT")
  export URL
  [ -n "$URL" ]
}

teardown_file() {
  kill "$TARGET_PID"
  wait "$TARGET_PID"
}

# get PATH [curl options]: the body in $output
get() {
  local path=$1
  shift
  run curl --silent --globoff --max-time 20 "$@" "$URL$path"
  [ "$status" -eq 0 ]
}

# status_of PATH [curl options]: the status in $output
status_of() {
  get "$@" --output /dev/null --write-out '%{http_code}'
}

# headers_of PATH [curl options]: status line and headers in $output
headers_of() {
  get "$@" --output /dev/null --dump-header -
}

# tell JSON: the answer to a command
tell() {
  get /tools --data "$1"
}

# calc EXPRESSION: the calculator's answer
calc() {
  local params="{\"expression\":\"$1\"}"
  tell "{\"command\":\"invoke\",\"name\":\"calculator\",\"params\":$params}"
}

has() {
  [[ "$output" == *"$1"* ]] || {
    echo "expected: $1"
    echo "got: $output"
    return 1
  }
}

is() {
  [ "$output" = "$1" ] || {
    echo "expected: $1"
    echo "got: $output"
    return 1
  }
}

# counted ROUTE METHOD STATUS: that counter, empty if it is zero
counted() {
  curl --silent "$URL/metrics" | grep -F \
    "target_requests_total{path=\"$1\",method=\"$2\",status=\"$3\"}" |
    cut -d ' ' -f 2
}

@test "it says that it is healthy" {
  get /health
  is '{"status":"ok"}'
  headers_of /health
  has 'HTTP/1.1 200 OK'
  has 'Content-Type: application/json'
}

@test "the index lists the endpoints" {
  get /
  has '"path":"/delay/MS"'
  has '"path":"/tools/NAME/invoke"'
}

@test "HEAD answers as GET does, without the body" {
  get /health --head
  has 'HTTP/1.1 200 OK'
  has 'Content-Length: 15'
}

@test "an unknown path is 404 with a JSON error" {
  status_of /nothing/here
  is 404
  get /nothing/here
  has '{"status":"error","error":'
}

@test "a wrong method is 405 and names the right ones" {
  headers_of /tools --request DELETE
  has 'HTTP/1.1 405'
  has 'Allow: GET, HEAD, POST'
}

@test "a path that only begins like an endpoint is unknown" {
  status_of /health/x
  is 404
  status_of /delay/
  is 404
}

@test "there are thirty tools, by command and by address" {
  tell '{"command":"list"}'
  local by_command=$output
  get /tools
  is "$by_command"
  local names=${output#*[}
  [ "$(grep -o '"[a-z0-9_-]*"' <<<"$names" | sort -u | wc -l)" -eq 30 ]
  has '"tools":["web_search",'
  has '"hash_calculator"]'
}

@test "a tool can be asked about" {
  get /tools/calculator
  has '"name":"calculator","description":'
  has '"parameters":{'
  tell '{"command":"info","name":"calculator"}'
  has '"tool":{"name":"calculator"'
  has '"received_bytes":38}'
}

@test "info says how many bytes it really received" {
  {
    printf '{"command":"info","name":"calculator","metadata":"'
    head -c 2000000 /dev/zero | tr '\0' x
    printf '"}'
  } >"$BATS_TEST_TMPDIR/huge"
  get /tools --data-binary "@$BATS_TEST_TMPDIR/huge"
  has '"received_bytes":2000052}'
}

@test "an unknown tool is 404" {
  status_of /tools/nonesuch
  is 404
  status_of /tools --data '{"command":"info","name":"nonesuch"}'
  is 404
  status_of /tools/nonesuch/invoke --data '{}'
  is 404
}

@test "search finds something for every common word, in any case" {
  local word
  for word in calc file time uuid text data web sys CALC; do
    get "/tools/search?q=$word"
    has '"results":["'
  done
  tell '{"command":"search","query":"uuid"}'
  is '{"status":"ok","query":"uuid","results":["uuid_generator"]}'
  get '/tools/search?q=zzz'
  has '"results":[]'
}

@test "a malformed command is 400 with a sentence" {
  local body
  for body in '' 'nonsense' '[1]' '{}' '{"command":7}' '{"command":"fly"}' \
    '{"command":"info"}' '{"command":"info","name":7}' \
    '{"command":"invoke","name":"calculator"}' \
    '{"command":"invoke","name":"calculator","params":"3"}' \
    '{"command":"invoke","name":"calculator","params":{}}' \
    '{"command":"search"}'; do
    status_of /tools --data "$body"
    is 400
    tell "$body"
    has '{"status":"error","error":"'
  done
}

@test "the calculator knows precedence, and integers stay integers" {
  calc '3 + 4'
  is '{"status":"ok","tool":"calculator","result":7}'
  calc '2 + 3 * 4'
  has '"result":14}'
  calc '(2 + 3) * 4'
  has '"result":20}'
  calc '-2^2'
  has '"result":-4}'
  calc '2^3^2'
  has '"result":512}'
  calc '10 - 4 - 3'
  has '"result":3}'
  calc '17 % 5'
  has '"result":2}'
  calc '7 / 2'
  has '"result":3.5}'
  calc '1.1'
  has '"result":1.1}'
  calc '2 * -3'
  has '"result":-6}'
}

@test "the calculator refuses what it cannot compute" {
  local bad
  for bad in '' '1 +' '(1' '1)' '1 / 0' '1 % 0' '0x10' 'inf' '1e999' \
    '1 2' '(0-1)^0.5'; do
    calc "$bad"
    has '{"status":"error","error":"'
  done
  calc "$(head -c 100000 /dev/zero | tr '\0' '(')"
  has 'nested too deeply'
}

@test "the tools that do something do it" {
  get /tools/base64_encoder/invoke --data '{"text":"hello"}'
  has '"result":"aGVsbG8="}'
  get /tools/base64_encoder/invoke \
    --data '{"text":"aGVsbG8=","operation":"decode"}'
  has '"result":"hello"}'
  get /tools/hash_calculator/invoke \
    --data '{"text":"123456789","algorithm":"crc32"}'
  has '"hash":"cbf43926"'
  get /tools/text_manipulator/invoke \
    --data '{"text":"Stop","operation":"reverse"}'
  has '"result":"potS"}'
  get /tools/uuid_generator/invoke --data '{}'
  local hex='[0-9a-f]'
  [[ "$output" =~ $hex{8}-$hex{4}-4$hex{3}-[89ab]$hex{3}-$hex{12} ]]
  get /tools/date_time_handler/invoke --data '{}'
  has "\"utc\":\"$(date -u +%Y-)"
}

@test "the other tools give their parameters back" {
  get /tools/web_search/invoke --data '{"query":"stress"}'
  is '{"status":"ok","tool":"web_search","result":{"echo":{"query":"stress"}}}'
}

@test "echo sends back the same bytes and type" {
  head -c 300000 /dev/urandom >"$BATS_TEST_TMPDIR/sent"
  get /echo --data-binary "@$BATS_TEST_TMPDIR/sent" \
    --header 'Content-Type: image/x-noise' \
    --dump-header "$BATS_TEST_TMPDIR/headers" \
    --output "$BATS_TEST_TMPDIR/received"
  cmp "$BATS_TEST_TMPDIR/sent" "$BATS_TEST_TMPDIR/received"
  grep -q 'Content-Type: image/x-noise' "$BATS_TEST_TMPDIR/headers"
  grep -q 'X-Echo-Length: 300000' "$BATS_TEST_TMPDIR/headers"
}

@test "echo takes a chunked body" {
  get /echo --data 'in pieces' --header 'Transfer-Encoding: chunked'
  is 'in pieces'
}

@test "echo describes a request without a body" {
  get '/echo?a=1&b=x%20y&a=2' --header 'X-Mine: yes' --request PATCH
  has '"method":"PATCH","path":"/echo"'
  has '"query":{"a":["1","2"],"b":"x y"}'
  has '"X-Mine":"yes"'
}

@test "a body past the limit is 413" {
  truncate --size 257M "$BATS_TEST_TMPDIR/large"
  status_of /echo --data-binary "@$BATS_TEST_TMPDIR/large"
  is 413
  status_of /echo --data-binary "@$BATS_TEST_TMPDIR/large" \
    --header 'Expect:'
  is 413
}

@test "bytes sends as many bytes as asked" {
  get /bytes/10
  is 'ABCDEFGHIJ'
  get /bytes/0 --output /dev/null --write-out '%{http_code} %{size_download}'
  is '200 0'
  get /bytes/5000001 --output /dev/null --write-out '%{size_download}'
  is 5000001
  status_of /bytes/2000000000
  is 400
  status_of /bytes/ten
  is 400
}

@test "json sends a document of the size asked" {
  get /json/1000 --output "$BATS_TEST_TMPDIR/json" \
    --write-out '%{size_download}'
  is 1000
  local count
  count=$(sed 's/{"count":\([0-9]*\),.*/\1/' "$BATS_TEST_TMPDIR/json")
  [ "$(grep -o '"id":' "$BATS_TEST_TMPDIR/json" | wc -l)" -eq "$count" ]
}

@test "a delay is as long as asked, and not much longer" {
  get /delay/200 --write-out ' %{time_starttransfer}'
  has '{"delayed_ms":200} 0.2'
  get /delay/2.5
  is '{"delayed_ms":2.5}'
  get '/delay/1?status=503' --write-out ' %{http_code}'
  is '{"delayed_ms":1} 503'
}

@test "a delay that is none is 400" {
  local bad
  for bad in -1 nan 60001 1ms '1?status=99' '1?status=x'; do
    status_of "/delay/$bad"
    is 400
  done
}

@test "many delays wait at the same time" {
  local before after i
  before=$(date +%s%N)
  for i in $(seq 30); do
    curl --silent --output /dev/null "$URL/delay/500" 3>&- &
  done
  wait $(jobs -p)
  after=$(date +%s%N)
  [ $(((after - before) / 1000000)) -lt 5000 ]
}

@test "every third request of a pattern is slow" {
  get /admin/reset --request POST
  local i
  for i in 1 2 3 4 5 6; do
    get '/delay-pattern?fast=0&slow=5&every=3'
    if [ $((i % 3)) -eq 0 ]; then
      is "{\"delayed_ms\":5,\"request\":$i,\"slow\":true}"
    else
      is "{\"delayed_ms\":0,\"request\":$i,\"slow\":false}"
    fi
  done
}

@test "any status from 200 to 599 can be had" {
  local code
  for code in 200 204 304 404 418 500 599; do
    status_of "/status/$code"
    is "$code"
  done
  get /status/503
  is '{"status":503}'
  get /status/204
  is ''
  for code in 99 100 199 600 x; do
    status_of "/status/$code"
    is 400
  done
}

@test "redirects lead to their end" {
  get /redirect/3 --location --write-out ' %{num_redirects}'
  is '{"redirected":true} 3'
  headers_of '/redirect/2?code=307'
  has 'HTTP/1.1 307'
  has 'Location: /redirect/1?code=307'
  status_of '/redirect/1?code=200'
  is 400
}

@test "a login lasts until the logout" {
  local jar="$BATS_TEST_TMPDIR/jar"
  status_of /me
  is 401
  headers_of /login --data '{"user":"ann","password":"secret"}' \
    --cookie-jar "$jar"
  has 'Set-Cookie: session='
  has 'HttpOnly; Path=/'
  get /me --cookie "$jar"
  is '{"user":"ann"}'
  status_of /logout --request POST --cookie "$jar"
  is 200
  status_of /me --cookie "$jar"
  is 401
}

@test "a login takes a form too, and refuses a wrong password" {
  get /login --data 'user=ann+lee&password=secret'
  is '{"status":"ok","user":"ann lee"}'
  status_of /login --data 'user=ann&password=guess'
  is 401
  status_of /login --data '{"user":"ann","password":"guess"}'
  is 401
  status_of /login --data '{"user":'
  is 400
}

@test "basic and bearer credentials are asked for and checked" {
  headers_of /basic-auth/ann/pw
  has 'HTTP/1.1 401'
  has 'WWW-Authenticate: Basic'
  status_of /basic-auth/ann/pw --user ann:wrong
  is 401
  status_of /basic-auth/ann/pw --user ann:pw
  is 200
  status_of /bearer
  is 401
  get /bearer --header 'Authorization: Bearer abc'
  has '"token":"abc"'
}

@test "gzip compresses for those who accept it" {
  get /gzip
  local plain=$output
  headers_of /gzip --compressed
  has 'Content-Encoding: gzip'
  get /gzip --compressed
  is "$plain"
  headers_of /gzip --header 'Accept-Encoding: gzip;q=0'
  [[ "$output" != *Content-Encoding* ]]
}

@test "cookies can be set and are shown" {
  local jar="$BATS_TEST_TMPDIR/jar"
  get '/cookies/set?flavour=oat&size=2' --cookie-jar "$jar"
  get /cookies --cookie "$jar"
  has '"flavour":"oat"'
  has '"size":"2"'
  status_of '/cookies/set?a=b%0d%0aX-Injected:%201'
  is 400
}

@test "orders are numbered and have one to five items" {
  get /orders --data '{"sku":7}'
  local first=${output#*\"id\":}
  get /orders --data '{"sku":7}'
  local second=${output#*\"id\":}
  [ "${second%%,*}" -eq $((${first%%,*} + 1)) ]
  [ "$(grep -o '"line":' <<<"$output" | wc -l)" -eq 3 ]
  status_of /orders --data '{"sku":4}'
  is 201
  status_of /orders --data 'nonsense'
  is 400
}

@test "an upload is measured and hashed" {
  get /upload --data 'a' --header 'Content-Type: text/plain'
  is '{"bytes":1,"content_type":"text/plain","fnv1a":"af63dc4c8601ec8c"}'
}

@test "the parts of a multipart upload are told apart" {
  printf 'line\r\n--not the end\r\n' >"$BATS_TEST_TMPDIR/note.txt"
  get /upload --form 'empty=' --form 'word=four' \
    --form "file=@$BATS_TEST_TMPDIR/note.txt"
  has '{"name":"empty","filename":null,"size":0}'
  has '{"name":"word","filename":null,"size":4}'
  has '{"name":"file","filename":"note.txt","size":21}'
  status_of /upload --data 'nonsense' \
    --header 'Content-Type: multipart/form-data; boundary=x'
  is 400
}

@test "requests are counted exactly, by route, method and status" {
  get /admin/reset --request POST
  local i urls=()
  for i in $(seq 40); do
    urls+=("$URL/status/200" "$URL/status/404")
  done
  for i in 1 2 3; do
    curl --silent --parallel --parallel-max 8 --output /dev/null \
      "${urls[@]}" 3>&-
  done
  status_of /status/404 --head
  [ "$(counted /status/N GET 200)" -eq 120 ]
  [ "$(counted /status/N HEAD 404)" -eq 1 ]
  [ "$(counted /status/N GET 404)" -eq 120 ]
  get /stats
  has '"/status/N":{"GET":{"200":120,"404":120},"HEAD":{"404":1}}'
}

@test "metrics has what Prometheus expects, and the process" {
  headers_of /metrics
  has 'Content-Type: text/plain; version=0.0.4'
  get /metrics
  has '# TYPE target_requests_total counter'
  local name
  for name in target_in_flight target_connections_total \
    target_bytes_received_total target_bytes_sent_total \
    target_uptime_seconds process_resident_memory_bytes \
    process_cpu_seconds_total process_open_fds; do
    grep -q "^$name [0-9.]*$" <<<"$output"
  done
}

@test "a request that waits is in flight" {
  curl --silent --output /dev/null "$URL/delay/1000" 3>&- &
  local waiting=$!
  sleep 0.3
  get /metrics
  has 'target_in_flight 1'
  wait $waiting
  get /metrics
  has 'target_in_flight 0'
}

@test "a reset sets the counters to zero" {
  get /health
  get /admin/reset --request POST
  get /stats
  has '{"requests":{},"total":0,'
}

@test "a second target on the same port says so" {
  local program=${STRESSENGINE:-./stressengine}
  run "$program" target --port "${URL##*:}" 3>&-
  [ "$status" -ne 0 ]
  has 'in use'
}

@test "it stops at once, whoever still waits, and exits with 0" {
  local out="$BATS_TEST_TMPDIR/out"
  "${STRESSENGINE:-./stressengine}" target --port 0 >"$out" 2>&1 3>&- &
  local pid=$! url
  for _ in $(seq 100); do
    grep -q '^listening on ' "$out" && break
    sleep 0.05
  done
  url=$(sed -n 's/^listening on //p' "$out")
  curl --silent --output /dev/null "$url/delay/30000" 3>&- &
  sleep 0.3
  local before=$SECONDS
  kill "$pid"
  wait "$pid"
  [ $((SECONDS - before)) -le 2 ]
}
