/** The parts of a remote's replies that a client gets: bodies and header fields of rejections, header fields of good replies. */
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import test, { type ExecutionContext } from 'ava'
import { problemsOf } from '../helpers/config.ts'
import { post, send } from '../helpers/http.ts'
import { replying, startRemote } from '../helpers/remote.ts'
import { startService } from '../helpers/service.ts'
import { ENC_KEY } from '../helpers/tokens.ts'

const LOCKED = '{"error":"account locked","until":1.10}'
const RELAY = { body: true, headers: ['Retry-After', 'WWW-Authenticate', 'X-Reason', 'X-Beyond'] }

type Answer = Parameters<typeof startRemote>[1]

/** Starts routes of each kind in front of an API, with `relay`, and returns a function that logs in. */
async function startLogin(
  t: ExecutionContext,
  answer: Answer,
  route: object = {},
  source: object = {}
) {
  const remote = await startRemote(t, answer)
  const call = { from: 'remote', url: remote.url, ...source }
  const claims = [{ ...call, at: 'data' }]
  const shared = { statuses: 'relay', relay: RELAY, ...route }
  const config = {
    keys: [{ kid: 'main', alg: 'HS256', secret: '${ENC_KEY}' }],
    docs: true,
    routes: [
      { issue: '/txtoken', cookie: { name: '__Host-token' }, claims, ...shared },
      { issue: '/themis', protocol: 'themis', claims, ...shared },
      { claims: '/claims', sources: claims, ...shared },
      {
        issue: '/krakend',
        protocol: 'krakend',
        claims: [call],
        sign: ['user'],
        lifetime: '1h',
        ...shared
      }
    ]
  }
  const { url } = await startService(t, { config: JSON.stringify(config) })
  return { url, logIn: (path = '/txtoken') => post(url + path, '{}') }
}

const PATHS = ['/txtoken', '/themis', '/claims', '/krakend']

for (const status of [401, 403, 422, 429]) {
  test(`a ${status} of the remote reaches the client with its body and the configured header fields`, async (t) => {
    const headers = {
      'content-type': 'Application/Problem+JSON;charset=utf-8',
      'retry-after': '7',
      'www-authenticate': 'Custom realm="a"',
      'x-reason': 'locked; by="admin"',
      'x-beyond': 'caf\u00e9',
      'x-other': 'x',
      'set-cookie': 'a=b',
      'cache-control': 'public'
    }
    const { logIn } = await startLogin(t, replying(` ${LOCKED}`, status, headers))
    for (const path of PATHS) {
      const answer = await logIn(path)
      t.is(answer.status, status, path)
      t.is(answer.text, LOCKED)
      t.is(answer.headers['content-type'], 'application/problem+json; charset=utf-8')
      t.is(answer.headers['x-content-type-options'], 'nosniff')
      t.is(answer.headers['retry-after'], '7')
      t.is(answer.headers['www-authenticate'], 'Custom realm="a"')
      t.is(answer.headers['x-reason'], 'locked; by="admin"')
      t.is(answer.headers['x-beyond'], undefined)
      t.is(answer.headers['x-other'], undefined)
      t.is(answer.headers['set-cookie'], undefined)
      t.not(answer.headers['cache-control'], 'public')
    }
  })
}

const LONG = JSON.stringify('x'.repeat(16 * 1024))
const OWN = '{"message":"Remote post status failure.","status":401}'

for (const [what, body, headers] of [
  ['HTML', '<html>', { 'content-type': 'text/html' }],
  ['a text that is a number', '7', { 'content-type': 'text/plain' }],
  ['no JSON under its label', '<html>', {}],
  ['an empty body', '', {}],
  ['more than 16 KiB', LONG, {}],
  ['deep JSON', '['.repeat(65) + ']'.repeat(65), {}],
  ['an unknown coding', gzipSync(LOCKED), { 'content-encoding': 'compress' }],
  ['a broken coding', gzipSync(LOCKED).subarray(0, 20), { 'content-encoding': 'gzip' }],
  ['more than 16 KiB, coded,', gzipSync(LONG), { 'content-encoding': 'gzip' }]
] as const) {
  test(`${what} of a rejection is not relayed`, async (t) => {
    const { logIn } = await startLogin(t, replying(body, 401, headers))
    const { status, text, headers: own } = await logIn()
    t.is(status, 401)
    t.is(text, OWN)
    t.is(own['content-type'], 'application/json; charset=utf-8')
  })
}

