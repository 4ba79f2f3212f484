import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { eventually } from '../../../helpers/eventually.ts'
import { startRedis } from '../../../helpers/redis.ts'
import { startRedisReplica, type TestReplica } from '../../../helpers/revocations.ts'

const NOT_STORED = {
  code: 'check_unavailable',
  message: 'Revocation cannot be stored at the moment'
}

test('a revocation at one replica is seen by the other', async (t) => {
  const { port } = await startRedis(t)
  const [here, there] = [await startRedisReplica(t, port), await startRedisReplica(t, port)]
  const times: number[] = []
  for (let round = 0; round < 50; round++) {
    const startedAt = performance.now()
    await here.revoke(`round ${round}`)
    await eventually(() => there.knows(`round ${round}`), 0)
    times.push(performance.now() - startedAt)
  }
  times.sort((a, b) => a - b)
  t.log(`visible after ${times[25]?.toFixed(1)} ms, at most ${times.at(-1)?.toFixed(1)} ms`)
  t.true(here.knows('round 0'))
  t.false(there.knows('another'))
})

test('a replica that starts later reads earlier revocations', async (t) => {
  const { port } = await startRedis(t)
  const first = await startRedisReplica(t, port)
  // More than one page of reading.
  await Promise.all(Array.from({ length: 1200 }, (_, index) => first.revoke(`token ${index}`)))
  const later = await startRedisReplica(t, port)
  t.true(later.knows('token 0'))
  t.true(later.knows('token 1199'))
})

test('a lost message is noticed by the next beat', async (t) => {
  const { port, command } = await startRedis(t)
  const replica = await startRedisReplica(t, port)
  const end = String(Date.now() + 3_600_000)
  await command('ZADD', 'txtoken:revoked', end, '["token",null,"unheard"]')
  await command('HINCRBY', 'txtoken:revoked:version', 'sequence', '1')
  t.log(`noticed after ${(await eventually(() => replica.knows('unheard'))).toFixed(0)} ms`)
  t.pass()
})

test('replicas write back what FLUSHALL removes', async (t) => {
  const { port, command } = await startRedis(t)
  const [first, second] = [await startRedisReplica(t, port), await startRedisReplica(t, port)]
  await Promise.all(Array.from({ length: 600 }, (_, index) => first.revoke(`token ${index}`)))
  await eventually(() => second.knows('token 599'))
  await command('FLUSHALL')
  await second.revoke('after the flush')
  await eventually(async () => (await command('ZCARD', 'txtoken:revoked')) === 601)
  t.true(first.revocations.isAvailable())
  await eventually(() => first.knows('after the flush'))
  t.true(first.knows('token 0') && second.knows('token 599'))
  const later = await startRedisReplica(t, port)
  t.true(later.knows('token 0') && later.knows('after the flush'))
  await eventually(() =>
    [...first.log, ...second.log].some((message) => message.includes('writes them back'))
  )
})

test('replicas write back the data of a Redis that comes back empty', async (t) => {
  const redis = await startRedis(t)
  const [first, second] = await startTwo(t, redis.port)
  await first.revoke('before')
  await redis.kill()
  await eventually(() => !first.revocations.isAvailable() && !second.revocations.isAvailable())
  await t.throwsAsync(first.revoke('meanwhile'), NOT_STORED)
  t.true(first.knows('before'), 'the list in memory stays')
  await redis.start()
  await eventually(() => first.revocations.isAvailable() && second.revocations.isAvailable())
  await second.revoke('after')
  await eventually(() => first.knows('after'))
  const later = await startRedisReplica(t, redis.port)
  // The others may still be writing it back; their writes are published.
  await eventually(() => later.knows('before') && later.knows('after'))
})

test('a replica can revoke as soon as its list is complete again', async (t) => {
  const redis = await startRedis(t)
  const { revocations, revoke, knows } = await startRedisReplica(t, redis.port)
  await redis.kill()
  await eventually(() => !revocations.isAvailable())
  const revoked = new Promise<void>((resolve) =>
    revocations.onAvailability((isAvailable) => {
      if (isAvailable) resolve(revoke('at once'))
    })
  )
  await redis.start()
  await t.notThrowsAsync(revoked)
  t.true(knows('at once'))
})

test('a cut connection is replaced, and revocations made meanwhile are read', async (t) => {
  const redis = await startRedis(t)
  const [first, second] = await startTwo(t, redis.port)
  await first.revoke('before')
  const end = String(Date.now() + 3_600_000)
  // In one step, or the connections might be back before the revocation.
  await redis.commands([
    ['CLIENT', 'KILL', 'TYPE', 'pubsub'],
    ['ZADD', 'txtoken:revoked', end, '["token",null,"meanwhile"]']
  ])
  await eventually(() => first.knows('meanwhile') && second.knows('meanwhile'))
  await eventually(() => succeeds(first.revoke('after')))
  await eventually(() => second.knows('after'))
  t.true(second.knows('before'))
})

