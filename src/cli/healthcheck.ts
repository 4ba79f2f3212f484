/** `healthcheck`: asks the service on this machine whether it lives, for containers without curl. */
import { get } from 'node:http'
import { operationsListener } from '../config/listeners.ts'
import { loadConfig } from '../config/load.ts'
import { configFileOf, type Environment } from './command.ts'

const TIMEOUT_MS = 2000

/** Addresses to bind to that are no addresses to call, and what to call instead. */
const CALLABLE: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' }

/** @throws Error where `/livez` does not answer 200 */
export async function healthcheck(env: Environment): Promise<void> {
  const { config } = loadConfig({ file: configFileOf(env), env })
  const { host, port } = config.listen[operationsListener(config)] ?? config.listen.main
  const status = await new Promise<number | undefined>((resolve, reject) => {
    get({ host: CALLABLE[host] ?? host, port, path: '/livez', timeout: TIMEOUT_MS }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
      .once('timeout', () => reject(new Error('/livez did not answer in time')))
      .once('error', (error) => reject(new Error('/livez cannot be reached', { cause: error })))
  })
  if (status !== 200) throw new Error(`/livez answered ${status}, expected 200`)
}
