import test from 'ava'
import { parse, problemsOf } from '../helpers/config.ts'

const KEYS = [{ alg: 'HS256', secret: 'a secret of thirty-two characters or more' }]
const CHECK = { check: '/check', verify: [{ keys: 'all' }] }
const REMOTE = { from: 'remote', url: 'http://127.0.0.1:1/', at: 'data' }
const REFRESH = { route: '/refresh', recheck: 'http://127.0.0.1:1/recheck' }

function config(revocation: unknown, ...routes: object[]) {
  return { keys: KEYS, ...(revocation !== undefined && { revocation }), routes: [CHECK, ...routes] }
}

test('the defaults of revocation', (t) => {
  t.deepEqual(parse(config({})).revocation, {
    store: { kind: 'memory' },
    whenUnavailable: 'closed',
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
  const redis = { kind: 'redis', host: 'cache', port: 6379, database: 0 }
  const anonymous = { username: undefined, password: undefined, isTls: false }
  t.deepEqual(store('redis://cache'), { ...redis, ...anonymous })
  t.deepEqual(store('rediss://cache:7000/12'), {
    ...redis,
    ...anonymous,
    port: 7000,
    database: 12,
    isTls: true
  })
  t.deepEqual(store({ env: 'REDIS_URL' }, { REDIS_URL: 'redis://user:p%40ss@[::1]:1/' }), {
    ...redis,
    host: '::1',
    port: 1,
    username: 'user',
    password: 'p@ss',
    isTls: false
  })
})

test('a text that names no store is rejected without being quoted', (t) => {
  for (const store of [
    'redis',
    'file:',
    'http://cache:6379',
    'redis://:hidden@cache/nine',
    'redis://:hidden@cache/0?tls=true',
    'redis://:hidden%zz@cache/0',
    'redis:///0'
  ]) {
    const [problem = '', ...more] = problemsOf(t, config({ store }))
    t.regex(problem, /^revocation\.store: expected memory, file:\/path, redis:/)
    t.false(problem.includes('hidden'))
    t.is(more.length, 0)
  }
})

test('without the store, checks are closed, or open for a time', (t) => {
  const parsed = parse(config({ whenUnavailable: { openFor: '30s' } }))
  t.deepEqual(parsed.revocation?.whenUnavailable, { openFor: 30_000 })
  t.regex(problemsOf(t, config({ whenUnavailable: 'open' })).join(), /expected closed, or/)
  t.regex(problemsOf(t, config({ whenUnavailable: { openFor: '0s' } })).join(), /1s to 1h/)
})

test('TLS settings go with a rediss:// store', (t) => {
  t.deepEqual(problemsOf(t, config({ store: 'redis://cache', tls: {} })), [
    'revocation.tls: only goes with a rediss:// store'
  ])
  t.notThrows(() => parse(config({ store: 'rediss://cache', tls: {} })))
})

test('revoking and refreshing take revocation', (t) => {
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

test('the paths of revoking and refreshing are paths like any other', (t) => {
  const issue = { issue: '/issue', claims: [REMOTE], refresh: { ...REFRESH, route: '/check' } }
  t.deepEqual(problemsOf(t, config({}, { revoke: '/check' }, issue)), [
    'routes[1].revoke: /check is a route already, expected another path',
    'routes[2].refresh.route: /check is a route already, expected another path'
  ])
  // On the admin listener, where a revoke route is by itself, it is no other's.
  t.notThrows(() => parse({ ...config({}, { revoke: '/check' }), listen: { admin: {} } }))
})
