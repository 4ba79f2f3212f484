/** W3C Trace Context: the header fields that connect the calls of several services to one trace. */
import type { IncomingHttpHeaders } from 'node:http'

/** As they are passed on, unchanged. */
export interface TraceHeaders {
  readonly traceparent: string
  readonly tracestate?: string
}

/** Version, trace, parent and flags (Trace Context, section 3.2). Ids of zeros and the version ff are invalid. */
const TRACEPARENT = /^(?!ff)[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})[\da-f]{16}-[\da-f]{2}$/

/** The least that must be passed on (Trace Context, sections 3.3.1.5 and 3.3.1.1). */
const TRACESTATE_LENGTH = 512
const TRACESTATE_MEMBERS = 32

/** `key=value`, where the key may have the name of a tenant in it (Trace Context, section 3.3.1.3). */
const TRACESTATE_MEMBER =
  /^(?:[a-z][\w*/-]{0,255}|[a-z\d][\w*/-]{0,240}@[a-z][\w*/-]{0,13})=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/

/** The valid fields of a request, to be passed on; a `tracestate` never without its `traceparent`. */
export function readTraceHeaders(headers: IncomingHttpHeaders): TraceHeaders | undefined {
  const { traceparent, tracestate } = headers
  if (typeof traceparent !== 'string' || !TRACEPARENT.test(traceparent)) return undefined
  return typeof tracestate === 'string' && isTracestate(tracestate)
    ? { traceparent, tracestate }
    : { traceparent }
}

function isTracestate(text: string): boolean {
  if (text.length > TRACESTATE_LENGTH) return false
  const members = text
    .split(',')
    .map((member) => member.trim())
    .filter((member) => member !== '')
  return (
    members.length > 0 &&
    members.length <= TRACESTATE_MEMBERS &&
    members.every((member) => TRACESTATE_MEMBER.test(member))
  )
}
