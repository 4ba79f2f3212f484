import test, { type ExecutionContext } from 'ava'
import { createRevocations } from '../../src/revocation/revocations.ts'
import { createMemoryStore } from '../../src/revocation/stores/memory-store.ts'
import type { RevocationStore } from '../../src/revocation/stores/store.ts'
import { createFakeClock, type FakeClock } from '../helpers/fake-clock.ts'

const HOUR_MS = 3_600_000

test('what the store does not take is not revoked here either', async (t) => {
  const clock = createFakeClock()
  const store = createMemoryStore(clock)
  const { revocations } = await build(t, clock, {
    ...store,
    add: async () => {
      throw new Error('out of reach')
    }
  })
  await t.throwsAsync(revocations.revoke(tokenRevocation(clock, 'one')), {
    message: /cannot be checked/
  })
  t.false(revocations.isRevoked({ claims: { jti: 'one' } }))
})

test('a full list takes no more, and forgets none', async (t) => {
  const clock = createFakeClock()
  const { revocations } = await build(t, clock, createMemoryStore(clock))
  await revocations.revoke(tokenRevocation(clock, 'one'))
  await revocations.revoke(tokenRevocation(clock, 'two'))
  await t.throwsAsync(revocations.revoke(tokenRevocation(clock, 'three')), {
    message: /cannot be checked/
  })
  t.true(revocations.isRevoked({ claims: { jti: 'one' } }))
  await clock.advance(HOUR_MS + 60_000)
  await revocations.revoke(tokenRevocation(clock, 'three'))
  t.true(revocations.isRevoked({ claims: { jti: 'three' } }))
})

test('the number of entries is reported as they come and go', async (t) => {
  const clock = createFakeClock()
  const { revocations, counts } = await build(t, clock, createMemoryStore(clock))
  await revocations.revoke(tokenRevocation(clock, 'one'))
  t.is(counts.at(-1), 1)
  await clock.advance(HOUR_MS + 60_000)
  t.is(counts.at(-1), 0)
})

test('records in memory end, and are swapped once', async (t) => {
  const clock = createFakeClock()
  const { revocations } = await build(t, clock, createMemoryStore(clock))
  const { records } = revocations
  const until = clock.now() + HOUR_MS
  await records.put('record', { text: 'old', until })
  t.false(await records.swap('record', 'other', { text: 'new', until }))
  t.true(await records.swap('record', 'old', { text: 'new', until }))
  t.false(await records.swap('record', 'old', { text: 'newer', until }))
  t.is(await records.get('record'), 'new')
  clock.jump(HOUR_MS)
  t.is(await records.get('record'), undefined)
  t.false(await records.swap('record', 'new'))
})

test('with the last user, all timers end', async (t) => {
  const clock = createFakeClock()
  const { revocations } = await build(t, clock, createMemoryStore(clock))
  t.true(clock.timers() > 0)
  await revocations.close()
  t.is(clock.timers(), 0)
})

async function build(t: ExecutionContext, clock: FakeClock, store: RevocationStore) {
  const counts: number[] = []
  const revocations = createRevocations({
    store,
    ...clock,
    maxEntries: 2,
    report: { entries: (count) => void counts.push(count), available() {}, synchronized() {} }
  })
  t.teardown(revocations.close)
  await revocations.start()
  return { revocations, counts }
}

function tokenRevocation(clock: FakeClock, jti: string) {
  const revoked = { kind: 'token', issuer: undefined, jti } as const
  return { revoked, until: clock.now() + HOUR_MS }
}
