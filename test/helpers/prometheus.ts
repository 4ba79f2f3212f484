/** A real Prometheus that scrapes once a second, with the configuration of docs/prometheus. @needs prometheus */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { eventually } from './eventually.ts'
import { freePorts } from './free-ports.ts'
import { send } from './http.ts'
import { createTemporaryFolder } from './temporary-folder.ts'

export const PROMETHEUS = join(import.meta.dirname, '../../docs/prometheus')

/** A time series in the result of a query. */
interface Series {
  readonly metric: Readonly<Record<string, string>>
  readonly value: readonly [number, string]
}

export interface TestPrometheus {
  /** Asks for the value of an expression now. */
  readonly query: (expr: string) => Promise<Series[]>
  /** The answer for a path of its API. */
  readonly ask: (path: string) => Promise<unknown>
}

/**
 * Starts one that ends with the test.
 * @param target host and port of what it scrapes, as the job txtoken
 */
export async function startPrometheus(
  t: ExecutionContext,
  target: string
): Promise<TestPrometheus> {
  const folder = await createTemporaryFolder(t)
  const [port = 0] = await freePorts(1)
  const config = await readFile(join(PROMETHEUS, 'prometheus.yml'), 'utf8')
  const own = config
    .replaceAll('15s', '1s')
    .replace(/'txtoken-1:9090', 'txtoken-2:9090'/, `'${target}'`)
    // Nothing listens there.
    .replace('alertmanager:9093', '127.0.0.1:9')
  await writeFile(join(folder, 'prometheus.yml'), own)
  await writeFile(join(folder, 'alerts.yml'), await readFile(join(PROMETHEUS, 'alerts.yml')))
  const server = spawn(
    'prometheus',
    [
      '--config.file=prometheus.yml',
      '--storage.tsdb.path=data',
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=error'
    ],
    { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] }
  )
  const exit = once(server, 'exit')
  t.teardown(async () => {
    server.kill('SIGTERM')
    await exit
  })
  const url = `http://127.0.0.1:${port}`
  await eventually(async () => {
    if (server.exitCode !== null) throw new Error('prometheus ended')
    return (await send(`${url}/-/ready`).catch(() => undefined))?.status === 200
  }, 50)

  async function ask(path: string): Promise<unknown> {
    const { status, text } = await send(url + path)
    if (status !== 200) throw new Error(`${path}: ${text}`)
    return (JSON.parse(text) as { data: unknown }).data
  }

  return {
    ask,
    async query(expr) {
      const data = await ask(`/api/v1/query?query=${encodeURIComponent(expr)}`)
      return (data as { result: Series[] }).result
    }
  }
}
