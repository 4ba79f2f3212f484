import { generateKeyPairSync } from 'node:crypto'
import test from 'ava'
import { createCheckCache } from '../../src/check/check-cache.ts'
import { createCheckNow } from '../../src/check/check-now.ts'
import { createTimeRequirement } from '../../src/check/requirements/time-requirement.ts'
import { createVerifyNow } from '../../src/check/verifiers/keys-verifier.ts'
import { createFixedKeySource } from '../../src/keys/fixed-key-source.ts'
import type { Key } from '../../src/keys/key.ts'
import { createKeyStore } from '../../src/keys/key-store.ts'
import { createKey } from '../../src/keys/kinds/create-key.ts'
import { parseSecret } from '../../src/keys/material/key-material.ts'
import { ENC_KEY, LASTING, makeToken } from '../helpers/tokens.ts'

const KEY = createSecretKey(ENC_KEY)

function createSecretKey(secret: string): Key {
  return createKey({ alg: 'HS256', material: parseSecret(secret, 'HS256').material })
}

/** A check without a wait, and the keys that it has verified tokens with. */
function start({ keys = [KEY], cache = createCheckCache(10_000), isCached = true } = {}) {
  const state = { seconds: 100 }
  const asked: Key[] = []
  const sources = keys.map((key) => {
    const watched: Key = {
      ...key,
      verify(token) {
        asked.push(key)
        return key.verify(token)
      }
    }
    return createFixedKeySource(watched, undefined)
  })
  const check = createCheckNow({
    verify: createVerifyNow({ keyStore: createKeyStore(sources, Date.now) }),
    requirements: [createTimeRequirement(() => state.seconds * 1000)],
    maxDepth: 9,
    maxTokenLength: 1000,
    cache: isCached ? cache : undefined
  })
  return { check, cache, state, asked }
}

test('a token that a secret of ours verifies is checked, and known from then on', (t) => {
  const { check, cache, asked } = start()
  const token = makeToken('{"sub":"ada","n":12345678901234567890,"exp":200}')
  const checked = check(token)
  t.is(checked?.claims.sub, 'ada')
  t.is(checked?.claimsText, '{"sub":"ada","n":12345678901234567890,"exp":200}' as never)
  t.is(check(token), checked)
  t.is(cache.find(token)?.checked, checked)
  t.deepEqual(asked, [KEY])
})

test('without a cache, each token is verified anew', (t) => {
  const { check, asked } = start({ isCached: false })
  for (const _ of [1, 2]) t.truthy(check(makeToken(LASTING)))
  t.is(asked.length, 2)
})

test('what is refused is left to the pipeline, and not remembered', (t) => {
  const { check, cache, state } = start()
  const ending = makeToken('{"exp":200}')
  state.seconds = 200
  const refused = [
    ending,
    makeToken(LASTING, { secret: `${ENC_KEY} of another` }),
    makeToken(LASTING, { header: '{"alg":"HS256","crit":["x"]}' }),
    makeToken(`{"text":"${'x'.repeat(1000)}","exp":9999999999}`),
    makeToken('[]'),
    'no.token.here'
  ]
  for (const token of refused) {
    t.is(check(token), undefined)
    t.is(cache.find(token), undefined)
  }
})

test('a token that is known and ends is left to the pipeline', (t) => {
  const { check, state } = start()
  const token = makeToken('{"exp":200}')
  t.truthy(check(token))
  state.seconds = 200
  t.is(check(token), undefined)
})

test('what may take a while is left to the pipeline: several keys that fit, none, or one that is no secret', (t) => {
  const { privateKey } = generateKeyPairSync('ed25519')
  const pair = createKey({ alg: 'EdDSA', material: privateKey })
  const several = start({ keys: [KEY, createSecretKey(`${ENC_KEY} of another`)] })
  const none = start({ keys: [] })
  const noSecret = start({ keys: [pair] })
  for (const { check, asked } of [several, none]) {
    t.is(check(makeToken(LASTING)), undefined)
    t.deepEqual(asked, [])
  }
  t.is(noSecret.check(makeToken(LASTING, { header: '{"alg":"EdDSA"}' })), undefined)
  t.deepEqual(noSecret.asked, [])
})

test('where no key is a secret, tokens are not even taken apart ahead of the pipeline', (t) => {
  const { privateKey } = generateKeyPairSync('ed25519')
  const source = createFixedKeySource(createKey({ alg: 'EdDSA', material: privateKey }), undefined)
  t.is(createVerifyNow({ keyStore: createKeyStore([source], Date.now) }), undefined)
})

test('where only the pipeline can verify, known tokens are checked all the same', async (t) => {
  const cache = createCheckCache(10_000)
  const { check: fill } = start({ cache })
  const check = createCheckNow({ requirements: [], maxDepth: 9, maxTokenLength: 1000, cache })
  const [known, unknown] = [makeToken('{"exp":200}'), makeToken('{"exp":201}')]
  const checked = fill(known)
  t.is(check(known), checked)
  t.is(check(unknown), undefined)
})
