/** examples/txtoken.yml unchanged, in front of the demo login API, with the commands of its page. */
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { readCodeBlocks } from '../helpers/documentation.ts'
import { eventually } from '../helpers/eventually.ts'
import { post } from '../helpers/http.ts'
import { compareCommands } from '../helpers/page-commands.ts'
import { runProgram, urlOf } from '../helpers/program.ts'
import { ENC_KEY } from '../helpers/tokens.ts'

const EXAMPLES = fileURLToPath(new URL('../../examples/', import.meta.url))

test('the commands of the page print what is shown below them', async (t) => {
  const demo = runProgram(t, { args: ['demo-login-api', '--port', '0'], env: { ENC_KEY } })
  await demo.saying('demo login API on')
  const [, address = ''] = /demo login API on (\S+)/.exec(demo.output().stdout) ?? []
  const CFG_FILE = `${EXAMPLES}txtoken.yml`
  const env = { ENC_KEY, CFG_FILE, PORT: '0', REMOTE: `http://${address}/login` }
  const url = await urlOf(runProgram(t, { env }))
  const [start, ...blocks] = readCodeBlocks('docs/examples/txtoken.md')
  t.true(start?.text.includes('CFG_FILE=examples/txtoken.yml node dist/main.js'))
  const compare = (some: typeof blocks) =>
    compareCommands(t, some, {
      cwd: EXAMPLES,
      place: (command) => command.replaceAll('http://localhost:8888', url)
    })

  const whileDown = blocks.slice(-2)
  await compare(blocks.slice(0, -2))
  demo.process.kill('SIGKILL')
  await demo.exit()
  await compare(whileDown)
})

test('the demo login API reports a call whose bearer another secret has signed', async (t) => {
  const demo = runProgram(t, { args: ['demo-login-api', '--port', '0'], env: { ENC_KEY } })
  await demo.saying('demo login API on')
  const [, address = ''] = /demo login API on (\S+)/.exec(demo.output().stdout) ?? []
  const CFG_FILE = `${EXAMPLES}txtoken.yml`
  const other = `another ${ENC_KEY}`
  const env = { ENC_KEY: other, CFG_FILE, PORT: '0', REMOTE: `http://${address}/login` }
  const url = await urlOf(runProgram(t, { env }))
  await post(`${url}/getToken`, '{"email":"ada@example.com","password":"12345"}')
  await eventually(() => demo.output().stderr !== '')
  t.regex(demo.output().stderr, /rejected a call without a service bearer/)
})
