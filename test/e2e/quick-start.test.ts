/** @needs curl */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import test from 'ava'
import { freePorts } from '../helpers/free-ports.ts'
import { runProgram } from '../helpers/program.ts'

const shell = promisify(execFile)

test('without CFG_FILE the program starts the demo and prints two curl lines that work as printed', async (t) => {
  const [port, demoPort] = await freePorts(2)
  const program = runProgram(t, { env: { PORT: String(port), DEMO_PORT: String(demoPort) } })
  await program.saying('Check it:')
  await program.saying('/checkToken -d')
  const [getToken, checkToken] = program
    .output()
    .stdout.split('\n')
    .filter((line) => line.startsWith('  curl '))
  // In the order of the README: the log, then what to try.
  const [logged = ''] = program.output().stdout.split('\n\ntxtoken runs with ')
  t.deepEqual(
    logged.split('\n').map((line) => JSON.parse(line).msg),
    ['weak secret, whoever has it can sign tokens', 'listening']
  )
  const token = JSON.parse((await shell('sh', ['-c', getToken ?? 'false'])).stdout)
  t.regex(token.token, /^[\w-]+\.[\w-]+\.[\w-]+$/)
  const checked = JSON.parse((await shell('sh', ['-c', checkToken ?? 'false'])).stdout)
  t.true(checked.Valid)
  t.is(checked.Claims.data.email, 'ada@example.com')
})
