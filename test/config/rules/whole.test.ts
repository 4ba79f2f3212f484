/** Problems between settings are reported beside problems in single ones. */
import test from 'ava'
import { parse, problemsOf } from '../../helpers/config.ts'

const SECRET = 'a secret of thirty-two characters or more'
const REMOTE = { from: 'remote', url: 'http://example.com/{mac}', at: 'data' }

test('a wrong setting of a route does not hide what rules find in this route or in others', (t) => {
  const problems = problemsOf(t, {
    keys: [{ kid: 'a', alg: 'HS257', secret: SECRET }],
    routes: [
      {
        issue: '/token',
        claims: [{ ...REMOTE, timeout: 5 }, { from: 'nowhere' }],
        key: 'b',
        lifetime: 'long',
        on: 'other',
        statuses: 'relay',
        protocol: 'oauth',
        refresh: { route: '/token', recheck: 'nowhere' }
      },
      { claims: '/token', of: '/other', explain: 'maybe' },
      { check: '/check', verify: [{ keys: ['a', 'c', 5] }], skew: 'long' },
      { issue: '/recipe/jwt', protocol: 'supertokens', auth: 'nobody', key: 'a', dynamicKey: 'd' }
    ]
  })
  for (const begin of [
    'keys[0].alg: expected one of',
    'routes[0].claims[0].timeout: expected a duration',
    'routes[0].claims[0].url: there is no variable {mac}',
    'routes[0].claims[1].from: expected fixed',
    'routes[0].key: there is no key with the kid b',
    'routes[0].lifetime: expected a duration',
    'routes[0].on: there is no listener other',
    'routes[0].refresh.recheck: expected',
    'routes[0].refresh.route: /token is a route already',
    'routes[0].refresh: expected the setting revocation',
    'routes[0].statuses: does not go with the protocol oauth',
    'routes[1].explain: expected',
    'routes[1].of: there is no issue route /other',
    'routes[2].skew: expected',
    'routes[2].verify[0].keys[1]: there is no key with the kid c',
    'routes[2].verify[0].keys[2]: expected the kid of a key',
    'routes[3].auth: expected',
    'routes[3].dynamicKey: there is no key with the kid d'
  ]) {
    t.true(
      problems.some((problem) => problem.startsWith(begin)),
      `${begin}\n${problems.join('\n')}`
    )
  }
  t.is(problems.length, 18, problems.join('\n'))
})

test('a setting that is wrong counts as given', (t) => {
  const issue = { issue: 'token', claims: [{ from: 'fixed', set: { a: 1 } }] }
  t.deepEqual(
    problemsOf(t, {
      keys: 5,
      revocation: 5,
      routes: [issue, { claims: '/claims' }, { revoke: '/revoke' }]
    }),
    [
      'keys: expected a list of keys, found a number',
      'revocation: expected a map of settings, found a number',
      'routes[0].issue: expected a path that starts with a slash and has letters, digits and . _ ~ - only, or whole segments such as {name}'
    ]
  )
  const key = { alg: 'HS256', secret: SECRET }
  t.deepEqual(
    problemsOf(t, {
      listen: { admin: 5, other: { port: 1 } },
      keys: [{ ...key, kid: 5 }],
      routes: [
        { ...issue, issue: '/token', protocol: 'themis', key: 5, on: 5 },
        { health: '/livez' },
        { metrics: '/token', on: 'other' }
      ]
    }),
    [
      'listen.admin: expected a map of settings, found a number',
      'keys[0].kid: expected text, found a number',
      'routes[0].on: expected the name of a listener, found a number',
      'routes[0].key: expected the kid of a key, found a number'
    ]
  )
})

test('TLS of revocations requires a rediss:// store, wherever its URL is from', (t) => {
  const withStore = (store: object) => ({
    keys: [{ alg: 'HS256', secret: SECRET }],
    revocation: { tls: {}, ...store },
    routes: [{ check: '/check', verify: [{ keys: 'all' }] }]
  })
  const expected = ['revocation.tls: only goes with a rediss:// store']
  for (const store of [{}, { store: 'redis://a' }, { store: { env: 'REDIS' } }]) {
    t.deepEqual(problemsOf(t, withStore(store), { env: { REDIS: 'redis://a' } }), expected)
  }
  const wrong = problemsOf(t, withStore({ store: 'http://a' }))
  t.deepEqual(wrong.length, 1)
})

test('the memory for bodies holds four of the largest, since a quarter is for unfinished ones', (t) => {
  const routes = [{ check: '/check', verify: [{ keys: 'all' }] }]
  const keys = [{ alg: 'HS256', secret: SECRET }]
  const expected =
    'limits.bodies: expected at least four times body and reply, since a quarter is for unfinished bodies'
  const problems = (limits: object) => problemsOf(t, { keys, routes, limits })
  t.deepEqual(problems({ bodies: '3MiB' }), [expected])
  t.deepEqual(problems({ bodies: '16MiB', reply: '5MiB' }), [expected])
  const others = problems({ body: '64MiB', depth: 0 })
  t.deepEqual(
    others.filter((problem) => problem.includes('bodies')),
    []
  )
})

test('two listeners on one port are a problem, unless their hosts differ', (t) => {
  const base = {
    keys: [{ alg: 'HS256', secret: '0b7d2f3a9c5e8b14d6f0a2c4e6180375' }],
    routes: [{ check: '/check', verify: [{ keys: 'all' }] }]
  }
  const taken = (listener: string, port: number) =>
    `listen.${listener}.port: the listener main is on port ${port} already, expected another port`
  const cases: [object, string[]][] = [
    [{ main: { port: 1890 }, admin: { port: 1890 } }, [taken('admin', 1890)]],
    [{ admin: { port: 8888 } }, [taken('admin', 8888)]],
    [{ main: { port: 1, host: '0.0.0.0' }, admin: { port: 1 } }, [taken('admin', 1)]],
    [{ main: { port: 1, host: 'A' }, admin: { port: 1, host: 'a' } }, [taken('admin', 1)]],
    [
      { main: { port: 1, host: '127.0.0.1' }, admin: { port: 1, host: '0:0::0' } },
      [taken('admin', 1)]
    ],
    [{ main: { port: 1, host: '0.0.0.0' }, admin: { port: 1, host: '::1' } }, []],
    [{ main: { port: 1, host: '127.0.0.2' }, admin: { port: 1 } }, []],
    [{ main: { port: 0 }, admin: { port: 0 } }, []]
  ]
  for (const [listen, expected] of cases) {
    if (expected.length > 0) t.deepEqual(problemsOf(t, { ...base, listen }), expected)
    else t.notThrows(() => parse({ ...base, listen }), JSON.stringify(listen))
  }
  // Main is not opened where everything is on other listeners.
  const routes = [{ ...base.routes[0], on: 'admin' }]
  t.notThrows(() => parse({ ...base, listen: { main: { port: 1 }, admin: { port: 1 } }, routes }))
})
