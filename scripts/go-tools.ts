/** Programs written in Go that the tests run, built from the Go module proxy. `npm run tools` builds all of them ahead. @needs go */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { cachedFolder } from './tool-cache.ts'

const run = promisify(execFile)

/** The package of each program, and the version of its module. */
const TOOLS = {
  actionlint: ['github.com/rhysd/actionlint/cmd/actionlint', 'v1.7.12'],
  helm: ['helm.sh/helm/v4/cmd/helm', 'v4.3.2'],
  kubeconform: ['github.com/yannh/kubeconform/cmd/kubeconform', 'v0.8.0']
} as const

type GoTool = keyof typeof TOOLS

/** Programs of this project, each in its folder with `go.mod` and `go.sum`. */
const OWN_PROGRAMS = join(import.meta.dirname, '../test/helpers')

/** Without cgo no C compiler is needed. A module may require a newer Go than is installed, which the proxy has too. */
const ENVIRONMENT = { CGO_ENABLED: '0', GOTOOLCHAIN: 'auto' }
const FLAGS = ['-trimpath', '-ldflags=-s -w']

/**
 * Builds a program, unless the cache has it. The first time it takes minutes, so a test extends its time with `t.timeout`.
 * @returns the path of the program
 * @throws Error where Go is not installed, or does not build it
 */
export async function installGoTool(name: GoTool): Promise<string> {
  const [path, version] = TOOLS[name]
  const folder = await cachedFolder(`${name}-${version}`, async (GOBIN) => {
    await runGo(['install', ...FLAGS, `${path}@${version}`], { GOBIN })
  })
  return join(folder, name)
}

/** Builds a program of `test/helpers`, from its folder; otherwise as `installGoTool`. */
export async function buildGoProgram(name: 'kubectl' | 'pod-security'): Promise<string> {
  const source = join(OWN_PROGRAMS, name)
  const digest = createHash('sha256')
  for (const file of (await readdir(source)).toSorted()) {
    digest.update(await readFile(join(source, file)))
  }
  const folder = await cachedFolder(`${name}-${digest.digest('hex').slice(0, 16)}`, async (out) => {
    await runGo(['build', '-C', source, '-mod=readonly', ...FLAGS, '-o', join(out, name), '.'])
  })
  return join(folder, name)
}

/** The kubectl of this machine, or a built one. */
export async function findKubectl(): Promise<string> {
  const isThere = await run('kubectl', ['version', '--client']).then(
    () => true,
    () => false
  )
  return isThere ? 'kubectl' : buildGoProgram('kubectl')
}

/** The folder of a module whose files are used, as `path@version`. */
export async function downloadGoModule(module: string): Promise<string> {
  return JSON.parse(await runGo(['mod', 'download', '-json', module])).Dir
}

async function runGo(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  try {
    const { stdout } = await run('go', args, { env: { ...process.env, ...ENVIRONMENT, ...env } })
    return stdout
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ENOENT'
      ? new Error('go is not installed, and this needs it: apt-get install golang-go')
      : error
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const name of Object.keys(TOOLS) as GoTool[]) {
    process.stdout.write(`${await installGoTool(name)}\n`)
  }
  process.stdout.write(`${await buildGoProgram('pod-security')}\n${await findKubectl()}\n`)
}
