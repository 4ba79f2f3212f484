import test, { type ExecutionContext } from 'ava'
import { startUnreferencedTimer } from '../../src/keys/timer.ts'
import type { StoreSettings } from '../../src/revocation/stores/stores.ts'
import type { PlainRevocation } from '../../src/workers/calls.ts'
import { createStoreHub, type StoreHub } from '../../src/workers/store-hub.ts'
import { createTemporaryFolder } from '../helpers/temporary-folder.ts'

const MEMORY: StoreSettings = { kind: 'memory' }
const FOREVER: PlainRevocation = ['["key","k1"]', null]

function createHub(): StoreHub {
  return createStoreHub({ now: Date.now, startTimer: startUnreferencedTimer, log: { warn() {} } })
}

/** A worker that has the store open. It answers as `answer` says. */
async function join(
  hub: StoreHub,
  settings = MEMORY,
  answer: () => Promise<void> = async () => {}
) {
  const seen: PlainRevocation[] = []
  const calls = hub.join({
    async revoked(_handle, revocations) {
      await answer()
      seen.push(...revocations)
    }
  })
  await calls.openStore({ handle: 1, settings })
  return { ...calls, seen }
}

function tokenUntil(id: string, until: number): PlainRevocation {
  return [JSON.stringify(['token', null, id]), until]
}

async function fileStore(t: ExecutionContext): Promise<StoreSettings> {
  return { kind: 'file', folder: `${await createTemporaryFolder(t)}/revoked` }
}

test('a revocation is answered once every worker has it', async (t) => {
  const hub = createHub()
  let take = (): void => {}
  const taken = new Promise<void>((resolve) => {
    take = resolve
  })
  const first = await join(hub)
  const second = await join(hub, MEMORY, () => taken)
  let isAnswered = false
  const adding = first.addRevocation({ handle: 1, revocation: FOREVER }) as Promise<void>
  const answered = adding.then(() => {
    isAnswered = true
  })
  await new Promise(setImmediate)
  t.false(isAnswered)
  take()
  await answered
  t.deepEqual([first.seen, second.seen], [[FOREVER], [FOREVER]])
})

test('a worker that ends meanwhile is not waited for, and a stuck one is', async (t) => {
  const hub = createHub()
  const first = await join(hub)
  let fail = (_error: Error): void => {}
  const answer = () =>
    new Promise<void>((_resolve, reject) => {
      fail = reject
    })
  const second = await join(hub, MEMORY, answer)
  const add = async () => first.addRevocation({ handle: 1, revocation: FOREVER })

  const stuck = add()
  await new Promise(setImmediate)
  fail(new Error('no answer'))
  await t.throwsAsync(stuck, { message: 'no answer' })

  const ended = add()
  await new Promise(setImmediate)
  second.leave()
  fail(new Error('it has ended'))
  await t.notThrowsAsync(ended)
})

test('a worker that starts later gets the revocations that have not expired', async (t) => {
  const hub = createHub()
  const first = await join(hub)
  const lasting = tokenUntil('a', Date.now() + 60_000)
  for (const revocation of [FOREVER, lasting, tokenUntil('b', Date.now() - 1)]) {
    await first.addRevocation({ handle: 1, revocation })
  }
  const second = await join(hub)
  t.deepEqual(second.seen, [FOREVER, lasting])
})

test('the configured store stays open without workers, and another one does not', async (t) => {
  const hub = createHub()
  hub.keep(MEMORY)
  const first = await join(hub)
  await first.addRevocation({ handle: 1, revocation: FOREVER })
  first.leave()
  const second = await join(hub)
  t.deepEqual(second.seen, [FOREVER])
  hub.keep(undefined)
  await second.closeStore({ handle: 1 })
  t.deepEqual((await join(hub)).seen, [])
})

test('of several concurrent swaps of a record, one succeeds', async (t) => {
  for (const settings of [MEMORY, await fileStore(t)]) {
    const hub = createHub()
    const workers = await Promise.all([join(hub, settings), join(hub, settings)])
    const record = { text: 'first', until: Date.now() + 60_000 }
    await workers[0]?.putRecord({ handle: 1, name: 'r', record })
    const results = await Promise.all(
      [...workers, ...workers].map((worker, index) =>
        worker.swapRecord({
          handle: 1,
          name: 'r',
          expected: 'first',
          next: { ...record, text: `by ${index}` }
        })
      )
    )
    t.is(results.filter(Boolean).length, 1)
    t.is(await workers[1]?.getRecord({ handle: 1, name: 'r' }), `by ${results.indexOf(true)}`)
    t.is(await workers[1]?.getRecord({ handle: 1, name: 'other' }), null)
    await hub.close()
    for (const worker of workers) worker.leave()
  }
})

test('a full store in memory evicts records, and the primary reports it', async (t) => {
  const text = 'x'.repeat(1000)
  const evicted: number[] = []
  const report = { recordsHeld() {}, recordEvicted: () => void evicted.push(1) }
  const hub = createStoreHub({
    now: Date.now,
    startTimer: startUnreferencedTimer,
    log: { warn() {} },
    report
  })
  const worker = await join(hub)
  const until = Date.now() + 60_000
  for (let count = 0; count < 30_000; count++) {
    await worker.putRecord({ handle: 1, name: `r${count}`, record: { text, until } })
  }
  t.true(evicted.length > 0, 'the primary reports what made room')
  t.is(await worker.getRecord({ handle: 1, name: 'r0' }), null)
  t.is(await worker.getRecord({ handle: 1, name: 'r29999' }), text)
})

test('a folder is opened once for all workers, and closed with the last of them', async (t) => {
  const hub = createHub()
  const settings = await fileStore(t)
  const first = await join(hub, settings)
  const second = await join(hub, settings)
  await t.throwsAsync(join(createHub(), settings), { message: /another process has/ })
  await first.closeStore({ handle: 1 })
  t.is(await second.getRecord({ handle: 1, name: 'r' }), null)
  await second.closeStore({ handle: 1 })
  const other = await join(createHub(), settings)
  t.is(await other.getRecord({ handle: 1, name: 'r' }), null)
  await other.closeStore({ handle: 1 })
})
