-- Numbers of one's own: a trend has percentiles, a rate shares, a counter a
-- sum, a gauge the last value.  Thresholds know them by their names.

local http = require "stress.http"
local metrics = require "stress.metrics"

local basket = metrics.trend("basket_size", { unit = "items" })
local large = metrics.rate("large_baskets")
local items = metrics.counter("items_ordered")
local last_id = metrics.gauge("last_order_id")

return {
  vus = 2,
  iterations = 200,
  run = function(vu)
    local order = http.post("/orders", { json = { sku = vu.iteration } }):json()
    basket:add(#order.items, { parity = vu.iteration % 2 })
    large:add(#order.items > 3)
    items:add(#order.items)
    last_id:add(order.id)
  end,
  thresholds = {
    basket_size = { "avg>=1", "max<=5" },
    ["basket_size{parity:0}"] = "max<=5",
    large_baskets = "rate<0.9",
    items_ordered = "count>=200",
  },
}
