/** Programs of the pages that verify tokens in other languages, each a service with one route, built and started. @needs go mvn javac */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { cachedFolder } from '../../scripts/tool-cache.ts'
import { writeFiles } from './folder.ts'
import { freePorts } from './free-ports.ts'
import type { Lifetime } from './lifetime.ts'
import { startProxy } from './proxy.ts'
import { installPythonPackages } from './python-packages.ts'
import { JWKS_URL } from './token-issuer.ts'

const run = promisify(execFile)

const PROJECTS = join(import.meta.dirname, 'verifying')

/** How a program is started: its output is ignored, and it listens on the port written in it. */
interface Built {
  readonly command: string
  readonly args: readonly string[]
  readonly folder: string
}

/**
 * Starts a program of a page, with the issuer and the port of the test in it.
 * @param files its files, by their names
 * @param build builds the program in a folder with these files
 * @returns its address
 */
export async function startVerifying(
  t: Lifetime,
  issuer: string,
  files: Readonly<Record<string, string>>,
  build: (folder: string, port: number) => Promise<Built>
): Promise<string> {
  const [port = 0] = await freePorts(1)
  const here = Object.entries(files).map(([name, text]) => [
    name,
    text.replaceAll(JWKS_URL, `${issuer}/.well-known/jwks.json`).replaceAll('8080', String(port))
  ])
  const folder = await writeFiles(t, Object.fromEntries(here))
  await startProxy(t, { ...(await build(folder, port)), port })
  return `http://127.0.0.1:${port}`
}

/** With the build of this package. */
export async function buildCommonJs(folder: string): Promise<Built> {
  await mkdir(join(folder, 'node_modules'))
  await symlink(join(import.meta.dirname, '../..'), join(folder, 'node_modules/txtoken'))
  return { command: process.execPath, args: ['orders.cjs'], folder }
}

/** FastAPI, by uvicorn. */
export async function buildPython(folder: string, port: number): Promise<Built> {
  const packages = await installPythonPackages('how-to')
  const options = ['orders:app', '--port', String(port), '--log-level', 'error']
  const start = `import sys; sys.path[:0] = [${JSON.stringify(packages)}, '.']; from uvicorn import main; main()`
  return { command: 'python3', args: ['-c', start, ...options], folder }
}

/** With the modules in `go.mod`, checked by the hashes in `go.sum`. */
export async function buildGo(folder: string): Promise<Built> {
  await cp(join(PROJECTS, 'go'), folder, { recursive: true })
  await run('go', ['build', '-mod=readonly', '-o', 'orders', '.'], { cwd: folder })
  return { command: join(folder, 'orders'), args: [], folder }
}

/** With the jars in `pom.xml` and their dependencies. */
export async function buildJava(folder: string): Promise<Built> {
  const classPath = `${join(await installJars(), '*')}:${folder}`
  await run('javac', ['-cp', classPath, '-d', folder, 'Orders.java'], { cwd: folder })
  return { command: 'java', args: ['-cp', classPath, 'Orders'], folder }
}

async function installJars(): Promise<string> {
  const pom = await readFile(join(PROJECTS, 'nimbus/pom.xml'))
  const digest = createHash('sha256').update(pom).digest('hex').slice(0, 16)
  return cachedFolder(`java-nimbus-${digest}`, async (folder) => {
    await writeFile(join(folder, 'pom.xml'), pom)
    const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${folder}`]
    await run('mvn', ['-q', '-B', ...goal], { cwd: folder })
  })
}
