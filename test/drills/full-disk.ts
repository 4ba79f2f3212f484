/** No space is left for the file store, or for generated keys. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { eventually } from '../helpers/eventually.ts'
import { readToken } from '../helpers/tokens.ts'
import type { Drill } from './drill.ts'
import { notAnswered, prepareReplica, startEchoRemote, startReplica } from './replica.ts'
import { mountSmallDisk } from './small-disk.ts'

const ROUNDS = { short: 1, full: 5 }
const TOKENS = 20
const ROTATE_SECONDS = 10

const fileStore: Drill = {
  fault: 'the disk is full, file store',
  holds:
    'a revocation that is not on the disk is not acknowledged, logins and checks go on, and once there is space all is as before',
  async run(t, size) {
    const disk = await mountSmallDisk(t)
    const replica = await startReplica(t, {
      remote: await startEchoRemote(t),
      settings: { revocation: { store: `file:${join(disk.folder, 'revoked')}` } },
      within: disk.within
    })
    const kept = await replica.issue()
    const acknowledged: string[] = []
    let failed = 0

    async function revokeSome(): Promise<void> {
      for (let count = 0; count < TOKENS; count++) {
        const token = await replica.issue()
        const status = await replica.revoke(token)
        if (status === 200) acknowledged.push(token)
        else {
          assert.equal(status, 503)
          failed++
        }
      }
    }

    for (let round = 0; round < ROUNDS[size]; round++) {
      await revokeSome()
      await disk.fill()
      const before = failed
      await eventually(async () => {
        await revokeSome()
        return failed > before
      })
      assert.equal(await notAnswered(replica, acknowledged, 401), 0)
      assert.equal(await replica.check(kept), 200)
      await disk.clear()
      await eventually(async () => {
        const token = await replica.issue()
        if ((await replica.revoke(token)) !== 200) return false
        acknowledged.push(token)
        return true
      }, 50)
      await replica.kill()
      await replica.start()
      assert.equal(await notAnswered(replica, acknowledged, 401), 0)
      assert.equal(await replica.check(kept), 200)
    }
    assert.equal(await replica.stop(), 0)
    return { acknowledged: acknowledged.length, lost: 0, 'answered 503': failed }
  }
}

const keyDirectory: Drill = {
  fault: 'the disk is full, generated keys',
  holds:
    'without a key it does not start; with one it signs on, every token is valid, and the next key comes once there is space',
  async run(t) {
    const disk = await mountSmallDisk(t)
    const generate = {
      dir: join(disk.folder, 'keys'),
      rotateEvery: `${ROTATE_SECONDS}s`,
      publishAhead: '1s'
    }
    const replica = await prepareReplica(t, {
      remote: await startEchoRemote(t),
      settings: { keys: [{ alg: 'ES256', generate }] },
      within: disk.within
    })
    await disk.fill()
    replica.launch()
    const { code, stderr, stdout } = await replica.program().exit()
    assert.notEqual(code, 0)
    assert.match(stderr + stdout, /ENOSPC|no space/)
    await disk.clear()
    await replica.start()
    const kidOf = (token: string) => JSON.parse(readToken(token).header).kid
    const tokens = [await replica.issue()]
    await disk.fill()
    const until = performance.now() + 1.5 * ROTATE_SECONDS * 1000
    while (performance.now() < until) {
      const token = await replica.issue()
      tokens.push(token)
      assert.equal(await replica.check(token), 200)
      await wait(100)
    }
    await disk.clear()
    const before = new Set(tokens.map(kidOf))
    await eventually(async () => {
      const token = await replica.issue()
      assert.equal(await replica.check(token), 200)
      return !before.has(kidOf(token))
    }, 100)
    assert.equal(await notAnswered(replica, tokens, 200), 0)
    assert.equal(await replica.stop(), 0)
    return { tokens: tokens.length, invalid: 0, 'keys meanwhile': before.size }
  }
}

export const fullDisk: readonly Drill[] = [fileStore, keyDirectory]
