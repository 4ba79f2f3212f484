/** `healthcheck`: checks that the service on this machine is alive, for containers without curl. */
import { get as getPlain, type RequestOptions } from 'node:http'
import { get as getTls } from 'node:https'
import { findHealth } from '../config/listeners.ts'
import { loadConfig } from '../config/load.ts'
import { describeConnectionError } from '../remote/remote-errors.ts'
import { formatHostPort } from '../settings/hosts.ts'
import { CommandError, configFileOf, createConfigCommand } from './command.ts'

const TIMEOUT_MS = 2000

/** Addresses that a listener can bind to but that cannot be called, and the addresses to call instead. */
const CALLABLE: Readonly<Record<string, string>> = {
  '0.0.0.0': '127.0.0.1',
  // It is also reached by IPv4, which every machine has.
  '::': '127.0.0.1'
}

export const healthcheck = createConfigCommand({
  description:
    'Check whether the service on this machine is alive: GET /livez on the port of its configuration, or a health route if there is no /livez. For containers without curl. Prints nothing on success.',
  options: {},
  examples: ['txtoken healthcheck txtoken.yml'],
  async run({ named, env }) {
    const file = configFileOf(named, env)
    const { config } = loadConfig({ file, env })
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
    const callable = CALLABLE[host] ?? host
    const url = `http${tls === undefined ? '' : 's'}://${formatHostPort(callable, port)}${path}`
    const options = { host: callable, port, path, timeout: TIMEOUT_MS }
    const status = await askForStatus(options, url)
    if (status !== 200) throw new CommandError(`${url} answered ${status}, expected 200`)
  }
})

/** The certificate is not checked: it need not be for this address, and a service with an expired one is alive. */
function askForStatus(options: RequestOptions, url: string): Promise<number | undefined> {
  const get = url.startsWith('https:') ? getTls : getPlain
  return new Promise((resolve, reject) => {
    get({ ...options, rejectUnauthorized: false }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
      .once('timeout', () => {
        reject(new CommandError(`${url} did not answer within ${TIMEOUT_MS} ms`))
      })
      .once('error', (cause: NodeJS.ErrnoException) => {
        const reason = cause.code ?? describeConnectionError(cause)
        reject(new CommandError(`${url} cannot be reached (${reason})`, { cause }))
      })
  })
}
