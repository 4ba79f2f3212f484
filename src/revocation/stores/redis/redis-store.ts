/**
 * A store that replicas share: each holds the list in memory, and receives from Redis what the others revoke.
 * `replica.ts` keeps one list equal to Redis; this file handles a Redis that goes away and comes back.
 */
import { setTimeout as wait } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import type { RevocationFollower, RevocationStore, StoreKind, StoreOptions } from '../store.ts'
import {
  channelOf,
  connectToRedis,
  createRedisRecords,
  type RedisAddress,
  toPair,
  writeRevocations
} from './connection.ts'
import { createFreshness, createReplica, type Freshness } from './replica.ts'

/** From one answer of Redis to the next question. */
const BEAT_INTERVAL_MS = 250
/** After this long without a confirmation, the list is no longer complete: a revocation counts everywhere within a second. */
const FRESHNESS_LIMIT_MS = 900
/** From the end of a connection to the next attempt. */
const RETRY_DELAY_MS = 250
const SILENCE = 'Redis does not answer'

export interface RedisStoreSettings extends Omit<RedisAddress, 'tls'> {
  readonly kind: 'redis'
  readonly isTls: boolean
}

export const redisStore: StoreKind<RedisStoreSettings> = {
  notation: 'redis://host:6379/0 or rediss://host:6379/0',
  parse: parseRedisUrl,
  async create({ kind: _, isTls, ...address }, { tls = {}, now, log }) {
    return createRedisStore({ address: isTls ? { ...address, tls } : address, now, log })
  },
  address({ host, port, isTls }) {
    const name = host.includes(':') ? `[${host}]` : host
    const url = new URL(`${isTls ? 'rediss' : 'redis'}://${name}:${port}`)
    return { url, kind: 'redis' }
  }
}

/** `redis://user:password@host:6379/0`. Other parts of a URL have no meaning here, and are rejected. */
function parseRedisUrl(text: string): RedisStoreSettings | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !['redis:', 'rediss:'].includes(url.protocol)) return undefined
  const database = /^\/?(\d{0,3})$/.exec(url.pathname)?.[1]
  if (database === undefined || url.hostname === '' || url.search + url.hash !== '') {
    return undefined
  }
  const [username, password] = [decodePart(url.username), decodePart(url.password)]
  if (username === undefined || password === undefined) return undefined
  return {
    kind: 'redis',
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? 6379 : Number(url.port),
    database: Number(database),
    username: username === '' ? undefined : username,
    password: password === '' ? undefined : password,
    isTls: url.protocol === 'rediss:'
  }
}

function decodePart(part: string): string | undefined {
  try {
    return decodeURIComponent(part)
  } catch {
    return undefined
  }
}

export interface RedisStoreOptions extends Pick<StoreOptions, 'now' | 'log'> {
  readonly address: RedisAddress
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
          // Not sooner, since refresh tokens are judged by the list; and before `confirm`, whose listeners may revoke at once.
          current = client
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

/** Waits, but no longer than until the signal is aborted. */
async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await wait(milliseconds, undefined, { ref: false, signal }).catch(() => undefined)
}
