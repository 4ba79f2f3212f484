/** The store of revocations in a folder. */
import type { ExecutionContext } from 'ava'
import type { Revocation } from '../../src/revocation/revocation.ts'
import { createFileStore } from '../../src/revocation/stores/file-store.ts'
import type { RevocationStore } from '../../src/revocation/stores/store.ts'

type FileStoreOptions = Parameters<typeof createFileStore>[1]

/** Opens a store, with all that it holds. */
export async function openFileStore(
  t: ExecutionContext,
  folder: string,
  now: () => number,
  startTimer: FileStoreOptions['startTimer'] = () => () => {},
  { report, maxBytes }: Pick<FileStoreOptions, 'report'> & { maxBytes?: number } = {}
): Promise<{ store: RevocationStore; held: Revocation[] }> {
  const held: Revocation[] = []
  const log = { warn: () => t.fail() }
  const store = await createFileStore(folder, { now, startTimer, log, report }, maxBytes)
  t.teardown(store.close)
  await store.start({
    add: (revocations) => void held.push(...revocations),
    held: () => held,
    available() {},
    unavailable: () => t.fail()
  })
  return { store, held }
}
