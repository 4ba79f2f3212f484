/**
 * The list of one replica, kept equal to the one in Redis over one connection.
 *
 * Every write in Redis has a number, its sequence, and is published with it. RESP3 lets one connection subscribe and ask,
 * and Redis sends what it publishes and what it answers in order: with the answer "sequence 7", everything up to
 * 7 has come. A beat asks for the sequence a few times a second. If it is ahead of what has come, or if the data is not
 * what it was (another epoch, or nothing where there was something), the list is read again in full, and what Redis has lost
 * is written back. So a message that is lost costs one beat, and FLUSHALL or a restart without data costs nothing.
 */
import { randomUUID } from 'node:crypto'
import { formatRevoked, parseRevoked, type Revocation } from '../../revocation.ts'
import type { RevocationFollower } from '../store.ts'
import {
  assertStillTakesWrites,
  orFull,
  type RedisConnection,
  type RedisNames
} from './connection.ts'

const NEVER = 'inf'

/** A revocation in Redis: its expiry, and the text of the revoked thing. */
type EntryPair = readonly [end: string, text: string]

export function toPair({ revoked, until }: Revocation): EntryPair {
  return [until === Number.POSITIVE_INFINITY ? NEVER : String(until), formatRevoked(revoked)]
}

/** @throws TypeError for a text that is not a revocation */
function fromPair([end, text]: EntryPair): Revocation {
  const until = end === NEVER ? Number.POSITIVE_INFINITY : Number(end)
  return { revoked: parseRevoked(text), until }
}

/**
 * Adds revocations, counts the write, and publishes it to every replica. Entries that expired before ARGV[1] are removed. That comes
 * first, since a Redis that has reached its `maxmemory` lets a script add only where it has removed before.
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

/** The message that {@link ADD_REVOCATIONS} publishes for a write. */
interface WriteMessage {
  readonly epoch: string
  readonly sequence: number
  readonly entries: readonly EntryPair[]
}

/** Entries that expired this long ago are removed: the clock of a replica may be wrong by some of it. */
const REMOVAL_DELAY_MS = 3_600_000

interface Write {
  readonly names: RedisNames
  /** Milliseconds since 1970. */
  readonly time: number
  readonly pairs: readonly EntryPair[]
}

/** @throws Error where Redis has not confirmed the write: it may still have been executed */
export async function writeRevocations(
  { client, replicated }: RedisConnection,
  { names, time, pairs }: Write
): Promise<void> {
  await orFull(
    client.eval(
      ADD_REVOCATIONS,
      2,
      names.revoked,
      names.version,
      time - REMOVAL_DELAY_MS,
      randomUUID(),
      names.channel,
      JSON.stringify(pairs),
      ...pairs.flat()
    )
  )
  await replicated()
}

/**
 * Returns epoch and sequence; begins an epoch where there is none, and writes nothing else. It removes first, to no effect: only then may
 * a script add to a full Redis. KEYS: version. ARGV: candidate for the epoch.
 */
const OPEN_VERSION = `
if redis.call('HEXISTS', KEYS[1], 'epoch') == 0 then
  redis.call('HDEL', KEYS[1], 'epoch')
  redis.call('HSET', KEYS[1], 'epoch', ARGV[1])
end
return redis.call('HMGET', KEYS[1], 'epoch', 'sequence')
`

/** Entries in one step of reading or writing: none of them keeps Redis busy for long. */
const PAGE = 500

export interface Replica {
  /** Takes a published message. */
  readonly receive: (text: string) => void
  /** Reads all entries, and writes lost ones back. */
  readonly synchronize: () => Promise<void>
  /** Asks whether everything in Redis has come, and synchronizes where it has not. */
  readonly beat: () => Promise<void>
}

export interface ReplicaOptions {
  readonly connection: RedisConnection
  readonly names: RedisNames
  readonly follower: RevocationFollower
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number
  /** Called when everything that was in Redis at this time (performance.now) is in the list. */
  readonly onComplete: (askedAt: number) => void
  readonly onRestored: (count: number) => void
}

interface Version {
  readonly epoch: string | null
  readonly sequence: number
}

/** Makes the replica of one connection. An error of the connection rejects `synchronize` and `beat`. */
export function createReplica(options: ReplicaOptions): Replica {
  const { connection, names, follower, now, onComplete, onRestored } = options
  const { client } = connection
  let known: Version = { epoch: null, sequence: 0 }
  /** Messages that do not follow the known sequence, at least not yet: they may belong to an answer that is on its way. */
  let ahead: WriteMessage[] = []
  /** Whether the list has everything that was in Redis, whatever has happened to Redis since. */
  let isComplete = false

  function advance(): void {
    ahead = ahead
      .sort((a, b) => a.sequence - b.sequence)
      .filter(({ epoch, sequence }) => {
        if (epoch !== known.epoch) return true
        if (sequence === known.sequence + 1) known = { epoch, sequence }
        return sequence > known.sequence
      })
  }

  /** Asks, and notes that the answer brought everything before it. */
  async function ask<Answer>(question: () => Promise<Answer>): Promise<Answer> {
    const askedAt = performance.now()
    const answer = await question()
    if (isComplete) onComplete(askedAt)
    return answer
  }

  async function readPages(): Promise<ReadonlySet<string>> {
    const found = new Set<string>()
    let cursor = '0'
    do {
      const [next, page] = await ask(() => client.zscan(names.revoked, cursor, 'COUNT', PAGE))
      const revocations: Revocation[] = []
      for (let at = 0; at < page.length; at += 2) {
        const [text = '', end = ''] = page.slice(at, at + 2)
        found.add(text)
        revocations.push(fromPair([end, text]))
      }
      follower.add(revocations)
      cursor = next
    } while (cursor !== '0')
    return found
  }

  async function writeBack(found: ReadonlySet<string>): Promise<void> {
    const lost: EntryPair[] = []
    for (const revocation of follower.held()) {
      if (!found.has(formatRevoked(revocation.revoked))) lost.push(toPair(revocation))
    }
    for (let at = 0; at < lost.length; at += PAGE) {
      const pairs = lost.slice(at, at + PAGE)
      await ask(() => writeRevocations(connection, { names, time: now(), pairs }))
    }
    if (lost.length > 0) onRestored(lost.length)
  }

  async function synchronize(): Promise<void> {
    const askedAt = performance.now()
    const [epoch, sequence] = (await client.eval(OPEN_VERSION, 1, names.version, randomUUID())) as [
      string,
      string | null
    ]
    known = { epoch, sequence: Number(sequence) }
    advance()
    ahead = ahead.filter((message) => message.epoch === epoch)
    const found = await readPages()
    isComplete = true
    onComplete(askedAt)
    await writeBack(found)
  }

  function holdsAny(): boolean {
    for (const _entry of follower.held()) return true
    return false
  }

  return {
    receive(text) {
      const message = JSON.parse(text) as WriteMessage
      follower.add(message.entries.map(fromPair))
      ahead.push({ ...message, entries: [] })
      advance()
    },

    synchronize,

    async beat() {
      const askedAt = performance.now()
      const [[epoch, sequence], count] = await Promise.all([
        client.hmget(names.version, 'epoch', 'sequence'),
        client.zcard(names.revoked),
        assertStillTakesWrites(client)
      ])
      const isSame = epoch === known.epoch
      // Entries lost in another epoch are in the list: only a missing message makes it incomplete.
      if (isSame && Number(sequence) > known.sequence) isComplete = false
      if (isComplete) onComplete(askedAt)
      if (!isComplete || !isSame || (count === 0 && holdsAny())) await synchronize()
    }
  }
}
