/** One connection to the Redis that takes writes. It is replaced, never repaired. */
import { setTimeout as wait } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { describeConnectionError } from '../../../remote/remote-errors.ts'
import { StoreFullError } from '../store.ts'
import { type RedisAddress, type RedisNode, showNode } from './address.ts'
import { type Ask, type Location, locate } from './locate.ts'
import { createReplicated } from './replication.ts'

/** The names of the service's data in Redis. */
export interface RedisNames {
  /** A sorted set: revocations by their text, scored with their expiry in milliseconds since 1970, `inf` for never. */
  readonly revoked: string
  /** A hash: `epoch`, a new one each time that the data starts empty, and `sequence`, the number of writes in that epoch. */
  readonly version: string
  /** The channel on which writes are published. Channels are common to all databases, so it ends with the database. */
  readonly channel: string
  /** What the names of records, and of counts, begin with. */
  readonly record: string
  readonly count: string
}

/** In a Cluster all names have the same hash tag, since scripts and published writes are of one node. */
export function namesIn({ mode, database }: Pick<RedisAddress, 'mode' | 'database'>): RedisNames {
  const prefix = mode === 'cluster' ? '{txtoken}' : 'txtoken'
  return {
    revoked: `${prefix}:revoked`,
    version: `${prefix}:revoked:version`,
    channel: `txtoken:revoked:${database}`,
    record: `${prefix}:record:`,
    count: `${prefix}:attempts:`
  }
}

export interface RedisConnection {
  readonly client: Redis
  /** Resolves when its writes are in a second Redis too, where another one takes over when this one fails. */
  readonly replicated: () => Promise<void>
}

/** A command that Redis has not answered by then counts as failed. */
const ANSWER_LIMIT_MS = 1000
/** Between two questions to Sentinels whether the Redis is still the one that takes writes. */
const WATCH_INTERVAL_MS = 1000

/**
 * Finds the Redis that takes writes, connects, selects the database, subscribes to its channel, and makes sure that revocations can be
 * written: a Redis that fails in one of these steps is not used.
 * @param ending ends the connection, whatever it is doing
 * @throws Error with the step that failed and why, without a secret
 */
export async function connectToRedis(
  address: RedisAddress,
  ending: AbortSignal
): Promise<RedisConnection> {
  const names = namesIn(address)
  const ask = createAsk(address, ending)
  const { node } = await locate(address, names.version, ask)
  const client = await open(node, address, ending, (opened) => prepare(opened, address, names))
  if (address.mode === 'single') return { client, replicated: async () => undefined }
  if (address.mode === 'sentinel') {
    void watchPlace(client, node, () => locate(address, names.version, ask))
  }
  return { client, replicated: createReplicated(client) }
}

/** Asks Sentinels with their own credentials, and nodes of a Cluster with those of the Redis. */
function createAsk(address: RedisAddress, ending: AbortSignal): Ask {
  const { mode, tls, username, password, sentinel } = address
  const user = mode === 'sentinel' ? sentinel : { username, password }

  return async function ask(node, [command, ...args]) {
    let answer: unknown
    const client = await open(node, { ...user, tls }, ending, async (opened) => {
      answer = await opened.call(command, ...args)
    })
    client.disconnect()
    return answer
  }
}

type Access = Pick<RedisAddress, 'username' | 'password' | 'tls'>

/**
 * Opens a connection.
 * @param use the first step on it: if that fails, the connection is closed
 */
