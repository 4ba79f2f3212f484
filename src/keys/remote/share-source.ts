/** Key sources that outlive a reload: the old and the new configuration share a source where both have it. */
import type { KeySource } from '../key-source.ts'

/**
 * Returns the source in use under an id, or a new one.
 * @param id identifies all settings of the source
 */
export type ShareSource = (id: string, create: () => KeySource) => KeySource

interface Shared {
  readonly source: KeySource
  users: number
}

/**
 * Makes the function that shares sources. A shared source starts again with each of its users, so it fetches again; its keys
 * are used until then, and if that fails. It is closed with its last user.
 */
export function createShareSource(): ShareSource {
  const inUse = new Map<string, Shared>()

  return function shareSource(id, create) {
    const shared = inUse.get(id) ?? { source: create(), users: 0 }
    let isUsed = false

    return {
      ...shared.source,
      async start() {
        isUsed = true
        shared.users++
        inUse.set(id, shared)
        await shared.source.start?.()
      },
      close() {
        if (!isUsed) return
        isUsed = false
        shared.users--
        if (shared.users > 0) return
        inUse.delete(id)
        shared.source.close?.()
      }
    }
  }
}
