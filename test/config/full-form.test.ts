import test from 'ava'
import { parse, problemsOf } from '../helpers/config.ts'
import { generateKeys, toPem } from '../helpers/keys.ts'

const ALGORITHMS =
  'HS256, HS384, HS512, RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA, Ed25519, RSA256, RSA512'
const NEEDS_VERB =
  'a route needs one of issue, claims, check, keys, revoke, logout, health, metrics: its path'
const SECRET = 'n0body-may-read-this'
const KEY = { alg: 'HS256', secret: 'a secret of thirty-two characters or more' }
const SOURCE = { from: 'remote', url: 'http://example.com', at: 'data' }
const ISSUE = { issue: '/token', claims: [SOURCE] }
const CHECK = { check: '/check', verify: [{ keys: 'all' }] }
const LEAST = { keys: [KEY], routes: [ISSUE, CHECK] }

test('a key and a route are enough, and everything else has a default', (t) => {
  const config = parse({ keys: [KEY], routes: [CHECK] })
  t.deepEqual(config.listen, { main: { port: 8888, host: '::' } })
  t.deepEqual(config.log, {
    level: 'info',
    requests: true,
    clientAddress: false,
    subjects: false,
    pretty: 'auto'
  })
  t.deepEqual(config.limits, {
    body: 1_048_576,
    reply: 1_048_576,
    depth: 64,
    calls: 256,
    connections: 10_000,
    wait: 250
  })
  t.deepEqual(config.timeouts, {
    headers: 10_000,
    request: 30_000,
    keepAlive: 72_000,
    drain: 0,
    shutdown: 10_000
  })
  t.like(config.routes[0], { check: '/check', protocol: 'txtoken', verify: [{ keys: 'all' }] })
  t.like(parse(LEAST).routes[0], {
    protocol: 'txtoken',
    lifetime: 3600,
    statuses: 'txtoken',
    claims: [{ timeout: 5000, connectTimeout: 2000 }]
  })
})

test('a section may be partial or empty', (t) => {
  const config = parse({
    ...LEAST,
    listen: { main: { port: 1 } },
    log: {},
    limits: { body: '2KiB' },
    timeouts: { drain: '5s' }
  })
  t.deepEqual(config.listen.main, { port: 1, host: '::' })
  t.is(config.log.level, 'info')
  t.like(config.limits, { body: 2048, reply: 1_048_576 })
  t.like(config.timeouts, { drain: 5000, headers: 10_000 })
})

test('the admin listener exists only where it is configured', (t) => {
  t.is(parse(LEAST).listen.admin, undefined)
  t.deepEqual(parse({ ...LEAST, listen: { admin: {} } }).listen.admin, {
    port: 9090,
    host: '127.0.0.1'
  })
})

test('without a key or a route it does not start', (t) => {
  t.deepEqual(problemsOf(t, { keys: [], routes: [] }), [
    'keys: expected at least one key, found an empty list',
    'routes: expected at least one route, found an empty list'
  ])
  t.deepEqual(problemsOf(t, { routes: [CHECK] }), [
    'keys: expected a list of keys, needed by routes[0].verify[0].keys'
  ])
  t.deepEqual(problemsOf(t, { keys: [KEY], routes: CHECK }), [
    'routes: expected a list of routes, found a map'
  ])
})

