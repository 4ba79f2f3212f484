/** The standalone binaries for processors of ARM, emulated. @needs qemu-aarch64-static aarch64-linux-gnu qemu-arm-static arm-linux-gnueabihf */
import { execFile } from 'node:child_process'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'
import { flatConfig, fullConfig } from '../helpers/config-texts.ts'
import { writeConfig } from '../helpers/folder.ts'
import { post } from '../helpers/http.ts'
import { runProgram, urlOf } from '../helpers/program.ts'
import { replying, startRemote } from '../helpers/remote.ts'
import { createTemporaryFolder } from '../helpers/temporary-folder.ts'
import { ENC_KEY } from '../helpers/tokens.ts'

const ROOT = join(import.meta.dirname, '../..')

/** The emulator of each architecture, with the folder of its libraries. */
const EMULATORS = {
  arm64: ['qemu-aarch64-static', '-L', '/usr/aarch64-linux-gnu'],
  armv7l: ['qemu-arm-static', '-L', '/usr/arm-linux-gnueabihf']
} as const

test.before('the binaries are built', async (t) => {
  t.timeout(600_000, 'Node.js is fetched from the npm registry')
  const script = join(ROOT, 'scripts/build-binary.ts')
  const args = ['--import=tsx', script, ...Object.keys(EMULATORS)]
  await promisify(execFile)(process.execPath, args, { cwd: ROOT })
})

for (const [architecture, [emulator, ...options]] of Object.entries(EMULATORS)) {
  const args = [...options, join(ROOT, `build/txtoken-linux-${architecture}`), 'serve', '--config']

  test.serial(
    `the binary for ${architecture} issues a token, checks it, and stops on SIGTERM`,
    async (t) => {
      const remote = await startRemote(t, replying('{"id":1}'))
      const file = await writeConfig(t, flatConfig(remote.url, { port: 0 }))
      const env = { ENC_KEY }
      const service = runProgram(t, { binary: emulator, args: [...args, file], env })
      const url = await urlOf(service)
      const issued = await post(`${url}/getToken`, '{"email":"a"}')
      t.is(issued.status, 200, issued.text)
      const checked = await post(`${url}/checkToken`, issued.text)
      t.is(checked.status, 200, checked.text)
      t.like(JSON.parse(checked.text).Claims.data, { id: 1 })
      service.process.kill('SIGTERM')
      t.like(await service.exit(), { code: 0, stderr: '' })
    }
  )

  test.serial(
    `the binary for ${architecture} reports at the start what the file store lacks`,
    async (t) => {
      const remote = await startRemote(t, replying('{"id":1}'))
      const cwd = await createTemporaryFolder(t)
      // Where it is built, the packages of the project are beside it.
      const binary = join(cwd, 'txtoken')
      await copyFile(args[2] ?? '', binary)
      const more = { revocation: { store: 'file:revoked' } }
      const file = await writeConfig(t, fullConfig(remote.url, { more }))
      const { code, stderr } = await runProgram(t, {
        binary: emulator,
        args: [...options, binary, 'serve', '--config', file],
        env: { ENC_KEY },
        cwd
      }).exit()
      t.is(code, 1)
      t.true(
        stderr.includes('expected classic-level in node_modules beside the standalone program')
      )
      t.true(stderr.includes(`npm install classic-level in ${cwd}`), stderr)
    }
  )
}
