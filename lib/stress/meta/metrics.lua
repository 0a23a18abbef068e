---@meta stress.metrics

---@class stress.MetricOptions
---@field unit? string  times ("us", "ms", "s") and "bytes" are shown as such

---A metric of the suite's own.
---@class stress.Metric
---@field name string
---@field kind "counter"|"gauge"|"rate"|"trend"
---@field unit string?
local Metric = {}

---Records a value.
---@param value? number|boolean  true or false for a rate; a counter counts 1
---@param tags? table<string, string|number|boolean>
function Metric:add(value, tags) end

---Metrics of the suite's own, made at the top of the suite.
---@class stress.metrics
local metrics = {}

---Makes a sum: `count`, and `rate` per second.
---@param name string
---@param opts? stress.MetricOptions
---@return stress.Metric
function metrics.counter(name, opts) end

---Makes a level: the last `value`, with `min` and `max`.
---@param name string
---@param opts? stress.MetricOptions
---@return stress.Metric
function metrics.gauge(name, opts) end

---Makes a share: `rate` is how many of the values were true.
---@param name string
---@param opts? stress.MetricOptions
---@return stress.Metric
function metrics.rate(name, opts) end

---Makes a distribution: `avg`, `min`, `med`, `max`, `p(95)`...
---@param name string
---@param opts? stress.MetricOptions
---@return stress.Metric
function metrics.trend(name, opts) end

return metrics
