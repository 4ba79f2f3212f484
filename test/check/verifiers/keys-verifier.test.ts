/** Counts how many keys are tried for one token: a client that leaves out the `kid` causes several tries. */
import test from 'ava'
import { createKeysVerifier } from '../../../src/check/verifiers/keys-verifier.ts'
import type { Key } from '../../../src/keys/key.ts'
import type { KeySource } from '../../../src/keys/key-source.ts'
import { createKeyStore } from '../../../src/keys/key-store.ts'
import { createKey } from '../../../src/keys/kinds/create-key.ts'
import { parseToken } from '../../../src/keys/token.ts'
import { generateKeys } from '../../helpers/keys.ts'

interface Tried {
  count: number
}

/** A key that counts how often it verifies. Its tokens name no key. */
function makeKey(tried: Tried, kid?: string, alg: 'HS256' | 'EdDSA' = 'HS256'): Key {
  const material = generateKeys(alg).signing
  const key = createKey({ alg, material, kid })
  const { sign } = createKey({ alg, material, kid: undefined })
  return {
    ...key,
    ...(sign !== undefined && { sign }),
    verify(token) {
      tried.count++
      return key.verify(token)
    }
  }
}

/** A source whose keys a test can change. */
function start(keys: readonly Key[]) {
  let current = keys
  let lists = 0
  const source: KeySource = {
    name: undefined,
    signingKey: () => current[0],
    verificationKeys() {
      lists++
      return current
    },
    publishedKeys: () => [],
    changesAt: () => Number.POSITIVE_INFINITY
  }
  const verify = createKeysVerifier({ keyStore: createKeyStore([source], () => 0) })
  return {
    verify: async (token: string) => verify(parseToken(token, 8)),
    change(next: readonly Key[]) {
      current = next
    },
    lists: () => lists
  }
}

async function sign(key: Key | undefined, claims: object = {}): Promise<string> {
  return (await key?.sign?.(JSON.stringify(claims))) ?? ''
}

const UNTRIED = {
  code: 'invalid_token',
  reason: 'key',
  message: 'Token is signed with none of the 8 keys that were tried'
}

for (const alg of ['HS256', 'EdDSA'] as const) {
  test(`eight of 100 keys of ${alg} are tried for a token without a kid`, async (t) => {
    const tried = { count: 0 }
    const keys = Array.from({ length: 100 }, (_, index) => makeKey(tried, `k${index}`, alg))
    const { verify } = start(keys)
    const forged = await sign(makeKey(tried, 'other', alg))
    const error = await t.throwsAsync(verify(forged))
    t.like(error, UNTRIED)
    t.is(tried.count, 8)
    t.is((await verify(await sign(keys[7])))?.kid, 'k7')
    t.like(await t.throwsAsync(verify(await sign(keys[8]))), UNTRIED)
  })

  test(`the ${alg} key that verified the last token of an issuer is tried first`, async (t) => {
    const tried = { count: 0 }
    const keys = Array.from({ length: 8 }, (_, index) => makeKey(tried, `k${index}`, alg))
    const { verify, change } = start(keys)
    const [a, b] = [await sign(keys[6], { iss: 'a' }), await sign(keys[3], { iss: 'b' })]
    const triesFor = async (token: string) => {
      const before = tried.count
      await verify(token)
      return tried.count - before
    }
    t.is(await triesFor(a), 7)
    t.is(await triesFor(b), 4)
    for (const token of [a, b, a, b]) t.is(await triesFor(token), 1)
    t.is(await triesFor(await sign(keys[5], { iss: 'a' })), 7, 'another key of the same issuer')
    change(keys.slice(0, 6))
    t.like(await t.throwsAsync(verify(a)), { reason: 'signature' }, 'its key is gone')
  })
}

test('eight of 100 keys with the same kid are tried for a token with that kid', async (t) => {
  const tried = { count: 0 }
  const keys = Array.from({ length: 100 }, () => makeKey(tried, 'twin'))
  const { verify } = start(keys)
  t.like(await t.throwsAsync(verify(await sign(makeKey(tried, 'twin')))), UNTRIED)
  t.is(tried.count, 8)
})

test('a token with a kid is verified with that key alone, also beside keys without a kid', async (t) => {
  const tried = { count: 0 }
  const keys = Array.from({ length: 100 }, (_, index) => makeKey(tried, `k${index}`))
  const { verify } = start(keys)
  const material = generateKeys('HS256').signing
  const stranger = createKey({ alg: 'HS256', material, kid: 'k99' })
  t.like(await t.throwsAsync(verify(await sign(stranger))), { reason: 'signature' })
  t.is(tried.count, 1)
})

test('with up to eight keys, the reason for a rejection is the signature', async (t) => {
  const tried = { count: 0 }
  const { verify } = start(Array.from({ length: 8 }, () => makeKey(tried)))
  t.like(await t.throwsAsync(verify(await sign(makeKey(tried)))), { reason: 'signature' })
  t.is(tried.count, 8)
})
