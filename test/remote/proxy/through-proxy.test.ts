import type { Socket } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { createAuthority } from '../../helpers/certificates.ts'
import { eventually } from '../../helpers/eventually.ts'
import { startForwardProxy } from '../../helpers/forward-proxy.ts'
import { post, send } from '../../helpers/http.ts'
import { startJwksServer } from '../../helpers/jwks-server.ts'
import { replying, startRawRemote, startRemote } from '../../helpers/remote.ts'
import { startService } from '../../helpers/service.ts'
import { makeToken } from '../../helpers/tokens.ts'

const KEYS = [{ alg: 'HS256', secret: '${ENC_KEY}' }]
const CREDENTIALS = `Basic ${Buffer.from('user:pass').toString('base64')}`
const authority = createAuthority()
/** No name is looked up: the proxy resolves it. */
const NAME = 'api.example'

function withCredentials(proxy: string): string {
  return proxy.replace('//', '//user:pass@')
}

const isClosed = ({ destroyed }: Socket) => destroyed

async function startRoutes(t: ExecutionContext, routes: readonly object[]) {
  return startService(t, { config: JSON.stringify({ keys: KEYS, routes }) })
}

for (const scheme of ['http', 'https'] as const) {
  const tls = scheme === 'https' ? authority.issue({ hosts: [NAME] }) : undefined
  const ca = scheme === 'https' ? { tls: { ca: authority.cert } } : {}
  const lineOf = (method: string, path: string) =>
    scheme === 'https' ? `CONNECT ${NAME}:443` : `${method} http://${NAME}${path}`

  test(`a remote with ${scheme}:// is called through the proxy of its setting`, async (t) => {
    const remote = await startRemote(t, replying('{"id":1}'), tls)
    const proxy = await startForwardProxy(t, remote.url)
    const { url } = await startRoutes(t, [
      {
        issue: '/token',
        claims: [
          {
            from: 'remote',
            url: `${scheme}://${NAME}/login?a=1`,
            proxy: withCredentials(proxy.url),
            at: 'data',
            ...ca
          }
        ]
      }
    ])
    t.is((await post(`${url}/token`, '{"n":1}')).status, 200)
    t.is((await post(`${url}/token`, '{"n":2}')).status, 200)
    t.deepEqual(proxy.asked[0], {
      line: lineOf('POST', '/login?a=1'),
      authorization: CREDENTIALS
    })
    const [seen] = remote.requests
    t.is(seen?.url, '/login?a=1')
    t.is(seen?.headers.host, NAME)
    t.is(seen?.body.toString(), '{"n":1}')
    // A tunnel is kept, and the credentials for the proxy do not reach the remote.
    if (scheme === 'https') {
      t.is(proxy.asked.length, 1)
      t.is(seen?.headers['proxy-authorization'], undefined)
    }
  })

  test(`endpoints, groups and JWK Sets with ${scheme}:// are called through the proxy`, async (t) => {
    const endpoint = await startRemote(t, replying('{"sub":"ada","groups":["a"]}'), tls)
    const proxy = await startForwardProxy(t, endpoint.url)
    const keys = await startJwksServer(t, { body: { keys: [] } }, tls)
    const toKeys = await startForwardProxy(t, keys.url)
    const common = { allowHttp: true, ...ca }
    const { url } = await startRoutes(t, [
      {
        check: '/check',
        verify: [{ endpoint: `${scheme}://${NAME}/validate`, proxy: proxy.url, ...common }],
        groups: [
          { from: 'endpoint', url: `${scheme}://${NAME}/g/{sub}`, proxy: proxy.url, ...common }
        ]
      },
      {
        check: '/other',
        verify: [
          {
            jwks: `${scheme}://${NAME}/keys`,
            issuer: 'https://idp.example',
            algorithms: ['RS256'],
            proxy: withCredentials(toKeys.url),
            ...common
          }
        ]
      }
    ])
    const authorization = `Bearer ${makeToken('{"sub":"ada","exp":9999999999}')}`
    const answer = await send(`${url}/check`, { headers: { authorization } })
    t.is(answer.status, 200, answer.text)
    const lines = proxy.asked.map(({ line }) => line)
    t.true(lines.includes(lineOf('POST', '/validate')), lines.join())
    t.true(lines.includes(lineOf('GET', '/g/ada')), lines.join())
    t.deepEqual(toKeys.asked, [{ line: lineOf('GET', '/keys'), authorization: CREDENTIALS }])
    t.is(keys.requests[0]?.host, NAME)
  })
}

