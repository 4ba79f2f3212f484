import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import test, { type ExecutionContext } from 'ava'

/** Logs two lines. No time passes in it before it reads something. */
const PROGRAM = `
  import fs from 'node:fs'
  import { mock } from 'node:test'
  import { createLogger } from './src/operations/logger.ts'
  mock.timers.enable({ apis: ['setTimeout'] })
  const { write } = fs
  const held = []
  if (process.argv.includes('slow')) fs.write = (...args) => held.push(() => write(...args))
  const { logger } = createLogger('info')
  logger.info('first')
  logger.info('second')
  process.stdin.once('data', () => {
    mock.timers.tick(100)
    fs.write = write
    for (const go of held) go()
  })
`

/** Runs the program. Gives the message of the next line each time, and a way to let time pass. */
function runLogging(t: ExecutionContext, ...args: string[]) {
  const child = spawn(
    process.execPath,
    ['--import=tsx', '--input-type=module', '--eval', PROGRAM, ...args],
    { stdio: ['pipe', 'pipe', 'inherit'] }
  )
  t.teardown(() => child.kill())
  t.timeout(60_000, 'a line never came')
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  return {
    next: async () => JSON.parse((await lines.next()).value).msg,
    pass: () => child.stdin.write('\n')
  }
}

test('the first line after a pause is written at once, and the next ones a little later', async (t) => {
  const { next, pass } = runLogging(t)
  t.is(await next(), 'first')
  pass()
  t.is(await next(), 'second')
})

test('lines that come while another one is written follow it, whether more are logged or not', async (t) => {
  const { next, pass } = runLogging(t, 'slow')
  pass()
  t.is(await next(), 'first')
  t.is(await next(), 'second')
})
