-- The tests of api_http.lua over the other transport: the same answers.

require "api".transport = "curl"
return require "api_http"
