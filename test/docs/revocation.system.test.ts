import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import test from 'ava'
import { findCode, readCodeBlocks } from '../helpers/documentation.ts'
import { runService, urlOf } from '../helpers/program.ts'
import { replying, startRemote } from '../helpers/remote.ts'

const PAGE = 'docs/revocation.md'

test('the commands of the page print what stands there', async (t) => {
  const remote = await startRemote(t, replying('{"id":1}'))
  const [config = ''] = findCode(PAGE, 'Revocation and refresh tokens', 'yaml')
  const service = await runService(
    t,
    config
      .replace('main: { port: 8888 }', 'main: { port: 0 }')
      .replace('admin: { port: 9090 }', 'admin: { port: 0 }')
      .replaceAll('http://login-api:8080', new URL(remote.url).origin),
    { ENC_KEY: 'a secret of thirty-two characters or more' }
  )
  const admin = await urlOf(service, 'admin')
  const blocks = readCodeBlocks(PAGE)
  const commands = blocks.filter(({ info }) => info === 'sh')
  t.is(commands.length, 4)
  // The answers depend on what was revoked before: the subject is revoked in the middle of the page, so it comes last.
  const inOrder = [...commands].sort((a, b) => isAboutSubjects(a.text) - isAboutSubjects(b.text))
  for (const command of inOrder) {
    const script = command.text
      .replaceAll('http://localhost:8888', service.url)
      .replaceAll('http://localhost:9090', admin)
    const { stdout } = await promisify(execFile)('bash', ['-c', script])
    const printed = blocks[blocks.indexOf(command) + 1]
    t.is(printed?.info, 'text')
    t.is(stdout.trimEnd(), printed?.text ?? '')
  }
})

function isAboutSubjects(command: string): number {
  return command.includes('sub=') ? 1 : 0
}
