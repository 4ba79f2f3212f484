/** The how-to pages whose commands need only the service and the demo login API: each prints what the page shows. */
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { readCodeBlocks } from '../helpers/documentation.ts'
import { freePorts } from '../helpers/free-ports.ts'
import { answering } from '../helpers/http.ts'
import { generateKeys, toPem } from '../helpers/keys.ts'
import { compareCommands } from '../helpers/page-commands.ts'
import { runProgram } from '../helpers/program.ts'
import { createTemporaryFolder } from '../helpers/temporary-folder.ts'
import { ENC_KEY } from '../helpers/tokens.ts'

const MAIN = join(import.meta.dirname, '../../dist/main.js')
const REVOKE_KEY = 'an-api-key-of-20-characters'

test.before((t) => t.timeout(600_000))

/** Runs the commands of a page beside its `txtoken.yml`, which is the last configuration on it. */
async function followPage(t: ExecutionContext, name: string, isServed = true): Promise<void> {
  const ports = new Map(['8888', '8889', '9090'].map((port) => [port, 0]))
  const free = await freePorts(ports.size)
  for (const [index, port] of [...ports.keys()].entries()) ports.set(port, free[index] ?? 0)
  const here = (text: string) =>
    text.replaceAll(/\b(?:8888|8889|9090)\b/g, (port) => String(ports.get(port)))

  const blocks = readCodeBlocks(`docs/how-to/${name}.md`)
  const config = blocks.filter(({ info }) => info === 'yaml').at(-1)?.text ?? ''
  const folder = await createTemporaryFolder(t)
  await mkdir(join(folder, 'bin'))
  await symlink(MAIN, join(folder, 'bin/txtoken'))
  await writeFile(join(folder, 'txtoken.yml'), here(config))
  await writeFile(join(folder, 'es-2026.pem'), toPem(generateKeys('ES256').signing))
  if (isServed) {
    const env = { ENC_KEY, REVOKE_KEY }
    runProgram(t, { args: ['demo-login-api', '--port', String(ports.get('8889'))], env })
    runProgram(t, { args: ['serve', 'txtoken.yml'], cwd: folder, env })
    await answering(here('http://127.0.0.1:8888'))
    await answering(here('http://127.0.0.1:8889'))
  }
  const setUp = {
    info: 'sh',
    heading: '',
    text: `export ENC_KEY='${ENC_KEY}' REVOKE_KEY=${REVOKE_KEY} PATH="$PWD/bin:$PATH"`
  }
  await compareCommands(t, [setUp, ...blocks], { cwd: folder, place: here })
}

for (const name of ['why-is-a-token-rejected', 'revoke-a-user', 'limit-attempts']) {
  test.serial(`the commands of ${name}.md print what the page shows`, async (t) => {
    await followPage(t, name)
  })
}

for (const name of ['rotate-keys', 'corporate-proxy']) {
  test.serial(`the commands of ${name}.md print what the page shows`, async (t) => {
    await followPage(t, name, false)
  })
}
