# report.awk - the figures of run.sh as Markdown: medians, and the goals.
#
# Reads lines "WORK TOOL NAME VALUE", separated by tabs: one figure of one
# round each.  WORK `about` and `version` describe the run instead.

BEGIN {
  FS = "\t"
  split("native curl raw wrk wrk_lua wrk2 h2load ab hey oha vegeta k6 " \
    "autocannon locust", tools, " ")
  label["native"] = "**stressengine**"
  label["curl"] = "stressengine (curl)"
  label["raw"] = "bare libcurl"
  label["wrk_lua"] = "wrk with Lua"
  label["h2load"] = "h2load --h1"
}

$1 == "about" { about[$3] = $4; next }
$1 == "version" { versions = versions (versions ? "; " : "") $4; next }
$3 == "skipped" { reason[$1, $2] = $4; next }
{ values[$1, $2, $3] = values[$1, $2, $3] " " $4 }

# ---- figures ----

function has(work, tool, name) { return ((work, tool, name) in values) }

# The median; of an even number the lower one.
function median(work, tool, name,    v, n, i, j, x) {
  n = split(values[work, tool, name], v, " ")
  for (i = 2; i <= n; i++) {
    x = v[i] + 0
    for (j = i - 1; j > 0 && v[j] + 0 > x; j--) v[j + 1] = v[j]
    v[j + 1] = x
  }
  return v[int((n + 1) / 2)] + 0
}

function thousands(n,    s, out) {
  s = sprintf("%.0f", n)
  while (length(s) > 3) {
    out = "," substr(s, length(s) - 2) out
    s = substr(s, 1, length(s) - 3)
  }
  return s out
}

# A cell: the median in a format, or a dash.
function cell(work, tool, name, format) {
  if (!has(work, tool, name)) return "-"
  return format == "n" ? thousands(median(work, tool, name)) : \
    sprintf(format, median(work, tool, name))
}

function percent(work, tool, name) {
  if (!has(work, tool, name)) return "-"
  return sprintf("%.0f %%", 100 * median(work, tool, name))
}

function ratio(work, tool, other) {
  if (!has(work, tool, "cpu") || !has(work, other, "cpu")) return "-"
  return sprintf("%.2f", median(work, tool, "cpu") / \
    median(work, other, "cpu"))
}

function name_of(tool) { return tool in label ? label[tool] : tool }

# ---- prose, folded at 80 columns ----

function say(text,    word, n, i, line) {
  n = split(text, word, " ")
  for (i = 1; i <= n; i++) {
    if (line != "" && length(line) + length(word[i]) > 79) {
      print line
      line = ""
    }
    line = line (line == "" ? "" : " ") word[i]
  }
  print line "\n"
}

function seen(work,    key, part) {
  for (key in values) {
    split(key, part, SUBSEP)
    if (part[1] == work) return 1
  }
  return 0
}

# What is under a table: who was left out, and who failed.
function remarks(work,    i, skipped, failed) {
  for (i = 1; i in tools; i++) {
    if ((work, tools[i]) in reason)
      skipped = skipped (skipped ? "; " : "") name_of(tools[i]) ": " \
        reason[work, tools[i]]
    if (has(work, tools[i], "broken"))
      skipped = skipped (skipped ? "; " : "") name_of(tools[i]) \
        ": it ended without figures"
    if (median(work, tools[i], "failed") > 0)
      failed = failed (failed ? ", " : "") name_of(tools[i]) " " \
        thousands(median(work, tools[i], "failed"))
  }
  print ""
  if (skipped) say("Skipped: " skipped ".")
  if (failed) say("Requests that failed: " failed ".")
}

# ---- tables ----

function speed(work, title, text,    i, t) {
  if (!seen(work)) return
  print "## " title "\n"
  say(text)
  print "| tool | requests/s | CPU µs/request | to wrk's | of a core |" \
    " peak MB |"
  print "|---|---:|---:|---:|---:|---:|"
  for (i = 1; i in tools; i++) {
    t = tools[i]
    if (!has(work, t, "rate")) continue
    print "| " name_of(t) " | " cell(work, t, "rate", "n") " | " \
      cell(work, t, "cpu", "%.2f") " | " ratio(work, t, "wrk") " | " \
      percent(work, t, "share") " | " cell(work, t, "peak", "%.0f") " |"
  }
  remarks(work)
}

# How far from what the engine can: the rate to that of work 1.
function of_capacity(    most) {
  if (!has("get_64", "native", "rate")) return ""
  most = median("get_64", "native", "rate")
  return sprintf(", %.0f %% of what stressengine made in 1",
    100 * about["rate"] / most)
}

