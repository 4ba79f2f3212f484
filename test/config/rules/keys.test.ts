import test from 'ava'
import { parse, problemsOf } from '../../helpers/config.ts'
import { generateKeys, toPem } from '../../helpers/keys.ts'

const FIXED = { from: 'fixed', set: { a: 1 } }
const REMOTE = { from: 'remote', url: 'http://127.0.0.1:1/', at: 'data' }
const SECRET = { alg: 'HS256', secret: 'a secret of thirty-two characters or more' }

test('a service that signs and verifies nothing needs no keys', (t) => {
  const { keys } = parse({ routes: [{ claims: '/claims', sources: [FIXED, REMOTE] }] })
  t.deepEqual(keys, [])
})

test('every setting that needs a key is reported where there is none', (t) => {
  const bearer = { ...REMOTE, bearer: { a: 1 } }
  const routes = [
    { claims: '/claims', sources: [FIXED, bearer] },
    { issue: '/issue', claims: [bearer] },
    { check: '/check', verify: [{ keys: 'all' }] },
    { keys: '/keys' }
  ]
  t.deepEqual(problemsOf(t, { routes }), [
    'keys: expected a list of keys, needed by routes[0].sources[1].bearer, routes[1].issue, routes[1].claims[0].bearer, routes[2].verify[0].keys, routes[3].keys'
  ])
})

test('the tokens of Themis have a kid, so the keys of its routes need one', (t) => {
  const issue = { issue: '/issue', protocol: 'themis', claims: [FIXED] }
  const expected =
    'expected a kid, which routes[0] (protocol: themis) puts into the header of tokens'
  const pem = { alg: 'RS256', private: toPem(generateKeys('RS256').signing) }
  t.deepEqual(problemsOf(t, { keys: [SECRET, pem, { ...pem, kid: 'b' }], routes: [issue] }), [
    `keys[0]: ${expected}`,
    `keys[1]: ${expected}`
  ])
  t.notThrows(() => parse({ keys: [{ ...SECRET, kid: 'a' }], routes: [issue] }))
  t.notThrows(() =>
    parse({ keys: [SECRET, { ...pem, kid: 'b' }], routes: [{ ...issue, key: 'b' }] })
  )
  t.notThrows(() => parse({ keys: [{ alg: 'RS256', generate: { dir: 'k' } }], routes: [issue] }))
  t.notThrows(() => parse({ keys: [SECRET], routes: [{ ...issue, protocol: 'txtoken' }] }))
})
