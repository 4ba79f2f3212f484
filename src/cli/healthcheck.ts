/** `healthcheck`: asks the service on this machine whether it lives, for containers without curl. */
import { get as getPlain, type RequestOptions } from 'node:http'
import { get as getTls } from 'node:https'
import { findHealth } from '../config/listeners.ts'
import { loadConfig } from '../config/load.ts'
import { configFileOf, type Environment } from './command.ts'

const TIMEOUT_MS = 2000

/** Addresses to bind to that are no addresses to call, and what to call instead. */
const CALLABLE: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' }

/** @throws Error where the service does not answer 200, or cannot be asked */
export async function healthcheck(env: Environment): Promise<void> {
  const { config } = loadConfig({ file: configFileOf(env), env })
  const { name, listener, path } = findHealth(config)
  const { host, port, tls } = listener
  if (tls?.clientCertificate === 'require') {
    throw new Error(
      `the listener ${name} takes no client without a certificate, expected health on one that does: listen.admin, or a health route on another listener`
    )
  }
  const options = { host: CALLABLE[host] ?? host, port, path, timeout: TIMEOUT_MS }
  const status = await ask(options, tls !== undefined)
  if (status !== 200) throw new Error(`${path} answered ${status}, expected 200`)
}

/** Whether a certificate is good is not asked: it need not be one for this address, and a service lives with one that is over. */
function ask(options: RequestOptions, isTls: boolean): Promise<number | undefined> {
  const { path } = options
  const get = isTls ? getTls : getPlain
  return new Promise((resolve, reject) => {
    get({ ...options, rejectUnauthorized: false }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
      .once('timeout', () => reject(new Error(`${path} did not answer in time`)))
      .once('error', (error) => reject(new Error(`${path} cannot be reached`, { cause: error })))
  })
}