test('a silent Redis with open connections makes the list incomplete until it answers', async (t) => {
  const redis = await startRedis(t)
  const [first, second] = await startTwo(t, redis.port)
  redis.freeze()
  t.teardown(redis.thaw)
  const noticed = await eventually(() => !first.revocations.isAvailable())
  t.log(`noticed after ${noticed.toFixed(0)} ms`)
  await t.throwsAsync(first.revoke('unheard'), NOT_STORED)
  // Long enough for the connections to be given up, and for new ones to meet the same silence.
  await wait(2500)
  redis.thaw()
  await eventually(() => first.revocations.isAvailable() && second.revocations.isAvailable())
  await second.revoke('heard')
  await eventually(() => first.knows('heard'))
  t.pass()
})

test('a replica starts without Redis, has no list, and catches up once Redis is there', async (t) => {
  const redis = await startRedis(t)
  await redis.kill()
  const replica = await startRedisReplica(t, redis.port)
  t.false(replica.revocations.isAvailable())
  await redis.start()
  await eventually(() => replica.revocations.isAvailable())
  await replica.revoke('token')
  t.true(replica.knows('token'))
})

test('an unreadable entry is an error, and not ignored', async (t) => {
  const { port, command } = await startRedis(t)
  await command('ZADD', 'txtoken:revoked', 'inf', '["something new"]')
  const replica = await startRedisReplica(t, port)
  t.false(replica.revocations.isAvailable())
  await command('DEL', 'txtoken:revoked')
  await eventually(() => replica.revocations.isAvailable())
  t.pass()
})

test('foreign messages and entries are not taken for revocations, and do no lasting harm', async (t) => {
  const { port, command } = await startRedis(t)
  const [first, second] = await startTwo(t, port)
  for (const message of [
    'no JSON',
    'null',
    '{}',
    '{"epoch":"x","sequence":1,"entries":[["inf","[]"]]}',
    '{"epoch":"x","sequence":9e99,"entries":[]}'
  ]) {
    await command('PUBLISH', 'txtoken:revoked:0', message)
    await eventually(() => succeeds(first.revoke(message)))
    await eventually(() => second.knows(message))
  }
  await command('SET', 'txtoken:revoked', 'a text')
  await eventually(() => !first.revocations.isAvailable())
  await command('DEL', 'txtoken:revoked')
  await eventually(() => first.revocations.isAvailable())
  await eventually(async () => (await command('ZCARD', 'txtoken:revoked')) === 5)
  t.true(first.knows('null'))
})

test('of two concurrent swaps of one record by replicas, one succeeds', async (t) => {
  const { port } = await startRedis(t)
  const [first, second] = await startTwo(t, port)
  const until = Date.now() + 60_000
  const [{ records }, other] = [first.revocations, second.revocations.records]
  for (let round = 0; round < 20; round++) {
    const name = `record ${round}`
    await records.put(name, { text: 'old', until })
    const results = await Promise.all([
      records.swap(name, 'old', { text: 'first', until }),
      other.swap(name, 'old', { text: 'second', until })
    ])
    t.is(results.filter(Boolean).length, 1)
    t.is(await records.get(name), results[0] ? 'first' : 'second')
  }
  t.true(await records.swap('record 0', (await other.get('record 0')) ?? ''))
  t.is(await other.get('record 0'), undefined)
  await records.put('short', { text: 'x', until: Date.now() + 20 })
  await eventually(async () => (await other.get('short')) === undefined)
})

test('a missing database is not used, and no other one in its place', async (t) => {
  const { port, command } = await startRedis(t)
  const replica = await startRedisReplica(t, port, { database: 99 })
  t.false(replica.revocations.isAvailable())
  await reasonOf(replica, /^SELECT 99: ERR DB index is out of range$/)
  await t.throwsAsync(replica.revoke('token'), NOT_STORED)
  t.deepEqual(await command('KEYS', '*'), [])
})

test('a Redis in cluster mode is not used, and neither is a read-only replica', async (t) => {
  const cluster = await startRedis(t, { cluster: true })
  const first = await startRedisReplica(t, cluster.port)
  t.false(first.revocations.isAvailable())
  await reasonOf(first, /^this is a Redis Cluster: expected redis\+cluster:/)
  const source = await startRedis(t)
  const copy = await startRedis(t, { args: ['--replicaof', '127.0.0.1', String(source.port)] })
  const second = await startRedisReplica(t, copy.port)
  await reasonOf(second, /this is a read-only replica/)
  await copy.command('REPLICAOF', 'NO', 'ONE')
  await eventually(() => second.revocations.isAvailable())
})

