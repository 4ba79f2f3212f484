/** Each real gateway with its example: what a client can do, and what the API behind it gets. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { findCode } from '../helpers/documentation.ts'
import { settled } from '../helpers/eventually.ts'
import { GATEWAYS, type StartGateway } from '../helpers/gateways.ts'
import { openConnection, send, statusIn } from '../helpers/http.ts'
import { createLifetime, type Lifetime } from '../helpers/lifetime.ts'
import { runService, urlOf } from '../helpers/program.ts'
import { ENC_KEY, makeToken } from '../helpers/tokens.ts'

const CONFIG = readFileSync(new URL('../../examples/gateway.yml', import.meta.url), 'utf8').replace(
  'protocol: forward-auth',
  '$&\n    preflight: allow'
)

interface Seen {
  readonly method: string
  readonly url: string
  /** Names and values, as they came. */
  readonly fields: readonly (readonly [string, string])[]
  readonly body: string
}

/** An API that trusts its headers, and takes any upgrade. */
async function startApi(t: Lifetime) {
  const requests: Seen[] = []
  const sockets: Socket[] = []
  const note = ({ method = '', url = '', rawHeaders }: IncomingMessage, body: string) => {
    const fields = rawHeaders.flatMap((name, index) =>
      index % 2 === 0 ? [[name, rawHeaders[index + 1] ?? ''] as const] : []
    )
    requests.push({ method, url, fields, body })
  }
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    note(request, body)
    response.end('{"answer":42}')
  })
  server.on('connection', (socket) => sockets.push(socket))
  server.on('upgrade', (request, socket) => {
    note(request, '')
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${request.headers.upgrade}\r\n` +
        'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n'
    )
    socket.on('error', () => {})
    socket.on('data', (data) => socket.write(`echo ${data}`))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return { port: (server.address() as AddressInfo).port, requests }
}

function issue(claims: object): string {
  const exp = Math.floor(Date.now() / 1000) + 600
  return makeToken(
    JSON.stringify({ iss: 'https://tokens.example.com', aud: 'orders', exp, ...claims })
  )
}

const ADA = issue({ data: { email: 'ada@example.com', roles: ['admin', 'a,b'] } })
const NO_SUBJECT = issue({})

/** A browser can set no header for a WebSocket. */
const BROWSER_CONFIG = CONFIG.replace(
  'protocol: forward-auth\n',
  '$&    token: [header, uri, query, websocket]\n'
)

async function startAll(t: Lifetime, start: StartGateway, config = CONFIG) {
  const api = await startApi(t)
  const service = await runService(t, config, { ENC_KEY, PORT: '0', GATE_PORT: '0' })
  const gate = Number(new URL(await urlOf(service, 'gate')).port)
  return { service, api, ...(await start(t, { gate, api: api.port })) }
}

/** A request as bytes, such as no client library sends. */
async function sendRaw(t: ExecutionContext, url: string, token: string, lines: readonly string[]) {
  const connection = openConnection(t, url)
  const head = ['GET /orders HTTP/1.1', 'Host: orders', `Authorization: Bearer ${token}`, ...lines]
  connection.write(Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'))
  const answer = await connection.until(/\r\n\r\n/)
  connection.socket.destroy()
  return /^HTTP\/1\.1 (?:101|200) /.test(answer)
}

/** The value that a backend which maps names to letters and digits, such as CGI, reads under this name. */
function readLikeCgi({ fields }: Seen, name: string): string[] {
  const plain = (text: string) => text.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')
  return fields.filter(([own]) => plain(own) === plain(name)).map(([, value]) => value)
}

/** Ways for a client to send a header that only the gateway may set. */
const SPELLINGS = [
  'X-Auth-User',
  'x-AUTH-user',
  'X_Auth_User',
  'X-Auth_User',
  'x_auth-user',
  'X.Auth.User',
  'X-Auth.User',
  'X Auth User',
  'X-Auth-User ',
  ' X-Auth-User',
  '\tX-Auth-User',
  'X-Auth-User\0'
]

const SPOOFED: readonly (readonly string[])[] = [
  ...SPELLINGS.map((name) => [`${name}: root`]),
  ...SPELLINGS.map((name) => [`${name}: root`, `${name}: root`]),
  ['X-Other: a', ' X-Auth-User: root'],
  ['X-Other: a\nX-Auth-User: root'],
  ['X-Other: a\rX-Auth-User: root'],
  ['X-Other: a\0\r\nX-Auth-User: root'],
  ...['X-Auth-User', 'close, x-auth-user, X-Auth-Groups', 'X_Auth_User', 'Authorization'].map(
    (named) => [`Connection: ${named}`, 'X-Auth-User: root']
  ),
  ['Connection: keep-alive', 'Connection: X-Auth-User'],
  [
    'Connection: Upgrade, X-Auth-User',
    'Upgrade: websocket',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'X_Auth_User: root'
  ],
  ['Keep-Alive: X-Auth-User', 'Proxy-Connection: X-Auth-User', 'TE: X-Auth-User'],
  ['Transfer-Encoding: chunked', 'Trailer: X-Auth-User', '', '0', 'X-Auth-User: root']
]

/** A gateway may pass bytes on in pieces, each of which is echoed. */
const ECHO = /echo h.*o$/s

const WEBSOCKET = [
  'Connection: keep-alive, Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13'
]

test('Caddy sends browsers to a login page, by the lines on the page', async (t) => {
  const [lines = ''] = findCode('docs/examples/gateway.md', 'Browsers', 'caddyfile')
  const { url, api } = await startAll(t, (lifetime, ports) =>
    GATEWAYS.Caddy(lifetime, ports, (file) =>
      file.replace('@allowed status 200', `${lines.trim()}\n\t\t\t$&`)
    )
  )
  const denied = await send(`${url}/orders/7?a=b&c=%26d`)
  t.is(denied.status, 302)
  const location = new URL(denied.headers.location ?? '', url)
  t.is(location.pathname, '/login')
  t.deepEqual([...location.searchParams], [['from', '/orders/7?a=b&c=%26d']])
  t.deepEqual(api.requests, [])
  const headers = { authorization: `Bearer ${ADA}` }
  t.is((await send(`${url}/orders`, { headers })).status, 200)
  t.is(api.requests.length, 1)
})

for (const [name, start] of Object.entries(GATEWAYS)) {
  const lifetime = createLifetime()
  let started: ReturnType<typeof startAll> | undefined
  const all = () => {
    started ??= startAll(lifetime, start)
    return started
  }
  test.after.always(() => lifetime.end())

  test.serial(
    `${name} passes a request with a valid token, and the claims in headers`,
    async (t) => {
      const { url, api } = await all()
      const from = api.requests.length
      const headers = { authorization: `Bearer ${ADA}` }
      const answer = await send(`${url}/orders/7?a=b`, { method: 'PUT', body: 'a body', headers })
      t.is(answer.status, 200)
      t.is(answer.text, '{"answer":42}')
      const chunked = { method: 'POST', body: 'in chunks', chunked: true, headers }
      t.is((await send(`${url}/orders`, chunked)).status, 200)

      const [put, post] = api.requests.slice(from)
      t.like(put, { method: 'PUT', url: '/orders/7?a=b', body: 'a body' })
      t.like(post, { method: 'POST', url: '/orders', body: 'in chunks' })
      for (const seen of api.requests.slice(from)) {
        t.deepEqual(readLikeCgi(seen, 'X-Auth-User'), ['ada@example.com'])
        t.deepEqual(readLikeCgi(seen, 'X-Auth-Groups'), ['admin,a%2Cb'])
        t.deepEqual(readLikeCgi(seen, 'Authorization'), [])
      }
    }
  )

  test.serial(`${name} passes no request without a valid token`, async (t) => {
    const { url, api } = await all()
    const from = api.requests.length
    for (const [headers, challenge] of [
      [{}, /^Bearer$/],
      [{ 'x-auth-user': 'root' }, /^Bearer$/],
      [{ authorization: `Bearer ${ADA}x` }, /^Bearer error="invalid_token"/],
      [{ authorization: `Bearer ${issue({ exp: 1 })}` }, /Token is expired/],
      [{ authorization: `Bearer ${ADA}`, Authorization: `Bearer ${ADA}x` }, /^Bearer/]
    ] as const) {
      const answer = await send(`${url}/orders`, { headers })
      t.is(answer.status, 401)
      t.regex(answer.headers['www-authenticate'] ?? '', challenge)
    }
    for (const path of ['/auth', '/_auth', '/auth/x', '//auth', '/..%2Fauth']) {
      t.not((await send(url + path, {})).status, 200, path)
    }
    t.deepEqual(api.requests.slice(from), [])
  })

  test.serial(
    `${name} passes preflights, and no request that a client disguises as one`,
    async (t) => {
      const { url, api } = await all()
      const from = api.requests.length
      const asked = { 'access-control-request-method': 'PUT', origin: 'https://app.example' }
      const spoofed = { ...asked, 'x-auth-user': 'root' }
      t.is((await send(`${url}/orders`, { method: 'OPTIONS', headers: spoofed })).status, 200)
      const [seen] = api.requests.slice(from) as [Seen]
      t.like(seen, { method: 'OPTIONS', url: '/orders' })
      t.is(readLikeCgi(seen, 'X-Auth-User').join(), '')

      for (const [method, headers] of [
        ['OPTIONS', { origin: 'https://app.example' }],
        ['GET', asked],
        ...['X-Forwarded-Method', 'x_forwarded_method', 'X-Original-Method'].flatMap((field) => [
          ['GET', { ...asked, [field]: 'OPTIONS' }],
          ['DELETE', { ...asked, [field]: 'OPTIONS', connection: field }]
        ])
      ] as [string, Record<string, string>][]) {
        const answer = await send(`${url}/orders`, { method, headers })
        t.is(answer.status, 401, JSON.stringify([method, headers]))
      }
      t.is(api.requests.length, from + 1)
    }
  )

  test.serial(
    `behind ${name} the API gets no identity header that the client has set`,
    async (t) => {
      const { url, api } = await all()
      for (const lines of SPOOFED) {
        for (const [token, user, groups] of [
          [ADA, ['ada@example.com'], ['admin,a%2Cb']],
          [NO_SUBJECT, [''], ['']]
        ] as const) {
          const from = api.requests.length
          const passed = await sendRaw(t, url, token, lines)
          const seen = api.requests.slice(from)
          const what = JSON.stringify(lines)
          t.is(seen.length, passed ? 1 : 0, what)
          for (const request of seen) {
            // nginx leaves out headers without a value.
            const given = (found: string[]) => (found.length === 0 ? [''] : found)
            t.deepEqual(given(readLikeCgi(request, 'X-Auth-User')), user, what)
            t.deepEqual(given(readLikeCgi(request, 'X-Auth-Groups')), groups, what)
            // A proxy before the API would drop what is named there.
            t.notRegex(readLikeCgi(request, 'Connection').join(), /auth/i, what)
            t.false(/[\r\n]/.test(request.fields.flat().join('')), what)
          }
        }
      }
    }
  )

  test.serial(`${name} passes WebSockets with a valid token, and no other upgrade`, async (t) => {
    const { url, api } = await all()
    const from = api.requests.length
    const lines = (own: readonly string[], token = ADA) =>
      ['GET /live HTTP/1.1', 'Host: orders', `Authorization: Bearer ${token}`, ...own, '', ''].join(
        '\r\n'
      )
    const socket = openConnection(t, url)
    socket.write(lines(WEBSOCKET))
    await socket.until(/^HTTP\/1\.1 101 .*upgrade: websocket.*\r\n\r\n/is)
    socket.write('hello')
    await socket.until(ECHO)
    t.deepEqual(readLikeCgi(api.requests[from] as Seen, 'X-Auth-User'), ['ada@example.com'])

    const stranger = openConnection(t, url)
    stranger.write(lines(WEBSOCKET, `${ADA}x`))
    t.is(statusIn(await stranger.until(/\r\n\r\n/)), 401)
    t.is(api.requests.length, from + 1)

    const h2c = ['Connection: Upgrade, HTTP2-Settings', 'HTTP2-Settings: AAMAAABkAARAAAAA']
    for (const other of ['h2c', 'other', 'websocket, h2c', 'h2c, websocket']) {
      const tunnel = openConnection(t, url)
      tunnel.write(lines([...h2c, `Upgrade: ${other}`]))
      t.not(statusIn(await tunnel.until(/\r\n\r\n/)), 101, other)
    }
    const tunnel = openConnection(t, url)
    tunnel.write(lines([...h2c, 'Upgrade: h2c', 'Upgrade: websocket']))
    const answer = await tunnel.until(/\r\n\r\n/)
    t.notRegex(answer, /upgrade: h2c/i)
  })

  test.serial(
    `${name} passes WebSockets of browsers, which have no header for the token`,
    async (t) => {
      const { url, api, service } = await startAll(t, start, BROWSER_CONFIG)
      const open = async (target: string, ...own: string[]) => {
        const from = api.requests.length
        const socket = openConnection(t, url)
        const head = [`GET ${target} HTTP/1.1`, 'Host: orders', ...WEBSOCKET, ...own, '', '']
        socket.write(head.join('\r\n'))
        const [, status] = /^HTTP\/1\.1 (\d+)/.exec(await socket.until(/\r\n\r\n/)) ?? []
        if (status === '101') {
          socket.write('hello')
          await socket.until(ECHO)
          t.deepEqual(readLikeCgi(api.requests[from] as Seen, 'X-Auth-User'), ['ada@example.com'])
        } else t.is(api.requests.length, from)
        socket.socket.destroy()
        return Number(status)
      }
      const protocols = (token: string) => `Sec-WebSocket-Protocol: orders.v1, bearer, ${token}`
      t.is(await open(`/live?a=b&access_token=${ADA}`), 101)
      t.is(await open('/live', protocols(ADA)), 101)
      t.is(await open(`/live?access_token=${ADA}x`), 401)
      t.is(await open('/live', protocols(`${ADA}x`)), 401)
      t.is(await open('/live?access_token='), 401)
      t.is(await open(`/live?token=${ADA}`), 401)
      // More than one token.
      t.is(await open(`/live?access_token=${ADA}&access_token=${ADA}`), 401)
      t.is(await open(`/live?access_token=${ADA}`, protocols(ADA)), 401)
      t.is(await open(`/live?access_token=${ADA}`, `Authorization: Bearer ${ADA}`), 401)
      // A client cannot set the URL in place of the gateway.
      for (const field of ['X-Original-URI', 'X-Original-URL', 'X-Forwarded-Uri']) {
        t.is(await open('/live', `${field}: /live?access_token=${ADA}`), 401, field)
      }
      t.false(JSON.stringify(service.output()).includes(ADA.slice(-20)))
    }
  )

  test.serial(`${name} passes tokens of 15 KiB, and groups of 12 KiB`, async (t) => {
    const { url, api } = await all()
    for (const [claims, length] of [
      [{ x: 'x'.repeat(11_300) }, 15_000],
      [{ data: { email: 'e', roles: ['g'.repeat(9_000)] } }, 12_000],
      [{ data: { email: 'e', roles: ['é'.repeat(2_000)] } }, 5_000]
    ] as const) {
      const token = issue(claims)
      t.true(token.length > length)
      const answer = await send(`${url}/orders`, { headers: { authorization: `Bearer ${token}` } })
      t.is(answer.status, 200)
    }
    t.is(readLikeCgi(api.requests.at(-1) as Seen, 'X-Auth-Groups')[0], '%C3%A9'.repeat(2_000))
  })

  test.serial(
    `behind ${name} a client with an unfinished body does not delay others`,
    async (t) => {
      const { url } = await all()
      const headers = { authorization: `Bearer ${ADA}` }
      for (let count = 0; count < 20; count++) {
        const slow = openConnection(t, url)
        slow.write('POST /orders HTTP/1.1\r\nHost: orders\r\nContent-Length: 4000\r\n\r\npart')
        t.is((await send(`${url}/orders`, { headers })).status, 200)
        // Caddy answers when it has all of the body, the others at once.
        slow.write('x'.repeat(3996))
        t.is(statusIn(await slow.until(/\r\n\r\n/)), 401)
        t.is((await send(`${url}/orders`, { headers })).status, 200)
      }
    }
  )

  test.serial(`behind ${name} nothing reaches the API while the service is down`, async (t) => {
    const { url, api, service } = await all()
    const from = api.requests.length
    service.process.kill('SIGKILL')
    await settled(service.exit(), () => 'the service ends')
    const headers = { authorization: `Bearer ${ADA}` }
    t.true((await send(`${url}/orders`, { headers })).status >= 400)
    t.deepEqual(api.requests.slice(from), [])
  })
}
