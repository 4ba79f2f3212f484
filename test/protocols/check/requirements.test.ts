import test, { type ExecutionContext } from 'ava'
import { type Answer, send } from '../../helpers/http.ts'
import { samplesOf, scrape } from '../../helpers/metrics.ts'
import { startService } from '../../helpers/service.ts'
import { makeToken } from '../../helpers/tokens.ts'

const NOW_SECONDS = 1_893_456_000
const now = () => NOW_SECONDS * 1000
const EXP = NOW_SECONDS + 3600

async function startChecking(t: ExecutionContext, settings: object) {
  const service = await startService(t, {
    config: JSON.stringify({
      keys: [{ alg: 'HS256', secret: '${ENC_KEY}' }],
      routes: [{ check: '/check', verify: [{ keys: 'all' }], ...settings }]
    }),
    now
  })
  return {
    ...service,
    check(claims: object): Promise<Answer> {
      const authorization = `Bearer ${makeToken(JSON.stringify(claims))}`
      return send(`${service.url}/check`, { headers: { authorization } })
    }
  }
}

const cases: [string, object, object, number, string][] = [
  ['an audience', { require: { audience: 'api' } }, { aud: ['web', 'api'] }, 200, ''],
  ['another audience', { require: { audience: ['api'] } }, { aud: 'web' }, 401, 'audience'],
  ['another issuer', { require: { issuer: ['https://a'] } }, { iss: 'https://b' }, 401, 'issuer'],
  ['no sub', { require: { sub: true } }, {}, 401, 'subject'],
  [
    'too great an age',
    { require: { maxAge: '24h' } },
    { iat: NOW_SECONDS - 86_406 },
    401,
    'too_old'
  ],
  ['no iat for its age', { require: { maxAge: '24h' } }, {}, 401, 'no_iat'],
  ['an exp beyond the skew', { skew: '30s' }, { exp: NOW_SECONDS - 30 }, 401, 'expired'],
  ['an exp within the skew', { skew: '30s' }, { exp: NOW_SECONDS - 29 }, 200, ''],
  ['no exp', {}, { exp: undefined }, 401, 'no_exp'],
  ['no exp where none is required', { requireExp: false }, { exp: undefined }, 200, ''],
  [
    'a claim',
    { require: { claims: { source: 'microservice' } } },
    { source: 'microservice' },
    200,
    ''
  ],
  [
    'another claim',
    { require: { claims: { source: 'microservice' } } },
    { source: 'app' },
    403,
    'claim'
  ],
  [
    'a nested claim',
    { require: { claims: { 'realm\\.a.roles': 'admin' } } },
    { 'realm.a': { roles: ['admin'] } },
    200,
    ''
  ],
  ['all scopes', { require: { scopes: ['a', 'b'] } }, { scope: 'b c a' }, 200, ''],
  ['one of all scopes', { require: { scopes: { all: ['a', 'b'] } } }, { scp: ['a'] }, 403, 'scope'],
  ['one of any scopes', { require: { scopes: { any: ['a', 'b'] } } }, { scp: ['a'] }, 200, ''],
  [
    'another unmet requirement beside a missing scope',
    { require: { scopes: ['a'], audience: 'api' } },
    { aud: 'web' },
    401,
    'audience'
  ]
]

for (const [what, settings, claims, status, reason] of cases) {
  test(`a token with ${what} is answered with ${status}`, async (t) => {
    const { check, url, requestLines } = await startChecking(t, { ...settings, reasons: true })
    const answer = await check({ exp: EXP, ...claims })
    t.is(answer.status, status)
    t.is(JSON.parse(answer.text).reason ?? '', reason)
    const [line] = await requestLines(1)
    t.is(line?.reason ?? '', reason)
    const labels =
      status === 200 ? 'result="valid",reason="none"' : `result="refused",reason="${reason}"`
    t.deepEqual(samplesOf(await scrape(url), 'txtoken_checks_total'), {
      [`txtoken_checks_total{route="/check",${labels}}`]: 1
    })
    if (status === 200) return
    const code = status === 401 ? 'invalid_token' : 'insufficient_scope'
    const challenge = answer.headers['www-authenticate'] ?? ''
    t.true(challenge.startsWith(`Bearer error="${code}", error_description="`), challenge)
    t.true(challenge.endsWith(`, reason="${reason}"`), challenge)
  })
}

test('the required scopes are reported, and the reason only where the route shows it', async (t) => {
  const quiet = await startChecking(t, { require: { scopes: ['a', 'b'] } })
  const answer = await quiet.check({ exp: EXP })
  t.is(
    answer.headers['www-authenticate'],
    'Bearer error="insufficient_scope", error_description="Token does not have all scopes that are required", scope="a b"'
  )
  t.is(answer.text, '{"error":"Token does not have all scopes that are required"}')
  const loud = await startChecking(t, { require: { scopes: ['a', 'b'] }, reasons: true })
  t.true(
    (await loud.check({ exp: EXP })).headers['www-authenticate']?.endsWith(
      'scope="a b", reason="scope"'
    )
  )
})

test('a request without a token gets no reason', async (t) => {
  const { url } = await startChecking(t, { reasons: true })
  const answer = await send(`${url}/check`)
  t.is(answer.headers['www-authenticate'], 'Bearer')
  t.is(answer.text, '{"error":"no token present in request","reason":"missing"}')
})

test('requirements apply to a cached token each time', async (t) => {
  let seconds = NOW_SECONDS
  const service = await startService(t, {
    config: JSON.stringify({
      keys: [{ alg: 'HS256', secret: '${ENC_KEY}' }],
      routes: [{ check: '/check', verify: [{ keys: 'all' }], require: { maxAge: '1m' } }]
    }),
    now: () => seconds * 1000
  })
  const authorization = makeToken(JSON.stringify({ iat: NOW_SECONDS, exp: EXP }))
  const check = async () =>
    (await send(`${service.url}/check`, { headers: { authorization } })).status
  t.is(await check(), 200)
  seconds += 65
  t.is(await check(), 200)
  seconds += 1
  t.is(await check(), 401)
})

test('the largest checked token is a setting, and never below the largest issued one', async (t) => {
  const large = makeToken(JSON.stringify({ exp: EXP, data: 'x'.repeat(13_000) }))
  for (const [limits, status] of [
    [{}, 401],
    [{ checkedToken: '32KiB' }, 200],
    [{ token: '32KiB' }, 200],
    [{ token: '32KiB', checkedToken: '16KiB' }, 401]
  ] as const) {
    const service = await startService(t, {
      config: JSON.stringify({
        limits,
        keys: [{ alg: 'HS256', secret: '${ENC_KEY}' }],
        routes: [{ check: '/check', verify: [{ keys: 'all' }] }]
      }),
      now
    })
    const body = JSON.stringify({ token: large })
    const answer = await send(`${service.url}/check`, { method: 'POST', body })
    t.is(answer.status, status, JSON.stringify(limits))
  }
})
