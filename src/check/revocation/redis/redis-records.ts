/** Records with an end in Redis, which removes them itself. */
import type { Redis } from 'ioredis'
import type { ExpiringRecords } from '../revocation-store.ts'
import { recordKey } from './names.ts'
import { SWAP_RECORD } from './scripts.ts'

/**
 * @param connected gives the connection; throws while there is none
 * @param now the clock, in milliseconds since 1970
 */
export function createRedisRecords(connected: () => Redis, now: () => number): ExpiringRecords {
  /** Redis takes no time to live that is not positive. */
  function lifetimeMs(until: number): number {
    return Math.max(1, Math.ceil(until - now()))
  }

  return {
    async get(name) {
      return (await connected().get(recordKey(name))) ?? undefined
    },
    async put(name, { text, until }) {
      await connected().set(recordKey(name), text, 'PX', lifetimeMs(until))
    },
    async swap(name, expected, next) {
      const replacement = next === undefined ? [] : [next.text, lifetimeMs(next.until)]
      const key = recordKey(name)
      return (await connected().eval(SWAP_RECORD, 1, key, expected, ...replacement)) === 1
    }
  }
}
