/** One run: a fresh server process, a warm-up, a load, and the resources that the operating system has accounted. */
import type { Server } from './child-process.ts'
import { applyLoad, assertAnswered } from './load.ts'
import type { Placement } from './placement.ts'
import { readCpuSeconds, readMemory } from './process-usage.ts'
import type { LoadResult } from './programs/load-contract.ts'
import type { RouteLoad, Variant } from './scenario.ts'

const WARM_UP_SHARE = 0.5
const BYTES_PER_MEGABYTE = 1_000_000

/** The figures of one run, or the medians of several. */
export type Figures = {
  readonly cpuMicrosecondsPerRequest: number
  readonly requestsPerSecond: number
  readonly p50Milliseconds: number
  readonly p99Milliseconds: number
  readonly rssMegabytes: number
  readonly peakRssMegabytes: number
  readonly startToReadySeconds: number
  /** The share of one processor that the server used: near 1, the server was the bottleneck. */
  readonly cpuShare: number
  /** The CPU time of the load generator for a request. */
  readonly generatorMicroseconds: number
}

export interface MeasureOptions {
  readonly seconds: number
  readonly placement: Placement
}

/** @throws Error when the server does not start, gives a wrong answer or fails a request */
export async function measure(variant: Variant, options: MeasureOptions): Promise<Figures> {
  const { seconds, placement } = options
  const server = await variant.start(placement)
  const apply = (load: RouteLoad, duration: number) =>
    applyRouteLoad(server, load, duration, placement)
  try {
    variant.assertAnswer(await requestOnce(server, variant.load), 0)
    await apply(variant.load, seconds * WARM_UP_SHARE)
    const cpuSecondsBefore = readCpuSeconds(server.pid)
    const [result] = await Promise.all([
      apply(variant.load, seconds),
      variant.background && apply(variant.background, seconds)
    ])
    const cpuSeconds = readCpuSeconds(server.pid) - cpuSecondsBefore
    for (const { body, variation } of result.samples) variant.assertAnswer(body, variation)
    const { rssBytes, peakRssBytes } = readMemory(server.pid)
    const { rate } = variant
    const timed = rate === undefined ? result : await apply({ ...variant.load, rate }, seconds)
    const { good, other } = timed
    const { p50Microseconds, p99Microseconds } = good.count > 0 ? good : other
    return {
      cpuMicrosecondsPerRequest: (cpuSeconds * 1e6) / result.requests,
      requestsPerSecond: result.requests / result.seconds,
      p50Milliseconds: p50Microseconds / 1000,
      p99Milliseconds: p99Microseconds / 1000,
      rssMegabytes: rssBytes / BYTES_PER_MEGABYTE,
      peakRssMegabytes: peakRssBytes / BYTES_PER_MEGABYTE,
      startToReadySeconds: server.startToReadySeconds,
      cpuShare: cpuSeconds / result.seconds,
      generatorMicroseconds: result.cpuMicrosecondsPerRequest
    }
  } finally {
    await server.stop()
  }
}

/**
 * Applies a load to a running server.
 * @throws Error when a request gets no answer or one with another status than expected
 */
export async function applyRouteLoad(
  { host, port }: Server,
  { expectedStatus, ...load }: RouteLoad,
  seconds: number,
  placement: Placement
): Promise<LoadResult> {
  const result = await applyLoad({ ...load, host, port, seconds }, placement)
  assertAnswered(result, load.path, expectedStatus)
  return result
}

/** Sends the first request of a load by itself. */
export async function requestOnce({ host, port }: Server, load: RouteLoad): Promise<string> {
  const [first] = load.requests ?? []
  const requestBody = first?.body ?? load.body
  const response = await fetch(`http://${host}:${port}${load.path}`, {
    method: load.method,
    headers: { ...load.headers, ...first?.headers },
    ...(requestBody !== undefined && { body: requestBody })
  })
  const body = await response.text()
  if (response.status !== (load.expectedStatus ?? 200)) {
    throw new Error(`${load.path} answered ${response.status}`)
  }
  return body
}
