/** One connection to Redis, which is replaced and never repaired, and what the service keeps in Redis: names, texts, writes. */
import { randomUUID } from 'node:crypto'
import type { Redis } from 'ioredis'
import { formatRevoked, parseRevoked, type Revocation } from '../../revocation.ts'
import type { ExpiringRecords, StoreTls } from '../store.ts'

/** Where Redis is, and what it asks for. */
export interface RedisAddress {
  readonly host: string
  readonly port: number
  readonly database: number
  readonly username?: string | undefined
  readonly password?: string | undefined
  /** TLS, with PEM texts where the system's own do not do. The certificate of Redis is always verified. */
  readonly tls?: StoreTls | undefined
}

/** A command that Redis has not answered by then counts as failed. */
const ANSWER_LIMIT_MS = 1000

/**
 * Connects, and waits until Redis answers.
 * @param ending ends the connection, whatever it is doing
 * @throws Error with what is wrong, without a secret
 */
export async function connectToRedis(address: RedisAddress, ending: AbortSignal): Promise<Redis> {
  const { host, port, database, username, password, tls } = address
  // By its default, the only export that is left of a CommonJS module once the program is bundled.
  const { default: ioredis } = await import('ioredis')
  const client = new ioredis.Redis({
    host,
    port,
    db: database,
    // Subscribing and asking over one connection takes RESP3, which Redis has from version 6 on.
    protocol: 3,
    disableClientInfo: true,
    connectionName: 'txtoken',
    lazyConnect: true,
    connectTimeout: ANSWER_LIMIT_MS,
    commandTimeout: ANSWER_LIMIT_MS,
    // A command that may have been carried out is not sent twice, and none waits for a connection to come.
    retryStrategy: null,
    autoResendUnfulfilledCommands: false,
    enableOfflineQueue: false,
    enableReadyCheck: false,
    maxRetriesPerRequest: 0,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(tls !== undefined && { tls: { ...tls, rejectUnauthorized: true } })
  })
  let failure: Error | undefined
  client.on('error', (error: Error) => {
    failure = error
  })
  const disconnect = () => client.disconnect()
  ending.addEventListener('abort', disconnect)
  client.once('end', () => ending.removeEventListener('abort', disconnect))
  const giveUp = setTimeout(disconnect, 2 * ANSWER_LIMIT_MS)
  try {
    await client.connect()
    return client
  } catch (error) {
    client.disconnect()
    throw failure ?? error
  } finally {
    clearTimeout(giveUp)
  }
}

/** A sorted set: revocations by their text, each scored with its end in milliseconds since 1970, `inf` for never. */
export const REVOKED_KEY = 'txtoken:revoked'
/** A hash: `epoch`, a new one each time that the data begins anew, and `sequence`, the number of writes in that epoch. */
export const VERSION_KEY = 'txtoken:revoked:version'
/** Channels are common to all databases of a Redis, so the name of a channel ends with the database. */
const CHANNEL_PREFIX = 'txtoken:revoked:'
const RECORD_PREFIX = 'txtoken:record:'

/** The channel on which the writes in a database are published. */
export function channelOf(database: number): string {
  return CHANNEL_PREFIX + database
}

const NEVER = 'inf'

/** A revocation as Redis keeps it: its end, and the text of what is revoked. */
export type EntryPair = readonly [end: string, text: string]

export function toPair({ revoked, until }: Revocation): EntryPair {
  return [until === Number.POSITIVE_INFINITY ? NEVER : String(until), formatRevoked(revoked)]
}

/** @throws TypeError for a text that is no revocation */
export function fromPair([end, text]: EntryPair): Revocation {
  const until = end === NEVER ? Number.POSITIVE_INFINITY : Number(end)
  return { revoked: parseRevoked(text), until }
}

/**
 * Adds revocations, counts the write, and publishes it to every replica. Entries that expired before ARGV[1] are removed.
 * KEYS: revoked, version. ARGV: time, candidate for the epoch, channel, the entries as JSON, then end and text of each.
 */
const ADD_REVOCATIONS = `
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[1])
for i = 5, #ARGV, 2 do redis.call('ZADD', KEYS[1], 'GT', ARGV[i], ARGV[i + 1]) end
redis.call('HSETNX', KEYS[2], 'epoch', ARGV[2])
local epoch = redis.call('HGET', KEYS[2], 'epoch')
local sequence = redis.call('HINCRBY', KEYS[2], 'sequence', 1)
redis.call('PUBLISH', ARGV[3], '{"epoch":"' .. epoch .. '","sequence":' .. sequence .. ',"entries":' .. ARGV[4] .. '}')
`

/** What {@link ADD_REVOCATIONS} publishes of a write. */
export interface WriteMessage {
  readonly epoch: string
  readonly sequence: number
  readonly entries: readonly EntryPair[]
}

/** Entries that expired this long ago are removed: the clock of a replica may be wrong by some of it. */
const REMOVAL_DELAY_MS = 3_600_000

interface Write {
  readonly channel: string
  /** Milliseconds since 1970. */
  readonly time: number
  readonly pairs: readonly EntryPair[]
}

/** @throws Error where Redis has not confirmed the write: it may have been carried out all the same */
export async function writeRevocations(client: Redis, { channel, time, pairs }: Write) {
  await client.eval(
    ADD_REVOCATIONS,
    2,
    REVOKED_KEY,
    VERSION_KEY,
    time - REMOVAL_DELAY_MS,
    randomUUID(),
    channel,
    JSON.stringify(pairs),
    ...pairs.flat()
  )
}

/**
 * Replaces a text if it is the expected one; without a next text, removes it. Answers 1 where it did.
 * KEYS: record. ARGV: expected text, next text, its time to live in milliseconds.
 */
const SWAP_RECORD = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if #ARGV == 1 then redis.call('DEL', KEYS[1])
else redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
return 1
`

/**
 * Records in Redis, which removes them itself once they have expired.
 * @param connected returns the connection; throws while there is none
 * @param now the clock, in milliseconds since 1970
 */
export function createRedisRecords(connected: () => Redis, now: () => number): ExpiringRecords {
  /** Redis takes no time to live that is not positive. */
  function lifetimeMs(until: number): number {
    return Math.max(1, Math.ceil(until - now()))
  }

  return {
    async get(name) {
      return (await connected().get(RECORD_PREFIX + name)) ?? undefined
    },
    async put(name, { text, until }) {
      await connected().set(RECORD_PREFIX + name, text, 'PX', lifetimeMs(until))
    },
    async swap(name, expected, next) {
      const replacement = next === undefined ? [] : [next.text, lifetimeMs(next.until)]
      const key = RECORD_PREFIX + name
      return (await connected().eval(SWAP_RECORD, 1, key, expected, ...replacement)) === 1
    }
  }
}
