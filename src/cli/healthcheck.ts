/** `healthcheck`: checks that the service on this machine is alive, for containers without curl. */
import { get as getPlain, type RequestOptions } from 'node:http'
import { get as getTls } from 'node:https'
import { findHealth } from '../config/listeners.ts'
import { loadConfig } from '../config/load.ts'
import { CommandError, configFileOf, configOption, createCommand } from './command.ts'

const TIMEOUT_MS = 2000

/** Addresses that a listener can bind to but that nobody can call, and the addresses to call instead. */
const CALLABLE: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' }

export const healthcheck = createCommand({
  parameters: [],
  description:
    'Check whether the service on this machine is alive: GET /livez on the port of its configuration, or a health route where there is no /livez. For containers without curl. Prints nothing on success.',
  options: { config: configOption },
  examples: ['txtoken healthcheck --config txtoken.yml'],
  async run({ values, env }) {
    const { config } = loadConfig({ file: configFileOf(values.config, env), env })
    const place = findHealth(config)
    if (place === undefined) {
      throw new CommandError(
        'the configuration has no path that shows whether the service is alive, expected a health route'
      )
    }
    const { host, port, tls } = place.listener
    if (tls?.clientCertificate === 'require') {
      throw new CommandError(
        `the listener ${place.name} accepts only clients with a certificate, expected health on another listener: listen.admin, or a health route`
      )
    }
    const { path } = place
    const options = { host: CALLABLE[host] ?? host, port, path, timeout: TIMEOUT_MS }
    const status = await askForStatus(options, tls !== undefined)
    if (status !== 200) throw new CommandError(`${path} answered ${status}, expected 200`)
  }
})

/** Whether a certificate is good is not asked: it need not be one for this address, and a service is alive with an expired one. */
function askForStatus(options: RequestOptions, isTls: boolean): Promise<number | undefined> {
  const { path } = options
  const get = isTls ? getTls : getPlain
  return new Promise((resolve, reject) => {
    get({ ...options, rejectUnauthorized: false }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
      .once('timeout', () => reject(new CommandError(`${path} did not answer in time`)))
      .once('error', (cause) => reject(new CommandError(`${path} cannot be reached`, { cause })))
  })
}
