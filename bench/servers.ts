/** The servers that the bench starts: the built program, the references, the remote. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runProgram, type ServerCommand } from './child-process.ts'

const root = fileURLToPath(new URL('../', import.meta.url))

/** Where `tsc -p bench/tsconfig.json` puts the programs of the bench. */
const programsFolder = join(root, '.scratch/bench')

export const loadGenerator = join(programsFolder, 'load.js')

/** One of bench/programs, which answers 404 to /readyz as soon as it listens. */
export function prepareBareServer(
  name: string,
  port: number,
  env: Readonly<Record<string, string>> = {}
): ServerCommand {
  const file = join(programsFolder, `${name}.js`)
  return { file, port, env: { ...env, PORT: String(port) }, readyStatus: 404 }
}

/** The built program. Only what it cannot do without is configured, all else is as it comes. */
export function prepareProgram(folder: string, port: number, settings: object): ServerCommand {
  const configuration = join(folder, `txtoken-${port}.yml`)
  const listen = { main: { port, host: '127.0.0.1' } }
  writeFileSync(configuration, JSON.stringify({ listen, ...settings }))
  const env = { CFG_FILE: configuration }
  return { file: join(root, 'dist/main.js'), port, env, readyStatus: 200 }
}

/** Compiles bench/programs like the built program, so that nothing is translated while it is measured. */
export async function buildPrograms(): Promise<void> {
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  await runProgram([], [compiler, '--project', join(root, 'bench/tsconfig.json')])
}
