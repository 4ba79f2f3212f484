import test from 'ava'
import { formatHostPort, isLoopback, parseHost } from '../../src/settings/hosts.ts'

for (const [text, host] of [
  ['0.0.0.0', '0.0.0.0'],
  ['::', '::'],
  ['[::]', '::'],
  ['[::1]', '::1'],
  ['[2001:db8::7]', '2001:db8::7'],
  ['fe80::1%eth0', 'fe80::1%eth0'],
  ['[fe80::1%eth0]', 'fe80::1%eth0'],
  ['[fe80::1%25eth0]', 'fe80::1%eth0'],
  ['::ffff:127.0.0.1', '::ffff:127.0.0.1'],
  ['localhost', 'localhost'],
  ['pod-1.txtoken.svc', 'pod-1.txtoken.svc']
] as const) {
  test(`${text} is read as ${host}`, (t) => t.is(parseHost(text), host))
}

for (const text of [
  '',
  '[]',
  '[::',
  '::]',
  '[127.0.0.1]',
  '[::]:8888',
  ':8888',
  '127.0.0.1:80',
  'a b',
  '1::2::3',
  'http://a'
]) {
  test(`"${text}" is not an address to listen on`, (t) => t.is(parseHost(text), undefined))
}

test('only addresses of this machine alone are loopback', (t) => {
  const own = [
    '127.0.0.1',
    '127.9.9.9',
    '::1',
    '0:0:0:0:0:0:0:1',
    '::1%lo',
    '::ffff:127.0.0.1',
    'LocalHost'
  ]
  t.deepEqual(own.filter(isLoopback), own)
  const open = [
    '0.0.0.0',
    '::',
    '10.0.0.1',
    'fe80::1%lo',
    '::ffff:10.0.0.1',
    'localhost.example.com',
    '127.0.0.1.nip.io',
    ''
  ]
  t.deepEqual(open.filter(isLoopback), [])
})

test('an IPv6 address with a port is in brackets', (t) => {
  t.is(formatHostPort('::', 80), '[::]:80')
  t.is(formatHostPort('127.0.0.1', 80), '127.0.0.1:80')
})