test('a mistake in any section is reported with its path and what is expected', (t) => {
  const problems = problemsOf(t, {
    listen: { main: { port: 65_536, host: '', prot: 1 }, admin: { port: 'x' }, other: {} },
    log: { level: 'verbose', requests: 'no' },
    limits: { body: '0B', reply: '65MiB', depth: 0, token: '255B', calls: 70_000 },
    timeouts: { headers: '99ms', request: '2h', keepAlive: 5, drain: '11m', shutdown: '-1s' },
    keys: [{ alg: 'HS255', secret: SECRET }],
    routes: [
      {
        issue: 'token',
        protocol: 'saml',
        claims: [
          {
            from: 'remote',
            url: `ftp://${SECRET}`,
            at: '',
            bearer: `{"${SECRET}`,
            timeout: '6m',
            connectTimeout: '0s',
            tls: { cert: SECRET }
          }
        ],
        key: 1,
        lifetime: '999ms',
        statuses: 'other'
      },
      { check: '/check?', verify: [{ keys: 'some' }, { keys: [] }, {}] },
      { publish: '/keys' },
      'route'
    ]
  })
  t.deepEqual(problems, [
    'listen.main.port: expected a whole number from 0 to 65535',
    "listen.main.host: expected an address such as 127.0.0.1 or '::1', or a name, without a port",
    'listen.main.prot: unknown key, did you mean port?',
    'listen.admin.port: expected a whole number from 0 to 65535',
    'listen.other.port: expected a whole number from 0 to 65535, found nothing',
    'log.level: expected trace, debug, info, warn, error or fatal',
    'log.requests: expected true or false',
    'limits.body: expected a size from 1B to 64MiB, such as 512B, 16KiB or 1MiB',
    'limits.reply: expected a size from 1B to 64MiB, such as 512B, 16KiB or 1MiB',
    'limits.depth: expected a whole number from 1 to 1000',
    'limits.token: expected a size from 256B to 64MiB, such as 512B, 16KiB or 1MiB',
    'limits.calls: expected a whole number from 1 to 65535',
    'timeouts.headers: expected a duration from 100ms to 10m, such as 500ms, 5s, 15m or 1.5h',
    'timeouts.request: expected a duration from 100ms to 1h, such as 500ms, 5s, 15m or 1.5h',
    'timeouts.keepAlive: expected a duration from 1s to 1h, such as 500ms, 5s, 15m or 1.5h, found a number',
    'timeouts.drain: expected a duration from 0s to 10m, such as 500ms, 5s, 15m or 1.5h',
    'timeouts.shutdown: expected a duration from 0s to 1h, such as 500ms, 5s, 15m or 1.5h',
    `keys[0].alg: expected one of ${ALGORITHMS}`,
    'routes[0].issue: expected a path that starts with a slash and has letters, digits and . _ ~ - only, or whole segments such as {name}',
    'routes[0].protocol: expected txtoken, oauth, themis, krakend or supertokens',
    'routes[0].claims[0].url: expected an http:// or https:// URL',
    'routes[0].claims[0].bearer: expected a string that holds JSON: not valid JSON',
    'routes[0].claims[0].at: expected the name of a claim',
    'routes[0].claims[0].timeout: expected a duration from 1ms to 5m, such as 500ms, 5s, 15m or 1.5h',
    'routes[0].claims[0].connectTimeout: expected a duration from 1ms to 5m, such as 500ms, 5s, 15m or 1.5h',
    'routes[0].claims[0].tls.cert: expected PEM certificates',
    'routes[0].claims[0].tls: expected cert and key together',
    'routes[0].key: expected the kid of a key, found a number',
    'routes[0].lifetime: expected a duration from 1s to 36500d, such as 500ms, 5s, 15m or 1.5h',
    'routes[0].statuses: expected txtoken or relay',
    'routes[1].check: expected a path that starts with a slash and has letters, digits and . _ ~ - only',
    'routes[1].verify[0].keys: expected all, or a list of kids',
    'routes[1].verify[1].keys: expected all, or a list of kids, found an empty list',
    'routes[1].verify[2].keys: expected all, or a list of kids, found nothing',
    `routes[2]: ${NEEDS_VERB}`,
    'routes[3]: expected a route',
    'listen.other: no route is on this listener, expected main, admin or one that a route names'
  ])
  t.false(problems.join().includes(SECRET))
})

test('a secret is never shorter than the hash of its algorithm', (t) => {
  const withSecret = (secret: string) => ({ keys: [{ alg: 'HS256', secret }], routes: [CHECK] })
  t.notThrows(() => parse(withSecret('a secret of thirty-two character')))
  t.notThrows(() => parse(withSecret('äöüßéèêëàâôîçñšž')))
  t.notThrows(() => parse(withSecret(SECRET.repeat(25))))
  t.deepEqual(problemsOf(t, withSecret('x'.repeat(31))), [
    'keys[0].secret: found a secret of 31 bytes, expected at least 32 bytes for HS256 (RFC 7518, section 3.2)'
  ])
})

test('routes refer to keys by name', (t) => {
  const keys = [{ ...KEY, kid: 'one' }, { ...KEY, kid: 'two' }, KEY]
  t.notThrows(() =>
    parse({
      keys,
      routes: [
        { ...ISSUE, key: 'two' },
        { ...CHECK, verify: [{ keys: ['one', 'two'] }] }
      ]
    })
  )
  t.deepEqual(
    problemsOf(t, {
      keys,
      routes: [
        { ...ISSUE, key: 'tow' },
        { ...CHECK, verify: [{ keys: 'all' }, { keys: ['one', 'six'] }] }
      ]
    }),
    [
      'routes[0].key: there is no key with the kid tow',
      'routes[1].verify[1].keys[1]: there is no key with the kid six'
    ]
  )
  t.deepEqual(problemsOf(t, { keys: [...keys, { ...KEY, kid: 'one' }], routes: [CHECK] }), [
    'keys[3].kid: found the kid "one" of keys[0] again, expected one of its own'
  ])
})

