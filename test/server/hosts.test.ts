import { generateKeyPairSync } from 'node:crypto'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import type { CreateHosts } from '../../src/server/application.ts'
import { createKoaHost } from '../../src/server/koa-host.ts'
import { createFindRoute, createNodeHost } from '../../src/server/node-host.ts'
import { variablesIn } from '../../src/settings/route-paths.ts'
import { send } from '../helpers/http.ts'
import { startRemote } from '../helpers/remote.ts'
import { startService, type TestService } from '../helpers/service.ts'
import { ENC_KEY, makeToken } from '../helpers/tokens.ts'

const START = Date.parse('2026-12-01T00:00:00Z') / 1000
const API_KEY = 'an-api-key-of-20-characters'
/** Expires a while after the start, and its tokens with it. */
const ENDING = { secret: `${ENC_KEY} that ends`, header: '{"alg":"HS256","kid":"ending"}' }
const LASTING = { header: '{"alg":"HS256","kid":"lasting"}' }
/** Signed with a key that is usable for the tokens of one issuer alone. */
const BOUND = { secret: `${ENC_KEY} that is bound`, header: '{"alg":"HS256","kid":"bound"}' }
const WIDE = {
  secret: `${ENC_KEY} of more characters than others`,
  header: '{"alg":"HS512","typ":"at+jwt"}',
  hash: 'sha512'
}
const GOOD = { iss: 'a', sub: 'ada', aud: 'orders', scope: 'read write', tier: 2, iat: START }

/** They differ in claims that routes require, in claims that revocations use, and in their kid. */
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

test('checks are answered alike on each host, cached or not, for any request and history', async (t) => {
  await fc.assert(
    fc.asyncProperty(steps, async (sequence) => {
      const clock = { seconds: START }
      const services = await Promise.all([
        start(t, { createHosts: koaAlone, times: 1, cache: '2MiB' }, clock),
        start(t, { createHosts: nodeAlone, times: 1, cache: '2MiB' }, clock),
        start(t, { createHosts: nodeAlone, times: 2, cache: '0B' }, clock),
        start(t, { createHosts: undefined, times: 1, cache: '0B' }, clock)
      ])
      for (const step of sequence) {
        if (step.kind === 'wait') clock.seconds += step.seconds
        const [expected, ...answers] = await Promise.all(
          services.map(({ url }) => carryOut(url, step))
        )
        for (const answer of answers) t.deepEqual(answer, expected, JSON.stringify(step))
      }
      const lines = sequence.reduce((sum, { kind }) => sum + LINES[kind], 0)
      await assertSameRecords(t, services, lines)
      for (const { close } of services) await close()
    }),
    { numRuns: 15 }
  )
})

/** How many log lines each step causes. */
const LINES = { ask: 2, revoke: 1, wait: 0 }

type Step = typeof steps extends fc.Arbitrary<(infer One)[]> ? One : never

async function carryOut(url: string, step: Step) {
  if (step.kind === 'wait') return undefined
  if (step.kind === 'revoke') {
    const headers = { 'api-key': API_KEY }
    return (await send(`${url}/revoke`, { method: 'POST', headers, body: step.form })).status
  }
  const { path, below, method, token, form, headers } = step
  // If the token is valid, a route with a cache has it from then on.
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

interface Variant {
  readonly createHosts: CreateHosts | undefined
  /** How many times each verifier is configured: with two, the second may be called. */
  readonly times: number
  /** The cache size of verified tokens. */
  readonly cache: string
}

function start(
  t: ExecutionContext,
  { createHosts, times, cache }: Variant,
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
    createHosts,
    now: () => clock.seconds * 1000
  })
}

/** Koa answers every route. */
const koaAlone: CreateHosts = (routes, parts) => createKoaHost(routes, parts)

