/** The trace of a request continues in its outgoing calls, also without tracing in the service. */
import test from 'ava'
import { send } from '../helpers/http.ts'
import { replying, startRemote } from '../helpers/remote.ts'
import { startService } from '../helpers/service.ts'
import { makeToken } from '../helpers/tokens.ts'

const TRACE = {
  traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  tracestate: 'vendor=opaque'
}
const TOKEN = makeToken('{"sub":"ada","exp":4102444800}')
const CACHE = { for: '1m' }

test('traceparent and tracestate reach remotes, and the endpoints for tokens and for groups', async (t) => {
  const remote = await startRemote(t, replying('{"sub":"ada","groups":["staff"]}'))
  const at = (path: string) => new URL(remote.url).origin + path
  const verifier = (path: string) => ({ endpoint: at(path), allowHttp: true })
  const { url } = await startService(t, {
    config: JSON.stringify({
      keys: [{ alg: 'HS256', secret: '${ENC_KEY}' }],
      revocation: { store: 'memory' },
      routes: [
        { issue: '/token', claims: [{ from: 'remote', url: at('/source'), at: 'data' }] },
        { check: '/checkToken', verify: [verifier('/verifier')] },
        { check: '/remembered', verify: [{ ...verifier('/kept'), cache: CACHE }] },
        { check: '/chain', onRefusal: 'next', verify: [verifier('/first'), { keys: 'all' }] },
        {
          check: '/groups',
          verify: [{ keys: 'all' }],
          groups: [{ from: 'endpoint', url: at('/groups/{sub}'), allowHttp: true }]
        },
        {
          check: '/members',
          verify: [{ keys: 'all' }],
          groups: [{ from: 'endpoint', url: at('/members/{sub}'), allowHttp: true }],
          require: { groups: ['staff'] }
        },
        { revoke: '/revoke', verify: [verifier('/revoking')] }
      ]
    })
  })
  const bearer = { authorization: `Bearer ${TOKEN}` }
  for (const [path, body, headers] of [
    ['/token', '{}', {}],
    ['/checkToken', '', bearer],
    ['/remembered', '', bearer],
    ['/chain', '', bearer],
    ['/groups', '', bearer],
    ['/members', '', bearer],
    ['/revoke', `token=${TOKEN}`, {}]
  ] as const) {
    await send(url + path, { method: 'POST', headers: { ...TRACE, ...headers }, body })
  }
  t.deepEqual(
    remote.requests.map(({ url: path, headers: { traceparent, tracestate } }) => [
      path,
      { traceparent, tracestate }
    ]),
    ['/source', '/verifier', '/kept', '/first', '/groups/ada', '/members/ada', '/revoking'].map(
      (path) => [path, TRACE]
    )
  )
})

test('a request without a trace begins none', async (t) => {
  const remote = await startRemote(t, replying('{"sub":"ada"}'))
  const { url } = await startService(t, {
    config: JSON.stringify({
      keys: [{ alg: 'HS256', secret: '${ENC_KEY}' }],
      routes: [{ check: '/checkToken', verify: [{ endpoint: remote.url, allowHttp: true }] }]
    })
  })
  const headers = { authorization: `Bearer ${TOKEN}`, traceparent: 'malformed' }
  t.is((await send(`${url}/checkToken`, { headers })).status, 200)
  t.false('traceparent' in (remote.requests[0]?.headers ?? {}))
})
