import test, { type ExecutionContext } from 'ava'
import { readConfig } from '../../src/config/load.ts'
import { ConfigError } from '../../src/config/problems.ts'

const WEAK = 'x'.repeat(33)
const FLAT = { encKey: WEAK, remote: 'http://localhost:1/login' }
const ROUTES = [{ check: '/c', verify: [{ keys: 'all' }] }]
const OCT = JSON.stringify({ keys: [{ kty: 'oct', k: Buffer.from(WEAK).toString('base64url') }] })

function problemsOf(t: ExecutionContext, config: object): string[] {
  const error = t.throws(() => readConfig(config, { env: {} }), { instanceOf: ConfigError })
  return error?.problems.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? []
}

test('the flat form starts with a weak secret, and warns', (t) => {
  const { warnings } = readConfig(FLAT, { env: {} })
  t.like(warnings, [{ kind: 'weak_secret', path: ['encKey'] }])
  t.false(JSON.stringify(warnings).includes(WEAK))
  const good = { ...FLAT, encKey: 'a secret of thirty-two characters or more' }
  t.deepEqual(readConfig(good, { env: {} }).warnings, [])
})

for (const [what, key] of [
  ['secret', { secret: WEAK }],
  ['secret of a JWK Set', { jwks: OCT }]
] as const) {
  test(`the full form does not start with a weak ${what}, except where only this machine reaches it`, (t) => {
    const full = { keys: [{ alg: 'HS256', ...key }], routes: ROUTES }
    for (const listen of [
      {},
      { main: { port: 1 } },
      { main: { host: '0.0.0.0' } },
      { main: { host: '127.0.0.1' }, admin: { host: '::' } }
    ]) {
      const [problem = '', ...more] = problemsOf(t, { ...full, listen })
      t.true(
        problem.startsWith(`keys.0.${Object.keys(key)[0]}: found a secret that can be guessed`)
      )
      t.deepEqual(more, [])
    }
    for (const host of ['127.0.0.1', '[::1]', 'localhost']) {
      const listen = { main: { host }, admin: {} }
      t.like(readConfig({ ...full, listen }, { env: {} }).warnings, [{ kind: 'weak_secret' }])
    }
  })
}

test('a path is no secret in any setting that has one, although there is no such file', (t) => {
  const path = '/run/secrets/txtoken/encryption-key'
  const found = `found the path of a file, did you mean { file: ${path} }?`
  t.deepEqual(problemsOf(t, { ...FLAT, encKey: path }), [`encKey: ${found}`])
  const full = {
    keys: [{ alg: 'HS256', secret: path }],
    routes: [
      {
        issue: '/token',
        auth: { apiKeys: [path] },
        claims: [
          { from: 'remote', url: 'https://a.example', at: 'data', body: { id: { secret: path } } }
        ]
      },
      {
        check: '/check',
        verify: [
          { introspection: { url: 'https://b.example', client: { id: 'gate', secret: path } } }
        ]
      }
    ]
  }
  t.deepEqual(problemsOf(t, full), [
    `keys.0.secret: ${found}`,
    `routes.0.auth.apiKeys.0: ${found}`,
    `routes.0.claims.0.body.id.secret: ${found}`,
    `routes.1.verify.0.introspection.client.secret: ${found}`
  ])
})
