---@meta stress.suite

-- The table that a suite returns.  For completion and checks in the editor:
--
--   ---@type stress.Suite
--   local suite = { ... }
--   return suite

---@alias stress.Tags table<string, string|number|boolean>

---@alias stress.Executor
---| "shared-iterations"  a number of iterations, shared by the users
---| "per-vu-iterations"  a number of iterations for each user
---| "constant-vus"  a number of users for a time
---| "ramping-vus"  a number of users that follows stages
---| "constant-arrival-rate"  iterations started at a rate
---| "ramping-arrival-rate"  iterations started at a rate that follows stages

---@class stress.Stage
---@field target number  users, or starts per time_unit, at its end
---@field duration stress.Duration

---One kind of iteration in a mix.
---@class stress.MixEntry
---@field weight? integer  its share; exact, not drawn; 1 at first
---@field name string
---@field run fun(vu: stress.Vu)

---An expression such as "p(95)<500" with options, or several with the same.
---@class stress.ThresholdOptions
---@field [integer] string
---@field abort_on_fail? boolean  end the run as soon as it does not hold
---@field delay? stress.Duration  how long abort_on_fail waits for samples
---@field window? stress.Duration  judge the last of the run only
---@field optional? boolean  no data is SKIPPED, not NO DATA

---@alias stress.Threshold
---| string
---| stress.ThresholdOptions
---| (string|stress.ThresholdOptions)[]

---By metric, or by metric{tag:value}.
---@alias stress.Thresholds table<string, stress.Threshold>

---A name, and a function that tells whether it holds: true or false, or nil
---when there is no data; with a detail to show.
---@class stress.Criterion
---@field [1] string
---@field [2] fun(result: stress.Result): boolean?, string?
---@field optional? boolean  no data is SKIPPED, not NO DATA

---The options of the executors.
---@class stress.Load
---@field vus? integer  how many users run at once
---@field iterations? integer  shared by the users or for each of them
---@field duration? stress.Duration  how long iterations are started
---@field max_duration? stress.Duration  when iterations end that are not done
---@field start_vus? integer  users before the first stage
---@field stages? stress.Stage[]
---@field graceful_ramp_down? stress.Duration  for a user that has to leave
---@field rate? number  iterations started per time_unit, by all workers
---@field start_rate? number  the rate before the first stage
---@field time_unit? stress.Duration  what rates count in; 1 s at first
---@field max_vus? integer  the most users
---@field pre_allocated_vus? integer  users made before the start
---@field arrivals? "even"|"poisson"
---@field max_late? stress.Duration  how long a start waits for a free user

---What may be said about a scenario without its name.
---@class stress.Override : stress.Load
---@field executor? stress.Executor  follows from the options if it is missing
---@field run? fun(vu: stress.Vu)  one iteration
---@field mix? stress.MixEntry[]  in place of `run`
---@field thresholds? stress.Thresholds  on this scenario's samples
---@field tags? stress.Tags
---@field start_time? stress.Duration  from the start of the run
---@field graceful_stop? stress.Duration  for iterations at the end

---@class stress.Scenario : stress.Override
---@field name? string  its name and tag

---The keys of a suite besides those of its only scenario.
---@class stress.Whole
---@field name? string
---@field description? string  what the suite asks
---@field target? string  base URL; otherwise the built-in target is started
---@field sequence? boolean  scenarios one after another
---@field thresholds? stress.Thresholds  on all samples
---@field criteria? stress.Criterion[]
---@field setup? fun(): any  runs once; its result is vu.data
---@field teardown? fun(data: any, result: stress.Result)  runs once
---@field report? fun(result: stress.Result)  prints something of its own
---@field http? stress.HttpOptions  defaults of every request
---@field monitors? table  not in this version
---@field tags? stress.Tags  of every sample
---@field warmup? stress.Duration  at the start; no statistic counts it
---@field cooldown? stress.Duration  at the end; monitors still sample

---Changes to a suite, chosen by --profile.
---@class stress.Profile : stress.Whole, stress.Override
---@field scenarios? table<string, stress.Override>  by the scenarios' names

---@class stress.Suite : stress.Whole, stress.Scenario
---@field scenarios? stress.Scenario[]
---@field profiles? table<string, stress.Profile>

---Where iterations are now: planned = started + dropped, and started is the
---sum of the others.
---@class stress.Accounting
---@field planned integer
---@field started integer
---@field ok integer
---@field failed integer
---@field timed_out integer
---@field cancelled integer
---@field in_flight integer
---@field dropped integer
---@field warmup integer  not counted in the others
---@field balanced boolean

---A metric with the tags that all its samples carry; none: the total.
---@class stress.MetricRow
---@field name string
---@field kind "counter"|"gauge"|"rate"|"trend"
---@field unit string
---@field tags table<string, string>
---@field values table<string, number>  by the words of thresholds
---@field few string[]?  of a trend: percentiles with less than ten samples
---beyond

---@class stress.CriterionRow
---@field name string
---@field kind "threshold"|"function"|"built-in"
---@field metric string?  of a threshold
---@field target string?
---@field actual number?
---@field actual_text string?
---@field status "PASS"|"FAIL"|"NO DATA"|"SKIPPED"
---@field samples integer?
---@field detail string?
---@field optional boolean?

---@class stress.ScenarioResult
---@field name string
---@field executor stress.Executor
---@field model "open"|"closed"
---@field duration_s number
---@field vus integer
---@field max_vus integer
---@field accounting stress.Accounting

---What a run came to: for criteria, teardown and report.
---@class stress.Result
---@field schema string
---@field seed integer
---@field started_at string
---@field duration_s number
---@field measured_s number  without the warm-up
---@field verdict "pass"|"fail"|"invalid"|"aborted"
---@field exit_code integer
---@field reasons string[]
---@field script_errors integer
---@field suite table
---@field engine table
---@field environment table
---@field options table
---@field accounting stress.Accounting
---@field criteria stress.CriterionRow[]
---@field metrics stress.MetricRow[]|table<string, stress.MetricRow>  a list;
---by name it is the total
---@field checks { name: string, passes: integer, fails: integer }[]
---@field scenarios stress.ScenarioResult[]
---@field health table
---@field errors { message: string, count: integer, example: string? }[]
---@field errors_other integer
---@field series table<string, any>
---@field monitors table[]
local Result = {}

---Returns the values of a metric: of its total, or of the row with exactly
---these tags.  There are rows for each scenario, name, check, group, status
---and tag of the suite's own, each by itself, and for the selectors that
---thresholds ask for.
---@param name string
---@param tags? table<string, string>
---@return table<string, number>? values  nil: never recorded
function Result:metric(name, tags) end

---Returns the accounting and times of a scenario.
---@param name string
---@return stress.ScenarioResult?
function Result:scenario(name) end
