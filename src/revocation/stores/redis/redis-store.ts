/**
 * A store that replicas share: each holds the list in memory, and receives the revocations of the others from Redis.
 * `replica.ts` keeps one list equal to Redis; this file handles a Redis that goes away and comes back.
 */
import type {
  RevocationFollower,
  RevocationStore,
  StoreKind,
  StoreOptions,
  StoreTls
} from '../store.ts'
import {
  parseRedisUrl,
  REDIS_NOTATION,
  type RedisAddress,
  type RedisStoreSettings,
  showAddress,
  showNode
} from './address.ts'
import { connectToRedis, namesIn, pause, type RedisConnection } from './connection.ts'
import { createRedisCounts, createRedisRecords } from './records.ts'
import { createReplica, toPair, writeRevocations } from './replica.ts'

/** From one answer of Redis to the next question. */
const BEAT_INTERVAL_MS = 250
/** After this long without a confirmation, the list is no longer complete: a revocation counts everywhere within a second. */
const FRESHNESS_LIMIT_MS = 900
/** From the end of a connection to the next attempt. */
const RETRY_DELAY_MS = 250
const SILENCE = 'Redis does not answer'

export const redisStore: StoreKind<RedisStoreSettings> = {
  notation: REDIS_NOTATION,
  parse: parseRedisUrl,
  async create(settings, { tls, now, log }) {
    return createRedisStore({ address: toAddress(settings, tls), now, log })
  },
  address(settings, tls) {
    return {
      url: new URL(`redis://${showNode(settings.nodes[0])}`),
      shown: showAddress(settings),
      kind: 'redis',
      async reach(signal) {
        const { client } = await connectToRedis(toAddress(settings, tls), signal)
        client.disconnect()
        return 'answers as Redis'
      }
    }
  }
}

function toAddress(
  { kind: _, isTls, ...address }: RedisStoreSettings,
  tls: StoreTls = {}
): RedisAddress {
  return isTls ? { ...address, tls } : address
}

export interface RedisStoreOptions extends Pick<StoreOptions, 'now' | 'log'> {
  readonly address: RedisAddress
}

/** Makes the store. It connects when it starts, and again whenever the connection is lost, until it is closed. */
export function createRedisStore({ address, now, log }: RedisStoreOptions): RevocationStore {
  const names = namesIn(address)
  const ending = new AbortController()
  let current: RedisConnection | undefined
  let lastFailure = SILENCE

  function connected(): RedisConnection {
    if (current === undefined) throw new Error(lastFailure)
    return current
  }

  /** Follows Redis over one connection, for as long as that lasts. */
  async function live(follower: RevocationFollower, freshness: Freshness): Promise<never> {
    const connection = await connectToRedis(address, ending.signal)
    const { client } = connection
    try {
      const replica = createReplica({
        connection,
        names,
        follower,
        now,
        onComplete(askedAt) {
          // Not sooner, since refresh tokens are checked against the list; and before `confirm`, whose listeners may revoke at once.
          current = connection
          freshness.confirm(askedAt)
        },
        onRestored: (entries) =>
          log.warn({ entries }, 'Redis had lost revocations, this replica writes them back')
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

  /** @param onKnown called with whether Redis can be followed, as soon as that is known and from then on */
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
        // The reason may change during an outage; the last one is shown.
        if (!freshness.isFresh()) follower.unavailable(lastFailure)
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
      await writeRevocations(connected(), { names, time: now(), pairs: [toPair(revocation)] })
    },
    records: createRedisRecords({ connected, names, now }),
    counts: createRedisCounts({ connected, names, now }),
    async close() {
      ending.abort()
      await following
    }
  }
}

/** Whether the list is fresh enough to answer from. */
interface Freshness {
  /** Everything up to this time (performance.now) is in the list. */
  readonly confirm: (time: number) => void
  readonly isFresh: () => boolean
  readonly close: () => void
}

interface FreshnessOptions {
  /** How long after the last confirmed time the list still counts as complete, in milliseconds. */
  readonly limitMs: number
  /** Called with each confirmation. */
  readonly onFresh: () => void
  readonly onStale: () => void
}

/** Watches how long the last confirmation lasts, across all connections. It begins stale, without calling `onStale`. */
function createFreshness({ limitMs, onFresh, onStale }: FreshnessOptions): Freshness {
  let confirmed = Number.NEGATIVE_INFINITY
  let isFresh = false
  let timer: NodeJS.Timeout | undefined

  function watch(): void {
    clearTimeout(timer)
    const left = confirmed + limitMs - performance.now()
    timer = setTimeout(judgeSoon, Math.max(0, left)).unref()
  }

  /** After a pause of the process itself, the answers that came meanwhile are still unread: they come first. */
  function judgeSoon(): void {
    setImmediate(() => {
      if (!isFresh) return
      if (performance.now() - confirmed < limitMs) {
        watch()
        return
      }
      isFresh = false
      onStale()
    })
  }

  return {
    confirm(time) {
      if (time <= confirmed) return
      confirmed = time
      if (performance.now() - confirmed >= limitMs) return
      if (!isFresh) watch()
      isFresh = true
      onFresh()
    },
    isFresh: () => isFresh,
    close() {
      isFresh = false
      clearTimeout(timer)
    }
  }
}
