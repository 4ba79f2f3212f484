/** The built program with several workers, and what tests need to observe them. */
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import type { ExecutionContext } from 'ava'
import { eventually } from './eventually.ts'
import { writeFiles } from './folder.ts'
import { post, send } from './http.ts'
import { type RunningProgram, runService } from './program.ts'
import { replying, startRemote } from './remote.ts'

const SECRET = 'a secret of thirty-two characters or more'

export interface RunningWorkers extends RunningProgram {
  readonly url: string
  readonly file: string
  /** The processes of the live workers. */
  readonly pids: () => number[]
  /** The lines of its log, parsed: an incomplete line fails the test. */
  readonly log: () => Record<string, unknown>[]
  /** Kills a worker, and waits until another one is in its place. */
  readonly killOne: () => Promise<void>
}

/** Starts it with two workers, a login API and these settings. */
export async function runWorkers(
  t: ExecutionContext,
  settings: object = {}
): Promise<RunningWorkers> {
  const remote = await startRemote(t, replying('{"id":1}'))
  const program = await runService(t, workersConfig(remote.url, settings))
  const pids = () => childrenOf(program.process.pid ?? 0)

  function log(): Record<string, unknown>[] {
    const lines = program.output().stdout.split('\n')
    return lines.slice(0, -1).map((line) => JSON.parse(line))
  }

  return {
    ...program,
    log,
    pids,
    async killOne() {
      const before = count()
      const [victim] = pids()
      if (victim === undefined) throw new Error('no worker runs')
      process.kill(victim, 'SIGKILL')
      await eventually(() => count() > before, 20)
    }
  }

  function count(): number {
    return log().filter(({ msg }) => msg === 'worker started again').length
  }
}

/** The processes that a process has started. */
export function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .split(' ')
    .filter((text) => text !== '')
    .map(Number)
}

export function workersConfig(remote: string, settings: object = {}): string {
  const source = { from: 'remote', url: remote, at: 'data' }
  return JSON.stringify({
    workers: 2,
    listen: { main: { port: 0, host: '127.0.0.1' }, admin: { port: 0, host: '127.0.0.1' } },
    keys: [{ alg: 'HS256', secret: SECRET }],
    revocation: {},
    routes: [
      {
        issue: '/getToken',
        claims: [source],
        refresh: { route: '/refreshToken', recheck: remote }
      },
      { check: '/checkToken', verify: [{ keys: 'all' }] },
      { revoke: '/revokeToken', on: 'main' }
    ],
    ...settings
  })
}

/** Replaces the running configuration, and has the new one loaded. */
export async function reloadWith(
  { file, process, saying, output }: RunningWorkers,
  config: string,
  expected: string
): Promise<void> {
  const from = output().stdout.length
  await writeFile(file, config)
  process.kill('SIGHUP')
  await saying(expected, from)
}

export interface Login {
  readonly token: string
  readonly refresh_token: string
}

export async function login(url: string): Promise<Login> {
  return JSON.parse((await post(`${url}/getToken`, '{}')).text)
}

/** @returns the status, requested on a new connection: these go to the workers in turn */
export async function check(url: string, token: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}` }
  return (await send(`${url}/checkToken`, { headers })).status
}

export async function revoke(url: string, token: string): Promise<number> {
  return (await post(`${url}/revokeToken`, `token=${token}`)).status
}

/** A folder for the store of a test. */
export async function fileStore(t: ExecutionContext): Promise<string> {
  return `file:${await writeFiles(t)}/revoked`
}
