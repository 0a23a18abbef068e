---@meta stress.http

---How the server's certificate is checked and which one is shown to it.
---@class stress.TlsOptions
---@field verify? boolean  false: any certificate will do
---@field ca? string  file with the authorities to trust
---@field cert? string  file with the client's certificate
---@field key? string  file with its key
---@field server_name? string  the name to ask for and to verify
---@field resume? boolean  go on with the session a VU had; true at first

---One part of a multipart body.
---@class stress.Part
---@field name? string  needed in a list of parts; otherwise it is the key
---@field data string
---@field filename? string
---@field type? string  such as "image/png"

---Who asks: by name and password, or by token.
---@class stress.Auth
---@field user? string
---@field password? string
---@field type? "basic"|"digest"|"ntlm"
---@field bearer? string

---The options of a request, and of all requests under a suite's key `http`.
---A request has one of `json`, `form`, `multipart` and `body`.
---@class stress.HttpOptions
---@field headers? table<string, string|number|boolean>
---@field json? any  encoded as the body
---@field form? table<string, any>  encoded as the body; a list repeats its name
---@field multipart? table<string, string|number|stress.Part>|stress.Part[]
---@field body? string  sent as it is
---@field query? table<string, any>  added to the URL; a list repeats its name
---@field timeout? stress.Duration  60 s at first
---@field name? string  groups URLs in the statistics; at first the URL's path
---@field tags? table<string, string|number|boolean>
---@field auth? stress.Auth
---@field cookies? table<string, any>|string  sent besides the user's own;
---"clear" forgets those first
---@field redirects? boolean|integer  how many to follow; 10 at first
---@field compression? boolean  accept compressed answers, and unpack them
---@field proxy? string
---@field unix_socket? string  path of a socket to connect to
---@field http_version? "1.0"|"1.1"|"2"|"2-prior-knowledge"
---@field tls? stress.TlsOptions
---@field expect? integer|integer[]  the statuses that are success; at first
---200 to 399
---@field discard_body? boolean  count the answer's body, but do not keep it
---@field transport? "auto"|"native"|"curl"
---@field retries? integer  0 to 10: sent again when a kept connection is closed

---A request as a table, for `request` and `batch`.
---@class stress.HttpRequest : stress.HttpOptions
---@field method? string  in upper case; GET at first
---@field url string

---Where the time went, in milliseconds.
---@class stress.Timings
---@field blocked number  before the first byte was sent
---@field looking_up number
---@field connecting number
---@field tls_handshaking number
---@field sending number
---@field waiting number  from the last byte sent to the first one received
---@field receiving number
---@field duration number  sending + waiting + receiving

---What came back.  It cannot be changed; what it does not have is an error.
---@class stress.Response
---@field status integer  0 when there was no answer
---@field ok boolean  whether the status is one that was expected
---@field body string?  nil with `discard_body`
---@field headers table<string, string?>  by name, in any case
---@field error string?  why there was no answer
---@field error_code integer  k6's: 0, 1050 a timeout, 1404 a status 404, ...
---@field error_class string?  the kind of error in a word
---@field url string  after redirects
---@field proto string  such as "HTTP/1.1"
---@field transport string  what carried it
---@field timings stress.Timings
---@field redirects integer  how many were followed
---@field retries integer  how often it was sent again on a new connection
---@field new_connection boolean
local Response = {}

---Decodes the body.
---@return any value
---@return string? message  why there is no value
function Response:json() end

---Requests.  What the server does is a value in the response; what the
---script does wrong is an error.
---@class stress.http
local http = {}

---Sends a GET request and waits for the answer.
---@param url string  one that begins with / is joined to the target
---@param opts? stress.HttpOptions
---@return stress.Response
function http.get(url, opts) end

---Sends a POST request and waits for the answer.
---@param url string
---@param opts? stress.HttpOptions
---@return stress.Response
function http.post(url, opts) end

---Sends a PUT request and waits for the answer.
---@param url string
---@param opts? stress.HttpOptions
---@return stress.Response
function http.put(url, opts) end

---Sends a PATCH request and waits for the answer.
---@param url string
---@param opts? stress.HttpOptions
---@return stress.Response
function http.patch(url, opts) end

---Sends a DELETE request and waits for the answer.
---@param url string
---@param opts? stress.HttpOptions
---@return stress.Response
function http.del(url, opts) end

---Sends a HEAD request and waits for the answer.
---@param url string
---@param opts? stress.HttpOptions
---@return stress.Response
function http.head(url, opts) end

---Sends an OPTIONS request and waits for the answer.
---@param url string
---@param opts? stress.HttpOptions
---@return stress.Response
function http.options(url, opts) end

---Sends a request with any method and waits for the answer.
---@param request stress.HttpRequest
---@return stress.Response
function http.request(request) end

---Sends requests at the same time and waits for all answers.
---@param requests (string|stress.HttpRequest)[]  1,000 at most; a URL is a GET
---@return stress.Response[]  in the order of the requests
function http.batch(requests) end

return http
