/** The full form for people to look at. */
import test from 'ava'
import { showFullForm } from '../../src/config/shown-form.ts'

const KEYS = [{ alg: 'HS256', secret: 'not to be shown' }]
const ROUTES = [{ check: '/check', verify: [{ keys: 'all' }] }]

function show(written: object, defaults = false) {
  return showFullForm({ keys: KEYS, routes: ROUTES, ...written }, { defaults }) as Record<
    string,
    unknown
  >
}

test('secrets are masked wherever they are, and a reference to one is shown', (t) => {
  const keys = [
    { alg: 'HS256', secret: 'not to be shown' },
    { alg: 'RS256', private: { file: 'rsa.pem' }, passphrase: { env: 'PASSPHRASE' } }
  ]
  t.deepEqual(show({ keys }).keys, [
    { alg: 'HS256', secret: '***' },
    { alg: 'RS256', private: { file: 'rsa.pem' }, passphrase: { env: 'PASSPHRASE' } }
  ])
  const apiKeys = ['not to be shown either', { env: 'API_KEY' }]
  t.like(show({ routes: [{ check: '/check', auth: { apiKeys }, verify: [{ keys: 'all' }] }] }), {
    routes: [{ check: '/check', auth: { apiKeys: ['***', { env: 'API_KEY' }] } }]
  })
})

test('a map that only looks like a reference is masked', (t) => {
  const claims = [
    { from: 'remote', url: 'https://a', at: 'data', bearer: { file: 'x', authorization: 'y' } }
  ]
  const { routes } = show({ routes: [{ issue: '/issue', claims }] }) as {
    routes: { claims: { bearer: unknown }[] }[]
  }
  t.is(routes[0]?.claims[0]?.bearer, '***')
})

test('the password of a URL is masked', (t) => {
  const set = {
    store: 'redis://user:password@host:6379/0',
    sign: 'redis://user:pass:w@rd@host',
    several: 'redis+sentinel://user:password@one:1,two:2/name/0?sentinelPassword=password',
    mail: 'a:b@c'
  }
  const { routes } = show({ routes: [{ issue: '/issue', claims: [{ from: 'fixed', set }] }] }) as {
    routes: { claims: { set: unknown }[] }[]
  }
  t.deepEqual(routes[0]?.claims[0]?.set, {
    store: 'redis://user:***@host:6379/0',
    sign: 'redis://user:***@host',
    several: 'redis+sentinel://user:***@one:1,two:2/name/0?sentinelPassword=***',
    mail: 'a:b@c'
  })
})

test('the query of a URL is masked, except variables that each request fills in', (t) => {
  const url = 'https://a.example/login?key=secret&id={id}&empty=&b=c#end'
  const { routes } = show({ routes: [{ issue: '/issue', claims: [{ from: 'remote', url }] }] }) as {
    routes: { claims: { url: string }[] }[]
  }
  t.is(routes[0]?.claims[0]?.url, 'https://a.example/login?key=***&id={id}&empty=&b=***#end')
})

test('defaults are filled in on request, also for named listeners and for each kind of route', (t) => {
  const listen = { extra: { port: 7000 } }
  t.deepEqual(show({ listen }).listen, listen)
  const filled = show({ listen }, true)
  t.deepEqual(filled.listen, {
    main: { port: 8888, host: '::' },
    extra: { port: 7000, host: '::' }
  })
  t.like(filled, {
    limits: { body: '1MiB', depth: 64 },
    routes: [{ check: '/check', on: 'main', protocol: 'txtoken', verify: [{ keys: 'all' }] }]
  })
})

test('JSON data that looks like a reference is masked as data', (t) => {
  const claims = [
    { from: 'remote', url: 'http://a/', at: 'data', bearer: { env: 'n0body-may-read' } }
  ]
  t.false(JSON.stringify(show({ routes: [{ issue: '/issue', claims }] })).includes('n0body'))
})