for (const [what, rights] of Object.entries({
  'may not publish': ['~*', '&*', '+@all', '-publish'],
  'may not subscribe': ['~*', '+@all'],
  'may not write': ['~*', '&*', '+@all', '-zadd'],
  'may not write these keys': ['~txtoken:revoked', '&*', '+@all'],
  'may not select': ['~*', '&*', '+@all', '-select']
})) {
  test(`a user that ${what} makes the store unavailable, and the reason is reported`, async (t) => {
    const { port, command } = await startRedis(t)
    await command('ACL', 'SETUSER', 'ada', 'reset', 'on', '>secret', 'resetchannels', ...rights)
    const user = { username: 'ada', password: 'secret', database: 1 }
    const replica = await startRedisReplica(t, port, user)
    const { revocations } = replica
    t.false(revocations.isAvailable())
    await reasonOf(replica, /permission|can't (?:run|access)/i)
    await command('ACL', 'SETUSER', 'ada', '~*', '&*', '+@all')
    await eventually(() => revocations.isAvailable())
  })
}

test('a user with exactly the rights on the page can do everything', async (t) => {
  const page = await readFile(join(import.meta.dirname, '../../../../docs/revocation.md'), 'utf8')
  const [, commands = '', keys = '', channels = ''] =
    /ACL needs `(\+[^`]+)`, `(~[^`]+)` and `(&[^`]+)`/.exec(page) ?? []
  const { port, command } = await startRedis(t)
  const rights = [...commands.split(' '), keys, channels]
  await command('ACL', 'SETUSER', 'ada', 'reset', 'on', '>secret', ...rights)
  const user = { username: 'ada', password: 'secret', database: 1 }
  const { revocations, revoke, log } = await startRedisReplica(t, port, user)
  await revoke('token')
  await command('FLUSHALL')
  await eventually(() => log.some((message) => message.includes('writes them back')))
  const until = Date.now() + 60_000
  const { records, counts } = revocations
  await records.put('record', { text: 'old', until })
  t.true(await records.swap('record', 'old', { text: 'new', until }))
  t.is(await records.get('record'), 'new')
  t.true(await records.swap('record', 'new'))
  for (const count of [1, 2]) t.like(await counts?.add('name', 1, 60_000), { count })
  await counts?.clear('name')
})

test('a user without CLIENT is enough', async (t) => {
  const { port, command } = await startRedis(t)
  await command('ACL', 'SETUSER', 'ada', 'on', '>secret', '~*', '&*', '+@all', '-client')
  const replica = await startRedisReplica(t, port, { username: 'ada', password: 'secret' })
  await replica.revoke('token')
  t.regex(String(await command('CLIENT', 'LIST')), /name=txtoken /)
})

test('the last reason is shown', async (t) => {
  const redis = await startRedis(t)
  await redis.kill()
  const { revocations } = await startRedisReplica(t, redis.port, { database: 99 })
  t.regex(revocations.reason() ?? '', /ECONNREFUSED/)
  await redis.start()
  await eventually(() => revocations.reason()?.startsWith('SELECT 99') === true)
  t.pass()
})

test('a full Redis rejects new records; existing ones are swapped, and revoking goes on', async (t) => {
  const { port, command } = await startRedis(t)
  const first = await startRedisReplica(t, port)
  await first.revoke('before')
  const { records } = first.revocations
  const until = Date.now() + 60_000
  await records.put('record', { text: 'old', until })
  await command('CONFIG', 'SET', 'maxmemory', '1')
  await t.throwsAsync(records.put('another', { text: 'x', until }), {
    code: 'store_full',
    message: 'Store of refresh tokens is full'
  })
  t.true(await records.swap('record', 'old', { text: 'new', until }))
  t.is(await records.get('record'), 'new')
  const later = await startRedisReplica(t, port)
  t.true(later.knows('before'))
  await later.revoke('meanwhile')
  await eventually(() => first.knows('meanwhile'))
  const empty = await startRedisReplica(t, port, { database: 1 })
  t.true(empty.revocations.isAvailable(), 'one that begins is not kept from it')
})

test('with volatile-lru, a full Redis evicts refresh tokens, and no revocations', async (t) => {
  const { port, command } = await startRedis(t, {
    args: ['--maxmemory', '4mb', '--maxmemory-policy', 'volatile-lru', '--maxmemory-clients', '1mb']
  })
  const { revocations, revoke } = await startRedisReplica(t, port)
  const record = { text: 'x'.repeat(16_000), until: Date.now() + 60_000 }
  for (let count = 0; count < 500; count++) {
    await revocations.records.put(`record ${count}`, record)
    await revoke(`token ${count}`)
  }
  t.is(await command('ZCARD', 'txtoken:revoked'), 500)
  const texts = new Set<string | undefined>()
  for (let count = 0; count < 500; count++) {
    texts.add(await revocations.records.get(`record ${count}`))
  }
  // Redis knows the order by whole seconds, and picks among a few.
  t.true(texts.has(undefined))
  t.true(texts.has(record.text))
  t.is(texts.size, 2)
})

/** On a busy machine the first attempt may time out, and have that as its reason. */
async function reasonOf({ revocations }: TestReplica, expected: RegExp): Promise<void> {
  await eventually(() => expected.test(revocations.reason() ?? ''))
}

async function startTwo(t: ExecutionContext, port: number) {
  return [await startRedisReplica(t, port), await startRedisReplica(t, port)] as const
}

function succeeds(action: Promise<void>): Promise<boolean> {
  return action.then(
    () => true,
    () => false
  )
}
