/** The times of fetches, and calls in between. */
import test from 'ava'
import {
  type Attempt,
  createRefresher,
  createRefreshTiming,
  type RefresherOptions
} from '../../../src/keys/remote/refresher.ts'
import { createFakeClock } from '../../helpers/fake-clock.ts'

const SUCCESS: Attempt = { succeeded: true, lifetimeMs: undefined }
const FAILURE: Attempt = { succeeded: false }

/** Succeeds at once, every 1000 milliseconds; fails with a pause of 10 for each failure in a row. */
function startRefresher(options: Partial<RefresherOptions> = {}) {
  const clock = createFakeClock()
  const refresher = createRefresher({
    attempt: async () => SUCCESS,
    timing: { afterSuccess: () => 1000, afterFailure: (failures) => failures * 10 },
    cooldownMs: 100,
    ...clock,
    ...options
  })
  return { clock, refresher }
}

test('an attempt to fetch plans the next one, at its end', async (t) => {
  let attempts = 0
  const { clock, refresher } = startRefresher({
    attempt: async () => {
      attempts++
      return SUCCESS
    }
  })
  t.is(refresher.nextAt(), Number.POSITIVE_INFINITY)
  await refresher.refresh()
  t.is(refresher.nextAt(), clock.now() + 1000)
  await clock.advance(999)
  t.is(attempts, 1)
  await clock.advance(1)
  t.is(attempts, 2)
  t.is(clock.timers(), 1)
})

test('failed fetches in a row are counted', async (t) => {
  const results = [FAILURE, FAILURE, SUCCESS, FAILURE]
  const { clock, refresher } = startRefresher({ attempt: async () => results.shift() ?? SUCCESS })
  await refresher.refresh()
  t.is(refresher.nextAt(), clock.now() + 10)
  await clock.advance(10)
  t.is(refresher.nextAt(), clock.now() + 20)
  await clock.advance(20)
  t.is(refresher.nextAt(), clock.now() + 1000)
  await clock.advance(1000)
  t.is(refresher.nextAt(), clock.now() + 10)
})

test('an attempt to fetch reports how long its result is valid', async (t) => {
  const { clock, refresher } = startRefresher({
    attempt: async () => ({ succeeded: true, lifetimeMs: 70 }),
    timing: { afterSuccess: (stated = 0) => stated / 2, afterFailure: () => 0 }
  })
  await refresher.refresh()
  t.is(refresher.nextAt(), clock.now() + 35)
})

test('calls during an attempt to fetch join it', async (t) => {
  const { promise, resolve } = deferred<Attempt>()
  let attempts = 0
  const { refresher } = startRefresher({
    attempt: () => {
      attempts++
      return promise
    }
  })
  const calls = [refresher.refresh(), refresher.refreshAgain(), refresher.refresh()]
  resolve(SUCCESS)
  await Promise.all(calls)
  t.is(attempts, 1)
  await refresher.refresh()
  t.is(attempts, 2)
})

test('refreshAgain begins no attempt within the cooldown, whatever caused the last one', async (t) => {
  const begun: number[] = []
  const { clock, refresher } = startRefresher({
    attempt: async () => {
      begun.push(clock.now())
      return FAILURE
    },
    timing: { afterSuccess: () => 0, afterFailure: () => 150 }
  })
  const start = clock.now()
  await refresher.refreshAgain()
  await clock.advance(99)
  await refresher.refreshAgain()
  await clock.advance(1)
  await refresher.refreshAgain()
  await clock.advance(150)
  await refresher.refreshAgain()
  t.deepEqual(
    begun.map((time) => time - start),
    [0, 100, 250]
  )
})

test('a closed refresher has no timer, ends the current attempt, and begins none', async (t) => {
  const { promise, resolve } = deferred<Attempt>()
  const signals: AbortSignal[] = []
  const { clock, refresher } = startRefresher({
    attempt: (signal) => {
      signals.push(signal)
      return promise
    }
  })
  const call = refresher.refresh()
  refresher.close()
  t.true(signals[0]?.aborted)
  resolve(FAILURE)
  await call
  await refresher.refresh()
  await refresher.refreshAgain()
  t.is(signals.length, 1)
  t.is(clock.timers(), 0)
})

test('a refresher that is closed between attempts cancels its timer', async (t) => {
  const { clock, refresher } = startRefresher()
  await refresher.refresh()
  t.is(clock.timers(), 1)
  refresher.close()
  t.is(clock.timers(), 0)
})

function deferred<Value>() {
  let resolve: (value: Value) => void = () => {}
  const promise = new Promise<Value>((done) => {
    resolve = done
  })
  return { promise, resolve }
}

const MINUTE = 60_000

test('the next refresh is before the expiry, at 80 to 90 percent of the lifetime', (t) => {
  t.is(createRefreshTiming(15 * MINUTE, () => 0).afterSuccess(10 * MINUTE), 8 * MINUTE)
  t.is(createRefreshTiming(15 * MINUTE, () => 1).afterSuccess(10 * MINUTE), 9 * MINUTE)
})

test('the refresh time is used for headers without a lifetime, and limits a longer one', (t) => {
  const timing = createRefreshTiming(10 * MINUTE, () => 0)
  t.is(timing.afterSuccess(undefined), 8 * MINUTE)
  t.is(timing.afterSuccess(Number.POSITIVE_INFINITY), 8 * MINUTE)
})

test('headers of a JWK Set cannot cause more than one fetch a minute', (t) => {
  t.is(createRefreshTiming(10 * MINUTE, () => 0).afterSuccess(0), 0.8 * MINUTE)
})

test('a configured refresh time below a minute is respected', (t) => {
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
