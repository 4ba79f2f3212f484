/** Groups of a subject from an HTTP endpoint. */
import * as z from 'zod'
import { checkUnavailable, invalidToken } from '../../errors.ts'
import { addressIn } from '../../remote/address.ts'
import type { Endpoint, EndpointCall } from '../../remote/endpoint.ts'
import type { TraceHeaders } from '../../remote/trace-context.ts'
import { headerMap } from '../../settings/headers.ts'
import { proxy } from '../../settings/proxy.ts'
import { duration } from '../../settings/quantities.ts'
import { material, type SecretReader } from '../../settings/secrets.ts'
import { reasonAgainst, section } from '../../settings/section.ts'
import type { Variable } from '../../settings/template.ts'
import { remoteTlsSchema } from '../../settings/tls.ts'
import { parseUrlTemplate, type UrlTemplate } from '../../settings/url-template.ts'
import { allowHttp, httpUrl, isAllowed, PLAIN_HTTP } from '../../settings/urls.ts'
import { readReply } from '../endpoint-reply.ts'
import type { GroupKind } from './group-kind.ts'
import type { ClaimTexts, GroupLookup } from './subject-groups.ts'
import { isListOfNames } from './token-groups.ts'

function endpointGroupsSchema(reader: SecretReader) {
  return section({
    from: z.literal('endpoint', 'expected endpoint').describe('Groups from an HTTP endpoint.'),
    url: httpUrl.describe(
      'URL of the endpoint. A whole segment of its path, or a whole value of its query, may be `{sub}`, the subject, or a part of it such as `{sub|before:@}`. The subject is encoded; a subject that would leave its segment is rejected (401). A 200 has JSON: a list of texts or `{"groups": [...]}`, with null for no groups. A 404 means that there is no such subject.'
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
        'Headers that every call has, such as `Authorization: { env: NAME }`. Default: none.'
      ),
    timeout: duration('1ms', '5m')
      .prefault('2s')
      .describe('Time limit of the whole call, from connecting to the last byte. Default: 2s.'),
    proxy,
    tls: remoteTlsSchema(reader)
      .optional()
      .describe('TLS of an https:// endpoint. Its certificate is always verified.')
  })
    .refine(({ url, allowHttp }) => isAllowed(url, allowHttp), { error: PLAIN_HTTP, path: ['url'] })
    .superRefine(({ url, method }, context) => {
      const message = reasonAgainst(() => parseSubjectUrl(url, method))
      if (message !== undefined) context.addIssue({ code: 'custom', message, path: ['url'] })
    })
}

export const endpointKind = {
  from: 'endpoint',
  settings: endpointGroupsSchema,
  addresses: (config) => [addressIn(config, 'url', 'http')],
  create: (
    { url, method, headers, timeout, tls, proxy },
    { limits, connectEndpoint, bySubject }
  ) => {
    const endpoint = connectEndpoint(url, {
      timeoutMs: timeout,
      maxReplyBytes: limits.reply,
      maxCalls: limits.calls,
      tls,
      proxy
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

/**
 * A 200 has the groups as JSON, a list of strings or `{"groups": [...]}`, and a 404 means that there is no such subject.
 * @throws TypeError for a URL that has no place for a subject
 */
export function createEndpointGroups(options: EndpointGroupsOptions): GroupLookup {
  const { method, headers, endpoint, maxDepth } = options
  const template = parseSubjectUrl(options.url, method)
  const { origin } = new URL(options.url)

  function createCall(subject: string): EndpointCall {
    const url = new URL(origin + template.fill(() => subject, rejectSubject))
    if (method === 'GET') return { url, method, headers }
    const body = JSON.stringify({ sub: subject })
    return { url, method, headers: { 'content-type': 'application/json', ...headers }, body }
  }

  async function askForGroups(claims: ClaimTexts, trace?: TraceHeaders) {
    const call = createCall(claims.get(SUBJECT) ?? '')
    const { status, body } = await endpoint.ask({ ...call, trace })
    if (status === 404) return undefined
    if (status !== 200) {
      throw checkUnavailable(new Error(`${call.url.host}: found the status ${status}`))
    }
    return readGroups(body, maxDepth)
  }

  return {
    claims: template.variables.length > 0 ? template.variables : [WHOLE],
    find: askForGroups
  }
}

const SUBJECT = 'sub'
const WHOLE: Variable = { name: SUBJECT, cut: (value) => value }

function rejectSubject() {
  return invalidToken('Token has a sub that cannot be part of a URL', 'subject')
}

const SUBJECT_EXPECTED = 'expected a URL with {sub} in it, or the method POST'
const PLACE_EXPECTED =
  'expected a URL with {sub} as a whole segment of its path or value of its query'

/** @throws TypeError with what is expected */
function parseSubjectUrl(url: string, method: 'GET' | 'POST'): UrlTemplate {
  let template: UrlTemplate
  try {
    template = parseUrlTemplate(url)
  } catch {
    throw new TypeError(PLACE_EXPECTED)
  }
  if (template.names.some((name) => name !== SUBJECT)) throw new TypeError(PLACE_EXPECTED)
  if (method === 'GET' && template.names.length === 0) throw new TypeError(SUBJECT_EXPECTED)
  return template
}

function readGroups(body: Buffer, maxDepth: number): readonly string[] {
  const { value } = readReply(body, maxDepth)
  const isList = Array.isArray(value) || value === null
  const groups = isList ? value : (value as { groups?: unknown }).groups
  // A list without items, as some languages write it.
  if (groups === null) return []
  if (!isListOfNames(groups)) {
    throw checkUnavailable(new Error('found groups that are not a list of texts'))
  }
  return groups
}
