/** Groups of a subject from an HTTP endpoint. */
import * as z from 'zod'
import { checkUnavailable, invalidToken } from '../../errors.ts'
import { addressIn } from '../../remote/address.ts'
import type { Endpoint, EndpointCall } from '../../remote/endpoint.ts'
import { headerMap } from '../../settings/headers.ts'
import { duration } from '../../settings/quantities.ts'
import { material, type SecretReader } from '../../settings/secrets.ts'
import { reasonAgainst, section } from '../../settings/section.ts'
import { remoteTlsSchema } from '../../settings/tls.ts'
import { allowHttp, httpUrl, isAllowed, PLAIN_HTTP } from '../../settings/urls.ts'
import { readReply } from '../endpoint-reply.ts'
import type { GroupKind } from './group-kind.ts'
import type { GroupLookup } from './subject-groups.ts'
import { isListOfNames } from './token-groups.ts'

function endpointGroupsSchema(reader: SecretReader) {
  return section({
    from: z.literal('endpoint', 'expected endpoint').describe('Groups from an HTTP endpoint.'),
    url: httpUrl.describe(
      'URL of the endpoint, in which `{sub}` is replaced by the subject. A 200 has JSON, a list of texts or `{"groups": [...]}`; a 404 means that there is no such subject.'
    ),
    allowHttp,
    method: z
      .enum(['GET', 'POST'], 'expected GET or POST')
      .default('GET')
      .describe('GET, or POST with the body `{"sub": "..."}`. Default: GET.'),
    headers: headerMap(
      z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'expected the name of a header'),
      material(reader).refine((value) => /^[\x20-\x7e]*$/.test(value), {
        error: 'expected printable characters'
      })
    )
      .meta({ title: 'a map of headers and their values, each text or a reference' })
      .default({})
      .describe(
        'Headers that are sent along, such as `Authorization: { env: NAME }`. Default: none.'
      ),
    timeout: duration('1ms', '5m')
      .prefault('2s')
      .describe('For the whole call, from connecting to the last byte. Default: 2s.'),
    tls: remoteTlsSchema(reader)
      .optional()
      .describe('TLS of an https:// endpoint. Its certificate is always verified.')
  })
    .refine(({ url, allowHttp }) => isAllowed(url, allowHttp), { error: PLAIN_HTTP, path: ['url'] })
    .superRefine(({ url, method }, context) => {
      const message = reasonAgainst(() => assertSubjectUrl(url, method))
      if (message !== undefined) context.addIssue({ code: 'custom', message, path: ['url'] })
    })
}

export const endpointKind = {
  from: 'endpoint',
  settings: endpointGroupsSchema,
  addresses: (config) => [addressIn(config, 'url', 'http')],
  create: ({ url, method, headers, timeout, tls }, { limits, connectEndpoint, bySubject }) => {
    const endpoint = connectEndpoint(url, {
      timeoutMs: timeout,
      maxReplyBytes: limits.reply,
      maxCalls: limits.calls,
      tls
    })
    return bySubject(
      createEndpointGroups({ url, method, headers, endpoint, maxDepth: limits.depth })
    )
  }
} satisfies GroupKind<z.output<ReturnType<typeof endpointGroupsSchema>>>

export interface EndpointGroupsOptions {
  /** May hold `{sub}` in its path and query, and has to for GET. */
  readonly url: string
  /** POST sends `{"sub": "..."}`. */
  readonly method: 'GET' | 'POST'
  /** Sent with each call, such as the credentials of this service. */
  readonly headers: Readonly<Record<string, string>>
  readonly endpoint: Endpoint
  /** Levels that the JSON of a reply may nest. */
  readonly maxDepth: number
}

const SUBJECT = '{sub}'

/**
 * A 200 has the groups as JSON, a list of strings or `{"groups": [...]}`, and a 404 means that there is no such subject.
 * @throws TypeError for a URL that has no place for a subject
 */
export function createEndpointGroups(options: EndpointGroupsOptions): GroupLookup {
  const { method, headers, endpoint, maxDepth } = options
  assertSubjectUrl(options.url, method)

  function createCall(subject: string): EndpointCall {
    const url = new URL(options.url.replaceAll(SUBJECT, () => encodeURIComponent(subject)))
    if (method === 'GET') return { url, method, headers }
    const body = JSON.stringify({ sub: subject })
    return { url, method, headers: { 'content-type': 'application/json', ...headers }, body }
  }

  return async function askForGroups(subject, trace) {
    // As part of a path they would name another one, however they are encoded (URL Standard, "double-dot URL path segment").
    if (subject === '.' || subject === '..') {
      throw invalidToken('Token has a sub that is not a name', 'subject')
    }
    const call = createCall(subject)
    const { status, body } = await endpoint.ask({ ...call, trace })
    if (status === 404) return undefined
    if (status !== 200) {
      throw checkUnavailable(new Error(`${call.url.host}: found the status ${status}`))
    }
    return readGroups(body, maxDepth)
  }
}

/** @throws TypeError with what was found and what is expected */
function assertSubjectUrl(template: string, method: 'GET' | 'POST'): void {
  if (method === 'GET' && !template.includes(SUBJECT)) {
    throw new TypeError(`expected a URL with ${SUBJECT} in it, or the method POST`)
  }
  const [one, other] = ['a', 'b'].map((subject) => originOf(template.replaceAll(SUBJECT, subject)))
  if (one === undefined || one !== other) {
    throw new TypeError(`expected a URL with ${SUBJECT} in its path or query`)
  }
}

/** Undefined for a text that is not an HTTP URL. */
function originOf(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  return url?.protocol === 'http:' || url?.protocol === 'https:' ? url.origin : undefined
}

function readGroups(body: Buffer, maxDepth: number): readonly string[] {
  const { value } = readReply(body, maxDepth)
  const groups = Array.isArray(value) ? value : (value as { groups?: unknown } | null)?.groups
  if (!isListOfNames(groups)) {
    throw checkUnavailable(new Error('found groups that are not a list of strings'))
  }
  return groups
}
