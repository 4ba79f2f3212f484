import test from 'ava'
import { createAudienceRequirement } from '../../../src/check/requirements/audience-requirement.ts'
import { createIssuerRequirement } from '../../../src/check/requirements/issuer-requirement.ts'
import { hasSubject } from '../../../src/check/requirements/subject-requirement.ts'

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
