/** The built program, which a drill stops, kills and starts again on the same port. */
import { fileURLToPath } from 'node:url'
import { eventually } from '../helpers/eventually.ts'
import { writeConfig } from '../helpers/folder.ts'
import { freePorts } from '../helpers/free-ports.ts'
import { post, send } from '../helpers/http.ts'
import type { Lifetime } from '../helpers/lifetime.ts'
import { type RunningProgram, runProgram } from '../helpers/program.ts'
import { startRemote } from '../helpers/remote.ts'
import { ENC_KEY } from '../helpers/tokens.ts'

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url))

export interface Replica {
  readonly url: string
  /** The process that runs now. */
  readonly program: () => RunningProgram
  /** Starts it without waiting. */
  readonly launch: () => void
  /** Starts it, and waits until it is ready. */
  readonly start: () => Promise<void>
  /** Ends it by SIGTERM, and returns its exit code. */
  readonly stop: () => Promise<number | null>
  /** Ends it by SIGKILL. */
  readonly kill: () => Promise<void>
  /** Logs in, and returns the token. Throws where there is none. */
  readonly issue: () => Promise<string>
  /** The status of a check of a token. */
  readonly check: (token: string) => Promise<number>
  /** The status of the answer to its revocation; 0 where there is none. */
  readonly revoke: (token: string) => Promise<number>
}

export interface ReplicaOptions {
  /** The login API. */
  readonly remote: string
  /** Default: one that is free. */
  readonly port?: number
  /** More of the configuration. */
  readonly settings?: object
  /** More of the source of claims. */
  readonly source?: object
  /** Commands that a shell runs before it becomes the program. */
  readonly before?: string
  /** A command that runs the program, such as that of another file system. */
  readonly within?: readonly string[]
  readonly nodeArguments?: readonly string[]
}

/** Starts a replica that ends with the drill. */
export async function startReplica(t: Lifetime, options: ReplicaOptions): Promise<Replica> {
  const replica = await prepareReplica(t, options)
  await replica.start()
  return replica
}

/** The same, without starting it. */
export async function prepareReplica(
  t: Lifetime,
  { remote, settings, source, before, within = [], nodeArguments = [], ...options }: ReplicaOptions
): Promise<Replica> {
  const [port = 0] = options.port === undefined ? await freePorts(1) : [options.port]
  const claims = [{ from: 'remote', url: remote, at: 'data', ...source }]
  const config = {
    listen: { main: { host: '127.0.0.1', port } },
    log: { level: 'warn' },
    // A busy machine must not fail a drill.
    limits: { wait: 'off' },
    keys: [{ alg: 'HS256', secret: ENC_KEY }],
    routes: [
      { issue: '/getToken', claims },
      { check: '/checkToken', verify: [{ keys: 'all' }] },
      ...(settings !== undefined && 'revocation' in settings
        ? [{ revoke: '/revokeToken', on: 'main' }]
        : [])
    ],
    ...settings
  }
  const env = { CFG_FILE: await writeConfig(t, JSON.stringify(config)) }
  const url = `http://127.0.0.1:${port}`
  let program: RunningProgram | undefined

  function current(): RunningProgram {
    if (program === undefined) throw new Error('not started')
    return program
  }

  function launch(): void {
    const line = [process.execPath, ...nodeArguments, MAIN]
    const shell = ['/bin/sh', '-c', `${before} exec "$@"`, 'sh']
    const [binary, ...args] = [...within, ...(before === undefined ? [] : shell), ...line]
    program = runProgram(t, { env, binary, args })
  }

  return {
    url,
    program: current,
    launch,
    async start() {
      launch()
      const { process: started, output } = current()
      await eventually(async () => {
        if (started.exitCode !== null) throw new Error(`ended: ${JSON.stringify(output())}`)
        return isReady(url)
      }, 10)
    },
    async stop() {
      current().process.kill('SIGTERM')
      return (await current().exit()).code
    },
    async kill() {
      current().process.kill('SIGKILL')
      await current().exit()
    },
    async issue() {
      const { status, text } = await post(`${url}/getToken`, '{"user":"ada"}')
      if (status !== 200) throw new Error(`no token: ${status}`)
      return JSON.parse(text).token
    },
    async check(token) {
      const headers = { authorization: `Bearer ${token}` }
      return (await send(`${url}/checkToken`, { headers })).status
    },
    revoke: (token) =>
      post(`${url}/revokeToken`, `token=${token}`).then(
        ({ status }) => status,
        () => 0
      )
  }
}

function isReady(url: string): Promise<boolean> {
  return send(`${url}/readyz`).then(
    ({ status }) => status === 200,
    () => false
  )
}

/** Starts a login API that accepts anyone: its reply is the request body. */
export async function startEchoRemote(t: Lifetime): Promise<string> {
  const { url } = await startRemote(t, (response, { body }) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end(body)
  )
  return url
}

/** The tokens among these whose check is not answered with this status. */
export async function notAnswered(
  { check }: Pick<Replica, 'check'>,
  tokens: readonly string[],
  status: number
): Promise<number> {
  let count = 0
  for (const token of tokens) if ((await check(token)) !== status) count++
  return count
}
