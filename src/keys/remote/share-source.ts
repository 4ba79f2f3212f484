/** Key sources that outlive a reload: the old and the new configuration use one and the same where both ask for it. */
import type { KeySource } from '../key-source.ts'

/**
 * Gives the source that is in use under an id, or a new one.
 * @param id identifies everything that the source is made of
 */
export type ShareSource = (id: string, create: () => KeySource) => KeySource

interface Shared {
  readonly source: KeySource
  users: number
}

/**
 * Makes what shares. A source that is shared starts again with each of its users, so it fetches again; what it knows
 * already is used until then, and if that fails. It is closed with the last of them.
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
