/** The first five minutes: the service in front of an embedded login API, and two commands to try it with. */
import { fileURLToPath } from 'node:url'
import { type LoadedConfig, loadConfig } from '../config/load.ts'
import { listen } from '../server.ts'
import { createDemoLoginApi, DEMO_USERS } from './login-api.ts'

const EXAMPLE_FILE = fileURLToPath(new URL('../../example_cfg.yml', import.meta.url))
const LOOPBACK = '127.0.0.1'

export interface Demo {
  /** Loads the example configuration, for this machine alone: its secret is known to everybody. */
  readonly load: (onFiles: (files: readonly string[]) => void) => LoadedConfig
  /** What to tell the user once the service listens. */
  readonly greeting: string
}

/**
 * Starts the embedded login API where the example configuration expects its remote.
 * @throws ConfigError, ListenError
 */
export async function startDemo(env: Readonly<Record<string, string | undefined>>): Promise<Demo> {
  const { config } = loadConfig({ file: EXAMPLE_FILE, env })
  const [key] = config.keys
  const [route] = config.routes
  const source = route !== undefined && 'issue' in route ? route.claims[0] : undefined
  if (key?.origin !== 'secret' || source?.from !== 'remote') {
    throw new TypeError('the example configuration has changed its shape')
  }
  const { port } = new URL(source.url)
  const api = createDemoLoginApi({ secret: key.secret })
  await listen(api.callback(), {
    host: LOOPBACK,
    port: Number(port),
    timeouts: config.timeouts
  })
  return {
    load: (onFiles) => limitToLoopback(loadConfig({ file: EXAMPLE_FILE, env, onFiles })),
    greeting: writeGreeting(config.listen.main.port)
  }
}

function limitToLoopback({ config, files }: LoadedConfig): LoadedConfig {
  const main = { ...config.listen.main, host: LOOPBACK }
  return { config: { ...config, listen: { ...config.listen, main } }, files }
}

function writeGreeting(port: number): string {
  const [user] = DEMO_USERS
  const url = `http://localhost:${port}`
  const getToken = `-X POST ${url}/getToken -d '${JSON.stringify({ email: user.email, password: user.password })}'`
  return `
txtoken runs with example_cfg.yml and a demo login API. Set CFG_FILE to run it with a configuration of your own.

Get a token:
  curl ${getToken}
Check it:
  curl -X POST ${url}/checkToken -d "$(curl -s ${getToken})"

`
}
