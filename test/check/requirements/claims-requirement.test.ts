import test from 'ava'
import { createClaimsRequirement } from '../../../src/check/requirements/claims-requirement.ts'
import type { ServiceError } from '../../../src/errors.ts'

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

test('all claims have to be there, and the refusal names the first that is not', (t) => {
  const requirement = createClaimsRequirement([
    { path: ['a'], value: 1 },
    { path: ['b', 'c'], value: 2 }
  ])
  t.notThrows(() => requirement({ claims: { a: 1, b: { c: 2 } } }))
  t.throws(() => requirement({ claims: { a: 1, b: { c: 3 } } }), {
    message: 'Token does not have the claim b.c that is required'
  })
})
