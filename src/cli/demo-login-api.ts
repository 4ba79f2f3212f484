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
  const { values } = parseArgs({
    args,
    options: {
      host: { type: 'string', default: '127.0.0.1' },
      port: { type: 'string', default: '8889' }
    }
  })
  const secret = env.ENC_KEY
  if (secret === undefined || secret === '') {
    throw new UsageError(
      'expected ENC_KEY to hold the secret that the service signs its bearer with'
    )
  }
  const app = createDemoLoginApi({ secret })
  const listener = await listen(app.callback(), {
    host: values.host,
    port: Number(values.port),
    timeouts: TIMEOUTS
  })
  process.stdout.write(`demo login API on ${values.host}:${listener.port}\n`)
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, () => void listener.stop(TIMEOUTS.shutdown).then(() => process.exit(0)))
  }
}
