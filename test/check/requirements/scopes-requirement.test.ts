import test from 'ava'
import { createScopesRequirement } from '../../../src/check/requirements/scopes-requirement.ts'

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

test('the refusal says what would do', (t) => {
  const error = t.throws(() => all({ claims: {} }))
  t.like(error, { status: 403, reason: 'scope', scope: 'read write' })
})
