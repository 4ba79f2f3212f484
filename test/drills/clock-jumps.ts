/** The clock of the machine jumps, forward and back. */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { eventually } from '../helpers/eventually.ts'
import { createTemporaryFolder } from '../helpers/temporary-folder.ts'
import { readToken } from '../helpers/tokens.ts'
import type { Drill } from './drill.ts'
import { startEchoRemote, startReplica } from './replica.ts'

/** More than the lifetime of a token and the allowed clock skew. */
const JUMP_HOURS = 2

export const clockJumps: Drill = {
  fault: 'the clock jumps two hours forward, back, and two hours into the past',
  holds:
    'tokens are judged by the clock as it is, a revoked one is never valid, new ones are valid at once',
  async run(t) {
    const folder = await createTemporaryFolder(t)
    const offset = join(folder, 'offset')
    // The clock of the process, moved by the milliseconds in a file.
    const clock = `import { readFileSync } from 'node:fs'
      const { now } = Date
      let offset = 0
      Date.now = () => now() + offset
      process.on('SIGUSR2', () => { offset = Number(readFileSync(${JSON.stringify(offset)}, 'utf8')) })`
    const replica = await startReplica(t, {
      remote: await startEchoRemote(t),
      settings: { revocation: { store: `file:${join(folder, 'revoked')}` } },
      nodeArguments: [`--import=data:text/javascript,${encodeURIComponent(clock)}`]
    })

    async function jumpTo(hours: number): Promise<void> {
      const milliseconds = hours * 3_600_000
      await writeFile(offset, String(milliseconds))
      replica.program().process.kill('SIGUSR2')
      await eventually(async () => {
        const { iat } = JSON.parse(readToken(await replica.issue()).payload)
        return Math.abs(iat * 1000 - Date.now() - milliseconds) < 60_000
      })
    }

    const kept = await replica.issue()
    const revoked = await replica.issue()
    assert.equal(await replica.revoke(revoked), 200)
    const steps = [
      [JUMP_HOURS, 401],
      [0, 200],
      // It was issued in the future.
      [-JUMP_HOURS, 401],
      [0, 200]
    ] as const
    for (const [hours, expected] of steps) {
      await jumpTo(hours)
      assert.equal(await replica.check(kept), expected, `at ${hours} hours`)
      assert.equal(await replica.check(revoked), 401)
      assert.equal(await replica.check(await replica.issue()), 200)
    }
    assert.equal(await replica.stop(), 0)
    return { jumps: steps.length, 'wrong answers': 0 }
  }
}
