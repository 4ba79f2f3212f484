-- For haproxy.cfg: asks txtoken whether a request may pass, and sets the headers that its argument names.
-- An error in here is answered with 500, and the request does not pass.
local URL = 'http://127.0.0.1:8890/auth'
-- HAProxy tries four times before it gives up.
local TIMEOUT_MS = 2000

core.register_action('txtoken', { 'http-req' }, function(txn, names)
  -- txtoken only needs the token, so nothing else of the request is sent along.
  local asked = txn.http:req_get_headers()
  local headers = {}
  for _, name in ipairs({ 'authorization', 'sec-websocket-protocol', 'access-control-request-method' }) do
    headers[name] = {}
    for _, value in pairs(asked[name] or {}) do
      table.insert(headers[name], value)
    end
  end
  -- A browser can set no header for a WebSocket: txtoken finds the token in the URL, with token: [header, uri].
  if asked['upgrade'] then
    headers['x-forwarded-uri'] = { txn.f:url() }
  end
  -- For `preflight: allow`. HAProxy sets it itself, since a client could write OPTIONS there.
  headers['x-forwarded-method'] = { txn.f:method() }
  local answer = core.httpclient():get({
    url = URL,
    headers = headers,
    timeout = TIMEOUT_MS
  })

  if answer.status ~= 200 then
    local denied = answer.status == 401 or answer.status == 403
    local reply = txn:reply({ status = denied and answer.status or 500 })
    for _, value in pairs(answer.headers and answer.headers['www-authenticate'] or {}) do
      reply:add_header('WWW-Authenticate', value)
    end
    txn:done(reply)
  end

  for name in names:gmatch('[^,]+') do
    txn.http:req_set_header(name, answer.headers[name:lower()][0])
  end
end, 1)
