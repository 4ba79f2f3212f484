import test from 'ava'
import fc from 'fast-check'
import { jwtVerify } from 'jose'
import { createCheck } from '../../src/check/check.ts'
import {
  createAudienceRequirement,
  createIssuerRequirement,
  createTimeRequirement
} from '../../src/check/requirements.ts'
import { createKeysFor } from '../../src/check/verifiers/issuer-keys.ts'
import { createKeysVerifier } from '../../src/check/verifiers/keys-verifier.ts'
import type { ServiceError } from '../../src/errors.ts'
import { createFixedKeySource } from '../../src/keys/key-source.ts'
import { createKeyStore } from '../../src/keys/key-store.ts'
import { createKey } from '../../src/keys/kinds/create-key.ts'
import { parseSecret } from '../../src/keys/material/key-material.ts'
import { ENC_KEY, encode, signParts } from '../helpers/tokens.ts'

const NOW = 1_893_456_000
const SKEW = 5
const MAX_AGE = 100

/** Reasons for which this service rejects and jose does not: jose takes the last of two members, and ignores these times. */
const STRICTER = ['duplicate', 'future', 'critical', 'no_exp', 'malformed']

const { material } = parseSecret(ENC_KEY, 'HS256')
const store = createKeyStore(
  [createFixedKeySource(createKey({ alg: 'HS256', material }), undefined)],
  Date.now
)
const now = () => NOW * 1000
const check = createCheck({
  verifiers: [
    createKeysVerifier({ keyStore: store, keysFor: createKeysFor({ keys: 'all' }, new Map()) })
  ],
  requirements: [
    createTimeRequirement(now, {
      skewSeconds: SKEW,
      requireExp: true,
      maxAgeSeconds: MAX_AGE
    }),
    createIssuerRequirement(['a', 'b']),
    createAudienceRequirement(['x', 'y'])
  ],
  maxDepth: 64
})

/** With a maximum age, jose rejects tokens issued in the future; here an `iat` may be a minute ahead. */
function isIssuedAhead(payload: string): boolean {
  const { iat } = JSON.parse(payload)
  return typeof iat === 'number' && iat > NOW + SKEW
}

/** Why the service rejects a token; undefined where it does not. */
async function ownOpinion(token: string): Promise<string | undefined> {
  try {
    await check(token)
    return undefined
  } catch (error) {
    return (error as ServiceError).reason
  }
}

async function secondOpinion(token: string): Promise<boolean> {
  try {
    await jwtVerify(token, Buffer.from(ENC_KEY), {
      algorithms: ['HS256'],
      issuer: ['a', 'b'],
      audience: ['x', 'y'],
      requiredClaims: ['exp'],
      clockTolerance: SKEW,
      maxTokenAge: MAX_AGE,
      currentDate: new Date(now())
    })
    return true
  } catch {
    return false
  }
}

const odd = fc.constantFrom<unknown>(null, '', '1', true, [], {}, ['x'], -1, 0, 1e300)
/** Each of several claims may spoil a token, so most values have to be good for some tokens to be. */
function usually<Good, Other>(good: fc.Arbitrary<Good>, other: fc.Arbitrary<Other>) {
  return fc.oneof({ weight: 9, arbitrary: good }, other)
}
const around = (time: number) =>
  fc.integer({ min: -8, max: 8 }).map((difference) => time + difference)
const claims = fc
  .record(
    {
      exp: usually(fc.integer({ min: NOW, max: NOW + 9 }), fc.oneof(around(NOW), odd)),
      nbf: usually(fc.integer({ min: NOW - 9, max: NOW }), fc.oneof(around(NOW), odd)),
      iat: usually(
        fc.integer({ min: NOW - 90, max: NOW }),
        fc.oneof(around(NOW - MAX_AGE), around(NOW), odd)
      ),
      iss: usually(fc.constantFrom('a', 'b'), fc.oneof(fc.constantFrom('c', 'A'), odd)),
      aud: usually(
        fc.constantFrom('x', 'y', ['z', 'y']),
        fc.oneof(fc.constantFrom('z', ['z']), odd)
      ),
      data: fc.json()
    },
    { requiredKeys: ['exp', 'iat', 'iss', 'aud'] }
  )
  .map((value) => JSON.stringify(value))
const header = usually(
  fc.constant('{"alg":"HS256"}'),
  fc.constantFrom(
    '{"alg":"HS384"}',
    '{"alg":"none"}',
    '{"alg":"HS256","kid":"k","typ":"JWT"}',
    '{"alg":"HS256","crit":["exp"],"exp":1}',
    '{"alg":"HS256","alg":"HS256"}'
  )
)
/** What an attacker without the key can do to a token; most often nothing. */
const tampering = fc.oneof(
  { weight: 6, arbitrary: fc.constant(undefined) },
  fc.record({ at: fc.nat(), text: fc.constantFrom('', 'A', '=', '.', ' ', '-', 'AA') })
)

test('jose accepts every token that is accepted here, and each further rejection here has a known reason', async (t) => {
  const counts = { both: 0, neither: 0, stricter: 0 }
  await fc.assert(
    fc.asyncProperty(header, claims, tampering, async (head, payload, change) => {
      const signed = signParts(`${encode(head)}.${encode(payload)}`)
      const at = change === undefined ? 0 : change.at % signed.length
      const token =
        change === undefined ? signed : signed.slice(0, at) + change.text + signed.slice(at + 1)
      const [rejection, isGood] = [await ownOpinion(token), await secondOpinion(token)]
      if (rejection === undefined) {
        counts.both++
        t.true(isGood || isIssuedAhead(payload), `accepted here alone: ${token}`)
      } else if (isGood) {
        counts.stricter++
        t.true(
          STRICTER.includes(rejection),
          `rejected here alone for ${rejection}: ${head} ${payload}`
        )
      } else counts.neither++
    }),
    { numRuns: 3000 }
  )
  t.true(counts.both > 100 && counts.neither > 100, JSON.stringify(counts))
  t.log(counts)
})
