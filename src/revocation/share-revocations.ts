/** Revocations that outlive a reload: the old and the new configuration share them where both name the same store. */
import type { Revocations } from './revocations.ts'

/** Revocations that are started, for one of their users. */
interface SharedRevocations {
  readonly revocations: Revocations
  /** The last user to release them closes them. */
  readonly release: () => Promise<void>
}

/**
 * Returns the revocations that are in use under an id, or starts new ones.
 * @param id identifies the store
 */
export type ShareRevocations = (
  id: string,
  create: () => Promise<Revocations>
) => Promise<SharedRevocations>

interface Shared {
  readonly started: Promise<Revocations>
  users: number
}

/** Makes the function that shares. It knows of the revocations that are in use, and of no others. */
export function createShareRevocations(): ShareRevocations {
  const inUse = new Map<string, Shared>()

  async function start(create: () => Promise<Revocations>): Promise<Revocations> {
    const revocations = await create()
    try {
      await revocations.start()
    } catch (error) {
      // A store that is held on to could not be opened by the next configuration.
      await revocations.close()
      throw error
    }
    return revocations
  }

  return async function shareRevocations(id, create) {
    const shared = inUse.get(id) ?? { started: start(create), users: 0 }
    inUse.set(id, shared)
    shared.users++
    let isUsed = true

    async function release(): Promise<void> {
      if (!isUsed) return
      isUsed = false
      shared.users--
      if (shared.users > 0) return
      inUse.delete(id)
      await (await shared.started).close()
    }

    try {
      return { revocations: await shared.started, release }
    } catch (error) {
      inUse.delete(id)
      throw error
    }
  }
}
