# code.awk - prints FILE:LINE:CODE, without comments and the text of strings.
#
# The names in #include "..." stay, so that includes can be judged.

FNR == 1 { inside = 0 }

{
  line = $0
  code = ""
  if (!inside && line ~ /^[ \t]*#[ \t]*include/) {
    print FILENAME ":" FNR ":" line
    next
  }
  while (line != "") {
    if (inside) {
      end = index(line, "*/")
      if (end == 0)
        break
      line = substr(line, end + 2)
      inside = 0
    } else if (match(line, /^[^"'\/]+/)) {
      code = code substr(line, 1, RLENGTH)
      line = substr(line, RLENGTH + 1)
    } else if (match(line, /^"([^"\\]|\\.)*"/) ||
               match(line, /^'([^'\\]|\\.)*'/)) {
      code = code "\"\""
      line = substr(line, RLENGTH + 1)
    } else if (substr(line, 1, 2) == "/*") {
      inside = 1
      line = substr(line, 3)
    } else {
      code = code substr(line, 1, 1)
      line = substr(line, 2)
    }
  }
  print FILENAME ":" FNR ":" code
}
