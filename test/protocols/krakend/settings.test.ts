import test from 'ava'
import { parse, problemsOf } from '../../helpers/config.ts'

const SECRET = { alg: 'HS256', secret: 'a secret of thirty-two characters or more' }
const SOURCE = { from: 'remote', url: 'http://example.com' }
const ROUTE = {
  issue: '/token',
  protocol: 'krakend',
  claims: [SOURCE],
  lifetime: '1h',
  sign: ['access_token']
}
const TXTOKEN = { issue: '/token', claims: [{ ...SOURCE, at: 'data' }] }

function configOf(route: object, ...more: object[]) {
  return { keys: [SECRET], routes: [route, ...more] }
}

test('paths, a source and an expiry are enough', (t) => {
  const [route] = parse(configOf(ROUTE)).routes
  t.like(route, { full: false, statuses: 'relay', lifetime: 3600, typ: undefined })
})

test('paths have names with dots between them, and may be optional', (t) => {
  const sign = ['user.access_token', 'a\\.b', { path: 'c', optional: true }, { path: 'd' }]
  t.like(parse(configOf({ ...ROUTE, sign })).routes[0], {
    sign: [
      { path: ['user', 'access_token'], optional: false },
      { path: ['a.b'], optional: false },
      { path: ['c'], optional: true },
      { path: ['d'], optional: false }
    ]
  })
})

test('fields expire with the lifetime or by their own exp, and one of them is required', (t) => {
  const endless = { ...ROUTE, lifetime: undefined }
  t.deepEqual(problemsOf(t, configOf(endless)), [
    'routes[0]: expected lifetime, or expiresAt: required'
  ])
  t.notThrows(() => parse(configOf({ ...endless, expiresAt: 'required' })))
  t.notThrows(() => parse(configOf({ ...ROUTE, expiresAt: 'required' })))
  t.deepEqual(problemsOf(t, configOf({ ...ROUTE, expiresAt: 'user.exp' })), [
    'routes[0].expiresAt: expected required'
  ])
})

test('generated keys require a lifetime, since they are kept until the last token has expired', (t) => {
  const generated = { kid: 'new', alg: 'ES256', generate: { dir: 'keys' } }
  const endless = { ...ROUTE, lifetime: undefined, expiresAt: 'required' }
  const problem =
    'routes[0].lifetime: expected a lifetime, for generated keys are kept until the last token has expired'
  const keys = [{ ...SECRET, kid: 'old' }, generated]
  t.deepEqual(problemsOf(t, { keys, routes: [endless] }), [problem])
  t.deepEqual(problemsOf(t, { keys, routes: [{ ...endless, key: 'new' }] }), [problem])
  t.notThrows(() => parse({ keys, routes: [{ ...endless, key: 'old' }] }))
  t.notThrows(() => parse({ keys, routes: [{ ...endless, lifetime: '30d' }] }))
})

test('revocation requires a lifetime, since entries are kept until the last token has expired', (t) => {
  const endless = { ...ROUTE, lifetime: undefined, expiresAt: 'required' }
  const config = { ...configOf(endless), revocation: { store: 'memory' } }
  t.deepEqual(problemsOf(t, config), [
    'routes[0].lifetime: expected a lifetime, for revocations without `keep` are kept until the last token has expired'
  ])
  t.notThrows(() => parse({ ...config, revocation: { store: 'memory', keep: '30d' } }))
  t.notThrows(() => parse({ ...config, routes: [ROUTE] }))
})

const PATH = 'expected a path such as user.access_token'
const INSIDE = 'expected a path that is not inside of another one here'
const rejected: [object, string[]][] = [
  [{ sign: [] }, ['sign: expected at least one path, found an empty list']],
  [{ sign: 'access_token' }, ['sign: expected a list of paths']],
  [{ sign: ['a..b'] }, [`sign[0]: ${PATH}`]],
  [{ sign: [''] }, [`sign[0]: ${PATH}`]],
  [{ sign: [{ path: 'a.' }] }, [`sign[0].path: ${PATH}`]],
  [{ sign: [4] }, [`sign[0]: ${PATH}, or { path, optional }, found a number`]],
  [{ sign: ['a', 'a'] }, [`sign[0]: ${INSIDE}`, `sign[1]: ${INSIDE}`]],
  [{ sign: ['a.b', 'c', { path: 'a', optional: true }] }, [`sign[0]: ${INSIDE}`]],
  [{ claims: [SOURCE, SOURCE] }, ['claims: expected one source, found a list']],
  [{ claims: [{ from: 'fixed' }] }, ['claims[0].from: expected remote']],
  [{ cookie: { name: 'a' } }, ['cookie: does not go with the protocol krakend']],
  [{ statuses: 'relayed' }, ['statuses: expected txtoken or relay; did you mean relay?']],
  [{ typ: '' }, ['typ: expected text']],
  [{ key: 'nobody' }, ['key: there is no key with the kid nobody']]
]

for (const [settings, problems] of rejected) {
  test(`a route with ${JSON.stringify(settings)} is rejected`, (t) => {
    const found = problemsOf(t, configOf({ ...ROUTE, ...settings }))
    for (const problem of problems) t.true(found.includes(`routes[0].${problem}`), found.join('\n'))
  })
}

test('the settings of krakend are rejected on routes of other protocols', (t) => {
  for (const protocol of [undefined, 'txtoken', 'oauth']) {
    for (const settings of [{ sign: ['a'] }, { full: true }]) {
      t.deepEqual(problemsOf(t, configOf({ ...TXTOKEN, protocol, ...settings })), [
        `routes[0].${Object.keys(settings)[0]}: only goes with the protocol krakend`
      ])
    }
  }
})

test('unknown settings of a protocol are reported with the names of its own', (t) => {
  const { sign: _sign, ...route } = ROUTE
  const [misspelt = '', lacking = '', ...more] = problemsOf(
    t,
    configOf({ ...route, keys_to_sign: ['a'], cookie: { name: 'a' } })
  )
  t.regex(misspelt, /^routes\[0\]\.sign: expected /)
  t.regex(lacking, /^routes\[0\]\.keys_to_sign: unknown key, expected one of issue, .*sign, full/)
  t.deepEqual(more, ['routes[0].cookie: does not go with the protocol krakend'])
})

test('oauth rejects statuses, since it has its own', (t) => {
  t.deepEqual(problemsOf(t, configOf({ ...TXTOKEN, protocol: 'oauth', statuses: 'relay' })), [
    'routes[0].statuses: does not go with the protocol oauth, which has statuses of its own'
  ])
})

test('a claims route cannot show the claims of a krakend route', (t) => {
  t.deepEqual(problemsOf(t, configOf(ROUTE, { claims: '/claims', of: '/token' })), [
    'routes[1].of: there is no issue route /token with claims to show'
  ])
  t.deepEqual(problemsOf(t, configOf(ROUTE, { claims: '/claims' })), [
    'routes[1]: expected of or sources, since there are 0 issue routes with claims to show'
  ])
})
