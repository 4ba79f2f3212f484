/** Spans by the libraries of OpenTelemetry. Nothing is registered globally: a program that embeds the service may have its own. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import {
  type Context,
  defaultTextMapGetter,
  defaultTextMapSetter,
  type Span as OtelSpan,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace
} from '@opentelemetry/api'
import { ExportResultCode, W3CTraceContextPropagator } from '@opentelemetry/core'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import {
  defaultResource,
  detectResources,
  envDetector,
  type Resource,
  resourceFromAttributes
} from '@opentelemetry/resources'
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  type SpanExporter
} from '@opentelemetry/sdk-trace-base'
import { ServiceError } from '../errors.ts'
import { createAgents } from '../remote/proxy/agents.ts'
import { readProxies } from '../remote/proxy/proxies.ts'
import { describeConnectionError } from '../remote/remote-errors.ts'
import { IDENTITY } from '../remote/reply-body.ts'
import type { Span, Tracing, TracingOptions } from './tracing.ts'

const KINDS = { server: SpanKind.SERVER, client: SpanKind.CLIENT } as const

/** How long the process waits at its end for a collector that does not answer. */
const CLOSE_LIMIT_MS = 2000

export interface OpenTelemetryOptions extends TracingOptions {
  /** Where spans are sent, read as the libraries do. */
  readonly endpoint: URL
}

/** Sampler, limits, batches and the way to the collector are set by the `OTEL_*` variables, which the libraries read. */
export function createOpenTelemetry({
  logger,
  version,
  env,
  endpoint
}: OpenTelemetryOptions): Tracing {
  const provider = new BasicTracerProvider({
    resource: describeService(version),
    spanProcessors: [new BatchSpanProcessor(createExporter({ logger, env, endpoint }))]
  })
  const tracer = provider.getTracer('txtoken', version)
  const propagator = new W3CTraceContextPropagator()
  const running = new AsyncLocalStorage<Context>()

  return {
    async run({ name, kind, cause, attributes = {} }, work) {
      const parent =
        cause === undefined
          ? (running.getStore() ?? ROOT_CONTEXT)
          : propagator.extract(ROOT_CONTEXT, cause, defaultTextMapGetter)
      const options = { kind: kind === undefined ? SpanKind.INTERNAL : KINDS[kind], attributes }
      const span = tracer.startSpan(name, options, parent)
      const context = trace.setSpan(parent, span)
      const headers = { traceparent: '' }
      propagator.inject(context, headers, defaultTextMapSetter)
      let isSent = true
      const view: Span = {
        traceId: span.spanContext().traceId,
        headers,
        rename: (newName) => span.updateName(newName),
        set: (attribute, value) => span.setAttribute(attribute, value),
        fail: () => span.setStatus({ code: SpanStatusCode.ERROR }),
        discard() {
          isSent = false
        }
      }
      try {
        return await running.run(context, () => work(view))
      } catch (error) {
        noteError(span, error)
        throw error
      } finally {
        // A span that never ends is never sent.
        if (isSent) span.end()
      }
    },
    async close() {
      const closed = provider.shutdown().catch(() => {})
      await Promise.race([closed, wait(CLOSE_LIMIT_MS, undefined, { ref: false })])
    }
  }
}

/** Without messages, which may quote a request or an answer. A rejected request is not a failure: the service worked as it should. */
function noteError(span: OtelSpan, error: unknown): void {
  const isOurs = error instanceof ServiceError
  if (!isOurs || error.status >= 500) span.setStatus({ code: SpanStatusCode.ERROR })
  span.setAttribute('error.type', isOurs ? (error.reason ?? error.code) : 'internal')
}

function describeService(version: string): Resource {
  return defaultResource()
    .merge(resourceFromAttributes({ 'service.name': 'txtoken', 'service.version': version }))
    .merge(detectResources({ detectors: [envDetector] }))
}

/** For the tunnel to a collector behind a proxy. */
const TUNNEL_TIMEOUT_MS = 10_000

/** Agents of the libraries know no proxy. With one, the certificates of the variables are read here. */
function agentThroughProxy(env: TracingOptions['env'], endpoint: URL) {
  const proxy = readProxies(env)(endpoint)
  if (proxy === undefined) return {}
  const agents = createAgents({
    tls: {
      ca: readNamed(env, 'CERTIFICATE'),
      cert: readNamed(env, 'CLIENT_CERTIFICATE'),
      key: readNamed(env, 'CLIENT_KEY'),
      rejectUnauthorized: true
    },
    keepAlive: true,
    proxy,
    timeoutMs: TUNNEL_TIMEOUT_MS
  })
  return { httpAgentOptions: () => (endpoint.protocol === 'https:' ? agents.https : agents.http) }
}

/** Without the file, spans are not sent, which is logged as it is without a proxy. */
function readNamed(env: TracingOptions['env'], name: string): Buffer | undefined {
  const file = env[`OTEL_EXPORTER_OTLP_TRACES_${name}`] || env[`OTEL_EXPORTER_OTLP_${name}`] || ''
  try {
    return file === '' ? undefined : readFileSync(file)
  } catch {
    return undefined
  }
}

/** Logs errors that the libraries would not report. */
function createExporter({
  logger,
  env,
  endpoint
}: Pick<OpenTelemetryOptions, 'logger' | 'env' | 'endpoint'>): SpanExporter {
  const exporter = new OTLPTraceExporter({
    headers: { 'accept-encoding': IDENTITY },
    ...agentThroughProxy(env, endpoint)
  })
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        if (result.code !== ExportResultCode.SUCCESS) {
          const error = result.error && describeConnectionError(result.error)
          logger.warn({ spans: spans.length, error }, 'spans not sent')
        }
        done(result)
      })
    },
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown()
  }
}
