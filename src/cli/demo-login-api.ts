/** `demo-login-api`: the demo login API on its own, for a compose file. */
import { parseArgs } from 'node:util'
import { createDemoLoginApi } from '../demo/login-api.ts'
import { listen } from '../server.ts'
import { type Environment, UsageError } from './command.ts'

const TIMEOUTS = { headers: 10_000, request: 30_000, keepAlive: 72_000, drain: 0, shutdown: 1000 }

/**
 * Serves until a signal comes. Takes `--host` and `--port`, and the secret of the service bearer in `ENC_KEY`.
 * @throws UsageError, ListenError
 */
export async function demoLoginApi(args: string[], env: Environment): Promise<void> {
  const { host, port } = parseOptions(args)
  const secret = env.ENC_KEY
  if (secret === undefined || secret === '') {
    throw new UsageError(
      'expected ENC_KEY to hold the secret that the service signs its bearer with'
    )
  }
  const app = createDemoLoginApi({ secret })
  const listener = await listen(app.callback(), {
    host,
    port,
    timeouts: TIMEOUTS
  })
  process.stdout.write(`demo login API on ${host}:${listener.port}\n`)
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, () => void listener.stop(TIMEOUTS.shutdown).then(() => process.exit(0)))
  }
}

function parseOptions(args: string[]): { host: string; port: number } {
  let values: { host: string; port: string }
  try {
    ;({ values } = parseArgs({
      args,
      options: {
        host: { type: 'string', default: '127.0.0.1' },
        port: { type: 'string', default: '8889' }
      }
    }))
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
  const port = /^\d+$/.test(values.port) ? Number(values.port) : Number.NaN
  if (!(port <= 65_535)) {
    throw new UsageError('expected --port to be a whole number from 0 to 65535')
  }
  return { host: values.host, port }
}
