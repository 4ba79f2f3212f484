import test from 'ava'
import { selectKeys } from '../../../src/keys/remote/select-keys.ts'
import { generatePair, toJwk } from '../../helpers/keys.ts'

const ec = generatePair('ec', { namedCurve: 'P-256' })
const ecPublic = { ...toJwk(ec.verifying), kid: 'ec' }
const ecPrivate = { ...toJwk(ec.signing), kid: 'ec' }
const rsa = generatePair('rsa', { modulusLength: 2048 })
const rsaPublic = { ...toJwk(rsa.verifying), kid: 'rsa' }
const weak = generatePair('rsa', { modulusLength: 1024 })
const weakPublic = { ...toJwk(weak.verifying), kid: 'weak' }
const symmetric = { kty: 'oct', kid: 'oct', k: Buffer.alloc(32, 7).toString('base64url') }

test('without a kid, all keys that are usable with an allowed algorithm are chosen', (t) => {
  const { keys, rejections } = selectKeys([ecPublic, rsaPublic, symmetric], {
    algorithms: ['RS256', 'ES256']
  })
  t.deepEqual(
    keys.map(({ kid, alg }) => [kid, alg]),
    [
      ['ec', 'ES256'],
      ['rsa', 'RS256']
    ]
  )
  t.is(rejections.length, 1)
  t.regex(rejections[0] ?? '', /^keys\[2\]: found a shared secret, expected/)
})

test('with a kid, only its key is chosen, and the others are not reported', (t) => {
  const { keys, rejections } = selectKeys([weakPublic, ecPublic, rsaPublic], {
    kid: 'rsa',
    algorithms: ['RS256']
  })
  t.deepEqual(
    keys.map(({ kid }) => kid),
    ['rsa']
  )
  t.deepEqual(rejections, [])
})

test('where alg is required, a JWK without alg that is usable with several algorithms is rejected', (t) => {
  const jwks = [ecPublic, rsaPublic, { ...rsaPublic, alg: 'PS256' }]
  const { keys, rejections } = selectKeys(jwks, {
    algorithms: ['RS256', 'PS256', 'ES256'],
    requireAlg: true
  })
  t.deepEqual(
    keys.map(({ alg }) => alg),
    ['ES256', 'PS256']
  )
  t.deepEqual(rejections, ['keys[1]: found a JWK without alg that fits RS256 and PS256'])
})

test('a JWK with alg gets that algorithm', (t) => {
  const { keys } = selectKeys([{ ...rsaPublic, alg: 'PS256' }], { algorithms: ['RS256', 'PS256'] })
  t.deepEqual(
    keys.map(({ alg }) => alg),
    ['PS256']
  )
})

test('a JWK without alg gets each algorithm that it is usable with, and counts once', (t) => {
  const { keys } = selectKeys([rsaPublic, ecPublic], { algorithms: ['ES256', 'RS512', 'ES384'] })
  t.deepEqual(
    keys.map(({ kid, alg }) => [kid, alg]),
    [
      ['rsa', 'RS512'],
      ['ec', 'ES256']
    ]
  )
  const several = selectKeys([rsaPublic], { algorithms: ['ES256', 'RS512', 'RS256', 'RS512'] })
  t.deepEqual(
    several.keys.map(({ kid, alg }) => [kid, alg]),
    [
      ['rsa', 'RS512'],
      ['rsa', 'RS256']
    ]
  )
  t.like(several, { usable: 1, rejections: [] })
})

test('algorithms with the same expectation give one reason', (t) => {
  const { rejections } = selectKeys([weakPublic], { algorithms: ['RS256', 'RS384', 'PS256'] })
  t.deepEqual(rejections, [
    'keys[0]: found an RSA key of 1024 bits, expected an RSA key of at least 2048 bits'
  ])
})

