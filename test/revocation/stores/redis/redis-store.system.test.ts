import { setTimeout as wait } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { eventually } from '../../../helpers/eventually.ts'
import { startRedis } from '../../../helpers/redis.ts'
import { startRedisReplica } from '../../../helpers/revocations.ts'

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

test('a replica that starts later reads what was revoked before', async (t) => {
  const { port } = await startRedis(t)
  const first = await startRedisReplica(t, port)
  // More than one page of reading.
  await Promise.all(Array.from({ length: 1200 }, (_, index) => first.revoke(`token ${index}`)))
  const later = await startRedisReplica(t, port)
  t.true(later.knows('token 0'))
  t.true(later.knows('token 1199'))
})

test('a message that never came is noticed by the next beat', async (t) => {
  const { port, command } = await startRedis(t)
  const replica = await startRedisReplica(t, port)
  const end = String(Date.now() + 3_600_000)
  await command('ZADD', 'txtoken:revoked', end, '["token",null,"unheard"]')
  await command('HINCRBY', 'txtoken:revoked:version', 'sequence', '1')
  t.log(`noticed after ${(await eventually(() => replica.knows('unheard'))).toFixed(0)} ms`)
  t.pass()
})

test('what FLUSHALL removes is written back by the replicas', async (t) => {
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
  t.true([...first.log, ...second.log].some((message) => message.includes('writes them back')))
})

test('a Redis that comes back without its data is given it again', async (t) => {
  const redis = await startRedis(t)
  const [first, second] = await startTwo(t, redis.port)
  await first.revoke('before')
  await redis.kill()
  await eventually(() => !first.revocations.isAvailable() && !second.revocations.isAvailable())
  await t.throwsAsync(first.revoke('meanwhile'), { message: /cannot be checked/ })
  t.true(first.knows('before'), 'the list in memory stays')
  await redis.start()
  await eventually(() => first.revocations.isAvailable() && second.revocations.isAvailable())
  await second.revoke('after')
  await eventually(() => first.knows('after'))
  const later = await startRedisReplica(t, redis.port)
  // The others may be writing it back still; what they write is published.
  await eventually(() => later.knows('before') && later.knows('after'))
})

test('as soon as a replica is complete again, it can revoke', async (t) => {
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

test('a connection that is cut is replaced, and what came meanwhile is read', async (t) => {
  const redis = await startRedis(t)
  const [first, second] = await startTwo(t, redis.port)
  await first.revoke('before')
  await redis.command('CLIENT', 'KILL', 'TYPE', 'pubsub')
  const end = String(Date.now() + 3_600_000)
  await redis.command('ZADD', 'txtoken:revoked', end, '["token",null,"meanwhile"]')
  await eventually(() => first.knows('meanwhile') && second.knows('meanwhile'))
  await eventually(() => succeeds(first.revoke('after')))
  await eventually(() => second.knows('after'))
  t.true(second.knows('before'))
})

test('a Redis that is silent on open connections makes the list incomplete, until it answers', async (t) => {
  const redis = await startRedis(t)
  const [first, second] = await startTwo(t, redis.port)
  redis.freeze()
  t.teardown(redis.thaw)
  const noticed = await eventually(() => !first.revocations.isAvailable())
  t.log(`noticed after ${noticed.toFixed(0)} ms`)
  await t.throwsAsync(first.revoke('unheard'), { message: /cannot be checked/ })
  // Long enough for the connections to be given up, and for new ones to meet the same silence.
  await wait(2500)
  redis.thaw()
  await eventually(() => first.revocations.isAvailable() && second.revocations.isAvailable())
  await second.revoke('heard')
  await eventually(() => first.knows('heard'))
  t.pass()
})

test('a replica starts without Redis, knows nothing, and catches up once it is there', async (t) => {
  const redis = await startRedis(t)
  await redis.kill()
  const replica = await startRedisReplica(t, redis.port)
  t.false(replica.revocations.isAvailable())
  await redis.start()
  await eventually(() => replica.revocations.isAvailable())
  await replica.revoke('token')
  t.true(replica.knows('token'))
})

test('an entry that cannot be read is not taken for nothing', async (t) => {
  const { port, command } = await startRedis(t)
  await command('ZADD', 'txtoken:revoked', 'inf', '["something new"]')
  const replica = await startRedisReplica(t, port)
  t.false(replica.revocations.isAvailable())
  await command('DEL', 'txtoken:revoked')
  await eventually(() => replica.revocations.isAvailable())
  t.pass()
})

test('what somebody else publishes or stores is not taken for a revocation, and ends nothing for good', async (t) => {
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

test('of two replicas that swap one record at once, one succeeds', async (t) => {
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

async function startTwo(t: ExecutionContext, port: number) {
  return [await startRedisReplica(t, port), await startRedisReplica(t, port)] as const
}

function succeeds(action: Promise<void>): Promise<boolean> {
  return action.then(
    () => true,
    () => false
  )
}
