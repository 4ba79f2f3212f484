/** examples/txtoken.yml as it stands, in front of the demo login API, with the commands of its page. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import test from 'ava'
import { readCodeBlocks } from '../helpers/documentation.ts'
import { runProgram, urlOf } from '../helpers/program.ts'
import { ENC_KEY } from '../helpers/service.ts'

const EXAMPLE = fileURLToPath(new URL('../../examples/txtoken.yml', import.meta.url))
const run = promisify(execFile)

test('the commands of the page answer as it says', async (t) => {
  const demo = runProgram(t, { args: ['demo-login-api', '--port', '0'], env: { ENC_KEY } })
  await demo.saying('demo login API on')
  const [, address = ''] = /demo login API on (\S+)/.exec(demo.output().stdout) ?? []
  const env = { ENC_KEY, CFG_FILE: EXAMPLE, PORT: '0', REMOTE: `http://${address}/login` }
  const url = (await urlOf(runProgram(t, { env }))).replace('127.0.0.1', 'localhost')
  const blocks = readCodeBlocks('docs/examples/txtoken.md').map(({ text }) => text.trim())
  const commands = blocks.filter((text) => text.startsWith('curl '))
  t.is(commands.length, 3)
  const ask = async (command = '') =>
    (await run('sh', ['-c', command.replaceAll('http://localhost:8888', url)])).stdout.trim()
  // What differs from one login to another: the times, and what is made of them.
  const timeless = (text = '') =>
    text
      .replace(/"(token|Raw|Signature)":"[^"]+"/g, '"$1":""')
      .replace(/"(iat|exp)":\d{10}/g, '"$1":0')

  for (const command of commands) {
    const said = blocks[blocks.indexOf(command) + 1]
    t.is(timeless(await ask(command)), timeless(said), command)
  }
  demo.process.kill('SIGKILL')
  await demo.exit()
  t.is(await ask(commands.at(-1)), blocks.at(-1) ?? '')
})
