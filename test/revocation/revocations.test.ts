import test, { type ExecutionContext } from 'ava'
import type { Revoked } from '../../src/revocation/revocation.ts'
import { createRevocations } from '../../src/revocation/revocations.ts'
import { createMemoryStore } from '../../src/revocation/stores/memory-store.ts'
import { type RevocationStore, StoreFullError } from '../../src/revocation/stores/store.ts'
import { createFakeClock, type FakeClock } from '../helpers/fake-clock.ts'

const HOUR_MS = 3_600_000
/** Entries in the list. */
const MOST = 2

test('a revocation that the store rejects is not in the list either', async (t) => {
  const clock = createFakeClock()
  const store = createMemoryStore(clock)
  const { revocations } = await build(t, clock, {
    ...store,
    add: async () => {
      throw new Error('out of reach')
    }
  })
  await t.throwsAsync(revocations.revoke(tokenRevocation(clock, 'one'), MOST), {
    code: 'check_unavailable',
    message: 'Revocation cannot be stored at the moment'
  })
  t.false(revocations.isRevoked({ claims: { jti: 'one' } }))
})

test('a full list rejects new entries, and drops none', async (t) => {
  const clock = createFakeClock()
  const { revocations } = await build(t, clock, createMemoryStore(clock))
  await revocations.revoke(tokenRevocation(clock, 'one'), MOST)
  await revocations.revoke(tokenRevocation(clock, 'two'), MOST)
  await t.throwsAsync(revocations.revoke(tokenRevocation(clock, 'three'), MOST), {
    code: 'store_full',
    message: 'List of revocations is full'
  })
  t.true(revocations.isRevoked({ claims: { jti: 'one' } }))
  await clock.advance(HOUR_MS + 60_000)
  await revocations.revoke(tokenRevocation(clock, 'three'), MOST)
  t.true(revocations.isRevoked({ claims: { jti: 'three' } }))
})

test('a list full of tokens still accepts subjects and keys, up to a tenth more', async (t) => {
  const clock = createFakeClock()
  const { revocations } = await build(t, clock, createMemoryStore(clock))
  const until = clock.now() + HOUR_MS
  const revoke = (revoked: Revoked) => revocations.revoke({ revoked, until }, 20)
  for (let count = 0; count < 20; count++) {
    await revoke({ kind: 'token', issuer: undefined, jti: `token ${count}` })
  }
  await t.throwsAsync(revoke({ kind: 'token', issuer: undefined, jti: 'more' }))
  await revoke({ kind: 'subject', issuer: undefined, subject: 'alice', issuedUpTo: 0 })
  await revoke({ kind: 'key', kid: 'k' })
  await t.throwsAsync(revoke({ kind: 'key', kid: 'l' }), { code: 'store_full' })
  t.true(revocations.isRevoked({ claims: {}, kid: 'k' }))
})

test('a full store is reported as full, and not as unavailable', async (t) => {
  const clock = createFakeClock()
  const full = async () => {
    throw new StoreFullError('no space')
  }
  const store = createMemoryStore(clock)
  const { revocations } = await build(t, clock, {
    ...store,
    add: full,
    records: { ...store.records, put: full, swap: full }
  })
  const record = { text: 'x', until: clock.now() + HOUR_MS }
  const found = { code: 'store_full', message: 'Store of refresh tokens is full' }
  await t.throwsAsync(revocations.records.put('record', record), found)
  await t.throwsAsync(revocations.records.swap('record', 'x', record), found)
  await t.throwsAsync(revocations.revoke(tokenRevocation(clock, 'one'), MOST), {
    code: 'store_full',
    message: 'Store of revocations is full'
  })
})

test('the number of entries is reported as they come and go', async (t) => {
  const clock = createFakeClock()
  const { revocations, counts } = await build(t, clock, createMemoryStore(clock))
  await revocations.revoke(tokenRevocation(clock, 'one'), MOST)
  t.is(counts.at(-1), 1)
  await clock.advance(HOUR_MS + 60_000)
  t.is(counts.at(-1), 0)
})

test('records in memory expire, and are swapped once', async (t) => {
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

test('closing the last user ends all timers', async (t) => {
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