test('TLS through a proxy is as strict as without: a certificate of another authority or name is rejected', async (t) => {
  for (const [tls, ca] of [
    [authority.issue({ hosts: [NAME] }), createAuthority().cert],
    [authority.issue({ hosts: ['other.example'] }), authority.cert]
  ] as const) {
    const remote = await startRemote(t, replying('{"id":1}'), tls)
    const proxy = await startForwardProxy(t, remote.url)
    const source = { from: 'remote', url: `https://${NAME}/`, proxy: proxy.url, at: 'data' }
    const { url } = await startRoutes(t, [
      { issue: '/token', statuses: 'relay', claims: [{ ...source, tls: { ca } }] }
    ])
    const { status, text } = await post(`${url}/token`, '{}')
    t.is(status, 502, text)
    t.is(remote.requests.length, 0)
  }
})

test('a proxy that rejects the call, or is unreachable, fails it; no call goes around the proxy', async (t) => {
  const remote = await startRemote(
    t,
    replying('{"id":1}'),
    authority.issue({ hosts: ['localhost'] })
  )
  const refusing = await startForwardProxy(t, remote.url, 407)
  const closing = await startRawRemote(t, (socket) => socket.destroy())
  const silly = await startRawRemote(t, (socket) => socket.end('SSH-2.0-OpenSSH_9.9\r\n'))
  const chatty = await startRawRemote(t, (socket) => socket.end('HTTP/1.1 200 OK\r\n\r\nhello'))
  const forwarding = await startForwardProxy(t, remote.url)
  for (const [proxy, reason] of [
    [refusing.url, 'proxy answered CONNECT with the status 407'],
    ['http://127.0.0.1:1', 'proxy cannot be reached'],
    [closing.url, 'proxy closed the connection'],
    [silly.url, 'proxy answered CONNECT with no valid HTTP'],
    [chatty.url, 'proxy answered CONNECT with more than an answer'],
    [forwarding.url.replace('http:', 'https:'), 'TLS failure of the proxy']
  ] as const) {
    const source = { from: 'remote', url: remote.url, proxy, at: 'data' }
    const { url, requestLines } = await startRoutes(t, [
      { issue: '/token', statuses: 'relay', claims: [{ ...source, tls: { ca: authority.cert } }] }
    ])
    t.is((await post(`${url}/token`, '{}')).status, 502)
    t.true(JSON.stringify(await requestLines(1)).includes(reason))
  }
  t.is(remote.requests.length, 0)
})

test('a proxy that cannot be reached is named for an http:// remote too', async (t) => {
  const source = { from: 'remote', url: `http://${NAME}/`, proxy: 'http://127.0.0.1:1', at: 'data' }
  const { url, requestLines } = await startRoutes(t, [
    { issue: '/token', statuses: 'relay', claims: [source] }
  ])
  t.is((await post(`${url}/token`, '{}')).status, 502)
  t.like((await requestLines(1))[0], { error: 'proxy cannot be reached' })
})

test('a proxy that never answers is left at the deadline of the call', async (t) => {
  const silent = await startRawRemote(t, () => {})
  const source = { from: 'remote', url: `https://${NAME}/`, proxy: silent.url, at: 'data' }
  const { url } = await startRoutes(t, [
    { issue: '/token', statuses: 'relay', claims: [{ ...source, timeout: '300ms' }] }
  ])
  t.is((await post(`${url}/token`, '{}')).status, 504)
  await eventually(() => silent.connections.length > 0 && silent.connections.every(isClosed))
})

test('a proxy that requires other credentials fails the call, and does not count as a rejected login', async (t) => {
  const api = await startRemote(t, replying('{"id":1}'))
  const proxy = await startForwardProxy(t, api.url, 407)
  const source = { from: 'remote', url: `http://${NAME}/`, proxy: proxy.url, at: 'data' }
  const { url, requestLines } = await startRoutes(t, [
    {
      issue: '/token',
      statuses: 'relay',
      attempts: { by: ['client'], allow: 1, per: '1h' },
      claims: [source]
    }
  ])
  for (let call = 0; call < 3; call++) t.is((await post(`${url}/token`, '{}')).status, 502)
  for (const line of await requestLines(3)) {
    t.like(line, { code: 'remote_failed', error: 'proxy answered with the status 407' })
  }
})
