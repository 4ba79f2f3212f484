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
import type { Redis } from 'ioredis'
import { formatRevoked, type Revocation } from '../../revocation.ts'
import type { RevocationFollower } from '../store.ts'
import {
  type EntryPair,
  fromPair,
  REVOKED_KEY,
  toPair,
  VERSION_KEY,
  type WriteMessage,
  writeRevocations
} from './connection.ts'

/** Returns epoch and sequence; begins an epoch where there is none. KEYS: version. ARGV: candidate for the epoch. */
const OPEN_VERSION = `
redis.call('HSETNX', KEYS[1], 'epoch', ARGV[1])
return redis.call('HMGET', KEYS[1], 'epoch', 'sequence')
`

/** Entries in one step of reading or writing: none of them keeps Redis busy for long. */
const PAGE = 500

export interface Replica {
  /** Takes a published message. */
  readonly receive: (text: string) => void
  /** Reads all, and writes back what Redis has lost. */
  readonly synchronize: () => Promise<void>
  /** Asks whether everything in Redis has come, and synchronizes where it has not. */
  readonly beat: () => Promise<void>
}

export interface ReplicaOptions {
  readonly client: Redis
  readonly channel: string
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
  const { client, channel, follower, now, onComplete, onRestored } = options
  let known: Version = { epoch: null, sequence: 0 }
  /** Messages that do not follow the known sequence, at least not yet: they may belong to an answer that is on its way. */
  let ahead: WriteMessage[] = []
  /** Whether the list has all that was in Redis, whatever has happened to Redis since. */
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
      const [next, page] = await ask(() => client.zscan(REVOKED_KEY, cursor, 'COUNT', PAGE))
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
      await ask(() => writeRevocations(client, { channel, time: now(), pairs }))
    }
    if (lost.length > 0) onRestored(lost.length)
  }

  async function synchronize(): Promise<void> {
    const askedAt = performance.now()
    const [epoch, sequence] = (await client.eval(OPEN_VERSION, 1, VERSION_KEY, randomUUID())) as [
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
        client.hmget(VERSION_KEY, 'epoch', 'sequence'),
        client.zcard(REVOKED_KEY)
      ])
      const isSame = epoch === known.epoch
      // What another epoch has lost is in the list: only a message that has not come makes it incomplete.
      if (isSame && Number(sequence) > known.sequence) isComplete = false
      if (isComplete) onComplete(askedAt)
      if (!isComplete || !isSame || (count === 0 && holdsAny())) await synchronize()
    }
  }
}

/** Whether the list is fresh enough to answer from. */
export interface Freshness {
  /** Everything up to this time (performance.now) is in the list. */
  readonly confirm: (time: number) => void
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
export function createFreshness({ limitMs, onFresh, onStale }: FreshnessOptions): Freshness {
  let confirmed = Number.NEGATIVE_INFINITY
  let isFresh = false
  let timer: NodeJS.Timeout | undefined

  function watch(): void {
    clearTimeout(timer)
    timer = setTimeout(judgeSoon, confirmed + limitMs - performance.now()).unref()
  }

  /** Where the process itself was held up, the answers that came meanwhile are yet to be read: they come first. */
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
    close() {
      isFresh = false
      clearTimeout(timer)
    }
  }
}
