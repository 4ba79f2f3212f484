/** Runs the built program as a separate process. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { settled } from './eventually.ts'
import { writeConfig } from './folder.ts'
import type { Lifetime } from './lifetime.ts'

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url))

export interface RunningProgram {
  readonly process: ChildProcess
  /** Everything that it has written to standard output and standard error so far. */
  readonly output: () => { stdout: string; stderr: string }
  /** Waits until a text is in its output, in standard output from this character on. */
  readonly saying: (text: string, from?: number) => Promise<void>
  /** Waits for its end. */
  readonly exit: () => Promise<{ code: number | null; stdout: string; stderr: string }>
}

interface ProgramOptions {
  /** The file of the program. Default: the build of this project. */
  main?: string
  /** A program that contains its Node.js, in place of that file. */
  binary?: string | undefined
  nodeArguments?: string[]
  args?: string[]
  env?: Record<string, string>
  cwd?: string
}

/** Starts the program, and kills it at the end of the test if it still runs. */
export function runProgram(
  t: Lifetime,
  { main = MAIN, binary, nodeArguments = [], args = [], env = {}, cwd }: ProgramOptions
): RunningProgram {
  const before = binary === undefined ? [...nodeArguments, main] : []
  const child = spawn(binary ?? process.execPath, [...before, ...args], {
    env: { PATH: process.env.PATH ?? '', ...env },
    cwd,
    stdio: ['ignore', 'pipe', 'pipe']
  })
  const texts = { stdout: '', stderr: '' }
  const waiting = new Set<() => void>()
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      texts[name] += chunk
      for (const look of waiting) look()
    })
  }
  const closed = once(child, 'close')
  t.teardown(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
    await closed
  })
  return {
    process: child,
    output: () => ({ ...texts }),
    saying(text, from = 0) {
      const said = new Promise<void>((resolve, reject) => {
        const look = () => {
          if (!texts.stdout.includes(text, from) && !texts.stderr.includes(text)) return
          waiting.delete(look)
          resolve()
        }
        waiting.add(look)
        look()
        closed.then(() => {
          look()
          reject(new Error(`ended without saying ${text}: ${texts.stdout}${texts.stderr}`))
        })
      })
      return settled(said, () => `the program says ${text}: ${texts.stdout}${texts.stderr}`)
    },
    async exit() {
      const end = settled(closed, () => `the program ends: ${texts.stdout}${texts.stderr}`)
      const [code] = (await end) as [number | null]
      return { code, ...texts }
    }
  }
}

/** Starts the service with a configuration, on a port that the system chooses. */
export async function runService(
  t: Lifetime,
  config: string,
  env: Record<string, string> = {}
): Promise<RunningProgram & { url: string; file: string }> {
  const file = await writeConfig(t, config)
  const program = runProgram(t, { env: { CFG_FILE: file, ...env } })
  return { ...program, url: await urlOf(program), file }
}

/** The address of a listener of the service, once it listens. Default: the first listener. */
export async function urlOf(program: RunningProgram, listener?: string): Promise<string> {
  const said = listener === undefined ? '"listening"' : `"listener":"${listener}"`
  await program.saying(said)
  const line = program
    .output()
    .stdout.split('\n')
    .find((text) => text.includes('"listening"') && text.includes(said))
  const { port } = JSON.parse(line ?? '{}') as { port: number }
  return `http://127.0.0.1:${port}`
}
