import test, { type ExecutionContext } from 'ava'
import { checkConfig } from '../../helpers/check-config.ts'
import { problemsOf } from '../../helpers/config.ts'
import { openConnection, send } from '../../helpers/http.ts'
import { refusingUrl } from '../../helpers/remote.ts'
import { startService } from '../../helpers/service.ts'
import { ENC_KEY, makeToken } from '../../helpers/tokens.ts'

const NOW_SECONDS = 1_893_456_000
const now = () => NOW_SECONDS * 1000
const EXP = `"exp":${NOW_SECONDS + 60}`
const TOKEN = makeToken(`{"sub":"ada",${EXP}}`)
const KEY = 'a-key-of-the-resource-server'

async function startIntrospection(t: ExecutionContext, check: Record<string, unknown> = {}) {
  const settings = { protocol: 'introspection', auth: { apiKeys: [KEY] }, ...check }
  const service = await startService(t, { config: checkConfig({ check: settings }), now })
  const ask = (body: string, headers: Record<string, string> = { 'api-key': KEY }) =>
    send(`${service.url}/check`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body
    })
  return { ...service, ask, introspect: (token: string) => ask(`token=${token}`) }
}

test('an active token is answered with its claims, digit for digit', async (t) => {
  const { introspect, ask } = await startIntrospection(t)
  const token = makeToken(`{"sub":"ada","level":12345678901234567890,"scope":"read",${EXP}}`)
  const answer = await introspect(token)
  t.is(answer.status, 200)
  t.is(
    answer.text,
    `{"active":true,"token_type":"Bearer","sub":"ada","level":12345678901234567890,"scope":"read",${EXP}}`
  )
  t.is(answer.headers['content-type'], 'application/json; charset=utf-8')
  t.is(answer.headers['cache-control'], 'no-store')
  t.is((await ask(`token_type_hint=access_token&token=${token}`)).text, answer.text)
  t.is((await ask(`token=${token}`, { authorization: `Bearer ${KEY}` })).text, answer.text)
})

test('no claim decides whether a token is active, and scopes are one text', async (t) => {
  const { introspect } = await startIntrospection(t)
  const token = makeToken(`{"active":false,"scope":["read","write"],"token_type":"N_A",${EXP}}`)
  const { text } = await introspect(token)
  t.is(text, `{"active":true,"token_type":"N_A","scope":"read write",${EXP}}`)
})

test('a token rejected for any reason is inactive, and nothing else of it is shown', async (t) => {
  const { introspect, log } = await startIntrospection(t)
  const bad = [
    'garbage',
    'a.b.c',
    makeToken('{"sub":"ada","exp":1}'),
    makeToken(`{"sub":"ada","nbf":${NOW_SECONDS + 9},${EXP}}`),
    makeToken(`{"sub":"ada",${EXP}}`, { secret: 'another secret of thirty-two characters' }),
    makeToken(`{"sub":"ada",${EXP}}`, { header: '{"alg":"none"}' }),
    makeToken(`{"sub":"ada",${EXP}}`, { header: '{"alg":"HS512"}' }),
    makeToken(`{"txtoken_use":"service-bearer",${EXP}}`)
  ]
  for (const token of bad) {
    const answer = await introspect(token)
    t.is(answer.status, 200)
    t.is(answer.text, '{"active":false}')
    t.is(answer.headers['content-type'], 'application/json; charset=utf-8')
    t.is(answer.headers['cache-control'], 'no-store')
    t.is(answer.headers['www-authenticate'], undefined)
  }
  const reasons = log.filter(({ msg }) => msg === 'request').map(({ reason }) => reason)
  t.deepEqual(reasons.slice(2, 5), ['expired', 'not_yet', 'signature'])
})

test('a caller without a key gets no information', async (t) => {
  const { ask } = await startIntrospection(t)
  for (const headers of [
    {},
    { 'api-key': `${KEY}x` },
    { authorization: `Bearer ${TOKEN}` }
  ] as Record<string, string>[]) {
    const answer = await ask(`token=${TOKEN}`, headers)
    t.is(answer.status, 401)
    t.deepEqual(JSON.parse(answer.text), {
      error: 'invalid_client',
      error_description: 'Invalid API key'
    })
    t.is(answer.headers['www-authenticate'], 'Basic realm="txtoken", Bearer')
    t.is(answer.headers['cache-control'], 'no-store')
  }
})

