#!/bin/sh
# layers.sh - who may include whom.  One folder of src/ is one layer:
#
#   main -> cli -> {bind, out, target} -> {engine, net, probe} -> stats -> base
#
# net knows neither engine nor Lua, out does not know engine, target does not
# know net; the table says the rest.  Own headers are written from src/.
. "$(dirname "$0")/tap.sh"

may() {
  case $1 in
    base)   echo "base" ;;
    stats)  echo "base stats" ;;
    net)    echo "base net" ;;
    probe)  echo "base stats probe" ;;
    engine) echo "base stats engine" ;;
    bind)   echo "base stats net probe engine bind" ;;
    out)    echo "base stats out" ;;
    target) echo "base target" ;;
    cli | main.c)
      echo "base stats net probe engine bind out target cli" ;;
    *) return 1 ;;
  esac
}

# Lines "FILE:LINE:header" of all own headers that $1 includes.
includes() {
  grep -rnE '^[[:blank:]]*#[[:blank:]]*include[[:blank:]]*"' \
    --include='*.[ch]' --with-filename "src/$1" |
    sed -E 's/^([^:]*:[0-9]*:)[^"]*"([^"]*)".*/\1\2/; s|/\./|/|'
}

for path in src/*; do
  layer=${path#src/}
  if ! allowed=$(may "$layer"); then
    check "src/$layer is a layer" "src/$layer: no layer of that name"
    continue
  fi
  check "$layer includes: $allowed" "$(includes "$layer" |
    awk -v allowed=" $allowed " '{
      header = $0
      sub(/^[^:]*:[0-9]*:/, "", header)
      place = substr($0, 1, length($0) - length(header))
      to = substr(header, 1, index(header, "/") - 1)
      if (header ~ /(^|\/)\.\.?(\/|$)/)
        print place " a relative include: \"" header "\""
      else if (to == "")
        print place " not written from src/: \"" header "\""
      else if (index(allowed, " " to " ") == 0)
        print place " must not include \"" header "\""
    }')"
done

check "every own header that is included exists" "$(
  includes . | while IFS=: read -r file line header; do
    [ -f "src/$header" ] || echo "$file:$line: there is no src/$header"
  done)"

check "own headers are not included with <>" "$(
  grep -rnE '#[[:blank:]]*include[[:blank:]]*<[a-z]+/[a-z_]+\.h>' src |
    grep -vE '<(sys|netinet|arpa|net|linux|curl|openssl)/')"

done_testing
