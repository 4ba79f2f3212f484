/** The Redis of revocations is killed, stopped, and emptied. Failover has a test of its own, with Sentinels. */
import assert from 'node:assert/strict'
import { eventually } from '../helpers/eventually.ts'
import { startRedis, type TestRedis } from '../helpers/redis.ts'
import type { Drill } from './drill.ts'
import { notAnswered, startEchoRemote, startReplica } from './replica.ts'

const ROUNDS = { short: 1, full: 5 }
/** After this time without Redis, checks are rejected. */
const UNAVAILABLE_AFTER_MS = 2000

interface RedisFault {
  readonly fault: string
  readonly make: (redis: TestRedis) => unknown
  readonly clear: (redis: TestRedis) => unknown
  /** Whether Redis answers while the fault lasts. */
  readonly isReachable: boolean
}

const FAULTS: readonly RedisFault[] = [
  {
    fault: 'Redis is killed, and starts again with nothing in it',
    make: (redis) => redis.kill(),
    clear: (redis) => redis.start(),
    isReachable: false
  },
  {
    fault: 'Redis is stopped (SIGSTOP), and goes on',
    make: (redis) => redis.freeze(),
    clear: (redis) => redis.thaw(),
    isReachable: false
  },
  {
    fault: 'Redis is emptied (FLUSHALL)',
    make: (redis) => redis.command('FLUSHALL'),
    clear: () => undefined,
    isReachable: true
  }
]

export const redisFaults: readonly Drill[] = FAULTS.map(({ fault, make, clear, isReachable }) => ({
  fault,
  holds:
    'a revoked token is valid at no replica and no time, nothing is acknowledged without Redis, and afterwards all is as before',
  async run(t, size) {
    const redis = await startRedis(t)
    t.teardown(redis.thaw)
    const remote = await startEchoRemote(t)
    const settings = { revocation: { store: `redis://127.0.0.1:${redis.port}` } }
    const replicas = [
      await startReplica(t, { remote, settings }),
      await startReplica(t, { remote, settings })
    ] as const
    const [first, second] = replicas
    const revoked: string[] = []
    let checks = 0

    async function assertRevoked(): Promise<void> {
      for (const replica of replicas) {
        for (const token of revoked) {
          const status = await replica.check(token)
          assert.ok(status === 401 || status === 503, `a revoked token got ${status}`)
          checks++
        }
      }
    }

    for (let round = 0; round < ROUNDS[size]; round++) {
      const good = await first.issue()
      const bad = await first.issue()
      assert.equal(await first.revoke(bad), 200)
      await eventually(async () => (await second.check(bad)) === 401)
      revoked.push(bad)
      const duringFault = await first.issue()
      await make(redis)
      const until = performance.now() + (isReachable ? 500 : UNAVAILABLE_AFTER_MS + 500)
      while (performance.now() < until) await assertRevoked()
      const status = await first.revoke(duringFault)
      assert.equal(status, isReachable ? 200 : 503)
      // Tokens are issued all the time.
      await first.issue()
      await clear(redis)
      for (const replica of replicas) {
        await eventually(async () => (await replica.check(good)) === 200)
        assert.equal(await notAnswered(replica, revoked, 401), 0)
      }
      assert.equal(await first.revoke(duringFault), 200)
      revoked.push(duringFault)
      await eventually(async () => (await second.check(duringFault)) === 401)
    }
    // A replica that has seen none of it finds all revocations there.
    const third = await startReplica(t, { remote, settings })
    await eventually(async () => (await notAnswered(third, revoked, 401)) === 0)
    for (const replica of [...replicas, third]) assert.equal(await replica.stop(), 0)
    return { rounds: ROUNDS[size], 'checks of revoked tokens': checks, 'answered as valid': 0 }
  }
}))
