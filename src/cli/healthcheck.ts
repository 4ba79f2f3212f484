/** `healthcheck`: asks the service on this machine whether it lives, for containers without curl. */
import { get } from 'node:http'
import { operationsListener } from '../config/listeners.ts'
import { loadConfig } from '../config/load.ts'
import { CommandError, configFileOf, createCommand } from './command.ts'

const TIMEOUT_MS = 2000

/** Addresses to bind to that are no addresses to call, and what to call instead. */
const CALLABLE: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' }

export const healthcheck = createCommand({
  parameters: [],
  description:
    'Ask the service on this machine whether it lives: GET /livez on the port that its configuration names. For containers without curl. Says nothing where all is well.',
  options: {
    config: {
      type: 'string',
      short: 'c',
      value: 'FILE',
      description: 'The configuration file; the environment variable CFG_FILE where left out'
    }
  },
  examples: ['txtoken healthcheck --config txtoken.yml'],
  async run({ values, env }) {
    const { config } = loadConfig({ file: configFileOf(values.config, env), env })
    const { host, port } = config.listen[operationsListener(config)] ?? config.listen.main
    const status = await askForStatus(CALLABLE[host] ?? host, port)
    if (status !== 200) throw new CommandError(`/livez answered ${status}, expected 200`)
  }
})

function askForStatus(host: string, port: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    get({ host, port, path: '/livez', timeout: TIMEOUT_MS }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
      .once('timeout', () => reject(new CommandError('/livez did not answer in time')))
      .once('error', (cause) => reject(new CommandError('/livez cannot be reached', { cause })))
  })
}
