import test from 'ava'
import { ServiceError } from '../../src/errors.ts'
import type { Algorithm, Key } from '../../src/keys/key.ts'
import { KeyError } from '../../src/keys/key-error.ts'
import type { KeySource } from '../../src/keys/key-source.ts'
import { createFixedKeySource, limitToPeriod } from '../../src/keys/key-source.ts'
import { createKeyStore } from '../../src/keys/key-store.ts'
import { createKey } from '../../src/keys/kinds/create-key.ts'
import { parseToken } from '../../src/keys/token.ts'
import { generateKeys, toPem } from '../helpers/keys.ts'

const NOON = Date.parse('2026-06-01T12:00:00Z')

function makeKey(alg: Algorithm, kid?: string): Key {
  return createKey({ alg, material: generateKeys(alg).signing, kid })
}

function makeSource(alg: Algorithm, kid?: string, more: Partial<KeySource> = {}): KeySource {
  return { ...createFixedKeySource(makeKey(alg, kid), kid), ...more }
}

function createStore(sources: readonly KeySource[], now = () => NOON) {
  return createKeyStore(sources, now)
}

function kidOf(token: string): string | undefined {
  return parseToken(token, 8).header.kid
}

test('a signer without a name uses the first source that signs', async (t) => {
  const { verifying } = generateKeys('ES256')
  const onlyVerifies = createKey({ alg: 'ES256', material: verifying, kid: 'partner' })
  const store = createStore([
    createFixedKeySource(onlyVerifies, 'partner'),
    makeSource('HS256', 'main'),
    makeSource('HS256', 'other')
  ])
  t.is(kidOf(await store.signer()('{}')), 'main')
  t.is(kidOf(await store.signer('other')('{}')), 'other')
})

test('a signer may have a typ of its own, which follows its key', async (t) => {
  let current = makeKey('HS256', 'first')
  const store = createStore([makeSource('HS256', 'first', { signingKey: () => current })])
  const sign = store.signer('first', 'at+jwt')
  for (const alg of ['HS256', 'ES256', 'EdDSA'] as const) {
    current = makeKey(alg, alg)
    for (const token of [await sign('{}'), await sign('{}')]) {
      const parsed = parseToken(token, 8)
      t.deepEqual(parsed.header, { alg, typ: 'at+jwt', kid: alg })
      await t.notThrowsAsync(async () => current.verify(parsed))
    }
    t.is(parseToken(await store.signer('first')('{}'), 8).header.typ, 'JWT')
  }
})

test('no token is signed for an unknown name, or with a key that only verifies', (t) => {
  const { verifying } = generateKeys('ES256')
  const partner = createKey({ alg: 'ES256', material: verifying, kid: 'partner' })
  const store = createStore([
    createFixedKeySource(partner, 'partner'),
    makeSource('HS256', undefined)
  ])
  for (const name of ['partner', 'nobody']) {
    for (const typ of [undefined, 'at+jwt']) {
      const error = t.throws(() => store.signer(name, typ)('{}'), { instanceOf: ServiceError })
      t.is(error?.code, 'internal')
    }
  }
})

test('a signer follows the clock', async (t) => {
  let now = NOON - 1
  const old = limitToPeriod(makeSource('HS256', 'old'), { until: NOON + 1000 })
  const fresh = limitToPeriod(makeSource('HS256', 'new'), { from: NOON })
  const store = createStore([fresh, old], () => now)
  const sign = store.signer()
  t.is(kidOf(await sign('{}')), 'old')
  now = NOON
  t.is(kidOf(await sign('{}')), 'new')
  now = NOON + 1000
  t.throws(() => store.signer('old')('{}'), { instanceOf: ServiceError })
})

test('candidates have the algorithm and, where both have one, the kid of the token', (t) => {
  const sources = [
    makeSource('HS256', 'main'),
    makeSource('HS256', undefined),
    makeSource('HS512', 'main')
  ]
  const store = createStore(sources)
  const [main, nameless] = sources.map((source) => source.verificationKeys(NOON)[0])
  t.deepEqual(store.candidates({ alg: 'HS256', kid: 'main' }), [main, nameless])
  t.deepEqual(store.candidates({ alg: 'HS256', kid: 'other' }), [nameless])
  t.deepEqual(store.candidates({ alg: 'HS256' }), [main, nameless])
  t.deepEqual(store.candidates({ alg: 'RS256', kid: 'main' }), [])
  t.deepEqual(store.candidates({ alg: 'HS256' }, ['main']), [main])
  t.deepEqual(store.candidates({ alg: 'HS256' }, ['other']), [])
})

