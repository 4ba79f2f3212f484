/** A store that the primary holds for all workers, in one of them. */
import type { RevocationFollower } from '../revocation/stores/store.ts'
import { type CreateStore, createStore, isOnNetwork } from '../revocation/stores/stores.ts'
import { fromPlain, type PrimaryCalls, toPlain, type WorkerCalls } from './calls.ts'
import type { Channel } from './channel.ts'

export interface SharedStores {
  readonly create: CreateStore
  /** Receives revocations from the primary. */
  readonly revoked: (report: Parameters<WorkerCalls['revoked']>[0]) => void
}

/** Makes the stores of a worker. One that is reached over the network is followed by each worker itself. */
export function createSharedStores(call: Channel<PrimaryCalls>['call']): SharedStores {
  const followers = new Map<number, RevocationFollower>()
  let lastHandle = 0

  return {
    revoked({ handle, revocations }) {
      followers.get(handle)?.add(revocations.map(fromPlain))
    },
    async create(settings, options) {
      if (isOnNetwork(settings)) return createStore(settings, options)
      const handle = ++lastHandle
      return {
        async start(follower) {
          followers.set(handle, follower)
          await call('openStore', { handle, settings })
          // Existing entries have come already: messages keep their order.
          follower.available()
        },
        add: (revocation) => call('addRevocation', { handle, revocation: toPlain(revocation) }),
        records: {
          get: async (name) => (await call('getRecord', { handle, name })) ?? undefined,
          put: (name, record) => call('putRecord', { handle, name, record }),
          swap: (name, expected, next) => call('swapRecord', { handle, name, expected, next })
        },
        counts: {
          add: (name, amount, periodMs, refused) =>
            call('addCount', { handle, name, amount, periodMs, refused }),
          clear: (name) => call('clearCount', { handle, name })
        },
        async close() {
          followers.delete(handle)
          await call('closeStore', { handle })
        }
      }
    }
  }
}
