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

test('without a kid, all keys that fit an allowed algorithm are chosen', (t) => {
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

test('with a kid, only its key is chosen, and no word is lost about the others', (t) => {
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

test('where an algorithm is to be named, a JWK without one is rejected', (t) => {
  const { keys, rejections } = selectKeys([ecPublic, { ...rsaPublic, alg: 'PS256' }], {
    algorithms: ['RS256', 'PS256', 'ES256'],
    requireAlg: true
  })
  t.deepEqual(
    keys.map(({ alg }) => alg),
    ['PS256']
  )
  t.deepEqual(rejections, ['keys[0]: found a JWK without alg'])
})

test('a JWK that names an algorithm gets that one', (t) => {
  const { keys } = selectKeys([{ ...rsaPublic, alg: 'PS256' }], { algorithms: ['RS256', 'PS256'] })
  t.deepEqual(
    keys.map(({ alg }) => alg),
    ['PS256']
  )
})

test('a JWK that names none gets the only one that it fits, and is rejected where it fits several', (t) => {
  const { keys } = selectKeys([rsaPublic, ecPublic], { algorithms: ['ES256', 'RS512', 'ES384'] })
  t.deepEqual(
    keys.map(({ kid, alg }) => [kid, alg]),
    [
      ['rsa', 'RS512'],
      ['ec', 'ES256']
    ]
  )
  const ambiguous = selectKeys([rsaPublic], { algorithms: ['ES256', 'RS512', 'RS256'] })
  t.deepEqual(ambiguous.keys, [])
  t.deepEqual(ambiguous.rejections, [
    'keys[0]: found a JWK without alg that fits RS512 and RS256, expected one that fits a single algorithm'
  ])
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
