import test from 'ava'
import { collectIssuerKeys, createKeysFor } from '../../../src/check/verifiers/issuer-keys.ts'
import { ALL_KEYS } from '../../../src/keys/key-store.ts'

const A = 'https://a.example'
const B = 'https://b.example'

test('where no verifier names an issuer, all keys are for all tokens', (t) => {
  const all = createKeysFor({ keys: 'all' }, collectIssuerKeys([{ keys: 'all' }]))
  for (const issuer of [undefined, A, 1, null]) t.is(all(issuer), ALL_KEYS)
  const some = createKeysFor({ keys: ['one'] }, new Map())
  t.deepEqual(some(A), ['one'])
})

test('tokens of an issuer with a JWK Set are for no other verifier', (t) => {
  const issuerKeys = collectIssuerKeys([{ keys: 'all' }, { issuer: A }])
  const own = createKeysFor({ keys: 'all' }, issuerKeys)
  t.is(own(A), undefined)
  t.is(own(B), ALL_KEYS)
  t.is(own(undefined), ALL_KEYS)
  const theirs = createKeysFor({ issuer: A }, new Map())
  t.is(theirs(A), ALL_KEYS)
  for (const issuer of [B, undefined, [A], `${A}/`]) t.is(theirs(issuer), undefined)
})

test('keys that a verifier lists for an issuer are for its tokens alone, whichever verifier looks', (t) => {
  const issuerKeys = collectIssuerKeys([
    { keys: ['a1', 'a2'], issuer: A },
    { keys: ['b1'], issuer: B },
    { keys: ['a3'], issuer: A }
  ])
  const all = createKeysFor({ keys: 'all' }, issuerKeys)
  t.deepEqual(all(A), ['a1', 'a2', 'a3'])
  t.deepEqual(all(B), ['b1'])
  t.deepEqual(all(undefined), { except: ['a1', 'a2', 'a3', 'b1'] })
  t.deepEqual(all('https://c.example'), { except: ['a1', 'a2', 'a3', 'b1'] })

  const listed = createKeysFor({ keys: ['a1', 'b1', 'own'] }, issuerKeys)
  t.deepEqual(listed(A), ['a1'])
  t.deepEqual(listed(B), ['b1'])
  t.deepEqual(listed(undefined), ['own'])

  const ofA = createKeysFor({ keys: ['a1', 'a2'], issuer: A }, issuerKeys)
  t.deepEqual(ofA(A), ['a1', 'a2'])
  t.is(ofA(B), undefined)
  t.is(ofA(undefined), undefined)
})

test('all keys for an issuer take none away from others', (t) => {
  const issuerKeys = collectIssuerKeys([{ keys: 'all', issuer: A }])
  t.is(createKeysFor({ keys: 'all' }, issuerKeys)(A), ALL_KEYS)
  t.is(createKeysFor({ keys: 'all', issuer: A }, issuerKeys)(A), ALL_KEYS)
  t.is(createKeysFor({ keys: 'all', issuer: A }, issuerKeys)(undefined), undefined)
})
