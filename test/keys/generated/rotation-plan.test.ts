import test from 'ava'
import fc from 'fast-check'
import {
  type KeySchedule,
  nextSignsFrom,
  planRotation,
  type RotationSettings
} from '../../../src/keys/generated/rotation-plan.ts'

const SETTINGS: RotationSettings = {
  rotateEveryMs: 1000,
  publishAheadMs: 100,
  longestLifetimeMs: 300
}

function scheduleKey(sequence: number, signsFrom: number, longestLifetimeMs = 300): KeySchedule {
  return { sequence, signsFrom, longestLifetimeMs }
}

test('without a key, a key that signs at once is due', (t) => {
  const plan = planRotation(5000, [], SETTINGS)
  t.true(plan.due)
  t.is(plan.signing, undefined)
  t.is(nextSignsFrom(5000, [], SETTINGS), 5000)
})

test('the next key is due in time to be published ahead', (t) => {
  const keys = [scheduleKey(1, 5000)]
  t.false(planRotation(5899, keys, SETTINGS).due)
  t.is(planRotation(5899, keys, SETTINGS).changesAt, 5900)
  t.true(planRotation(5900, keys, SETTINGS).due)
  t.is(nextSignsFrom(5900, keys, SETTINGS), 6000)
})

test('a key that is made late is still published for its full time before it signs', (t) => {
  const keys = [scheduleKey(1, 5000)]
  t.is(nextSignsFrom(900_000, keys, SETTINGS), 900_100)
  t.is(planRotation(900_000, keys, SETTINGS).signing, keys[0])
})

test('a key that is published ahead does not sign yet, and no further key is due', (t) => {
  const keys = [scheduleKey(1, 5000), scheduleKey(2, 6000)]
  const before = planRotation(5999, keys, SETTINGS)
  t.is(before.signing, keys[0])
  t.deepEqual(before.live, keys)
  t.false(before.due)
  t.is(before.until, 6000)
  t.is(planRotation(6000, keys, SETTINGS).signing, keys[1])
})

test('an old key is live until its last token has expired, and its file stays a while longer', (t) => {
  const keys = [scheduleKey(1, 5000), scheduleKey(2, 6000)]
  t.deepEqual(planRotation(6299, keys, SETTINGS).live, keys)
  t.is(planRotation(6299, keys, SETTINGS).changesAt, 6300)
  t.deepEqual(planRotation(6300, keys, SETTINGS).live, keys.slice(1))
  t.deepEqual(planRotation(6399, keys, SETTINGS).removable, [])
  t.deepEqual(planRotation(6400, keys, SETTINGS).removable, keys.slice(0, 1))
})

test('a lowered lifetime does not invalidate tokens that were issued before', (t) => {
  const keys = [scheduleKey(1, 5000, 2000), scheduleKey(2, 6000)]
  t.deepEqual(planRotation(7999, keys, SETTINGS).live, keys)
  t.deepEqual(planRotation(8000, keys, SETTINGS).live, keys.slice(1))
})

test('an overdue key counts as a change that may come at any moment', (t) => {
  t.is(planRotation(7000, [scheduleKey(1, 5000)], SETTINGS).changesAt, 7000)
})

test('a replica whose clock is behind signs with the key that others sign with', (t) => {
  const keys = [scheduleKey(1, 5000), scheduleKey(2, 6000)]
  t.is(planRotation(4990, keys, SETTINGS).signing, keys[0])
})

test('when the key that signs is deleted, the one before or after it signs', (t) => {
  t.is(planRotation(6100, [scheduleKey(1, 5000)], SETTINGS).signing?.sequence, 1)
  t.is(planRotation(5950, [scheduleKey(2, 6000)], SETTINGS).signing?.sequence, 2)
})

const settings = fc
  .record({
    publishAheadMs: fc.integer({ min: 8, max: 500 }),
    between: fc.integer({ min: 1, max: 2000 }),
    longestLifetimeMs: fc.integer({ min: 0, max: 5000 })
  })
  .map(({ publishAheadMs, between, longestLifetimeMs }) => ({
    publishAheadMs,
    rotateEveryMs: publishAheadMs + between,
    longestLifetimeMs
  }))

