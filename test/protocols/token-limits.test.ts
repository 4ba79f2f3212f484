/** The largest body on routes that read only a token from it. */
import test from 'ava'
import { longestToken, tokenBodyBytes } from '../../src/protocols/token-limits.ts'
import { send } from '../helpers/http.ts'
import { startService } from '../helpers/service.ts'

const KIB = 1024

test('the body of a token is 4 KiB larger than the largest token, and no larger than any body', (t) => {
  const body = 1024 * KIB
  const cases: [Parameters<typeof tokenBodyBytes>[0], number, number][] = [
    [{ body }, 16, 20],
    [{ body, token: 8 * KIB }, 16, 20],
    [{ body, token: 32 * KIB }, 32, 36],
    [{ body, checkedToken: 8 * KIB, token: 32 * KIB }, 8, 12],
    [{ body, checkedToken: 2048 * KIB }, 2048, 1024],
    [{ body: 10 * KIB }, 16, 10]
  ]
  for (const [limits, token, bytes] of cases) {
    t.is(longestToken(limits), token * KIB)
    t.is(tokenBodyBytes(limits), bytes * KIB)
  }
})

const ROUTES = [
  { issue: '/login', claims: [{ from: 'request', claim: 'a', body: 'a' }], lifetime: '1h' },
  { check: '/check', verify: [{ keys: 'all' }] },
  { check: '/okera', verify: [{ keys: 'all' }], protocol: 'okera', token: ['body'] },
  {
    check: '/introspect',
    verify: [{ keys: 'all' }],
    protocol: 'introspection',
    auth: { apiKeys: ['an API key of a test'] }
  },
  { revoke: '/revoke' }
]

for (const [limits, largest] of [
  [{}, 20 * KIB],
  [{ checkedToken: '32KiB' }, 36 * KIB]
] as const) {
  test(`routes that read a token take ${largest} bytes, with the limits ${JSON.stringify(limits)}`, async (t) => {
    const { url } = await startService(t, {
      config: JSON.stringify({
        limits,
        issuer: 'https://tokens.example.com',
        revocation: { store: 'memory' },
        keys: [{ alg: 'HS256', secret: '${ENC_KEY}' }],
        routes: ROUTES
      })
    })
    const statusOf = async (path: string, length: number) => {
      const body = `{"a":"${'x'.repeat(length - 8)}"}`
      const headers = { 'api-key': 'an API key of a test' }
      return (await send(url + path, { method: 'POST', body, headers })).status
    }
    for (const path of ['/check', '/okera', '/introspect', '/revoke']) {
      t.not(await statusOf(path, largest), 413, path)
      t.is(await statusOf(path, largest + 1), 413, path)
    }
    t.is(await statusOf('/login', largest + 1), 200)
  })
}
