/** The store of revocations in a folder. */
import type { ExecutionContext } from 'ava'
import type { Revocation } from '../../src/revocation/revocation.ts'
import { createFileStore } from '../../src/revocation/stores/file-store.ts'
import type { RevocationStore } from '../../src/revocation/stores/store.ts'

/** Opens a store, with all that it holds. */
export async function openFileStore(
  t: ExecutionContext,
  folder: string,
  now: () => number,
  startTimer: Parameters<typeof createFileStore>[1]['startTimer'] = () => () => {}
): Promise<{ store: RevocationStore; held: Revocation[] }> {
  const held: Revocation[] = []
  const store = await createFileStore(folder, { now, startTimer, log: { warn: () => t.fail() } })
  t.teardown(store.close)
  await store.start({
    add: (revocations) => void held.push(...revocations),
    held: () => held,
    available() {},
    unavailable: () => t.fail()
  })
  return { store, held }
}
