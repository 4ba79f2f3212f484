/** A store that the primary has open, with the list that a worker gets when it starts. */
import { createRevocationList, type RevocationList } from '../revocation/revocation-list.ts'
import type { RevocationStore, StoreOptions } from '../revocation/stores/store.ts'
import { createStore, type StoreSettings } from '../revocation/stores/stores.ts'
import { type PlainRevocation, toPlain } from './calls.ts'

export type OpenStoreOptions = Pick<StoreOptions, 'now' | 'startTimer' | 'log' | 'report'>

/** One worker, for its stores. */
export interface StoreUser {
  /** Resolves once the list of the worker has them; rejects where that is not known. */
  readonly revoked: (handle: number, revocations: readonly PlainRevocation[]) => Promise<void>
}

/** A store that is open in a worker. */
export interface OpenStore {
  readonly store: RevocationStore
  readonly list: RevocationList
  readonly users: Set<Opening>
}

/** A store in one worker. */
export interface Opening {
  readonly handle: number
  readonly user: StoreUser
}

const SWEEP_INTERVAL_MS = 60_000
/** Revocations in one message to a worker that has just started. */
const MOST_IN_MESSAGE = 5000

/** @throws Error with the reason why the store cannot be used */
export async function openStore(
  settings: StoreSettings,
  options: OpenStoreOptions
): Promise<OpenStore> {
  const { now, startTimer } = options
  const store = await createStore(settings, options)
  const list = createRevocationList(now)
  let stopSweeping = (): void => {}

  async function sweep(): Promise<void> {
    list.sweep()
    stopSweeping = startTimer(sweep, SWEEP_INTERVAL_MS)
  }

  try {
    await store.start({
      add(revocations) {
        for (const revocation of revocations) list.add(revocation)
      },
      held: list.entries,
      available() {},
      unavailable() {}
    })
  } catch (error) {
    await store.close()
    throw error
  }
  await sweep()
  return {
    list,
    users: new Set(),
    store: {
      ...store,
      async close() {
        stopSweeping()
        await store.close()
      }
    }
  }
}

/** Sends all revocations that have not expired. */
export async function sendAll({ user, handle }: Opening, list: RevocationList): Promise<void> {
  let batch: PlainRevocation[] = []
  for (const revocation of list.entries()) {
    batch.push(toPlain(revocation))
    if (batch.length < MOST_IN_MESSAGE) continue
    await user.revoked(handle, batch)
    batch = []
  }
  if (batch.length > 0) await user.revoked(handle, batch)
}