function rates(    i, t, asked) {
  if (!seen("rate")) return
  asked = about["rate"] * about["seconds"]
  print "## 7. " thousands(about["rate"]) " starts per second\n"
  say("Constant rate" of_capacity() ". \"Too few\" is how" \
    " many of the " thousands(asked) " requests were not made or failed." \
    " Lateness is from when a start was due to when it was made; other tools" \
    " do not tell theirs.")
  print "| tool | too few | of a core | lateness p99 ms | p50 ms | p99 ms |"
  print "|---|---:|---:|---:|---:|---:|"
  for (i = 1; i in tools; i++) {
    t = tools[i]
    if (!has("rate", t, "rate")) continue
    print "| " name_of(t) " | " sprintf("%.2f %%",
      100 - 100 * median("rate", t, "requests") / asked) " | " \
      percent("rate", t, "share") " | " cell("rate", t, "late", "%.3f") \
      " | " cell("rate", t, "p50", "%.3f") " | " \
      cell("rate", t, "p99", "%.3f") " |"
  }
  remarks("rate")
}

function times(work, title, text, p50, p90, p99,    i, t) {
  if (!seen(work)) return
  print "### " title "\n"
  say(text)
  print "| tool | p50 ms | p90 ms | p99 ms |"
  print "|---|---:|---:|---:|"
  print "| the truth | " p50 " | " p90 " | " p99 " |"
  for (i = 1; i in tools; i++) {
    t = tools[i]
    if (has(work, t, "p99"))
      print "| " name_of(t) " | " cell(work, t, "p50", "%.1f") " | " \
        cell(work, t, "p90", "%.1f") " | " cell(work, t, "p99", "%.1f") " |"
  }
  remarks(work)
}

function accuracy(    long) {
  times("delay", "Known delays", "1,000 requests per second to the built-in" \
    " target, which answers every 20th after 50 ms and all others after 5 ms.",
    "5.0", "5.0", "50.0")
  long = (about["seconds"] > 4 ? about["seconds"] : 4) * 1000
  times("stall", "A server that stands still", "1,000 requests per second;" \
    " nginx is stopped for half a second. Whoever is due meanwhile waits for" \
    " the rest of it, so the q-quantile must be 500 - (1 - q) " long " ms," \
    " and not below 0. A tool that does not start what is due hides it.", "0.0",
    sprintf("%.1f", 500 - long / 10 > 0 ? 500 - long / 10 : 0),
    sprintf("%.1f", 500 - long / 100 > 0 ? 500 - long / 100 : 0))
}

function memory(    i, t) {
  if (!seen("memory")) return
  print "## 8. Memory of a virtual user\n"
  say("The peak of " thousands(about["vus"]) " users less that of one, for" \
    " each: users that wait, before and after their first request, with the" \
    " connection open.")
  print "| tool | KB before | KB after a request | had asked in time |"
  print "|---|---:|---:|---:|"
  for (i = 1; i in tools; i++) {
    t = tools[i]
    if (has("memory", t, "no"))
      print "| " name_of(t) " | " cell("memory", t, "no", "%.1f") " | " \
        cell("memory", t, "yes", "%.1f") " | " \
        cell("memory", t, "asked", "n") " |"
  }
  remarks("memory")
}

function workers() {
  if (!seen("workers")) return
  print "## 9. Two workers\n"
  say("Here the script decodes 200 rows of JSON for each request, so that the" \
    " server is not the limit. nginx takes its part of the second core, so" \
    " the goal is judged by what a request costs: two workers do twice as" \
    " much, as far as it costs the same.")
  print "| workers | requests/s | CPU µs/request |\n|---|---:|---:|"
  print "| 1 | " cell("workers", "one", "rate", "n") " | " \
    cell("workers", "one", "cpu", "%.2f") " |"
  print "| 2 | " cell("workers", "two", "rate", "n") " | " \
    cell("workers", "two", "cpu", "%.2f") " |\n"
}

# ---- goals ----

# WHAT is at most (sign 1) or at least (sign -1) LIMIT; empty: not measured.
function goal(what, value, sign, limit, unit) {
  print "| " what " | " (sign > 0 ? "at most " : "at least ") limit unit \
    " | " (value == "" ? "not measured | - |" : sprintf("%.2f", value) unit \
    " | " (sign * value <= sign * limit ? "met" : "**not met**") " |")
}

function against(tool, other, work, other_work) {
  if (other_work == "") other_work = work
  if (!has(work, tool, "cpu") || !has(other_work, other, "cpu")) return ""
  return median(work, tool, "cpu") / median(other_work, other, "cpu")
}

# Requests of a core full of k6: by its own count or by its CPU time, which
# holds its start as well; whichever is better for it.
function k6_ratio(    by_cpu, by_rate) {
  if (!has("get_64", "k6", "cpu") || !has("get_64", "native", "cpu")) return ""
  by_cpu = 1e6 / median("get_64", "k6", "cpu")
  by_rate = median("get_64", "k6", "rate")
  return 1e6 / median("get_64", "native", "cpu") / \
    (by_cpu > by_rate ? by_cpu : by_rate)
}

