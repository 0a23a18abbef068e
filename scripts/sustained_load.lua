-- Question:   is a tool server as fast after 10,000 operations as before?
-- Needs:      nothing (built-in target), or --target of the same protocol.
-- Takes:      11 s; two minutes if each operation takes 11 ms; quick: 3 s.
-- Read:       the table of segments, then the criteria on how they differ.
-- Not for:    leaks: it never looks at memory, on neither side.

local stress = require "stress"
local http = require "stress.http"
local metrics = require "stress.metrics"

local SEGMENTS = 10
local EDGE = 3 -- segments at either end that are compared, by their median

-- The pause after each operation sets the scale: a server that takes 0.1 ms
-- longer because the kernel moved it to another core is not tired.  Without
-- it (-e pause=0) such moves are most of what there is to see.
local PAUSE = tonumber(stress.env.pause or 1) / 1000

-- Limits: speed may vary and fall by these shares, p95 rise by this much.
local MOST_VARIATION = 0.25
local MOST_SLOWER = 0.20
local MOST_LATER_MS = 2

local operations = stress.profile == "quick" and 2000 or 10000
local per_segment = operations // SEGMENTS

-- A gauge keeps its smallest and largest value: when a segment began and
-- ended.  All workers read the same clock, so theirs merge.
local clock = metrics.gauge("segment_clock", { unit = "s" })

local LIST = { command = "list" }

local function list(vu)
  local tags = { segment = (vu.iteration - 1) // per_segment + 1 }
  clock:add(stress.now(), tags)
  local answer = http.post("/tools", { json = LIST, tags = tags }):json()
  local fine = type(answer) == "table"
    and (answer.status == "ok" or answer.status == "success")
  stress.check("list has a status and an array of tools",
    fine and type(answer.tools) == "table" and #answer.tools > 0)
  clock:add(stress.now(), tags)
  if PAUSE > 0 then stress.sleep(PAUSE) end
end

local function median(list_of, from, to)
  local sorted = table.move(list_of, from, to, 1, {})
  table.sort(sorted)
  local n = #sorted
  return (sorted[(n + 1) // 2] + sorted[n // 2 + 1]) / 2
end

---Reads speed (operations per second) and latency (p95 in ms) of each
---segment, or returns nil and what is missing.
local function read_segments(result)
  local speeds, latencies = {}, {}
  for i = 1, SEGMENTS do
    local tags = { segment = tostring(i) }
    local span = result:metric("segment_clock", tags)
    local reqs = result:metric("http_reqs", tags)
    local time = result:metric("http_req_duration", tags)
    if not (span and reqs and time) or reqs.count < per_segment then
      return nil, ("segment %d is not complete"):format(i)
    end
    speeds[i] = reqs.count / (span.max - span.min)
    latencies[i] = time["p(95)"]
  end
  return speeds, latencies
end

---The coefficient of variation of the segments' speeds.
local function variation(result)
  local speeds, missing = read_segments(result)
  if not speeds then return nil, missing end
  local sum, squares = 0, 0
  for _, speed in ipairs(speeds) do
    sum, squares = sum + speed, squares + speed ^ 2
  end
  local mean = sum / SEGMENTS
  local cv = math.sqrt(math.max(0, squares / SEGMENTS - mean ^ 2)) / mean
  return cv <= MOST_VARIATION, ("%.1f%%: %.0f/s, from %.0f to %.0f"):format(
    cv * 100, mean, math.min(table.unpack(speeds)),
    math.max(table.unpack(speeds)))
end

local function ends(list_of)
  return median(list_of, 1, EDGE), median(list_of, SEGMENTS - EDGE + 1,
    SEGMENTS)
end

local function as_fast(result)
  local speeds, missing = read_segments(result)
  if not speeds then return nil, missing end
  local first, last = ends(speeds)
  return last >= first * (1 - MOST_SLOWER),
    ("%+.1f%%: %.0f/s, then %.0f/s"):format((last / first - 1) * 100, first,
      last)
end

local function as_prompt(result)
  local speeds, latencies = read_segments(result)
  if not speeds then return nil, latencies end
  local first, last = ends(latencies)
  return last - first <= MOST_LATER_MS,
    ("%+.2f ms: %.2f ms, then %.2f ms"):format(last - first, first, last)
end

local function report(result)
  local speeds, latencies = read_segments(result)
  if not speeds then return end
  print("segment   operations     ops/s   p95 ms")
  for i, speed in ipairs(speeds) do
    print(("%7d  %5d-%5d %9.0f %8.2f"):format(i, (i - 1) * per_segment + 1,
      i * per_segment, speed, latencies[i]))
  end
end

return {
  name = "Sustained load",
  description = ("%d operations in %d segments"):format(operations, SEGMENTS),
  iterations = operations,
  run = list,
  thresholds = {
    checks = "rate>=0.95",
    http_reqs = "rate>=40",
    http_req_failed = "rate<=0.05",
  },
  criteria = {
    { ("speed varies by at most %.0f%%"):format(MOST_VARIATION * 100),
      variation },
    { ("the end is at most %.0f%% slower than the start"):format(
      MOST_SLOWER * 100), as_fast },
    { ("p95 grows by at most %d ms"):format(MOST_LATER_MS), as_prompt },
  },
  report = report,
  profiles = { quick = { iterations = operations } },
}
