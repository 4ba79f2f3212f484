import test from 'ava'
import type { Revocation } from '../../../src/revocation/revocation.ts'
import { createFakeClock } from '../../helpers/fake-clock.ts'
import { openFileStore } from '../../helpers/file-store.ts'
import { createTemporaryFolder } from '../../helpers/temporary-folder.ts'

const HOUR_MS = 3_600_000

test('every kind of revocation comes back as it was', async (t) => {
  const folder = await createTemporaryFolder(t)
  const { now } = createFakeClock()
  const revocations: Revocation[] = [
    { revoked: { kind: 'key', kid: 'old' }, until: Number.POSITIVE_INFINITY },
    {
      revoked: { kind: 'subject', issuer: 'https://a.example', subject: 'alice', issuedUpTo: 7 },
      until: now() + HOUR_MS
    },
    { revoked: { kind: 'token', issuer: undefined, jti: 'with "quotes"' }, until: now() + HOUR_MS }
  ]
  const { store } = await openFileStore(t, folder, now)
  for (const revocation of revocations) await store.add(revocation)
  await store.close()
  t.deepEqual((await openFileStore(t, folder, now)).held, revocations)
})

test('expired entries are removed from the folder', async (t) => {
  const folder = await createTemporaryFolder(t)
  const clock = createFakeClock()
  const { store } = await openFileStore(t, folder, clock.now, clock.startTimer)
  const until = clock.now() + HOUR_MS / 2
  await store.add({ revoked: { kind: 'token', issuer: undefined, jti: 'short' }, until })
  await store.add({ revoked: { kind: 'key', kid: 'old' }, until: Number.POSITIVE_INFINITY })
  await store.records.put('record', { text: 'text', until })
  t.is(await store.records.get('record'), 'text')
  await clock.advance(2 * HOUR_MS)
  await store.close()
  const { held, store: again } = await openFileStore(t, folder, () => until - 1)
  t.deepEqual(
    held.map(({ revoked }) => revoked.kind),
    ['key']
  )
  t.is(await again.records.get('record'), undefined)
})

test('of many that swap one record at once, one succeeds', async (t) => {
  const { store } = await openFileStore(t, await createTemporaryFolder(t), Date.now)
  const until = Date.now() + HOUR_MS
  await store.records.put('record', { text: 'old', until })
  const results = await Promise.all(
    Array.from({ length: 10 }, (_, index) =>
      store.records.swap('record', 'old', { text: `new ${index}`, until })
    )
  )
  t.is(results.filter(Boolean).length, 1)
  t.is(await store.records.get('record'), `new ${results.indexOf(true)}`)
  t.true(await store.records.swap('record', `new ${results.indexOf(true)}`))
  t.is(await store.records.get('record'), undefined)
})

test('an expired record is not there any more', async (t) => {
  const clock = createFakeClock()
  const { store } = await openFileStore(t, await createTemporaryFolder(t), clock.now)
  await store.records.put('record', { text: 'text', until: clock.now() + 1000 })
  clock.jump(1000)
  t.is(await store.records.get('record'), undefined)
  t.false(await store.records.swap('record', 'text'))
})

test('a folder that another process has open is not opened', async (t) => {
  const folder = await createTemporaryFolder(t)
  await openFileStore(t, folder, Date.now)
  await t.throwsAsync(openFileStore(t, folder, Date.now), {
    message: `another process has ${folder}`
  })
})
