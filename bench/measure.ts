/** One run: a fresh server process, a warm-up, a load, and what the operating system accounts for it. */
import { runProgram, startOnFreePort } from './child-process.ts'
import type { Placement } from './placement.ts'
import { readCpuSeconds, readMemory } from './process-usage.ts'
import type { Load, LoadResult } from './programs/load.ts'
import type { RouteLoad, Variant } from './scenario.ts'
import { loadGenerator } from './servers.ts'

const WARM_UP_SHARE = 0.5
const BYTES_PER_MEGABYTE = 1_000_000

/** The figures of one run, or the medians of several. */
export interface Figures {
  readonly cpuMicrosecondsPerRequest: number
  readonly requestsPerSecond: number
  readonly p50Milliseconds: number
  readonly p99Milliseconds: number
  readonly rssMegabytes: number
  readonly peakRssMegabytes: number
  readonly startToReadySeconds: number
  /** The share of one processor that the server used: near 1, the server was the bottleneck. */
  readonly cpuShare: number
}

export interface MeasureOptions {
  readonly seconds: number
  readonly placement: Placement
}

/** @throws Error when the server does not start, gives a wrong answer or fails a request */
export async function measure(variant: Variant, options: MeasureOptions): Promise<Figures> {
  const { seconds, placement } = options
  const server = await startOnFreePort(variant.prepare, placement.server)
  const { port } = server
  const apply = ({ path, ...load }: RouteLoad, duration: number) =>
    applyLoad({ ...load, url: `http://127.0.0.1:${port}${path}`, duration }, placement)
  try {
    variant.assertAnswer(await requestOnce(port, variant.load))
    await apply(variant.load, seconds * WARM_UP_SHARE)
    const cpuSecondsBefore = readCpuSeconds(server.pid)
    const [result] = await Promise.all([
      apply(variant.load, seconds),
      variant.background && apply(variant.background, seconds)
    ])
    const cpuSeconds = readCpuSeconds(server.pid) - cpuSecondsBefore
    const { rssBytes, peakRssBytes } = readMemory(server.pid)
    return {
      cpuMicrosecondsPerRequest: (cpuSeconds * 1e6) / result.requests,
      requestsPerSecond: result.requests / result.seconds,
      p50Milliseconds: result.p50Microseconds / 1000,
      p99Milliseconds: result.p99Microseconds / 1000,
      rssMegabytes: rssBytes / BYTES_PER_MEGABYTE,
      peakRssMegabytes: peakRssBytes / BYTES_PER_MEGABYTE,
      startToReadySeconds: server.startToReadySeconds,
      cpuShare: cpuSeconds / result.seconds
    }
  } finally {
    await server.stop()
  }
}

async function applyLoad(load: Load, placement: Placement): Promise<LoadResult> {
  const output = await runProgram(placement.others, [loadGenerator, JSON.stringify(load)])
  const result = JSON.parse(output) as LoadResult
  if (result.requests === 0 || result.failures > 0) {
    throw new Error(`${result.failures} of ${result.requests} requests to ${load.url} failed`)
  }
  return result
}

/** Sends the first request of a load by itself. */
async function requestOnce(port: number, load: RouteLoad): Promise<string> {
  const headers = { ...load.headers, ...load.requests?.[0]?.headers }
  const response = await fetch(`http://127.0.0.1:${port}${load.path}`, {
    method: load.method,
    headers,
    ...(load.body !== undefined && { body: load.body })
  })
  const body = await response.text()
  if (response.status !== 200) throw new Error(`${load.path} answered ${response.status}`)
  return body
}
