-- What luacheck expects of the Lua code; `make lint` runs it.
std = "lua54"
max_line_length = 80
codes = true

-- Methods and callbacks take what they are given.
unused_args = false

-- The LuaCATS files only declare.
files["lib/stress/meta"] = {
  ignore = { "211", "212", "221", "241" },
}

-- It makes the environment of suites.
files["lib/stress/boot.lua"] = { ignore = { "121", "122" } }

-- wrk's scripts define globals; these are for comparing with it.
files["bench/wrk_*.lua"] = {
  globals = { "request", "response", "done", "init", "wrk" },
}
