/** Failover of a Redis: by Sentinels, and in a Cluster. */
import { setTimeout as wait } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { Redis } from 'ioredis'
import { eventually } from '../../../helpers/eventually.ts'
import { startRedis, type TestRedis } from '../../../helpers/redis.ts'
import { startCluster, startWatchedRedis } from '../../../helpers/redis-groups.ts'
import { startRedisReplica, type TestReplica } from '../../../helpers/revocations.ts'

for (const [mode, startGroup] of Object.entries({
  sentinel: async (t: ExecutionContext) => {
    const { master, replica, address } = await startWatchedRedis(t)
    return { first: master, second: replica, address }
  },
  cluster: async (t: ExecutionContext) => {
    const { owner, replica, address } = await startCluster(t)
    return { first: owner, second: replica, address }
  }
})) {
  test(`${mode}: revocations acknowledged under load survive a failover, and the failback`, async (t) => {
    const { first, second, address } = await startGroup(t)
    const [here, there] = [
      await startRedisReplica(t, 0, address),
      await startRedisReplica(t, 0, address)
    ]
    const load = startLoad(t, [here, there])
    await load.acknowledges(200)
    await first.kill()
    await eventually(() => [here, there].every(({ revocations }) => !revocations.isAvailable()))
    await eventually(() => [here, there].every(({ revocations }) => revocations.isAvailable()))
    await load.acknowledges(200)
    // The other one is silent, and the first one, which takes over again, has only the data that it got since.
    await first.start()
    await eventually(async () => (await linkOf(first)) === 'up', 20)
    second.freeze()
    t.teardown(second.thaw)
    await eventually(() => [here, there].every(({ revocations }) => !revocations.isAvailable()))
    await eventually(() => [here, there].every(({ revocations }) => revocations.isAvailable()))
    await load.acknowledges(200)
    // At first it still considers itself the master.
    second.thaw()
    await load.acknowledges(200)
    const revoked = await load.end()
    await knowAll(t, [here, there], revoked.tokens)
    const later = await startRedisReplica(t, 0, address)
    await knowAll(t, [later], revoked.tokens)
    for (const name of revoked.records) {
      t.is(await here.revocations.records.get(name), 'spent', name)
    }
    t.log(`${revoked.tokens.length} revocations, ${revoked.records.length} records`)
  })

  test(`${mode}: records and counts are shared, and writes wait for a replica while there is one`, async (t) => {
    const { first, second, address } = await startGroup(t)
    const [here, there] = [
      await startRedisReplica(t, 0, address),
      await startRedisReplica(t, 0, address)
    ]
    const until = Date.now() + 600_000
    await here.revocations.records.put('record', { text: 'old', until })
    t.true(await there.revocations.records.swap('record', 'old', { text: 'new', until }))
    t.is(await here.revocations.records.get('record'), 'new')
    t.like(await here.revocations.counts?.add('name', 1, 60_000), { count: 1 })
    t.like(await there.revocations.counts?.add('name', 1, 60_000), { count: 2 })
    await here.revocations.counts?.clear('name')
    t.like(await there.revocations.counts?.add('name', 1, 60_000), { count: 1 })
    const before = await waitsOf(first)
    await here.revocations.records.put('waited for', { text: 'x', until })
    await here.revoke('waited for')
    t.is((await waitsOf(first)) - before, 2)
    await second.kill()
    for (let count = 0; count < 20; count++) {
      await here.revocations.records.put('not waited for', { text: 'x', until })
    }
    t.true((await waitsOf(first)) - before < 20)
  })
}

test('a Redis that Sentinels have replaced is no longer used, even if it still answers as the master', async (t) => {
  const { master, replica, address, named } = await startWatchedRedis(t)
  // Sentinels cannot reach it, and it cannot reach others; the service can reach it.
  const here = await startRedisReplica(t, 0, address)
  await here.revoke('before')
  const client = new Redis({ port: master.port })
  t.teardown(() => client.disconnect())
  await client.config('SET', 'requirepass', 'that nobody else has')
  const clients = String(await client.client('LIST'))
    .trim()
    .split('\n')
  for (const line of clients.filter((one) => !/ name=txtoken | cmd=client/.test(one))) {
    await client.client('KILL', 'ID', /id=(\d+)/.exec(line)?.[1] ?? '')
  }
  await named(replica.port)
  // While it switches to the other one, a revocation is not acknowledged.
  const isRevoked = () =>
    here.revoke('after').then(
      () => true,
      () => false
    )
  await eventually(isRevoked, 20)
  await eventually(async () => {
    const stored = String(await replica.command('ZRANGE', 'txtoken:revoked', '0', '-1'))
    return stored.includes('before') && stored.includes('after')
  }, 20)
  t.true(here.revocations.isAvailable())
})

test('a Redis that becomes a read-only replica is no longer used', async (t) => {
  const { port, command } = await startRedis(t)
  const { revocations, knows, revoke } = await startRedisReplica(t, port)
  await revoke('before')
  // A replica of a missing master keeps its data, and gets nothing new.
  await command('REPLICAOF', '127.0.0.1', '1')
  await eventually(() => !revocations.isAvailable())
  t.regex(revocations.reason() ?? '', /this is a read-only replica/)
  await command('REPLICAOF', 'NO', 'ONE')
  await eventually(() => revocations.isAvailable())
  const later = await startRedisReplica(t, port)
  await eventually(() => later.knows('before'))
  t.true(knows('before'))
})

/** Revokes at all replicas at once, until it is ended, and spends records. */
function startLoad(t: ExecutionContext, replicas: readonly TestReplica[]) {
  const tokens: string[] = []
  const records: string[] = []
  let isDone = false
  let count = 0
  t.teardown(() => {
    isDone = true
  })

  async function run(replica: TestReplica): Promise<void> {
    while (!isDone) {
      const name = `name ${count++}`
      try {
        await replica.revoke(name)
        tokens.push(name)
        const { records: store } = replica.revocations
        const until = Date.now() + 600_000
        await store.put(name, { text: 'unspent', until })
        if (await store.swap(name, 'unspent', { text: 'spent', until })) records.push(name)
      } catch {
        // It was not acknowledged.
      }
      await wait(10)
    }
  }

  const running = Promise.all([...replicas, ...replicas].map(run))
  return {
    /** Waits for so many more. */
    async acknowledges(more: number): Promise<void> {
      const wanted = records.length + more
      await eventually(() => records.length >= wanted)
    },
    async end() {
      isDone = true
      await running
      return { tokens, records }
    }
  }
}

/** Entries that one replica writes back are published to the others. */
async function knowAll(
  t: ExecutionContext,
  replicas: readonly TestReplica[],
  tokens: readonly string[]
): Promise<void> {
  for (const { knows } of replicas) {
    await eventually(() => tokens.every(knows))
    t.deepEqual(
      tokens.filter((token) => !knows(token)),
      []
    )
  }
}

/** How often a Redis was asked to wait until a second one has what was written. */
async function waitsOf(redis: TestRedis): Promise<number> {
  const about = String(await redis.command('INFO', 'commandstats'))
  return Number(/cmdstat_wait:calls=(\d+)/.exec(about)?.[1] ?? 0)
}

async function linkOf(redis: TestRedis): Promise<string | undefined> {
  const about = String(await redis.command('INFO', 'replication'))
  return /master_link_status:(\w+)/.exec(about)?.[1]
}