for (const [coding, body] of [
  ['gzip', gzipSync(`\ufeff${LOCKED}`)],
  ['deflate', deflateSync(LOCKED)],
  ['br', brotliCompressSync(LOCKED)],
  // A proxy has decoded it.
  ['gzip', LOCKED]
] as const) {
  const form = typeof body === 'string' ? 'plain' : 'coded'
  test(`a ${form} rejection with the Content-Encoding "${coding}" is relayed as text`, async (t) => {
    const { logIn } = await startLogin(t, replying(body, 401, { 'content-encoding': coding }))
    for (const path of PATHS) {
      const { status, text, headers } = await logIn(path)
      t.is(status, 401, path)
      t.is(text, LOCKED)
      t.is(headers['content-encoding'], undefined)
    }
  })
}

test('an object of a rejection in another character set is relayed in UTF-8', async (t) => {
  const body = Buffer.from('{"message":"Zug\u00e4nge gesperrt"}', 'latin1')
  const labels = { 'content-type': 'application/json; charset=ISO-8859-1' }
  const { logIn } = await startLogin(t, replying(body, 401, labels))
  t.is((await logIn()).text, body.toString('latin1'))
})

for (const label of ['text/plain', 'text/html', 'text/json', 'application/octet-stream', '']) {
  test(`an object of a rejection is relayed as JSON, with the label "${label}"`, async (t) => {
    const { logIn } = await startLogin(t, replying(LOCKED, 401, { 'content-type': label }))
    const { text, headers } = await logIn()
    t.is(text, LOCKED)
    t.is(headers['content-type'], 'application/json; charset=utf-8')
    t.is(headers['x-content-type-options'], 'nosniff')
  })
}

test('the token cookie wins over a cookie of the remote with its name', async (t) => {
  const answer: Answer = (response) => {
    response.setHeader('Set-Cookie', ['__Host-token=other; Path=/', 'b=2'])
    response.end('{"user":{"id":1}}')
  }
  const { logIn } = await startLogin(t, answer, {}, { pass: ['set-cookie'] })
  const cookies = (await logIn('/txtoken')).headers['set-cookie'] ?? []
  t.is(cookies.length, 2)
  t.notRegex(cookies[0] ?? '', /other/)
  t.is(cookies[1], 'b=2')
})

test('other statuses are not relayed', async (t) => {
  for (const status of [302, 400, 404, 500, 503]) {
    const { logIn } = await startLogin(t, replying(LOCKED, status, { 'x-reason': 'secret' }))
    const answer = await logIn()
    t.is(answer.status, 502)
    t.notRegex(answer.text, /locked/)
    t.is(answer.headers['x-reason'], undefined)
  }
})

test('without relay, or without body, the client gets the status alone', async (t) => {
  for (const relay of [undefined, { headers: ['x-reason'] }]) {
    const { logIn } = await startLogin(t, replying(LOCKED, 401, { 'x-reason': 'locked' }), {
      relay
    })
    const { text, headers } = await logIn()
    t.is(text, OWN)
    t.is(headers['x-reason'], relay && 'locked')
  }
})

test('a reply that rejects the login with a good status is relayed too', async (t) => {
  const reply = '{"success":false,"error":"wrong password"}'
  const { logIn } = await startLogin(t, replying(reply, 200, { 'x-reason': 'locked' }))
  for (const path of PATHS) {
    const { status, text, headers } = await logIn(path)
    t.is(status, 401, path)
    t.is(text, reply)
    t.is(headers['x-reason'], 'locked')
  }
})

test('configured header fields of a good reply are passed on, with cookies beside the token cookie', async (t) => {
  const answer: Answer = (response) => {
    response.setHeader('Set-Cookie', ['a=1; Path=/', 'b=2'])
    response.setHeader('X-Session', 'abc')
    response.setHeader('X-Other', 'x')
    response.end('{"user":{"id":1}}')
  }
  const { logIn } = await startLogin(t, answer, {}, { pass: ['set-cookie', 'X-Session', 'x-none'] })
  for (const path of PATHS) {
    const { status, headers } = await logIn(path)
    t.is(status, 200)
    const cookies = headers['set-cookie'] ?? []
    t.deepEqual(cookies.slice(-2), ['a=1; Path=/', 'b=2'], path)
    t.is(cookies.length, path === '/txtoken' ? 3 : 2)
    t.is(headers['x-session'], 'abc')
    t.is(headers['x-other'], undefined)
    t.is(headers['x-none'], undefined)
  }
  const without = await startLogin(t, answer)
  t.is((await without.logIn('/themis')).headers['set-cookie'], undefined)
})

