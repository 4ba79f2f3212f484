import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
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

/** Runs the program. Returns functions for the message of the next line, and for letting time pass. */
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

test('the first line after a pause is written at once, and the next ones are batched', async (t) => {
  const { next, pass } = runLogging(t)
  t.is(await next(), 'first')
  pass()
  t.is(await next(), 'second')
})

test('lines logged during a write follow it, whether or not more are logged', async (t) => {
  const { next, pass } = runLogging(t, 'slow')
  pass()
  t.is(await next(), 'first')
  t.is(await next(), 'second')
})

/** Logs each of two requests twice: by itself, and as pino does. */
const REQUESTS = `
  import { createLogger } from './src/operations/logger.ts'
  Date.now = () => 1_700_000_000_123
  const { logger, logRequest, settle } = createLogger('debug')
  const asked = { method: 'POST', route: '/a"bé' }
  const answered = { status: 200, durationMs: 1.25 }
  for (const line of [
    { requestId: 'a-1', traceId: undefined, ...asked, client: undefined, ...answered, remoteMs: undefined },
    { requestId: 'a=2', traceId: '0af7651916cd43dd8448eb211c80319c', ...asked, client: '::1', ...answered, remoteMs: 0.5 }
  ]) {
    logRequest('debug', line)
    logger.debug(line, 'request')
  }
  logger.level = 'info'
  logRequest('debug', { requestId: 'hidden', ...asked, ...answered })
  await settle()
`

test('the line of a request is the line that pino writes for the same fields', async (t) => {
  const child = spawn(
    process.execPath,
    ['--import=tsx', '--input-type=module', '--eval', REQUESTS],
    {
      stdio: ['ignore', 'pipe', 'inherit']
    }
  )
  t.timeout(60_000, 'the program never ended')
  const lines = (await text(child.stdout)).trimEnd().split('\n')
  t.is(lines.length, 4)
  for (const index of [0, 2]) {
    const { msg, route } = JSON.parse(lines[index] ?? '')
    t.deepEqual([msg, route], ['request', '/a"bé'])
    t.is(lines[index], lines[index + 1])
  }
})
