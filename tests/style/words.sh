#!/bin/sh
# words.sh - what has no place in the repository: paths of somebody's machine,
# talk of how the work was organised, unfinished business without a number.
. "$(dirname "$0")/tap.sh"

# This file holds the patterns, so it is left out.
find_words() {
  git ls-files --cached --others --exclude-standard |
    grep -v '^tests/style/words\.sh$' |
    tr '\n' '\0' | xargs -0 grep -nHIE "$@" 2>/dev/null
}

check "no paths of one machine" "$(
  find_words '(^|[^[:alnum:]_./-])/(work|root|home/[[:alnum:]_]+|Users)/')"

who='agents?|engineers?|(this|another|other|an earlier|a later) session'
did='wrote|built|added|made|fixed|mended|will (write|build|add|make|fix)'
check "no talk of how the work was organised" "$(
  find_words -i "sub-?agents?\\b|as an ai\\b|\\b($who) ($did)\\b")"

check "no unfinished business without an issue's number" "$(
  find_words '\b(TODO|FIXME|XXX)\b' |
    grep -vE '(TODO|FIXME|XXX) ?\(?#[0-9]+')"

check "no conflict markers" "$(find_words '^(<<<<<<<|>>>>>>>)( |$)')"

check "nothing is left of a debugging hour" "$(
  find_words '^[[:blank:]]*(fprintf\(stderr, |print\()"(DEBUG|XXX|here)')"

done_testing