test('the key may be the client secret in the form', async (t) => {
  const { ask, log } = await startIntrospection(t)
  const secret = encodeURIComponent(KEY)
  for (const form of [
    `token=${TOKEN}&client_id=any&client_secret=${secret}`,
    `client_secret=${secret}&token=${TOKEN}`,
    `client_secret=&token=${TOKEN}&client_secret=${secret}`
  ]) {
    const answer = await ask(form, {})
    t.is(answer.status, 200, form)
    t.like(JSON.parse(answer.text), { active: true, sub: 'ada' })
    t.false(answer.text.includes('client'))
  }
  for (const form of [
    `token=${TOKEN}`,
    `token=${TOKEN}&client_secret=`,
    `token=${TOKEN}&client_secret=${secret}x`,
    `token=${TOKEN}&client_id=${secret}`,
    `{"token":"${TOKEN}","client_secret":"${KEY}"}`
  ]) {
    const answer = await ask(form, {})
    t.is(answer.status, 401, form)
    t.is(JSON.parse(answer.text).error, 'invalid_client')
    t.is(answer.headers['www-authenticate'], 'Basic realm="txtoken", Bearer')
  }
  t.false(JSON.stringify(log).includes(KEY))
})

test('a client that authenticates in more than one way is rejected, even if one is right', async (t) => {
  const { ask } = await startIntrospection(t)
  const right = `token=${TOKEN}&client_secret=${KEY}`
  const basic = `Basic ${Buffer.from(`any:${KEY}`).toString('base64')}`
  for (const [form, headers] of [
    [right, { 'api-key': KEY }],
    [right, { authorization: basic }],
    [right, { authorization: `Bearer ${KEY}` }],
    [`${right}x`, { authorization: basic }],
    [`${right}&client_secret=${KEY}`, {}],
    [`${right}&client_secret=x`, {}]
  ] as const) {
    const answer = await ask(form, headers)
    t.is(answer.status, 400)
    t.deepEqual(JSON.parse(answer.text), {
      error: 'invalid_request',
      error_description: 'more than one way of client authentication, expected one'
    })
  }
  // A wrong header is rejected before the form is read, and client_id alone is not authentication.
  t.is((await ask(right, { authorization: 'Basic eDp5' })).status, 401)
  t.is(
    (await ask(`token=${TOKEN}&client_id=any&client_secret=`, { authorization: basic })).status,
    200
  )
})

test('unauthenticated callers do not count against the request limit of the route', async (t) => {
  const { url, introspect, ask } = await startIntrospection(t, { limits: { requests: 1 } })
  const waiting = openConnection(t, url)
  const type = 'Content-Type: application/x-www-form-urlencoded'
  waiting.write(`POST /check HTTP/1.1\r\nHost: a\r\n${type}\r\nContent-Length: 1000\r\n\r\ntoken=`)
  t.is((await introspect(TOKEN)).status, 200)
  t.is((await ask(`token=${TOKEN}&client_secret=${KEY}`, {})).status, 200)
  const tooLarge = await ask(`client_secret=${KEY}&token=${'x'.repeat(30_000)}`, {})
  t.is(tooLarge.status, 413)
})

test('a request without a token, or with two, is a bad request', async (t) => {
  const { ask } = await startIntrospection(t)
  for (const body of ['', 'token=', `access_token=${TOKEN}`, `{"token":"${TOKEN}"}`]) {
    const answer = await ask(body)
    t.is(answer.status, 400)
    t.deepEqual(JSON.parse(answer.text), {
      error: 'invalid_request',
      error_description: 'expected a form with a token'
    })
  }
  t.is((await ask(`token=${TOKEN}&token=${TOKEN}`)).status, 400)
})

test('a token in the query is ignored, and only POST is answered', async (t) => {
  const { url } = await startIntrospection(t)
  const headers = { 'api-key': KEY }
  const query = `${url}/check?token=${TOKEN}`
  t.is((await send(query, { method: 'POST', headers })).status, 400)
  t.is((await send(query, { headers })).status, 405)
})

test('a token that cannot be checked is neither active nor inactive', async (t) => {
  const endpoint = await refusingUrl(t)
  const { introspect } = await startIntrospection(t, { verify: [{ endpoint, allowHttp: true }] })
  const answer = await introspect(TOKEN)
  t.is(answer.status, 503)
  t.deepEqual(JSON.parse(answer.text), {
    error: 'temporarily_unavailable',
    error_description: 'Token cannot be checked at the moment'
  })
})

test('a route without API keys, or with another place for tokens, is rejected', (t) => {
  const config = checkConfig({ check: { protocol: 'introspection' } })
  t.deepEqual(problemsOf(t, config, { env: { ENC_KEY } }), [
    'routes[0].auth: expected auth, which names who may introspect tokens (RFC 7662, section 2.1)'
  ])
  const settings = { protocol: 'introspection', auth: { apiKeys: [KEY] }, token: ['header'] }
  t.deepEqual(problemsOf(t, checkConfig({ check: settings }), { env: { ENC_KEY } }), [
    'routes[0].token: introspection takes the token from its form (RFC 7662, section 2.1), expected none'
  ])
})
