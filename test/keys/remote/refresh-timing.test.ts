import test from 'ava'
import { createRefreshTiming } from '../../../src/keys/remote/refresh-timing.ts'

const MINUTE = 60_000

test('the next refresh lies ahead of the end, at 80 to 90 percent', (t) => {
  t.is(createRefreshTiming(15 * MINUTE, () => 0).afterSuccess(10 * MINUTE), 8 * MINUTE)
  t.is(createRefreshTiming(15 * MINUTE, () => 1).afterSuccess(10 * MINUTE), 9 * MINUTE)
})

test('the refresh time stands in for headers that say nothing, and bounds those that say more', (t) => {
  const timing = createRefreshTiming(10 * MINUTE, () => 0)
  t.is(timing.afterSuccess(undefined), 8 * MINUTE)
  t.is(timing.afterSuccess(Number.POSITIVE_INFINITY), 8 * MINUTE)
})

test('headers cannot ask for more than a fetch a minute', (t) => {
  t.is(createRefreshTiming(10 * MINUTE, () => 0).afterSuccess(0), 0.8 * MINUTE)
})

test('a refresh time below a minute is kept to', (t) => {
  const timing = createRefreshTiming(1000, () => 0)
  t.is(timing.afterSuccess(0), 800)
  t.is(timing.afterFailure(4), 500)
})

test('pauses after failures double up to five minutes', (t) => {
  const timing = createRefreshTiming(15 * MINUTE, () => 1)
  const pauses = [1, 2, 3, 6, 7, 1000, 2000].map(timing.afterFailure)
  t.deepEqual(pauses, [5_000, 10_000, 20_000, 160_000, 5 * MINUTE, 5 * MINUTE, 5 * MINUTE])
})

test('pauses after failures are spread over their later half', (t) => {
  t.is(createRefreshTiming(15 * MINUTE, () => 0).afterFailure(1), 2_500)
})