test('a cookie that is not ASCII is left out alone, and any other field as a whole', async (t) => {
  const answer: Answer = (response) => {
    response.setHeader('Set-Cookie', ['a=1; Path=/', 'name=J\u00f6rg', 'b=2'])
    response.setHeader('X-Session', ['abc', '\u00e9'])
    response.end('{"user":{"id":1}}')
  }
  const { logIn } = await startLogin(t, answer, {}, { pass: ['set-cookie', 'x-session'] })
  for (const path of PATHS) {
    const { status, headers } = await logIn(path)
    t.is(status, 200)
    t.deepEqual((headers['set-cookie'] ?? []).slice(-2), ['a=1; Path=/', 'b=2'], path)
    t.is(headers['x-session'], undefined)
  }
  const alone: Answer = (response) => {
    response.setHeader('Set-Cookie', 'name=J\u00f6rg')
    response.end('{"user":{"id":1}}')
  }
  const none = await startLogin(t, alone, {}, { pass: ['set-cookie'] })
  t.is((await none.logIn('/themis')).headers['set-cookie'], undefined)
})

test('the document describes what is relayed and passed on', async (t) => {
  const { url } = await startLogin(t, replying('{}'), {}, { pass: ['x-session'] })
  const { paths } = JSON.parse((await send(`${url}/openapi.json`)).text)
  for (const path of PATHS) {
    const { responses } = paths[path].post
    t.truthy(responses['429'].headers['x-reason'], path)
    t.truthy(responses['403'].content['application/*'])
    t.is(responses['502'].content['application/*'], undefined)
    t.truthy((responses['200'] ?? responses['2XX']).headers['x-session'])
  }
})

test('the document describes Retry-After for a remote that is down, unless the breaker is off', async (t) => {
  const sourceOf = (breaker?: string) => ({ from: 'remote', url: 'http://127.0.0.1/', breaker })
  const { url } = await startService(t, {
    config: JSON.stringify({
      keys: [{ kid: 'main', alg: 'HS256', secret: ENC_KEY }],
      docs: true,
      routes: [
        { issue: '/txtoken', claims: [sourceOf()] },
        { issue: '/relay', statuses: 'relay', claims: [sourceOf()] },
        { issue: '/off', claims: [sourceOf('off')] }
      ]
    })
  })
  const { paths } = JSON.parse((await send(`${url}/openapi.json`)).text)
  const statuses = Object.entries<Record<string, { headers?: object }>>({
    txtoken: paths['/txtoken'].post.responses,
    relay: paths['/relay'].post.responses,
    off: paths['/off'].post.responses
  }).map(([name, responses]) => [
    name,
    ['500', '502'].filter((status) => 'Retry-After' in (responses[status]?.headers ?? {}))
  ])
  t.deepEqual(Object.fromEntries(statuses), { txtoken: ['500'], relay: ['502'], off: [] })
})

test('wrong settings are reported', (t) => {
  const problems = (route: object, source: object = {}) =>
    problemsOf(t, {
      keys: [{ kid: 'main', alg: 'HS256', secret: ENC_KEY }],
      routes: [
        { issue: '/a', claims: [{ from: 'remote', url: 'http://a.example', ...source }], ...route }
      ]
    })
  const own = 'this header is set by the service itself, expected another one'
  const relay = { body: true }
  t.deepEqual(problems({ relay }), ['routes[0].relay: expected statuses: relay'])
  t.deepEqual(problems({ statuses: 'relay', relay: { headers: ['Set-Cookie'] } }), [
    `routes[0].relay.headers[0]: ${own}`
  ])
  for (const name of [
    'Content-Type',
    'content-length',
    'Access-Control-Allow-Origin',
    'Location'
  ]) {
    t.deepEqual(problems({}, { pass: [name] }), [`routes[0].claims[0].pass[0]: ${own}`])
  }
  t.deepEqual(problems({}, { pass: ['a', 'A'] }), [
    'routes[0].claims[0].pass: expected each header once'
  ])
})
