import test from 'ava'
import { createLogger } from '../../src/operations/logger.ts'

/** How many timers keep this process running. */
function countTimers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
}

test('once the log is settled, no timer of it keeps the process running', async (t) => {
  const { settle } = createLogger('info')
  const before = countTimers()
  await settle()
  t.is(countTimers(), before)
})
