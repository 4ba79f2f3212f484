/** Tracing: shows where a request spends its time, here and in other services. Set up by the variables of OpenTelemetry alone. */
import type { IncomingHttpHeaders } from 'node:http'
import type { TraceHeaders } from '../remote/trace-context.ts'
import type { Logger } from './logger.ts'

/** A span in the trace of a request. */
export interface Span {
  /** 32 hexadecimal digits. */
  readonly traceId: string
  /** Sent with calls within this work. */
  readonly headers: TraceHeaders
  readonly rename: (name: string) => void
  /** @param attribute named by the semantic conventions of OpenTelemetry */
  readonly set: (attribute: string, value: string | number) => void
  /** Marks the work as failed, by this service or by one that it depends on. */
  readonly fail: () => void
  /** Leaves the span out of the trace. */
  readonly discard: () => void
}

export interface SpanOptions {
  readonly name: string
  /** `server` answers a request, `client` makes one. Default: neither. */
  readonly kind?: 'server' | 'client' | undefined
  /** The header of the request that the work is for. Default: the work is a child of the current one. */
  readonly cause?: IncomingHttpHeaders | undefined
  readonly attributes?: Readonly<Record<string, string | number>> | undefined
}

export interface Tracing {
  /** Does the work within a span. An error that it throws passes, and the span shows only its code. */
  readonly run: <Result>(
    options: SpanOptions,
    work: (span: Span) => Promise<Result>
  ) => Promise<Result>
  /** Sends the remaining spans, for as long as the process can wait at its end. */
  readonly close: () => Promise<void>
}

export interface TracingOptions {
  /** The environment of the process, which the libraries read as well. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly logger: Logger
  readonly version: string
}

/** A variable whose value is not supported. */
class TracingError extends Error {
  override readonly name = 'TracingError'
}

const ENDPOINTS = ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT'] as const

/** A collector that accepts `http/protobuf` accepts JSON at the same address. */
const PROTOCOLS = ['http/json', 'http/protobuf']

/** Variables of one word, and the values that are supported. */
const CHOICES: Readonly<Record<string, readonly string[]>> = {
  OTEL_TRACES_EXPORTER: ['otlp', 'none'],
  OTEL_TRACES_SAMPLER: [
    'always_on',
    'always_off',
    'traceidratio',
    'parentbased_always_on',
    'parentbased_always_off',
    'parentbased_traceidratio'
  ],
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: PROTOCOLS,
  OTEL_EXPORTER_OTLP_PROTOCOL: PROTOCOLS
}

/**
 * Sets tracing up where an endpoint is set; without one, no library of it is loaded.
 * @throws TracingError for variables that would be ignored otherwise
 */
export async function createTracing(options: TracingOptions): Promise<Tracing | undefined> {
  const { env } = options
  const endpoint = ENDPOINTS.find((name) => isSet(env[name]))
  if (endpoint === undefined || isSwitchedOff(env)) return undefined
  if (!isHttpUrl(env[endpoint] ?? '')) {
    throw new TracingError(`${endpoint}: expected a URL that begins with http:// or https://`)
  }
  assertChoices(env)
  const { createOpenTelemetry } = await import('./open-telemetry.ts')
  return createOpenTelemetry({ ...options, endpoint: new URL(env[endpoint] ?? '') })
}

/** Wraps a function in its own span. Without tracing, it returns the function itself. */
export function withSpan<Input extends readonly unknown[], Output>(
  name: string,
  work: (...input: Input) => Promise<Output> | Output,
  tracing: Tracing | undefined
): (...input: Input) => Promise<Output> | Output {
  if (tracing === undefined) return work
  const options = { name }
  return function tracedWork(...input) {
    return tracing.run(options, async () => work(...input))
  }
}

function assertChoices(env: TracingOptions['env']): void {
  for (const [name, choices] of Object.entries(CHOICES)) {
    const { [name]: value } = env
    if (isSet(value) && !choices.includes(value)) {
      throw new TracingError(`${name}: expected one of ${choices.join(', ')}`)
    }
  }
  const { OTEL_PROPAGATORS: propagators } = env
  if (isSet(propagators) && !/(?:^|,)\s*tracecontext\s*(?:,|$)/.test(propagators)) {
    throw new TracingError('OTEL_PROPAGATORS: expected a list with tracecontext in it')
  }
}

function isSwitchedOff(env: TracingOptions['env']): boolean {
  return env.OTEL_SDK_DISABLED?.toLowerCase() === 'true' || env.OTEL_TRACES_EXPORTER === 'none'
}

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)
}

/** By the specification, an empty variable counts as not set. */
function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== ''
}
