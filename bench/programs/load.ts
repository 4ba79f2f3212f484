/** The load generator: takes a load as JSON in its argument, writes what came of it as JSON to standard output. */
import { createHistogram } from 'node:perf_hooks'
import autocannon from 'autocannon'

const MICROSECONDS_PER_MILLISECOND = 1000
const SAMPLE_INTERVAL_MS = 100

/** Requests that are sent over and over, on each connection the next one as soon as the last one is answered. */
export interface Load {
  readonly url: string
  readonly connections: number
  readonly duration: number
  readonly method: 'GET' | 'POST'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Variations that are sent in turn. */
  readonly requests?: readonly { readonly headers: Readonly<Record<string, string>> }[]
  /** How many requests a second to send at most, all connections together. */
  readonly overallRate?: number
}

export interface LoadResult {
  readonly requests: number
  readonly failures: number
  readonly seconds: number
  readonly p50Microseconds: number
  readonly p99Microseconds: number
}

const load = JSON.parse(process.argv[2] ?? '') as Load
// autocannon's own histogram counts whole milliseconds, and most answers take less than one.
const latencies = createHistogram()
const startedAt = performance.now()
const { errors, non2xx } = await new Promise<autocannon.Result>((resolve, reject) => {
  const options = { ...load, sampleInt: SAMPLE_INTERVAL_MS } as autocannon.Options
  const run = autocannon(options, (error, result) => (error ? reject(error) : resolve(result)))
  run.on('response', (_client, _status, _bytes, milliseconds) => {
    latencies.record(Math.max(1, Math.round(milliseconds * MICROSECONDS_PER_MILLISECOND)))
  })
})
const result: LoadResult = {
  requests: latencies.count,
  failures: errors + non2xx,
  seconds: (performance.now() - startedAt) / 1000,
  p50Microseconds: latencies.percentile(50),
  p99Microseconds: latencies.percentile(99)
}
process.stdout.write(JSON.stringify(result))
