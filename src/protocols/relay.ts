/** The `relay` of a route: the parts of a remote's rejection that the client gets beside its status. */
import type * as z from 'zod'
import { JsonTextError, parseJsonBytes } from '../json/json-text.ts'
import { createPickHeaders } from '../remote/reply-headers.ts'
import { replyHeaderNames } from '../settings/headers.ts'
import { flag } from '../settings/quantities.ts'
import { section } from '../settings/section.ts'
import type { Answer } from './exchange.ts'
import type { WireFormat } from './route.ts'

const relaySection = section({
  body: flag
    .default(false)
    .describe(
      'Whether the client gets the body of the remote, with its media type, if it is JSON of at most 16 KiB. An object or a list under the label of another type becomes `application/json`. Default: false.'
    ),
  headers: replyHeaderNames(['retry-after', 'www-authenticate'])
    .optional()
    .describe(
      'Header fields of the remote that the client gets, such as `Retry-After`. Default: none; with a 429, Retry-After.'
    )
})

/** The setting. */
export const relay = relaySection
  .optional()
  .describe(
    'Which parts of the error reply of the remote the client gets, where `statuses: relay` passes its status on. Default: only the status.'
  )

interface RelaySettings {
  readonly relay?: z.output<typeof relaySection> | undefined
}

/** The rule of routes that have both settings. */
export function relaysStatuses({
  statuses,
  relay
}: RelaySettings & { readonly statuses: string }): boolean {
  return relay === undefined || statuses === 'relay'
}

/** The error where it is not kept. */
export const RELAYS_STATUSES = { error: 'expected statuses: relay', path: ['relay'] }

/** JSON under any of its media types (RFC 6839, section 3.1). */
const JSON_TYPE = /^application\/(?:[\w.!#$&^-]+\+)?json(?=[ \t]*(?:;|$))/i
/** Many servers label JSON as text. Of such a body only an object or a list counts as JSON. */
const JSON_START = /^[[{]/
const MOST_LEVELS = 64

/** Makes a wire format that answers the errors of the remote, as far as the route relays them. */
export function withRelay<Format extends WireFormat>(
  format: Format,
  { relay }: RelaySettings
): Format {
  if (relay === undefined) return format
  const { body: takesBody } = relay
  const pickHeaders = createPickHeaders(relay.headers ?? [])

  return {
    ...format,
    refuse(error) {
      const answer = format.refuse(error)
      const { rejection, remoteStatus } = error
      if (rejection === undefined || answer.status !== remoteStatus) return answer
      const headers = { ...answer.headers, ...pickHeaders(rejection.headers) }
      return { ...answer, headers, ...(takesBody && readBody(rejection, headers)) }
    }
  }
}

/** @returns undefined for a body that is not JSON */
function readBody(
  {
    headers: given,
    body
  }: { headers: Readonly<Record<string, unknown>>; body?: Uint8Array | undefined },
  headers: Answer['headers']
): Pick<Answer, 'headers' | 'body'> | undefined {
  if (body === undefined) return undefined
  const [labelled] = JSON_TYPE.exec(String(given['content-type'] ?? '')) ?? []
  try {
    const text = parseJsonBytes(body, MOST_LEVELS)
    if (labelled === undefined && !JSON_START.test(text)) return undefined
    const type = labelled ?? 'application/json'
    return {
      headers: {
        ...headers,
        'Content-Type': `${type.toLowerCase()}; charset=utf-8`,
        'X-Content-Type-Options': 'nosniff'
      },
      body: text
    }
  } catch (error) {
    if (error instanceof JsonTextError) return undefined
    throw error
  }
}
