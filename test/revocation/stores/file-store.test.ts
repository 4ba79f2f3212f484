import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import type { Revocation } from '../../../src/revocation/revocation.ts'
import { createFileStore } from '../../../src/revocation/stores/file-store.ts'
import type { RevocationStore } from '../../../src/revocation/stores/store.ts'
import { settled } from '../../helpers/eventually.ts'
import { createFakeClock } from '../../helpers/fake-clock.ts'
import { createTemporaryFolder } from '../../helpers/temporary-folder.ts'

const WRITER = fileURLToPath(new URL('../../helpers/revoke-without-end.ts', import.meta.url))
const HOUR_MS = 3_600_000

test('whatever was acknowledged is there after kill -9 in the middle of writing', async (t) => {
  const folder = join(await createTemporaryFolder(t), 'revoked')
  const acknowledged: string[] = []
  for (const round of ['first', 'second', 'third']) {
    acknowledged.push(...(await revokeUntilKilled(t, folder, round)))
  }
  const { held } = await open(t, folder, Date.now)
  const found = new Set(held.map(({ revoked }) => (revoked.kind === 'token' ? revoked.jti : '')))
  t.log(`${acknowledged.length} acknowledged, ${found.size} found`)
  t.deepEqual(
    acknowledged.filter((jti) => !found.has(jti)),
    []
  )
})

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
  const { store } = await open(t, folder, now)
  for (const revocation of revocations) await store.add(revocation)
  await store.close()
  t.deepEqual((await open(t, folder, now)).held, revocations)
})

test('what has ended is removed from the folder', async (t) => {
  const folder = await createTemporaryFolder(t)
  const clock = createFakeClock()
  const { store } = await open(t, folder, clock.now, clock.startTimer)
  const until = clock.now() + HOUR_MS / 2
  await store.add({ revoked: { kind: 'token', issuer: undefined, jti: 'short' }, until })
  await store.add({ revoked: { kind: 'key', kid: 'old' }, until: Number.POSITIVE_INFINITY })
  await store.records.put('record', { text: 'text', until })
  t.is(await store.records.get('record'), 'text')
  await clock.advance(2 * HOUR_MS)
  await store.close()
  const { held, store: again } = await open(t, folder, () => until - 1)
  t.deepEqual(
    held.map(({ revoked }) => revoked.kind),
    ['key']
  )
  t.is(await again.records.get('record'), undefined)
})

test('of many that swap one record at once, one succeeds', async (t) => {
  const { store } = await open(t, await createTemporaryFolder(t), Date.now)
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

test('a record that has ended is not there any more', async (t) => {
  const clock = createFakeClock()
  const { store } = await open(t, await createTemporaryFolder(t), clock.now)
  await store.records.put('record', { text: 'text', until: clock.now() + 1000 })
  clock.jump(1000)
  t.is(await store.records.get('record'), undefined)
  t.false(await store.records.swap('record', 'text'))
})

test('a folder that another process has open is not opened', async (t) => {
  const folder = await createTemporaryFolder(t)
  await open(t, folder, Date.now)
  await t.throwsAsync(open(t, folder, Date.now), { message: `another process has ${folder}` })
})

/** Opens a store, with all that it holds. */
async function open(
  t: ExecutionContext,
  folder: string,
  now: () => number,
  startTimer: Parameters<typeof createFileStore>[1]['startTimer'] = () => () => {}
): Promise<{ store: RevocationStore; held: Revocation[] }> {
  const held: Revocation[] = []
  const store = await createFileStore(folder, { now, startTimer, log: { warn: () => t.fail() } })
  t.teardown(store.close)
  await store.start({
    add: (revocations) => void held.push(...revocations),
    held: () => held,
    available() {},
    unavailable: () => t.fail()
  })
  return { store, held }
}

/** Lets a process write until it has acknowledged some, and kills it in the middle of more. */
async function revokeUntilKilled(
  t: ExecutionContext,
  folder: string,
  name: string
): Promise<string[]> {
  const child = spawn(process.execPath, ['--import=tsx', WRITER, folder, name], {
    stdio: ['ignore', 'pipe', 'inherit']
  })
  t.teardown(() => child.kill('SIGKILL'))
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
    if (text.split('\n').length > 200 && !child.killed) child.kill('SIGKILL')
  })
  await settled(once(child, 'close'), () => `200 are acknowledged, after ${text}`)
  // The last line may have been cut.
  return text.split('\n').slice(0, -1)
}