function value_of(work, tool, name, factor) {
  return has(work, tool, name) ? median(work, tool, name) * factor : ""
}

function goals(    n, sizes, i, two) {
  print "## Goals\n"
  print "| | goal | measured | |\n|---|---|---:|---|"
  n = split("64 1000 5000", sizes, " ")
  for (i = 1; i <= n; i++) {
    goal("CPU time to that of wrk with Lua, GET, " thousands(sizes[i]) \
      " connections", against("native", "wrk_lua", "get_" sizes[i]), 1, 1, "")
    goal("CPU time to that of plain wrk, GET, " thousands(sizes[i]) \
      " connections", against("native", "wrk", "get_" sizes[i]), 1, 1.15, "")
  }
  goal("requests of a core to k6's, GET, 64", k6_ratio(), -1, 7, "")
  goal("CPU time of a POST with JSON to that of a GET",
    against("native", "native", "post", "get_64"), 1, 2, "")
  goal("memory of an idle virtual user", value_of("memory", "native", "yes",
    1), 1, 8, " KB")
  goal("lateness p99 at the constant rate", value_of("rate", "native",
    "late", 1), 1, 1, " ms")
  goal("CPU of the worker at the constant rate", value_of("rate", "native",
    "worker", 100), 1, 60, " %")
  two = against("one", "two", "workers")
  goal("two workers to one, from CPU time per request",
    two == "" ? "" : 2 * two, -1, 1.7, "")
  goal("CPU of an engine whose virtual users all sleep",
    value_of("memory", "native", "idle", 100), 1, 1, " %")
  goal("memory at the end of " (about["soak"] > 0 ? about["soak"] : 600) \
    " s at full speed, to that after a tenth of it",
    has("soak", "native", "last") ? median("soak", "native", "last") / \
    median("soak", "native", "first") : "", 1, 1.05, "")
  print ""
}

function opening() {
  print "# Benchmarks\n"
  print "<!-- Written by bench/run.sh; edit bench/report.awk, not this file." \
    " -->\n"
  say("stressengine beside its peers, in one run on " about["date"] ". `make" \
    " bench` repeats it; `bench/peers.sh` installs the tools.")
  if (about["runs"] < 5)
    say("**A short run, to try the benchmark: do not compare with it.**")
  say("Machine: " about["cores"] " cores, " about["model"] ", " \
    about["memory"] "; " about["kernel"] "; load average before the start " \
    about["load"] ".")
  say("Tools: " versions ".")
  say("Each cell is the median of " about["runs"] " round" \
    (about["runs"] == 1 ? "" : "s") ". In a round the" \
    " tools take turns, each for " about["seconds"] " s, pinned to the first" \
    " core and with one thread or worker; nginx has the last core and one" \
    " worker.")
}

function misreadings() {
  print "## What these figures do not say\n"
  print "- The client and the server share a machine and talk over loopback:" \
    "\n  no network, no cards, no packets lost."
  print "- The works 1 to 6 are a closed model: each connection asks again" \
    " when it\n  has its answer. Their rates compare clients, and say nothing" \
    " of a server."
  print "- Where \"of a core\" is well below 100 %, nginx was the limit." \
    " Then only the\n  CPU time per request compares, not the rate."
  print "- CPU time is user and system time of the whole process, its start" \
    " included.\n  That is most of a short round for tools with a large" \
    " runtime and many\n  connections. Rates are by the tool's own clock."
  print "- Tools do not do the same: stressengine, k6 and locust run a script" \
    " with a\n  check and keep all metrics; wrk and h2load count. ab speaks" \
    " HTTP/1.0."
  print "- On a machine with two cores the kernel's work for the one disturbs" \
    " the other.\n"
}

END {
  opening()
  goals()
  misreadings()
  speed("get_64", "1. GET, 64 connections", "An answer of 13 bytes, with a" \
    " check of its status where the tool has checks.")
  speed("get_1000", "2a. GET, 1,000 connections", "The same.")
  speed("get_5000", "2b. GET, 5,000 connections", "The same.")
  speed("post", "3. POST of JSON, 64 connections", "1 KB, made once; the" \
    " answer is parsed and a field of it checked by stressengine, k6 and" \
    " locust, and searched by wrk with Lua. The others only post.")
  speed("large", "4. Answers of 1 MB, 64 connections", "Read and not kept," \
    " where the tool can.")
  speed("tls", "5. TLS, 64 connections", "As 1, over TLS 1.3 with" \
    " TLS_AES_128_GCM_SHA256; nobody verifies the certificate.")
  speed("closing", "6. A connection for each request, 64 at a time", "nginx" \
    " closes after each answer. 8,000 requests, so that ports do not run" \
    " out; wrk, vegeta and autocannon, which cannot count, work for 1 s.")
  rates()
  accuracy()
  memory()
  workers()
  print "## 10. Streams\n"
  say("Not there yet.")
}
