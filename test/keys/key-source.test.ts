import test from 'ava'
import type { KeySource } from '../../src/keys/key-source.ts'
import { createFixedKeySource, limitToPeriod } from '../../src/keys/key-source.ts'
import { createKey } from '../../src/keys/kinds/create-key.ts'
import { generateKeys } from '../helpers/keys.ts'

const key = createKey({ alg: 'ES256', material: generateKeys('ES256').signing, kid: 'main' })
const fixed = createFixedKeySource(key, 'main')
const FROM = 1000
const UNTIL = 2000

/** The state of a source at a time, in words. */
function describe(source: KeySource, now: number): string {
  const words = [
    source.signingKey(now) === undefined ? '' : 'signs',
    source.verificationKeys(now).length === 0 ? '' : 'verifies',
    source.publishedKeys(now).length === 0 ? '' : 'published'
  ]
  return words.filter((word) => word !== '').join(' ')
}

test('without dates a key signs, verifies and is published at any time, and no change is planned', (t) => {
  t.is(limitToPeriod(fixed, {}), fixed)
  t.is(describe(fixed, 0), 'signs verifies published')
  t.is(fixed.changesAt(0), Number.POSITIVE_INFINITY)
  t.is(fixed.name, 'main')
})

test('a public key never signs', (t) => {
  const material = generateKeys('ES256').verifying
  const source = createFixedKeySource(createKey({ alg: 'ES256', material }), undefined)
  t.is(describe(source, 0), 'verifies published')
})

test('before `from` a key verifies and is published, from then on it signs', (t) => {
  const source = limitToPeriod(fixed, { from: FROM })
  t.is(describe(source, FROM - 1), 'verifies published')
  t.is(describe(source, FROM), 'signs verifies published')
})

test('at `until` a key neither signs nor verifies, and is not published', (t) => {
  const source = limitToPeriod(fixed, { until: UNTIL })
  t.is(describe(source, UNTIL - 1), 'signs verifies published')
  t.is(describe(source, UNTIL), '')
})

test('published keys change at `until`, and not at `from`, since a key is published before it', (t) => {
  const source = limitToPeriod(fixed, { from: FROM, until: UNTIL })
  t.is(source.changesAt(FROM - 1), UNTIL)
  t.is(source.changesAt(UNTIL - 1), UNTIL)
  t.is(source.changesAt(UNTIL), Number.POSITIVE_INFINITY)
})

test('a change that the source plans itself counts where it is earlier', (t) => {
  const source = limitToPeriod({ ...fixed, changesAt: () => 1500 }, { until: UNTIL })
  t.is(source.changesAt(0), 1500)
})

test('everything else of a source is unchanged', async (t) => {
  const calls: string[] = []
  const source = limitToPeriod(
    {
      ...fixed,
      refreshForKid: async (kid) => void calls.push(`refreshForKid ${kid}`),
      start: async () => void calls.push('start'),
      close: () => void calls.push('close')
    },
    { from: FROM }
  )
  await source.start?.()
  await source.refreshForKid?.('other')
  source.close?.()
  t.deepEqual(calls, ['start', 'refreshForKid other', 'close'])
  t.is(source.name, 'main')
})