async function open(
  { host, port }: RedisNode,
  { username, password, tls }: Access,
  ending: AbortSignal,
  use: (client: Redis) => Promise<void>
): Promise<Redis> {
  // By its default, the only remaining export of a CommonJS module once the program is bundled.
  const { default: ioredis } = await import('ioredis')
  ending.throwIfAborted()
  const client = new ioredis.Redis({
    host,
    port,
    // Subscribing and asking over one connection takes RESP3, which Redis has from version 6 on.
    protocol: 3,
    // The library reports only a failure of HELLO: the other steps are done here.
    disableClientInfo: true,
    lazyConnect: true,
    connectTimeout: ANSWER_LIMIT_MS,
    commandTimeout: ANSWER_LIMIT_MS,
    // A command that may have been executed is not sent twice, and none waits for a connection.
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
    await use(client)
    return client
  } catch (error) {
    client.disconnect()
    throw toReason((failure ?? error) as Error, tls !== undefined)
  } finally {
    clearTimeout(giveUp)
  }
}

/** The library's message for an answer that is not in the protocol of Redis. */
const OTHER_PROTOCOL = /^Unknown RESP type/

/** With TLS on one side alone, a Redis without TLS waits for more of the handshake, and one with TLS closes the connection. */
function toReason(error: Error, isTls: boolean): Error {
  const { message } = error
  if (OTHER_PROTOCOL.test(message)) return new Error('answers, but not as Redis', { cause: error })
  if (isTls && message.includes('ETIMEDOUT')) {
    return new Error(`${message}: does it have TLS, which rediss:// requires?`, { cause: error })
  }
  if (!isTls && message.includes('ECONNRESET')) {
    return new Error(`${message}: does it require TLS (rediss://)?`, { cause: error })
  }
  const reason = describeConnectionError(error, { plain: 'redis://' })
  return reason === message ? error : new Error(reason, { cause: error })
}

async function prepare(client: Redis, address: RedisAddress, names: RedisNames): Promise<void> {
  const { mode, database } = address
  assertUsable(await step('HELLO', () => client.call('HELLO', 3, 'SETNAME', 'txtoken')), mode)
  if (database !== 0) await step(`SELECT ${database}`, () => client.select(database))
  await step('SUBSCRIBE', () => client.subscribe(names.channel))
  await step('cannot be written to', () =>
    client.eval(CHECK_WRITING, 2, names.revoked, names.version, names.channel)
  )
  if (mode !== 'single') await step('WAIT', () => client.wait(0, 1))
}

async function step<Answer>(name: string, action: () => Promise<Answer>): Promise<Answer> {
  try {
    return await action()
  } catch (error) {
    throw new Error(`${name}: ${(error as Error).message}`, { cause: error })
  }
}

/**
 * Does everything that a revocation does, without effect: otherwise missing rights would show only at the first revocation.
 * What is published has a number that every replica has passed. KEYS: revoked, version. ARGV: channel.
 */
const CHECK_WRITING = `
redis.call('ZREMRANGEBYSCORE', KEYS[1], '(0', '(0')
redis.call('ZADD', KEYS[1], 'XX', 'GT', 0, '')
local epoch = redis.call('HGET', KEYS[2], 'epoch') or ''
redis.call('PUBLISH', ARGV[1], '{"epoch":"' .. epoch .. '","sequence":0,"entries":[]}')
return 1
`

/**
 * Judges by what Redis answers to HELLO: names and values in turn.
 * @throws Error for another kind of Redis than in the address, or one that takes no writes
 */
function assertUsable(about: unknown, mode: RedisAddress['mode']): void {
  const answerTo = (name: string) => (Array.isArray(about) ? about[about.indexOf(name) + 1] : '')
  const isCluster = answerTo('mode') === 'cluster'
  if (isCluster && mode !== 'cluster') {
    throw new Error('this is a Redis Cluster: expected redis+cluster:// in its URL')
  }
  if (!isCluster && mode === 'cluster') {
    throw new Error('cluster mode is disabled here: expected redis:// in its URL')
  }
  if (answerTo('mode') === 'sentinel') {
    throw new Error('this is a Redis Sentinel: expected redis+sentinel://host:26379/name as URL')
  }
  assertTakesWrites(answerTo('role'))
}

function assertTakesWrites(role: unknown): void {
  if (role !== 'replica') return
  throw new Error('this is a read-only replica: expected the Redis that takes writes')
}

/**
 * Asks a Redis that was connected as one that takes writes whether it still is. One that became a replica answers as before, but may have
 * lost the one that took its place.
 * @throws Error where it is a replica now
 */
export async function assertStillTakesWrites(client: Redis): Promise<void> {
  const about = await client.call('HELLO')
  assertTakesWrites(Array.isArray(about) && about[about.indexOf('role') + 1])
}

/** Ends the connection when Sentinels name another Redis. The old one may still answer, cut off from those that replaced it. */
async function watchPlace(client: Redis, node: RedisNode, locateAgain: () => Promise<Location>) {
  const ended = new AbortController()
  client.once('end', () => ended.abort())
  while (!ended.signal.aborted) {
    await pause(WATCH_INTERVAL_MS, ended.signal)
    if (ended.signal.aborted) return
    const found = await locateAgain().catch(() => undefined)
    if (found?.isAgreed && showNode(found.node) !== showNode(node)) client.disconnect()
  }
}

/** Waits until the time is up or the signal is aborted. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await wait(milliseconds, undefined, { ref: false, signal }).catch(() => undefined)
}

/** @throws StoreFullError where Redis has reached its `maxmemory`, and removes nothing to make room */
export async function orFull<Answer>(writing: Promise<Answer>): Promise<Answer> {
  try {
    return await writing
  } catch (error) {
    const { message } = error as Error
    if (!/\bOOM\b/.test(message)) throw error
    throw new StoreFullError(message, { cause: error })
  }
}
