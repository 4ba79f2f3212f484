/** Resources that a process runs out of: a reader of its log, descriptors, processor time. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { eventually } from '../helpers/eventually.ts'
import { openConnection } from '../helpers/http.ts'
import { createTemporaryFolder } from '../helpers/temporary-folder.ts'
import type { Drill } from './drill.ts'
import { login, startLoad } from './load.ts'
import { startEchoRemote, startReplica } from './replica.ts'

const LOGINS = { short: 1500, full: 4000 }
const CLIENTS = 16

const blockedLog: Drill = {
  fault: 'standard output is not read',
  holds: 'no login fails, and SIGTERM ends the service by itself',
  async run(t, size) {
    const pipe = join(await createTemporaryFolder(t), 'pipe')
    execFileSync('mkfifo', [pipe])
    const replica = await startReplica(t, {
      remote: await startEchoRemote(t),
      settings: { log: { level: 'info' } },
      // Open for both, so that writing to it is no error, and blocks once it is full.
      before: `exec 1<>${pipe};`
    })
    const load = startLoad(`${replica.url}/getToken`, { clients: CLIENTS })
    await eventually(() => {
      const { failed } = load.counts()
      assert.deepEqual(failed, {})
      return load.counts().good >= LOGINS[size]
    }, 20)
    const { good, failed, wrong } = await load.stop()
    assert.deepEqual({ failed, wrong }, { failed: {}, wrong: 0 })
    assert.equal(await replica.stop(), 0)
    return { logins: good, failed: 0 }
  }
}

const DESCRIPTORS = 64
const CONNECTIONS = 200

const fewDescriptors: Drill = {
  fault: `ulimit -n ${DESCRIPTORS}, and ${CONNECTIONS} connections`,
  holds: 'no wrong answer, and once the connections are closed every login is answered well',
  async run(t) {
    const replica = await startReplica(t, {
      remote: await startEchoRemote(t),
      before: `ulimit -n ${DESCRIPTORS};`
    })
    const url = `${replica.url}/getToken`
    const connections = Array.from({ length: CONNECTIONS }, () => openConnection(t, replica.url))
    const load = startLoad(url, { clients: 4 })
    await wait(1000)
    for (const { socket } of connections) socket.destroy()
    await eventually(async () => (await login(url, 'ada')) === 'good', 20)
    const meanwhile = await load.stop()
    assert.equal(meanwhile.wrong, 0)
    const after = startLoad(url, { clients: CLIENTS })
    await eventually(() => after.counts().good > 10 * CLIENTS)
    const { good, failed, wrong } = await after.stop()
    assert.deepEqual({ failed, wrong }, { failed: {}, wrong: 0 })
    assert.equal(await replica.stop(), 0)
    const failedMeanwhile = Object.values(meanwhile.failed).reduce((sum, one) => sum + one, 0)
    return {
      'failed meanwhile': failedMeanwhile,
      'logins afterwards': good,
      'failed afterwards': 0
    }
  }
}

const OVERLOAD_CLIENTS = 500
const OVERLOAD_MS = { short: 4000, full: 20_000 }
/** Far below what is measured, so that a busy machine does not fail it. */
const LEAST_SHARE = 0.2

const overload: Drill = {
  fault: `${OVERLOAD_CLIENTS} clients that log in without a pause`,
  holds: 'logins go on, no call is without an answer, and afterwards all is as before',
  async run(t, size) {
    const remote = await startEchoRemote(t)
    const replica = await startReplica(t, { remote, settings: { limits: {} } })
    const url = `${replica.url}/getToken`
    const rate = async (clients: number) => {
      const load = startLoad(url, { clients })
      await wait(OVERLOAD_MS[size])
      const seconds = OVERLOAD_MS[size] / 1000
      const { good } = load.counts()
      return { ...(await load.stop()), perSecond: good / seconds }
    }
    await rate(CLIENTS)
    const best = await rate(CLIENTS)
    assert.deepEqual({ failed: best.failed, wrong: best.wrong }, { failed: {}, wrong: 0 })
    const much = await rate(OVERLOAD_CLIENTS)
    assert.equal(much.wrong, 0)
    assert.deepEqual(
      Object.keys(much.failed).filter((outcome) => outcome !== '503'),
      []
    )
    const share = much.perSecond / best.perSecond
    assert.ok(share > LEAST_SHARE, `${share} of the best`)
    const after = await rate(CLIENTS)
    assert.deepEqual({ failed: after.failed, wrong: after.wrong }, { failed: {}, wrong: 0 })
    assert.equal(await replica.stop(), 0)
    return {
      'best, logins/s': Math.round(best.perSecond),
      'under overload, logins/s': Math.round(much.perSecond),
      'share of the best': share.toFixed(2),
      'answered 503': much.failed['503'] ?? 0
    }
  }
}

export const resources: readonly Drill[] = [blockedLog, fewDescriptors, overload]
