/** The revocations of one replica. */
import type { ExecutionContext } from 'ava'
import { startUnreferencedTimer } from '../../src/keys/timer.ts'
import { createRevocations, type Revocations } from '../../src/revocation/revocations.ts'
import type { RedisAddress } from '../../src/revocation/stores/redis/address.ts'
import { createRedisStore } from '../../src/revocation/stores/redis/redis-store.ts'

export interface TestReplica {
  readonly revocations: Revocations
  /** The messages of its log so far. */
  readonly log: string[]
  /** Whether the token of this `jti`, without an issuer, is revoked here. */
  readonly knows: (jti: string) => boolean
  /** Revokes the token of this `jti` for an hour. */
  readonly revoke: (jti: string) => Promise<void>
}

const HOUR_MS = 3_600_000

/** Starts a replica that shares the Redis on this port, or at another address; it ends with the test. */
export async function startRedisReplica(
  t: ExecutionContext,
  port: number,
  address: Partial<RedisAddress> = {}
): Promise<TestReplica> {
  const log: string[] = []
  const revocations = createRevocations({
    store: createRedisStore({
      address: { mode: 'single', nodes: [{ host: '127.0.0.1', port }], database: 0, ...address },
      now: Date.now,
      log: { warn: (_fields, message) => void log.push(message) }
    }),
    now: Date.now,
    startTimer: startUnreferencedTimer,
    report: { entries() {}, available() {}, synchronized() {} }
  })
  t.teardown(revocations.close)
  await revocations.start()
  return {
    revocations,
    log,
    knows: (jti) => revocations.isRevoked({ claims: { jti } }),
    revoke: (jti) =>
      revocations.revoke(
        { revoked: { kind: 'token', issuer: undefined, jti }, until: Date.now() + HOUR_MS },
        1_000_000
      )
  }
}
