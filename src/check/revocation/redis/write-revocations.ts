/** Adds revocations to Redis, which tells every replica of them. */
import { randomUUID } from 'node:crypto'
import type { Redis } from 'ioredis'
import type { EntryPair } from './entry-text.ts'
import { REVOKED_KEY, VERSION_KEY } from './names.ts'
import { ADD_REVOCATIONS } from './scripts.ts'

/** What has ended this long ago is removed: the clock of a replica may be wrong by some of it. */
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
