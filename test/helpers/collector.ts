/** A collector of traces (OTLP over HTTP, in JSON), which keeps what it receives. */
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ExecutionContext } from 'ava'

type Attributes = Readonly<Record<string, string | number | undefined>>

interface SeenSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string | undefined
  readonly name: string
  /** `internal`, `server` or `client`. */
  readonly kind: string
  readonly attributes: Attributes
  /** Whether it is marked as failed. */
  readonly failed: boolean
  /** The attributes of its service. */
  readonly resource: Attributes
}

export interface Collector {
  readonly url: string
  /** Spans so far. */
  readonly spans: readonly SeenSpan[]
  /** Header and text of each request so far. */
  readonly requests: readonly { url: string; headers: IncomingHttpHeaders; text: string }[]
}

interface KeyValue {
  readonly key: string
  readonly value: { readonly stringValue?: string; readonly intValue?: number }
}

interface SentSpan extends Pick<SeenSpan, 'traceId' | 'spanId' | 'parentSpanId' | 'name'> {
  readonly kind: number
  readonly attributes: KeyValue[]
  readonly status: { readonly code: number }
}

interface SentTraces {
  readonly resourceSpans: {
    readonly resource: { readonly attributes: KeyValue[] }
    readonly scopeSpans: { readonly spans: SentSpan[] }[]
  }[]
}

/** The names of SpanKind and the number of a failure in opentelemetry/proto/trace/v1/trace.proto. */
const KINDS = ['unspecified', 'internal', 'server', 'client']
const STATUS_CODE_ERROR = 2

/**
 * Starts a collector that ends with the test.
 * @param status the status of its answers
 */
export async function startCollector(t: ExecutionContext, status = 200): Promise<Collector> {
  const spans: SeenSpan[] = []
  const requests: Collector['requests'][number][] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const text = Buffer.concat(chunks).toString()
    requests.push({ url: request.url ?? '', headers: request.headers, text })
    spans.push(...readSpans(JSON.parse(text)))
    response.writeHead(status, { 'content-type': 'application/json' }).end('{}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, spans, requests }
}

function readSpans({ resourceSpans }: SentTraces): SeenSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans
      .flatMap(({ spans }) => spans)
      .map(({ traceId, spanId, parentSpanId, name, kind, attributes, status }) => ({
        traceId,
        spanId,
        parentSpanId,
        name,
        kind: KINDS[kind] ?? String(kind),
        attributes: readAttributes(attributes),
        failed: status.code === STATUS_CODE_ERROR,
        resource: readAttributes(resource.attributes)
      }))
  )
}

function readAttributes(attributes: KeyValue[]): Attributes {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue])
  )
}
