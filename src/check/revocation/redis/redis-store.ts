/**
 * A store that replicas share: each holds the list in memory, and Redis tells each what the others revoke.
 * How a list is kept equal to Redis is in `replica.ts`; here is what happens when Redis goes and comes back.
 */
import { setTimeout as wait } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import type { RevocationFollower, RevocationStore } from '../revocation-store.ts'
import { connectToRedis, type RedisAddress } from './connection.ts'
import { toPair } from './entry-text.ts'
import { createFreshness, type Freshness } from './freshness.ts'
import { channelOf } from './names.ts'
import { createRedisRecords } from './redis-records.ts'
import { createReplica } from './replica.ts'
import { writeRevocations } from './write-revocations.ts'

/** From one answer of Redis to the next question. */
const BEAT_INTERVAL_MS = 250
/** A list that nothing has confirmed for so long is not complete any more: a revocation counts everywhere within a second. */
const FRESHNESS_LIMIT_MS = 900
/** From the end of a connection to the next attempt. */
const RETRY_DELAY_MS = 250
const SILENCE = 'Redis does not answer'

export interface RedisStoreOptions {
  readonly address: RedisAddress
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number
  readonly log: { readonly warn: (fields: object, message: string) => void }
}

/** Makes the store. It connects when it starts, and again whenever the connection is lost, until it is closed. */
export function createRedisStore({ address, now, log }: RedisStoreOptions): RevocationStore {
  const channel = channelOf(address.database)
  const ending = new AbortController()
  let current: Redis | undefined
  let lastFailure = SILENCE

  function connected(): Redis {
    if (current === undefined) throw new Error(lastFailure)
    return current
  }

  /** Follows Redis over one connection, for as long as that lasts. */
  async function live(follower: RevocationFollower, freshness: Freshness): Promise<never> {
    const client = await connectToRedis(address, ending.signal)
    try {
      const replica = createReplica({
        client,
        channel,
        follower,
        now,
        onComplete(askedAt) {
          // Not sooner, since refresh tokens are judged by the list; and before those are told who may revoke at once.
          current = client
          freshness.confirm(askedAt)
        },
        onRestored: (entries) =>
          log.warn({ entries }, 'Redis had lost revocations, they are written back')
      })
      let fault: unknown
      client.on('message', (_channel: string, text: string) => {
        try {
          replica.receive(text)
        } catch (error) {
          fault = error
          client.disconnect()
        }
      })
      const ended = new AbortController()
      client.once('end', () => ended.abort())
      await client.subscribe(channel)
      await replica.synchronize()
      for (;;) {
        await pause(BEAT_INTERVAL_MS, ended.signal)
        if (fault !== undefined) throw fault
        await replica.beat()
      }
    } finally {
      current = undefined
      client.disconnect()
    }
  }

  /** @param onKnown told whether Redis can be followed, as soon as that is known and from then on */
  async function keepFollowing(
    follower: RevocationFollower,
    onKnown: (isFollowed: boolean) => void
  ): Promise<void> {
    const freshness = createFreshness({
      limitMs: FRESHNESS_LIMIT_MS,
      onFresh() {
        lastFailure = SILENCE
        follower.available()
        onKnown(true)
      },
      onStale: () => follower.unavailable(lastFailure)
    })
    while (!ending.signal.aborted) {
      try {
        await live(follower, freshness)
      } catch (error) {
        lastFailure = (error as Error).message
        onKnown(false)
      }
      await pause(RETRY_DELAY_MS, ending.signal)
    }
    freshness.close()
  }

  let following: Promise<void> | undefined

  return {
    async start(follower) {
      const isFollowed = await new Promise<boolean>((resolve) => {
        following = keepFollowing(follower, resolve)
      })
      if (!isFollowed) follower.unavailable(lastFailure)
    },
    async add(revocation) {
      await writeRevocations(connected(), { channel, time: now(), pairs: [toPair(revocation)] })
    },
    records: createRedisRecords(connected, now),
    async close() {
      ending.abort()
      await following
    }
  }
}

/** Waits, or until the signal says that there is nothing to wait for. */
async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await wait(milliseconds, undefined, { ref: false, signal }).catch(() => undefined)
}
