/** Revocations that outlive a reload: the old and the new configuration share them where both have the same store. */
import type { Revocations } from './revocations.ts'

/** Revocations that are started, for one of their users. */
interface SharedRevocations<Kind extends Revocations> {
  readonly revocations: Kind
  /** The last user to release them closes them. */
  readonly release: () => Promise<void>
}

/**
 * Returns the revocations that are in use under an id, or starts new ones.
 * @param id identifies the store
 */
export type ShareRevocations<Kind extends Revocations> = (
  id: string,
  create: () => Promise<Kind>
) => Promise<SharedRevocations<Kind>>

interface Shared<Kind> {
  readonly started: Promise<Kind>
  users: number
}

/** Makes the function that shares. It knows of the revocations that are in use, and of no others. */
export function createShareRevocations<
  Kind extends Revocations = Revocations
>(): ShareRevocations<Kind> {
  const inUse = new Map<string, Shared<Kind>>()

  async function start(create: () => Promise<Kind>): Promise<Kind> {
    const revocations = await create()
    try {
      await revocations.start()
    } catch (error) {
      // The next configuration could not open a store that is still held.
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
