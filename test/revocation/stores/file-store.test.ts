import { join } from 'node:path'
import test from 'ava'
import type { Revocation } from '../../../src/revocation/revocation.ts'
import { eventually } from '../../helpers/eventually.ts'
import { createFakeClock } from '../../helpers/fake-clock.ts'
import { openFileStore } from '../../helpers/file-store.ts'
import { writeFiles } from '../../helpers/folder.ts'
import { createTemporaryFolder } from '../../helpers/temporary-folder.ts'

const HOUR_MS = 3_600_000

test('every kind of revocation is read back unchanged', async (t) => {
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

test('of many concurrent swaps of one record, one succeeds', async (t) => {
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

test('an expired record is gone', async (t) => {
  const clock = createFakeClock()
  const { store } = await openFileStore(t, await createTemporaryFolder(t), clock.now)
  await store.records.put('record', { text: 'text', until: clock.now() + 1000 })
  clock.jump(1000)
  t.is(await store.records.get('record'), undefined)
  t.false(await store.records.swap('record', 'text'))
})

test('records have their own limit: beyond it new ones are rejected, existing ones are swapped, and revoking goes on', async (t) => {
  const folder = await createTemporaryFolder(t)
  const clock = createFakeClock()
  const held: number[] = []
  const report = { recordsHeld: (bytes: number) => void held.push(bytes), recordEvicted() {} }
  const open = () =>
    openFileStore(t, folder, clock.now, clock.startTimer, { report, maxBytes: 500 })
  const { store } = await open()
  const record = { text: 'x'.repeat(200), until: clock.now() + HOUR_MS / 2 }
  await store.records.put('one', record)
  await store.records.put('two', record)
  await store.records.put('three', record)
  const full = { name: 'StoreFullError' }
  await t.throwsAsync(store.records.put('four', record), full)
  t.true(await store.records.swap('one', record.text, { ...record, text: 'y'.repeat(200) }))
  await store.add({ revoked: { kind: 'key', kid: 'old' }, until: Number.POSITIVE_INFINITY })
  const before = held.at(-1)
  await store.close()

  const reports = held.length
  const { store: again } = await open()
  await eventually(() => held.length > reports)
  t.is(held.at(-1), before)
  await t.throwsAsync(
    again.records.put('four', record),
    full,
    'what is there is counted at the start'
  )
  t.true(await again.records.swap('two', record.text))
  t.true(await again.records.swap('three', record.text))
  await again.records.put('four', record)
  await clock.advance(HOUR_MS)
  await eventually(() => held.at(-1) === 0)
})

test('a folder that cannot be opened is reported with the place, the reason and what is expected', async (t) => {
  const folder = await writeFiles(t, { file: '' })
  const expected = 'expected a folder that this user can read and write to'
  for (const [name, reason] of [
    ['file', 'is a file'],
    ['file/revoked', 'a part of the path is not a folder']
  ] as const) {
    const path = join(folder, name)
    const message = `cannot open ${path}: ${reason}, ${expected}`
    await t.throwsAsync(openFileStore(t, path, Date.now), { message })
  }
})

test('a folder that another process has open is rejected', async (t) => {
  const folder = await createTemporaryFolder(t)
  await openFileStore(t, folder, Date.now)
  await t.throwsAsync(openFileStore(t, folder, Date.now), {
    message: `another process has ${folder}`
  })
})
