/** `demo-login-api`: the demo login API on its own, for a compose file. */
import { createDemoLoginApi } from '../demo/login-api.ts'
import { listen } from '../server/listen.ts'
import { trimText } from '../settings/clean-text.ts'
import { formatHostPort, parseHost } from '../settings/hosts.ts'
import { createCommand, UsageError } from './command.ts'

const TIMEOUTS = { headers: 10_000, request: 30_000, keepAlive: 72_000, drain: 0, shutdown: 1000 }

export const demoLoginApi = createCommand({
  parameters: [],
  description:
    'Run only the demo login API, until a signal stops it. The environment variable ENC_KEY holds the secret that the service signs its bearer with.',
  options: {
    host: {
      type: 'string',
      value: 'ADDRESS',
      description: 'The address to listen on (default 127.0.0.1; :: for all addresses)'
    },
    port: {
      type: 'string',
      value: 'NUMBER',
      description: 'The port; 0 lets the system choose one (default 8889)'
    }
  },
  examples: ['ENC_KEY=... txtoken demo-login-api --port 8889'],
  async run({ values, env, print }) {
    const host = parseHost(values.host ?? '127.0.0.1')
    if (host === undefined) throw new UsageError('expected an address or a name as --host')
    const port = parsePort(values.port ?? '8889')
    const secret = trimText(env.ENC_KEY ?? '')
    if (secret === '') {
      throw new UsageError(
        'expected ENC_KEY to hold the secret that the service signs its bearer with'
      )
    }
    const app = createDemoLoginApi({ secret })
    const listener = await listen(app.callback(), { host, port, timeouts: TIMEOUTS })
    print(`demo login API on ${formatHostPort(host, listener.port)}\n`)
    for (const signal of ['SIGINT', 'SIGTERM']) {
      process.once(signal, () => void listener.stop(TIMEOUTS.shutdown).then(() => process.exit(0)))
    }
  }
})

function parsePort(text: string): number {
  const port = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (!(port <= 65_535)) {
    throw new UsageError('expected --port to be a whole number from 0 to 65535')
  }
  return port
}
