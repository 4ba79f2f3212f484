import test from 'ava'
import {
  createAudienceRequirement,
  createClaimsRequirement,
  createIssuerRequirement,
  createScopesRequirement,
  hasSubject,
  isNoServiceBearer
} from '../../src/check/requirements.ts'
import type { ServiceError } from '../../src/errors.ts'

test('a service bearer is recognized by its mark at the top level, with exactly its value', (t) => {
  t.throws(() => isNoServiceBearer({ claims: { txtoken_use: 'service-bearer' } }), {
    message: /^Token is a service bearer/
  })
  t.notThrows(() => isNoServiceBearer({ claims: {} }))
  t.notThrows(() => isNoServiceBearer({ claims: { txtoken_use: ['service-bearer'] } }))
  t.notThrows(() => isNoServiceBearer({ claims: { data: { txtoken_use: 'service-bearer' } } }))
})

test('aud is one of the required audiences, or a list with one of them', (t) => {
  const requirement = createAudienceRequirement(['api', 'web'])
  for (const aud of ['api', 'web', ['other', 'web']]) {
    t.notThrows(() => requirement({ claims: { aud } }), JSON.stringify(aud))
  }
  const another = 'Token is for another audience'
  for (const [aud, message] of [
    [undefined, 'Token has no aud'],
    [null, 'Token has an aud that is not text'],
    ['', 'Token has an empty aud'],
    ['API', another],
    ['api ', another],
    ['a', another],
    [[], 'Token has an empty aud'],
    [[''], 'Token has an empty aud'],
    [['other'], another],
    [['other', 1], another],
    [[['api']], 'Token has an aud that is not text'],
    [[1], 'Token has an aud that is not text'],
    [1, 'Token has an aud that is not text'],
    [{ api: 1 }, 'Token has an aud that is not text']
  ] as const) {
    const error = t.throws(() => requirement({ claims: { aud } }), { message })
    t.like(error, { code: 'invalid_token', status: 401, reason: 'audience' })
  }
})

test('iss equals one of the required issuers, character by character', (t) => {
  const requirement = createIssuerRequirement(['https://a.example', 'https://b.example'])
  t.notThrows(() => requirement({ claims: { iss: 'https://b.example' } }))
  const another = 'Token is not from an issuer that is accepted'
  for (const [iss, message] of [
    [undefined, 'Token has no iss'],
    [null, 'Token has an iss that is not text'],
    ['', 'Token has an empty iss'],
    ['https://a.example/', another],
    ['HTTPS://a.example', another],
    [['https://a.example'], 'Token has an iss that is not text']
  ] as const) {
    const error = t.throws(() => requirement({ claims: { iss } }), { message })
    t.like(error, { code: 'invalid_token', status: 401, reason: 'issuer' })
  }
})

test('a subject is text, and not empty', (t) => {
  t.notThrows(() => hasSubject({ claims: { sub: 'ada' } }))
  const noText = 'Token has a sub that is not text'
  for (const [sub, message] of [
    [undefined, 'Token has no sub'],
    ['', 'Token has an empty sub'],
    [null, noText],
    [1, noText],
    [['ada'], noText],
    [{}, noText]
  ] as const) {
    const error = t.throws(() => hasSubject({ claims: { sub } }), { message })
    t.like(error, { code: 'invalid_token', status: 401, reason: 'subject' })
  }
})

function meets(path: string[], value: string | number | boolean, claims: object): boolean {
  const requirement = createClaimsRequirement([{ path, value }])
  try {
    requirement({ claims: { ...claims } })
    return true
  } catch (error) {
    const { code, status, reason, message } = error as ServiceError
    if (`${code} ${status} ${reason}` !== 'insufficient_scope 403 claim') throw error
    if (JSON.stringify(message).includes('microservice')) throw error
    return false
  }
}

test('a claim equals the value, or is a list that contains it', (t) => {
  t.true(meets(['source'], 'microservice', { source: 'microservice' }))
  t.true(meets(['source'], 'microservice', { source: ['browser', 'microservice'] }))
  t.true(meets(['level'], 0, { level: 0 }))
  t.true(meets(['admin'], false, { admin: false }))
  t.true(meets(['realm', 'roles'], 'admin', { realm: { roles: ['admin'] } }))
  t.true(meets(['roles', '0'], 'admin', { roles: ['admin'] }))
})

test('a value that is only similar does not match', (t) => {
  for (const source of [
    'Microservice',
    'microservice ',
    'microservices',
    ['micro', 'service'],
    [['microservice']],
    { microservice: true },
    { 0: 'microservice', length: 1 },
    null,
    true,
    1
  ]) {
    t.false(meets(['source'], 'microservice', { source }), JSON.stringify(source))
  }
  t.false(meets(['level'], 1, { level: '1' }))
  t.false(meets(['level'], 0, { level: null }))
  t.false(meets(['admin'], true, { admin: 1 }))
  t.false(meets(['source'], 'microservice', {}))
  t.false(meets(['constructor', 'name'], 'Object', {}))
  t.false(meets(['list', 'length'], 2, { list: [1, 2] }))
})

test('all claims are required, and the error names the first missing one', (t) => {
  const requirement = createClaimsRequirement([
    { path: ['a'], value: 1 },
    { path: ['b', 'c'], value: 2 }
  ])
  t.notThrows(() => requirement({ claims: { a: 1, b: { c: 2 } } }))
  t.throws(() => requirement({ claims: { a: 1, b: {} } }), {
    message: 'Token does not have the claim b.c that is required'
  })
  t.throws(() => requirement({ claims: { a: 1, b: { c: 3 } } }), {
    message: 'Token has the claim b.c, but not with the value that is required'
  })
})

const all = createScopesRequirement({ scopes: ['read', 'write'], match: 'all' })
const any = createScopesRequirement({ scopes: ['read', 'write'], match: 'any' })
const code = 'insufficient_scope'
const LACKING = { code, message: 'Token does not have all scopes that are required' }
const LACKING_ANY = { code, message: 'Token has none of the scopes that would do' }

test('scopes are text with spaces or a list, in scope or in scp', (t) => {
  for (const claims of [
    { scope: 'read write' },
    { scope: 'other write  read' },
    { scope: ['write', 'read'] },
    { scp: 'read write' },
    { scp: ['read', 'write'] },
    { scope: 'read', scp: ['write'] }
  ]) {
    t.notThrows(() => all({ claims: { ...claims } }), JSON.stringify(claims))
    t.notThrows(() => any({ claims: { ...claims } }), JSON.stringify(claims))
  }
})

test('one scope is enough where any of them is', (t) => {
  t.notThrows(() => any({ claims: { scope: 'write' } }))
  t.throws(() => all({ claims: { scope: 'write' } }), LACKING)
})

test('anything but exactly such a scope does not count', (t) => {
  for (const scope of ['', 'READ WRITE', 'read:all writer', 'read,write', [['read', 'write']], 1]) {
    t.throws(() => all({ claims: { scope } }), LACKING, JSON.stringify(scope))
    t.throws(() => any({ claims: { scope } }), LACKING_ANY, JSON.stringify(scope))
  }
  t.throws(() => any({ claims: { scopes: 'read' } }), LACKING_ANY)
})

test('the error names the required scopes', (t) => {
  const error = t.throws(() => all({ claims: {} }))
  t.like(error, { status: 403, reason: 'scope', scope: 'read write' })
})
