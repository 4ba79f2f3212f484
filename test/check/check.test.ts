import test from 'ava'
import { createCheck, type Requirement, type Verifier } from '../../src/check/check.ts'
import { invalidToken } from '../../src/errors.ts'
import { makeToken } from '../helpers/tokens.ts'

const TOKEN = makeToken('{"sub":"ada"}')
const notMine: Verifier = () => undefined
const rejects: Verifier = () => {
  throw invalidToken('signature is invalid', 'signature')
}

/** A verifier that accepts every token, and records its calls. */
function accepting(asked: string[], name: string): Verifier {
  return async () => {
    asked.push(name)
    return { claims: { verifiedBy: name } }
  }
}

test('the first verifier that knows a token decides; verifiers that do not know it are skipped', async (t) => {
  const asked: string[] = []
  const verifiers = [notMine, accepting(asked, 'first'), accepting(asked, 'second')]
  const check = createCheck({ verifiers, requirements: [], maxDepth: 9 })
  const { token, claims } = await check(TOKEN)
  t.deepEqual(claims, { verifiedBy: 'first' })
  t.is(token.raw, TOKEN)
  t.is(token.payload?.sub, 'ada')
  t.deepEqual(asked, ['first'])
})

test('an error ends the check: no weaker verifier is called after it', async (t) => {
  const asked: string[] = []
  const verifiers = [rejects, accepting(asked, 'weaker')]
  const check = createCheck({ verifiers, requirements: [], maxDepth: 9 })
  await t.throwsAsync(async () => check(TOKEN), { message: 'signature is invalid' })
  t.deepEqual(asked, [])
})

test('an unmet requirement ends the check, too', async (t) => {
  const asked: string[] = []
  const requirement: Requirement = () => {
    throw invalidToken('Token is expired', 'expired')
  }
  const verifiers = [accepting(asked, 'first'), accepting(asked, 'second')]
  const check = createCheck({ verifiers, requirements: [requirement], maxDepth: 9 })
  await t.throwsAsync(async () => check(TOKEN), { message: 'Token is expired' })
  t.deepEqual(asked, ['first'])
})

test('requirements are checked in order, on what the verifier returned', async (t) => {
  const seen: unknown[] = []
  const requirements: Requirement[] = [
    ({ claims }) => seen.push(1, claims),
    ({ claims }) => seen.push(2, claims)
  ]
  const check = createCheck({ verifiers: [accepting([], 'it')], requirements, maxDepth: 9 })
  await check(TOKEN)
  t.deepEqual(seen, [1, { verifiedBy: 'it' }, 2, { verifiedBy: 'it' }])
})

test('a token of an unknown issuer is rejected, and so is every token without any verifier', async (t) => {
  for (const verifiers of [[notMine, notMine], []]) {
    const check = createCheck({ verifiers, requirements: [], maxDepth: 9 })
    await t.throwsAsync(async () => check(TOKEN), {
      name: 'ServiceError',
      message: /not accepted$/
    })
  }
})

test('text that is not a signed token reaches no verifier', async (t) => {
  const asked: string[] = []
  const check = createCheck({
    verifiers: [accepting(asked, 'it')],
    requirements: [],
    maxDepth: 9
  })
  for (const raw of ['', 'a.b', `${TOKEN}=`, makeToken('{}', { header: '{"alg":"none"}' })]) {
    await t.throwsAsync(async () => check(raw), { name: 'ServiceError' })
  }
  t.deepEqual(asked, [])
})

test('a check that need not wait returns no promise, and throws a rejection at once', (t) => {
  const check = createCheck({
    verifiers: [notMine, () => ({ claims: { sub: 'ada' } })],
    requirements: [],
    maxDepth: 9
  })
  const checked = check(TOKEN)
  t.false(checked instanceof Promise)
  t.like(checked, { claims: { sub: 'ada' } })
  const rejecting = createCheck({ verifiers: [rejects], requirements: [], maxDepth: 9 })
  t.throws(() => rejecting(TOKEN), { message: 'signature is invalid' })
})
