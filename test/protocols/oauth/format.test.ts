import test, { type ExecutionContext } from 'ava'
import { fullConfig } from '../../helpers/config-texts.ts'
import { post, send } from '../../helpers/http.ts'
import { refusingUrl, replying, startRemote } from '../../helpers/remote.ts'
import { startService } from '../../helpers/service.ts'
import { readToken } from '../../helpers/tokens.ts'

const NOW_SECONDS = 1_893_456_000
const now = () => NOW_SECONDS * 1000 + 789
const LOGIN = '{"user":"john","n":1.50}'
const FORM = 'application/x-www-form-urlencoded'
const API_KEY = 'an-api-key-of-20-characters'

interface Setup {
  source?: Record<string, unknown>
  issue?: Record<string, unknown>
  more?: Record<string, unknown>
}

/** Starts a service with a token endpoint, and returns its address. */
async function startEndpoint(t: ExecutionContext, remote: string, setup: Setup = {}) {
  const issue = { protocol: 'oauth', lifetime: '15m', ...setup.issue }
  const config = fullConfig(remote, { ...setup, issue })
  const { url } = await startService(t, { config, now })
  return `${url}/getToken`
}

function postForm(url: string, body: string, type = FORM) {
  return send(url, { method: 'POST', body, headers: { 'content-type': type } })
}

test('a token is answered as in RFC 6749, and not cached', async (t) => {
  const remote = await startRemote(t, replying('{"id":1}'))
  const answer = await post(await startEndpoint(t, remote.url), LOGIN)
  t.is(answer.status, 200)
  t.is(answer.headers['content-type'], 'application/json; charset=utf-8')
  t.is(answer.headers['cache-control'], 'no-store')
  t.is(answer.headers.pragma, 'no-cache')
  const { access_token: token, ...rest } = JSON.parse(answer.text)
  t.deepEqual(rest, { token_type: 'Bearer', expires_in: 900 })
  t.is(
    readToken(token).payload,
    `{"data":{"id":1},"iat":${NOW_SECONDS},"exp":${NOW_SECONDS + 900}}`
  )
})

const jsonBodies = [
  ['without a label', LOGIN, {}],
  ['that is labelled as JSON', LOGIN, { 'content-type': 'application/json' }],
  ['that curl labels as a form', ` ${LOGIN}`, { 'content-type': FORM }],
  ['of a list, labelled as a form', '[1]', { 'content-type': FORM }]
] as const

for (const [what, body, headers] of jsonBodies) {
  test(`JSON ${what} reaches the remote byte for byte`, async (t) => {
    const remote = await startRemote(t, replying('{}'))
    const url = await startEndpoint(t, remote.url)
    t.is((await send(url, { method: 'POST', body, headers: { ...headers } })).status, 200)
    t.is(remote.requests[0]?.body.toString(), body)
  })
}

test('a form reaches the remote as a JSON object of strings', async (t) => {
  const remote = await startRemote(t, replying('{}'))
  const url = await startEndpoint(t, remote.url)
  for (const type of [FORM, `${FORM}; charset=UTF-8`, FORM.toUpperCase()]) {
    const body = 'grant_type=password&username=j%C3%A5+n&password=%22%5C%26&n=1&empty=&__proto__=x'
    t.is((await postForm(url, body, type)).status, 200)
    t.is(
      remote.requests.at(-1)?.body.toString(),
      '{"grant_type":"password","username":"jå n","password":"\\"\\\\&","n":"1","__proto__":"x"}'
    )
    t.is(remote.requests.at(-1)?.headers['content-type'], 'application/json')
  }
})

const badRequests = [
  ['a repeated field', 'a=1&b=2&a=1', FORM, 'form has a field twice'],
  ['a repeated field without values', 'a=&a=', FORM, 'form has a field twice'],
  ['bytes that are no UTF-8', 'a=%FF', FORM, 'form is not valid UTF-8'],
  ['no fields', 'a=', FORM, 'form is empty'],
  ['nothing', '', FORM, 'body is empty'],
  ['a form under another label', 'a=1', 'text/plain', 'body is not valid JSON'],
  ['half of an object', '{"a":', FORM, 'body is not valid JSON']
] as const

for (const [what, body, type, description] of badRequests) {
  test(`a request with ${what} is an invalid_request, and the remote is not called`, async (t) => {
    const remote = await startRemote(t, replying('{}'))
    const answer = await postForm(await startEndpoint(t, remote.url), body, type)
    t.is(answer.status, 400)
    t.deepEqual(JSON.parse(answer.text), {
      error: 'invalid_request',
      error_description: description
    })
    t.is(answer.headers['cache-control'], 'no-store')
    t.is(answer.headers.pragma, 'no-cache')
    t.is(remote.requests.length, 0)
  })
}