test('EdDSA and Ed25519 are one algorithm, in the configuration and in the JWK', (t) => {
  const okp = toJwk(generatePair('ed25519').verifying)
  for (const algorithms of [['EdDSA'], ['Ed25519'], ['EdDSA', 'Ed25519']] as const) {
    for (const alg of [undefined, 'EdDSA', 'Ed25519']) {
      const { keys, rejections } = selectKeys([{ ...okp, alg }], { algorithms })
      t.is(keys.length, 1)
      t.deepEqual(rejections, [])
    }
  }
})

test('the only key of a set is chosen even without the kid', (t) => {
  const nameless = toJwk(ec.verifying)
  const choice = { kid: 'a', algorithms: ['ES256'] } as const
  t.deepEqual(
    selectKeys([nameless], choice).keys.map(({ kid }) => kid),
    ['a']
  )
  t.deepEqual(selectKeys([nameless, rsaPublic], choice).keys, [])
})

test('all keys with the same kid are used', (t) => {
  const other = generatePair('ec', { namedCurve: 'P-256' })
  const duplicates = [ecPublic, { ...toJwk(other.verifying), kid: 'ec' }, ecPublic]
  const { keys, usable } = selectKeys(duplicates, { algorithms: ['ES256'] })
  t.is(keys.length, 3)
  t.is(usable, 3)
})

test('private and symmetric keys sign, public ones do not', (t) => {
  const sign = (jwk: Record<string, unknown>) =>
    selectKeys([jwk], { algorithms: ['ES256', 'HS256'] }).keys[0]?.sign
  t.is(typeof sign(ecPrivate), 'function')
  t.is(typeof sign(symmetric), 'function')
  t.is(sign(ecPublic), undefined)
})

const unfit: readonly { title: string; jwk: Record<string, unknown>; reason: RegExp }[] = [
  {
    title: 'a weak RSA key',
    jwk: weakPublic,
    reason: /1024 bits, expected an RSA key of at least 2048/
  },
  {
    title: 'a large exponent',
    jwk: { ...rsaPublic, e: Buffer.alloc(375, 0xff).toString('base64url') },
    reason: /public exponent of 3000 bits, expected at most 33/
  },
  { title: 'another alg', jwk: { ...rsaPublic, alg: 'RS512' }, reason: /"RS512", expected RS256/ },
  {
    title: 'another use',
    jwk: { ...rsaPublic, use: 'enc' },
    reason: /the use "enc", expected sig/
  },
  { title: 'other key_ops', jwk: { ...rsaPublic, key_ops: ['encrypt'] }, reason: /key_ops/ },
  {
    title: 'an unknown use',
    jwk: { ...rsaPublic, use: 'tls' },
    reason: /the use "tls", expected sig/
  },
  {
    title: 'a use that is no text',
    jwk: { ...rsaPublic, use: ['sig'] },
    reason: /the use \(no text\)/
  },
  {
    title: 'key_ops that are no list',
    jwk: { ...rsaPublic, key_ops: 'verify' },
    reason: /key_ops/
  },
  { title: 'a certificate alone', jwk: { kty: 'RSA', x5c: ['MIIB'] }, reason: /without n/ },
  {
    title: 'a small factor',
    jwk: { kty: 'RSA', e: 'AQAB', n: Buffer.alloc(256, 0xff).toString('base64url') },
    reason: /divisible by 3/
  },
  { title: 'an unknown kty', jwk: { kty: 'AKP' }, reason: /kty "AKP"/ },
  { title: 'a missing member', jwk: { kty: 'RSA', e: 'AQAB' }, reason: /without n/ }
]
for (const { title, jwk, reason } of unfit) {
  test(`a JWK with ${title} is left out with the reason, beside a good one`, (t) => {
    const { keys, rejections } = selectKeys([jwk, rsaPublic], { algorithms: ['RS256'] })
    t.deepEqual(
      keys.map(({ kid }) => kid),
      ['rsa']
    )
    t.is(rejections.length, 1)
    t.regex(rejections[0] ?? '', reason)
  })
}
