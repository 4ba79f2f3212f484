/** The first five minutes: the service in front of an embedded login API, and two commands to try it with. */

import type { Config } from '../config/full-form.ts'
import { type LoadedConfig, parseConfig } from '../config/load.ts'
import { readPackagedFile } from '../packaged-file.ts'
import { listen } from '../server/listen.ts'
import { createSecretReader } from '../settings/secrets.ts'
import { createDemoLoginApi, DEMO_USERS } from './login-api.ts'

const EXAMPLE_FILE = 'example_cfg.yml'
const LOOPBACK = '127.0.0.1'

type Environment = Readonly<Record<string, string | undefined>>

export interface Demo {
  /** Loads the example configuration, for this machine alone: its secret is known to everybody. */
  readonly load: () => LoadedConfig
  /** What the user reads once the service listens. */
  readonly greeting: string
}

/**
 * Starts the embedded login API where the example configuration expects its remote.
 * @throws ConfigError, ListenError
 */
export async function startDemo(env: Environment): Promise<Demo> {
  const config = parseExample(env)
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
    load: () => ({ config: limitToLoopback(parseExample(env)), files: [] }),
    greeting: writeGreeting(config.listen.main.port)
  }
}

function parseExample(env: Environment): Config {
  const reader = createSecretReader({ folder: '.', env })
  return parseConfig(readPackagedFile(EXAMPLE_FILE), { file: EXAMPLE_FILE, env, reader })
}

function limitToLoopback(config: Config): Config {
  const main = { ...config.listen.main, host: LOOPBACK }
  return { ...config, listen: { ...config.listen, main } }
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