const rejections = [
  [401, 400, 'invalid_grant', 'Credentials were refused.'],
  [403, 400, 'invalid_grant', 'Credentials were refused.'],
  [422, 422, 'invalid_request', 'Remote post status failure.'],
  [429, 429, 'temporarily_unavailable', 'Remote post status failure.'],
  [400, 400, 'invalid_grant', 'Credentials were refused.'],
  [404, 502, 'server_error', 'Remote post status failure.'],
  [500, 502, 'server_error', 'Remote post status failure.'],
  [302, 502, 'server_error', 'Remote post status failure.']
] as const

for (const [theirs, status, error, description] of rejections) {
  test(`a ${theirs} of the remote is a ${status} ${error}`, async (t) => {
    const remote = await startRemote(t, replying('{}', theirs, { 'retry-after': '7' }))
    const answer = await post(await startEndpoint(t, remote.url), LOGIN)
    t.is(answer.status, status)
    t.deepEqual(JSON.parse(answer.text), { error, error_description: description })
    t.is(answer.headers['retry-after'], theirs === 429 ? '7' : undefined)
    t.is(answer.headers['www-authenticate'], undefined)
  })
}

test('a remote that is unreachable, slow or answers nonsense is a server_error', async (t) => {
  const silent = await startRemote(t, () => {})
  const nonsense = await startRemote(t, replying('<html>'))
  for (const [remote, status, source] of [
    [await refusingUrl(t), 502, {}],
    [silent.url, 504, { timeout: '50ms' }],
    [nonsense.url, 502, {}]
  ] as const) {
    const url = await startEndpoint(t, remote, { source })
    const answer = await post(url, LOGIN)
    t.is(answer.status, status)
    t.is(JSON.parse(answer.text).error, 'server_error')
  }
})

test('too many calls in flight are temporarily_unavailable, with Retry-After', async (t) => {
  let reply = () => {}
  const remote = await startRemote(t, (response) => {
    reply = () => replying('{}')(response)
  })
  const url = await startEndpoint(t, remote.url, {
    source: { timeout: '60s' },
    more: { limits: { calls: 1 } }
  })
  const asked = remote.asked()
  const first = post(url, LOGIN)
  await asked
  const answer = await post(url, LOGIN)
  t.is(answer.status, 503)
  t.is(JSON.parse(answer.text).error, 'temporarily_unavailable')
  t.is(answer.headers['retry-after'], '1')
  reply()
  t.is((await first).status, 200)
})

test('a caller without an API key is an invalid_client', async (t) => {
  const remote = await startRemote(t, replying('{}'))
  const url = await startEndpoint(t, remote.url, { issue: { auth: { apiKeys: [API_KEY] } } })
  const answer = await post(url, LOGIN)
  t.is(answer.status, 401)
  t.is(answer.headers['www-authenticate'], 'Basic realm="txtoken", Bearer')
  t.deepEqual(JSON.parse(answer.text), {
    error: 'invalid_client',
    error_description: 'Invalid API key'
  })
  const headers = { authorization: `Bearer ${API_KEY}` }
  t.is((await send(url, { method: 'POST', body: LOGIN, headers })).status, 200)
})

test('a body that is too large, or compressed, is an invalid_request', async (t) => {
  const remote = await startRemote(t, replying('{}'))
  const url = await startEndpoint(t, remote.url, { more: { limits: { body: '8B' } } })
  const large = await post(url, LOGIN)
  t.is(large.status, 413)
  t.is(JSON.parse(large.text).error, 'invalid_request')
  const headers = { 'content-encoding': 'gzip' }
  const compressed = await send(url, { method: 'POST', body: '{}', headers })
  t.is(compressed.status, 415)
  t.is(JSON.parse(compressed.text).error, 'invalid_request')
})

test('refresh tokens are answered beside tokens, and their errors are in the format of RFC 6749', async (t) => {
  const remote = await startRemote(t, replying('{"id":1}'))
  const issue = { refresh: { route: '/refresh', recheck: remote.url } }
  const more = { revocation: { store: 'memory' } }
  const url = await startEndpoint(t, remote.url, { issue, more })
  const refreshUrl = url.replace('/getToken', '/refresh')
  const first = JSON.parse((await post(url, LOGIN)).text)
  t.deepEqual(Object.keys(first), ['access_token', 'token_type', 'expires_in', 'refresh_token'])
  const form = `grant_type=refresh_token&refresh_token=${first.refresh_token}`
  const second = await postForm(refreshUrl, form)
  t.is(second.status, 200)
  t.is(JSON.parse(second.text).token_type, 'Bearer')
  const reused = await postForm(refreshUrl, form)
  t.is(reused.status, 400)
  t.is(JSON.parse(reused.text).error, 'invalid_grant')
  const other = await postForm(refreshUrl, 'grant_type=password')
  t.is(other.status, 400)
  t.is(JSON.parse(other.text).error, 'unsupported_grant_type')
})

test('tokens are issued by POST alone', async (t) => {
  const url = await startEndpoint(t, 'http://127.0.0.1:1/')
  t.is((await send(`${url}?username=a&password=b`)).status, 405)
})
