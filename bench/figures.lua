-- figures.lua - the report of the benchmark's suites: lines for a script,
-- "figure NAME VALUE".  Times are milliseconds.

local function figure(name, value)
  print(("figure %s %.9g"):format(name, value))
end

return function(result)
  local requests = result:metric("http_reqs")
  local times = result:metric("http_req_response_time")
  local late = result:metric("iteration_lateness")
  local iterations = result.accounting
  figure("requests", iterations.ok)
  figure("failed", iterations.failed)
  figure("asked", requests and requests.count or 0)
  figure("seconds", result.measured_s)
  figure("planned", iterations.planned)
  figure("started", iterations.started)
  figure("worker", result.health.cpu_share)
  if requests and times then
    figure("p50", times.med)
    figure("p90", times["p(90)"])
    figure("p99", times["p(99)"])
  end
  if late then figure("late", late["p(99)"]) end
end
