import test, { type ExecutionContext } from 'ava'
import { checkConfig } from '../../helpers/check-config.ts'
import { problemsOf } from '../../helpers/config.ts'
import { send } from '../../helpers/http.ts'
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

test('a token that is not good for whatever reason is inactive, and nothing else is shown of it', async (t) => {
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

test('a caller without a key learns nothing', async (t) => {
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

test('a request without a token, or with two, is a bad one', async (t) => {
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

test('a token in the query is not looked at, and only POST is answered', async (t) => {
  const { url } = await startIntrospection(t)
  const headers = { 'api-key': KEY }
  const query = `${url}/check?token=${TOKEN}`
  t.is((await send(query, { method: 'POST', headers })).status, 400)
  t.is((await send(query, { headers })).status, 405)
})

test('a token that cannot be judged is neither active nor inactive', async (t) => {
  const endpoint = await refusingUrl(t)
  const { introspect } = await startIntrospection(t, { verify: [{ endpoint, allowHttp: true }] })
  const answer = await introspect(TOKEN)
  t.is(answer.status, 503)
  t.deepEqual(JSON.parse(answer.text), {
    error: 'temporarily_unavailable',
    error_description: 'Token cannot be checked at the moment'
  })
})

test('a route for everybody, or for tokens in another place, is not loaded', (t) => {
  const config = checkConfig({ check: { protocol: 'introspection' } })
  t.deepEqual(problemsOf(t, config, { env: { ENC_KEY } }), [
    'routes[0].auth: expected auth, which names who may introspect tokens (RFC 7662, section 2.1)'
  ])
  const settings = { protocol: 'introspection', auth: { apiKeys: [KEY] }, token: ['header'] }
  t.deepEqual(problemsOf(t, checkConfig({ check: settings }), { env: { ENC_KEY } }), [
    'routes[0].token: introspection takes the token from its form (RFC 7662, section 2.1), expected none'
  ])
})
