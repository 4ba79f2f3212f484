/** SIGKILL in the middle of revocations. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { createTemporaryFolder } from '../helpers/temporary-folder.ts'
import type { Drill } from './drill.ts'
import { notAnswered, startEchoRemote, startReplica } from './replica.ts'

const ROUNDS = { short: 2, full: 10 }
/** Revoked in a row until the kill. */
const REVOKED = 40
const AT_ONCE = 4

export const killed: Drill = {
  fault: 'SIGKILL in the middle of revocations, file store',
  holds:
    'each token whose revocation was acknowledged is rejected after the restart, all others are valid',
  async run(t, size) {
    const store = `file:${join(await createTemporaryFolder(t), 'revoked')}`
    const remote = await startEchoRemote(t)
    const replica = await startReplica(t, { remote, settings: { revocation: { store } } })
    const revoked: string[] = []
    const kept: string[] = []
    for (let round = 0; round < ROUNDS[size]; round++) {
      kept.push(await replica.issue())
      const tokens: string[] = []
      for (let count = 0; count < 2 * REVOKED; count++) tokens.push(await replica.issue())
      let acknowledged = 0
      let end: Promise<void> | undefined
      const revokeNext = async (): Promise<void> => {
        for (let token = tokens.pop(); token !== undefined; token = tokens.pop()) {
          if ((await replica.revoke(token)) !== 200) return
          revoked.push(token)
          acknowledged++
          if (acknowledged === REVOKED) end = replica.kill()
        }
      }
      await Promise.all(Array.from({ length: AT_ONCE }, revokeNext))
      await end
      await replica.start()
    }
    assert.equal(await notAnswered(replica, revoked, 401), 0)
    assert.equal(await notAnswered(replica, kept, 200), 0)
    assert.equal(await replica.stop(), 0)
    return { kills: ROUNDS[size], 'revocations acknowledged': revoked.length, lost: 0 }
  }
}
