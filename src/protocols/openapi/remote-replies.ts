/** The parts of remote replies that clients get, for OpenAPI: bodies and header fields of rejections, header fields of good replies. */
import type { AnySourceConfig } from '../../issue/sources/registry.ts'
import { RELAYED } from '../statuses.ts'
import { type Answer, type Headers, headerRef, type Operation, type Schema } from './parts.ts'

const RETRY_AFTER: Headers = { 'Retry-After': headerRef('RetryAfter') }

interface RouteSettings {
  readonly relay?:
    | { readonly body: boolean; readonly headers?: readonly string[] | undefined }
    | undefined
}

/** Adds them to an operation. */
export function withRemoteReplies(
  operation: Operation,
  { relay }: RouteSettings,
  sources: readonly AnySourceConfig[]
): Operation {
  const passed = sources.flatMap((source) => ('pass' in source ? (source.pass ?? []) : []))
  const mayBeDown = sources.some((source) => 'breaker' in source && source.breaker !== 'off')
  if (relay === undefined && passed.length === 0 && !mayBeDown) return operation
  // A route without `statuses: relay` answers 500 where the others answer 502.
  const isDown = mayBeDown && !Object.hasOwn(operation.responses, 502) ? '500' : undefined
  const responses = Object.entries(operation.responses).map(([status, answer]) => {
    if (status === isDown)
      return [status, { ...answer, headers: { ...answer.headers, ...RETRY_AFTER } }]
    if (status.startsWith('2')) return [status, { ...answer, headers: addHeaders(answer, passed) }]
    if (relay === undefined || !RELAYED.has(Number(status))) return [status, answer]
    return [status, addRejection(answer, relay)]
  })
  return { ...operation, responses: Object.fromEntries(responses) }
}

function addRejection(
  answer: Answer,
  { body, headers = [] }: NonNullable<RouteSettings['relay']>
): Answer {
  return {
    ...answer,
    headers: addHeaders(answer, headers),
    ...(body && { content: { ...answer.content, ...REMOTE_JSON } })
  }
}

const ANY: Schema = { description: 'As the remote has it, or as in other errors.' }
const REMOTE_JSON = { 'application/json': { schema: ANY }, 'application/*': { schema: ANY } }

function addHeaders({ headers }: Answer, names: readonly string[]): Headers {
  const known = Object.keys(headers ?? {}).map((name) => name.toLowerCase())
  const added = names
    .filter((name) => !known.includes(name))
    .map((name) => [name, { description: 'As the remote has it.', schema: { type: 'string' } }])
  return { ...headers, ...Object.fromEntries(added) }
}
