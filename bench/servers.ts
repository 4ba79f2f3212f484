/** The servers of the bench: the built program, the programs that it is compared with, the remote, and running ones. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runProgram, type Server, startOnFreePort } from './child-process.ts'
import type { Placement } from './placement.ts'

const root = fileURLToPath(new URL('../', import.meta.url))

/** The folder where `tsc -p bench/tsconfig.json` puts the programs of the bench. */
const programsFolder = join(root, '.scratch/bench')

export const loadGenerator = join(programsFolder, 'load.js')
export const unfinishedBodies = join(programsFolder, 'unfinished-bodies.js')

/** Starts a server, or finds a running one. */
export type StartServer = (placement: Placement) => Promise<Server>

/** One of bench/programs, which answers 404 to /readyz as soon as it listens. */
export function bareServer(name: string, env: Readonly<Record<string, string>> = {}): StartServer {
  const file = join(programsFolder, `${name}.js`)
  return function startBareServer({ server }) {
    const prepare = (port: number) => ({
      file,
      port,
      env: { ...env, PORT: String(port) },
      readyStatus: 404
    })
    return startOnFreePort(prepare, server)
  }
}

/**
 * The built program. Only required settings are configured, all else is the default.
 * @param spread whether it may use all processors
 */
export function program(folder: string, settings: object, spread = false): StartServer {
  return function startProgram(placement) {
    const prepare = (port: number) => {
      const configuration = join(folder, `txtoken-${port}.yml`)
      const listen = { main: { port, host: '127.0.0.1' } }
      writeFileSync(configuration, JSON.stringify({ listen, ...settings }))
      const env = { CFG_FILE: configuration }
      return { file: join(root, 'dist/main.js'), port, env, readyStatus: 200 }
    }
    return startOnFreePort(prepare, spread ? placement.spread : placement.server)
  }
}

/** A server that was started outside of the bench, which does not stop it. */
export function runningServer({ hostname, port }: URL, pid: number): StartServer {
  return async () => ({
    pid,
    host: hostname,
    port: Number(port || 80),
    startToReadySeconds: Number.NaN,
    stop: async () => {}
  })
}

/** @param port where it listens; any free one by default */
export function startRemote({ others }: Placement, port?: number): Promise<Server> {
  const file = join(programsFolder, 'remote.js')
  const prepare = (port: number) => ({
    file,
    port,
    env: { PORT: String(port) },
    readyStatus: 404
  })
  return startOnFreePort(prepare, others, port)
}

/** Compiles bench/programs like the built program, so that nothing is translated while it is measured. */
export async function buildPrograms(): Promise<void> {
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  await runProgram([process.execPath, compiler, '--project', join(root, 'bench/tsconfig.json')])
}
