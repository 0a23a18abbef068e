#!/bin/sh
# calls.sh - calls, and where alone they may stand.
#
# What is dangerous happens in one place.  Comments and strings do not count.
. "$(dirname "$0")/tap.sh"

code=$(find src -name '*.[ch]' | sort | xargs awk -f tests/style/code.awk)

# only NAME WHERE PATTERN: code that matches PATTERN stands only in files that
# match WHERE (both extended regular expressions; the files from src/ on).
only() {
  check "$1" "$(printf '%s\n' "$code" |
    grep -E "^[^:]*:[0-9]*:.*$3" | grep -vE "^src/($2)" |
    sed 's/$/    <- not here/')"
}

# A call, and not the end of a longer name.
call() {
  echo "(^|[^[:alnum:]_.>])($1)[[:blank:]]*\("
}

only "lua_resume in engine/vu.c" \
  'engine/vu\.c' "$(call lua_resume)"
only "locks in engine/mailbox and target" \
  'engine/mailbox\.[ch]|target/' 'pthread_(mutex|cond|rwlock|spin)'
only "clocks in base/clock.c, base/loop.c and target" \
  'base/(clock|loop)\.c|target/' \
  "$(call 'clock_gettime|gettimeofday|ev_time|ev_now|clock|time')"
only "malloc and kin in base/mem.c" \
  'base/mem\.c' "$(call '(m|c|re)alloc|reallocarray|strn?dup|v?asprintf')"
only "die() in cli and main.c" \
  'cli/|main\.c' "$(call die)"
# watchdog.c ends a main thread that does not come back, in a signal handler.
only "exit() in cli, main.c, base/mem.c and engine/watchdog.c" \
  'cli/|main\.c|base/mem\.c|engine/watchdog\.c' \
  "$(call 'exit|_exit|_Exit|quick_exit')"
only "Lua in engine, bind, out and cli" \
  'engine/|bind/|out/|cli/' '#.*include.*<(lua|lauxlib|lualib)\.h>'
only "libcurl in net" \
  'net/' '#.*include.*<curl/'
only "libmicrohttpd in target" \
  'target/' '#.*include.*<microhttpd\.h>'
only "jansson in target" \
  'target/' '#.*include.*<jansson\.h>'
only "threads are made in engine/worker.c, net/address.c and target" \
  'engine/worker\.c|net/address\.c|target/' "$(call pthread_create)"
only "nowhere: calls that write or read without a bound" \
  'none' "$(call 'sprintf|vsprintf|strcpy|stpcpy|strcat|gets|alloca')"
only "nowhere: calls that cannot fail visibly, or keep state" \
  'none' "$(call 'atoi|atol|atoll|atof|strtok|rand|srand|system|popen')"

# Another platform gets its own file.
check "nowhere: #if inside of functions" "$(printf '%s\n' "$code" | awk '
  {
    text = $0
    sub(/^[^:]*:[0-9]*:/, "", text)
  }
  text ~ /^\{/ { inside = 1 }
  text ~ /^\}/ { inside = 0 }
  inside && text ~ /^[ \t]*#[ \t]*if/')"

done_testing