/** The host on node:http answers every route, with path variables too; other paths are left to Koa. */
const nodeAlone: CreateHosts = (routes, parts) => {
  const findPlain = createFindRoute(routes)
  const patterns = routes.flatMap((route) => {
    const names = variablesIn(route.path)
    if (names.length === 0 || route.methods === 'any') return []
    const source = route.path.replaceAll('.', '\\.').replace(/\{\w+\}/g, '([^/]+)')
    const methods = route.methods.includes('GET') ? [...route.methods, 'HEAD'] : route.methods
    return [{ route, names, methods, pattern: new RegExp(`^${source}$`) }]
  })

  function findRoute(method: string, path: string) {
    const plain = findPlain(method, path)
    if (plain !== undefined) return plain
    for (const { route, names, methods, pattern } of patterns) {
      const [, ...values] = pattern.exec(path) ?? []
      if (values.length === 0 || !methods.includes(method)) continue
      const variables = names.map((name, index) => [name, decode(values[index] ?? '')])
      return { route, variables: Object.fromEntries(variables) }
    }
    return undefined
  }

  return createNodeHost(findRoute, { ...parts, fallback: createKoaHost(routes, parts) })
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

const HEADERS = {
  json: { 'content-type': 'application/json' },
  form: { 'content-type': 'application/x-www-form-urlencoded' },
  none: {}
}
const SUPERTOKENS_BODY = JSON.stringify({
  payload: { source: 'microservice' },
  validity: 60,
  useStaticSigningKey: true,
  algorithm: 'RS256',
  jwksDomain: 'http://api.example.com'
})
const PATHS = [
  '/token',
  '/token?a=b#c',
  '/oauth',
  '/themis',
  '/issue/ada',
  '/issue/a%2Fb',
  '/issue/%ff',
  '/signed',
  '/recipe/jwt',
  '/public/recipe/jwt',
  '/recipe/jwt/jwks',
  '/apiversion',
  '/appid-public/public/hello',
  '/claims',
  '/claims?explain=1',
  '/checkToken',
  '/introspect',
  '/gate',
  '/gate/below?x',
  '/refresh',
  '/revoke',
  '/keys/rsa',
  '/keys/rsa/key.pem',
  '/keys/rsa/jwk.json',
  '/keys/a%20b',
  '/.well-known/jwks.json',
  '/.well-known/openid-configuration',
  '/openapi.json',
  '/livez',
  '/readyz',
  '/ready',
  '/nothing',
  '//token',
  '/Token'
]
const BODIES = [
  '',
  '{}',
  '{"name":"ada","n":12345678901234567890}',
  '{"status":401}',
  '{"status":500}',
  'name=ada&password=x',
  'token=x.y.z',
  'sub=ada',
  'grant_type=refresh_token&refresh_token=none',
  SUPERTOKENS_BODY,
  '{"broken":',
  '\ufeff{}',
  JSON.stringify({ long: 'x'.repeat(5000) })
]
const call = fc.record({
  path: fc.constantFrom(...PATHS),
  method: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom('GET', 'POST') },
    fc.constantFrom('HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PROPFIND', 'TRACE')
  ),
  body: fc.constantFrom(...BODIES),
  label: fc.constantFrom(...(Object.keys(HEADERS) as (keyof typeof HEADERS)[])),
  chunked: fc.boolean(),
  headers: fc.oneof(
    { weight: 3, arbitrary: fc.constant<Record<string, string>>({}) },
    fc.constantFrom<Record<string, string>>(
      { 'api-key': API_KEY },
      { authorization: `Basic ${Buffer.from(`x:${API_KEY}`).toString('base64')}` },
      { authorization: `Bearer ${TOKENS[0]}` },
      { 'content-encoding': 'gzip' },
      { 'content-encoding': 'identity' },
      { accept: 'application/json' },
      { accept: 'text/html' },
      { 'if-none-match': '*' },
      { 'x-user': 'ada' },
      { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' }
    )
  )
})

test('every route answers alike on each host, for any request', async (t) => {
  const remote = await startRemote(t, (response, { body }) => {
    const { status = 200 } = readJson(body.toString())
    response.writeHead(status, { 'content-type': 'application/json' }).end('{"sub":"ada","x":{}}')
  })
  const config = JSON.stringify(everyRoute(remote.url))
  await fc.assert(
    fc.asyncProperty(fc.array(call, { minLength: 30, maxLength: 40 }), async (calls) => {
      const services = await Promise.all(
        [koaAlone, nodeAlone, undefined].map((createHosts) =>
          startService(t, { config, createHosts, now: () => START * 1000 })
        )
      )
      for (const one of calls) {
        const [expected, ...answers] = await Promise.all(
          services.map(({ url }) => sendCall(url, one))
        )
        for (const answer of answers) t.deepEqual(answer, expected, JSON.stringify(one))
      }
      await assertSameRecords(t, services, calls.length)
      for (const { close } of services) await close()
    }),
    { numRuns: 15 }
  )
})

