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

test('the mark of a service bearer counts at the top, with its own value', (t) => {
  t.throws(() => isNoServiceBearer({ claims: { txtoken_use: 'service-bearer' } }), {
    message: /^Token is a service bearer/
  })
  t.notThrows(() => isNoServiceBearer({ claims: {} }))
  t.notThrows(() => isNoServiceBearer({ claims: { txtoken_use: ['service-bearer'] } }))
  t.notThrows(() => isNoServiceBearer({ claims: { data: { txtoken_use: 'service-bearer' } } }))
})

test('one of the audiences is the aud, or is among them', (t) => {
  const requirement = createAudienceRequirement(['api', 'web'])
  for (const aud of ['api', 'web', ['other', 'web']]) {
    t.notThrows(() => requirement({ claims: { aud } }), JSON.stringify(aud))
  }
  for (const aud of [
    undefined,
    null,
    '',
    'API',
    'api ',
    'a',
    [],
    ['other'],
    [['api']],
    { api: 1 }
  ]) {
    const error = t.throws(() => requirement({ claims: { aud } }), {
      message: 'Token is for another audience'
    })
    t.like(error, { code: 'invalid_token', status: 401, reason: 'audience' })
  }
})

test('the issuer is one of them, letter by letter', (t) => {
  const requirement = createIssuerRequirement(['https://a.example', 'https://b.example'])
  t.notThrows(() => requirement({ claims: { iss: 'https://b.example' } }))
  for (const iss of [
    undefined,
    null,
    'https://a.example/',
    'HTTPS://a.example',
    ['https://a.example']
  ]) {
    const error = t.throws(() => requirement({ claims: { iss } }), {
      message: 'Token is not from an issuer that is accepted'
    })
    t.like(error, { code: 'invalid_token', status: 401, reason: 'issuer' })
  }
})

test('a subject is text, and not empty', (t) => {
  t.notThrows(() => hasSubject({ claims: { sub: 'ada' } }))
  for (const sub of [undefined, null, '', 1, ['ada'], {}]) {
    const error = t.throws(() => hasSubject({ claims: { sub } }), { message: 'Token has no sub' })
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

test('a claim is equal to the value, or is a list that has it', (t) => {
  t.true(meets(['source'], 'microservice', { source: 'microservice' }))
  t.true(meets(['source'], 'microservice', { source: ['browser', 'microservice'] }))
  t.true(meets(['level'], 0, { level: 0 }))
  t.true(meets(['admin'], false, { admin: false }))
  t.true(meets(['realm', 'roles'], 'admin', { realm: { roles: ['admin'] } }))
  t.true(meets(['roles', '0'], 'admin', { roles: ['admin'] }))
})

test('what is like the value is not the value', (t) => {
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

test('all claims have to be there, and the error names the first one that is missing', (t) => {
  const requirement = createClaimsRequirement([
    { path: ['a'], value: 1 },
    { path: ['b', 'c'], value: 2 }
  ])
  t.notThrows(() => requirement({ claims: { a: 1, b: { c: 2 } } }))
  t.throws(() => requirement({ claims: { a: 1, b: { c: 3 } } }), {
    message: 'Token does not have the claim b.c that is required'
  })
})

const all = createScopesRequirement({ scopes: ['read', 'write'], match: 'all' })
const any = createScopesRequirement({ scopes: ['read', 'write'], match: 'any' })
const LACKING = {
  code: 'insufficient_scope',
  message: 'Token does not have the scope that is required'
}

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

test('one of them is enough where any is', (t) => {
  t.notThrows(() => any({ claims: { scope: 'write' } }))
  t.throws(() => all({ claims: { scope: 'write' } }), LACKING)
})

test('what is no such scope does not count', (t) => {
  for (const scope of ['', 'READ WRITE', 'read:all writer', 'read,write', [['read', 'write']], 1]) {
    t.throws(() => all({ claims: { scope } }), LACKING, JSON.stringify(scope))
    t.throws(() => any({ claims: { scope } }), LACKING, JSON.stringify(scope))
  }
  t.throws(() => any({ claims: { scopes: 'read' } }), LACKING)
})

test('the error names the scopes that are required', (t) => {
  const error = t.throws(() => all({ claims: {} }))
  t.like(error, { status: 403, reason: 'scope', scope: 'read write' })
})
