/** Records of refresh tokens and counts of attempts in Redis, which removes them itself once they have expired. */
import type { Counts } from '../counts.ts'
import type { ExpiringRecords } from '../store.ts'
import { orFull, type RedisConnection, type RedisNames } from './connection.ts'

/** Commands for writing and reading. */
export interface RedisAccess {
  /** Returns the connection; throws while there is none. */
  readonly connected: () => RedisConnection
  readonly names: Pick<RedisNames, 'record' | 'count'>
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number
}

/**
 * Replaces a text if it is the expected one; without a next text, removes it. Answers 1 where it did. It is removed first in either
 * case, so that it can be replaced in a full Redis too.
 * KEYS: record. ARGV: expected text, next text, its time to live in milliseconds.
 */
const SWAP_RECORD = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
if #ARGV > 1 then redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
return 1
`

/** Makes the records. */
export function createRedisRecords(access: RedisAccess): ExpiringRecords {
  const { connected, names, now } = access

  /** Redis accepts only a positive time to live. */
  function lifetimeMs(until: number): number {
    return Math.max(1, Math.ceil(until - now()))
  }

  return {
    async get(name) {
      return (await connected().client.get(names.record + name)) ?? undefined
    },
    async put(name, { text, until }) {
      const { client, replicated } = connected()
      await orFull(client.set(names.record + name, text, 'PX', lifetimeMs(until)))
      await replicated()
    },
    async swap(name, expected, next) {
      const { client, replicated } = connected()
      const replacement = next === undefined ? [] : [next.text, lifetimeMs(next.until)]
      const key = names.record + name
      const swapping = client.eval(SWAP_RECORD, 1, key, expected, ...replacement)
      if ((await orFull(swapping)) !== 1) return false
      await replicated()
      return true
    }
  }
}

/**
 * Adds to a count and to those of it that are refused, and returns both with the remaining milliseconds. A missing count is only
 * created by a positive amount, and none is below 0. KEYS: count. ARGV: amount, period in milliseconds, refused.
 */
const ADD_COUNT = `
local count, refused = string.match(redis.call('GET', KEYS[1]) or '', '^(%d+) (%d+)$')
local left = redis.call('PTTL', KEYS[1])
local amount = tonumber(ARGV[1])
if count == nil or left <= 0 then
  if amount <= 0 then return { 0, 0, 0 } end
  count, refused, left = 0, 0, tonumber(ARGV[2])
end
count = math.max(0, count + amount)
refused = refused + tonumber(ARGV[3])
redis.call('SET', KEYS[1], string.format('%d %d', count, refused), 'PX', left)
return { count, refused, left }
`

/** Makes the counts. They are not waited for, since a failover may lose some of them. */
export function createRedisCounts({ connected, names }: RedisAccess): Counts {
  return {
    async add(name, amount, periodMs, more = 0) {
      const { client } = connected()
      const adding = client.eval(ADD_COUNT, 1, names.count + name, amount, periodMs, more)
      const [count, refused, endsInMs] = (await orFull(adding)) as [number, number, number]
      return { count, refused, endsInMs }
    },
    async clear(name) {
      await connected().client.del(names.count + name)
    }
  }
}
