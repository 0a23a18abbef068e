#!/usr/bin/env bats
# setup and teardown.

load common

@test "setup and teardown run once, whatever the workers and VUs" {
  suite <<'END'
local http = require "stress.http"
return { vus = 4, iterations = 40,
  setup = function()
    print("set up: " .. http.get("/status/201").status)
    return { n = 5 }
  end,
  run = function(vu) assert(vu.data.n == 5) end,
  teardown = function(data, result)
    print("torn down: " .. data.n, result.accounting.ok,
      http.get("/status/202").status)
  end }
END
  stress --workers 3
  code 0
  [ "$(grep -c '^set up: 201$' <<<"$output")" -eq 1 ]
  [ "$(grep -c $'^torn down: 5\t40\t202$' <<<"$output")" -eq 1 ]
}

@test "the requests of setup and teardown are in no statistic" {
  suite <<'END'
local http = require "stress.http"
return { iterations = 3, run = function() http.get("/") end,
  setup = function() for _ = 1, 10 do http.get("/status/500") end end,
  teardown = function() http.get("/status/500") end }
END
  stress
  code 0
  is_true 'm("http_reqs").count == 3' 'm("http_req_failed").rate == 0'
}

@test "data goes to every VU by value: all types, NULs, depth" {
  suite <<'END'
local json = require "stress.json"
local data = {
  text = "a\0b\0", empty = "", integer = 9007199254740993, float = 0.5,
  huge = 1 / 0, yes = true, no = false, null = json.null,
  list = { 1, "two", { three = 3 } }, [7] = "seven", [true] = "key",
  [0.5] = "half", deep = { { { { { "down here" } } } } },
  array = json.array {},
}
return { vus = 2, iterations = 4,
  setup = function() return data end,
  run = function(vu)
    local got = vu.data
    assert(got ~= data)
    assert(got.text == "a\0b\0" and #got.text == 4 and got.empty == "")
    assert(got.integer == 9007199254740993)
    assert(math.type(got.integer) == "integer")
    assert(math.type(got.float) == "float" and got.float == 0.5)
    assert(got.huge == 1 / 0 and got.yes == true and got.no == false)
    assert(got.null == json.null)
    assert(got.list[2] == "two" and got.list[3].three == 3 and #got.list == 3)
    assert(got[7] == "seven" and got[true] == "key" and got[0.5] == "half")
    assert(got.deep[1][1][1][1][1] == "down here")
    assert(json.encode(got.array) == "[]")
  end }
END
  stress --workers 2
  code 0
}

@test "data may be any plain value, or nothing" {
  suite <<'END'
return { iterations = 1, setup = function() return "just text" end,
  run = function(vu) assert(vu.data == "just text") end,
  teardown = function(data) assert(data == "just text") end }
END
  stress
  code 0
  suite <<'END'
return { iterations = 1, setup = function() end,
  run = function(vu) assert(vu.data == nil) end,
  teardown = function(data) assert(data == nil) end }
END
  stress
  code 0
}

@test "a function in the data is refused, with the path to it" {
  suite <<'END'
return { iterations = 1, run = function() print("load") end,
  setup = function()
    return { users = { { name = "ann" }, { name = "bob", call = print } } }
  end }
END
  stress
  code 107
  complains 'users[2].call'
  complains function
  hasnt load
}

@test "a cycle in the data is refused, with the path to it" {
  suite <<'END'
return { iterations = 1, run = function() print("load") end,
  setup = function()
    local tree = { leaf = {} }
    tree.leaf.root = tree
    return { tree = tree }
  end }
END
  stress
  code 107
  complains 'tree.leaf.root'
  hasnt load
}

@test "a table that is there twice is no cycle" {
  suite <<'END'
return { iterations = 1,
  setup = function()
    local both = { 1 }
    return { a = both, b = both }
  end,
  run = function(vu) assert(vu.data.a[1] == 1 and vu.data.b[1] == 1) end }
END
  stress
  code 0
}

@test "an error in setup makes no load and 107; teardown runs" {
  suite <<'END'
return { iterations = 1, run = function() print("load") end,
  setup = function() error("the fixture is missing") end,
  teardown = function(data) print("torn down", data) end }
END
  stress
  code 107
  complains "suite.lua:2"
  complains "the fixture is missing"
  hasnt load
  has $'torn down\tnil'
  is_true 'a.started == 0' 'r.exit_code == 107'
}

@test "an error in teardown makes 107, and the result is written" {
  suite <<'END'
return { iterations = 2, run = function() end,
  teardown = function() error("left behind") end }
END
  stress
  code 107
  complains "left behind"
  is_true 'a.ok == 2' 'r.exit_code == 107'
}

@test "teardown runs after script errors, an abort and a failed criterion" {
  suite <<'END'
local stress = require "stress"
local http = require "stress.http"
return { iterations = 2, vus = 1,
  run = function(vu)
    if stress.env.HOW == "abort" then stress.abort("enough") end
    if stress.env.HOW == "error" then error("wrong") end
  end,
  thresholds = { iterations = "count>100" },
  teardown = function()
    stress.sleep("20ms")
    print("torn down: " .. http.get("/status/202").status)
  end }
END
  stress -e HOW=error
  code 107
  has "torn down: 202"
  stress -e HOW=abort
  code 108
  has "torn down: 202"
  stress
  code 99
  has "torn down: 202"
}

@test "VUs share the globals of their worker, and nothing else" {
  suite <<'END'
local shared = { n = 0 }
return { executor = "per-vu-iterations", vus = 4, iterations = 10,
  run = function(vu)
    shared.n = shared.n + 1
    vu.mine = (vu.mine or 0) + 1
    assert(vu.mine == vu.iteration, "a field of another VU")
    if vu.iteration == 10 then print("shared: " .. shared.n) end
  end }
END
  stress --workers 1
  code 0
  has "shared: 40"
}

@test "report gets the result" {
  suite <<'END'
return { iterations = 3, run = function() end,
  report = function(result)
    print(("%s: %d of %d"):format(result.verdict, result.accounting.ok,
      result.accounting.planned))
  end }
END
  stress
  code 0
  has "pass: 3 of 3"
}
