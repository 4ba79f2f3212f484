import test from 'ava'
import { createMemoryStore } from '../../../src/revocation/stores/memory-store.ts'
import { createFakeClock } from '../../helpers/fake-clock.ts'

const HOUR_MS = 3_600_000
/** Room for seven records of 1,000 characters. */
const ROOM = 10_000

/** The records of a small store, with its reports. */
function createSmall() {
  const clock = createFakeClock()
  const held: number[] = []
  const evicted: number[] = []
  const report = {
    recordsHeld(bytes: number, maxBytes: number) {
      held.push(bytes / maxBytes)
    },
    recordEvicted: () => void evicted.push(1)
  }
  const store = createMemoryStore({ ...clock, report }, ROOM)
  const put = (name: string, text = 'x'.repeat(1000)) =>
    store.records.put(name, { text, until: clock.now() + HOUR_MS })
  return { ...store, clock, put, held, evicted }
}

test('when the store is full, the least recently used records are evicted', async (t) => {
  const { records, put, held, evicted } = createSmall()
  for (let count = 0; count < 100; count++) {
    await put(`record ${count}`)
    t.not(await records.get('record 0'), undefined, 'one that is used stays')
  }
  t.is(await records.get('record 1'), undefined)
  t.not(await records.get('record 99'), undefined)
  t.is(evicted.length, 93)
  t.true(held.every((share) => share <= 1))
  t.true((held.at(-1) ?? 0) > 0.8)
})

test('a record that is replaced over and over takes the memory of one', async (t) => {
  const { records, put, held, evicted } = createSmall()
  const until = HOUR_MS * 1e6
  await put('other')
  await records.put('record', { text: 'x', until })
  const before = held.at(-1)
  for (let count = 0; count < 1000; count++) {
    t.true(await records.swap('record', 'x', { text: 'y', until }))
    t.true(await records.swap('record', 'y', { text: 'x', until }))
  }
  t.is(held.at(-1), before)
  t.deepEqual(evicted, [])
})

test('characters beyond Latin-1 count as two bytes, as in memory', async (t) => {
  const { put, held } = createSmall()
  await put('latin', 'é'.repeat(1000))
  await put('more', '猫'.repeat(1000))
  const [latin = 0, both = 0] = held
  t.is(Math.round((both - latin - latin) * ROOM), 999)
})

test('expired records free their memory', async (t) => {
  const { start, close, clock, put, held } = createSmall()
  await start({ add() {}, held: () => [], available() {}, unavailable() {} })
  await put('record')
  await clock.advance(HOUR_MS + 60_000)
  t.is(held.at(-1), 0)
  await close()
})
