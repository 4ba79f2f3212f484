import test from 'ava'
import { createCheck, type Verified } from '../../src/check/check.ts'
import { createCheckCache } from '../../src/check/check-cache.ts'
import { createTimeRequirement } from '../../src/check/requirements.ts'
import { makeToken } from '../helpers/tokens.ts'

/** The memory of a cached token: docs/sizing.md. */
const costOf = ({ length }: string) => 1500 + 3 * length

/** A check with a cache, and the calls of its verifier. */
function createCachedCheck(mostBytes = 100_000) {
  const state = { seconds: 100, isCurrent: true }
  const asked: string[] = []
  const check = createCheck({
    verifiers: [
      ({ raw, payload }): Verified => {
        asked.push(raw)
        return { claims: payload ?? {}, isCurrent: () => state.isCurrent }
      }
    ],
    requirements: [createTimeRequirement(() => state.seconds * 1000)],
    maxDepth: 9,
    cache: createCheckCache(mostBytes)
  })
  return { check, asked, state }
}

test('a token that was verified before is not verified again', async (t) => {
  const { check, asked } = createCachedCheck()
  const token = makeToken('{"sub":"ada","exp":200}')
  const first = await check(token)
  t.is(await check(token), first)
  t.deepEqual(asked, [token])
})

test('times are checked on every hit', async (t) => {
  const { check, state, asked } = createCachedCheck()
  const token = makeToken('{"nbf":90,"exp":200}')
  await check(token)
  state.seconds = 200
  await t.throwsAsync(async () => check(token), { message: 'Token is expired' })
  state.seconds = 80
  await t.throwsAsync(async () => check(token), { message: 'Token is not valid yet' })
  t.is(asked.length, 2)
})

test('a token whose key is no longer valid is verified again', async (t) => {
  const { check, state, asked } = createCachedCheck()
  const token = makeToken('{"exp":200}')
  await check(token)
  state.isCurrent = false
  await check(token)
  t.is(asked.length, 2)
})

test('rejected tokens are not cached, and no other text matches a cached token', async (t) => {
  const { check, asked } = createCachedCheck()
  const expired = makeToken('{"exp":1}')
  for (const _ of [1, 2])
    await t.throwsAsync(async () => check(expired), { message: 'Token is expired' })
  const token = makeToken('{"exp":200}')
  await check(token)
  const other = makeToken('{"exp":200}', { secret: 'another secret' })
  await check(other)
  t.deepEqual(asked, [expired, expired, token, other])
  await t.throwsAsync(async () => check(`${token}=`))
})

test('a verifier that opts out of the cache is called each time', async (t) => {
  let count = 0
  const check = createCheck({
    verifiers: [() => ({ claims: { count: ++count } })],
    requirements: [],
    maxDepth: 9,
    cache: createCheckCache(100_000)
  })
  const token = makeToken('{}')
  await check(token)
  t.deepEqual((await check(token)).claims, { count: 2 })
})

test('the least recently used tokens are evicted', async (t) => {
  const tokens = ['a', 'b', 'c', 'd'].map((sub) => makeToken(JSON.stringify({ sub, exp: 200 })))
  const [a, b, c, d] = tokens as [string, string, string, string]
  const { check, asked } = createCachedCheck(3 * costOf(a))
  for (const token of [a, b, c, d, c, b, a]) await check(token)
  t.deepEqual(asked, [a, b, c, d, a])
  // Of b, c and a, which came in this order, c is now the least recently used one.
  for (const token of [b, d, b, a]) await check(token)
  t.deepEqual(asked, [a, b, c, d, a, d])
  const small = createCachedCheck(costOf(a) - 1)
  for (const token of [a, a]) await small.check(token)
  t.is(small.asked.length, 2)
})