const anyKeys = fc
  .uniqueArray(fc.integer({ min: 1, max: 20 }), { maxLength: 6 })
  .chain((sequences) =>
    fc.tuple(
      ...sequences.map((sequence) =>
        fc.record({
          sequence: fc.constant(sequence),
          signsFrom: fc.integer({ min: 0, max: 20_000 }),
          longestLifetimeMs: fc.integer({ min: 0, max: 5000 })
        })
      )
    )
  )

test('a plan is valid from its time until its end, whatever the order of the keys', (t) => {
  fc.assert(
    fc.property(
      settings,
      anyKeys,
      fc.integer({ min: 0, max: 30_000 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (chosen, keys, now, fraction) => {
        const plan = planRotation(now, keys, chosen)
        const last = Math.min(plan.until - 1, now + 50_000)
        const later = planRotation(
          now + Math.floor((last - now) * fraction),
          keys.toReversed(),
          chosen
        )
        t.deepEqual(
          [later.signing, later.live, later.removable, later.due, later.until],
          [plan.signing, plan.live, plan.removable, plan.due, plan.until]
        )
        t.true(plan.until > now)
        t.true(plan.changesAt >= plan.until || plan.due)
      }
    )
  )
  t.pass()
})

test('with any keys there is one that signs, and it is live', (t) => {
  fc.assert(
    fc.property(settings, anyKeys, fc.integer({ min: 0, max: 30_000 }), (chosen, keys, now) => {
      const { signing, live, removable } = planRotation(now, keys, chosen)
      t.is(signing === undefined, keys.length === 0)
      t.true(signing === undefined || live.includes(signing))
      t.false(removable.some((key) => live.includes(key)))
    })
  )
  t.pass()
})

const REPLICAS = 3

const walks = settings.chain((chosen) =>
  fc.record({
    chosen: fc.constant(chosen),
    /** How far each replica's clock is off. */
    offsets: fc.array(fc.nat({ max: Math.floor(chosen.publishAheadMs / 4) }), {
      minLength: REPLICAS,
      maxLength: REPLICAS
    }),
    wakings: fc.array(
      fc.record({
        replica: fc.nat({ max: REPLICAS - 1 }),
        // Mostly in time, sometimes after all of them were down for long.
        pauseMs: fc.oneof(
          { weight: 9, arbitrary: fc.nat({ max: Math.floor(chosen.publishAheadMs / 4) }) },
          { weight: 9, arbitrary: fc.nat({ max: chosen.rotateEveryMs }) },
          { weight: 1, arbitrary: fc.nat({ max: 20_000 }) }
        )
      }),
      { minLength: 20, maxLength: 100 }
    )
  })
)

test('replicas with clocks that differ never reject a valid token, sign unpublished or rotate twice', (t) => {
  fc.assert(
    fc.property(walks, ({ chosen, offsets, wakings }) => {
      const { longestLifetimeMs, publishAheadMs, rotateEveryMs } = chosen
      const clockDifference = Math.max(...offsets) - Math.min(...offsets)
      let time = 1_000_000
      let directory: (KeySchedule & { readonly addedAt: number })[] = []
      let tokens: { readonly sequence: number; readonly endsAt: number }[] = []

      for (const { replica, pauseMs } of wakings) {
        time += pauseMs
        const now = time + (offsets[replica] ?? 0)
        const plan = planRotation(now, directory, chosen)

        tokens = tokens.filter(({ endsAt }) => endsAt > now)
        for (const { sequence } of tokens)
          t.true(plan.live.some((key) => key.sequence === sequence))
        if (plan.signing !== undefined) {
          const { sequence, addedAt } = plan.signing
          t.true(sequence === 1 || time >= addedAt + publishAheadMs - clockDifference)
          tokens.push({ sequence, endsAt: now + longestLifetimeMs })
        }

        if (plan.due) {
          const newest = directory.at(-1)
          const signsFrom = nextSignsFrom(now, directory, chosen)
          t.true(newest === undefined || signsFrom >= newest.signsFrom + rotateEveryMs)
          const sequence = (newest?.sequence ?? 0) + 1
          directory.push({ sequence, signsFrom, longestLifetimeMs, addedAt: time })
        }
        directory = directory.filter((key) => !plan.removable.includes(key))
      }
    })
  )
  t.pass()
})
