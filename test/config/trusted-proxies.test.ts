import test from 'ava'
import { parse, problemsOf } from '../helpers/config.ts'

function withProxies(trustedProxies: unknown): object {
  const sources = [{ from: 'fixed', set: { a: 1 } }]
  return { listen: { main: { trustedProxies } }, routes: [{ claims: '/claims', sources }] }
}

const EXPECTED =
  'expected an address such as 192.0.2.1 or ::1, a network such as 10.0.0.0/8 or fd00::/8, or unix'

test('a listener trusts proxies by addresses and networks', (t) => {
  const proxies = ['10.0.0.0/8', '192.0.2.1', '::1', 'fd00::/8', '::ffff:10.0.0.0/104', 'unix']
  t.deepEqual(parse(withProxies(proxies)).listen.main.trustedProxies, proxies)
  t.is(parse(withProxies(undefined)).listen.main.trustedProxies, undefined)
})

for (const wrong of [
  '10.0.0.0/33',
  '10.0.0/8',
  '10.0.0.0/255.0.0.0',
  '010.0.0.1',
  'fd00::/129',
  'fe80::1%eth0',
  '::ffff:10.0.0.0/8',
  '10.0.0.0/',
  'localhost',
  '*',
  ''
]) {
  test(`trustedProxies: ${JSON.stringify(wrong)} is an error`, (t) => {
    t.deepEqual(problemsOf(t, withProxies(['10.0.0.0/8', wrong])), [
      `listen.main.trustedProxies[1]: ${EXPECTED}`
    ])
  })
}

test('trustedProxies cannot be an empty list', (t) => {
  t.deepEqual(problemsOf(t, withProxies([])), [
    'listen.main.trustedProxies: expected at least one address or network, found an empty list'
  ])
  t.deepEqual(problemsOf(t, withProxies('10.0.0.0/8')), [
    'listen.main.trustedProxies: expected a list of addresses and networks'
  ])
})

test('the header that clientAddress sends cannot be set otherwise', (t) => {
  const route = {
    issue: '/token',
    claims: [
      {
        from: 'remote',
        url: 'http://127.0.0.1/',
        clientAddress: true,
        headers: { 'X-Forwarded-For': { env: 'IP' } }
      }
    ]
  }
  const config = { keys: [{ alg: 'HS256', secret: 'x'.repeat(32) }], routes: [route] }
  t.deepEqual(problemsOf(t, config, { env: { IP: '192.0.2.1' } }), [
    'routes[0].claims[0].headers: expected no x-forwarded-for, since clientAddress sends it'
  ])
})
