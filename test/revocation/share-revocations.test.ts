import test, { type ExecutionContext } from 'ava'
import { ClassicLevel } from 'classic-level'
import { startUnreferencedTimer as startTimer } from '../../src/keys/timer.ts'
import { createRevocations } from '../../src/revocation/revocations.ts'
import { createShareRevocations } from '../../src/revocation/share-revocations.ts'
import { createFileStore } from '../../src/revocation/stores/file-store.ts'
import { createTemporaryFolder } from '../helpers/temporary-folder.ts'

const report = { entries() {}, available() {}, synchronized() {} }
const log = { warn() {} }

function createShared(folder: string) {
  const share = createShareRevocations()
  return () =>
    share(folder, async () => {
      const store = await createFileStore(folder, { now: Date.now, startTimer, log })
      return createRevocations({ store, now: Date.now, startTimer, report })
    })
}

/** Puts an entry into the folder of a store, or removes it. */
async function write(folder: string, name: string, value?: string): Promise<void> {
  const database = new ClassicLevel(folder)
  await (value === undefined ? database.del(name) : database.put(name, value))
  await database.close()
}

async function start(t: ExecutionContext, share: ReturnType<typeof createShared>) {
  const { release } = await share()
  t.teardown(release)
}

test('a store that could not be read is closed, and usable once it is fixed', async (t) => {
  const folder = await createTemporaryFolder(t)
  await write(folder, 'revoked:["what"]', 'never')
  const share = createShared(folder)
  await t.throwsAsync(share(), {
    message: 'the revocation store holds an entry of an unknown kind'
  })
  await write(folder, 'revoked:["what"]')
  await t.notThrowsAsync(start(t, share))
})
