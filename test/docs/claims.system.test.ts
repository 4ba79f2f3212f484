import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import test from 'ava'
import { readCodeBlocks } from '../helpers/documentation.ts'
import { freePorts } from '../helpers/free-ports.ts'
import { runService } from '../helpers/program.ts'
import { ENC_KEY } from '../helpers/tokens.ts'

const PAGE = 'docs/claims.md'
const PORT = '8888'

test('the commands on the page about claims give what stands there', async (t) => {
  const [port] = await freePorts(1)
  const here = (text: string) => text.replaceAll(PORT, String(port))
  const blocks = readCodeBlocks(PAGE)
  const config = blocks.find(({ info }) => info === 'yaml')?.text ?? ''
  await runService(t, `listen: { main: { port: ${port} } }\n${here(config)}`, { ENC_KEY })

  const commands = blocks.flatMap(({ info, text }, index) =>
    info === 'sh' ? [{ command: text, expected: blocks[index + 1] }] : []
  )
  t.true(commands.length > 5)
  for (const { command, expected } of commands) {
    const { stdout } = await promisify(execFile)('bash', ['-c', here(command)])
    t.is(expected?.info, 'json', command)
    t.is(stdout.replaceAll('}{', '}\n{'), expected?.text ?? '', command)
  }
})
