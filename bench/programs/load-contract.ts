/** Input and output of the load generator, as JSON. */

/** Requests that are sent over and over. Without a rate, each connection sends the next one as soon as the last one is answered. */
export interface Load {
  readonly host?: string
  readonly port: number
  readonly path: string
  readonly method: 'GET' | 'POST'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Variations that are sent in turn. */
  readonly requests?: readonly RequestVariation[]
  /** The most connections. */
  readonly connections: number
  readonly seconds: number
  /** Ends the load before its time. */
  readonly count?: number
  /**
   * Requests a second, sent whether or not earlier ones are answered. Latencies count from when a request was due, so those
   * that wait for a connection count in full.
   */
  readonly rate?: number
}

export interface RequestVariation {
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export interface LoadResult {
  /** The number of answered requests. */
  readonly requests: number
  /** From the first request to the last answer. */
  readonly seconds: number
  readonly statuses: Readonly<Record<string, number>>
  /** Answers with 2xx. */
  readonly good: Latencies
  readonly other: Latencies
  /** The same answers, but from when their requests were sent, however late that was. */
  readonly otherSinceSent: Latencies
  /** Requests whose connection was closed before their answer, or that had none when the load ended. */
  readonly unanswered: number
  /** With a rate: requests that were due and got no connection until the load ended. */
  readonly unsent: number
  /** The cost of the generator itself. */
  readonly cpuMicrosecondsPerRequest: number
  /** Some of the answers, with the index of their variation. */
  readonly samples: readonly Sample[]
}

export interface Latencies {
  readonly count: number
  readonly p50Microseconds: number
  readonly p99Microseconds: number
  readonly maxMicroseconds: number
}

export interface Sample {
  readonly variation: number
  readonly status: number
  readonly body: string
}
