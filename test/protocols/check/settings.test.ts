import test from 'ava'
import { parse, problemsOf } from '../../helpers/config.ts'

const KEYS = [{ kid: 'main', alg: 'HS256', secret: 'a secret of thirty-two characters or more' }]
const JWKS = {
  jwks: 'https://a.example/jwks.json',
  issuer: 'https://a.example',
  algorithms: ['ES256']
}

function configOf(settings: object, more: object = {}): object {
  return {
    keys: KEYS,
    routes: [{ check: '/check', verify: [{ keys: 'all' }], ...settings }],
    ...more
  }
}

function routeOf(settings: object) {
  const [route] = parse(configOf(settings)).routes
  return route !== undefined && 'check' in route ? route : undefined
}

test('requirements have a short form for one value, and for all scopes', (t) => {
  const require = {
    audience: 'api',
    issuer: ['a', 'b'],
    scopes: ['read'],
    sub: true,
    maxAge: '24h'
  }
  t.deepEqual(routeOf({ require })?.require, {
    audience: ['api'],
    issuer: ['a', 'b'],
    scopes: { match: 'all', scopes: ['read'] },
    sub: true,
    maxAge: 86_400
  })
  const any = routeOf({ require: { scopes: { any: ['a', 'b'] } } })?.require.scopes
  t.deepEqual(any, { match: 'any', scopes: ['a', 'b'] })
  t.like(routeOf({}), { requireExp: true, skew: 5, reasons: false, require: { sub: false } })
})

const mistakes: [string, object, string[]][] = [
  [
    'paths and values of claims',
    { require: { claims: { 'a..b': 1, ok: [1], big: 2 ** 53 } } },
    [
      'routes[0].require.claims["a..b"]: expected the path of a claim, such as groups or realm_access.roles',
      'routes[0].require.claims.ok: expected text, a number or true or false, found a list',
      'routes[0].require.claims.big: expected a number that is exact, up to 9007199254740991'
    ]
  ],
  [
    'empty requirements',
    { require: { claims: {}, audience: [], scopes: [] } },
    [
      'routes[0].require.claims: expected at least one claim',
      'routes[0].require.audience: expected text, or a list of texts, found an empty list',
      'routes[0].require.scopes: expected a list of scopes, { all: [...] } or { any: [...] }, found an empty list'
    ]
  ],
  [
    'scopes',
    { require: { scopes: { any: ['a b'] } } },
    [
      'routes[0].require.scopes.any[0]: expected a scope: printable characters but for ", \\ and spaces'
    ]
  ],
  [
    'a long skew',
    { skew: '6m' },
    ['routes[0].skew: expected a duration from 0s to 5m, such as 500ms, 5s, 15m or 1.5h']
  ],
  [
    'headers without forward-auth',
    { headers: { 'X-Auth-User': 'sub' } },
    ['routes[0].headers: only goes with protocol: forward-auth']
  ],
  [
    'names of headers',
    {
      protocol: 'forward-auth',
      headers: { 'X Auth': 'sub', X_Auth: 'sub', 'Content-Length': 'sub' }
    },
    [
      'routes[0].headers["X Auth"]: expected the name of a header, such as X-Auth-User',
      'routes[0].headers.X_Auth: expected the name of a header, such as X-Auth-User',
      'routes[0].headers.Content-Length: the answer has this header for itself, expected another name'
    ]
  ],
  [
    'one header twice',
    { protocol: 'forward-auth', headers: { 'X-Auth-User': 'sub', 'x-auth-user': 'name' } },
    ['routes[0].headers: expected each header field once']
  ],
  [
    'a token in a body that is not read',
    { protocol: 'forward-auth', token: ['header', 'body'] },
    ['routes[0].token: forward-auth never reads a body, expected other places']
  ],
  [
    'reasons on a route that never shows them',
    { protocol: 'introspection', reasons: true, auth: { apiKeys: ['a key of twenty letters'] } },
    [
      'routes[0].reasons: introspection never shows why a token is not active (RFC 7662, section 2.2)'
    ]
  ],
  [
    'a shared secret in a foreign JWK Set',
    { verify: [{ ...JWKS, algorithms: ['HS256'] }] },
    [
      'routes[0].verify[0].algorithms[0]: expected one of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA, Ed25519, RSA256, RSA512'
    ]
  ],
  [
    'plain HTTP, and times',
    { verify: [{ ...JWKS, jwks: 'http://a.example/', refresh: '1h', staleLimit: '1m' }] },
    [
      'routes[0].verify[0].jwks: expected an https:// URL; plain http:// needs allowHttp: true',
      'routes[0].verify[0].staleLimit: expected a duration that is not shorter than refresh'
    ]
  ],
  [
    'certificates',
    { verify: [{ ...JWKS, tls: { ca: 'none' } }] },
    ['routes[0].verify[0].tls.ca: expected PEM certificates']
  ]
]

for (const [what, settings, problems] of mistakes) {
  test(`mistakes in ${what} are reported`, (t) => {
    t.deepEqual(problemsOf(t, configOf(settings)), problems)
  })
}

const GATE = { check: '/auth', protocol: 'forward-auth', verify: [{ keys: 'all' }] }

test('no other route may be below the path of a gate', (t) => {
  const below = { check: '/auth/more', verify: [{ keys: 'all' }] }
  const beside = { check: '/authx', verify: [{ keys: 'all' }] }
  const message =
    'is below /auth, where forward-auth answers, expected another path or another listener'
  t.deepEqual(problemsOf(t, { keys: KEYS, routes: [GATE, below, beside] }), [
    `routes[1].check: /auth/more ${message}`
  ])
  t.deepEqual(problemsOf(t, { keys: KEYS, routes: [{ ...GATE, check: '/auth/inner' }, GATE] }), [
    `routes[0].check: /auth/inner ${message}`
  ])
  const listen = { main: {}, gate: { port: 1 } }
  t.notThrows(() => parse({ listen, keys: KEYS, routes: [{ ...GATE, on: 'gate' }, below] }))
})

test('a gate at the root requires a listener without routes of the service itself', (t) => {
  const root = { ...GATE, check: '/' }
  const answered = 'is answered by the service itself, expected another path or another listener'
  t.deepEqual(problemsOf(t, { keys: KEYS, routes: [root] }), [
    `routes[0].check: /livez ${answered}`
  ])
  t.deepEqual(problemsOf(t, { listen: { admin: {} }, keys: KEYS, routes: [root] }), [
    `routes[0].check: /.well-known/jwks.json ${answered}`
  ])
  const listen = { gate: { port: 1 } }
  t.notThrows(() => parse({ listen, keys: KEYS, routes: [{ ...root, on: 'gate' }] }))
})
