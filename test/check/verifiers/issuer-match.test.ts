import test from 'ava'
import { collectIssuerKeys, createKeysFor } from '../../../src/check/verifiers/issuer-keys.ts'
import {
  createIsIssuer,
  discoveredIssuers,
  TEMPLATE_EXPECTED
} from '../../../src/check/verifiers/issuer-match.ts'
import { ALL_KEYS } from '../../../src/keys/key-store.ts'

const TENANT = 'https://login.example.com/{tid}/v2.0'
const issOf = (tenant: string) => `https://login.example.com/${tenant}/v2.0`

test('a claim in an issuer template is filled from the token itself', (t) => {
  const isIssuer = createIsIssuer(TENANT)
  t.true(isIssuer({ iss: issOf('t1'), tid: 't1' }))
  t.true(isIssuer({ iss: issOf('42'), tid: 42 }))
  t.true(isIssuer({ iss: issOf('a%20b'), tid: 'a b' }))
  for (const tid of ['käse', 'ada@example.com', "o'neill+co"]) {
    t.true(isIssuer({ iss: issOf(tid), tid }), tid)
    t.true(isIssuer({ iss: issOf(encodeURIComponent(tid)), tid }), tid)
  }
  for (const claims of [
    { iss: issOf('t1'), tid: 't2' },
    { iss: issOf('t1') },
    { iss: issOf('{tid}'), tid: 't1' },
    { iss: issOf('{tid}'), tid: '{tid}' },
    { iss: `${issOf('t1')}/`, tid: 't1' },
    { iss: [issOf('t1')], tid: 't1' },
    { iss: issOf('t1'), tid: ['t1'] },
    { iss: issOf('a b'), tid: 'a b' },
    { iss: issOf('a%2fb'), tid: 'a%2fb' },
    { iss: issOf('a%2Fb'), tid: 'a/b' },
    { iss: issOf('a?b'), tid: 'a?b' },
    { iss: issOf('a#b'), tid: 'a#b' },
    { iss: issOf('a\u202eb'), tid: 'a\u202eb' },
    { iss: issOf('t1%00'), tid: 't1' },
    { iss: issOf('T1'), tid: 't1' },
    { tid: 't1' }
  ]) {
    t.false(isIssuer(claims), JSON.stringify(claims))
  }
})

test('no value of a claim leaves its place in an issuer template', (t) => {
  const isIssuer = createIsIssuer(TENANT)
  for (const tid of ['', '.', '..', 'a/b', '../x', 'a\\b', '\ud800', 'x'.repeat(256)]) {
    t.false(isIssuer({ iss: issOf(tid), tid }), tid)
    if (tid !== '\ud800') t.false(isIssuer({ iss: issOf(encodeURIComponent(tid)), tid }), tid)
  }
  const inHost = createIsIssuer('https://{org}.example.com/')
  t.true(inHost({ iss: 'https://acme.example.com/', org: 'acme' }))
  for (const org of ['a.b', 'a/b', 'evil.example#', 'a:1', 'user@x', '-a', '']) {
    t.false(inHost({ iss: `https://${org}.example.com/`, org }), org)
  }
})

test('{tenantid}, as Entra ID writes it, is the claim tid', (t) => {
  const isIssuer = createIsIssuer('https://login.example.com/{tenantid}/v2.0')
  t.true(isIssuer({ iss: issOf('t1'), tid: 't1' }))
  t.false(isIssuer({ iss: issOf('t1'), tenantid: 't1' }))
  t.deepEqual(discoveredIssuers(TENANT), [TENANT, 'https://login.example.com/{tenantid}/v2.0'])
  t.deepEqual(discoveredIssuers('https://idp.example.com'), ['https://idp.example.com'])
})

test('a template may have several claims, and need not be a URL', (t) => {
  const two = createIsIssuer('https://{org}.example.com/realms/{realm}')
  t.true(two({ iss: 'https://acme.example.com/realms/r', org: 'acme', realm: 'r' }))
  t.false(two({ iss: 'https://acme.example.com/realms/r', org: 'r', realm: 'acme' }))
  const urn = createIsIssuer('urn:tenant:{tid}')
  t.true(urn({ iss: 'urn:tenant:t1', tid: 't1' }))
  // A property that every object has is not a claim.
  t.false(createIsIssuer('urn:{constructor}')({ iss: 'urn:x' }))
})

test('a claim that is not a whole part of the template is rejected', (t) => {
  for (const name of ['https://a{tid}.example', 'https://a/{tid}x', '{}', 'a/{a b}', 'a/{tid}/}']) {
    t.throws(() => createIsIssuer(name), { message: TEMPLATE_EXPECTED }, name)
  }
})

test('only the listed tenants are accepted', (t) => {
  const isIssuer = createIsIssuer(TENANT, ['t1', 't2'])
  t.true(isIssuer({ iss: issOf('t2'), tid: 't2' }))
  t.false(isIssuer({ iss: issOf('t3'), tid: 't3' }))
})

test('keys that a verifier lists for the issuers of tenants are usable for their tokens alone', (t) => {
  const issuerKeys = collectIssuerKeys([
    { keys: ['a'], issuer: TENANT, tenants: ['t1'] },
    { keys: ['b'], issuer: TENANT, tenants: ['t2'] },
    { discover: 'https://idp.example.com' }
  ])
  const all = createKeysFor({ keys: 'all' }, issuerKeys)
  t.deepEqual(all({ iss: issOf('t1'), tid: 't1' }), ['a'])
  t.deepEqual(all({ iss: issOf('t2'), tid: 't2' }), ['b'])
  t.deepEqual(all({ iss: issOf('t3'), tid: 't3' }), { except: ['a', 'b'] })
  t.deepEqual(all({}), { except: ['a', 'b'] })
  t.is(all({ iss: 'https://idp.example.com' }), undefined)
  const ofTenants = createKeysFor({ issuer: TENANT }, new Map())
  t.is(ofTenants({ iss: issOf('t9'), tid: 't9' }), ALL_KEYS)
  t.is(ofTenants({ iss: issOf('t9'), tid: 't8' }), undefined)
})