test('an issue route for which no key can sign is rejected', (t) => {
  const partner = { kid: 'partner', alg: 'ES256', public: toPem(generateKeys('ES256').verifying) }
  t.deepEqual(problemsOf(t, { keys: [partner], routes: [ISSUE] }), [
    'routes[0].issue: expected a key that can sign, found public keys only'
  ])
  t.deepEqual(problemsOf(t, { keys: [KEY, partner], routes: [{ ...ISSUE, key: 'partner' }] }), [
    'routes[0].key: expected a key that can sign, found public keys only'
  ])
  t.notThrows(() => parse({ keys: [partner, KEY], routes: [ISSUE] }))
})

test('two equal routes, and routes of the service itself, are rejected', (t) => {
  t.deepEqual(
    problemsOf(t, { keys: [KEY], routes: [ISSUE, { ...CHECK, check: '/token' }, ISSUE] }),
    [
      'routes[1].check: /token is a route already, expected another path',
      'routes[2].issue: /token is a route already, expected another path'
    ]
  )
  const onMetrics = { keys: [KEY], routes: [{ ...CHECK, check: '/metrics' }] }
  t.deepEqual(problemsOf(t, onMetrics), [
    'routes[0].check: /metrics is answered by the service itself, expected another path'
  ])
  t.notThrows(() => parse({ ...onMetrics, listen: { admin: {} } }))
})

test('problems between settings are reported along with problems in single settings', (t) => {
  t.deepEqual(
    problemsOf(t, {
      listen: { main: { port: -1 } },
      keys: [{ ...KEY, kid: 'one', secret: 'short' }],
      routes: [
        { ...ISSUE, lifetime: 'long', key: 'two' },
        { check: '/token', verify: 'all' },
        { ...CHECK, check: '/livez' }
      ]
    }),
    [
      'listen.main.port: expected a whole number from 0 to 65535',
      'routes[0].lifetime: expected a duration from 1s to 36500d, such as 500ms, 5s, 15m or 1.5h',
      'routes[1].verify: expected a list of verifiers',
      'routes[1].check: /token is a route already, expected another path',
      'routes[2].check: /livez is answered by the service itself, expected another path',
      'routes[0].key: there is no key with the kid two',
      'keys[0].secret: found a secret of 5 bytes, expected at least 32 bytes for HS256 (RFC 7518, section 3.2)'
    ]
  )
})

test('a misspelt verb of a route is reported as just that', (t) => {
  t.deepEqual(problemsOf(t, { keys: [KEY], routes: [{ isue: '/token', lifetime: '1h' }] }), [
    `routes[0]: ${NEEDS_VERB}; isue is none, did you mean issue?`
  ])
})

test('a route without a verb is one problem, which names all of them', (t) => {
  for (const route of [
    { path: '/checkToken' },
    { jwks: '/jwks' },
    { route: '/x', verify: [{ keys: 'all' }] },
    { refresh: '/refreshToken' },
    { on: 'main', protocol: 'oauth' }
  ]) {
    t.deepEqual(problemsOf(t, { keys: [KEY], routes: [CHECK, route] }), [
      `routes[1]: ${NEEDS_VERB}`
    ])
  }
})

test('a configuration is read as the form that has more of its keys', (t) => {
  t.deepEqual(problemsOf(t, { listen: { main: { port: 1 } } }), [
    'routes: expected a list of routes, found nothing'
  ])
  t.deepEqual(problemsOf(t, { encKey: KEY.secret, remote: 'http://a', routes: [] }), [
    'routes: a key that needs the full form: txtoken check-config --print writes this file in it, once this key is removed'
  ])
})

test('a key of the flat form in a full form is reported with its place there', (t) => {
  const full = { keys: [KEY], routes: [{ check: '/check', verify: [{ keys: 'all' }] }] }
  t.deepEqual(problemsOf(t, { ...full, port: 9000 }), [
    'port: a key of the flat form, expected listen.main.port'
  ])
})

test('a key at the top that belongs elsewhere is reported with its places', (t) => {
  const problems = (key: string) => problemsOf(t, { ...LEAST, [key]: {} })
  t.deepEqual(problems('cors'), [
    'cors: unknown key here, expected listen.main.cors or listen.admin.cors'
  ])
  t.deepEqual(problems('refresh'), [
    'refresh: unknown key here, expected keys[].refresh or routes[].refresh'
  ])
  for (const [key, place] of Object.entries({
    admin: 'listen.admin',
    level: 'log.level',
    pretty: 'log.pretty',
    cookie: 'routes[].cookie',
    attempts: 'routes[].attempts',
    lifetime: 'routes[].lifetime'
  })) {
    t.deepEqual(problems(key), [`${key}: unknown key here, expected ${place}`])
  }
  // One letter away from a key that is here.
  t.deepEqual(problems('key'), ['key: unknown key, did you mean keys?'])
  t.deepEqual(problems('rotues'), ['rotues: unknown key, did you mean routes?'])
  t.regex(problems('url')[0] ?? '', /^url: unknown key, expected one of listen, /)
})
