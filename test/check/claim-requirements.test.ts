import test from 'ava'
import type { Requirement } from '../../src/check/check.ts'
import {
  createAudienceRequirement,
  createClaimsRequirement,
  createIssuerRequirement,
  createScopesRequirement
} from '../../src/check/claim-requirements.ts'
import { ServiceError } from '../../src/errors.ts'

interface Row {
  name: string
  require: Requirement
  claims: Record<string, unknown>
  /** Undefined where they meet it. */
  refusal: [code: string, status: number, reason: string] | undefined
}

const issuer = createIssuerRequirement(['https://a.example', 'https://b.example'])
const audience = createAudienceRequirement(['orders', 'billing'])
const claims = createClaimsRequirement({ source: 'microservice', level: 3 })
const scopes = createScopesRequirement(['read', 'write'])

const WRONG_ISSUER: Row['refusal'] = ['invalid_token', 401, 'issuer']
const WRONG_AUDIENCE: Row['refusal'] = ['invalid_token', 401, 'audience']
const WRONG_CLAIM: Row['refusal'] = ['insufficient_scope', 403, 'claim']
const WRONG_SCOPE: Row['refusal'] = ['insufficient_scope', 403, 'scope']

const rows: Row[] = [
  {
    name: 'one of the issuers',
    require: issuer,
    claims: { iss: 'https://b.example' },
    refusal: undefined
  },
  {
    name: 'another issuer',
    require: issuer,
    claims: { iss: 'https://b.example/' },
    refusal: WRONG_ISSUER
  },
  { name: 'no issuer', require: issuer, claims: {}, refusal: WRONG_ISSUER },
  {
    name: 'a list of issuers',
    require: issuer,
    claims: { iss: ['https://a.example'] },
    refusal: WRONG_ISSUER
  },
  {
    name: 'one of the audiences',
    require: audience,
    claims: { aud: 'billing' },
    refusal: undefined
  },
  {
    name: 'an audience in a list',
    require: audience,
    claims: { aud: ['x', 'orders'] },
    refusal: undefined
  },
  {
    name: 'a longer audience',
    require: audience,
    claims: { aud: 'orders2' },
    refusal: WRONG_AUDIENCE
  },
  { name: 'no audience', require: audience, claims: {}, refusal: WRONG_AUDIENCE },
  {
    name: 'both claims',
    require: claims,
    claims: { source: 'microservice', level: 3 },
    refusal: undefined
  },
  {
    name: 'a claim that contains the value',
    require: claims,
    claims: { source: ['x', 'microservice'], level: 3 },
    refusal: undefined
  },
  {
    name: 'one of two claims',
    require: claims,
    claims: { source: 'microservice' },
    refusal: WRONG_CLAIM
  },
  {
    name: 'a claim of another type',
    require: claims,
    claims: { source: 'microservice', level: '3' },
    refusal: WRONG_CLAIM
  },
  {
    name: 'all scopes and more',
    require: scopes,
    claims: { scope: 'write admin read' },
    refusal: undefined
  },
  {
    name: 'scopes as a list',
    require: scopes,
    claims: { scope: ['read', 'write'] },
    refusal: undefined
  },
  { name: 'one of two scopes', require: scopes, claims: { scope: 'read' }, refusal: WRONG_SCOPE },
  {
    name: 'a scope inside of another',
    require: scopes,
    claims: { scope: 'readwrite' },
    refusal: WRONG_SCOPE
  },
  { name: 'no scope', require: scopes, claims: {}, refusal: WRONG_SCOPE }
]

for (const { name, require, claims, refusal } of rows) {
  test(`${name}: ${refusal === undefined ? 'accepted' : `refused with ${refusal[1]}`}`, (t) => {
    if (refusal === undefined) {
      t.notThrows(() => require({ claims }))
      return
    }
    const error = t.throws(() => require({ claims }), { instanceOf: ServiceError })
    t.deepEqual([error?.code, error?.status, error?.reason], refusal)
  })
}

test('a claim of the prototype is none', (t) => {
  const require = createClaimsRequirement({ constructor: 'x' } as Record<string, string>)
  t.throws(() => require({ claims: {} }), { instanceOf: ServiceError })
})
