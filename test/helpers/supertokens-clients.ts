/** The official clients of SuperTokens for other languages, from their registries, in services of a few lines. @needs go */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { installPythonPackages } from './python-packages.ts'

const run = promisify(execFile)

const SERVICES = join(import.meta.dirname, '../examples/supertokens-clients')
const BUILT = join(import.meta.dirname, '../../build/supertokens-clients')

/** Runs a service. It prints JSON. */
export type RunService = (env: {
  readonly CONNECTION_URI: string
  readonly API_KEY: string
}) => Promise<unknown>

export async function installPythonClient(): Promise<RunService> {
  const PYTHONPATH = await installPythonPackages('supertokens')
  return (env) => runService('python3', [join(SERVICES, 'client.py')], { ...env, PYTHONPATH })
}

/** Builds the service with the modules in `go.mod`, checked by the hashes in `go.sum`. */
export async function buildGoClient(): Promise<RunService> {
  const program = join(BUILT, 'go-client')
  const build = run('go', ['build', '-mod=readonly', '-o', program, '.'], {
    cwd: join(SERVICES, 'go')
  })
  await build.catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT'
      ? new Error('go is not installed, and this test needs it: apt-get install golang-go')
      : error
  })
  return (env) => runService(program, [], env)
}

async function runService(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>
): Promise<unknown> {
  const { stdout } = await run(program, args, { env: { PATH: process.env.PATH ?? '', ...env } })
  return JSON.parse(stdout)
}