test('the list of candidates is rebuilt when keys change, and not for each token', (t) => {
  let keys = [makeKey('HS256', 'a')]
  let now = NOON
  let asked = 0
  const count = (source: KeySource): KeySource => ({
    ...source,
    verificationKeys(time) {
      asked++
      return source.verificationKeys(time)
    }
  })
  const store = createStore(
    [
      ...Array.from({ length: 100 }, (_, index) => count(makeSource('HS256', `fixed-${index}`))),
      makeSource('HS256', undefined, { isFixed: false, verificationKeys: () => keys }),
      limitToPeriod(makeSource('HS256', 'old'), { until: NOON + 1000 })
    ],
    () => now
  )
  const kids = () =>
    store
      .candidates({ alg: 'HS256' })
      .slice(100)
      .map(({ kid }) => kid)
  const all = store.candidates({ alg: 'HS256' })
  t.is(all.length, 102)
  t.is(store.candidates({ alg: 'HS256' }), all)
  t.deepEqual(kids(), ['a', 'old'])
  const [first] = keys
  t.true(first !== undefined && store.isCurrent(first))
  keys = [makeKey('HS256', 'b'), makeKey('HS256', 'c')]
  t.deepEqual(kids(), ['b', 'c', 'old'])
  t.false(first !== undefined && store.isCurrent(first))
  now = NOON + 1000
  t.deepEqual(kids(), ['b', 'c'])
  t.is(asked, 100, 'fixed keys are read once')
})

test('public halves are published by kid, in the order of the sources, and no secrets', (t) => {
  const { signing, verifying } = generateKeys('ES256')
  const key = createKey({ alg: 'ES256', material: signing, kid: 'ec' })
  const nameless = makeKey('EdDSA')
  const store = createStore([
    makeSource('HS256', 'secret'),
    createFixedKeySource(key, 'ec'),
    createFixedKeySource(nameless, undefined)
  ])
  const thumbprint = nameless.publicJwk?.kid ?? ''
  t.deepEqual([...store.published().keys()], ['ec', thumbprint])
  t.deepEqual(store.published().get('ec'), { jwk: key.publicJwk, pem: toPem(verifying) })
})

test('published keys follow the clock, and the next change is the earliest of all sources', (t) => {
  let now = NOON
  const store = createStore(
    [
      limitToPeriod(makeSource('ES256', 'a'), { until: NOON + 2000 }),
      limitToPeriod(makeSource('ES256', 'b'), { until: NOON + 1000 }),
      limitToPeriod(makeSource('ES256', 'c'), { from: NOON + 500 })
    ],
    () => now
  )
  t.deepEqual([...store.published().keys()], ['a', 'b', 'c'])
  t.is(store.changesAt(), NOON + 1000)
  now = NOON + 1000
  t.deepEqual([...store.published().keys()], ['a', 'c'])
  t.is(store.changesAt(), NOON + 2000)
  now = NOON + 2000
  t.is(store.changesAt(), Number.POSITIVE_INFINITY)
})

test('a missing key is looked up in the named sources, or in all', async (t) => {
  const asked: string[] = []
  const remote = (name: string) =>
    makeSource('HS256', name, { refreshForKid: async (kid) => void asked.push(`${name}: ${kid}`) })
  const store = createStore([makeSource('HS256', 'fixed'), remote('one'), remote('two')])
  await store.refreshForKid('x')
  await store.refreshForKid('y', ['two', 'fixed'])
  t.deepEqual(asked, ['one: x', 'two: x', 'two: y'])
})

test('starting waits for every source', async (t) => {
  const started: string[] = []
  const slow = (name: string) =>
    makeSource('HS256', name, {
      start: async () => {
        await new Promise(setImmediate)
        started.push(name)
      }
    })
  await createStore([slow('one'), makeSource('HS256'), slow('two')]).start()
  t.deepEqual(started, ['one', 'two'])
})

test('when sources do not start, all are closed and every reason is reported', async (t) => {
  const closed: string[] = []
  const source = (name: string, start: () => Promise<void>) =>
    makeSource('HS256', name, { start, close: () => void closed.push(name) })
  const fail = (message: string) => async () => {
    throw new KeyError(message)
  }
  const store = createStore([
    source('one', fail('found no set')),
    source('two', async () => {}),
    source('three', fail('found no folder'))
  ])
  await t.throwsAsync(store.start(), {
    instanceOf: KeyError,
    message: 'found no set; found no folder'
  })
  t.deepEqual(closed, ['one', 'two', 'three'])
})

test('an unexpected error of a start is thrown unchanged', async (t) => {
  const fault = new TypeError('a fault')
  const store = createStore([makeSource('HS256', 'one', { start: () => Promise.reject(fault) })])
  t.is(await t.throwsAsync(store.start()), fault)
})
