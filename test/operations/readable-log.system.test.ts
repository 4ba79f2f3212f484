import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { writeConfig } from '../helpers/folder.ts'
import { runProgram } from '../helpers/program.ts'
import { ENC_KEY } from '../helpers/tokens.ts'

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url))
const TIME = String.raw`\[\d\d:\d\d:\d\d\.\d{3}\]`

function writeLogging(t: ExecutionContext, more: Record<string, unknown>): Promise<string> {
  return writeConfig(
    t,
    JSON.stringify({
      listen: { main: { port: 0, host: '127.0.0.1' } },
      keys: [{ alg: 'HS256', secret: '${ENC_KEY}' }],
      routes: [{ check: '/checkToken', verify: [{ keys: 'all' }] }],
      ...more
    })
  )
}

/** Runs the service with a terminal as its standard output; `script` of Debian's bsdutils makes one. */
function runInTerminal(t: ExecutionContext, file: string, env: Record<string, string> = {}) {
  const command = `exec ${process.execPath} ${MAIN} serve --config ${file}`
  const program = runProgram(t, {
    binary: 'script',
    args: ['--quiet', '--return', '--flush', '--command', command, '/dev/null'],
    env: { ENC_KEY, TERM: 'xterm', ...env }
  })
  t.teardown(async () => {
    // It passes the signal on. Where it is killed itself, the service gets a SIGHUP, which means a reload.
    program.process.kill('SIGTERM')
    await program.exit()
  })
  return program
}

test('in a terminal the log is readable, and has colors', async (t) => {
  const program = runInTerminal(t, await writeLogging(t, {}))
  await program.saying('listening')
  t.true(
    program.output().stdout.includes('\u001b[32mINFO\u001b[39m: \u001b[36mlistening\u001b[39m')
  )
})

test('NO_COLOR leaves the colors out', async (t) => {
  const program = runInTerminal(t, await writeLogging(t, {}), { NO_COLOR: '1' })
  await program.saying('listening')
  t.regex(program.output().stdout, RegExp(`^${TIME} INFO: listening \\{"version":`))
})

test('log.pretty: false writes JSON to a terminal, too', async (t) => {
  const program = runInTerminal(t, await writeLogging(t, { log: { pretty: false } }))
  await program.saying('"listening"')
  t.regex(program.output().stdout, /^\{"level":"info","time":/)
})

test('with log.pretty: true a file gets readable lines, also of workers', async (t) => {
  const file = await writeLogging(t, { workers: 2, log: { pretty: true, level: 'debug' } })
  const program = runProgram(t, { args: ['serve', '--config', file], env: { ENC_KEY } })
  await program.saying('listening')
  const [, port] = /"port":(\d+)/.exec(program.output().stdout) ?? []
  await fetch(`http://127.0.0.1:${port}/checkToken`)
  await program.saying('/checkToken')
  program.process.kill('SIGTERM')
  const { code, stdout } = await program.exit()
  t.is(code, 0)
  t.regex(
    stdout,
    RegExp(
      `${TIME} INFO: GET /checkToken 401 in [\\d.]+ ms: .*\\{"worker":[12],"requestId":"[^"]+","code":"missing_token"`
    )
  )
  for (const line of stdout.trimEnd().split('\n')) t.regex(line, RegExp(`^${TIME} `))
})
