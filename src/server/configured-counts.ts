/** Counts of attempts without a Redis: in memory, in one place for all workers, and kept over reloads. */
import { startUnreferencedTimer } from '../keys/timer.ts'
import type { Logger } from '../operations/logger.ts'
import type { Counts } from '../revocation/stores/counts.ts'
import type { RevocationStore } from '../revocation/stores/store.ts'
import { type CreateStore, createStore } from '../revocation/stores/stores.ts'

export interface OwnCounts {
  /** Opens them, once. */
  readonly open: () => Promise<Counts>
  readonly close: () => Promise<void>
}

export interface OwnCountsOptions {
  readonly logger: Logger
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number
  /** Makes the store. Default: one of this process. */
  readonly createStore?: CreateStore | undefined
}

/** Makes the counts of one service. They are empty until they are opened. */
export function createOwnCounts({
  logger,
  now,
  createStore: create = createStore
}: OwnCountsOptions): OwnCounts {
  let opening: Promise<RevocationStore> | undefined

  async function openStore(): Promise<RevocationStore> {
    const options = { now, startTimer: startUnreferencedTimer, log: logger }
    const store = await create({ kind: 'memory', use: 'attempts' }, options)
    await store.start({
      add: () => {},
      held: () => [],
      available: () => {},
      unavailable: () => {}
    })
    return store
  }

  return {
    async open() {
      opening ??= openStore()
      const { counts } = await opening
      if (counts === undefined) throw new TypeError('expected a store that counts')
      return counts
    },
    async close() {
      await (await opening)?.close()
    }
  }
}
