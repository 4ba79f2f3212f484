import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { send } from '../helpers/http.ts'
import { startService, type TestService } from '../helpers/service.ts'
import { ENC_KEY, makeToken } from '../helpers/tokens.ts'

const START = Date.parse('2026-12-01T00:00:00Z') / 1000
const API_KEY = 'an-api-key-of-20-characters'
/** Ends a while after the start, and its tokens with it. */
const ENDING = { secret: `${ENC_KEY} that ends`, header: '{"alg":"HS256","kid":"ending"}' }
const LASTING = { header: '{"alg":"HS256","kid":"lasting"}' }
/** Of a key that is for the tokens of one issuer alone. */
const BOUND = { secret: `${ENC_KEY} that is bound`, header: '{"alg":"HS256","kid":"bound"}' }
const WIDE = {
  secret: `${ENC_KEY} of more characters than others`,
  header: '{"alg":"HS512","typ":"at+jwt"}',
  hash: 'sha512'
}
const GOOD = { iss: 'a', sub: 'ada', aud: 'orders', scope: 'read write', tier: 2, iat: START }

/** Differ in what the routes below require, in what they are revoked by, and in whether they name their key. */
const TOKENS = [
  makeToken(claims({}), LASTING),
  makeToken(claims({})),
  makeToken(claims({ jti: 'one' }), LASTING),
  makeToken(claims({ sub: 'grace', groups: ['staff', 'Zürich\r\n'] }), LASTING),
  makeToken(claims({ iss: undefined, sub: 'ada' }), LASTING),
  makeToken(claims({ iat: undefined }), LASTING),
  makeToken(claims({ exp: START + 20 }), LASTING),
  makeToken(claims({ nbf: START + 10 }), LASTING),
  makeToken(claims({ exp: undefined }), LASTING),
  makeToken(claims({ scope: 'write' }), LASTING),
  makeToken(claims({ aud: ['others'] }), LASTING),
  makeToken(claims({ txtoken_use: 'service-bearer' }), LASTING),
  makeToken(claims({}), ENDING),
  makeToken(claims({ iss: 'b' }), BOUND),
  makeToken(claims({ iss: 'b' }), { ...BOUND, header: '{"alg":"HS256"}' }),
  makeToken(claims({ iss: 'a' }), BOUND),
  makeToken(claims({ iss: 'b' }), LASTING),
  makeToken(claims({ iss: ['b'] }), BOUND),
  makeToken(claims({}), { ...ENDING, ...LASTING }),
  makeToken(claims({}), { header: '{"alg":"HS256","kid":"nobody\'s"}' }),
  makeToken(claims({ more: 'x'.repeat(500) }), LASTING),
  makeToken(claims({}), WIDE),
  'no.token.here'
]

interface CheckRoute {
  check: string
  verify?: readonly object[]
  [setting: string]: unknown
}

const ROUTES: CheckRoute[] = [
  { check: '/plain' },
  { check: '/named', verify: [{ keys: ['lasting'] }] },
  { check: '/bound', verify: [{ keys: ['bound'], issuer: 'b' }] },
  { check: '/next', onRefusal: 'next', onUnavailable: 'next' },
  {
    check: '/gate',
    protocol: 'forward-auth',
    headers: { 'X-User': 'sub', 'X-Groups': 'groups' }
  },
  {
    check: '/scoped',
    reasons: true,
    require: { scopes: ['read'], audience: 'orders' }
  },
  { check: '/claims', require: { claims: { tier: 2 }, issuer: 'a', sub: true } },
  { check: '/young', requireExp: false, skew: '5s', require: { maxAge: '30s' } },
  { check: '/cookie', token: ['cookie:token'] },
  { check: '/either', token: ['header', 'cookie:token'] },
  { check: '/keyed', auth: { apiKeys: [API_KEY] } },
  { check: '/grouped', groups: [{ from: 'token' }] },
  { check: '/members', groups: [{ from: 'token' }], require: { groups: ['Staff'] } },
  { check: '/okera', protocol: 'okera' }
]

const ask = fc.record({
  kind: fc.constant('ask' as const),
  path: fc.constantFrom(...ROUTES.map(({ check }) => check)),
  below: fc.oneof(
    { weight: 8, arbitrary: fc.constant('') },
    fc.constantFrom('/', '/../x', '//', '?', '?x=1', '%2f')
  ),
  method: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom('GET', 'POST') },
    fc.constantFrom('HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PROPFIND')
  ),
  token: fc.nat(TOKENS.length - 1),
  form: fc.oneof(
    { weight: 4, arbitrary: fc.constant('Bearer ') },
    fc.constantFrom('', 'bearer  ', 'Basic ', 'Bearer')
  ),
  headers: fc.oneof(
    fc.constant({}),
    fc.constantFrom<Record<string, string>>(
      { cookie: 'other=1' },
      { cookie: `token=${TOKENS[0]}` },
      { 'api-key': API_KEY },
      { 'content-length': '0' },
      { 'transfer-encoding': 'chunked' },
      { 'content-encoding': 'gzip' },
      { upgrade: 'websocket', connection: 'upgrade' },
      { 'x-user': 'root' },
      { 'x-request-id': 'not one of ours' },
      { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' }
    )
  )
})
const change = fc.oneof(
  fc.record({ kind: fc.constant('wait' as const), seconds: fc.integer({ min: 1, max: 12 }) }),
  fc.record({
    kind: fc.constant('revoke' as const),
    form: fc.constantFrom(`token=${TOKENS[2]}`, 'sub=ada&iss=a', 'sub=grace&iss=a', 'kid=ending')
  })
)
const steps = fc.array(fc.oneof({ weight: 8, arbitrary: ask }, change), {
  minLength: 40,
  maxLength: 60
})

