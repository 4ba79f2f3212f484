import test from 'ava'
import { createIsExempt } from '../../../src/remote/proxy/no-proxy.ts'
import { describeProxies, isProxySetting, readProxies } from '../../../src/remote/proxy/proxies.ts'

const PROXY = 'http://proxy.example:3128'

const exempt = [
  ['example.com', 'https://example.com/', true],
  ['example.com', 'https://a.b.example.com/', true],
  ['example.com', 'https://anexample.com/', false],
  ['.example.com', 'https://api.example.com/', true],
  ['.example.com', 'https://example.com/', true],
  ['*.example.com', 'https://api.example.com/', true],
  ['EXAMPLE.com.', 'https://api.Example.COM./', true],
  ['example.com:8443', 'https://example.com:8443/', true],
  ['example.com:8443', 'https://example.com/', false],
  ['example.com:443', 'https://example.com/', true],
  ['example.com:80', 'http://example.com/', true],
  ['*', 'https://example.com/', true],
  ['a.example, b.example', 'https://b.example/', true],
  ['a.example b.example', 'https://b.example/', true],
  ['10.0.0.0/8', 'http://10.1.2.3/', true],
  ['10.0.0.0/8', 'http://11.1.2.3/', false],
  ['10.0.0.0/8', 'http://10.example/', false],
  ['10.1.2.3', 'http://10.1.2.3:80/', true],
  ['10.1.2.3:81', 'http://10.1.2.3:80/', false],
  ['127.0.0.1', 'http://127.1/', true],
  ['::1', 'http://[::1]:80/', true],
  ['[::1]:80', 'http://[::1]/', true],
  ['[::1]:81', 'http://[::1]/', false],
  ['0:0:0:0:0:0:0:1', 'http://[::1]/', true],
  ['fd00::/8', 'http://[fd12::1]/', true],
  ['fd00::/8', 'http://10.0.0.1/', false],
  ['10.0.0.0/33', 'http://10.0.0.1/', false],
  ['.', 'https://example.com/', false],
  ['', 'https://example.com/', false],
  ['localhost', 'http://localhost:3000/', true],
  ['localhost', 'http://127.0.0.1/', false],
  ['*:8443', 'https://example.com:8443/', true],
  ['*:8443', 'https://example.com/', false],
  ['bücher.example', 'https://api.bücher.example/', true],
  ['xn--bcher-kva.example', 'https://bücher.example/', true],
  ['BÜCHER.example:443', 'https://bücher.example/', true],
  ['[fd00::]/8', 'http://[fd12::1]/', true],
  ['10.0.0.0/8', 'http://[fd12::1]/', false],
  ['a_b.local', 'http://a_b.local/', true],
  ['example.com:', 'https://example.com/', false],
  ['http://example.com', 'https://example.com/', false],
  [',, ,', 'https://example.com/', false]
] as const

for (const [list, url, isStraight] of exempt) {
  test(`NO_PROXY=${list} and ${url}: ${isStraight ? 'direct' : 'by the proxy'}`, (t) => {
    t.is(createIsExempt(list)(new URL(url)), isStraight)
  })
}

const to = (env: Record<string, string>, url: string, setting?: string) =>
  readProxies(env)(new URL(url), setting)?.url.href

test('the variable of the scheme counts, in lower case first, and an empty one counts as unset', (t) => {
  const env = { HTTP_PROXY: 'http://a:1', HTTPS_PROXY: 'http://b:2' }
  t.is(to(env, 'http://x.example'), 'http://a:1/')
  t.is(to(env, 'https://x.example'), 'http://b:2/')
  t.is(to({ ...env, https_proxy: 'http://c:3' }, 'https://x.example'), 'http://c:3/')
  t.is(to({ ...env, https_proxy: '' }, 'https://x.example'), 'http://b:2/')
  t.is(to({ HTTPS_PROXY: 'http://b:2' }, 'http://x.example'), undefined)
  t.is(to({ HTTPS_PROXY: 'b.example:2' }, 'https://x.example'), 'http://b.example:2/')
  t.is(to({ ...env, no_proxy: 'x.example', NO_PROXY: '*' }, 'https://y.example'), 'http://b:2/')
})

test('in a CGI program a client cannot set the proxy by a header', (t) => {
  const env = { HTTP_PROXY: PROXY, HTTPS_PROXY: PROXY, REQUEST_METHOD: 'GET' }
  t.is(to(env, 'http://x.example'), undefined)
  t.is(to({ ...env, http_proxy: PROXY }, 'http://x.example'), `${PROXY}/`)
  t.is(to(env, 'https://x.example'), `${PROXY}/`)
})

test('the setting wins over the environment', (t) => {
  const env = { HTTPS_PROXY: PROXY, NO_PROXY: '*' }
  t.is(to(env, 'https://x.example', 'http://own:1'), 'http://own:1/')
  t.is(to({ HTTPS_PROXY: PROXY }, 'https://x.example', 'none'), undefined)
  t.true(isProxySetting('none') && isProxySetting('https://u:p@proxy.example'))
  for (const text of ['', 'proxy:3128', 'socks5://x', 'direct', 'http://']) {
    t.false(isProxySetting(text), text)
  }
})

test('user name and password go to the proxy, and are never shown', (t) => {
  const env = { HTTPS_PROXY: 'http://us%40er:pa%3Ass@proxy.example:3128', NO_PROXY: 'localhost' }
  const proxy = readProxies(env)(new URL('https://x.example'))
  t.is(proxy?.authorization, `Basic ${Buffer.from('us@er:pa:ss').toString('base64')}`)
  for (const [credentials, bytes] of [
    ['50%off:p%zz', Buffer.from('50%off:p%zz')],
    ['%ff:x', Buffer.from([0xff, 0x3a, 0x78])],
    ['ü:%C3%BC', Buffer.from('ü:ü')],
    ['user:p@ss', Buffer.from('user:p@ss')],
    ['token', Buffer.from('token:')],
    [':only', Buffer.from(':only')]
  ] as const) {
    const given = readProxies(env)(new URL('https://x.example'), `http://${credentials}@p.example`)
    t.is(given?.authorization, `Basic ${bytes.toString('base64')}`, credentials)
  }
  t.deepEqual(describeProxies(env), { https: PROXY, except: 'localhost' })
  t.is(describeProxies({ NO_PROXY: '*' }), undefined)
})

test('a proxy of another kind does not start, since calls must not go around it', (t) => {
  for (const text of ['socks5://secret@proxy:1080', 'http://a b']) {
    const error = t.throws(() => readProxies({ HTTPS_PROXY: text }))
    t.is(error?.message, 'HTTPS_PROXY: expected the http:// or https:// URL of a proxy')
  }
})
