import test from 'ava'
import { collectIssuerKeys, createKeysFor } from '../../../src/check/verifiers/issuer-keys.ts'
import { ALL_KEYS } from '../../../src/keys/key-store.ts'

const A = 'https://a.example'
const B = 'https://b.example'

test('where no verifier names an issuer, all keys are usable for all tokens', (t) => {
  const all = createKeysFor({ keys: 'all' }, collectIssuerKeys([{ keys: 'all' }]))
  for (const issuer of [undefined, A, 1, null]) t.is(all({ iss: issuer }), ALL_KEYS)
  const some = createKeysFor({ keys: ['one'] }, new Map())
  t.deepEqual(some({ iss: A }), ['one'])
})

test('tokens of an issuer with a JWK Set are unknown to every other verifier', (t) => {
  const issuerKeys = collectIssuerKeys([{ keys: 'all' }, { issuer: A }])
  const own = createKeysFor({ keys: 'all' }, issuerKeys)
  t.is(own({ iss: A }), undefined)
  t.is(own({ iss: B }), ALL_KEYS)
  t.is(own({ iss: undefined }), ALL_KEYS)
  const theirs = createKeysFor({ issuer: A }, new Map())
  t.is(theirs({ iss: A }), ALL_KEYS)
  for (const issuer of [B, undefined, [A], `${A}/`]) t.is(theirs({ iss: issuer }), undefined)
})

test('keys that a verifier lists for an issuer are usable for its tokens alone, in every verifier', (t) => {
  const issuerKeys = collectIssuerKeys([
    { keys: ['a1', 'a2'], issuer: A },
    { keys: ['b1'], issuer: B },
    { keys: ['a3'], issuer: A }
  ])
  const all = createKeysFor({ keys: 'all' }, issuerKeys)
  t.deepEqual(all({ iss: A }), ['a1', 'a2', 'a3'])
  t.deepEqual(all({ iss: B }), ['b1'])
  t.deepEqual(all({ iss: undefined }), { except: ['a1', 'a2', 'a3', 'b1'] })
  t.deepEqual(all({ iss: 'https://c.example' }), { except: ['a1', 'a2', 'a3', 'b1'] })

  const listed = createKeysFor({ keys: ['a1', 'b1', 'own'] }, issuerKeys)
  t.deepEqual(listed({ iss: A }), ['a1'])
  t.deepEqual(listed({ iss: B }), ['b1'])
  t.deepEqual(listed({ iss: undefined }), ['own'])

  const ofA = createKeysFor({ keys: ['a1', 'a2'], issuer: A }, issuerKeys)
  t.deepEqual(ofA({ iss: A }), ['a1', 'a2'])
  t.is(ofA({ iss: B }), undefined)
  t.is(ofA({ iss: undefined }), undefined)
})

test('a verifier that gives an issuer all keys takes none away from others', (t) => {
  const issuerKeys = collectIssuerKeys([{ keys: 'all', issuer: A }])
  t.is(createKeysFor({ keys: 'all' }, issuerKeys)({ iss: A }), ALL_KEYS)
  t.is(createKeysFor({ keys: 'all', issuer: A }, issuerKeys)({ iss: A }), ALL_KEYS)
  t.is(createKeysFor({ keys: 'all', issuer: A }, issuerKeys)({ iss: undefined }), undefined)
})