function readJson(text: string): { status?: number } {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}

/** Sends the request, and masks random values: ids of requests and tokens, except RSA signatures. */
async function sendCall(url: string, { path, method, body, label, chunked, headers }: Call) {
  const hasBody = body !== '' && method !== 'GET' && method !== 'HEAD' && method !== 'TRACE'
  const answer = await send(url + path, {
    method,
    headers: { ...HEADERS[label], ...headers, 'x-request-id': 'one' },
    ...(hasBody && { body, chunked })
  })
  const { date: _, ...fields } = answer.headers
  const mask = (text: string) => text.replaceAll(/[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}/g, 'TOKEN')
  const text = mask(answer.text).replace(/("refresh_token":")[^"]+/, '$1TOKEN')
  return { ...answer, text, headers: JSON.parse(mask(JSON.stringify(fields))) }
}

type Call = typeof call extends fc.Arbitrary<infer One> ? One : never

/** A configuration with a route of every kind and every wire format. */
function everyRoute(remote: string) {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' })
  const source = { from: 'remote', url: remote, at: 'data' }
  const apiKeys = { apiKeys: [API_KEY] }
  return {
    log: { level: 'debug' },
    docs: true,
    issuer: 'https://tokens.example.com',
    limits: { body: '1KiB' },
    keys: [
      { kid: 'secret', alg: 'HS256', secret: ENC_KEY },
      { kid: 'rsa', alg: 'RS256', private: pem }
    ],
    revocation: { store: 'memory' },
    routes: [
      {
        issue: '/token',
        claims: [source],
        cookie: { name: '__Host-token' },
        refresh: { route: '/refresh', recheck: remote }
      },
      { issue: '/oauth', protocol: 'oauth', claims: [source], auth: apiKeys },
      {
        issue: '/themis',
        protocol: 'themis',
        key: 'secret',
        claims: [{ from: 'request', claim: 'name', body: 'name', header: 'x-user' }]
      },
      {
        issue: '/issue/{name}',
        claims: [{ from: 'request', claim: 'name', variable: 'name' }],
        statuses: 'relay'
      },
      {
        issue: '/signed',
        protocol: 'krakend',
        claims: [{ from: 'remote', url: remote }],
        sign: ['x'],
        lifetime: '1h'
      },
      {
        issue: '/recipe/jwt',
        protocol: 'supertokens',
        auth: apiKeys,
        key: 'rsa',
        dynamicKey: 'rsa'
      },
      { claims: '/claims', of: '/token', explain: true },
      { check: '/checkToken', verify: [{ keys: 'all' }], reasons: true, limits: { requests: 9 } },
      { check: '/introspect', protocol: 'introspection', verify: [{ keys: 'all' }], auth: apiKeys },
      { check: '/gate', protocol: 'forward-auth', verify: [{ keys: 'all' }] },
      { revoke: '/revoke', auth: apiKeys },
      { keys: '/keys' },
      { health: '/ready' }
    ]
  }
}

/** The hosts write the same lines to the log, and count the same. */
async function assertSameRecords(
  t: ExecutionContext,
  services: readonly TestService[],
  lines: number
): Promise<void> {
  const [logged, ...others] = await Promise.all(services.map((service) => logOf(service, lines)))
  for (const other of others) t.deepEqual(other, logged)
  const [counted, ...counts] = await Promise.all(services.map(countsOf))
  for (const other of counts) t.deepEqual(other, counted)
}

async function logOf(service: TestService, count: number): Promise<string[]> {
  const lines = await service.requestLines(count)
  return lines
    .map((line) => JSON.stringify({ ...line, time: 0, durationMs: 0, remoteMs: 0, requestId: '' }))
    .sort()
}

/** The metrics of answers, tokens and calls. */
async function countsOf({ url }: TestService): Promise<string[]> {
  const { text } = await send(`${url}/metrics`)
  return text
    .split('\n')
    .filter((line) => /^txtoken_\w+_(?:total|count)[{ ]/.test(line) && !line.includes('remote='))
    .sort()
}
