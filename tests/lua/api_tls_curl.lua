-- The tests of api_tls.lua over the other transport: the same answers.
--
-- needs: tls mtls h2 badserver

require "api".transport = "curl"
return require "api_tls"
