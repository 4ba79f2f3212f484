/** The first five minutes: the service in front of an embedded login API, and two commands to try it out. */

import type { Config } from '../config/full-form.ts'
import { type LoadedConfig, readConfig } from '../config/load.ts'
import { readPackagedFile } from '../packaged-file.ts'
import { listen } from '../server/listen.ts'
import { createDemoLoginApi, DEMO_USERS } from './login-api.ts'

const EXAMPLE_FILE = 'example_cfg.yml'
const LOOPBACK = '127.0.0.1'

type Environment = Readonly<Record<string, string | undefined>>

export interface Demo {
  /** Loads the example configuration, for this machine alone unless `DEMO_HOST` names another address. */
  readonly load: () => LoadedConfig
  /** The text for the user once the service listens. */
  readonly greeting: string
}

/**
 * Starts the embedded login API where the example configuration expects its remote.
 * @throws ConfigError, ListenError
 */
export async function startDemo(env: Environment): Promise<Demo> {
  // The secret is public, so other machines reach the service only if the user allows it.
  const host = env.DEMO_HOST || LOOPBACK
  const { config } = loadExample(env)
  const [key] = config.keys
  const [route] = config.routes
  const source = route !== undefined && 'issue' in route ? route.claims[0] : undefined
  if (key?.origin !== 'secret' || source?.from !== 'remote') {
    throw new TypeError('the example configuration has changed its shape')
  }
  const { port } = new URL(source.url)
  const api = createDemoLoginApi({ secret: key.secret })
  const { timeouts } = config
  try {
    await listen(api.callback(), { host: LOOPBACK, port: Number(port), timeouts })
  } catch (error) {
    throw namePortVariable(error, 'DEMO_PORT')
  }
  return {
    load() {
      const loaded = loadExample(env)
      return { ...loaded, config: withoutProxy(listenOn(host, loaded.config)), files: [] }
    },
    greeting: writeGreeting(config.listen.main.port)
  }
}

/** Adds to the error of a port in use how to choose another one. */
export function namePortVariable(error: unknown, variable: string): unknown {
  if (error instanceof Error && error.name === 'ListenError' && 'reason' in error) {
    error.message = `${error.reason}; set ${variable} to use another port`
  }
  return error
}

function loadExample(env: Environment): LoadedConfig {
  return readConfig(readPackagedFile(EXAMPLE_FILE), { file: EXAMPLE_FILE, env })
}

function listenOn(host: string, config: Config): Config {
  const main = { ...config.listen.main, host }
  return { ...config, listen: { ...config.listen, main } }
}

/** The login API of the demo is on this machine, where no proxy leads. */
function withoutProxy(config: Config): Config {
  const routes = config.routes.map((route) =>
    'issue' in route && route.protocol === 'txtoken'
      ? {
          ...route,
          claims: route.claims.map((source) =>
            source.from === 'remote' ? { ...source, proxy: 'none' } : source
          )
        }
      : route
  )
  return { ...config, routes }
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