/** What the short way is not for: there is more than one verifier to ask, and nothing that is remembered. */
const LONG_WAY = { times: 2, cache: '0B' }
const SHORT_WAYS = [
  { times: 1, cache: '2MiB' },
  { times: 1, cache: '0B' }
]

test('tokens are answered as they are on the long way, whatever the request and whatever happened', async (t) => {
  await fc.assert(
    fc.asyncProperty(steps, async (sequence) => {
      const clock = { seconds: START }
      const longWay = await start(t, LONG_WAY, clock)
      const shortWays = await Promise.all(SHORT_WAYS.map((route) => start(t, route, clock)))
      const services = [longWay, ...shortWays]
      for (const step of sequence) {
        if (step.kind === 'wait') clock.seconds += step.seconds
        const [expected, ...answers] = await Promise.all(
          services.map(({ url }) => carryOut(url, step))
        )
        for (const answer of answers) t.deepEqual(answer, expected, JSON.stringify(step))
      }
      const lines = sequence.reduce((sum, { kind }) => sum + LINES[kind], 0)
      const logged = await logOf(longWay, lines)
      const counted = await countsOf(longWay)
      for (const service of shortWays) {
        t.deepEqual(await logOf(service, lines), logged)
        t.deepEqual(await countsOf(service), counted)
      }
      for (const { close } of services) await close()
    }),
    { numRuns: 20 }
  )
})

/** How many lines of the log each step is good for. */
const LINES = { ask: 2, revoke: 1, wait: 0 }

type Step = typeof steps extends fc.Arbitrary<(infer One)[]> ? One : never

async function carryOut(url: string, step: Step) {
  if (step.kind === 'wait') return undefined
  if (step.kind === 'revoke') {
    const headers = { 'api-key': API_KEY }
    return (await send(`${url}/revoke`, { method: 'POST', headers, body: step.form })).status
  }
  const { path, below, method, token, form, headers } = step
  // If the token is good, a route with a cache knows it from then on.
  const plain = await send(url + path, {
    method: path === '/okera' ? 'POST' : 'GET',
    headers: { authorization: `Bearer ${TOKENS[token]}`, 'api-key': API_KEY }
  })
  const { headers: found, ...answer } = await send(url + path + below, {
    method,
    headers: { authorization: form + TOKENS[token], 'x-request-id': 'one', ...headers }
  })
  return { plain: plain.status, ...answer, headers: { ...found, date: '', 'x-request-id': '' } }
}

function claims(more: object): string {
  return JSON.stringify({ ...GOOD, exp: START + 60, ...more })
}

/** @param way how many times each verifier is there, and how much is remembered */
function start(
  t: ExecutionContext,
  { times, cache }: { times: number; cache: string },
  clock: { seconds: number }
) {
  return startService(t, {
    config: JSON.stringify({
      listen: { main: { port: 1, responseHeaders: { 'X-Frame-Options': 'DENY' } } },
      keys: [
        { kid: 'lasting', alg: 'HS256', secret: '${ENC_KEY}' },
        { kid: 'bound', alg: 'HS256', secret: BOUND.secret },
        { alg: 'HS512', secret: WIDE.secret },
        {
          kid: 'ending',
          alg: 'HS256',
          secret: ENDING.secret,
          until: new Date((START + 25) * 1000).toISOString()
        }
      ],
      limits: { checkedToken: '512B' },
      revocation: { store: 'memory' },
      routes: [
        ...ROUTES.map(({ verify = [{ keys: 'all' }], ...route }) => ({
          ...route,
          verify: Array.from({ length: times }, () => verify).flat(),
          cache
        })),
        { revoke: '/revoke', auth: { apiKeys: [API_KEY] } }
      ]
    }),
    now: () => clock.seconds * 1000
  })
}

async function logOf(service: TestService, count: number): Promise<string[]> {
  const lines = await service.requestLines(count)
  return lines
    .map((line) => JSON.stringify({ ...line, time: 0, durationMs: 0, requestId: '' }))
    .sort()
}

/** What the metrics have counted of answers and checks. */
async function countsOf({ url }: TestService): Promise<string[]> {
  const { text } = await send(`${url}/metrics`)
  return text
    .split('\n')
    .filter((line) => /^txtoken_(?:requests|checks)_total\{/.test(line))
    .sort()
}
