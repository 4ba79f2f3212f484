/** The stores that the primary holds for its workers, so that a revocation in one of them applies in all. */
import type { Counts } from '../revocation/stores/counts.ts'
import type { StoreSettings } from '../revocation/stores/stores.ts'
import { fromPlain, type PlainRevocation, type PrimaryCalls } from './calls.ts'
import type { Handlers } from './channel.ts'
import {
  type Opening,
  type OpenStore,
  type OpenStoreOptions,
  openStore,
  type StoreUser,
  sendAll
} from './open-store.ts'

type StoreCalls = Pick<
  PrimaryCalls,
  | 'openStore'
  | 'addRevocation'
  | 'getRecord'
  | 'putRecord'
  | 'swapRecord'
  | 'addCount'
  | 'clearCount'
  | 'closeStore'
>

export interface StoreHub {
  /** The handlers of the calls of one worker, until it leaves. */
  readonly join: (user: StoreUser) => Handlers<StoreCalls> & { readonly leave: () => void }
  /** The store of the current configuration stays open even while no live worker has it open. */
  readonly keep: (settings: StoreSettings | undefined) => void
  readonly close: () => Promise<void>
}

export function createStoreHub(options: OpenStoreOptions): StoreHub {
  const stores = new Map<string, Promise<OpenStore>>()
  const closing = new Map<string, Promise<void>>()
  /** Stores that are being opened for a worker. */
  const wanted = new Set<{ readonly id: string }>()
  let keptId: string | undefined

  async function open(id: string, settings: StoreSettings): Promise<OpenStore> {
    // A folder cannot be opened again before it is closed.
    await closing.get(id)
    return openStore(settings, options)
  }

  async function use(id: string, settings: StoreSettings): Promise<OpenStore> {
    const opening = stores.get(id) ?? open(id, settings)
    stores.set(id, opening)
    try {
      return await opening
    } catch (error) {
      stores.delete(id)
      throw error
    }
  }

  function isWanted(id: string): boolean {
    return id === keptId || [...wanted].some((one) => one.id === id)
  }

  async function closeUnused(): Promise<void> {
    for (const [id, opening] of stores) {
      const found = await opening.catch(() => undefined)
      if (found === undefined || found.users.size > 0 || isWanted(id)) continue
      if (!stores.delete(id)) continue
      const closed = close(found).finally(() => closing.delete(id))
      closing.set(id, closed)
      await closed
    }
  }

  async function close({ store }: OpenStore): Promise<void> {
    try {
      await store.close()
    } catch (error) {
      options.log.warn({ error: (error as Error).message }, 'revocation store not closed')
    }
  }

  async function broadcast({ users }: OpenStore, revocation: PlainRevocation): Promise<void> {
    await Promise.all(
      Array.from(users, async (opening) => {
        const { user, handle } = opening
        try {
          await user.revoked(handle, [revocation])
        } catch (error) {
          // An ended worker answers no further checks.
          if (users.has(opening)) throw error
        }
      })
    )
  }

  return {
    join(user) {
      const opened = new Map<number, { readonly open: OpenStore; readonly opening: Opening }>()
      let hasLeft = false

      function storeOf(handle: number): OpenStore {
        const found = opened.get(handle)
        if (found === undefined) throw new Error('the store is closed')
        return found.open
      }

      function countsOf(handle: number): Counts {
        const { counts } = storeOf(handle).store
        if (counts === undefined) throw new Error('the store counts nothing')
        return counts
      }

      function forget(handle: number): void {
        const found = opened.get(handle)
        if (found === undefined) return
        opened.delete(handle)
        found.open.users.delete(found.opening)
      }

      return {
        async openStore({ handle, settings }) {
          const want = { id: JSON.stringify(settings) }
          const opening = { handle, user }
          wanted.add(want)
          try {
            const found = await use(want.id, settings)
            if (hasLeft) return
            // It follows from now on, so that nothing is missed between existing and new entries.
            found.users.add(opening)
            opened.set(handle, { open: found, opening })
            await sendAll(opening, found.list)
          } finally {
            wanted.delete(want)
          }
        },
        async addRevocation({ handle, revocation }) {
          const found = storeOf(handle)
          const added = fromPlain(revocation)
          await found.store.add(added)
          found.list.add(added)
          await broadcast(found, revocation)
        },
        getRecord: async ({ handle, name }) =>
          (await storeOf(handle).store.records.get(name)) ?? null,
        putRecord: ({ handle, name, record }) => storeOf(handle).store.records.put(name, record),
        swapRecord: ({ handle, name, expected, next }) =>
          storeOf(handle).store.records.swap(name, expected, next),
        addCount: ({ handle, name, amount, periodMs, refused }) =>
          countsOf(handle).add(name, amount, periodMs, refused),
        clearCount: ({ handle, name }) => countsOf(handle).clear(name),
        async closeStore({ handle }) {
          forget(handle)
          await closeUnused()
        },
        leave() {
          hasLeft = true
          for (const handle of [...opened.keys()]) forget(handle)
          void closeUnused()
        }
      }
    },
    keep(settings) {
      keptId = settings === undefined ? undefined : JSON.stringify(settings)
      void closeUnused()
    },
    async close() {
      keptId = undefined
      await closeUnused()
    }
  }
}
