import test from 'ava'
import { parse, problemsOf } from '../helpers/config.ts'

const KEYS = [{ alg: 'HS256', secret: 'a secret of thirty-two characters or more' }]
const CHECK = { check: '/check', verify: [{ keys: 'all' }] }
const REMOTE = { from: 'remote', url: 'http://127.0.0.1:1/', at: 'data' }
const REFRESH = { route: '/refresh', recheck: 'http://127.0.0.1:1/recheck' }

function config(revocation: unknown, ...routes: object[]) {
  return { keys: KEYS, ...(revocation !== undefined && { revocation }), routes: [CHECK, ...routes] }
}

test('revocation has defaults', (t) => {
  t.deepEqual(parse(config({})).revocation, {
    store: { kind: 'memory' },
    whenUnavailable: 'closed',
    entries: 250_000,
    skew: 60_000
  })
  t.is(parse(config(undefined)).revocation, undefined)
})

test('a store is memory, a folder or a Redis', (t) => {
  const store = (text: unknown, env = {}) =>
    parse(config({ store: text }), { folder: '/etc/txtoken', env }).revocation?.store
  t.deepEqual(store('memory'), { kind: 'memory' })
  t.deepEqual(store('file:/var/lib/revoked'), { kind: 'file', folder: '/var/lib/revoked' })
  t.deepEqual(store('file:revoked'), { kind: 'file', folder: '/etc/txtoken/revoked' })
  const noUser = { username: undefined, password: undefined }
  const single = { kind: 'redis', mode: 'single', ...noUser, isTls: false }
  t.deepEqual(store('redis://cache'), {
    ...single,
    nodes: [{ host: 'cache', port: 6379 }],
    database: 0
  })
  t.deepEqual(store('rediss://cache:7000/12'), {
    ...single,
    nodes: [{ host: 'cache', port: 7000 }],
    database: 12,
    isTls: true
  })
  t.deepEqual(store({ env: 'REDIS_URL' }, { REDIS_URL: 'redis://user:p%40ss@[::1]:1/' }), {
    ...single,
    nodes: [{ host: '::1', port: 1 }],
    database: 0,
    username: 'user',
    password: 'p@ss'
  })
})

test('a store may have several Sentinels or nodes of a Cluster', (t) => {
  const store = (text: string) => parse(config({ store: text })).revocation?.store
  const noUser = { username: undefined, password: undefined }
  const parts = { kind: 'redis', database: 0, ...noUser, isTls: false }
  t.deepEqual(store('redis+sentinel://one,two:7000,[::1]/my-master.1'), {
    ...parts,
    mode: 'sentinel',
    nodes: [
      { host: 'one', port: 26_379 },
      { host: 'two', port: 7000 },
      { host: '::1', port: 26_379 }
    ],
    sentinel: { name: 'my-master.1', ...noUser }
  })
  const query = 'sentinelPassword=a+%26b=c&sentinelUsername=eve'
  t.deepEqual(store(`rediss+sentinel://ada:p%40ss@one/mymaster/12?${query}`), {
    ...parts,
    mode: 'sentinel',
    nodes: [{ host: 'one', port: 26_379 }],
    database: 12,
    username: 'ada',
    password: 'p@ss',
    sentinel: { name: 'mymaster', username: 'eve', password: 'a+&b=c' },
    isTls: true
  })
  for (const path of ['', '/', '/0']) {
    t.deepEqual(store(`rediss+cluster://:p@one,two:7000${path}`), {
      ...parts,
      mode: 'cluster',
      nodes: [
        { host: 'one', port: 6379 },
        { host: 'two', port: 7000 }
      ],
      password: 'p',
      isTls: true
    })
  }
})

test('a text that is not a store is rejected without being quoted', (t) => {
  for (const store of [
    'redis',
    'file:',
    'http://cache:6379',
    'redis://:hidden@cache/nine',
    'redis://:hidden@cache/0?tls=true',
    'redis://:hidden%zz@cache/0',
    'redis:///0',
    'redis://:hidden@one,two/0',
    'redis+sentinel://:hidden@one',
    'redis+sentinel://:hidden@one/',
    'redis+sentinel://:hidden@one/name/nine',
    'redis+sentinel://:hidden@one,/name',
    'redis+sentinel://:hidden@one/name?password=hidden',
    'redis+sentinel://one/name?sentinelPassword=hidden&sentinelPassword=hidden',
    'redis+sentinel://one/name?sentinelPassword=hidden%zz',
    'redis+sentinel://:hidden@one/name#more',
    'redis+cluster://:hidden@one/1',
    'redis+cluster://:hidden@one/0?sentinelPassword=hidden',
    'redis+other://:hidden@one'
  ]) {
    const [problem = '', ...more] = problemsOf(t, config({ store }))
    t.regex(problem, /^revocation\.store: expected memory, file:\/path, redis:/)
    t.false(problem.includes('hidden'))
    t.is(more.length, 0)
  }
})

test('without the store, checks are closed, or open for a configured time', (t) => {
  const parsed = parse(config({ whenUnavailable: { openFor: '30s' } }))
  t.deepEqual(parsed.revocation?.whenUnavailable, { openFor: 30_000 })
  t.regex(problemsOf(t, config({ whenUnavailable: 'open' })).join(), /expected closed, or/)
  t.regex(problemsOf(t, config({ whenUnavailable: { openFor: '0s' } })).join(), /1s to 1h/)
})

test('TLS settings require a rediss:// store', (t) => {
  t.deepEqual(problemsOf(t, config({ store: 'redis://cache', tls: {} })), [
    'revocation.tls: only goes with a rediss:// store'
  ])
  for (const store of ['rediss://cache', 'rediss+sentinel://one/name', 'rediss+cluster://one']) {
    t.notThrows(() => parse(config({ store, tls: {} })))
  }
})

test('revoke and refresh routes require revocation', (t) => {
  const issue = { issue: '/issue', claims: [REMOTE], refresh: REFRESH }
  t.deepEqual(problemsOf(t, config(undefined, { revoke: '/revoke' }, issue)), [
    'routes[1].revoke: expected the setting revocation to be there too',
    'routes[2].refresh: expected the setting revocation to be there too'
  ])
  const parsed = parse(config({}, { revoke: '/revoke' }, issue)).routes.slice(1)
  t.deepEqual(parsed[0], { revoke: '/revoke' })
  t.like(parsed[1], { refresh: { ...REFRESH, lifetime: 30 * 86_400_000 } })
})

test('a refresh renews the claims of one remote', (t) => {
  const issue = (...claims: object[]) => config({}, { issue: '/issue', claims, refresh: REFRESH })
  const fixed = { from: 'fixed', set: { a: 1 } }
  t.deepEqual(problemsOf(t, issue(fixed)), [
    'routes[1].refresh: expected one remote source in claims to renew, found 0'
  ])
  t.deepEqual(problemsOf(t, issue(REMOTE, { ...REMOTE, at: 'more' })), [
    'routes[1].refresh: expected one remote source in claims to renew, found 2'
  ])
})

test('the paths of revoke and refresh routes are checked like any other', (t) => {
  const issue = { issue: '/issue', claims: [REMOTE], refresh: { ...REFRESH, route: '/check' } }
  t.deepEqual(problemsOf(t, config({}, { revoke: '/check' }, issue)), [
    'routes[1].revoke: /check is a route already, expected another path',
    'routes[2].refresh.route: /check is a route already, expected another path'
  ])
  // On the admin listener, where the revoke route is then, the path is free.
  t.notThrows(() => parse({ ...config({}, { revoke: '/check' }), listen: { admin: {} } }))
})
