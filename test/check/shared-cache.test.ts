import test from 'ava'
import { createSharedCache } from '../../src/check/shared-cache.ts'
import { createFakeClock } from '../helpers/fake-clock.ts'

const MINUTE = 60_000

/** A cache, and loaders that count how often they are asked. */
function createCache(entries = 10) {
  const clock = createFakeClock()
  const loaded: string[] = []
  const getShared = createSharedCache<string>({ entries, now: clock.now })
  const get = (key: string, forMs = MINUTE) =>
    getShared(key, async () => {
      loaded.push(key)
      return { value: `${key} ${loaded.length}`, until: clock.now() + forMs }
    })
  return { clock, loaded, get, getShared }
}

test('an answer is reused until it expires', async (t) => {
  const { clock, get } = createCache()
  t.is(await get('a'), 'a 1')
  await clock.advance(MINUTE - 1)
  t.is(await get('a'), 'a 1')
  await clock.advance(1)
  t.is(await get('a'), 'a 2')
})

test('an answer that has already expired when it comes is used once', async (t) => {
  const { get } = createCache()
  t.is(await get('a', 0), 'a 1')
  t.is(await get('a', -1), 'a 2')
})

test('a clock that is set back makes no answer last longer', async (t) => {
  const { clock, get } = createCache()
  await get('a')
  clock.jump(-1)
  t.is(await get('a'), 'a 2')
})

test('the least recently used answer is evicted for a new one', async (t) => {
  const { loaded, get } = createCache(2)
  for (const key of ['a', 'b', 'a', 'c', 'b', 'c', 'a']) await get(key)
  t.deepEqual(loaded, ['a', 'b', 'c', 'b', 'a'])
})

test('concurrent calls for one key share an answer, calls for another key do not', async (t) => {
  const { loaded, get } = createCache()
  t.deepEqual(await Promise.all([get('a', 0), get('b'), get('a', 0)]), ['a 1', 'b 2', 'a 1'])
  t.deepEqual(loaded, ['a', 'b'])
})

test('all callers that wait for a load get its error, which is not kept', async (t) => {
  const { get, getShared } = createCache()
  const fail = () => Promise.reject(new Error('broken'))
  const both = await Promise.allSettled([getShared('a', fail), getShared('a', fail)])
  t.deepEqual(
    both.map(({ status }) => status),
    ['rejected', 'rejected']
  )
  t.is(await get('a'), 'a 1')
})
