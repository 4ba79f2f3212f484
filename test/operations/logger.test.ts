import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import test from 'ava'

/** Logs two lines. No time passes in it before it reads something. */
const PROGRAM = `
  import { mock } from 'node:test'
  import { createLogger } from './src/operations/logger.ts'
  mock.timers.enable({ apis: ['setTimeout'] })
  const { logger } = createLogger('info')
  logger.info('first')
  logger.info('second')
  process.stdin.once('data', () => mock.timers.tick(100))
`

test('the first line after a pause is written at once, and the next ones a little later', async (t) => {
  const args = ['--import=tsx', '--input-type=module', '--eval', PROGRAM]
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  t.teardown(() => child.kill())
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  t.is(JSON.parse((await lines.next()).value).msg, 'first')
  child.stdin.write('\n')
  t.is(JSON.parse((await lines.next()).value).msg, 'second')
})
