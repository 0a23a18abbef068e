-- The tests of api_faults.lua over the other transport: the same answers.
--
-- needs: badserver

require "api".transport = "curl"
return require "api_faults"
